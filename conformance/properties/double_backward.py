"""Double backward: the gradient of a gradient is the second derivative, or is refused.

What is expected are slopes of the reference's first gradients (``second_derivatives``), so the bound is half of the
digits of float64, in which alone it is asked: a formula that is wrong is off by more. Whether the call and its first
gradient are right, other properties say: where they are not, nothing follows for the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from conformance.accuracy import Correlation
from conformance.accuracy.bound import Bound, Judged
from conformance.choices import Choices
from conformance.compare import Difference
from conformance.examine import REFERENCE, Examined
from conformance.judging import judge
from conformance.model.case import BACKWARD, GRAD, Argument, Case, Drawn, Input, Ref, Step, dtype_names, references
from conformance.model.observation import Aspect, Observation, Refused, Seen, Trace
from conformance.model.verdict import Outcome
from conformance.operation import Form, Operation
from conformance.operations import find
from conformance.properties.base import Property, relaid
from conformance.properties.gradient import left_open, with_cotangent
from conformance.render import is_plain
from conformance.second_derivatives import COTANGENT, HALF, Slope, slopes
from conformance.targets.interpreter import Interpreter
from conformance.values import fill
from conformance.widen import widened
from reference.dtypes import BY_NAME

FIRST, SECOND, ALONG = "first_", "second_", "along_"
MOST = 300  # elements of an input: more tell no more of a formula
WIDE = {"float32": "float64", "complex64": "complex128"}
NARROW = frozenset(("float16", "bfloat16", *WIDE))
NOT_SUPPORTED = ("not implemented", "unsupported", "not supported", "not differentiable")


class DoubleBackward(Property):
    name = "double backward"
    of_every_dtype = True
    claim = (
        "With create_graph a backward pass gives the same gradients, and these can be differentiated in their turn: the"
        " gradients of the gradients are the second derivatives, unless they are refused."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return Aspect.GRAD in target.aspects and not target.in_bulk and operation.gradient is not None

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        """Of what is neither empty nor long, and reads no tensor twice: beside itself it may hide where it bends.

        Of three quarters of these, since five points take their time; of one in four where elements are only moved.
        """
        if not choices.flag(25 if operation.accuracy.bitwise else 75):
            return
        read = [name for one in (*base.main.args, *dict(base.main.kwargs).values()) for name in references(one)]
        if len(set(read)) < len(read) or not all(0 < prod(given.shape) <= MOST for given in base.inputs):
            return
        pulled = with_cotangent(base, operation, choices)
        if pulled is None or not pulled.numel:
            return
        case = widened(replace(pulled.case, inputs=tuple(map(_tracked, pulled.case.inputs))), WIDE)
        tracked = [given for given in case.inputs if given.requires_grad and given.name != COTANGENT]
        if NARROW.isdisjoint(dtype_names(case)):
            directions = [_direction(given, choices) for given in tracked]
            steps = (*case.steps, *passes(pulled.result, [given.name for given in tracked]))
            yield replace(case, inputs=(*case.inputs, *directions), steps=steps)

    def examine(self, case: Case, target: Interpreter) -> Examined:
        asked = _asked(case)
        expected = None if asked is None else _expected(case, *asked)
        if asked is None or expected is None:
            return Examined(case, Outcome.INAPPLICABLE)
        actual = target.run(case)
        differences = _differences(case, expected, actual, target)
        trace = Trace(REFERENCE.name, _observations(case, expected))
        if differences is None:
            fewer = _of_recorded(case, *asked, actual)
            return Examined(case, Outcome.INAPPLICABLE, actual=actual) if fewer is None else self.examine(fewer, target)
        return Examined(case, Outcome.BROKE if differences else Outcome.HELD, differences, 0.0, trace, actual)


# -- the case --------------------------------------------------------------------------------------------------------


def _tracked(given: Input) -> Input:
    """The input in one piece; the cotangent is differentiated too."""
    if given.name == COTANGENT:
        return replace(given, requires_grad=True)
    return relaid(given, "contiguous", 0) if given.requires_grad and not is_plain(given) else given


def _direction(given: Input, choices: Choices) -> Input:
    drawn = Drawn("normal", choices.integer(0, 2**32 - 1))
    return replace(given, name=ALONG + given.name, values=drawn, requires_grad=False)


def passes(result: str, names: Sequence[str]) -> tuple[Step, Step]:
    """The backward pass from a result to the inputs of these names, and the one from its gradients to all there is."""
    asked: list[Argument] = [Ref(name) for name in names]
    firsts, seconds = tuple(FIRST + name for name in names), tuple(SECOND + name for name in (*names, COTANGENT))
    graph, zeros = ("create_graph", True), ("materialize_grads", True)
    weights: list[Argument] = [Ref(ALONG + name) for name in names]
    given: tuple[Argument, ...] = ([Ref(name) for name in firsts], [*asked, Ref(COTANGENT)], weights)
    return (
        Step(GRAD, Form.FUNCTION, (Ref(result), asked, Ref(COTANGENT)), (graph, zeros), firsts),
        Step(GRAD, Form.FUNCTION, given, (zeros,), seconds),
    )


def _asked(case: Case) -> tuple[str, list[str]] | None:
    """Of which result and to which inputs both passes are; None where the case has lost what they need."""
    if len(case.steps) < 3 or not case.steps[-2].args:
        return None
    names = [name.removeprefix(FIRST) for name in case.steps[-2].results]
    result = next(references(case.steps[-2].args[0]), "")
    given = {one.name: one for one in case.inputs}
    needed = [given.get(name) for name in (*names, COTANGENT)]
    if case.steps[-2:] != passes(result, names) or not NARROW.isdisjoint(dtype_names(case)):
        return None
    if any(one is None or not one.requires_grad or not is_plain(one) for one in needed):
        return None
    if not fill(given[COTANGENT]).any():  # nothing has a gradient
        return None
    for name in names:  # along zeros nothing changes, whatever the derivative is
        along = given.get(ALONG + name)
        if along is None or along.shape != given[name].shape or not fill(along).all():
            return None
    return result, names


def _of_recorded(case: Case, result: str, names: Sequence[str], actual: Trace) -> Case | None:
    """The case without the first gradients that are zeros of which nothing is recorded, if there are others too."""
    seen = actual.last.variables
    kept = [name for name in names if FIRST + name in seen and seen[FIRST + name].requires_grad]
    if not 0 < len(kept) < len(names):
        return None
    return replace(case, steps=(*case.steps[:-2], *passes(result, kept)))


def _pulled(case: Case, result: str) -> Case:
    """The case with a plain backward pass in the place of both."""
    backward = Step(BACKWARD, Form.METHOD, (Ref(result), Ref(COTANGENT)))
    inputs = (replace(one, requires_grad=False) if one.name == COTANGENT else one for one in case.inputs)
    return replace(case, inputs=tuple(inputs), steps=(*case.steps[:-2], backward))


# -- what must hold --------------------------------------------------------------------------------------------------


def _expected(case: Case, result: str, names: Sequence[str]) -> dict[str, Slope] | None:
    """What each input and the cotangent have as second gradients; None where that is left open."""
    pulled = _pulled(case, result)
    trace = REFERENCE.run(pulled)
    if trace.refused is not None or left_open(pulled, trace):
        return None
    seen = trace.last.variables[result]
    if seen.dtype not in WIDE.values() or _may_be_clipped(find(case.main.operation), np.asarray(seen.values)):
        return None
    return slopes(pulled, {name: case.input(ALONG + name) for name in names}, result)


def _may_be_clipped(operation: Operation, values: np.ndarray) -> bool:
    """Whether rounding decides of a correlation, apart from those of a variable with itself, that it is one at most."""
    if not isinstance(operation.accuracy, Correlation) or values.ndim < 2:
        return False
    parts = np.abs(np.stack([values.real, values.imag])) > 1 - HALF
    return bool((parts & ~np.eye(len(values), dtype=bool)).any())


def _differences(
    case: Case, expected: Mapping[str, Slope], actual: Trace, target: Interpreter
) -> list[Difference] | None:
    """What differs; None where another property has to say it, or torch says that it has no second derivative."""
    first, second = len(case.steps) - 2, len(case.steps) - 1
    step, refused = actual.last.step, actual.refused
    names = [name for name in expected if name != COTANGENT]
    if step < first or (refused is not None and _is_lacking(refused)):
        return None
    seen = actual.last.variables
    result = _asked_result(case)
    if not _agrees(seen[result].values, expected[COTANGENT]):
        return None
    plain = target.run(_pulled(case, result))
    if plain.refused is not None or not all(_agrees(plain.last.variables[name].grad, expected[name]) for name in names):
        return None
    if step == first:
        return [Difference(Aspect.REFUSAL, first, "", None, refused)]
    found: list[Difference] = []
    for name in names:
        found += _judged(case, first, FIRST + name, seen[FIRST + name], expected[name].value, expected[name].allowed)
        # A gradient is a linear function of the cotangent, which is differentiated: only of nothing it is none.
        if not seen[FIRST + name].requires_grad and np.any(expected[name].value):
            found.append(Difference(Aspect.REQUIRES_GRAD, first, FIRST + name, True, False))
    if found:
        return found
    if refused is not None:
        recorded = all(seen[FIRST + name].requires_grad for name in names)
        return [Difference(Aspect.REFUSAL, second, "", None, refused)] if recorded else None
    for name, one in expected.items():
        found += _judged(case, second, SECOND + name, seen[SECOND + name], one.slope, one.allowed)
    return found


def _is_lacking(refused: Refused) -> bool:
    """Whether a refusal says that there is no such derivative; of the reference, that it has no graph of one."""
    return refused.kind == "Unmodelled" or any(word in refused.message for word in NOT_SUPPORTED)


def _asked_result(case: Case) -> str:
    return next(references(case.steps[-2].args[0]))


def _agrees(found: Any, expected: Slope) -> bool:
    """Whether a result or a first gradient is the reference's; one that is not there stands for zero."""
    if found is None:
        return not np.any(expected.value)
    return bool(found.shape == expected.value.shape and (np.abs(found - expected.value) <= expected.allowed).all())


@dataclass(frozen=True, slots=True)
class Within(Bound):
    """What is within an error that is known for each element."""

    error: np.ndarray
    words: str = "half of the digits of float64"

    def allowed(self, judged: Judged) -> np.ndarray:
        return self.error


def _judged(
    case: Case, step: int, name: str, seen: Seen, exact: np.ndarray, allowed: np.ndarray
) -> Iterable[Difference]:
    wanted = _rounded(case, name, exact)
    if seen.values is None or seen.values.shape != wanted.shape or seen.values.dtype != wanted.dtype:
        yield Difference(Aspect.VALUES, step, name, wanted, seen.values)
        return
    dtype = BY_NAME[wanted.dtype.name]
    verdict = judge(seen.values, wanted, exact, Within(allowed), Judged(case.main.operation, dtype, exact))
    if not verdict.held:
        yield Difference(Aspect.VALUES, step, name, wanted, seen.values, verdict, allowed)


def _rounded(case: Case, name: str, exact: np.ndarray) -> np.ndarray:
    given = name.removeprefix(FIRST).removeprefix(SECOND)
    return np.asarray(exact.astype(BY_NAME[case.input(given).dtype].numpy))


def _observations(case: Case, expected: Mapping[str, Slope]) -> list[Observation]:
    """What should be seen after each of both passes."""
    names = [name for name in expected if name != COTANGENT]
    firsts = {FIRST + name: _seen(case, FIRST + name, expected[name].value) for name in names}
    seconds = {SECOND + name: _seen(case, SECOND + name, one.slope) for name, one in expected.items()}
    step = len(case.steps) - 2
    return [Observation(step, None, firsts), Observation(step + 1, None, {**firsts, **seconds})]


def _seen(case: Case, name: str, exact: np.ndarray) -> Seen:
    values, is_first = _rounded(case, name, exact), name.startswith(FIRST)
    return Seen("tensor", values, values.dtype.name, values.shape, requires_grad=is_first, unrounded=exact)


PROPERTY = DoubleBackward()
