"""Grids: every special value of an operand beside every one of the others, which draws would leave to chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from conformance.choices import Choices
from conformance.model.case import Case, Input, references
from conformance.operation import Operation
from conformance.parameters import Operand
from conformance.strategies.calls import in_places
from conformance.strategies.cases import draw_case
from conformance.strategies.layouts import Shape, geometry
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
