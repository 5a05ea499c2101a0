"""The process that scores answers: reads requests from its input, writes a score for each.

A request is a pickle because entries hold what JSON has no form for; only our own process writes them.
See ``onelayer.envs.math.scorer``.
"""

import base64
import contextlib
import os
import pickle
import resource
import sys

MEMORY = 2 * 1024**3
"""bytes of address space"""


def main() -> None:
    """Answer until the input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a scorer prints is no reply
    from onelayer.envs.math.families import make_entry, reasoning_gym

    reasoning_gym()
    with contextlib.suppress(ValueError, OSError):  # a lower limit may be set already
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    print("ready", file=replies, flush=True)
    for line in sys.stdin:
        family, config, entry, answer = pickle.loads(base64.b64decode(line))
        try:
            dataset, _ = make_entry(family, config, 0)
            score = float(dataset.score_answer(answer, entry))
        except Exception:  # a scorer that cannot read an answer does not accept it
            score = 0.0
        print(score, file=replies, flush=True)


if __name__ == "__main__":
    main()
