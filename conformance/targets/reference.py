"""The reference as a target: what every other target is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import numpy as np

from conformance.model.case import Case, Input, Step
from conformance.model.observation import Refused, Seen, Trace
from conformance.operation import Effect, Form, Operation
from conformance.operations import find
from conformance.targets.interpreter import (
    Glimpse,
    Interpreter,
    Memory,
    array_memory,
    glimpse_array,
    glimpse_bits,
    glimpse_gradient,
    glimpse_plain,
    see_array,
)
from conformance.values import fill
from reference import random as reference_random
from reference.autograd.mode import no_grad
from reference.dtypes import BY_NAME, DType
from reference.errors import DTypeRefusal, Refusal, refuse_dtype
from reference.function import Function, Pointwise
from reference.storage import Storage
from reference.tensor import Tensor
from reference.writing import in_place, with_out

_WIDENED = {"float64": "extended", "complex128": "complex_extended"}
LATEST = 1024
"""How many traces are kept: about those of one operation, with which the next target is compared."""


class ReferenceTarget(Interpreter):
    """Runs cases on the reference."""

    name = "reference"

    def seed(self, seed: int) -> None:
        reference_random.manual_seed(seed)

    def make(self, given: Input) -> Any:
        return make_input(given, fill(given))

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        operation = find(step.operation)
        kwargs.pop("device", None)
        refuse_dtypes(operation, args, kwargs.get("dtype"))
        return _FORMS[step.spelling](operation, args, kwargs)

    def refusal(self, error: Exception) -> Refused:
        if isinstance(error, Refusal):
            others = error.others if isinstance(error, DTypeRefusal) else ()
            return Refused(error.kind, error.message, others)
        raise error

    def see(self, value: Any) -> Seen:
        return see(value)

    def specified(self, value: Any) -> np.ndarray | None:
        if not isinstance(value, Tensor) or value.specified is True:
            return None
        return np.broadcast_to(value.specified, value.shape)

    def glimpse(self, value: Any, *, data: bool, specified: np.ndarray | None = None) -> Glimpse | None:
        if isinstance(value, np.ndarray):
            return glimpse_array(value, data=data)
        if not isinstance(value, Tensor):
            return glimpse_plain(value)
        is_leaf, node = history(value)
        facts = value.dtype.name, value.strides, value.offset, value.requires_grad, is_leaf, node
        if not data:
            return Glimpse(value.shape, facts)
        grad = value.grad if is_leaf or value.retains_grad else None
        gradient = None if grad is None else glimpse_gradient(grad.array)
        return Glimpse(value.shape, facts, glimpse_bits(value.array, specified), gradient)

    def version(self, value: Any) -> int:
        return value.version if isinstance(value, Tensor) else 0

    def memory(self, value: Any) -> Memory | None:
        if isinstance(value, Tensor):
            start = value.storage.address
            return Memory(start, start + value.storage.nbytes, id(value.storage))
        return array_memory(value) if isinstance(value, np.ndarray) else None

    def no_grad(self) -> AbstractContextManager[None]:
        return no_grad()

    def dtype(self, name: str) -> DType:
        return BY_NAME[name]

    def memory_format(self, name: str) -> str:
        return name


class CachedReference(ReferenceTarget):
    """The reference, which keeps its latest traces: properties and targets ask again what the same case gives.

    The same is the same object: while it is held here, no other has its identity.
    """

    def __init__(self) -> None:
        self._latest: dict[tuple[int, bool], tuple[Case, Trace]] = {}

    def run(self, case: Case, *, every_step: bool = False) -> Trace:
        key = (id(case), every_step)
        if key not in self._latest:
            trace = super().run(case, every_step=every_step)
            if len(self._latest) == LATEST:
                del self._latest[next(iter(self._latest))]
            self._latest[key] = case, trace
        return self._latest[key][1]


def make_input(given: Input, elements: np.ndarray) -> Tensor | np.ndarray:
    """A tensor (or array) over a copy of ``elements``, which fill its storage."""
    dtype = BY_NAME[given.dtype]
    elements = np.array(elements)
    if given.array:
        return make_array(given, elements)
    made = Tensor(Storage.of(elements), dtype, given.shape, given.strides, given.offset)
    return made.requires_grad_() if given.requires_grad else made


def make_array(given: Input, elements: np.ndarray) -> np.ndarray:
    """A NumPy array of the input's layout over ``elements``."""
    itemsize = elements.itemsize
    strides = tuple(stride * itemsize for stride in given.strides)
    # Through bytes: ml_dtypes has no buffer of its own.
    made = np.ndarray(given.shape, elements.dtype, elements.view(np.uint8).data, given.offset * itemsize, strides)
    if not given.writeable:
        made.flags.writeable = False
    return made


def refuse_dtypes(operation: Operation, args: Sequence[Any], asked: Any = None) -> None:
    """Refuse tensors that are all of dtypes that the operation does not take; mixed ones it may promote.

    Of what is made from no tensor, the dtype ``asked`` for decides.
    """
    if operation.effect is Effect.CREATES and isinstance(asked, DType) and not takes(operation, asked):
        refuse_dtype(operation.name, asked, "RuntimeError")
    tensors = [argument for argument in args if isinstance(argument, Tensor)]
    if tensors and not any(takes(operation, tensor.dtype) for tensor in tensors):
        refuse_dtype(operation.name, tensors[0].dtype, "RuntimeError")


def takes(operation: Operation, dtype: DType) -> bool:
    """Whether an operation takes a dtype; the reference's own wide ones count as those they widen."""
    return dtype.name in _names_taken(operation)


@cache
def _names_taken(operation: Operation) -> frozenset[str]:
    names = frozenset(accepted.name for accepted in operation.dtypes)
    return names | {wide for name, wide in _WIDENED.items() if name in names}


def see(value: Any) -> Seen:
    """What can be seen of a value of the reference."""
    if isinstance(value, np.ndarray):
        return see_array(value)
    if not isinstance(value, Tensor):
        return Seen(type(value).__name__, value)
    is_leaf, node = history(value)
    # Of any other tensor, a gradient is not promised to be there.
    grad = value.grad if is_leaf or value.retains_grad else None
    return Seen(
        "tensor",
        np.array(value.array),
        value.dtype.name,
        value.shape,
        value.strides,
        value.offset,
        version=value.version,
        requires_grad=value.requires_grad,
        is_leaf=is_leaf,
        grad_fn=node,
        grad=None if grad is None else np.array(grad.array),
        unrounded=value.unrounded,
        specified=value.specified,
        computed=value.storage.computed.name if value.storage.computed is not None else None,
    )


def history(tensor: Tensor) -> tuple[bool | None, str | None]:
    """Whether a tensor is a leaf, and the name of its node; a refusal to tell is what is seen then."""
    try:
        node = tensor.grad_fn
    except Refusal as refusal:
        return None, f"refused ({refusal.kind})"
    return node is None, node.name if node is not None else None


def _functional(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    return operation.reference(*args, **kwargs)


def _in_place(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    if operation.written is not None:
        return operation.written(*args, **kwargs)
    assert isinstance(operation.reference, Function), f"{operation.name} needs `written`"
    return in_place(operation.reference, *args, **kwargs)


def _out(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    out = kwargs.pop("out")
    read = [value for value in (*args, *kwargs.values()) if isinstance(value, Tensor)]
    # Where the dtype of out decides the result's (creation), the reference function takes it itself.
    if "out" in getattr(operation.reference, "parameters", ()):
        return operation.reference(*args, **kwargs, out=out)
    reference = operation.reference.into_out if isinstance(operation.reference, Pointwise) else operation.reference
    with no_grad():
        result = reference(*args, **kwargs)
    if isinstance(out, tuple):
        return tuple(with_out(one, written, *read) for one, written in zip(result, out, strict=True))
    return with_out(result, out, *read)


_FORMS: dict[str, Callable[..., Any]] = {
    Form.FUNCTION: _functional,
    Form.METHOD: _functional,
    Form.ATTRIBUTE: _functional,
    Form.OPERATOR: _functional,
    Form.REFLECTED: _functional,
    Form.IN_PLACE: _in_place,
    Form.IN_PLACE_OPERATOR: _in_place,
    Form.OUT: _out,
}
