import copy

import pytest
from transformers import AddedToken

from onelayer.agents.prompts import ChatFormat, PlainFormat, Turn, encode, format_for

FIRST = Turn("3 + 2 = ?", ("1", "5"), "5")
SECOND = Turn("5 + 2 = ?", ("7",))


def encoded(form, unencoded):
    """The tokens of one prompt."""
    [ids] = encode(form.tokenizer, [unencoded])
    return ids


def test_prompts_that_are_encoded_together_are_those_that_are_encoded_alone(
    plain_tokenizer, chat_tokenizer
):
    for form in (PlainFormat(plain_tokenizer), ChatFormat(chat_tokenizer)):
        shown = [form.prompt([FIRST, SECOND]), form.continuation(SECOND), form.prompt([SECOND])]
        together = encode(form.tokenizer, [*shown, *shown])
        assert together == [encoded(form, one) for one in (*shown, *shown)]
    assert encode(plain_tokenizer, []) == []


def test_plain_prompt_and_continuation_give_the_same_tokens(plain_tokenizer):
    form = PlainFormat(plain_tokenizer)
    grown = [
        *encoded(form, form.prompt([Turn(FIRST.observation)])),
        *plain_tokenizer.encode("5", add_special_tokens=False),
        *encoded(form, form.continuation(SECOND)),
    ]
    assert grown == encoded(form, form.prompt([FIRST, SECOND]))
    assert plain_tokenizer.decode(grown) == "<bos> 3 + 2 = ? <act> 5 <eos> 5 + 2 = ? <act>"


@pytest.mark.parametrize("thinking", [False, True])
def test_chat_prompt_and_continuation_give_the_same_tokens(chat_tokenizer, thinking):
    form = ChatFormat(chat_tokenizer, thinking=thinking)
    reply = chat_tokenizer.encode("<action>5</action>", add_special_tokens=False)
    grown = [*encoded(form, form.prompt([Turn(FIRST.observation, FIRST.admissible)])), *reply]
    assert [*grown, *encoded(form, form.continuation(SECOND))] == encoded(
        form, form.prompt([FIRST, SECOND])
    )


def test_a_chat_prompt_reads_well(chat_tokenizer):
    form = ChatFormat(chat_tokenizer, instructions="You are in a house.")
    text = chat_tokenizer.decode(encoded(form, form.prompt([FIRST, SECOND], skipped=4)))
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
    assert "Possible" not in chat_tokenizer.decode(encoded(form, form.prompt([FIRST, SECOND])))


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


@pytest.mark.parametrize(
    ("reply", "action"),
    [
        ("<think>I could <action>open fridge 1</action>, but no, it is closed, so", ""),
        ("<think>a</think><think>b <action>no</action>", ""),
        ("<action>yes</action> <think>why did I", "yes"),
        ("<think>a</think><action>yes</action>", "yes"),
    ],
)
@pytest.mark.parametrize("thinking", [False, True])
def test_what_stands_in_a_thought_that_never_ends_is_no_action(
    chat_tokenizer, reply, action, thinking
):
    assert ChatFormat(chat_tokenizer, thinking=thinking).parse(reply) == action
    if not action:
        assert ChatFormat(chat_tokenizer, free_form=True).parse(reply) == ""


def test_a_thought_that_the_template_opens_must_end_too(chat_tokenizer):
    template = chat_tokenizer.chat_template.replace("assistant\n{%", "assistant\n<think>\n{%")
    form = ChatFormat(retold(chat_tokenizer, template), thinking=True)
    assert form.parse("perhaps <action>no</action>") == ""
    assert form.parse("perhaps <action>no</action></think><action>yes</action>") == "yes"


def test_a_thought_that_the_template_opens_and_ends_is_none(chat_tokenizer):
    template = chat_tokenizer.chat_template.replace("assistant\n{%", "assistant\n<think></think>{%")
    assert ChatFormat(retold(chat_tokenizer, template)).parse("<action>yes</action>") == "yes"


def retold(tokenizer, template, **special):
    """The tokenizer with another chat template."""
    import copy

    other = copy.deepcopy(tokenizer)
    other.chat_template = template
    other.add_special_tokens(special)
    return other


LLAMA_2 = (
    "{% for m in messages %}{% if m['role'] == 'user' %}{{ bos_token + '[INST] ' + m['content'] | trim"
    " + ' [/INST]' }}{% else %}{{ ' ' + m['content'] | trim + ' ' + eos_token }}{% endif %}{% endfor %}"
)
"""the template of Llama-2-chat, without its system message"""
NEXT_SPEAKER = (
    "{% for m in messages %}<|{{ m['role'] }}|>\n{{ m['content'] }}{% endfor %}<|assistant|>"
)
"""in GLM's manner: nothing ends a message but the next one"""
WORDS_ONLY = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n\n{% endfor %}assistant: "


def test_a_reply_ends_at_the_end_token_and_not_at_a_space_before_it(chat_tokenizer):
    tokenizer = retold(chat_tokenizer, LLAMA_2, bos_token="<extra0>", eos_token="<extra1>")
    form = ChatFormat(tokenizer)
    assert tokenizer.convert_ids_to_tokens(list(form.stop_ids)) == ["<extra1>"]
    follow = tokenizer.decode(encoded(form, form.continuation(Turn("5 + 2 = ?"))))
    assert follow == "<extra1><extra0>[INST] 5 + 2 = ? [/INST]"


def test_the_next_speakers_mark_may_end_a_reply(chat_tokenizer):
    tokenizer = retold(chat_tokenizer, NEXT_SPEAKER)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|user|>", "<|assistant|>"]})
    form = ChatFormat(tokenizer)
    stops = tokenizer.convert_ids_to_tokens(sorted(form.stop_ids))
    assert stops == ["<|im_end|>", "<|user|>"]
    assert (
        tokenizer.decode(encoded(form, form.continuation(Turn("y")))) == "<|user|>\ny<|assistant|>"
    )


def test_added_tokens_of_nothing_but_space_end_no_reply(chat_tokenizer):
    template = chat_tokenizer.chat_template.replace("<|im_end|>", "  <|im_end|>")
    tokenizer = retold(chat_tokenizer, template)
    tokenizer.add_tokens(["  "])
    form = ChatFormat(tokenizer)
    assert tokenizer.convert_ids_to_tokens(list(form.stop_ids)) == ["<|im_end|>"]


def test_without_a_special_token_in_the_template_the_tokenizers_own_ends_a_reply(chat_tokenizer):
    form = ChatFormat(retold(chat_tokenizer, WORDS_ONLY))
    assert chat_tokenizer.convert_ids_to_tokens(list(form.stop_ids)) == ["<|im_end|>"]
    follow = chat_tokenizer.decode(encoded(form, form.continuation(Turn("y"))))
    assert follow == "<|im_end|>\n\nuser: y\n\nassistant: "


def test_replies_that_cannot_end_are_refused(chat_tokenizer):
    endless = retold(chat_tokenizer, WORDS_ONLY)
    endless.eos_token = None
    with pytest.raises(ValueError, match="replies cannot end; give the tokenizer an eos_token"):
        ChatFormat(endless)


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


_TURNS = "{% for m in messages %}{% if m['role'] == 'user' %}"
HARMONY = (
    _TURNS + "<|start|>user<|message|>{{ m['content'] }}<|end|>{% else %}"
    "<|start|>assistant<|channel|>final<|message|>{{ m['content'] }}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant{% endif %}"
)
"""in gpt-oss's form: a reply stands in a channel, which the generation prompt leaves open"""


@pytest.fixture
def harmony(chat_tokenizer):
    tokenizer = copy.deepcopy(chat_tokenizer)
    marks = ("<|start|>", "<|message|>", "<|channel|>", "<|end|>")
    tokenizer.add_tokens([AddedToken(mark, special=True) for mark in marks])
    tokenizer.chat_template = HARMONY
    return tokenizer


def test_a_reply_in_a_channel_is_asked_for_in_it(harmony):
    form = ChatFormat(harmony, free_form=True)
    [text] = form.prompt([FIRST, SECOND]).pieces
    header = "<|start|>assistant<|channel|>final<|message|>"
    assert text.count(header) == 2
    assert text.endswith(header)  # else <|end|> would stop at the end of the model's first message
    assert harmony.convert_tokens_to_ids("<|end|>") in form.stop_ids
    [tail] = form.continuation(SECOND).pieces
    assert tail.startswith("<|end|><|start|>user")
    assert tail.endswith(header)


def test_a_thought_in_a_channel_of_its_own_is_refused(harmony):
    with pytest.raises(ValueError, match="leave thinking out"):
        ChatFormat(harmony, thinking=True)


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ messages[-1]['content'] }}", "word for word"),
        (
            _TURNS
            + "{{ m['content'] | tojson }}{% else %}{{ m['content'] | tojson }}{% endif %}{% endfor %}",
            "word",
        ),
        (
            _TURNS
            + "[{{ m['content'] }}]{% else %}{{ raise_exception('one turn') }}{% endif %}{% endfor %}",
            "one turn",
        ),
        ("{% for m in messages %}{{ m['content'][0].text }}{% endfor %}", "word for word"),
    ],
)
def test_a_template_that_cannot_show_a_conversation_is_refused_in_one_line(
    chat_tokenizer, template, reason
):
    tokenizer = copy.deepcopy(chat_tokenizer)
    tokenizer.chat_template = template
    with pytest.raises(ValueError, match=reason):
        ChatFormat(tokenizer)
