"""Where a known difference was met: the one call, of a program too, and what is known of each wrong element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from conformance.compare import Difference
from conformance.examine import REFERENCE
from conformance.model.case import BACKWARD, GRAD, Argument, Case, Input, Literal, Ref, Step, references
from conformance.model.observation import Seen
from conformance.operations import find
from conformance.standard import logical
from conformance.strategies.calls import in_places
from conformance.ulp import finfo
from reference.dtypes import BY_NAME, BY_NUMPY, DType, default_dtype, extended
from reference.layout import contiguous_strides


@dataclass(frozen=True)
class Met:
    """A difference, the case in which it was met, and the call that shows it; ``storages`` tells which variables of a
    program share memory."""

    case: Case
    call: Case
    difference: Difference
    storages: Mapping[str, str] = field(default_factory=dict)

    def storage(self, variable: str) -> str:
        """The first variable with the same memory."""
        return self.storages.get(variable, variable)

    @cached_property
    def elements(self) -> Elements | None:
        """The elements of what differs, beside the operands; None where no operands belong to them."""
        wanted, found = self.difference.expected, self.difference.actual
        if self.difference.verdict is None:
            return None
        tensors = _tensors(self.call)
        arguments = arguments_of(self.call.main)
        first = next((argument.name for argument in arguments if isinstance(argument, Ref)), "")
        if first not in tensors:
            return None
        given = [_operand(argument, tensors) for argument in arguments]
        known = [wanted, found, tensors[first], _cotangent(self.call, tensors)]
        try:
            wide = np.broadcast_arrays(*map(extended, known), *(operand for operand in given if operand is not None))
        except ValueError:
            return None
        expected, actual, tensor, cotangent, *operands = wide
        return Elements(expected, actual, tuple(operands), tensor, cotangent, self._computing(tensors[first]))

    def _computing(self, operand: np.ndarray) -> DType:
        """The dtype of the result before it was written to an ``out=``."""
        seen = REFERENCE.run(self.call).last.variables.get(self.difference.variable)
        if seen is not None and seen.computed is not None:
            return BY_NAME[seen.computed]
        dtype, out = BY_NUMPY[operand.dtype], BY_NUMPY[self.difference.expected.dtype]
        computed = dtype if dtype.is_differentiable else default_dtype()
        return min(computed, out, key=lambda one: finfo(one).p) if out.is_differentiable else out


@dataclass(frozen=True, slots=True)
class Elements:
    """Expected and actual elements, the operands of each and its cotangent, in long double and in one shape.

    ``tensor`` is the first operand that is no number; ``dtype`` is that of what differs, unless ``out=`` is wider than
    what was computed.
    """

    expected: np.ndarray
    actual: np.ndarray
    operands: tuple[np.ndarray, ...]
    tensor: np.ndarray
    cotangent: np.ndarray
    dtype: DType

    @property
    def error(self) -> np.ndarray:
        """How far the actual elements are off."""
        return np.abs(self.actual - self.expected)

    @property
    def unit(self) -> float:
        """By what rounding to the dtype may be off, relatively."""
        return finfo(self.dtype).unit

    @property
    def largest(self) -> float:
        """The largest number of the dtype."""
        return finfo(self.dtype).max


def expected_of(met: Met, case: Case) -> Seen | None:
    """The variable that differs, as the reference leaves it after a case."""
    return REFERENCE.run(case).last.variables.get(met.difference.variable)


def arguments_of(step: Step) -> list[Argument]:
    """What a step reads, in its order; a list as a tuple."""
    given = (*step.args, *(argument for name, argument in step.kwargs if name != "out"))
    return [tuple(argument) if isinstance(argument, list) else argument for argument in given]


def given_as(case: Case, argument: Argument) -> Input | None:
    """The input that an argument is, itself or a copy."""
    names = (argument.name, f"leaf_{argument.name}") if isinstance(argument, Ref) else ()
    return next((given for given in case.inputs if given.name in names), None)


def reduced_dim(case: Case) -> int | None:
    """The dimension that is given: the first number but the tensor."""
    return next((argument for argument in arguments_of(case.main) if type(argument) is int), None)


def _tensors(call: Case) -> dict[str, np.ndarray]:
    """What the call may read, by name: inputs, and what earlier steps made of them, such as copies and parts."""
    tensors = {given.name: logical(given) for given in call.inputs if not given.array}
    before = call.steps[: call.steps.index(call.main)]
    made = REFERENCE.run(replace(call, steps=before)).last.variables if before else {}
    return tensors | {name: seen.values for name, seen in made.items() if isinstance(seen.values, np.ndarray)}


def _cotangent(call: Case, tensors: dict[str, np.ndarray]) -> np.ndarray:
    """What is given to a backward pass, or else one."""
    given = Ref("cotangent")
    pulled = any(step.operation in (BACKWARD, GRAD) and given in step.args for step in call.steps)
    return tensors["cotangent"] if pulled else np.ones(())


def _operand(argument: Argument, tensors: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """A tensor or a number among the arguments."""
    if isinstance(argument, Ref):
        return extended(tensors[argument.name]) if argument.name in tensors else None
    is_number = isinstance(argument, (int, float, complex)) and not isinstance(argument, bool)
    return extended(np.asarray(argument)) if is_number else None


def met(case: Case, difference: Difference, *, in_program: bool) -> Met:
    """Where the difference was met; of a program, the step that differs is made a case of its own."""
    if not in_program:
        # Steps before the call take parts or make copies.
        alone = case.main is case.steps[0]
        return Met(case, _in_places(case), difference, {} if alone else _storages(REFERENCE.run(case).last.variables))
    step = case.steps[difference.step]
    if not difference.step:
        return Met(case, _in_places(replace(case, inputs=_read_first(case.inputs, step), steps=(step,))), difference)
    before = REFERENCE.run(case, every_step=True).observations[difference.step - 1].variables
    variables = {name: seen for name, seen in before.items() if seen.kind in ("tensor", "array")}
    inputs = tuple(_as_input(name, seen) for name, seen in variables.items() if seen.dtype in BY_NAME)
    return Met(
        case,
        _in_places(replace(case, inputs=_read_first(inputs, step), steps=(step,))),
        difference,
        _storages(variables),
    )


def _storages(variables: Mapping[str, Seen]) -> dict[str, str]:
    """The first variable with the memory of each."""
    return {name: seen.storage for name, seen in variables.items() if seen.storage}


def _in_places(case: Case) -> Case:
    """The case with the arguments of its call in their places, however they were given."""
    main = case.main
    same = in_places(main, find(main.operation).parameters)
    return replace(case, steps=tuple(same if step is main else step for step in case.steps))


def _read_first(inputs: tuple[Input, ...], step: Step) -> tuple[Input, ...]:
    """The inputs, those that a step reads before all others, in their order."""
    read = [name for argument in arguments_of(step) for name in references(argument)]
    return tuple(sorted(inputs, key=lambda one: read.index(one.name) if one.name in read else len(read)))


def _as_input(name: str, seen: Seen) -> Input:
    """A variable as it was before a step, in memory of its own; an array, whose strides may be negative, is dense."""
    shape, values, array = seen.shape or (), np.asarray(seen.values), seen.kind == "array"
    strides = contiguous_strides(shape) if array else seen.strides or ()
    size = 0 if 0 in shape else 1 + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
    storage = np.zeros(size, values.dtype)
    if size:
        steps = tuple(stride * storage.itemsize for stride in strides)
        np.ndarray(shape, storage.dtype, storage, 0, steps)[...] = values  # as_strided knows no float8
    literal, tracked = Literal(storage.tobytes()), bool(seen.requires_grad)
    return Input(name, shape, str(seen.dtype), strides, 0, size, literal, tracked, array)
