"""`onelayer profile`: which layer is worth training, and how sure that is."""

import shlex
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from onelayer.commands.announce import announce
from onelayer.commands.configuration import own_folder, parse_config
from onelayer.settings import as_mapping
from onelayer.trainers.profile.profile_config import ProfileConfig
from onelayer.trainers.profile.profile_config import ProfileFlags as Config

if TYPE_CHECKING:
    from onelayer.evals.contribution.record import Profile

HELP = "measure which layer is worth training; `profile compare A B` compares"


def main(arguments: Sequence[str]) -> int:
    """Measure a profile, or with ``compare`` as the first word compare several."""
    if arguments[:1] == ["compare"]:
        from onelayer.commands import profile_compare

        return profile_compare.main(arguments[1:])
    flags = parse_config(Config, arguments, program="onelayer profile", description=HELP)
    # A profile that was copied or moved goes on where it is.
    folder = own_folder(arguments, beside="scores")
    return run(ProfileConfig.of(as_mapping(flags) | ({"out": folder} if folder else {})))


def run(config: ProfileConfig) -> int:
    """Measure what is left of a profile; write it, and print its table.

    Raises:
        ValueError: something cannot work, or `out` holds something else.
        LookupError: there is no such environment, suite or task.
        KeyboardInterrupt: Ctrl-C; the runs are saved and the profile is written as far as it is known.
    """
    announce("loading torch and transformers, then the environment and the model")
    from onelayer.trainers.profile.profiler import Profiler

    progress = _Progress()
    profiler = Profiler(config, tell=progress)
    finished = False
    try:
        finished = profiler.measure()
    finally:
        progress.close()
        profile = profiler.record() if profiler.scores else None
        if profile is not None:
            _write(profile, profiler, finished)
        if not finished:
            print(
                f"\nnot all was measured; go on with\n"
                f"  onelayer profile --config {shlex.quote(str(config.folder / 'profile.yaml'))}"
            )
    return 0


def _write(profile: "Profile", profiler: Any, finished: bool) -> None:
    """Write ``profile.json``, ``.md`` and ``.png``, and print the page."""
    from onelayer.evals.contribution.contributions import measured
    from onelayer.evals.contribution.page import profile_page
    from onelayer.evals.contribution.profile_file import FILE_NAME, save_profile
    from onelayer.files import write_atomically

    profile, folder = measured(profile), profiler.folder.path
    save_profile(profile, folder / FILE_NAME)
    page = profile_page(profile)
    if not finished:
        page += "- This profile is not whole: it was stopped before all runs were done.\n"
    if profiler.selection is not None:
        page += f"- {profiler.selection.sentence(profiler.plan.layers)}\n"
    if profile.halving is not None:
        page += _halving_line(profile.halving)
    write_atomically(folder / "profile.md", page)
    print(f"\n{page}")
    names = "profile.json and profile.md"
    if profile.contributions:
        try:
            from onelayer.evals.contribution.picture import draw_profile

            draw_profile(profile, folder / "profile.png")
            names = "profile.json, profile.md and profile.png"
        except ValueError as error:
            print(f"no picture: {error}", file=sys.stderr)
    print(f"{names} are in {folder}")


def _halving_line(halving: Any) -> str:
    ranked = ", ".join(map(str, halving["ranking"]))
    counts = ", then ".join(f"{len(r['scores'])} for {r['iterations']}" for r in halving["rounds"])
    line = (
        f"- Successive halving: layers for iterations: {counts}. Ranking {ranked}; "
        f"{halving['budget_spent']:.0%} of what all layers to the end would take. Only those that came "
        "to the end have a C(k).\n"
    )
    if failed := halving["failed"]:
        listed = "; ".join(f"{name}: {why}" for name, why in failed.items())
        line += f"- Failed runs that halving did not take to the end: {len(failed)} ({listed}).\n"
    return line


class _Progress:
    """A bar over the iterations of all runs, with the time left, and a line for each run that ends."""

    def __init__(self) -> None:
        self.bar: Any = None
        self.done: dict[str, int] = {}
        self.total = 0
        self.adopted = 0
        self.started: dict[str, float] = {}

    def __call__(self, kind: str, name: str, details: Any) -> None:
        getattr(self, f"_{kind}", lambda *_: None)(name, details)

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self.bar is not None:
            self.bar.close()

    def _plan(self, _: str, details: Any) -> None:
        self.total = details["iterations"]

    def _adopted(self, name: str, scores: Any) -> None:
        self.adopted += 1
        self._count(name, scores)

    def _iteration(self, name: str, metrics: Any) -> None:
        self.started.setdefault(name, time.monotonic())
        self._set(name, int(metrics["iteration"]) + 1)
        self._show().set_postfix_str(f"{name}: {metrics['success']:.0%}", refresh=False)

    def _scored(self, name: str, scores: Any) -> None:
        self._count(name, scores)
        errors = f", {scores.errors} errors" if scores.errors else ""
        self._show().write(f"{name}: {scores.mean:.1%} of {len(scores.tasks)} tasks{errors}")

    def _failed(self, name: str, reason: Any) -> None:
        self._show().write(f"{name} counts as it ended: {reason}")

    def _died(self, name: str, code: Any) -> None:
        self._show().write(f"the process of {name} died (exit code {code}); it goes on in another")

    def _count(self, name: str, scores: Any) -> None:
        if not name.startswith("transplant-"):  # nothing is trained
            self._set(name, scores.iterations)

    def _set(self, name: str, iterations: int) -> None:
        """Note how far a run is; the rounds of halving are one run."""
        run = name.partition("-after-")[0]
        self.done[run] = max(iterations, self.done.get(run, 0))
        if self.bar is not None:
            self.bar.update(sum(self.done.values()) - self.bar.n)

    def _show(self) -> Any:
        if self.bar is None:
            from tqdm import tqdm

            before = sum(self.done.values())
            self.bar = tqdm(total=self.total, initial=before, desc="profile", unit="it")
            if self.adopted:
                self.bar.write(f"{self.adopted} evaluations are done already")
        return self.bar
