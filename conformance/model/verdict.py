"""Verdicts: the outcome of a check, and the discrepancy that a broken one is."""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from conformance.model.case import Case


class Outcome(StrEnum):
    """The verdict of one check. ``VACUOUS`` (nothing could be compared) is not ``HELD``."""

    HELD = "held"
    BROKE = "broke"
    KNOWN = "known"
    INAPPLICABLE = "inapplicable"
    VACUOUS = "vacuous"


class Severity(StrEnum):
    """How bad a discrepancy is, worst first."""

    CRASH = "crash"
    SILENT_WRONG = "silent wrong value"
    METADATA = "wrong aliasing or metadata"
    SPECIAL = "special value"
    TOLERANCE = "tolerance"
    MISSING_ERROR = "missing error"
    UNEXPECTED_ERROR = "unexpected error"
    ERROR_KIND = "error kind"
    NONDETERMINISM = "nondeterminism"


@dataclass(frozen=True, slots=True)
class Documented:
    """The manual says so, at ``url``; ``sentence`` is the part of it that decides."""

    url: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """It follows from something documented, for the reason given."""

    reason: str


@dataclass(frozen=True, slots=True)
class Observed:
    """No page says so; releases up to ``version`` did it."""

    version: str


Basis: TypeAlias = Documented | Derived | Observed


@dataclass(frozen=True, slots=True)
class Element:
    """One wrong element: where, the two values as text and as bits, and how far apart they are."""

    index: tuple[int, ...]
    expected: str
    actual: str
    expected_bits: str
    actual_bits: str
    ulps: float | None


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One place where a property does not hold, with everything needed to believe it.

    ``expected`` and ``actual`` are texts for people; ``elements`` names up to eight wrong elements.
    ``allowed`` is the error bound in words. ``confirmed`` is (times reproduced, times tried) in a fresh
    process. ``script`` is the stand-alone program, present only if it was run and reproduced. ``deviation`` names the
    entry that describes a known one, ``known_because`` says what stands there.
    """

    operation: str
    property: str
    target: str
    dtype: str
    aspect: str
    severity: Severity
    step: int
    variable: str
    expected: str
    actual: str
    basis: Basis
    case: Case
    elements: tuple[Element, ...] = ()
    wrong: int = 0
    compared: int = 0
    worst_ulps: float | None = None
    allowed: str = ""
    pattern: str = ""
    confirmed: tuple[int, int] = (0, 0)
    script: str = ""
    deviation: str = ""
    known_because: str = ""

    @builtins.property
    def cause(self) -> str:
        """What is grouped together: the same operation, property, aspect and pattern of values."""
        return "/".join((self.operation, self.property, self.aspect, self.pattern))


@dataclass(slots=True)
class Tally:
    """Counts of checks and the worst error seen, for one operation, property, target and dtype."""

    outcomes: dict[Outcome, int] = field(default_factory=dict)
    worst_ulps: float = 0.0
    worst_input: str = ""

    def add(self, outcome: Outcome, count: int = 1) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + count

    @property
    def outcome(self) -> Outcome:
        """The one verdict of the cell: broke over known over held over vacuous over inapplicable."""
        for candidate in (Outcome.BROKE, Outcome.KNOWN, Outcome.HELD, Outcome.VACUOUS):
            if self.outcomes.get(candidate):
                return candidate
        return Outcome.INAPPLICABLE
