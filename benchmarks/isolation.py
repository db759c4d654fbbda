"""What it costs to run everything in watched processes, when nothing ends one.

Each measurement is a pair of runs of the same checks, one in the process itself and one isolated, each in a fresh
process. Processor time is that of all processes of a run; what the first one imports before is not counted.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from conformance.isolation.client import IsolatedSession
from conformance.operations import every_operation
from conformance.profiles import PROFILES
from conformance.session import Session
from conformance.targets.registry import choose_targets

TICKS = os.sysconf("SC_CLK_TCK")


def run(isolated: bool, profile: str, every: int, target: str) -> dict[str, float]:
    """The seconds of a run: by the clock, and of the processors."""
    warnings.simplefilter("ignore")
    choose_targets([target])  # what collecting the items does before
    names = [name for name, operation in every_operation().items() if not operation.alias_of][::every]
    started, imported = time.perf_counter(), time.process_time()
    with TemporaryDirectory() as folder:
        session = (IsolatedSession if isolated else Session)(Path(folder), "main", PROFILES[profile], 0)
        session.open()
        for name in names:
            session.verify(name, target)
        seconds = time.perf_counter() - started
        spent = sum(map(processor_seconds, family(os.getpid()))) - imported
        session.close(0)
    return {"clock": seconds, "processor": spent, "operations": len(names)}


def family(pid: int) -> Iterator[int]:
    """A process and all its descendants."""
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
        yield from family(int(child))


def processor_seconds(pid: int) -> float:
    """The processor time of a process and of the children that it waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def measured(pairs: int, *arguments: Any) -> list[tuple[dict[str, float], dict[str, float]]]:
    """Pairs of runs, plain and isolated, which of them comes first in turn."""
    found = []
    for number in range(pairs):
        pair = {}
        for isolated in (False, True) if number % 2 == 0 else (True, False):
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
                pair[isolated] = pool.submit(run, isolated, *arguments).result()
        found.append((pair[False], pair[True]))
        print(f"pair {number + 1} of {pairs}", file=sys.stderr)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="smoke")
    parser.add_argument("--target", default="cpu")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--every", type=int, default=4, metavar="K", help="only every K-th operation")
    parser.add_argument("--json", action="store_true", help="print the measurements as JSON")
    options = parser.parse_args()
    pairs = measured(options.pairs, options.profile, options.every, options.target)
    if options.json:
        print(json.dumps(pairs))
        return
    shown = Table(title=f"{options.profile} on {options.target}, {pairs[0][0]['operations']} operations")
    for column in ("seconds", "plain", "isolated", "isolated/plain", "of each pair"):
        shown.add_column(column, justify="right")
    for kind in ("clock", "processor"):
        ratios = [isolated[kind] / plain[kind] for plain, isolated in pairs]
        medians = (statistics.median(one[side][kind] for one in pairs) for side in (0, 1))
        shown.add_row(
            kind,
            *(f"{median:.1f}" for median in medians),
            f"{statistics.median(ratios):.3f}",
            " ".join(f"{ratio:.3f}" for ratio in ratios),
        )
    Console().print(shown)


if __name__ == "__main__":
    main()
