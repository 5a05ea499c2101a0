"""What a command says before something takes long, so that no terminal stays empty."""

import os
import sys


def announce(what: str) -> None:
    """Print a line to stderr at once: ``announce("loading the model")`` prints ``loading the model ...``.

    Of several processes only the first one says it.
    """
    if os.environ.get("RANK", "0") == "0":
        print(f"{what} ...", file=sys.stderr, flush=True)
