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
    stacked = stacked_inputs(base, blocks)
    try:
        expected = call_reference(operation, *stacked_arguments(base, stacked))
    except Refusal:
        return Rows(None, 0.0)
    found = target.run_rows(base, blocks)
    if found is None or found.shape != expected.shape or found.dtype != expected.dtype.numpy:
        return Rows(0, 0.0)
    COMPARED.elements += found.size
    places, verdict = judge_rows(found, expected, base, stacked, operation, target)
    worst = tuple(int(axis[verdict.worst_index[0]]) for axis in places) if verdict.worst_index else ()
    worst_input = _worst_input(stacked, worst) if verdict.worst else ""
    if verdict.held:
        return Rows(None, verdict.worst, worst_input)
    return Rows(int(places[0][np.argmax(verdict.wrong)]), 0.0, worst_input)


def make_blocks(base: Case, rows: int) -> dict[str, np.ndarray]:
    """The values of each input: a row for each derived seed."""
    return {given.name: _block(given, rows) for given in base.inputs}


def _block(given: Input, rows: int) -> np.ndarray:
    assert isinstance(given.values, Drawn), "only drawn values have rows"
    return block(given.values, BY_NAME[given.dtype], given.size, rows)


def stacked_inputs(base: Case, blocks: dict[str, np.ndarray]) -> dict[str, Tensor]:
    """The inputs, all rows of each as one tensor."""
    ndim = max(len(given.shape) for given in base.inputs)
    return {given.name: _stacked(given, blocks[given.name], ndim) for given in base.inputs}


def stacked_arguments(base: Case, stacked: dict[str, Tensor]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of the one call of the reference."""
    step = base.steps[0]
    args = [_argument(argument, stacked) for argument in step.args]
    return args, {name: _argument(argument, stacked) for name, argument in step.kwargs}


def call_reference(operation: Operation, args: list[Any], kwargs: dict[str, Any]) -> Tensor:
    """What the reference does with all rows at once."""
    with set_grad_enabled(False):
        result: Tensor = operation.reference(*args, **kwargs)
    return result


def judge_rows(
    found: np.ndarray,
    expected: Tensor,
    base: Case,
    stacked: dict[str, Tensor],
    operation: Operation,
    target: Interpreter,
) -> tuple[tuple[np.ndarray, ...], ValueVerdict]:
    """The places where bits differ, and the verdict on what is there by the bound of the operation.

    They are few, and a pointwise bound looks at nothing but an element and its operands.
    """
    places = np.unravel_index(np.flatnonzero(~same_bits(found, expected.array)), found.shape)

    def there(array: np.ndarray) -> np.ndarray:
        return np.broadcast_to(array, found.shape)[places]

    rounded, unrounded = there(expected.array), expected.unrounded
    exact = rounded.astype(wider(expected.dtype).numpy) if unrounded is None else there(unrounded)
    operands = {name: widened_to(there(tensor.array), tensor.dtype) for name, tensor in stacked.items()}
    traits = target.traits
    judged = Judged(
        operation.name,
        expected.dtype,
        exact,
        pointwise_inputs(base.steps[0], operands),
        column=traits.column,
        flushes_subnormals=traits.flushes_subnormals,
        tf32=traits.tf32,
    )
    return places, judge(found[places], rounded, None if unrounded is None else exact, operation.accuracy, judged)


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


def _worst_input(stacked: dict[str, Tensor], index: tuple[int, ...]) -> str:
    """The operands of the element with the largest error, as text."""
    if not index:
        return ""
    texts = []
    for tensor in stacked.values():
        at = tuple(i if size != 1 else 0 for i, size in zip(index, tensor.shape, strict=True))
        texts.append(str(tensor.array[at]))
    return ", ".join(texts)
