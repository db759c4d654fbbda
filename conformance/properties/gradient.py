"""Gradient: backward with a drawn cotangent gives the reference's vector-Jacobian product."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import prod

import numpy as np

from conformance.choices import Choices
from conformance.examine import REFERENCE, Examined, examine_against
from conformance.model.case import Case, Drawn, Hook, Input, Ref, Step
from conformance.model.observation import Aspect, Trace
from conformance.model.verdict import Outcome
from conformance.operation import Form, Operation
from conformance.operations import find
from conformance.properties.base import Property, result_seen, then
from conformance.standard import BACKWARD, logical
from conformance.strategies.cases import with_requires_grad
from conformance.strategies.drawing import Drawing
from conformance.strategies.layouts import geometry
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
    "dividends": "small",
    "divisors": "small",
}


class Gradient(Property):
    name = "gradient"
    of_every_dtype = True
    claim = (
        "Backward through the call gives each input the vector-Jacobian product of its derivative: once, added to what"
        " was there, after the hooks of the result."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return Aspect.GRAD in target.aspects and operation.gradient is not None

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        tracked = tamed(with_requires_grad(base))
        if not any(given.requires_grad for given in tracked.inputs):
            return
        seen = result_seen(base)
        if not seen:
            return
        name, result = next(iter(seen.items()))
        if result.dtype is None or result.shape is None or BY_NAME[result.dtype].category < Category.FLOATING:
            return
        yield tracked
        strides, offset, size = geometry("contiguous", result.shape)
        values = replace(
            Drawing(choices, operation, BY_NAME[result.dtype]).values(size, choices.choose(("normal", "small"))),
            specials=(),
        )
        cotangent = Input("cotangent", result.shape, result.dtype, strides, offset, size, values)
        some = _some_tracked(tracked, choices)
        tracked = replace(some, inputs=(*some.inputs, cotangent))
        yield then(tracked, _backward(name))
        yield then(tracked, *choices.choose(_rules(name, result.shape)))

    def examine(self, case: Case, target: Interpreter) -> Examined:
        expected = REFERENCE.run(case)
        if len(case.steps) > 1 and _left_open(case, expected):
            return Examined(case, Outcome.INAPPLICABLE)
        return examine_against(expected, case, target)


def _some_tracked(case: Case, choices: Choices) -> Case:
    """The case, or at times one of several inputs tracked alone: some derivatives exist for some inputs only."""
    tracked = [given.name for given in case.inputs if given.requires_grad]
    if len(tracked) < 2 or not choices.flag(40):
        return case
    alone = choices.choose(tracked)
    return replace(case, inputs=tuple(replace(given, requires_grad=given.name == alone) for given in case.inputs))


def _left_open(case: Case, expected: Trace) -> bool:
    """Whether any of several equal elements may have been chosen: then whose the gradient is, is open too."""
    if getattr(find(case.main.operation).accuracy, "among_equals", False):
        elements = logical(case.inputs[0])
        if len(np.unique(elements)) < elements.size:
            return True
    results = [expected.last.variables[name] for name in case.main.results if name in expected.last.variables]
    return any(one.specified is not True for one in results)


def _backward(name: str, **kwargs: bool) -> Step:
    return Step(BACKWARD, Form.METHOD, (Ref(name), Ref("cotangent")), tuple(kwargs.items()))


def _rules(name: str, shape: tuple[int, ...]) -> list[tuple[Step, ...]]:
    """The rules of backward, whatever was called before it: hooks, accumulation, a graph that is freed, refusals."""
    rules: list[tuple[Step, ...]] = [
        (_backward(name), _backward(name)),
        (_backward(name, retain_graph=True), _backward(name)),
        (Step("register_hook", Form.METHOD, (Ref(name), Hook("double"))), _backward(name)),
        (Step("retain_grad", Form.METHOD, (Ref(name),)), _backward(name)),
    ]
    if prod(shape) != 1:
        rules.append((Step(BACKWARD, Form.METHOD, (Ref(name),)),))
    return rules


def tamed(case: Case) -> Case:
    """The case with values of moderate size: a derivative is not specified where its own formula overflows."""
    return replace(case, inputs=tuple(_tame(given) for given in case.inputs))


def _tame(given: Input) -> Input:
    if not isinstance(given.values, Drawn):
        return given
    mode = IN_TURN.join(WILD_MODES.get(mode, mode) for mode in given.values.mode.split(IN_TURN))
    return replace(given, values=replace(given.values, mode=mode, specials=()))


PROPERTY = Gradient()
