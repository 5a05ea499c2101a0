"""A conversation as chat messages: what a model is told and asked, and the action that its reply holds.

Needs no tokenizer: a served model gets the messages, and ``onelayer.agents.prompts`` makes tokens of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """What the agent read at one step and, once it has answered, what it did."""

    observation: str
    admissible: tuple[str, ...] | None = None
    action: str | None = None


class ChatMessages:
    """A chat in which the action stands in ``<action>`` tags.

    Args:
        instructions: the rules of the world, shown once, before the first observation.
        show_admissible: list the legal actions, where the environment knows them.
        thinking: ask for a thought in ``<think>`` tags before the action.
        free_form: the whole reply is the action, after a thought if there is one.
    """

    def __init__(
        self,
        *,
        instructions: str = "",
        show_admissible: bool = True,
        thinking: bool = False,
        free_form: bool = False,
    ):
        self.instructions = instructions
        self.show_admissible = show_admissible
        self.thinking = thinking
        self.free_form = free_form

    def messages(
        self, turns: Sequence[Turn], skipped: int = 0, replies: Sequence[str] | None = None
    ) -> list[dict[str, str]]:
        """Return the chat: the first message holds instructions and start, later ones observations.

        Args:
            turns: the first of the episode, then those to show; the last asks for an action.
            skipped: how many turns after the first are left out.
            replies: what the model wrote at each turn but the last; None shows the actions alone.
        """
        messages = [{"role": "user", "content": self._opening(turns[0])}]
        for i, turn in enumerate(turns[1:], start=1):
            left_out = f"({skipped} earlier turns are left out.)\n\n" if i == 1 and skipped else ""
            said = self._as_reply(turns[i - 1].action or "") if replies is None else replies[i - 1]
            messages += [
                {"role": "assistant", "content": said},
                {"role": "user", "content": left_out + self.asking(turn)},
            ]
        return messages

    def asking(self, turn: Turn) -> str:
        """Return the text that shows an observation."""
        if not (self.show_admissible and turn.admissible):
            return turn.observation
        return f"{turn.observation}\n\nPossible actions: " + "; ".join(turn.admissible)

    def parse(self, reply: str) -> str:
        """Return the text in the first ``<action>`` tags after the thought, "" where there are none.

        Tags in a thought that never ends do not count. With ``free_form`` it is all that follows the thought.
        """
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
        return "\n\n".join(part for part in (self.instructions, how, self.asking(turn)) if part)

    def _as_reply(self, action: str) -> str:
        return action if self.free_form else f"<action>{action}</action>"
