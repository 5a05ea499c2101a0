import pytest

from onelayer.agents.prompts import ChatFormat, PlainFormat, Turn, format_for

FIRST = Turn("3 + 2 = ?", ("1", "5"), "5")
SECOND = Turn("5 + 2 = ?", ("7",))


def test_plain_prompt_and_continuation_give_the_same_tokens(plain_tokenizer):
    form = PlainFormat(plain_tokenizer)
    grown = [
        *form.prompt([Turn(FIRST.observation)]),
        *plain_tokenizer.encode("5", add_special_tokens=False),
        *form.continuation(SECOND),
    ]
    assert grown == form.prompt([FIRST, SECOND])
    assert plain_tokenizer.decode(grown) == "<bos> 3 + 2 = ? <act> 5 <eos> 5 + 2 = ? <act>"


@pytest.mark.parametrize("thinking", [False, True])
def test_chat_prompt_and_continuation_give_the_same_tokens(chat_tokenizer, thinking):
    form = ChatFormat(chat_tokenizer, thinking=thinking)
    reply = chat_tokenizer.encode("<action>5</action>", add_special_tokens=False)
    grown = [*form.prompt([Turn(FIRST.observation, FIRST.admissible)]), *reply]
    assert [*grown, *form.continuation(SECOND)] == form.prompt([FIRST, SECOND])


def test_a_chat_prompt_reads_well(chat_tokenizer):
    form = ChatFormat(chat_tokenizer, instructions="You are in a house.")
    text = chat_tokenizer.decode(form.prompt([FIRST, SECOND], skipped=4))
    assert text == (
        "<|im_start|>user\nYou are in a house.\n\n"
        "At each turn reply with exactly one action: <action>the action</action>\n\n"
        "3 + 2 = ?\n\nPossible actions: 1; 5<|im_end|>\n"
        "<|im_start|>assistant\n<action>5</action><|im_end|>\n"
        "<|im_start|>user\n(4 earlier turns are left out.)\n\n"
        "5 + 2 = ?\n\nPossible actions: 7<|im_end|>\n<|im_start|>assistant\n"
    )


def test_admissible_actions_are_shown_only_on_demand(chat_tokenizer):
    form = ChatFormat(chat_tokenizer, show_admissible=False)
    assert "Possible" not in chat_tokenizer.decode(form.prompt([FIRST, SECOND]))


@pytest.mark.parametrize(
    ("reply", "action"),
    [
        ("<action>go to desk 1</action>", "go to desk 1"),
        ("I will <action> look </action> now", "look"),
        ("<action>a</action><action>b</action>", "a"),
        ("<think><action>no</action></think><action>yes</action>", "yes"),
        ("<action>two\nlines</action>", "two\nlines"),
        ("go to desk 1", ""),
        ("<action>go to desk 1", ""),
        ("go</action>", ""),
        ("<ACTION>go</ACTION>", ""),
        ("", ""),
    ],
)
def test_the_action_is_what_stands_in_the_tags(chat_tokenizer, reply, action):
    assert ChatFormat(chat_tokenizer).parse(reply) == action


def test_a_free_form_reply_is_the_action_without_the_thought(chat_tokenizer):
    form = ChatFormat(chat_tokenizer, free_form=True, thinking=True)
    assert form.parse("<think>hm</think>\nx = 1\n") == "x = 1"


def test_the_format_follows_the_tokenizer(chat_tokenizer, plain_tokenizer):
    assert isinstance(format_for(chat_tokenizer), ChatFormat)
    assert isinstance(format_for(plain_tokenizer), PlainFormat)


def test_a_tokenizer_that_fits_no_format_is_refused(chat_tokenizer):
    import copy

    bare = copy.deepcopy(chat_tokenizer)
    bare.chat_template = None
    with pytest.raises(ValueError, match="neither a chat template nor the token <act>"):
        format_for(bare)
