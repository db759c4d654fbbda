"""Promotion: the dtype of a result follows from those of its operands, of which one without dimensions counts less."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from conformance.choices import Choices
from conformance.compare import Comparison
from conformance.examine import REFERENCE, Examined, lazy_standard, unsupported
from conformance.model.case import Argument, Case, Drawn, Input, Ref, Step
from conformance.model.observation import Aspect
from conformance.model.verdict import Outcome
from conformance.operation import Operation
from conformance.parameters import Operand
from conformance.properties.base import Property
from conformance.strategies.layouts import geometry
from conformance.targets.interpreter import Interpreter
from reference.dtypes import Category

_SEEN = frozenset({Aspect.REFUSAL, Aspect.KIND, Aspect.DTYPE, Aspect.SHAPE})
_NUMBERS = {Category.BOOL: True, Category.INTEGRAL: 2, Category.FLOATING: 0.5, Category.COMPLEX: 2j}


class Promotion(Property):
    """A category of dtypes at once: each step of a case is the call with a second operand of another dtype."""

    name = "promotion"
    of_every_dtype = True
    claim = "Operands of any two dtypes, with dimensions and without, give a result of the dtype of their promotion."
    once = True

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return operation.results == 1 and bool(operation.functional) and len(_operands(operation)) >= 2

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        first, second = _operands(operation)[:2]
        step = base.steps[0]
        tensors = [given for given in base.inputs if not given.array]
        if len(step.args) <= second or not tensors:
            return
        inputs = [_small(given, ()) for given in base.inputs]
        left = _small(tensors[0], (2,), "left")
        for category in Category:
            rights = [
                _small(left, shape, f"right_{dtype.name}_{len(shape)}", dtype.name)
                for dtype in operation.dtypes
                for shape in ((2,), ())
                if dtype.category is category
            ]
            options: list[Argument] = [Ref(right.name) for right in rights]
            if _takes_numbers(operation, second):
                options.append(_NUMBERS[category])
            calls = (_call(step, {first: Ref("left"), second: option}, number) for number, option in enumerate(options))
            yield from _accepted(Case((left, *rights, *inputs), tuple(calls)))

    def examine(self, case: Case, target: Interpreter) -> Examined:
        expected, actual = REFERENCE.run(case), target.run(case)
        if unsupported(case, expected, actual, target):
            return Examined(case, Outcome.INAPPLICABLE, expected=expected, actual=actual)
        aspects = _SEEN & target.aspects
        comparison = Comparison(aspects, target.traits, lazy_standard(case, expected)).traces(expected, actual)
        outcome = Outcome.BROKE if comparison.differences else Outcome.HELD
        return Examined(case, outcome, comparison.differences, 0.0, expected, actual)


def _operands(operation: Operation) -> list[int]:
    """The positions of the parameters whose dtypes are promoted."""
    return [
        position
        for position, parameter in enumerate(operation.parameters)
        if isinstance(parameter, Operand) and not parameter.dtypes and not parameter.keyword
    ]


def _takes_numbers(operation: Operation, position: int) -> bool:
    parameter = operation.parameters[position]
    return isinstance(parameter, Operand) and parameter.number


def _small(given: Input, shape: tuple[int, ...], name: str = "", dtype: str = "") -> Input:
    """A few numbers that every dtype holds and that may divide."""
    strides, offset, size = geometry("contiguous", shape)
    values = Drawn("positive", 1)
    return Input(name or given.name, shape, dtype or given.dtype, strides, offset, size, values)


def _call(step: Step, changed: dict[int, Argument], number: int) -> Step:
    args = tuple(changed.get(position, argument) for position, argument in enumerate(step.args))
    return replace(step, args=args, results=(f"result_{number}",))


def _accepted(case: Case) -> Iterator[Case]:
    """The case as a whole, or step by step where one of them must be refused: that would end it."""
    if not case.steps:
        return
    if REFERENCE.run(case).refused is None:
        yield case
    else:
        yield from (replace(case, steps=(step,)) for step in case.steps)


PROPERTY = Promotion()
