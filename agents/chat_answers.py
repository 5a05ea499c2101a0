"""What a server of chat completions answers."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """What a served model wrote."""

    text: str
    cut: bool
    """stopped by its length limit"""
    prompt_tokens: int
    """as the server counted them; 0 where it did not"""
    reply_tokens: int
    tokens: tuple[str, ...] = ()
    """the reply token by token, where this was requested and the server gave it"""
    logprobs: tuple[float, ...] = ()


def reply_of(content: bytes) -> Reply | None:
    """Return the reply of a chat completion; None where it is something else."""
    try:
        answer = json.loads(content)
        choice = answer["choices"][0]
        message = choice["message"]
        text = message.get("content") or ""
        thought = message.get("reasoning_content") or message.get("reasoning")
        if isinstance(text, list):  # a list of parts; only texts count
            text = "".join(part.get("text", "") for part in text)
        if isinstance(thought, str) and thought:
            text = f"<think>\n{thought.strip()}\n</think>\n\n{text}"
        usage = answer.get("usage") or {}
        listed = (choice.get("logprobs") or {}).get("content") or []
        return Reply(
            text=str(text),
            cut=choice.get("finish_reason") == "length",
            prompt_tokens=int(usage.get("prompt_tokens") or 0),
            reply_tokens=int(usage.get("completion_tokens") or 0),
            tokens=tuple(str(one["token"]) for one in listed),
            logprobs=tuple(float(one["logprob"]) for one in listed),
        )
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None
