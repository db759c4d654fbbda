"""Grids: every special value of an operand beside every one of the others, which draws would leave to chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from conformance.choices import Choices
from conformance.model.case import Case, Input, Ref, Step, references
from conformance.operation import Operation, Parameter
from conformance.parameters import AnyTensor, Number, Operand
from conformance.strategies.calls import in_places
from conformance.strategies.cases import FIRST_IS_ITS_OWN, draw_case, result_names
from conformance.strategies.layouts import Shape, geometry
from conformance.strategies.numbers import telling_numbers
from conformance.value_modes import special_pool
from conformance.values import fill, literal
from reference.dtypes import DType

MOST = 4096
"""So many elements of a result: 53 values beside 53, 16 beside 16 beside 16."""
_INVERSE = ("asin", "acos", "atan", "asinh", "acosh", "atanh")
ANNEX_G = frozenset(("abs", "angle", "sqrt", "exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", *_INVERSE))
"""Functions of which C99, Annex G, says what they make of zeros of either sign, infinities and NaN in either part of a
complex number: of others nobody does."""


def has_grid(operation: Operation, dtype: DType) -> bool:
    """Whether each element of a result depends on one of each operand, which may have any value there is."""
    tame = dtype.is_complex and not operation.accuracy.bitwise and operation.name not in ANNEX_G
    return operation.pointwise and not operation.values and not operation.random and not tame


def draw_grid(choices: Choices, operation: Operation, dtype: DType) -> Case:
    """A case whose operands have their values in every combination: the special ones, unless they draw their own.

    Each has a dimension to itself; or all are vectors, which other kernels compute. Of three draws, that of the most
    tensors is taken, and of these one of the most of this dtype: an operand may be a number, or one tensor twice.
    """

    def tensors(case: Case) -> tuple[int, int]:
        return len(case.inputs), sum(given.dtype == dtype.name for given in case.inputs)

    case = max((draw_case(choices, operation, dtype, shape=(2, 2)) for _ in range(3)), key=tensors)
    step = in_places(case.steps[0], operation.parameters)
    own = {
        name
        for parameter, given in zip(operation.parameters, step.args, strict=False)
        if not isinstance(parameter, Operand) or parameter.mode or parameter.dtypes
        for name in references(given)
    }
    names = dict.fromkeys(references((*step.args, *dict(step.kwargs).values())))
    read = [one if one.name in own else replace(one, dtype=dtype.name) for one in map(case.input, names)]
    count = int(MOST ** (1 / max(len(read), 2)))
    chosen = [
        fill(_of_size(one, (count,))) if one.name in own else _some(choices, special_pool(dtype), count) for one in read
    ]
    sparse = choices.flag(25)
    for given, values in zip(read, np.meshgrid(*chosen, indexing="ij", sparse=sparse), strict=True):
        shape = values.shape if sparse else (values.size,)
        case = case.with_input(replace(_of_size(given, shape), values=literal(values.reshape(-1))))
    return case


def numbers_to_meet(operation: Operation, dtype: DType) -> list[Case]:
    """Cases of one vector beside a number each: one that takes every bit of the dtype, or lies at one of its ends.

    The vector holds them too, with what lies next to them, and the special values: of numbers drawn alone hardly one
    would ever be equal to an element. None unless a call is of one tensor and one number, and right to the last bit.
    """
    parameters = operation.parameters[:2]
    place = next((n for n, one in enumerate(parameters) if _may_be_any_number(one)), None)
    numbers = telling_numbers(dtype)
    if place is None or not numbers or not operation.accuracy.bitwise or operation.effect in FIRST_IS_ITS_OWN:
        return []
    tensor, *others = [one for one in operation.parameters if one is not parameters[place]]
    if not isinstance(tensor, (Operand, AnyTensor)) or any(one.required for one in others):
        return []
    values = _with_neighbours(dtype, numbers)
    strides, offset, size = geometry("contiguous", values.shape)
    given = Input(tensor.name, values.shape, dtype.name, strides, offset, size, literal(values))
    found = []
    for number in numbers:
        args = (Ref(given.name), number) if place else (number, Ref(given.name))
        step = Step(operation.name, operation.functional[0], args, results=result_names(operation))
        found.append(Case((given,), (step,)))
    return found


def _may_be_any_number(parameter: Parameter) -> bool:
    if isinstance(parameter, Operand):
        return parameter.number
    return isinstance(parameter, Number) and not parameter.options


def _with_neighbours(dtype: DType, numbers: Sequence[int | float | complex]) -> np.ndarray:
    """The special values of a dtype, numbers, and what lies next to these."""
    held = np.array(numbers, dtype.numpy)
    if dtype.is_complex:
        next_to = [held.conj()]
    elif dtype.is_floating_point:
        next_to = [np.nextafter(held, np.array(end, dtype.numpy)) for end in (-np.inf, np.inf)]
    else:
        next_to = [held - np.array(held > 0, dtype.numpy), held + np.array(held < 0, dtype.numpy)]
    return np.concatenate([special_pool(dtype), held, *next_to])


def _of_size(given: Input, shape: Shape) -> Input:
    """The input with another shape, row-major."""
    strides, offset, size = geometry("contiguous", shape)
    return replace(given, shape=shape, strides=strides, offset=offset, size=size)


def _some(choices: Choices, pool: np.ndarray, count: int) -> np.ndarray:
    """So many of the values of a pool, each once; the last of it, which tell most, and as many others."""
    words = pool.view(f"V{pool.itemsize}") if pool.dtype.kind != "b" else pool
    _, first = np.unique(words[::-1], return_index=True)
    values = pool[::-1][np.sort(first)]
    if len(values) <= count:
        return values
    telling = count // 2
    start = choices.integer(0, len(values) - telling - 1)
    return np.concatenate([values[:telling], np.roll(values[telling:], -start)[: count - telling]])
