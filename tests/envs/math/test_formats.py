import pytest

from onelayer.envs.math.formats import FORMATS, answer_format


@pytest.mark.parametrize(
    ("name", "reply", "answer"),
    [
        ("boxed", r"so \boxed{42}.", "42"),
        ("boxed", r"first \boxed{1}, then \boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        ("boxed", r"\boxed {x^{2}} and \boxed{never closed", "x^{2}"),
        ("boxed", r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        ("boxed", r"\fbox{7}", "7"),
        ("boxed", r"\boxed{}", None),
        ("boxed", "42", None),
        ("hash", "2 + 2\n#### 4", "4"),
        ("hash", "#### 3\nno:\n#### 1,200 \nbye", "1,200"),
        ("hash", "####", None),
        ("hash", "# 4", None),
        ("phrase", "The answer is 42.", "42"),
        ("phrase", "the answer is: **3.5**. I am sure.", "3.5"),
        ("phrase", "The answer is 1. No, the answer is 2", "2"),
        ("phrase", "It is 42", None),
        ("number", "first 3, then 1,200.", "1,200"),
        ("number", "about -3.5", "-3.5"),
        ("number", "x = 3/4", "3/4"),
        ("number", "10-3", "-3"),
        ("number", ".5", ".5"),
        ("number", "none - at, all.", None),
    ],
)
def test_an_answer_is_found_where_it_is_marked_as_asked(name, reply, answer):
    assert FORMATS[name].extract(reply) == answer


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("answer", ["42", "-3.5", "1/2"])
def test_what_a_format_writes_it_reads(name, answer):
    assert FORMATS[name].extract(FORMATS[name].write(answer)) == answer


@pytest.mark.parametrize("name", FORMATS)
def test_any_text_is_read_without_an_error(name):
    for text in (
        "",
        "\\boxed{",
        "}" * 10_000,
        "\\boxed{" * 2_000,
        "answer is " * 5_000,
        "9" * 50_000,
    ):
        FORMATS[name].extract(text)


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'boxed'"):
        answer_format("box")
