"""The one place that counts. Every renderer takes its numbers from here, so that all of them agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from conformance.model.run import Cell, Run, TargetInfo
from conformance.model.verdict import Discrepancy, Outcome, Severity, Tally
from reports.order import dtype_order, error_order, severity_rank, worse_error


class Standing(StrEnum):
    """How an operation, or a part of it, stands on a target, worst first."""

    BROKE = "broke"
    KNOWN = "known"
    HELD = "held"
    VACUOUS = "vacuous"
    NOT_TESTED = "not tested"


_STANDINGS = {
    Outcome.BROKE: Standing.BROKE,
    Outcome.KNOWN: Standing.KNOWN,
    Outcome.HELD: Standing.HELD,
    Outcome.VACUOUS: Standing.VACUOUS,
    Outcome.INAPPLICABLE: Standing.NOT_TESTED,
}
_COMPARED = (Outcome.HELD, Outcome.BROKE, Outcome.KNOWN)
_RANK = {standing: rank for rank, standing in enumerate(Standing)}
SMOKE, PROGRAMS = "smoke", "programs"


class State(StrEnum):
    """What a run as a whole is worth."""

    EMPTY = "empty"
    CUT_SHORT = "cut short"
    BROKE = "broke"
    HELD = "held"


@dataclass(slots=True)
class Mark:
    """Several cells seen as one: the worst standing, the checks made, the worst error and its input."""

    standing: Standing = Standing.NOT_TESTED
    checks: int = 0
    worst_ulps: float = 0.0
    worst_input: str = ""

    def absorb(self, standing: Standing, checks: int, tally: Tally) -> None:
        self.lower(standing)
        self.checks += checks
        if worse_error(tally.worst_ulps, self.worst_ulps):
            self.worst_ulps, self.worst_input = tally.worst_ulps, tally.worst_input

    def lower(self, standing: Standing) -> None:
        if _RANK[standing] < _RANK[self.standing]:
            self.standing = standing


@dataclass(slots=True)
class Square(Mark):
    """One operation on one target, as a whole and by dtype and by property."""

    by_dtype: dict[str, Mark] = field(default_factory=dict)
    by_property: dict[str, Mark] = field(default_factory=dict)

    def take(self, cell: Cell) -> None:
        """Count a cell in every mark that it is part of."""
        standing, checks = standing_of(cell), checks_in(cell)
        for mark in (
            self,
            self.by_dtype.setdefault(cell.dtype, Mark()),
            self.by_property.setdefault(cell.property, Mark()),
        ):
            mark.absorb(standing, checks, cell.tally)


@dataclass(slots=True)
class OperationRow:
    """One operation on every target."""

    name: str
    family: str
    squares: dict[str, Square]

    @property
    def standings(self) -> set[Standing]:
        return {square.standing for square in self.squares.values()}

    @property
    def differs(self) -> bool:
        """Whether two targets that tested it disagree."""
        return len(self.standings - {Standing.NOT_TESTED, Standing.VACUOUS}) > 1

    @property
    def dtypes(self) -> list[str]:
        return sorted({name for square in self.squares.values() for name in square.by_dtype}, key=dtype_order)

    @property
    def properties(self) -> list[str]:
        return sorted({name for square in self.squares.values() for name in square.by_property})


@dataclass(slots=True)
class TargetRow:
    """The headline of one target. ``operations`` adds up to the operations of the run on every target."""

    info: TargetInfo
    operations: Counter[Standing]
    cells: Counter[Standing]
    checks: Counter[Outcome]
    not_tested: list[str]

    @property
    def compared(self) -> int:
        """The checks that compared something; over all targets they add up to the checks of the run."""
        return sum(self.checks[outcome] for outcome in _COMPARED)


@dataclass(slots=True)
class Cause:
    """Discrepancies with one cause: the same operation, property, aspect and pattern of values."""

    name: str
    discrepancies: list[Discrepancy]

    @property
    def first(self) -> Discrepancy:
        return self.discrepancies[0]

    @property
    def severity(self) -> Severity:
        return min((d.severity for d in self.discrepancies), key=severity_rank)

    @property
    def known(self) -> bool:
        return all(d.deviation for d in self.discrepancies)

    @property
    def targets(self) -> list[str]:
        return sorted({d.target for d in self.discrepancies})

    @property
    def dtypes(self) -> list[str]:
        return sorted({d.dtype for d in self.discrepancies}, key=dtype_order)

    @property
    def worst_ulps(self) -> float | None:
        measured = [d.worst_ulps for d in self.discrepancies if d.worst_ulps is not None]
        return max(measured, key=error_order) if measured else None


@dataclass(frozen=True, slots=True)
class WorstError:
    """The largest error of one operation in one dtype on one target, over all properties."""

    operation: str
    dtype: str
    target: str
    ulps: float
    given: str
    standing: Standing


@dataclass(slots=True)
class Summary:
    """Everything that is shown of a run, counted once."""

    run: Run
    state: State
    targets: list[TargetRow]
    operations: list[OperationRow]
    causes: list[Cause]
    errors: list[WorstError]
    cells: int
    checks: int
    notes: list[str]

    @property
    def smoke(self) -> bool:
        return self.run.environment.profile == SMOKE

    @property
    def cut_short(self) -> bool:
        return is_cut_short(self.run)

    @property
    def broken_causes(self) -> list[Cause]:
        return [cause for cause in self.causes if not cause.known]

    @property
    def seconds(self) -> float:
        """The time the slowest worker took."""
        return max((event.seconds for event in self.run.finished), default=0.0)


def summarise(run: Run) -> Summary:
    """Count a run. Loading and merging are the store's; nothing is read here."""
    names = _targets(run)
    rows = _operation_rows(run, [info.name for info in names])
    cells: dict[str, list[Cell]] = {}
    for cell in run.cells:
        cells.setdefault(cell.target, []).append(cell)
    targets = [_target_row(cells.get(info.name, []), info, rows) for info in names]
    return Summary(
        run=run,
        state=state_of(run),
        targets=targets,
        operations=rows,
        causes=_causes(run.discrepancies),
        errors=_errors(rows),
        cells=len(run.cells),
        checks=sum(checks_in(cell) for cell in run.cells),
        notes=_inconsistencies(run),
    )


def state_of(run: Run) -> State:
    """Empty before cut short before broke before held: a run that checked nothing proves nothing."""
    if not any(checks_in(cell) for cell in run.cells) and not run.discrepancies and not run.crashes:
        return State.EMPTY
    if is_cut_short(run):
        return State.CUT_SHORT
    if run.crashes or any(not d.deviation for d in run.discrepancies):
        return State.BROKE
    return State.BROKE if any(cell.tally.outcome is Outcome.BROKE for cell in run.cells) else State.HELD


def is_cut_short(run: Run) -> bool:
    """Whether some worker did not get to its end, or ended by anything but success or a finding."""
    ended_well = all(event.exit_status in (0, 1) for event in run.finished)
    return not run.finished or bool(run.unfinished) or not ended_well


def standing_of(cell: Cell) -> Standing:
    """The standing of one cell."""
    return _STANDINGS[cell.tally.outcome]


def checks_in(cell: Cell) -> int:
    """The checks that compared something: neither vacuous nor inapplicable ones count."""
    counted = cell.tally.outcomes
    return sum(counted.get(outcome, 0) for outcome in _COMPARED)


def _targets(run: Run) -> list[TargetInfo]:
    """The targets of the environment in its order, then any that only events name."""
    known = {info.name: info for info in run.environment.targets}
    seen = [cell.target for cell in run.cells]
    seen += [discrepancy.target for discrepancy in run.discrepancies]
    seen += [crash.target for crash in run.crashes if crash.target]
    extra = [TargetInfo(name, True, "") for name in sorted(set(seen) - known.keys())]
    return [*known.values(), *extra]


def _operation_rows(run: Run, targets: list[str]) -> list[OperationRow]:
    families = {cell.operation: cell.family for cell in run.cells}
    for name in [d.operation for d in run.discrepancies] + [c.operation for c in run.crashes if c.operation]:
        families.setdefault(name, "")
    rows = {name: OperationRow(name, families[name], {t: Square() for t in targets}) for name in families}
    for cell in run.cells:
        rows[cell.operation].squares[cell.target].take(cell)
    for found in run.discrepancies:
        _lower(rows[found.operation].squares[found.target], found)
    for crash in run.crashes:
        if crash.operation and crash.target:
            rows[crash.operation].squares[crash.target].lower(Standing.BROKE)
    return sorted(rows.values(), key=lambda row: (row.family, row.name))


def _lower(square: Square, found: Discrepancy) -> None:
    """A discrepancy counts even where the cell was lost with its process."""
    standing = Standing.KNOWN if found.deviation else Standing.BROKE
    for mark in (
        square,
        square.by_dtype.setdefault(found.dtype, Mark()),
        square.by_property.setdefault(found.property, Mark()),
    ):
        mark.lower(standing)
        if found.worst_ulps is not None and worse_error(found.worst_ulps, mark.worst_ulps):
            mark.worst_ulps, mark.worst_input = found.worst_ulps, _worst_pair(found)


def _worst_pair(found: Discrepancy) -> str:
    if not found.elements:
        return ""
    worst = max(found.elements, key=lambda element: error_order(element.ulps or 0.0))
    return f"expected {worst.expected}, got {worst.actual}"


def _target_row(cells: list[Cell], info: TargetInfo, rows: list[OperationRow]) -> TargetRow:
    checks: Counter[Outcome] = Counter()
    for cell in cells:
        for outcome, count in cell.tally.outcomes.items():
            checks[outcome] += count
    return TargetRow(
        info=info,
        operations=Counter(row.squares[info.name].standing for row in rows),
        cells=Counter(map(standing_of, cells)),
        checks=checks,
        not_tested=[row.name for row in rows if row.squares[info.name].standing is Standing.NOT_TESTED],
    )


def _causes(discrepancies: Iterable[Discrepancy]) -> list[Cause]:
    groups: dict[str, list[Discrepancy]] = {}
    for found in discrepancies:
        groups.setdefault(found.cause, []).append(found)
    causes = [Cause(name, sorted(group, key=_discrepancy_order)) for name, group in groups.items()]
    return sorted(causes, key=lambda c: (c.known, severity_rank(c.severity), -len(c.discrepancies), c.name))


def _discrepancy_order(found: Discrepancy) -> tuple[int, str, tuple[int, str]]:
    return (severity_rank(found.severity), found.target, dtype_order(found.dtype))


def _errors(rows: list[OperationRow]) -> list[WorstError]:
    errors = [
        WorstError(row.name, dtype, target, mark.worst_ulps, mark.worst_input, mark.standing)
        for row in rows
        for target, square in row.squares.items()
        for dtype, mark in square.by_dtype.items()
        if worse_error(mark.worst_ulps, 0.0)
    ]
    return sorted(errors, key=lambda e: (error_order(e.ulps), e.operation, e.dtype, e.target), reverse=True)


def _place(one: Cell | Discrepancy) -> tuple[str, str, str]:
    """What was checked where. A discrepancy of a program has the name of the operation in which it broke."""
    return one.property if one.property == PROGRAMS else one.operation, one.property, one.target


def _inconsistencies(run: Run) -> list[str]:
    """Where cells and discrepancies contradict each other, the reader is told and not left to guess."""
    shown = {_place(found) for found in run.discrepancies if not found.deviation}
    broke = {_place(cell) for cell in run.cells if cell.tally.outcome is Outcome.BROKE}
    silent = [" ".join(key) for key in sorted(broke - shown)]
    if not silent:
        return []
    more = f" and {len(silent) - 5} more" if len(silent) > 5 else ""
    return [f"broken, and yet without a recorded discrepancy: {', '.join(silent[:5])}{more}"]
