"""Layout: where the elements of an input lie in memory does not change the result."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.choices import Choices
from conformance.model.case import Case, Input
from conformance.model.observation import Aspect
from conformance.operation import Operation
from conformance.properties.base import Property, relaid
from conformance.strategies.layouts import LAYOUTS
from conformance.targets.interpreter import Interpreter


class Layout(Property):
    name = "layout"
    claim = "An input that is transposed, strided, offset or channels-last gives the values of the contiguous one."

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return Aspect.STRIDES in target.aspects

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        tensors = [given for given in base.inputs if not given.array]
        if not tensors:
            return
        yield _all_transposed(base, tensors)
        given = choices.choose(tensors)
        layouts = [
            name for name in LAYOUTS if name != "expanded" and (name != "channels last" or len(given.shape) == 4)
        ]
        layout = choices.choose(layouts)
        yield base.with_input(relaid(given, layout, choices.integer(0, max(len(given.shape) - 1, 0))))


def _all_transposed(base: Case, tensors: list[Input]) -> Case:
    """Every input with its first dimension innermost: the layout that is met most, and that a result takes over."""
    for given in tensors:
        base = base.with_input(relaid(given, "transposed", 0))
    return base


PROPERTY = Layout()
