"""Tensors put together: cat, stack and their relatives. https://docs.pytorch.org/docs/stable/torch.html#indexing-ops"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from reference import layout
from reference.dtypes import DType, round_to
from reference.errors import refuse, refuse_value
from reference.function import function
from reference.layout import Shape, Strides
from reference.nn.memory_format import suggests_channels_last
from reference.promotion import promote_types, result_type
from reference.slicing import narrow, select, unsqueeze
from reference.tensor import Tensor
from reference.views import reshape, viewed

Tensors = Sequence[Tensor]


def common_dtype(tensors: Tensors) -> DType:
    """The dtype of what is joined: all count alike, those without dimensions too."""
    return reduce(promote_types, [tensor.dtype for tensor in tensors])


def _is_skipped(shape: Shape) -> bool:
    """Whether ``cat`` passes over it: an empty tensor of one dimension fits any others."""
    return shape == (0,)


def _counted_dim(shapes: Sequence[Shape], dim: int) -> int:
    """``dim`` of the first tensor that counts."""
    counted = [shape for shape in shapes if not _is_skipped(shape)]
    return layout.wrap_dim(dim, len(counted[0]) if counted else 1) if counted else 0


def _check_joined(shapes: Sequence[Shape], dim: int) -> None:
    first = shapes[0]
    for position, shape in enumerate(shapes):
        if len(shape) != len(first):
            refuse(f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}")
        if shape[:dim] != first[:dim] or shape[dim + 1 :] != first[dim + 1 :]:
            refuse(
                f"Sizes of tensors must match except in dimension {dim}. Expected size {list(first)} but got size"
                f" {list(shape)} for tensor number {position} in the list."
            )


def joined_strides(tensors: Tensors, shape: Shape) -> Strides:
    """Channels last if every tensor is, else contiguous."""
    if len(shape) in (4, 5) and all(suggests_channels_last(tensor) for tensor in tensors):
        return layout.channels_last_strides(shape)
    return layout.contiguous_strides(shape)


def _join(tensors: Tensors, dim: int) -> Tensor:
    """``cat`` outside any graph."""
    if not tensors:
        refuse_value("torch.cat(): expected a non-empty list of Tensors")
    for position, tensor in enumerate(tensors):
        if not tensor.ndim:
            refuse(f"zero-dimensional tensor (at position {position}) cannot be concatenated")
    shapes = [tensor.shape for tensor in tensors]
    dim = _counted_dim(shapes, dim)
    dtype = common_dtype(tensors)
    counted = [tensor for tensor in tensors if not _is_skipped(tensor.shape)] or list(tensors[:1])
    _check_joined([tensor.shape for tensor in counted], dim)
    joined = np.concatenate([round_to(tensor.array, dtype) for tensor in counted], axis=dim)
    made = Tensor.of(joined, dtype, joined_strides(tensors, joined.shape))
    if not all(tensor.specified is True for tensor in counted):
        flags = [np.broadcast_to(np.asarray(tensor.specified), tensor.shape) for tensor in counted]
        made.specified = np.concatenate(flags, axis=dim)
    return made


@function("CatBackward0")
def cat(tensors: Tensors, dim: int = 0) -> Tensor:
    """The tensors one after another along ``dim``; all other sizes are equal, dtypes are promoted.

    An empty tensor of shape (0,) is passed over. https://docs.pytorch.org/docs/stable/generated/torch.cat.html
    """
    return _join(tensors, dim)


def _pieces(g: Tensor, tensors_shape: Sequence[Shape], dim: int) -> list[Tensor]:
    """The part of the gradient that each tensor was joined at."""
    dim = _counted_dim(tensors_shape, dim)
    pieces: list[Tensor] = []
    start = 0
    for shape in tensors_shape:
        if _is_skipped(shape):
            pieces.append(reshape(narrow(g, dim, 0, 0), (-1,)) if g.ndim == 1 else Tensor.empty(shape, g.dtype))
        else:
            pieces.append(narrow(g, dim, start, shape[dim]))
            start += shape[dim]
    return pieces


cat.vjp("tensors", _pieces)


@function("StackBackward0")
def stack(tensors: Tensors, dim: int = 0) -> Tensor:
    """Tensors of one shape along a new dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.stack.html
    """
    if not tensors:
        refuse("stack expects a non-empty TensorList")
    shape = tensors[0].shape
    dim = layout.wrap_dim(dim, len(shape), extra=1)
    for position, tensor in enumerate(tensors):
        if tensor.shape != shape:
            refuse(
                f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 and"
                f" {list(tensor.shape)} at entry {position}"
            )
    if dim == len(shape) or _is_skipped(shape):
        return _join([unsqueeze.forward(tensor, dim) for tensor in tensors], dim)
    joined = _join(tensors, dim)
    made: Tensor = viewed.forward(joined, (*shape[:dim], len(tensors), *shape[dim:]))
    return made


stack.vjp("tensors", lambda g, tensors_shape, dim: [select(g, dim, position) for position in range(len(tensors_shape))])


def _at_least(tensor: Tensor, ndim: int) -> Tensor:
    """A tensor of at least ``ndim`` dimensions, as atleast_1d, atleast_2d and atleast_3d make it."""
    shape = tensor.shape
    if ndim == 1:
        return tensor if shape else reshape(tensor, (1,))
    if ndim == 2:
        return reshape(tensor, (1, 1)) if not shape else unsqueeze(tensor, 0) if len(shape) == 1 else tensor
    if not shape:
        return reshape(tensor, (1, 1, 1))
    if len(shape) == 1:
        return unsqueeze(unsqueeze(tensor, 0), -1)
    return unsqueeze(tensor, -1) if len(shape) == 2 else tensor


def _each(tensors: tuple[Any, ...], ndim: int) -> Any:
    if len(tensors) == 1 and isinstance(tensors[0], Tensor):
        return _at_least(tensors[0], ndim)
    given = tensors[0] if len(tensors) == 1 else tensors
    return tuple(_at_least(tensor, ndim) for tensor in given)


@function()
def atleast_1d(*tensors: Any) -> Any:
    """A 0-d tensor as one of one dimension; any other as it is.

    https://docs.pytorch.org/docs/stable/generated/torch.atleast_1d.html
    """
    return _each(tensors, 1)


@function()
def atleast_2d(*tensors: Any) -> Any:
    """Dimensions of one in front, up to two. https://docs.pytorch.org/docs/stable/generated/torch.atleast_2d.html"""
    return _each(tensors, 2)


@function()
def atleast_3d(*tensors: Any) -> Any:
    """Dimensions of one on both sides, up to three.

    https://docs.pytorch.org/docs/stable/generated/torch.atleast_3d.html
    """
    return _each(tensors, 3)


def _nonempty(tensors: Tensors, name: str) -> None:
    if not tensors:
        refuse(f"{name} expects a non-empty TensorList")


@function()
def hstack(tensors: Tensors) -> Tensor:
    """Joined along the second dimension, or the first of tensors that have one alone.

    https://docs.pytorch.org/docs/stable/generated/torch.hstack.html
    """
    _nonempty(tensors, "hstack")
    given = [_at_least(tensor, 1) for tensor in tensors]
    joined: Tensor = cat(given, 0 if given[0].ndim == 1 else 1)
    return joined


@function()
def vstack(tensors: Tensors) -> Tensor:
    """Joined along the first dimension, after ``atleast_2d``.

    https://docs.pytorch.org/docs/stable/generated/torch.vstack.html
    """
    _nonempty(tensors, "vstack")
    joined: Tensor = cat([_at_least(tensor, 2) for tensor in tensors], 0)
    return joined


@function()
def dstack(tensors: Tensors) -> Tensor:
    """Joined along the third dimension, after ``atleast_3d``.

    https://docs.pytorch.org/docs/stable/generated/torch.dstack.html
    """
    _nonempty(tensors, "dstack")
    joined: Tensor = cat([_at_least(tensor, 3) for tensor in tensors], 2)
    return joined


@function()
def column_stack(tensors: Tensors) -> Tensor:
    """``hstack``, in which tensors of one dimension or none are columns.

    https://docs.pytorch.org/docs/stable/generated/torch.column_stack.html
    """
    _nonempty(tensors, "column_stack")
    columns = [reshape(tensor, (tensor.numel, 1)) if tensor.ndim <= 1 else tensor for tensor in tensors]
    joined: Tensor = hstack(columns)
    return joined


def _as_matrix(shape: Shape) -> Shape:
    return (1,) * (2 - len(shape)) + shape


@function("BlockDiagBackward0")
def block_diag(*tensors: Tensor) -> Tensor:
    """A matrix, zero but for the tensors, each of at most two dimensions, along its diagonal.

    https://docs.pytorch.org/docs/stable/generated/torch.block_diag.html
    """
    for position, tensor in enumerate(tensors):
        if tensor.ndim > 2:
            refuse(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {position} has {tensor.ndim}"
                " dimensions"
            )
    dtype = result_type(tensors)
    shapes = [_as_matrix(tensor.shape) for tensor in tensors]
    blocks = np.zeros((sum(rows for rows, _ in shapes), sum(columns for _, columns in shapes)), dtype.numpy)
    for tensor, shape, (row, column) in zip(tensors, shapes, _corners(shapes), strict=True):
        blocks[row : row + shape[0], column : column + shape[1]] = round_to(tensor.array, dtype).reshape(shape)
    return Tensor.of(blocks, dtype)


def _corners(shapes: Sequence[Shape]) -> list[tuple[int, int]]:
    """Where each block begins."""
    return [
        (sum(rows for rows, _ in shapes[:position]), sum(columns for _, columns in shapes[:position]))
        for position in range(len(shapes))
    ]


def _blocks(g: Tensor, tensors_shape: Sequence[Shape]) -> list[Tensor]:
    shapes = [_as_matrix(shape) for shape in tensors_shape]
    parts: list[Tensor] = []
    for own, shape, (row, column) in zip(tensors_shape, shapes, _corners(shapes), strict=True):
        parts.append(reshape(narrow(narrow(g, 0, row, shape[0]), 1, column, shape[1]), own))
    return parts


block_diag.vjp("tensors", _blocks)
