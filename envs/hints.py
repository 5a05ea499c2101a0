"""What somebody may have meant by a name that does not exist."""

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, possible: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` or the whole list of what is possible."""
    possible = list(possible)
    close = difflib.get_close_matches(word, possible, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are: {', '.join(possible)}"
