"""Episodes for a person to read: what the agent saw, what it did, and its rewards."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from onelayer.evals.run_record import Record

LONGEST_TEXT = 4000
"""characters of one observation or reply that are shown; the rest is only counted"""


def samples(episodes: Sequence[Record]) -> list[Record]:
    """Return up to four episodes: one won and one lost, of the first iteration and of the last."""
    iterations = list(dict.fromkeys(episode.get("iteration") for episode in episodes))
    chosen = []
    for iteration in [*iterations[:1], *iterations[1:][-1:]]:
        of_it = [e for e in episodes if e.get("iteration") == iteration and e.get("steps")]
        for won in (True, False):
            chosen += [e for e in of_it if bool(e.get("success")) is won][:1]
    return chosen


def transcript(episode: Record) -> str:
    """Return an episode as a ``<details>`` element that opens on a click."""
    steps = _steps(episode)
    outcome = "won" if episode.get("success") else "lost"
    if episode.get("error"):
        outcome = "broke off"
    facts = [f"iteration {episode.get('iteration', '?')}", f"{len(steps)} steps"]
    if isinstance(total := episode.get("total_reward"), int | float):
        facts.append(f"return {total:.3g}")
    if episode.get("kind"):
        facts.append(str(episode["kind"]))
    error = f'<p class="error">{escape(str(episode["error"]))}</p>' if episode.get("error") else ""
    return (
        f'<details class="episode"><summary><b class="{outcome.split()[0]}">{outcome}</b> '
        f"{escape(' · '.join(facts))}<br><code>{escape(str(episode.get('task', '')))}</code>"
        f"</summary>{error}<ol>{''.join(_step(step) for step in steps)}</ol></details>"
    )


def _step(step: Record) -> str:
    reply, action = str(step.get("reply") or ""), str(step.get("action") or "")
    said = ""
    if reply.strip() and reply.strip() != action.strip():
        said = f'<details class="reply"><summary>whole reply</summary><pre>{_text(reply)}</pre></details>'
    return (
        f"<li><pre>{_text(str(step.get('observation') or ''))}</pre>"
        f'<div class="act"><span class="action">{_text(action) or "(no action)"}</span>'
        f"{''.join(_chips(step))}</div>{said}</li>"
    )


def _chips(step: Record) -> list[str]:
    """Return the small labels behind an action."""
    chips = []
    if step.get("valid") is False:
        chips.append('<span class="chip bad">not understood</span>')
    if step.get("cut"):
        chips.append('<span class="chip bad">cut</span>')
    reward = step.get("reward")
    if isinstance(reward, int | float) and reward:
        chips.append(_signed("reward", reward))
    advantage = step.get("advantage")
    if isinstance(advantage, int | float):
        chips.append(_signed("advantage", advantage))
    return chips


def _signed(name: str, value: float) -> str:
    kind = "good" if value > 0 else "bad" if value < 0 else ""
    return f'<span class="chip {kind}">{name} {value:+.3g}</span>'


def _text(text: str) -> str:
    more = len(text) - LONGEST_TEXT
    return escape(text[:LONGEST_TEXT]) + (f" … ({more} characters more)" if more > 0 else "")


def _steps(episode: Record) -> list[Mapping[str, Any]]:
    steps = episode.get("steps")
    return [s for s in steps if isinstance(s, Mapping)] if isinstance(steps, list) else []
