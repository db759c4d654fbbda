"""The largest errors of every function of one tensor, as tables in Markdown, from recorded sweeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from conformance.model.sweep import EDGES, Sweep, Worst
from reports.sweeps import which
from reports.words import ulps

DTYPES = ("float16", "bfloat16", "float32", "float64", "complex64", "complex128", "int16")
COMMAND = "python -m conformance accuracy"

_INTRODUCTION = f"""# Accuracy

The largest errors found of every function of one tensor, in ulp: units in the last place of the exact value. 0.50
stands for results that are all correctly rounded, 0 for operations that round nothing and whose bits are all right. A
number without a mark is over *all* values of the dtype; ~ is over a sample, so that there may be worse. ✕ marks results
beyond the bound that the suite judges by, which are [known deviations](deviations.md).

The exact value is that of the reference implementation, in float64 for results of at most 32 bits and in extended
precision (64 bits) for float64. Functions of 16 bits were tried on all 65,536 values along four paths through memory
(in one piece, in every third place, in rows of seven, in place), of which the worst counts. Of complex numbers the
error is that of the modulus; the bound is then sqrt(2) times the one shown, or that in `COMPLEX_ULPS` (`ulp_table`),
and more where the function is defined by a formula. float64 is allowed one ulp more than shown.

Written by `{COMMAND}` from the sweeps in `accuracy.jsonl`; how to repeat them is at the end."""

_END = """## Repeat it

    python -m conformance sweep all --dtype float16 --dtype bfloat16 --dtype int16 --memory-path all
    python -m conformance sweep all --dtype float32 --memory-path contiguous --memory-path strided --every 257
    python -m conformance sweep all --dtype float64 --dtype complex64 --dtype complex128
    python -m conformance sweep all --target cpu+compile --memory-path all \\
        --dtype float16 --dtype bfloat16 --dtype int16
    python -m conformance sweep all --target cpu+compile --dtype float32 --every 257
    python -m conformance sweep exp           # all 4,294,967,296 values: 6 minutes; it goes on where it stopped
    python -m conformance accuracy reports/out    # take the results into this page

`reports/out/sweeps/index.html` then has a histogram of the errors of each function and its eight worst inputs."""


def render_accuracy(sweeps: Iterable[Sweep]) -> str:
    """The page."""
    finished = in_order(sweep for sweep in sweeps if sweep.finished)
    parts = [_INTRODUCTION]
    for target, group in groupby(finished, key=lambda sweep: sweep.plan.target):
        parts.extend(_target(target, list(group)))
    parts.extend((*_bounds(finished), _END))
    return "\n\n".join(parts) + "\n"


def in_order(sweeps: Iterable[Sweep]) -> list[Sweep]:
    """The sweeps by target, operation, dtype and path."""
    return sorted(sweeps, key=_order)


def _order(sweep: Sweep) -> tuple[str, str, int, str, int]:
    plan = sweep.plan
    dtype = DTYPES.index(plan.dtype) if plan.dtype in DTYPES else len(DTYPES)
    return plan.target, plan.operation, dtype, plan.path, plan.every


def _target(target: str, sweeps: Sequence[Sweep]) -> Iterator[str]:
    """The tables of one target: all dtypes at a glance, then where the largest errors are."""
    conditions = sorted({(sweep.conditions.torch, sweep.conditions.machine) for sweep in sweeps})
    yield f"## {target}"
    yield "\n".join(f"torch {torch}, {machine}" for torch, machine in conditions)
    worst = {(sweep.plan.operation, sweep.plan.dtype): sweep for sweep in _worst_of_each(sweeps)}
    dtypes = [dtype for dtype in DTYPES if any(key[1] == dtype for key in worst)]
    names = sorted({operation for operation, _ in worst})
    exact = [name for name in names if all(_is_exact(one) for key, one in worst.items() if key[0] == name)]
    rows = [
        [f"`{name}`", *(_cell(worst.get((name, dtype))) for dtype in dtypes)] for name in names if name not in exact
    ]
    yield _table(("operation", *dtypes), rows)
    if exact:
        yield f"Right to the last bit in every dtype: {', '.join(f'`{name}`' for name in exact)}."
    yield from _spread(target, [sweep for sweep in sweeps if sweep.plan.exhaustive and sweep.plan.total > 2**16])
    for dtype in dtypes:
        found = [one for (_, of), one in worst.items() if of == dtype and one.worst]
        if found:
            yield f"### {dtype} on {target}: where"
            yield _table(
                ("operation", "ulp", "at", "bits", "gives", "exactly", "memory", "inputs", "bound"),
                [_where(one) for one in found],
            )


def _worst_of_each(sweeps: Iterable[Sweep]) -> Iterable[Sweep]:
    """Of the sweeps of each operation and dtype, that with the largest error, whatever its path."""
    worst: dict[tuple[str, str], Sweep] = {}
    for sweep in sweeps:
        key = (sweep.plan.operation, sweep.plan.dtype)
        worst[key] = max(worst.get(key, sweep), sweep, key=_badness)
    return worst.values()


def _badness(sweep: Sweep) -> tuple[bool, float, bool, int]:
    return sweep.wrong > 0, sweep.worst_ulps, sweep.plan.exhaustive, sweep.done


def _spread(target: str, sweeps: Sequence[Sweep]) -> Iterator[str]:
    """How the errors are spread where all values of a large dtype were tried: a histogram in four columns."""
    if not sweeps:
        return
    yield f"### All values on {target}: how far off"
    rows = []
    for sweep in sweeps:
        judged = sum(sweep.bins)
        counts = [sum(sweep.bins[low:high]) for low, high in pairwise(_COLUMNS)]
        shares = [f"{100 * counts[0] / judged:.4f} %", *(f"{count:,}" for count in counts[1:])]
        at = f"`{sweep.worst[0].input}`" if sweep.worst else ""
        plan = sweep.plan
        rows.append([f"`{plan.operation}`", plan.dtype, f"{judged:,}", *shares, ulps(sweep.worst_ulps), at])
    columns = (
        "operation",
        "dtype",
        "results",
        "correctly rounded",
        "to 1 ulp",
        "to 2 ulp",
        "over 2 ulp",
        "worst",
        "at",
    )
    yield _table(columns, rows)


_COLUMNS = (0, 1, *(EDGES.index(edge) + 1 for edge in (1.0, 2.0)), len(EDGES) + 1)


def _is_exact(sweep: Sweep) -> bool:
    return sweep.conditions.exact and not sweep.wrong


def _cell(worst: Sweep | None) -> str:
    """The largest error, and whether there may be worse or it is beyond the bound."""
    if worst is None:
        return ""
    return f"{'' if worst.plan.exhaustive else '~'}{ulps(worst.worst_ulps)}{' ✕' if worst.wrong else ''}"


def _where(sweep: Sweep) -> list[str]:
    one: Worst = sweep.worst[0]
    return [
        f"`{sweep.plan.operation}`",
        ulps(one.ulps),
        *(f"`{text}`" for text in (one.input, one.input_bits, one.actual, one.expected)),
        sweep.plan.path,
        which(sweep.plan),
        sweep.conditions.bound,
    ]


def _bounds(sweeps: Iterable[Sweep]) -> Iterator[str]:
    """What the bounds rest on, a line for each kind."""
    kinds: dict[str, set[str]] = {}
    for sweep in sweeps:
        kinds.setdefault(sweep.conditions.basis, set()).add(sweep.plan.operation)
    yield "## The bounds"
    yield "\n".join(
        f"- {basis.replace('``', '`')} ({', '.join(f'`{name}`' for name in sorted(names))})"
        for basis, names in sorted(kinds.items())
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
