"""Promotion: the dtype of a result follows from those of its operands, of which one without dimensions counts less.

Where only one is promoted, or none, it follows from that of the input: of a sum of int8, say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from conformance.choices import Choices
from conformance.compare import Comparison
from conformance.examine import REFERENCE, Examined, lazy_standard, unsupported
from conformance.model.case import Argument, Case, Drawn, DTypeName, Input, Ref, Step
from conformance.model.observation import Aspect, Trace
from conformance.model.verdict import Outcome
from conformance.operation import ALL, Effect, Operation
from conformance.parameters import Operand
from conformance.properties.base import Property, first_tensor
from conformance.strategies.layouts import geometry
from conformance.targets.interpreter import Interpreter
from reference.dtypes import BY_NAME, Category, DType

_SEEN = frozenset({Aspect.REFUSAL, Aspect.KIND, Aspect.DTYPE, Aspect.SHAPE})
_LARGEST = 127
NUMBERS = {Category.BOOL: True, Category.INTEGRAL: 2, Category.FLOATING: 0.5, Category.COMPLEX: 2j}


class Promotion(Property):
    """A category of dtypes at once: each step of a case is the call with a second operand of another dtype.

    Of an operation without two operands, each step is the call with integers of another dtype.
    """

    name = "promotion"
    of_every_dtype = True
    claim = (
        "Operands of any two dtypes, with dimensions and without, give a result of the dtype of their promotion; an"
        " input of integers gives one of the dtype that the page says."
    )
    once = True

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return bool(operation.functional) and (promotes(operation) or operation.effect is Effect.NEW)

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        if _has_extreme(base.steps[0]):
            return
        if not promotes(operation):
            yield from _of_each_dtype(base, operation)
            return
        first, second = promoted_operands(operation)[:2]
        step = base.steps[0]
        tensors = [given for given in base.inputs if given.dtype in {one.name for one in _dtypes_at(operation, first)}]
        if len(step.args) <= second or not tensors:
            return
        inputs = [small(given, ()) for given in base.inputs]
        left = small(next((one for one in tensors if Ref(one.name) == step.args[first]), tensors[0]), (2,), "left")
        for category in Category:
            dtypes = [dtype for dtype in _dtypes_at(operation, second) if dtype.category is category]
            rights = [
                small(left, shape, f"right_{dtype.name}_{len(shape)}", dtype.name)
                for dtype, shape in _with_shapes(dtypes, choices.integer(0, 1), BY_NAME[left.dtype])
            ]
            options: list[Argument] = [Ref(right.name) for right in rights]
            if _takes_numbers(operation, second):
                options.append(NUMBERS[category])
            given = [{first: Ref("left"), second: option} for option in options]
            given += [{first: Ref(right.name), second: Ref("left")} for right in rights if not right.shape]
            calls = (_call(step, changed, number) for number, changed in enumerate(given))
            yield from _accepted(Case((left, *rights, *inputs), tuple(calls)))

    def examine(self, case: Case, target: Interpreter) -> Examined:
        expected, actual = REFERENCE.run(case), target.run(case)
        if unsupported(case, expected, actual, target):
            return Examined(case, Outcome.INAPPLICABLE, expected=expected, actual=actual)
        aspects = (_SEEN | {Aspect.VALUES} if _is_whole(expected) else _SEEN) & target.comparable(case)
        comparison = Comparison(aspects, target.traits, lazy_standard(case, expected)).traces(expected, actual)
        outcome = Outcome.BROKE if comparison.differences else Outcome.HELD
        return Examined(case, outcome, comparison.differences, 0.0, expected, actual)


def _has_extreme(step: Step) -> bool:
    """Whether a number is given that not every dtype holds."""
    return any(
        isinstance(one, int) and abs(one) > _LARGEST for one in _leaves([*step.args, *dict(step.kwargs).values()])
    )


def _leaves(argument: Argument) -> Iterator[Argument]:
    if isinstance(argument, (tuple, list)):
        for one in argument:
            yield from _leaves(one)
    else:
        yield argument


def promotes(operation: Operation) -> bool:
    """Whether the dtypes of two operands are promoted."""
    return operation.results == 1 and len(promoted_operands(operation)) >= 2


def _with_shapes(dtypes: list[DType], turn: int, left: DType) -> Iterator[tuple[DType, tuple[int, ...]]]:
    """Each dtype of a category with a dimension or without, in turn; one that is alone, and floating ones beside a
    floating one, with and without."""
    shapes = ((2,), ())
    both = len(dtypes) == 1 or all(dtype.category is left.category is Category.FLOATING for dtype in dtypes)
    for number, dtype in enumerate(dtypes):
        yield from ((dtype, shape) for shape in (shapes if both else (shapes[(number + turn) % 2],)))


def promoted_operands(operation: Operation) -> list[int]:
    """The positions of the parameters whose dtypes are promoted."""
    return [
        position
        for position, parameter in enumerate(operation.parameters)
        if isinstance(parameter, Operand) and parameter.dtypes in ((), ALL) and not parameter.keyword
    ]


def _dtypes_at(operation: Operation, position: int) -> tuple[DType, ...]:
    """The dtypes that the operand at a position may have."""
    parameter = operation.parameters[position]
    return (isinstance(parameter, Operand) and parameter.dtypes) or operation.dtypes


def _takes_numbers(operation: Operation, position: int) -> bool:
    parameter = operation.parameters[position]
    return isinstance(parameter, Operand) and parameter.number


def small(given: Input, shape: tuple[int, ...], name: str = "", dtype: str = "") -> Input:
    """A few numbers that every dtype holds and that may divide."""
    strides, offset, size = geometry("contiguous", shape)
    values = Drawn("positive", 1)
    return Input(name or given.name, shape, dtype or given.dtype, strides, offset, size, values)


def _call(step: Step, changed: dict[int, Argument], number: int) -> Step:
    args = tuple(changed.get(position, argument) for position, argument in enumerate(step.args))
    return replace(step, args=args, results=(f"result_{number}",))


def _of_each_dtype(base: Case, operation: Operation) -> Iterator[Case]:
    """The call on inputs of each integral dtype in turn; a dtype that may be asked for is left to be found.

    Of every other kind there are two, of which structures are drawn.
    """
    given = first_tensor(base)
    if given is None or not isinstance(given.values, Drawn):
        return
    kind = [dtype for dtype in operation.dtypes if dtype.category is Category.INTEGRAL]
    if BY_NAME[given.dtype] not in kind or len(kind) == 1:
        return
    changed = [one for one in base.inputs if one.dtype == given.dtype and isinstance(one.values, Drawn)]
    kept = [one for one in base.inputs if one not in changed]
    step = without_dtype(base.steps[0], operation)
    inputs, steps = [], []
    for dtype in kind:
        names = {one.name: f"{one.name}_{dtype.name}" for one in changed}
        inputs += [replace(one, name=names[one.name], dtype=dtype.name) for one in changed]
        steps.append(_renamed(step, names, tuple(f"{result}_{dtype.name}" for result in step.results)))
    yield from _accepted(Case((*inputs, *kept), tuple(steps), base.seed))


def without_dtype(step: Step, operation: Operation) -> Step:
    """The call without a dtype that it need not ask for."""
    free = {one.name for one in operation.parameters if one.mostly or not one.required}
    kwargs = tuple((name, one) for name, one in step.kwargs if not (name in free and isinstance(one, DTypeName)))
    return replace(step, kwargs=kwargs)


def _renamed(step: Step, names: Mapping[str, str], results: tuple[str, ...]) -> Step:
    """The call on other inputs."""

    def of(argument: Argument) -> Argument:
        if isinstance(argument, (tuple, list)):
            return type(argument)(of(one) for one in argument)
        return Ref(names.get(argument.name, argument.name)) if isinstance(argument, Ref) else argument

    kwargs = tuple((name, of(one)) for name, one in step.kwargs)
    return replace(step, args=tuple(of(one) for one in step.args), kwargs=kwargs, results=results)


def _is_whole(expected: Trace) -> bool:
    """Whether all that was computed are integers, of which every bit counts."""
    seen = expected.last.variables.values() if expected.refused is None else ()
    return all(one.dtype is not None and BY_NAME[one.dtype].category < Category.FLOATING for one in seen)


def _accepted(case: Case) -> Iterator[Case]:
    """The case as a whole, or step by step where one of them must be refused: that would end it."""
    if not case.steps:
        return
    if REFERENCE.run(case).refused is None:
        yield case
    else:
        yield from (replace(case, steps=(step,)) for step in case.steps)


PROPERTY = Promotion()
