"""Claims: what a page promises of something larger than an operation, checked by a suite, recorded like any check."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from conformance.accuracy import Network
from conformance.isolation.ending import SURVIVED, Ending
from conformance.model.case import Case
from conformance.model.run import Cell, CellEvent, DiscrepancyEvent, Event
from conformance.model.verdict import Basis, Discrepancy, Element, Outcome, Severity, Tally
from conformance.ulp import bits
from conformance.wording import text_of
from reference.dtypes import BY_NAME

ELEMENTS_SHOWN = 8
_NOTHING = Case((), ())

Arrays = Mapping[str, np.ndarray]
"""Arrays by what they are: ``scores``, ``conv1.weight.grad``."""


@dataclass
class Claims:
    """The claims about one ``subject`` on one target. What does not hold becomes a discrepancy with its ``basis``.

    A claim is no case: its values are those of whole networks, and the suite that makes it is its program.
    """

    subject: str
    family: str
    target: str
    basis: Basis
    record: Callable[[Event], None]
    only: frozenset[str] = frozenset()
    found: list[Discrepancy] = field(default_factory=list)
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    claimed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._started = time.perf_counter()

    def same(self, prop: str, claim: str, expected: Any, actual: Any, dtype: str = "float32") -> None:
        """Claim that two Python values are equal."""
        if self._counts(prop, dtype, claim, held=bool(expected == actual)):
            self._broke(prop, dtype, claim, text_of(expected), text_of(actual), Severity.SILENT_WRONG)

    def exact(self, prop: str, claim: str, expected: Arrays, actual: Arrays) -> None:
        """Claim that arrays are equal, element by element: sums of integers, which no order of them rounds."""
        for name, wanted in expected.items():
            dtype, found = wanted.dtype.name, actual.get(name)
            alike = found is not None and (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
            held = (
                found is not None and alike and bool(np.array_equal(wanted, found, equal_nan=wanted.dtype.kind in "fc"))
            )
            if not self._counts(prop, dtype, f"{claim}: {name}", held=held):
                continue
            elements = _elements(wanted, found) if found is not None and alike else ()
            text = text_of(found) if alike else _described(found)
            self._broke(
                prop, dtype, f"{claim}: {name}", text_of(wanted), text, Severity.SILENT_WRONG, elements, "exact"
            )

    def near(self, prop: str, claim: str, exact: Arrays, eager: Arrays, actual: Arrays, bound: Network) -> None:
        """Claim that the errors of whole arrays are of the size that rounding in this dtype makes them (class F).

        ``eager`` is an honest computation in the dtype; the tolerance of ``bound`` is relative to the values.
        """
        for name, wanted in exact.items():
            found, scale = actual[name], float(np.sqrt(np.mean(np.abs(wanted) ** 2))) if wanted.size else 0.0
            scaled = Network(bound.multiple, bound.tolerance * scale)
            held, worse = scaled.judge(found, eager[name], wanted)
            if self._counts(prop, found.dtype.name, f"{claim}: {name}", held=held):
                words = f"{worse:.3g} times the error of an honest computation"
                shown = _elements(eager[name], found.astype(eager[name].dtype))
                self._broke(
                    prop,
                    found.dtype.name,
                    f"{claim}: {name}",
                    text_of(wanted),
                    f"{text_of(found)}\n{words}",
                    Severity.TOLERANCE,
                    shown,
                    scaled.words,
                )

    def ended(self, claim: str, ending: Ending) -> None:
        """Note that the process in which a claim was made ended."""
        self.claimed.append(claim)
        self.tallies.setdefault(("survives", "mixed"), Tally()).add(Outcome.BROKE)
        self._broke("survives", "mixed", claim, SURVIVED.words, ending.words, Severity.CRASH)

    def finish(self) -> list[Discrepancy]:
        """Record every discrepancy and every cell."""
        for one in self.found:
            self.record(DiscrepancyEvent(one))
        seconds = round((time.perf_counter() - self._started) / max(len(self.tallies), 1), 4)
        digest = hashlib.sha256("".join(self.claimed).encode()).hexdigest()[:16]
        for (prop, dtype), tally in self.tallies.items():
            cell = Cell(self.subject, self.family, prop, self.target, dtype, tally, digest, seconds)
            self.record(CellEvent(cell))
        return self.found

    def _counts(self, prop: str, dtype: str, claim: str, *, held: bool) -> bool:
        """Count a claim; whether it broke and is one of those asked for."""
        if self.only and prop not in self.only:
            return False
        self.claimed.append(claim)
        self.tallies.setdefault((prop, dtype), Tally()).add(Outcome.HELD if held else Outcome.BROKE)
        return not held

    def _broke(
        self,
        prop: str,
        dtype: str,
        claim: str,
        expected: str,
        actual: str,
        severity: Severity,
        elements: tuple[Element, ...] = (),
        allowed: str = "",
    ) -> None:
        self.found.append(
            Discrepancy(
                operation=self.subject,
                property=prop,
                target=self.target,
                dtype=dtype,
                aspect="claim",
                severity=severity,
                step=0,
                variable=claim,
                expected=expected,
                actual=actual,
                basis=self.basis,
                case=_NOTHING,
                elements=elements,
                wrong=len(elements),
                allowed=allowed,
                pattern=claim,
            )
        )


def _elements(expected: np.ndarray, actual: np.ndarray) -> tuple[Element, ...]:
    dtype = BY_NAME[expected.dtype.name]
    places = [tuple(int(i) for i in place) for place in np.argwhere(expected != actual)[:ELEMENTS_SHOWN]]
    return tuple(
        Element(
            place,
            str(expected[place]),
            str(actual[place]),
            bits(expected[place], dtype),
            bits(actual[place], dtype),
            None,
        )
        for place in places
    )


def _described(array: np.ndarray | None) -> str:
    return "nothing" if array is None else f"{array.dtype.name} of shape {array.shape}"
