"""Gradient: backward with a drawn cotangent gives the reference's vector-Jacobian product."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from conformance.accuracy import Product, Selected, Several, Variance
from conformance.choices import Choices
from conformance.examine import REFERENCE, Examined, examine_against
from conformance.model.case import BACKWARD, Argument, Case, Drawn, Hook, Input, Ref, Step
from conformance.model.observation import Aspect, Seen, Trace
from conformance.model.verdict import Outcome
from conformance.operation import Effect, Form, Operation
from conformance.operations import find
from conformance.parameters import Number, Operand
from conformance.properties.base import Property, result_seen, then
from conformance.standard import logical
from conformance.strategies.cases import with_requires_grad
from conformance.strategies.drawing import Drawing
from conformance.strategies.factors import with_zeros
from conformance.strategies.layouts import geometry
from conformance.strategies.operands import rare_operands
from conformance.targets.interpreter import Interpreter
from conformance.values import IN_TURN
from reference.dtypes import BY_NAME, Category

# In small integers there are ties and zeros: places where a derivative is a convention. Their quotients are not close
# to another integer, at which the derivative of a remainder jumps.
WILD_MODES = {
    "mixed": "normal",
    "special": "small",
    "bits": "small",
    "log-uniform": "normal",
    "wide": "normal",
    "gaps": "normal",
    "unbounded": "normal",
    "dividends": "small",
    "divisors": "small",
}
# What is chosen, and not computed, goes wrong among equals.
CHOSEN_MODES = dict.fromkeys(("normal", "special", "mixed", "log-uniform"), "few") | {"bits": "small"}
# Where any of these may be chosen, nothing is known: values of which few are equal.
APART_MODES = dict.fromkeys(
    ("normal", "special", "mixed", "log-uniform", "bits", "small", "gaps", "unbounded"), "normal"
)


class Gradient(Property):
    name = "gradient"
    of_every_dtype = True
    claim = (
        "Backward through the call gives each input the vector-Jacobian product of its derivative: once, added to what"
        " was there, after the hooks of the result. What has no derivative, and what is done under no_grad, leaves"
        " nothing to go back through."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return Aspect.GRAD in target.aspects

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        pulled = with_cotangent(base, operation, choices)
        if pulled is not None:
            ready = of_nodes(pulled.case) if choices.flag() and len(pulled.case.steps) == 1 else pulled.case
            yield then(ready, *choices.choose(_ways(pulled)))
            if not _is_view(base):
                yield _unrecorded(tamed(with_requires_grad(base)))
            for case in rare_operands(base, operation, choices):
                if (rare := with_cotangent(case, operation, choices, alone=False)) is not None:
                    yield then(rare.case, rare.backward())
        elif base.main.results and result_seen(base):
            tracked = tamed(with_requires_grad(base))
            if any(given.requires_grad for given in tracked.inputs):
                yield of_nodes(tracked)

    def examine(self, case: Case, target: Interpreter) -> Examined:
        expected = REFERENCE.run(case)
        if len(case.steps) > 1 and left_open(case, expected):
            return Examined(case, Outcome.INAPPLICABLE)
        return examine_against(expected, case, target)


def _is_view(base: Case) -> bool:
    """Whether a result shares its memory with an input: of such, what no_grad does is finding 002."""
    seen = result_seen(base) or {}
    return any(one.storage not in seen for one in seen.values())


def _unrecorded(case: Case) -> Case:
    """The call while nothing is recorded, which leaves nothing to go back through."""
    return replace(case, steps=tuple(replace(step, grad=False) for step in case.steps))


def _some_tracked(case: Case, choices: Choices) -> Case:
    """The case, or at times one of several inputs tracked alone: some derivatives exist for some inputs only."""
    tracked = [given.name for given in case.inputs if given.requires_grad]
    if len(tracked) < 2 or not choices.flag(40):
        return case
    alone = choices.choose(tracked)
    return replace(case, inputs=tuple(replace(given, requires_grad=given.name == alone) for given in case.inputs))


def left_open(case: Case, expected: Trace) -> bool:
    """Whether any of several equal elements may have been chosen: then whose the gradient is, is open too.

    And whether rounding may have made anything of a deviation of zero, at which its derivative has a pole.
    """
    accuracy = find(case.main.operation).accuracy
    results = [expected.last.variables[name] for name in case.main.results if name in expected.last.variables]
    if _is_among_equals(find(case.main.operation)):
        elements = logical(case.inputs[0])
        if len(np.unique(elements)) < elements.size:
            return True
    first = accuracy.of(0) if isinstance(accuracy, Several) else accuracy
    if isinstance(first, Variance) and results:
        given = case.inputs[0]
        if first.is_lost(np.asarray(results[0].values), logical(given), BY_NAME[given.dtype]):
            return True
    return any(one.specified is not True for one in results)


def _is_among_equals(operation: Operation) -> bool:
    """Whether which of equal elements is meant is left open."""
    return bool(getattr(operation.accuracy, "among_equals", False))


@dataclass(frozen=True, slots=True)
class Pulled:
    """A tracked case with a cotangent for its first result: what that is called and how many elements it has."""

    case: Case
    result: str
    numel: int

    def backward(self, **kwargs: bool) -> Step:
        """The backward pass from the result."""
        return Step(BACKWARD, Form.METHOD, (Ref(self.result), Ref("cotangent")), tuple(kwargs.items()))


def with_cotangent(base: Case, operation: Operation, choices: Choices, *, alone: bool = True) -> Pulled | None:
    """The case, ready for a backward pass; None where nothing of it has a gradient.

    Where an input may be tracked ``alone``, one of several is at times.
    """
    tracked = tamed(with_requires_grad(base))
    if isinstance(operation.accuracy, Product) and choices.flag(85):
        tracked = with_zeros(tracked, choices)
    if operation.gradient is None or not any(given.requires_grad for given in tracked.inputs):
        return None
    writes = operation.effect is Effect.WRITES
    if writes:  # which no leaf allows
        tracked = of_nodes(tracked)
    found = [
        (name, one.shape, BY_NAME[one.dtype])
        for name, one in (_written_seen(base) if writes else result_seen(base) or {}).items()
        if one.dtype is not None and one.shape is not None and BY_NAME[one.dtype].category >= Category.FLOATING
    ]
    if not found:
        return None
    name, shape, dtype = choices.choose(found) if len(found) > 1 else found[0]
    strides, offset, size = geometry("contiguous", shape)
    values = Drawing(choices, operation, dtype).values(size, choices.choose(("normal", "small")))
    cotangent = Input("cotangent", shape, dtype.name, strides, offset, size, replace(values, specials=()))
    some = _some_tracked(tracked, choices) if alone else tracked
    return Pulled(replace(some, inputs=(*some.inputs, cotangent)), name, size)


def _written_seen(case: Case) -> dict[str, Seen]:
    """What the tensor looks like that the case writes to; nothing if the reference refuses."""
    trace, written = REFERENCE.run(case), case.main.args[0]
    assert isinstance(written, Ref), "what is written to is a variable"
    return {} if trace.refused is not None else {written.name: trace.last.variables[written.name]}


def _ways(pulled: Pulled) -> list[tuple[Step, ...]]:
    """Ways to go backward: hooks, accumulation, a graph that is freed, refusals; as often as all of them, plainly."""
    result, once = Ref(pulled.result), pulled.backward()
    ways: list[tuple[Step, ...]] = [
        *[(once,)] * 4,
        (once, once),
        (pulled.backward(retain_graph=True), once),
        (Step("register_hook", Form.METHOD, (result, Hook("double"))), once),
        (Step("retain_grad", Form.METHOD, (result,)), once),
    ]
    if pulled.numel != 1:
        ways.append((Step(BACKWARD, Form.METHOD, (result,)),))
    return ways


def of_nodes(case: Case) -> Case:
    """The call on what another call has made: the case with a copy of every tracked input, no leaf any more."""
    inputs, copies = [], []
    for given in case.inputs:
        if given.requires_grad:
            copies.append(Step("clone", Form.METHOD, (Ref(f"leaf_{given.name}"),), results=(given.name,)))
            given = replace(given, name=f"leaf_{given.name}")
        inputs.append(given)
    return replace(case, inputs=tuple(inputs), steps=(*copies, *case.steps))


def tamed(case: Case) -> Case:
    """The case with values of moderate size: a derivative is not specified where its own formula overflows."""
    operation = find(case.main.operation)
    chooses = isinstance(operation.accuracy, Selected)
    made = _tamed(case, operation, CHOSEN_MODES if chooses else WILD_MODES)
    if (chooses or _is_among_equals(operation)) and left_open(made, REFERENCE.run(made)):
        return _tamed(case, operation, APART_MODES)
    return made


def _tamed(case: Case, operation: Operation, modes: Mapping[str, str]) -> Case:
    numbers = {one.name: n for n, one in enumerate(operation.parameters) if isinstance(one, (Number, Operand))}
    steps = (_with_finite(case.steps[0], numbers), *case.steps[1:]) if numbers else case.steps
    return replace(case, inputs=tuple(_tame(given, modes) for given in case.inputs), steps=steps)


def _with_finite(step: Step, numbers: Mapping[str, int]) -> Step:
    """The step with finite numbers, by the names of those arguments and their places. Sizes may stand in a row."""
    args = tuple(_finite(one) if place in numbers.values() else one for place, one in enumerate(step.args))
    kwargs = tuple((name, _finite(one) if name in numbers else one) for name, one in step.kwargs)
    return replace(step, args=args, kwargs=kwargs)


def _finite(argument: Argument) -> Argument:
    return argument if not isinstance(argument, float) or math.isfinite(argument) else 0.5


def _tame(given: Input, modes: Mapping[str, str]) -> Input:
    if not isinstance(given.values, Drawn):
        return given
    mode = IN_TURN.join(modes.get(mode, mode) for mode in given.values.mode.split(IN_TURN))
    if mode == given.values.mode and not given.values.specials:
        return given
    return replace(given, values=replace(given.values, mode=mode, specials=()))


PROPERTY = Gradient()
