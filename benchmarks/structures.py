"""How many structures a second, all properties of each examined, and how many programs.

All in this one process: operations that are known to end theirs are left out.

OMP_NUM_THREADS=1 PYTHONPATH=. python benchmarks/structures.py
"""

from __future__ import annotations

import argparse
import gc
import json
import time
import warnings
from dataclasses import asdict, dataclass

import torch
from rich.console import Console
from rich.table import Table

from conformance.deviations import for_operation
from conformance.drivers import seed_of, with_hypothesis
from conformance.isolation.process import settle_memory
from conformance.operations import every_operation, families
from conformance.profiles import PROFILES, Profile
from conformance.properties.survives import PROPERTY as SURVIVES
from conformance.structures import structures
from conformance.targets.interpreter import Interpreter
from conformance.targets.registry import open_target
from conformance.verify import Verification
from conformance.verify_programs import ProgramVerification


@dataclass(frozen=True, slots=True)
class Measured:
    """Structures (or programs), the checks made of them, and the seconds of processor time that they took."""

    name: str
    structures: int
    checks: int
    seconds: float


def measure_operation(name: str, target: Interpreter, profile: Profile) -> Measured:
    """Time what a run of the suite draws of one operation; what breaks is counted and not proved."""
    operation = every_operation()[name]
    check = Verification(operation, target, profile, lambda event: None)
    started = time.process_time()
    check.structures(structures(operation, profile, seed_of(name, 0), with_hypothesis))
    seconds = time.process_time() - started
    checks = sum(sum(tally.outcomes.values()) for tally in check.tallies.values())
    return Measured(name, check.drawn, checks, seconds)


def may_end_the_process(name: str) -> bool:
    """Whether a known deviation of an operation is a crash."""
    return any(known.property == SURVIVES.name for known in for_operation(name))


def measure_programs(target: Interpreter, count: int) -> Measured:
    """Time random programs, every variable compared after every step."""
    check = ProgramVerification(target, lambda event: None, 0)
    started = time.process_time()
    with_hypothesis(check.program, count, seed_of("programs", 0))
    return Measured("programs", count, sum(check.tally.outcomes.values()), time.process_time() - started)


def total(name: str, parts: list[Measured]) -> Measured:
    """The sum of several measurements."""
    return Measured(
        name, sum(one.structures for one in parts), sum(one.checks for one in parts), sum(one.seconds for one in parts)
    )


def table(measured: list[Measured], title: str) -> Table:
    """One row for each measurement."""
    shown = Table(title=title)
    for column in ("", "structures", "structures/s", "checks/s", "seconds"):
        shown.add_column(column, justify="right" if column else "left")
    for one in measured:
        rates = (f"{one.structures / one.seconds:,.0f}", f"{one.checks / one.seconds:,.0f}")
        shown.add_row(one.name, f"{one.structures:,}", *rates, f"{one.seconds:.2f}")
    return shown


def main() -> None:
    warnings.simplefilter("ignore")  # as in the suites: torch's and NumPy's own
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="smoke")
    parser.add_argument("--target", default="cpu")
    parser.add_argument("--families", nargs="+", default=sorted(set(families().values())))
    parser.add_argument("--programs", type=int, default=200)
    parser.add_argument("--worst", type=int, default=10, help="how many of the slowest operations to show")
    parser.add_argument("--json", action="store_true", help="print the measurements as JSON")
    options = parser.parse_args()
    torch.set_num_threads(1)
    target, profile = open_target(options.target), PROFILES[options.profile]
    for name in ("add", "getitem_by_mask"):  # warms up, with what is imported at the first backward pass or index
        measure_operation(name, target, profile)
    gc.freeze()  # from here on as in a worker of the suites
    settle_memory()
    family = families()
    operations = [
        measure_operation(name, target, profile)
        for name in every_operation()
        if family[name] in options.families and not may_end_the_process(name)
    ]
    slowest = sorted(operations, key=lambda one: -one.seconds)[: options.worst]
    by_family = [total(each, [one for one in operations if family[one.name] == each]) for each in options.families]
    sums = [*by_family, total("all", operations), measure_programs(target, options.programs)]
    if options.json:
        print(json.dumps({"sums": [asdict(one) for one in sums], "operations": [asdict(one) for one in operations]}))
        return
    Console().print(
        table(sums, f"Structures on {options.target} ({profile.name})"), table(slowest, "Slowest operations")
    )


if __name__ == "__main__":
    main()
