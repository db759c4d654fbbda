"""Examines one case: runs it on the reference and on a target, and says what differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.compare import Comparison, Difference, Standard
from conformance.model.case import Case, Input, Ref, dtype_names
from conformance.model.observation import Refused, Trace
from conformance.model.verdict import Outcome
from conformance.operation import Effect, Form
from conformance.operations import find
from conformance.standard import logical, standard_for
from conformance.targets.interpreter import Interpreter
from conformance.targets.reference import CachedReference
from reference.dtypes import BY_NAME, COMPLEX64, COMPLEX128, FLOAT32, FLOAT64, STORED_ONLY
from reference.scalars import overflows_narrow_float, wraps

REFERENCE = CachedReference()
LIMITED = frozenset(dtype.name for dtype in STORED_ONLY)
"""Dtypes whose support is limited, says https://docs.pytorch.org/docs/stable/tensor_attributes.html."""


@dataclass(slots=True)
class Examined:
    """The verdict on one case, with both traces."""

    case: Case
    outcome: Outcome
    differences: list[Difference] = field(default_factory=list)
    worst_ulps: float = 0.0
    expected: Trace | None = None
    actual: Trace | None = None


def examine(case: Case, target: Interpreter, *, every_step: bool = False) -> Examined:
    """Whether ``target`` does what the reference does, in every aspect that it can show."""
    expected = REFERENCE.run(case, every_step=every_step)
    return examine_against(expected, case, target, every_step=every_step)


def examine_against(expected: Trace, case: Case, target: Interpreter, *, every_step: bool = False) -> Examined:
    """The same where the reference's trace is already known."""
    return relate(expected, target.run(case, every_step=every_step), case, target)


def holds_at_a_glance(case: Case, target: Interpreter) -> bool:
    """Whether nothing is refused and all is seen to be alike at a glance; where it is not, nothing is known yet."""
    expected, actual = REFERENCE.run(case), target.run(case)
    if expected.refused is not None or actual.refused is not None:
        return False
    comparison = Comparison(target.comparable(case), target.traits, lazy_standard(case, expected))
    return comparison.all_alike(expected.last.variables, actual.last.variables)


def relate(
    expected: Trace, actual: Trace, case: Case, target: Interpreter, standard: Callable[[], Standard] | None = None
) -> Examined:
    """The verdict on two traces of a case; values are judged by the standard of its operation unless by another."""
    if unsupported(case, expected, actual, target):
        return Examined(case, Outcome.INAPPLICABLE, expected=expected, actual=actual)
    comparison = Comparison(
        target.comparable(case),
        target.traits,
        standard or lazy_standard(case, expected),
        counts_versions=all(step.spelling != Form.OUT for step in case.steps),
    ).traces(expected, actual)
    if comparison.differences:
        return Examined(case, Outcome.BROKE, comparison.differences, comparison.worst_ulps, expected, actual)
    outcome = Outcome.HELD if comparison.compared else Outcome.VACUOUS
    return Examined(case, outcome, [], comparison.worst_ulps, expected, actual)


def unsupported(case: Case, expected: Trace, actual: Trace, target: Interpreter) -> bool:
    """Whether the reference lacks what is asked for, or a target that is not the CPU says that it does.

    A number that a float of 16 bits, or an integral dtype, cannot hold may be refused everywhere.
    """
    if expected.refused is not None and expected.refused.kind == "Unmodelled":
        return True
    if target.has_own_kernels and expected.refused is not None and _is_of_a_dtype(expected.refused):
        return True
    if actual.refused is None:
        return False
    also = expected.refused if expected.last.step == actual.last.step else None
    if also is None and _overflows(case, actual.last.step, actual.refused):
        return True
    if target.name == "cpu":
        return False
    shares = also is None and find(case.steps[actual.last.step].operation).effect is Effect.SHARES
    lacking = "NotImplementedError"
    lacks = actual.refused.kind == lacking and (also is None or also.kind != lacking)
    return shares or lacks or (target.has_own_kernels and also is None and not LIMITED.isdisjoint(dtype_names(case)))


def _overflows(case: Case, step: int, refused: Refused) -> bool:
    """Whether a refusal speaks of a number that a float of 16 bits, or an integral dtype, cannot hold, and a step has
    one, of which the case has a tensor: it may be refused.

    A tensor without dimensions may stand for a number. An integer may also be a size, or one of many other things:
    what is refused is that it is converted.
    """
    if refused.kind != "RuntimeError" or "overflow" not in refused.message:
        return False
    given = (*case.steps[step].args, *(value for _, value in case.steps[step].kwargs))
    numbers = [one for one in given if isinstance(one, (int, float, complex))]
    numbers += [logical(one).item() for one in case.inputs if Ref(one.name) in given and _is_a_number(one)]
    dtypes = [BY_NAME[name] for name in dtype_names(case)]
    if "convert" in refused.message and any(wraps(one, dtype) for one in numbers for dtype in dtypes):
        return True
    return any(overflows_narrow_float(one, dtype) for one in numbers for dtype in dtypes)


def _is_a_number(given: Input) -> bool:
    return given.shape == () and BY_NAME[given.dtype] in (FLOAT32, FLOAT64, COMPLEX64, COMPLEX128)


def _is_of_a_dtype(refused: Refused) -> bool:
    """Whether a dtype is refused: which ones have kernels, and how others are refused, no page says."""
    return bool(refused.others)


def lazy_standard(case: Case, expected: Trace) -> Callable[[], Standard]:
    """By what the values are judged, worked out only once some differ in their bits."""
    found: list[Standard] = []

    def standard() -> Standard:
        if not found:
            found.append(standard_for(find(case.main.operation), case, expected))
        return found[0]

    return standard
