"""Time a checked program: in a bare subprocess, in bubblewrap, and in the sandbox, side by side.

    python benchmarks/sandbox.py                                  # everything, about four minutes
    python benchmarks/sandbox.py --programs trivial --concurrency 2 --rounds 5

* subprocess: ``python -I -S``, a new interpreter for each program, with no isolation at all; its
  verdict comes from standard output or the exit code, which a program can forge;
* bubblewrap: the same inside ``bwrap --unshare-all``, where that is installed;
* ours: ``Sandbox.check``, whose level the first line of the report names.

The systems take turns within each round, so that other load on the machine affects all alike. The ratio is
the median over rounds of runs per second, relative to the subprocess of the same round. CPU time counts this
process, its children, and the fork servers and their children; bubblewrap does not report the processes
inside it, so its figure is too low.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from onelayer.envs.sandbox import Limits, Sandbox

LIMITS = Limits(cpu_s=20, wall_s=120)
STDLIB = """
import argparse, array, ast, base64, bisect, collections, contextlib, copy, csv, dataclasses, datetime
import decimal, difflib, enum, fractions, functools, hashlib, heapq, inspect, io, itertools, json
import logging, math, operator, os, pathlib, pprint, queue, random, re, statistics, string, struct
import sys, tempfile, textwrap, threading, time, traceback, types, typing, unittest, uuid, zlib
print(json.dumps(sorted(collections.Counter(input().split()).items())))
"""
FUNCTION = """
def solve(n):
    return sum(k * k for k in range(n)) % 1000003
"""
ANSWERS = {n: sum(k * k for k in range(n)) % 1000003 for n in (3, 10, 100, 250, 400)}
PLAIN = [f"assert solve({n}) == {answer}" for n, answer in ANSWERS.items()]
JUDGED = [f"assert abs(solve({n}) - {answer}) < 1e-9" for n, answer in ANSWERS.items()]
"""the same in a form that needs a second process, which runs the tests"""


@dataclass(frozen=True)
class Workload:
    """A program, its tests, and both combined for one bare process."""

    program: str
    tests: Mapping[str, Any]
    bare: str
    given: str
    wanted: str
    """standard output of the bare process; empty: its exit code decides"""


def printing(program: str, given: str, wanted: str) -> Workload:
    """Return a workload that reads standard input and prints."""
    tests = {"kind": "stdio", "cases": [{"input": given, "output": wanted}]}
    found = f"import sys; sys.path.append({sysconfig.get_paths()['platlib']!r})\n"
    return Workload(
        program, tests, found + program if "numpy" in program else program, given, wanted
    )


def asserting(program: str, lines: list[str]) -> Workload:
    """Return a workload that is tested by a list of asserts."""
    tests = {"kind": "asserts", "setup": "", "asserts": lines, "extra": []}
    return Workload(program, tests, "\n".join([program, *lines]), "", "")


WORKLOADS = {
    "trivial": printing("print(int(input()) + 1)", "41", "42"),
    "much stdlib": printing(STDLIB, "b a b", '[["a", 1], ["b", 2]]'),
    "numpy": printing("import numpy\nprint(numpy.arange(int(input())).sum())", "10", "45"),
    "5 calls": Workload(
        FUNCTION,
        {
            "kind": "io_call",
            "fn_name": "solve",
            "cases": [{"args": [n], "output": answer} for n, answer in ANSWERS.items()],
        },
        f"{FUNCTION}\nprint(*map(solve, {list(ANSWERS)}))",
        "",
        " ".join(map(str, ANSWERS.values())),
    ),
    "5 asserts (plain)": asserting(FUNCTION, PLAIN),
    "5 asserts (judge)": asserting(FUNCTION, JUDGED),
}
BUBBLEWRAP = ["--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--tmpfs", "/tmp"]


@dataclass
class Measured:
    """The measurements of one system with one workload at one concurrency."""

    latencies_s: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    """runs per second, one for each round"""
    cpu_s: float = 0.0


def main() -> None:
    """Run the benchmark and print its table."""
    options = parse_arguments()
    with Sandbox() as sandbox:
        systems = available(sandbox)
        print(describe(sandbox), flush=True)
        lines = [
            "| program | at once | system | p50, ms | p99, ms | runs/s | CPU, ms | against subprocess |",
            "|---|---|---|---|---|---|---|---|",
        ]
        measurements = [(name, c) for name in options.programs for c in options.concurrency]
        for name, concurrency in tqdm(measurements, unit="measurement", file=sys.stderr):
            measured = compare(systems, WORKLOADS[name], concurrency, options)
            lines += [row(name, concurrency, system, measured) for system in measured]
    print("\n".join(lines))


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--programs", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), help="default: all"
    )
    parser.add_argument(
        "--concurrency", type=int, nargs="+", default=[1, 2, 8], help="default: 1 2 8"
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns of each system (default: 5)")
    parser.add_argument("--runs", type=int, default=40, help="runs in each turn (default: 40)")
    options = parser.parse_args()
    if min(options.rounds, options.runs, *options.concurrency) < 1:
        parser.error("--rounds, --runs and --concurrency must be at least 1")
    return options


def available(sandbox: Sandbox) -> dict[str, Callable[[Workload], None]]:
    """Return the systems of this machine; each runs a workload and raises if it doesn't pass."""

    def ours(workload: Workload) -> None:
        verdict = sandbox.check(workload.program, workload.tests, limits=LIMITS)
        if not verdict.passed:
            raise RuntimeError(f"the sandbox said {verdict}")

    systems = {"subprocess": lambda workload: bare([], workload), "ours": ours}
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        print("bubblewrap is not installed (no bwrap on PATH): left out", file=sys.stderr)
        return systems
    return {
        "subprocess": systems["subprocess"],
        "bubblewrap": lambda workload: bare([bwrap, *BUBBLEWRAP], workload),
        "ours": ours,
    }


def bare(prefix: list[str], workload: Workload) -> None:
    """Run the workload in an interpreter of its own."""
    outcome = subprocess.run(
        [*prefix, sys.executable, "-I", "-S", "-c", workload.bare],
        input=workload.given,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if outcome.returncode or (
        workload.wanted and outcome.stdout.split() != workload.wanted.split()
    ):
        raise RuntimeError(f"the bare process ended with {outcome}")


def compare(
    systems: Mapping[str, Callable[[Workload], None]],
    workload: Workload,
    concurrency: int,
    options: argparse.Namespace,
) -> dict[str, Measured]:
    """Measure the systems in turn with a workload."""
    measured = {name: Measured() for name in systems}
    for run in systems.values():
        run(workload)
    with ThreadPoolExecutor(concurrency) as pool:
        for _ in range(options.rounds):
            for name, run in systems.items():
                cpu, begin = cpu_s(), time.perf_counter()
                found = list(pool.map(lambda _, run=run: timed(run, workload), range(options.runs)))
                measured[name].rates.append(options.runs / (time.perf_counter() - begin))
                measured[name].cpu_s += cpu_s() - cpu
                measured[name].latencies_s += found
    return measured


def timed(run: Callable[[Workload], None], workload: Workload) -> float:
    """Return the seconds that a run took."""
    begin = time.perf_counter()
    run(workload)
    return time.perf_counter() - begin


def cpu_s() -> float:
    """Return the CPU seconds of this process, of its ended children and of its living descendants."""
    own = sum(os.times()[:4])
    ticks = os.sysconf("SC_CLK_TCK")
    used: dict[int, tuple[int, float]] = {}
    for entry in Path("/proc").iterdir() if sys.platform == "linux" else ():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            used[int(entry.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / ticks)
    family, before = {os.getpid()}, 0
    while len(family) > before:
        before = len(family)
        family |= {process for process, (parent, _) in used.items() if parent in family}
    return own + sum(used[process][1] for process in family - {os.getpid()})


def describe(sandbox: Sandbox) -> str:
    """Return a description of the machine and the sandbox that were measured."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"Level {sandbox.level}; {cores} cores, load {os.getloadavg()[0]:.1f} at the start; "
        f"Python {platform.python_version()}, {platform.system()} {platform.release()}.\n"
    )


def row(program: str, concurrency: int, system: str, measured: Mapping[str, Measured]) -> str:
    """Return a line of the table."""
    of = measured[system]
    percentiles = statistics.quantiles(of.latencies_s, n=100, method="inclusive")
    ratio = statistics.median(
        mine / theirs for mine, theirs in zip(of.rates, measured["subprocess"].rates, strict=True)
    )
    return (
        f"| {program} | {concurrency} | {system} | {1000 * percentiles[49]:.1f} "
        f"| {1000 * percentiles[98]:.1f} | {statistics.median(of.rates):.0f} "
        f"| {1000 * of.cpu_s / len(of.latencies_s):.1f} | {ratio:.2f}x |"
    )


if __name__ == "__main__":
    main()
