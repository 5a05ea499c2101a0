"""Bridges to other people's environments, and from ours to other people's trainers.

Each module needs its library only when it is used:

* ``GymText``: any Gymnasium world of numbers, put into words by two functions;
* ``textarena``, ``openenv``, ``verifiers``: games, servers and tasksets of these libraries, as environments;
* ``trl``, ``verifiers_taskset``: an environment of onelayer as TRL's ``environment_factory``, or as a
  verifiers taskset.
"""

from onelayer.envs.adapters.gym_text import GymText

__all__ = ["GymText"]
