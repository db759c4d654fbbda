"""Other sizes or other memory for a tensor that is there: resize_, resize_as_ and set_.

https://docs.pytorch.org/docs/stable/generated/torch.Tensor.resize_.html: "This is a low-level method. The storage is
reinterpreted as C-contiguous, ignoring the current strides (unless the target size equals the current size, in which
case the tensor is left unchanged)."
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference import layout
from reference.errors import refuse
from reference.function import function
from reference.layout import Shape, Strides
from reference.storage import Storage
from reference.tensor import Tensor
from reference.views import sizes_of
from reference.writing import refuse_leaf_write

_RANKS = {"channels_last": 4, "channels_last_3d": 5}


@function()
def resize_(input: Tensor, *size: int | Sequence[int], memory_format: str = "contiguous") -> Tensor:
    """Give ``input`` another size over the same storage, which grows if it must; what is new has no value.

    Refuses tensors that require a gradient, negative sizes, and memory that NumPy lent where more is needed.
    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.resize_.html
    """
    if input.requires_grad:
        refuse("cannot resize variables that require grad")
    wanted = _sizes(sizes_of(size))
    strides = _strides_in(memory_format, wanted)
    if wanted != input.shape:
        _replace(input, input.storage, wanted, strides, input.offset)
    return input


@function()
def resize_as_(input: Tensor, tensor: Tensor, memory_format: str = "contiguous") -> Tensor:
    """``input.resize_(tensor.size())``. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.resize_as_.html"""
    resized: Tensor = resize_(input, tensor.shape, memory_format=memory_format)
    return resized


@function("NotImplemented")
def set_(
    input: Tensor,
    source: Tensor | None = None,
    storage_offset: int | None = None,
    size: Sequence[int] | None = None,
    stride: Sequence[int] = (),
) -> Tensor:
    """Let ``input`` look at the storage of ``source``: as ``source`` does, or from an offset, with sizes and strides.

    An offset counts from where ``source`` begins, which must then be contiguous. Without arguments, ``input`` becomes
    empty. Refuses another dtype and leaves that require a gradient.
    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.set_.html
    """
    refuse_leaf_write(input)
    if source is None:
        _replace(input, Storage.allocate(0, input.dtype), (0,), (1,), 0)
        return input
    if source.dtype is not input.dtype:
        refuse(f"Could not set tensor of type {source.dtype!r} to a tensor of type {input.dtype!r}")
    if storage_offset is None or size is None:
        _replace(input, source.storage, source.shape, source.strides, source.offset)
        input.specified = source.specified
        return input
    if not source.is_contiguous():
        refuse("passed in tensor to be used as storage must be contiguous")
    shape, offset = _sizes(tuple(size)), source.offset + storage_offset
    strides = tuple(stride) or layout.contiguous_strides(shape)
    if len(strides) != len(shape) or any(step < 0 for step in strides):
        refuse(f"sizes {list(shape)} and strides {list(strides)} are no layout")
    if offset < 0:
        refuse(f"Tensor: invalid storage offset {offset}")
    _replace(input, source.storage, shape, strides, offset)
    return input


def _no_derivative(g: Tensor) -> Tensor:
    refuse("derivative for set_ is not implemented")


set_.vjp("input", _no_derivative)
set_.vjp("source", _no_derivative)
set_.constant = lambda arguments: () if arguments["storage_offset"] is None else ("source",)


def _sizes(size: Shape) -> Shape:
    if any(each < 0 for each in size):
        refuse(f"sizes must not be negative: {list(size)}")
    return size


def _strides_in(memory_format: str, shape: Shape) -> Strides:
    if memory_format == "contiguous":
        return layout.contiguous_strides(shape)
    if memory_format not in _RANKS:
        refuse(f"Unsupported memory format {memory_format}")
    if len(shape) != _RANKS[memory_format]:
        refuse(f"required rank {_RANKS[memory_format]} tensor to use {memory_format} format")
    return layout.channels_last_strides(shape)


def _replace(input: Tensor, storage: Storage, shape: Shape, strides: Strides, offset: int) -> None:
    """Let ``input`` look at ``storage``, grown if it must be, and raise its version."""
    held = storage.nbytes // input.dtype.itemsize
    reach = layout.extent(shape, strides)
    needed = (offset + reach if reach else 0) * input.dtype.itemsize
    if needed > storage.nbytes and storage.owner is not None:
        refuse("Trying to resize storage that is not resizable")
    storage.resize(needed)
    input.storage, input.shape, input.strides, input.offset = storage, shape, strides, offset
    input.counter.value += 1
    input.specified = True if needed <= held * input.dtype.itemsize else np.asarray(_places(input) < held)


def _places(tensor: Tensor) -> np.ndarray:
    """Where in the storage each element lies."""
    steps = np.full(tensor.shape, tensor.offset)
    for dim, (size, stride) in enumerate(zip(tensor.shape, tensor.strides, strict=True)):
        steps += (np.arange(size) * stride).reshape(-1, *[1] * (tensor.ndim - dim - 1))
    return steps
