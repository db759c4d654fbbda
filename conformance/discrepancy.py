"""Turns a broken case into a discrepancy: reduced, worded, with a script that was run before it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from conformance.basis import basis_of, severity_of
from conformance.compare import Difference
from conformance.confirm import confirm
from conformance.deviations import PROGRAMS, for_operation, matching
from conformance.examine import Examined
from conformance.isolation.ending import Ending
from conformance.model.case import Case
from conformance.model.codec import encode_case
from conformance.model.inflight import InFlight
from conformance.model.observation import Aspect, Refused
from conformance.model.verdict import Discrepancy, Element, Outcome
from conformance.operations import find
from conformance.properties.base import Property
from conformance.reduce import reduce
from conformance.repro import script
from conformance.targets.interpreter import Interpreter
from conformance.ulp import bits
from conformance.wording import pattern_of, text_of
from reference.dtypes import BY_NAME

ELEMENTS_SHOWN = 8
CONFIRMATIONS = 3

Cause = tuple[str, str, str]
"""Property, aspect and pattern: what failures of one operation on one target are grouped by."""


def cause_of(prop: Property, difference: Difference) -> Cause:
    """The group to which a difference belongs."""
    return (prop.name, difference.aspect.value, pattern_of(difference))


@dataclass(slots=True)
class Failure:
    """The first broken case of a cause: of which property, in which dtype, of which operation."""

    prop: Property
    examined: Examined
    dtype: str
    operation: str


def prove(failures: Iterable[Failure], target: Interpreter, in_flight: InFlight | None = None) -> list[Discrepancy]:
    """The discrepancies that broken cases prove: minimal, with scripts, confirmed together in fresh processes."""
    return confirmed([reduced(failure, target, in_flight) for failure in failures])


def confirmed(found: list[Discrepancy], times: int = CONFIRMATIONS) -> list[Discrepancy]:
    """The same, their scripts run (``confirm``); a script that never reproduced is taken out."""
    confirmations = confirm([one.script for one in found], times=times) if found else []
    return [
        replace(one, confirmed=counts, script=one.script if counts[0] else "")
        for one, counts in zip(found, confirmations, strict=True)
    ]


def reduced(failure: Failure, target: Interpreter, in_flight: InFlight | None = None) -> Discrepancy:
    """The discrepancy of the smallest case found that breaks for the same cause; its script was not run yet.

    One that a deviation describes is another: the nodes of autograd, say, may differ in several ways.
    """
    prop = failure.prop
    cause = cause_of(prop, failure.examined.differences[0])
    breaks = still_breaks(prop, target, cause, in_flight, lambda examined: not is_known(failure, examined, target))
    case = reduce(failure.examined.case, breaks, budget=target.trials)
    examined = prop.examine(case, target)
    if examined.outcome is not Outcome.BROKE:
        examined = failure.examined
    return described(failure, examined, target)


def described(failure: Failure, examined: Examined, target: Interpreter) -> Discrepancy:
    """The discrepancy in words, with a script that was not run yet."""
    found = describe(failure, examined, target)
    return replace(found, script=script_of(found, examined.differences[0], examined))


def is_known(failure: Failure, examined: Examined, target: Interpreter) -> bool:
    """Whether a deviation describes what a case of a failure shows, or what a source of the target differs in there."""
    difference, prop = examined.differences[0], failure.prop.name
    operation = examined.case.steps[difference.step].operation if prop == PROGRAMS else failure.operation
    if matching(operation, prop, target.name, failure.dtype, difference, examined.case) is not None:
        return True
    return any(
        other.variable == difference.variable
        and other.aspect in (difference.aspect, Aspect.VERSION)  # a write that only the source can show as one
        and matching(operation, prop, source.name, failure.dtype, other, examined.case) is not None
        for source in target.sources
        if any(entry.is_of(prop) and entry.concerns(source.name) for entry in for_operation(operation))
        for other in failure.prop.examine(examined.case, source).differences[:1]
    )


def still_breaks(
    prop: Property,
    target: Interpreter,
    cause: Cause,
    in_flight: InFlight | None = None,
    is_such: Callable[[Examined], bool] = lambda examined: True,
) -> Callable[[Case], bool]:
    """Whether a case breaks for the same cause, in such a way."""

    def breaks(case: Case) -> bool:
        name, text = case.main.operation, encode_case(case)
        if in_flight is not None and not in_flight.begin(name, target.name, text, part="reduction"):
            return False
        examined = prop.examine(case, target)
        if in_flight is not None:
            in_flight.end()
        broke = examined.outcome is Outcome.BROKE and cause_of(prop, examined.differences[0]) == cause
        return broke and binds_all(examined) and is_such(examined)

    return breaks


def binds_all(examined: Examined) -> bool:
    """Whether each call gives as many results as it names: without its dim, max gives one."""
    trace = examined.expected
    if trace is None or trace.refused is not None:
        return True
    several = (step.results for step in examined.case.steps if find(step.operation).results == len(step.results) > 1)
    return all(name in trace.last.variables for names in several for name in names)


def describe(failure: Failure, examined: Examined, target: Interpreter) -> Discrepancy:
    """The discrepancy in words, without its proof."""
    difference = examined.differences[0]
    prop, operation, dtype = failure.prop, failure.operation, failure.dtype
    verdict = difference.verdict
    numeric = isinstance(difference.expected, np.ndarray) and isinstance(difference.actual, np.ndarray)
    elements = _elements(difference) if numeric and verdict is not None else ()
    return Discrepancy(
        operation=operation,
        property=prop.name,
        target=target.name,
        dtype=dtype,
        aspect=difference.aspect.value,
        severity=severity_of(difference, verdict),
        step=difference.step,
        variable=difference.variable,
        expected=text_of(difference.expected, difference.aspect),
        actual=text_of(difference.actual, difference.aspect),
        basis=basis_of(find(operation), prop.name, difference.aspect, dtype, pattern_of(difference)),
        case=examined.case,
        elements=elements,
        wrong=int(verdict.wrong.sum()) if verdict is not None else 0,
        compared=int(difference.expected.size) if numeric else 1,
        worst_ulps=verdict.worst if verdict is not None else None,
        allowed=find(operation).accuracy.words if verdict is not None else "",
        pattern=pattern_of(difference),
    )


def script_of(found: Discrepancy, difference: Difference, examined: Examined) -> str:
    """The stand-alone script of a discrepancy."""
    title = f"{found.operation} on {found.target}: {found.aspect} ({found.property})"
    expected, actual = difference.expected, difference.actual
    if not isinstance(expected, Refused) and examined.expected is not None and difference.variable:
        seen = next(one for one in examined.expected.observations if one.step == difference.step)
        expected = seen.variables.get(difference.variable)
    return script(
        examined.case,
        target=found.target,
        aspect=difference.aspect,
        step=difference.step,
        variable=difference.variable,
        expected=expected,
        allowed=difference.allowed,
        title=title,
        basis=found.basis,
        refused=examined.expected is not None
        and examined.expected.refused is not None
        and difference.aspect is not Aspect.REFUSAL,
        ending=actual.pattern if isinstance(actual, Ending) else "",
    )


def _elements(difference: Difference) -> tuple[Element, ...]:
    assert difference.verdict is not None, "only judged values have wrong elements"
    expected, actual, verdict = difference.expected, difference.actual, difference.verdict
    if expected.shape != verdict.wrong.shape:
        return ()
    dtype = BY_NAME.get(expected.dtype.name)
    shown = np.argwhere(verdict.wrong)[:ELEMENTS_SHOWN]
    return tuple(_element(tuple(int(i) for i in index), expected, actual, verdict.ulps, dtype) for index in shown)


def _element(index: tuple[int, ...], expected: np.ndarray, actual: np.ndarray, ulps: np.ndarray, dtype: Any) -> Element:
    error = float(ulps[index]) if ulps.shape == expected.shape else float("nan")
    return Element(
        index,
        str(expected[index]),
        str(actual[index]),
        bits(expected[index], dtype) if dtype else "",
        bits(actual[index], dtype) if dtype else "",
        error if np.isfinite(error) else None,
    )
