"""The process that scores answers: reads requests from its input, writes a score for each.

A request is a pickle because entries hold values that JSON can't represent; only our own process writes them.
See ``onelayer.envs.math.scorer``.
"""

import base64
import contextlib
import os
import pickle
import resource
import sys
import time

MEMORY = 2 * 1024**3
"""bytes of address space"""
SECONDS = 1
"""processor time for one answer; the system's limit counts whole seconds, so it may be up to one more"""


def main() -> None:
    """Answer until the input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a scorer prints is no reply
    from onelayer.envs.math.families import reasoning_gym

    library = reasoning_gym()
    with contextlib.suppress(ValueError, OSError):  # a lower limit may be set already
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print("ready", file=replies, flush=True)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    for line in sys.stdin:
        # The system ends the process when it uses more.
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 1 + SECONDS, most))
        family, config, entry, answer = pickle.loads(base64.b64decode(line))
        try:
            dataset = library.create_dataset(family, seed=0, size=1, **config)
            score = float(dataset.score_answer(answer, entry))
        except Exception:  # a scorer that cannot read an answer does not accept it
            score = 0.0
        print(score, file=replies, flush=True)


if __name__ == "__main__":
    main()
