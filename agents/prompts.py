"""How a conversation becomes the tokens a language model reads, and its reply becomes an action.

A format answers four questions: which prompt shows these turns (``prompt``), which tokens follow a reply
when the history only grows (``continuation``), which tokens end a reply (``stop_ids``), and which action a
reply holds (``parse``). ``PlainFormat`` is the shipped tiny model's, ``ChatFormat`` uses the chat template
of any instruction-tuned model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from onelayer.agents.chat import ChatMessages, Turn

__all__ = [
    "ChatFormat",
    "PlainFormat",
    "PromptFormat",
    "Turn",
    "Unencoded",
    "encode",
    "format_for",
]


@dataclass(frozen=True, slots=True)
class Unencoded:
    """A prompt before it is encoded: texts for the tokenizer, and ids that are tokens already."""

    pieces: tuple[str | int, ...]
    first: int | None = None
    """the id that must come first; it is added where the encoded pieces do not begin with it"""


class PromptFormat(Protocol):
    """Turns an episode into tokens, and a reply into an action."""

    stop_ids: tuple[int, ...]

    def prompt(self, turns: Sequence[Turn], skipped: int = 0) -> Unencoded:
        """Return the whole prompt that asks for the action of the last turn.

        ``turns[0]`` is the first of the episode; ``skipped`` turns after it are left out.
        """
        ...

    def continuation(self, turn: Turn) -> Unencoded:
        """Return the tokens to append after a reply so that ``turn`` is shown; its stop token comes first."""
        ...

    def parse(self, reply: str) -> str:
        """Return the action that the reply holds, "" where it holds none."""
        ...


def encode(tokenizer: PreTrainedTokenizerBase, prompts: Sequence[Unencoded]) -> list[list[int]]:
    """Return the ids of each prompt. All texts are encoded in one call, and equal texts only once."""
    texts = list(
        dict.fromkeys(p for prompt in prompts for p in prompt.pieces if isinstance(p, str))
    )
    if texts:
        alone = {"add_special_tokens": False, "return_attention_mask": False}
        ids_of = dict(zip(texts, tokenizer(texts, **alone)["input_ids"], strict=True))
    encoded = []
    for prompt in prompts:
        ids: list[int] = []
        for piece in prompt.pieces:
            ids += ids_of[piece] if isinstance(piece, str) else [piece]
        if prompt.first is not None and ids[:1] != [prompt.first]:
            ids.insert(0, prompt.first)
        encoded.append(ids)
    return encoded


class PlainFormat:
    """``<bos> observation <act> action <eos> observation <act> action <eos> ...``."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase):
        self.tokenizer = tokenizer
        self.act_id = tokenizer.convert_tokens_to_ids("<act>")
        if self.act_id is None or self.act_id == tokenizer.unk_token_id:
            raise ValueError(
                "the tokenizer has neither a chat template nor the token <act> of the plain format; "
                "use an instruction-tuned model or `--model tiny`"
            )
        self.stop_ids: tuple[int, ...] = (tokenizer.eos_token_id,)

    def prompt(self, turns: Sequence[Turn], skipped: int = 0) -> Unencoded:
        """Return the turns one after the other, without a mark where some were skipped."""
        pieces: list[str | int] = [self.tokenizer.bos_token_id, turns[0].observation, self.act_id]
        for before, turn in pairwise(turns):
            pieces += [before.action or "", *self.continuation(turn).pieces]
        return Unencoded(tuple(pieces))

    def continuation(self, turn: Turn) -> Unencoded:
        """Return ``<eos> observation <act>``."""
        return Unencoded((*self.stop_ids, turn.observation, self.act_id))

    def parse(self, reply: str) -> str:
        """Return the reply itself."""
        return reply.strip()


class ChatFormat(ChatMessages):
    """A chat in the model's own template; see ``ChatMessages`` for what its messages say.

    Args:
        tokenizer: one with a chat template.
        instructions: see ``ChatMessages``, as the next ones.
        show_admissible: list the legal actions.
        thinking: ask for a thought.
        free_form: the whole reply is the action.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        *,
        instructions: str = "",
        show_admissible: bool = True,
        thinking: bool = False,
        free_form: bool = False,
    ):
        super().__init__(
            instructions=instructions,
            show_admissible=show_admissible,
            thinking=thinking,
            free_form=free_form,
        )
        self.tokenizer = tokenizer
        self._header = ""
        self._header = self._header_of_reply()
        self._opens_thought = _thought_is_open(self._render([{"role": "user", "content": "x"}]))
        self._end_id, self._tail = self._end_of_reply(self._around_reply("\0")[1])
        self.stop_ids: tuple[int, ...] = tuple({self._end_id, tokenizer.eos_token_id} - {None})

    def prompt(self, turns: Sequence[Turn], skipped: int = 0) -> Unencoded:
        """Return one chat: the first message holds instructions and start, later ones observations."""
        return Unencoded((self._render(self.messages(turns, skipped)),))

    def continuation(self, turn: Turn) -> Unencoded:
        """Return what the template puts between a reply and the next one, from its end token on."""
        return Unencoded((self._tail.replace("\0", self.asking(turn)),), first=self._end_id)

    def parse(self, reply: str) -> str:
        """Return the action; the template may have opened the thought in the prompt (DeepSeek-R1's does)."""
        return super().parse(f"<think>{reply}" if self._opens_thought else reply)

    def _render(self, messages: list[dict[str, str]]) -> str:
        try:
            text = self.tokenizer.apply_chat_template(
                messages,
                tokenize=False,
                add_generation_prompt=True,
                enable_thinking=self.thinking,  # Qwen3's templates read it, others ignore it
            )
        except TemplateError as error:
            raise ValueError(
                f"the chat template cannot show a conversation of several turns ({error}); use a model with "
                "another template"
            ) from error
        return str(text) + self._header

    def _around_reply(self, observation: str) -> tuple[str, str]:
        """Return what the template puts before a reply, and between it and the next one."""
        reply = "\1"
        text = self._render(
            [
                {"role": "user", "content": "x"},
                {"role": "assistant", "content": reply},
                {"role": "user", "content": observation},
            ]
        )
        if text.count(reply) != 1 or observation not in text:
            raise ValueError(
                "the chat template does not show replies and later messages word for word; use a model "
                "with another template"
            )
        before, after = text.split(reply)
        return before, after

    def _header_of_reply(self) -> str:
        """Return special tokens that the template shows before a past reply, but not before the next one.

        gpt-oss writes ``<|channel|>final<|message|>`` there itself, after other messages of its own. Where no
        thought is asked for, the prompt ends with these tokens, and the reply is just the text that the
        template shows later. "" where there are none.

        Raises:
            ValueError: a thought is asked for, and the template has no ``<think>`` for it.
        """
        opening = self._render([{"role": "user", "content": "x"}])
        before, _ = self._around_reply("\0")
        header = before[len(opening) :] if before.startswith(opening) else ""
        tokens = (token.content for token in self.tokenizer.added_tokens_decoder.values())
        if not any(token in header for token in tokens if token.strip()):
            return ""
        if self.thinking and "</think>" not in header:
            raise ValueError(
                f"the chat template puts {header!r} before a reply, so a thought would be a message of its "
                "own, which is not supported; leave thinking out"
            )
        return "" if self.thinking else header

    def _end_of_reply(self, after: str) -> tuple[int, str]:
        """Return the token that ends a reply, and the text after a reply from that token on.

        It is the first special token between the reply and the next observation. Llama-2's template has a
        space before it; GLM's has the mark of the next speaker in its place. Where the template has no
        special token there, the tokenizer's end token is used.

        Raises:
            ValueError: there is neither.
        """
        before = after.split("\0")[0]
        marks = {
            token.content: token_id
            for token_id, token in self.tokenizer.added_tokens_decoder.items()
            if token.content.strip() and token_id != self.tokenizer.bos_token_id
        }
        eos = self.tokenizer.eos_token
        if eos is not None:  # may be the token that also begins a text
            marks[eos] = self.tokenizer.eos_token_id
        found = [(before.find(mark), -len(mark), mark) for mark in marks if mark in before]
        if found:
            place, _, mark = min(found)
            return marks[mark], after[place:]
        if eos is None:
            raise ValueError(
                "the chat template puts no special token after a reply and the tokenizer has no end "
                "token, so replies cannot end; give the tokenizer an eos_token"
            )
        return self.tokenizer.eos_token_id, after


def _thought_is_open(text: str) -> bool:
    """Return whether the text ends inside ``<think>``."""
    return text.rfind("<think>") > text.rfind("</think>")


def format_for(
    tokenizer: PreTrainedTokenizerBase,
    *,
    instructions: str = "",
    show_admissible: bool = True,
    thinking: bool = False,
    free_form: bool = False,
) -> PromptFormat:
    """Return the chat format where the tokenizer has a template, else the plain one."""
    if tokenizer.chat_template is None:
        return PlainFormat(tokenizer)
    return ChatFormat(
        tokenizer,
        instructions=instructions,
        show_admissible=show_admissible,
        thinking=thinking,
        free_form=free_form,
    )
