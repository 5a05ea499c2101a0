"""`onelayer eval` on evaluations that exist already: comparing them, or grading them again."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from onelayer.commands.result_tables import print_tables
from onelayer.errors import UnknownName

if TYPE_CHECKING:
    from onelayer.evals.arms import Arm
    from onelayer.evals.results import Results


def compare_arms(texts: Sequence[str], suite: str) -> None:
    """Print the paired difference of two evaluations, or of every pair of more arms.

    Args:
        texts: each names an arm: one evaluation or several joined by commas, optionally after ``NAME=``.
        suite: which suite to look for in run folders; "" for the only one.
    """
    from onelayer.evals import arms as groups
    from onelayer.evals.results import compare
    from onelayer.evals.table import difference_table, pairs_table

    arms = [_arm(text, suite) for text in texts]
    if len(arms) == 2 and all(len(arm.runs) == 1 for arm in arms):
        (one,), (other,) = (arm.runs for arm in arms)
        print(difference_table(compare(one, other), arms[0].name, arms[1].name))
        return
    print(pairs_table(groups.compare_arms(arms)))


def rescore(path: str, out: str) -> None:
    """Grade saved episodes by today's environment and metrics, and print what has changed."""
    from onelayer.evals.rescore import rescore as graded
    from onelayer.evals.results import load_results, write_results

    before = load_results(path)
    after = {name: graded(results) for name, results in before.items()}
    folder = Path(out) if out else _beside(Path(path))
    write_results(folder / "results.json", after)
    shown = {}
    for name, results in after.items():
        shown[f"{name}, saved"], shown[f"{name}, now"] = before[name], results
    print_tables(shown)
    for name, results in after.items():
        print(f"\n{name}: {_changes(before[name], results)}")
    print(f"\nevery episode: {folder / 'results.json'}")


def _beside(path: Path) -> Path:
    folder = path if path.is_dir() else path.parent
    return folder.with_name(folder.name + "-rescored")


def _changes(before: "Results", after: "Results") -> str:
    """Say for how many episodes the judgement has changed."""
    pairs = list(zip(before.episodes, after.episodes, strict=True))
    won = sum(new.success and not old.success for old, new in pairs)
    lost = sum(old.success and not new.success for old, new in pairs)
    errors = sum(new.error is not None and old.error is None for old, new in pairs)
    return (
        f"{won} of {len(pairs)} episodes are solved now that were not, {lost} are not that were, and "
        f"{errors} "
        "could not be graded again"
    )


def _arm(text: str, suite: str) -> "Arm":
    from onelayer.evals.arms import Arm

    name, given, listed = text.partition("=")
    if not given or "/" in name or Path(text).exists():
        name, listed = text, text
    paths = [path for path in listed.split(",") if path]
    if not paths:
        raise ValueError(f"--compare: {text!r} names no evaluation")
    return Arm(name, tuple(_evaluation(path, suite) for path in paths))


def _evaluation(name: str, suite: str) -> "Results":
    """Return the results that ``PATH`` or ``PATH:AGENT`` names."""
    from onelayer.evals.results import FILE_NAME, load_results

    path, agent = Path(name), ""
    if not path.exists() and ":" in name:
        where, _, agent = name.rpartition(":")
        path = Path(where)
    if path.is_dir() and not (path / FILE_NAME).exists():
        found = sorted(path.glob(f"eval/{Path(suite).stem or '*'}/{FILE_NAME}"))
        if not found:
            how = f"onelayer eval {shlex.quote(str(path))} --suite {suite or 'NAME'}"
            raise ValueError(f"{path} holds no evaluation; make one with `{how}`")
        if len(found) > 1:
            listed = ", ".join(results.parent.name for results in found)
            raise ValueError(f"{path} holds several evaluations ({listed}); choose with --suite")
        path = found[0]
    by_agent = load_results(path)
    agent = agent or next((n for n in ("trained", "model") if n in by_agent), next(iter(by_agent)))
    if agent not in by_agent:
        raise UnknownName(f"{path} has no agent {agent!r}; it has {', '.join(by_agent)}")
    return by_agent[agent]
