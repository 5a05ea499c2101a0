"""Seeds of episodes. They decide an environment's random numbers, so that a run can be repeated."""

import zlib

import numpy as np


def episode_seed(seed: int, task: str, attempt: int = 0) -> int:
    """Return the seed of an episode's ``reset``: a function of these three and nothing else.

    Members of a group, which are compared with each other, share all three and so play the same world.

    Args:
        seed: computed from the run's seed and the iteration, or an evaluation's own; from 0 on.
        task: the id of the task.
        attempt: how many times the task was played before.

    Returns:
        A number from 0 to 2**31 - 1, which every library takes as a seed.
    """
    entropy = [seed, zlib.crc32(task.encode("utf-8", "surrogatepass")), attempt]
    [mixed] = np.random.SeedSequence(entropy).generate_state(1).tolist()
    return int(mixed) >> 1
