"""What somebody may have meant by a name that does not exist."""

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, possible: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` or the whole list of what is possible; case does not matter."""
    possible = list(possible)
    lowered = {name.lower(): name for name in possible}
    close = difflib.get_close_matches(word.lower(), lowered, n=1)
    if close:
        return f"; did you mean {lowered[close[0]]!r}?"
    return f"; there are: {', '.join(possible)}"
