"""Writing into a tensor that is there: the in-place and out= forms of every function, and what forbids a write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import numpy as np

from reference import layout
from reference.autograd.graph import CallNode, CopySlices
from reference.autograd.mode import is_grad_enabled
from reference.dtypes import DType, round_to
from reference.embedding import addresses, geometry
from reference.errors import Refusal, refuse, refuse_type
from reference.function import Function, Pointwise, any_requires_grad
from reference.promotion import can_cast
from reference.storage import Storage
from reference.tensor import Tensor


def refuse_leaf_write(tensor: Tensor, *others: Any) -> None:
    """Refuse an in-place write that autograd cannot record.

    https://docs.pytorch.org/docs/stable/notes/autograd.html#in-place-operations-with-autograd
    """
    if not is_grad_enabled():
        return
    recorded = any_requires_grad([tensor], others)
    if tensor.base is not None and tensor.created == "no_grad" and (recorded or tensor.base.requires_grad):
        refuse("A view was created in no_grad mode and is being modified inplace with grad mode enabled.")
    if not recorded:
        return
    if tensor.base is not None:
        if tensor.created == "multi-output":
            refuse("This view is the output of a function that returns multiple views.")
        if tensor.requires_grad and tensor.base.is_leaf:
            refuse("a view of a leaf Variable that requires grad is being used in an in-place operation.")
    if tensor.requires_grad and tensor.is_leaf:
        refuse("a leaf Variable that requires grad is being used in an in-place operation.")


def refuse_overlapping_write(written: Tensor, *read: Any) -> None:
    """Refuse a write to a tensor that overlaps itself, or partly overlaps one that is read."""
    if layout.may_overlap_itself(written.shape, written.strides):
        refuse(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location."
            " Please clone() the tensor before performing the operation."
        )
    for tensor in read:
        if isinstance(tensor, Tensor) and partly_overlap(written, tensor):
            _refuse_reading_what_is_written()


def refuse_write_to_read(written: Tensor, *read: Any) -> None:
    """Refuse a write that moves elements to a tensor that is read too, as a whole or in part."""
    for tensor in read:
        if isinstance(tensor, Tensor) and (tensor is written or overlap(written, tensor)):
            _refuse_reading_what_is_written()


def _refuse_reading_what_is_written() -> NoReturn:
    refuse(
        "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single"
        " memory location. Please clone() the tensor before performing the operation."
    )


def overlap(first: Tensor, second: Tensor) -> bool:
    """Whether two dense tensors of one storage share a place; two storages may have the same bytes, unnoticed."""
    if first.storage is not second.storage or not first.numel or not second.numel:
        return False
    if not all(layout.is_non_overlapping_and_dense(tensor.shape, tensor.strides) for tensor in (first, second)):
        return False
    (begin, end), (other_begin, other_end) = _reach(first), _reach(second)
    return begin < other_end and other_begin < end


def partly_overlap(first: Tensor, second: Tensor) -> bool:
    """Whether two dense tensors of one storage share some places without being the same elements."""
    if first is second or not overlap(first, second):
        return False
    return _reach(first) != _reach(second) or first.strides != second.strides


def _reach(tensor: Tensor) -> tuple[int, int]:
    """The first byte of a dense tensor, and the one behind its last."""
    begin = tensor.offset * tensor.dtype.itemsize
    return begin, begin + tensor.numel * tensor.dtype.itemsize


def in_place(called: Function, target: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The in-place form ``target.op_(...)`` of a function: the same values, written into its first argument.

    Refused when the result's shape or category does not fit, and where autograd or overlap forbids the write.
    """
    # What has no derivative (``logical_not_``) is no business of autograd's.
    if called.vjps:
        refuse_leaf_write(target, *args, *kwargs.values())
    result = _computed(called, target, *args, **kwargs)
    if result.shape != target.shape:
        refuse(f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(result.shape)}")
    _refuse_cast(result.dtype, target.dtype)
    arguments = called.arguments((target, *args), kwargs)
    refuse_write_to_read(target, *(arguments[name] for name in called.reads_apart))
    if called.looks_for_overlap:
        read_as = called.reads_as
        read = (read_as[name](value) if name in read_as else value for name, value in arguments.items())
        refuse_overlapping_write(target, *read)
    return write(target, result, called, arguments)


def _computed(called: Function, target: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The result to be written. That it cannot be cast is found out before that no kernel has its dtype."""
    try:
        result: Tensor = called.forward(target, *args, **kwargs)
    except Refusal as refusal:
        if isinstance(called, Pointwise) and refusal.kind == "NotImplementedError":
            _refuse_cast(called.result_dtype(called.arguments((target, *args), kwargs)), target.dtype)
        raise
    return result


def _refuse_cast(dtype: DType, to: DType) -> None:
    if not can_cast(dtype, to):
        refuse(f"result type {dtype!r} can't be cast to the desired output type {to!r}")


def write(target: Tensor, result: Tensor, called: Function, arguments: Mapping[str, Any]) -> Tensor:
    """Write ``result`` into ``target``, raise its version, and rebase its history on the call."""
    node: CallNode | None = None
    recorded = called.vjps and target.dtype.is_differentiable and is_grad_enabled()
    if recorded and any_requires_grad([target], arguments.values()):
        first = called.parameters[0]
        original = (first, _copy(target)) if any(first in needs for _, needs in called.vjps.values()) else None
        name, keeps = called.node_name(arguments), called.keeps_numbers
        node = CallNode(name, called.vjps, arguments, [target], original=original, keeps_numbers=keeps)
        node.output_like = [(target.shape, target.dtype)]
    unordered = _reads_what_it_writes(target, arguments, called.reads_apart)
    _overwrite(target, result)
    if unordered:
        target.specified = False
    if target.base is not None and target.specified is not True:
        _leave_base_open(target.base, target)
    if node is not None and any(edge.node is not None for edge in node.edges):
        rebase_history(target, node)
        node.save_result(target)
    return target


def _leave_base_open(base: Tensor, view: Tensor) -> None:
    """Note which elements of a base hold no specified value, as those of a view of it that was written."""
    if base.dtype is view.dtype:
        lost = addresses(geometry(view))[~np.broadcast_to(view.specified, view.shape).ravel()]
        base.leave_open(np.isin(addresses(geometry(base)), lost).reshape(base.shape))


def _reads_what_it_writes(target: Tensor, read: Mapping[str, Any], apart: Iterable[str]) -> bool:
    """Whether the outcome may depend on the order of the elements: nothing is promised then.

    Torch refuses the overlaps that it finds (``refuse_overlapping_write``); it does not look for all. Elements that are
    read and written at the same place do no harm, but for those of the arguments in ``apart``.
    """
    if not layout.surely_distinct(target.shape, target.strides):
        return True
    place = (target.shape, target.strides, target.offset)
    return any(
        np.shares_memory(target.array, tensor.array)
        for name, tensor in read.items()
        if isinstance(tensor, Tensor)
        and tensor is not target
        and tensor.storage.address == target.storage.address
        and (name in apart or (tensor.shape, tensor.strides, tensor.offset) != place)
    )


def rebase_history(target: Tensor, node: CallNode) -> None:
    """Make ``node`` the grad_fn of ``target``; through a view, the base gets ``CopySlices``."""
    if target.base is None:
        target.set_grad_fn(node)
        return
    base = target.base
    base.set_grad_fn(CopySlices(base, target, node))
    target.graph_version = -1


def _copy(tensor: Tensor) -> Tensor:
    return Tensor.of(tensor.array.copy(), tensor.dtype)


def with_out(result: Tensor, out: Tensor, *read: Any) -> Tensor:
    """The ``out=`` form: ``out`` takes the result's shape (resized if it differs) and keeps its own dtype.

    https://docs.pytorch.org/docs/stable/notes/out.html describes resizing; casting to a lower category is refused.
    """
    if is_grad_enabled() and any_requires_grad([out], read):
        refuse("out=... arguments don't support automatic differentiation, but one of the arguments requires grad.")
    if not isinstance(out, Tensor):
        refuse_type("out must be a Tensor")
    _refuse_cast(result.dtype, out.dtype)
    refuse_overlapping_write(out, *read)
    if out.shape != result.shape:
        refuse_overlapping_write(out.view_as(result.shape, result.strides), *read)
        resize(out, result.shape, result.strides)
    _overwrite(out, result)
    return out


def _overwrite(target: Tensor, result: Tensor) -> None:
    """Replace the values of ``target``: the result is rounded to its own dtype first, then cast."""
    unrounded = result.unrounded
    target.array[...] = round_to(result.array, target.dtype)
    target.written()
    target.unrounded, target.specified = unrounded, result.specified
    if unrounded is not None and result.dtype is not target.dtype:
        target.storage.computed = result.dtype


def resize(tensor: Tensor, shape: tuple[int, ...], strides: tuple[int, ...] | None = None) -> None:
    """Give ``tensor`` another shape in place, dense, growing its storage if it must."""
    tensor.shape = shape
    tensor.strides = layout.contiguous_strides(shape) if strides is None else strides
    needed = (tensor.offset + layout.extent(shape, tensor.strides)) * tensor.dtype.itemsize
    storage: Storage = tensor.storage
    storage.resize(needed)
