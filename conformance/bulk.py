"""Many rows of values through one structure of a pointwise operation: the hot loop, on live arrays.

A structure's inputs are blocks of rows, one row a derived seed. The target is called once a row, as a user would call
it; the reference is called once, on all rows stacked, since each element of its result depends on its own operands
alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.accuracy import Judged
from conformance.counting import COMPARED
from conformance.judging import ValueVerdict, judge
from conformance.model.case import Argument, Case, Drawn, DTypeName, Input, Ref
from conformance.model.observation import Aspect
from conformance.operation import Operation
from conformance.standard import pointwise_inputs, widened_to
from conformance.targets.interpreter import Interpreter
from conformance.ulp import same_bits
from conformance.values import block
from reference.autograd.mode import set_grad_enabled
from reference.dtypes import BY_NAME, wider
from reference.errors import Refusal
from reference.storage import Storage
from reference.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Rows:
    """What the rows of a structure showed: the first that fails, if any, and the worst error of the others."""

    row: int | None
    worst_ulps: float
    worst_input: str = ""


def rows_apply(base: Case, operation: Operation, target: Interpreter) -> bool:
    """Whether the rows of a structure can be stacked: a pointwise call on tensors that all have dimensions."""
    tensors = [given for given in base.inputs if not given.array]
    return (
        operation.pointwise
        and len(base.steps) == 1
        and Aspect.VALUES in target.aspects
        and bool(tensors)
        and all(given.shape and 0 not in given.shape and isinstance(given.values, Drawn) for given in base.inputs)
    )


def first_failing_row(base: Case, operation: Operation, target: Interpreter, rows: int) -> Rows:
    """Run all rows on the target and on the reference, and judge them together."""
    blocks = make_blocks(base, rows)
    try:
        expected = call_reference(operation, *stacked_arguments(base, blocks))
    except Refusal:
        return Rows(None, 0.0)
    found = target.run_rows(base, blocks)
    if found is None or found.shape != expected.shape or found.dtype != expected.dtype.numpy:
        return Rows(0, 0.0)
    COMPARED.elements += found.size
    # Where all bits are the same, no bound looks at the operands.
    inputs = () if same_bits(found, expected.array).all() else stacked_inputs(base, blocks)
    verdict = judge_rows(found, expected, inputs, operation, target)
    worst_input = _worst_input(base, blocks, verdict.worst_index) if verdict.worst else ""
    if verdict.held:
        return Rows(None, verdict.worst, worst_input)
    failing = verdict.wrong.reshape(rows, -1).any(axis=1)
    return Rows(int(np.argmax(failing)), 0.0, worst_input)


def make_blocks(base: Case, rows: int) -> dict[str, np.ndarray]:
    """The values of each input: a row for each derived seed."""
    return {given.name: _block(given, rows) for given in base.inputs}


def _block(given: Input, rows: int) -> np.ndarray:
    assert isinstance(given.values, Drawn), "only drawn values have rows"
    return block(given.values, BY_NAME[given.dtype], given.size, rows)


def stacked_arguments(base: Case, blocks: dict[str, np.ndarray]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of the one call of the reference: all rows of an input are one tensor."""
    ndim = max(len(given.shape) for given in base.inputs)
    stacked = {given.name: _stacked(given, blocks[given.name], ndim) for given in base.inputs}
    step = base.steps[0]
    args = [_argument(argument, stacked) for argument in step.args]
    return args, {name: _argument(argument, stacked) for name, argument in step.kwargs}


def call_reference(operation: Operation, args: list[Any], kwargs: dict[str, Any]) -> Tensor:
    """What the reference does with all rows at once."""
    with set_grad_enabled(False):
        result: Tensor = operation.reference(*args, **kwargs)
    return result


def judge_rows(
    found: np.ndarray, expected: Tensor, inputs: tuple[np.ndarray, ...], operation: Operation, target: Interpreter
) -> ValueVerdict:
    """Judge the results of all rows by the bound of the operation."""
    traits = target.traits
    judged = Judged(
        operation.name,
        expected.dtype,
        _exact(expected),
        inputs,
        None,
        1,
        traits.column,
        traits.flushes_subnormals,
        traits.tf32,
    )
    return judge(found, expected.array, expected.unrounded, operation.accuracy, judged)


def _stacked(given: Input, values: np.ndarray, ndim: int) -> Tensor:
    """All rows as one tensor: the row is a new first dimension, the others are aligned at their ends."""
    missing = (1,) * (ndim - len(given.shape))
    shape = (len(values), *missing, *given.shape)
    strides = (given.size, *(0 for _ in missing), *given.strides)
    storage = Storage.of(np.ascontiguousarray(values).reshape(-1))
    return Tensor(storage, BY_NAME[given.dtype], shape, strides, given.offset)


def _argument(argument: Argument, stacked: dict[str, Tensor]) -> Any:
    if isinstance(argument, Ref):
        return stacked[argument.name]
    return BY_NAME[argument.name] if isinstance(argument, DTypeName) else argument


def _exact(expected: Tensor) -> np.ndarray:
    if expected.unrounded is not None:
        return expected.unrounded
    return expected.array.astype(wider(expected.dtype).numpy, copy=False)


def stacked_inputs(base: Case, blocks: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
    """The operands, all rows of each stacked, wide, broadcast to each other."""
    ndim = max(len(given.shape) for given in base.inputs)
    stacked = {given.name: _stacked(given, blocks[given.name], ndim) for given in base.inputs}
    wide = {name: widened_to(tensor.array, tensor.dtype) for name, tensor in stacked.items()}
    return pointwise_inputs(base.steps[0], wide)


def _worst_input(base: Case, blocks: dict[str, np.ndarray], index: tuple[int, ...]) -> str:
    """The operands of the element with the largest error, as text."""
    if not index:
        return ""
    texts = []
    ndim = max(len(given.shape) for given in base.inputs)
    for given in base.inputs:
        array = _stacked(given, blocks[given.name], ndim).array
        at = tuple(i if size != 1 else 0 for i, size in zip(index, array.shape, strict=True))
        texts.append(str(array[at]))
    return ", ".join(texts)
