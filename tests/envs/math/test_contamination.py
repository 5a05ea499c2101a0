from onelayer.envs.math.contamination import near_duplicates, report
from onelayer.envs.math.problems import Problem

LONG = "Ann has three red apples and two green pears in her old wooden basket today"


def problems(*prompts, prefix="p"):
    return [Problem(f"{prefix}{i}", prompt, "1") for i, prompt in enumerate(prompts)]


def test_a_problem_that_stands_in_the_training_set_is_found_whatever_its_case_and_marks():
    found = near_duplicates(
        problems("Something else.", LONG.upper() + "!"), problems(LONG, prefix="t")
    )
    assert [(one.test_id, one.train_id, one.share) for one in found] == [("t0", "p1", 1.0)]


def test_half_of_the_runs_of_eight_words_are_enough_and_less_is_not():
    # 14 words are 7 runs of 8. A changed last word spoils one of them, a changed tenth word six... of which
    # the runs that hold it are those that begin at the words 3 to 7: five of seven.
    words = LONG.split()
    assert len(words) == 15
    last = " ".join([*words[:-1], "now"])
    middle = " ".join([*words[:8], "blue", *words[9:]])
    assert near_duplicates(problems(last), problems(LONG))[0].share == 7 / 8
    assert near_duplicates(problems(middle), problems(LONG)) == []


def test_words_from_several_training_problems_do_not_add_up():
    words = LONG.split()
    pieces = [" ".join(words[i : i + 9]) for i in range(0, 7, 3)]
    assert near_duplicates(problems(*pieces), problems(LONG)) == []


def test_short_problems_are_compared_whole():
    train = problems("What is 2 + 2?")
    assert len(near_duplicates(train, problems("what is 2 + 2"))) == 1
    assert near_duplicates(train, problems("What is 2 + 3?")) == []


def test_the_training_problem_that_is_most_alike_is_named():
    found = near_duplicates(problems(LONG + " and so on and on", LONG), problems(LONG, prefix="t"))
    assert len(found) == 1
    assert found[0].train_id == "p0"  # both hold all of it, and the first stands
    said = report(found, 1, "mine", "yours")
    assert said == (
        "1 of 1 test problems of yours nearly stand in the training set mine: t0 and p0 (100%)"
    )
