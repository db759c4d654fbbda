"""The upgrade gate: two runs of the same cases, sorted into what regressed, what was fixed, what is as it was.

A *cell* (operation, property, target, dtype) is compared only where both runs saw the same cases in it.
Cells and causes that only one run has are new or removed, and never a regression.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from conformance.model.run import Cell, CrashEvent, Environment, Run
from conformance.model.verdict import Discrepancy, Outcome, Severity
from reports.order import severity_rank, worse_error
from reports.summary import State, checks_in, is_cut_short, state_of
from reports.words import plural


class Change(StrEnum):
    """What became of a cell, a cause or a crash between base and candidate; what needs a look comes first."""

    REGRESSED = "regressed"
    NOT_COMPARABLE = "not comparable"
    CHANGED_KIND = "changed kind"
    WORSENED = "worsened"
    NEW = "new"
    REMOVED = "removed"
    FIXED = "fixed"
    IMPROVED = "improved"
    UNCHANGED_FAIL = "unchanged fail"
    UNCHANGED_PASS = "unchanged pass"


_RANK = {change: rank for rank, change in enumerate(Change)}


class Exit(IntEnum):
    """The exit status of the gate. 2 is the command line's, for a wrong call."""

    CLEAN = 0
    REGRESSION = 1
    USAGE = 2
    NOT_COMPARABLE = 4
    INCONCLUSIVE = 5


Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell in both runs, or in one of them."""

    change: Change
    key: Key
    base: Cell | None
    candidate: Cell | None

    @property
    def failing(self) -> bool:
        return self.candidate is not None and self.candidate.tally.outcome is Outcome.BROKE


@dataclass(frozen=True, slots=True)
class CauseChange:
    """One cause on one target, with the discrepancies of both runs that have it."""

    change: Change
    cause: str
    target: str
    base: tuple[Discrepancy, ...]
    candidate: tuple[Discrepancy, ...]

    @property
    def shown(self) -> Discrepancy:
        return (self.candidate or self.base)[0]


@dataclass(frozen=True, slots=True)
class CrashChange:
    """A crash of an operation on a target."""

    change: Change
    crash: CrashEvent


@dataclass(slots=True)
class Comparison:
    """Everything the gate found, and its verdict: ``exit_status`` with ``reasons`` in words."""

    base: Environment
    candidate: Environment
    cells: list[CellChange]
    causes: list[CauseChange]
    crashes: list[CrashChange]
    exit_status: Exit
    reasons: list[str]

    def of(self, change: Change) -> list[CellChange]:
        return [cell for cell in self.cells if cell.change is change]

    @property
    def counts(self) -> Counter[Change]:
        """Cells by what became of them: the numbers add up to the cells that either run tested."""
        return Counter(cell.change for cell in self.cells)


def compare_runs(base: Run, candidate: Run) -> Comparison:
    """Compare a candidate with the base that it should be no worse than."""
    cells = _cells(base, candidate)
    causes = _causes(base, candidate, {cell.key: cell.change for cell in cells})
    crashes = _crashes(base, candidate)
    status, reasons = _verdict(base, candidate, cells, crashes)
    return Comparison(base.environment, candidate.environment, cells, causes, crashes, status, reasons)


def _cells(base: Run, candidate: Run) -> list[CellChange]:
    before, after = _by_key(base.cells), _by_key(candidate.cells)
    kinds_before, kinds_after = _kinds(base.discrepancies), _kinds(candidate.discrepancies)
    changes = []
    for key in before.keys() | after.keys():
        if not (_tested(before.get(key)) or _tested(after.get(key))):
            continue
        change = _change(before.get(key), after.get(key))
        if change is Change.UNCHANGED_FAIL:
            change = _compare_kinds(kinds_before.get(key, {}), kinds_after.get(key, {})) or _compare_errors(
                before[key], after[key], change
            )
        changes.append(CellChange(change, key, before.get(key), after.get(key)))
    return sorted(changes, key=lambda cell: (_RANK[cell.change], cell.key))


def _tested(cell: Cell | None) -> bool:
    return cell is not None and cell.tally.outcome not in (Outcome.VACUOUS, Outcome.INAPPLICABLE)


def _change(before: Cell | None, after: Cell | None) -> Change:
    """What became of a cell that at least one run tested, going by its outcomes alone."""
    if before is None or not _tested(before):
        return Change.NEW
    if after is None or not _tested(after):
        return Change.REMOVED
    if before.cases != after.cases:
        return Change.NOT_COMPARABLE
    match before.tally.outcome, after.tally.outcome:
        case (Outcome.HELD, Outcome.HELD):
            return _compare_errors(before, after, Change.UNCHANGED_PASS)
        case (_, Outcome.HELD):
            return Change.FIXED
        case (Outcome.HELD, Outcome.KNOWN):  # a recorded deviation excuses it, and the reader is told
            return Change.WORSENED
        case (Outcome.HELD | Outcome.KNOWN, Outcome.BROKE):
            return Change.REGRESSED
    return Change.UNCHANGED_FAIL


def _compare_errors(before: Cell, after: Cell, otherwise: Change) -> Change:
    """Whether the worst error moved by more than a factor of two and more than one ulp."""
    if moved(before.tally.worst_ulps, after.tally.worst_ulps):
        return Change.WORSENED
    if moved(after.tally.worst_ulps, before.tally.worst_ulps):
        return Change.IMPROVED
    return otherwise


def moved(small: float, large: float) -> bool:
    """Whether the second error is larger by more than a factor of two and more than one ulp.

    >>> moved(0.5, 1.4), moved(1.0, 2.5), moved(10.0, 15.0), moved(1.0, float("nan"))
    (False, True, False, True)
    """
    if not worse_error(large, small):
        return False
    return large != large or (large > 2 * small and large - small > 1)


Kinds = dict[str, Severity]


def _kinds(discrepancies: Iterable[Discrepancy]) -> dict[Key, Kinds]:
    """For every cell, the causes that broke it and how bad each is."""
    kinds: dict[Key, Kinds] = {}
    for found in discrepancies:
        key = (found.operation, found.property, found.target, found.dtype)
        kinds.setdefault(key, {})[found.cause] = found.severity
    return kinds


def _compare_kinds(before: Kinds, after: Kinds) -> Change | None:
    """Whether a cell that failed already fails in another way now, and whether that is a worse way."""
    if not before or not after or before.keys() == after.keys():
        return None
    worst_before, worst_after = (min(map(severity_rank, kinds.values())) for kinds in (before, after))
    return Change.REGRESSED if worst_after < worst_before else Change.CHANGED_KIND


def _causes(base: Run, candidate: Run, cells: dict[Key, Change]) -> list[CauseChange]:
    before, after = _by_cause(base.discrepancies), _by_cause(candidate.discrepancies)
    changes = []
    for key in before.keys() | after.keys():
        old, new = before.get(key, ()), after.get(key, ())
        changes.append(CauseChange(_cause_change(old, new, cells), *key, old, new))
    return sorted(changes, key=lambda c: (_RANK[c.change], severity_rank(c.shown.severity), c.cause, c.target))


def _cause_change(old: tuple[Discrepancy, ...], new: tuple[Discrepancy, ...], cells: dict[Key, Change]) -> Change:
    """The most telling change among the cells that the cause touches; a cause of both runs is unchanged."""
    touched = [
        cells.get((found.operation, found.property, found.target, found.dtype), Change.NEW if new else Change.REMOVED)
        for found in (new or old)
    ]
    worst = min(touched, key=_RANK.__getitem__)
    if old and new:
        return worst if worst in (Change.REGRESSED, Change.NOT_COMPARABLE) else Change.UNCHANGED_FAIL
    if old and worst in (Change.UNCHANGED_FAIL, Change.CHANGED_KIND, Change.WORSENED, Change.IMPROVED):
        return Change.FIXED
    if new and not old and worst is Change.REMOVED:  # its cell was lost with its process
        return Change.NEW
    return Change.CHANGED_KIND if worst in (Change.UNCHANGED_FAIL, Change.IMPROVED) else worst


def _crashes(base: Run, candidate: Run) -> list[CrashChange]:
    before = {(crash.operation, crash.target): crash for crash in base.crashes}
    after = {(crash.operation, crash.target): crash for crash in candidate.crashes}
    tested = {(cell.operation, cell.target) for cell in candidate.cells if checks_in(cell)}
    changes = [CrashChange(Change.UNCHANGED_FAIL if key in before else Change.REGRESSED, after[key]) for key in after]
    for key in before.keys() - after.keys():
        changes.append(CrashChange(Change.FIXED if key in tested else Change.REMOVED, before[key]))
    return sorted(changes, key=lambda c: (_RANK[c.change], c.crash.operation, c.crash.target))


def _verdict(base: Run, candidate: Run, cells: list[CellChange], crashes: list[CrashChange]) -> tuple[Exit, list[str]]:
    """The exit status and why. What was never comparable comes first, then what certainly regressed."""
    differing = _differing(base.environment, candidate.environment)
    if differing:
        return Exit.NOT_COMPARABLE, differing
    empty = [f"the {name} is empty: it proves nothing" for name, run in _named(base, candidate) if _is_empty(run)]
    if empty:
        return Exit.INCONCLUSIVE, empty
    regressed = [cell for cell in cells if cell.change is Change.REGRESSED]
    crashed = [crash for crash in crashes if crash.change is Change.REGRESSED]
    if regressed or crashed:
        told = [plural(len(regressed), "cell") + " regressed"] if regressed else []
        told += [plural(len(crashed), "operation") + " now crashing"] if crashed else []
        return Exit.REGRESSION, [" and ".join(told)]
    cut = [f"the {name} was cut short" for name, run in _named(base, candidate) if is_cut_short(run)]
    if cut:
        return Exit.INCONCLUSIVE, cut
    return _comparability(cells)


def _comparability(cells: list[CellChange]) -> tuple[Exit, list[str]]:
    """Clean, unless what broke did so where the two runs saw different cases, or nothing was comparable at all."""
    doubtful = [cell for cell in cells if cell.change is Change.NOT_COMPARABLE and cell.failing]
    if doubtful:
        return Exit.NOT_COMPARABLE, [f"{plural(len(doubtful), 'cell')} broke on cases that the base did not see"]
    if all(cell.change in (Change.NOT_COMPARABLE, Change.NEW, Change.REMOVED) for cell in cells):
        return Exit.NOT_COMPARABLE, ["the runs have no cell in common that saw the same cases"]
    return Exit.CLEAN, ["nothing regressed"]


def _differing(base: Environment, candidate: Environment) -> list[str]:
    pairs = (
        ("suite", base.suite_hash, candidate.suite_hash),
        ("profile", base.profile, candidate.profile),
        ("seed", base.seed, candidate.seed),
        ("schema", base.schema, candidate.schema),
    )
    return [f"another {name}: base has {old}, candidate has {new}" for name, old, new in pairs if old != new]


def _named(base: Run, candidate: Run) -> tuple[tuple[str, Run], ...]:
    return (("base", base), ("candidate", candidate))


def _is_empty(run: Run) -> bool:
    return state_of(run) is State.EMPTY


def _by_key(cells: Iterable[Cell]) -> dict[Key, Cell]:
    return {(cell.operation, cell.property, cell.target, cell.dtype): cell for cell in cells}


def _by_cause(discrepancies: Iterable[Discrepancy]) -> dict[tuple[str, str], tuple[Discrepancy, ...]]:
    groups: dict[tuple[str, str], tuple[Discrepancy, ...]] = {}
    for found in discrepancies:
        key = (found.cause, found.target)
        groups[key] = (*groups.get(key, ()), found)
    return groups
