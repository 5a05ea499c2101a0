"""How a conversation becomes the tokens a language model reads, and its reply becomes an action.

A format answers four questions: which prompt shows these turns (``prompt``), which tokens follow a reply
when the history only grows (``continuation``), which tokens end a reply (``stop_ids``), and which action a
reply holds (``parse``). ``PlainFormat`` is the shipped tiny model's, ``ChatFormat`` uses the chat template
of any instruction-tuned model.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Turn:
    """What the agent read at one step and, once it has answered, what it did."""

    observation: str
    admissible: tuple[str, ...] | None = None
    action: str | None = None


class PromptFormat(Protocol):
    """Turns into tokens, reply into action."""

    stop_ids: tuple[int, ...]

    def prompt(self, turns: Sequence[Turn], skipped: int = 0) -> list[int]:
        """Return the whole prompt that asks for the action of the last turn.

        ``turns[0]`` is the first of the episode; ``skipped`` turns after it are left out.
        """
        ...

    def continuation(self, turn: Turn) -> list[int]:
        """Return the tokens that follow a reply to show ``turn``, the reply's stop token first."""
        ...

    def parse(self, reply: str) -> str:
        """Return the action that the reply holds, "" where it holds none."""
        ...


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

    def prompt(self, turns: Sequence[Turn], skipped: int = 0) -> list[int]:
        """Return the turns one after the other, without a mark where some were skipped."""
        ids = [self.tokenizer.bos_token_id, *self._shown(turns[0])]
        for before, turn in pairwise(turns):
            ids += [*self._encode(before.action or ""), *self.continuation(turn)]
        return ids

    def continuation(self, turn: Turn) -> list[int]:
        """Return ``<eos> observation <act>``."""
        return [*self.stop_ids, *self._shown(turn)]

    def parse(self, reply: str) -> str:
        """Return the reply itself."""
        return reply.strip()

    def _shown(self, turn: Turn) -> list[int]:
        return [*self._encode(turn.observation), self.act_id]

    def _encode(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False))


class ChatFormat:
    """A chat in the model's own template; the action stands in ``<action>`` tags.

    Args:
        tokenizer: one with a chat template.
        instructions: the rules of the world, shown once, before the first observation.
        show_admissible: list the legal actions, where the environment knows them.
        thinking: ask for a thought in ``<think>`` tags before the action.
        free_form: the whole reply is the action, after a thought if there is one.
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
        self.tokenizer = tokenizer
        self.instructions = instructions
        self.show_admissible = show_admissible
        self.thinking = thinking
        self.free_form = free_form
        self._opens_thought = _thought_is_open(self._render([{"role": "user", "content": "x"}]))
        self._end_id, self._tail = self._end_of_reply(self._text_after_reply("\0"))
        self.stop_ids: tuple[int, ...] = tuple({self._end_id, tokenizer.eos_token_id} - {None})

    def prompt(self, turns: Sequence[Turn], skipped: int = 0) -> list[int]:
        """Return one chat: the first message holds instructions and start, later ones observations."""
        messages = [{"role": "user", "content": self._opening(turns[0])}]
        for i, turn in enumerate(turns[1:], start=1):
            left_out = f"({skipped} earlier turns are left out.)\n\n" if i == 1 and skipped else ""
            messages += [
                {"role": "assistant", "content": self._said(turns[i - 1].action or "")},
                {"role": "user", "content": left_out + self._asking(turn)},
            ]
        text = self._render(messages)
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def continuation(self, turn: Turn) -> list[int]:
        """Return what the template puts between a reply and the next one, from its end token on."""
        text = self._tail.replace("\0", self._asking(turn))
        ids = list(self.tokenizer.encode(text, add_special_tokens=False))
        return ids if ids[:1] == [self._end_id] else [self._end_id, *ids]

    def parse(self, reply: str) -> str:
        """Return the text between the first pair of tags that follows the thought, "" without one.

        What stands in a thought that never ends is no action, also where the template has opened the
        thought in the prompt (as DeepSeek-R1's does).
        """
        if self._opens_thought:
            reply = f"<think>{reply}"
        answer = reply.rsplit("</think>", 1)[-1].split("<think>", 1)[0]
        if self.free_form:
            return answer.strip()
        found = re.search(r"<action>(.*?)</action>", answer, flags=re.DOTALL)
        return found[1].strip() if found else ""

    def _opening(self, turn: Turn) -> str:
        if self.free_form:
            how = "Think first, between <think> and </think>." if self.thinking else ""
        elif self.thinking:
            how = (
                "At each turn think first, between <think> and </think>, then give exactly one action "
                "between <action> and </action>."
            )
        else:
            how = "At each turn reply with exactly one action: <action>the action</action>"
        return "\n\n".join(part for part in (self.instructions, how, self._asking(turn)) if part)

    def _asking(self, turn: Turn) -> str:
        if not (self.show_admissible and turn.admissible):
            return turn.observation
        return f"{turn.observation}\n\nPossible actions: " + "; ".join(turn.admissible)

    def _said(self, action: str) -> str:
        return action if self.free_form else f"<action>{action}</action>"

    def _render(self, messages: list[dict[str, str]]) -> str:
        return str(
            self.tokenizer.apply_chat_template(
                messages,
                tokenize=False,
                add_generation_prompt=True,
                enable_thinking=self.thinking,  # Qwen3's templates read it, others ignore it
            )
        )

    def _text_after_reply(self, observation: str) -> str:
        reply = "\1"
        text = self._render(
            [
                {"role": "user", "content": "x"},
                {"role": "assistant", "content": reply},
                {"role": "user", "content": observation},
            ]
        )
        return text.rsplit(reply, 1)[1]

    def _end_of_reply(self, after: str) -> tuple[int, str]:
        """Return the token that ends a reply, and the text after a reply from that token on.

        It is the first token with a meaning of its own between the reply and the next observation:
        Llama-2's template has a space before it, GLM's has the next speaker's mark in its place.
        Where the template has none, the tokenizer's own end token is it.

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
