"""How many checked cases of pointwise operations a second, and what the whole loop costs beyond the bare work.

The whole loop is that of the suites: Hypothesis draws a structure, values are made for all its rows, torch is called
once a row, the reference once, the results are judged, tallies and digests are kept. The bare work on the same
structures in the same run, all inputs made beforehand, is that of a loop in torch and NumPy alone: of one case after
the other the call, its result in float64, and the largest error in ulps. The stacked work is what the suites do
instead: the torch calls, one reference call and one judgement for all rows.

    OMP_NUM_THREADS=1 PYTHONPATH=. python benchmarks/pointwise.py
"""

from __future__ import annotations

import argparse
import gc
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from conformance.bulk import (
    call_reference,
    judge_rows,
    make_blocks,
    rows_apply,
    stacked_arguments,
    stacked_inputs,
)
from conformance.choices import Choices
from conformance.drivers import seed_of, with_hypothesis
from conformance.isolation.process import settle_memory
from conformance.model.case import Case
from conformance.model.inflight import InFlight
from conformance.operation import Operation
from conformance.operations import find
from conformance.profiles import PROFILES, Profile
from conformance.properties.agrees import PROPERTY
from conformance.strategies.cases import draw_case
from conformance.structures import Structure
from conformance.targets.torch.eager import TorchTarget
from conformance.targets.torch.elements import elements_of
from conformance.verify import Verification
from reference.dtypes import BY_NAME, DType

OPERATIONS = ("add", "mul", "div", "neg", "abs", "sqrt", "exp", "log", "tanh", "sigmoid", "maximum", "lt")
SIZES = (10, 100, 1000, 10000)
WIDTH = 140
"""Columns of text that the table needs, also where nobody says how many there are."""
IN_NUMPY: dict[str, Callable[..., Any]] = {
    "add": lambda input, other, alpha=1: input + (other if alpha == 1 else alpha * other),
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "sigmoid": lambda input: 1 / (1 + np.exp(-input)),
    "maximum": np.maximum,
    "lt": np.less,
}
"""How anyone would compute an operation to compare it."""

PARTS = ("cases", "whole", "bare", "stacked")


@dataclass(frozen=True, slots=True)
class Measured:
    """Checked cases, and the seconds of processor time that the whole loop, the bare and the stacked work took."""

    operation: str
    size: int
    cases: int
    whole: float
    bare: float
    stacked: float

    @property
    def rate(self) -> float:
        return self.cases / self.whole

    @property
    def ratio(self) -> float:
        return self.whole / self.bare

    @property
    def ratio_to_stacked(self) -> float:
        return self.whole / self.stacked


def measure(operation: Operation, size: int, dtype: DType, profile: Profile, runs: int, notes: InFlight) -> Measured:
    """Time both on as many structures of ``size`` elements as ``runs`` runs of the suite draw of an operation."""
    target = TorchTarget("cpu")
    drawn: list[Case] = []

    def structures(choices: Choices) -> None:
        for _ in operation.dtypes:
            base = draw_case(choices, operation, dtype, shape=(size,))
            check.check(Structure(operation, dtype, base, choices.integer(0, 2**32 - 1)))
            drawn.append(base)

    def run(*numbers: int) -> None:
        for number in numbers:
            with_hypothesis(structures, profile.structures, seed_of(operation.name, number))

    check = Verification(operation, target, profile, lambda event: None, notes, frozenset({PROPERTY.name}))
    run(runs)  # warms up, with another seed
    drawn.clear()
    whole = _seconds(lambda: run(*range(runs)))
    # Operands without a dimension have no rows to stack: such a structure is checked case by case.
    stacked = [base for base in drawn if rows_apply(base, operation, target)]
    cases = len(stacked) * profile.rows + len(drawn) - len(stacked)
    bare, at_once = (
        _seconds_of([work(base, operation, target, profile.rows) for base in stacked])
        for work in (bare_work, stacked_work)
    )
    return Measured(operation.name, size, cases, whole, bare, at_once)


def bare_work(base: Case, operation: Operation, target: TorchTarget, rows: int) -> Callable[[], object]:
    """For one case after the other the call, NumPy's result in float64 and the largest error, with all inputs ready."""
    blocks = make_blocks(base, rows)
    called, in_numpy = target.called(base.steps[0]), IN_NUMPY[operation.name]
    calls = [(args, kwargs, list(map(_as_array, args))) for args, kwargs in target.row_arguments(base, blocks)]

    def work() -> object:
        return [
            largest_error(called(*args, **kwargs).numpy(), in_numpy(*map(_widened, arrays), **kwargs))
            for args, kwargs, arrays in calls
        ]

    return work


def largest_error(found: np.ndarray, exact: Any) -> float:
    """The largest error in ulps, as a loop has to measure it that compares with a result in float64."""
    rounded = np.asarray(exact).astype(found.dtype)
    different = (found != rounded) & ~((found != found) & (rounded != rounded))
    if not different.any():
        return 0.0
    error = np.abs(_widened(found) - exact) / np.spacing(np.abs(rounded))
    return float(np.where(different, error, 0).max())


def _as_array(argument: Any) -> Any:
    return elements_of(argument) if isinstance(argument, torch.Tensor) else argument


def _widened(array: Any) -> Any:
    return array.astype(np.result_type(array, np.float64)) if isinstance(array, np.ndarray) else array


def stacked_work(base: Case, operation: Operation, target: TorchTarget, rows: int) -> Callable[[], object]:
    """The torch calls, the reference call and the judgement of a structure, with all inputs ready."""
    blocks = make_blocks(base, rows)
    called = target.called(base.steps[0])
    calls = list(target.row_arguments(base, blocks))
    stacked = stacked_inputs(base, blocks)
    args, kwargs = stacked_arguments(base, stacked)

    def work() -> object:
        found = elements_of(torch.stack([called(*row, **named) for row, named in calls]))
        return judge_rows(found, call_reference(operation, args, kwargs), base, stacked, operation, target)

    return work


def _seconds_of(works: list[Callable[[], object]]) -> float:
    with np.errstate(all="ignore"):
        return _seconds(lambda: [work() for work in works])


def _seconds(work: Callable[[], object]) -> float:
    # Of this process, not of the clock: other work on the machine shall not count.
    started = time.process_time()
    work()
    return time.process_time() - started


def table(measured: list[Measured], profile: Profile, dtype: DType) -> Table:
    """A row for each operation, three columns for each size; the last row is the sum over all operations."""
    sizes = sorted({one.size for one in measured})
    shown = Table(title=f"Checked cases a second and core ({dtype.name}, {profile.rows} rows a structure)")
    shown.add_column("operation")
    for size in sizes:
        shown.add_column(f"N={size}", justify="right")
        shown.add_column("/bare", justify="right")
        shown.add_column("/stacked", justify="right")
    for name in [*dict.fromkeys(one.operation for one in measured), ""]:
        cells = []
        for size in sizes:
            of_size = [one for one in measured if one.size == size and name in (one.operation, "")]
            total = Measured(name, size, *(sum(getattr(one, part) for one in of_size) for part in PARTS))
            cells += [f"{total.rate:,.0f}", f"{total.ratio:.2f}", f"{total.ratio_to_stacked:.2f}"]
        shown.add_row(name or "all", *cells, style="" if name else "bold")
    return shown


def main() -> None:
    warnings.simplefilter("ignore")  # as in the suites: torch's and NumPy's own
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--profile", choices=sorted(PROFILES), default="standard", help="whose rows a structure to take"
    )
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--runs", type=int, default=2, help="of the suite, for each operation and size")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--operations", nargs="+", default=OPERATIONS)
    parser.add_argument("--json", action="store_true", help="print the measurements as JSON")
    options = parser.parse_args()
    torch.set_num_threads(1)
    gc.freeze()  # as in a worker of the suites
    settle_memory()
    profile, dtype = PROFILES[options.profile], BY_NAME[options.dtype]
    with TemporaryDirectory() as folder:
        notes = InFlight(Path(folder) / "in-flight")
        measured = [
            measure(find(name), size, dtype, profile, options.runs, notes)
            for size in options.sizes
            for name in options.operations
        ]
    if options.json:
        print(
            json.dumps(
                [
                    {**asdict(one), "rate": one.rate, "ratio": one.ratio, "ratio_to_stacked": one.ratio_to_stacked}
                    for one in measured
                ]
            )
        )
    else:
        Console(width=max(Console().width, WIDTH)).print(table(measured, profile, dtype))


if __name__ == "__main__":
    main()
