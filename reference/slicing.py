"""Views that take part of a tensor, or repeat or insert dimensions.

Source: https://docs.pytorch.org/docs/stable/tensor_view.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reference import layout
from reference.broadcasting import expanded_strides
from reference.dtypes import Category
from reference.embedding import as_strided_scatter_add, embed
from reference.errors import refuse, refuse_index
from reference.function import function, view
from reference.layout import Shape, Strides
from reference.tensor import Tensor
from reference.views import reshape, sizes_of

# -- repeated, removed and inserted dimensions ----------------------------------------------------------------------


@view("ExpandBackward0")
def expanded(input: Tensor, sizes: Shape) -> Tensor:
    """``input`` with dimensions of one repeated, and new ones in front; -1 keeps a size."""
    missing = len(sizes) - input.ndim
    if missing < 0:
        refuse(
            f"expand({list(sizes)}): the number of sizes provided ({len(sizes)}) must be greater or equal to the number"
            f" of dimensions in the tensor ({input.ndim})"
        )
    shape = tuple(_expanded_size(input, position - missing, size) for position, size in enumerate(sizes))
    return input.view_as(shape, _expanded_strides(input, shape))


def _expanded_size(input: Tensor, dim: int, wanted: int) -> int:
    """The size to which dimension ``dim`` grows; below zero it is a new one."""
    own = input.shape[dim] if dim >= 0 else 1
    if wanted == -1 and dim >= 0:
        return own
    if wanted < 0:
        refuse(f"The expanded size of the tensor ({wanted}) isn't allowed in a leading, non-existing dimension")
    if own not in (1, wanted):
        refuse(f"The expanded size of the tensor ({wanted}) must match the existing size ({own}) at dimension {dim}")
    return wanted


def _expanded_strides(input: Tensor, shape: Shape) -> Strides:
    """0 where repeated; a new dimension of size one steps over all that lies inside it."""
    missing = len(shape) - input.ndim
    if not input.ndim:
        return (0,) * missing
    strides = list(expanded_strides(input.shape, input.strides, shape))
    for position in reversed(range(missing)):
        strides[position] = shape[position + 1] * strides[position + 1] if shape[position] == 1 else 0
    return tuple(strides)


expanded.vjp("input", lambda g: g)


@function()
def expand(input: Tensor, *size: int | Sequence[int]) -> Tensor:
    """``input`` repeated without a copy. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.expand.html"""
    return expanded(input, sizes_of(size))


@function()
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """``input`` expanded to the shape of ``other``.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.expand_as.html
    """
    return expanded(input, other.shape)


def without(input: Tensor, dims: Sequence[int]) -> Tensor:
    """``input`` less those of ``dims`` that have size one, outside any graph."""
    kept = [dim for dim in range(input.ndim) if dim not in dims or input.shape[dim] != 1]
    return input.view_as(tuple(input.shape[dim] for dim in kept), tuple(input.strides[dim] for dim in kept))


def _squeeze_node(arguments: Mapping[str, Any]) -> str:
    dim = arguments["dim"]
    return "SqueezeBackward0" if dim is None else "SqueezeBackward1" if isinstance(dim, int) else "SqueezeBackward2"


@view(_squeeze_node)
def squeeze(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """``input`` without its dimensions of size one, or those among ``dim``.

    https://docs.pytorch.org/docs/stable/generated/torch.squeeze.html
    """
    if dim is None:
        return without(input, range(input.ndim))
    return without(input, layout.wrap_dims([dim] if isinstance(dim, int) else dim, input.ndim))


squeeze.vjp("input", lambda g, input_shape: reshape(g, input_shape))


@view("UnsqueezeBackward0")
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """A dimension of size one inserted at ``dim``.

    https://docs.pytorch.org/docs/stable/generated/torch.unsqueeze.html
    """
    dim = layout.wrap_dim(dim, input.ndim, extra=1)
    stride = input.shape[dim] * input.strides[dim] if dim < input.ndim else 1
    return input.view_as(
        (*input.shape[:dim], 1, *input.shape[dim:]), (*input.strides[:dim], stride, *input.strides[dim:])
    )


unsqueeze.vjp("input", lambda g, input_shape: reshape(g, input_shape))


# -- a part ---------------------------------------------------------------------------------------------------------


@view("SliceBackward0")
def slice_(input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    """``input[start:end:step]`` along ``dim``: as Python slices, but the step must be positive."""
    if not input.ndim:
        refuse("slice() cannot be applied to a 0-dim tensor.")
    dim = layout.wrap_dim(dim, input.ndim)
    if step <= 0:
        refuse("slice step must be positive")
    taken = range(*slice(start, end, step).indices(input.shape[dim]))
    begin = taken.start if len(taken) else min(max(taken.start, 0), input.shape[dim])
    return input.view_as(
        (*input.shape[:dim], len(taken), *input.shape[dim + 1 :]),
        (*input.strides[:dim], input.strides[dim] * step, *input.strides[dim + 1 :]),
        input.offset + begin * input.strides[dim],
    )


slice_.vjp(
    "input",
    lambda g, input_shape, dim, start, end, step: embed([g], input_shape, lambda x: slice_(x, dim, start, end, step)),
)


@function()
def narrow(input: Tensor, dim: int, start: int | Tensor, length: int) -> Tensor:
    """The elements ``start`` to ``start + length`` along ``dim``.

    https://docs.pytorch.org/docs/stable/generated/torch.narrow.html
    """
    if not input.ndim:
        refuse("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        refuse("narrow(): length must be non-negative.")
    begin = _start(start)
    size = input.shape[layout.wrap_dim(dim, input.ndim)]
    if not -size <= begin <= size:
        refuse_index(f"start out of range (expected to be in range of [{-size}, {size}], but got {begin})")
    begin = begin + size if begin < 0 else begin
    if begin > size - length:
        refuse(f"start ({begin}) + length ({length}) exceeds dimension size ({size}).")
    return slice_(input, dim, begin, begin + length, 1)


def _start(start: int | Tensor) -> int:
    if not isinstance(start, Tensor):
        return start
    if start.ndim or start.dtype.category is not Category.INTEGRAL:
        refuse("start must be an 0-dim integral Tensor.")
    return int(start.array)


@view("SelectBackward0")
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at ``index`` along ``dim``, which is removed.

    https://docs.pytorch.org/docs/stable/generated/torch.select.html
    """
    if not input.ndim:
        refuse_index("select() cannot be applied to a 0-dim tensor.")
    dim = layout.wrap_dim(dim, input.ndim)
    size = input.shape[dim]
    if not -size <= index < size:
        refuse_index(f"index {index} is out of bounds for dimension {dim} with size {size}")
    return input.view_as(
        (*input.shape[:dim], *input.shape[dim + 1 :]),
        (*input.strides[:dim], *input.strides[dim + 1 :]),
        input.offset + (index % size) * input.strides[dim],
    )


select.vjp("input", lambda g, input_shape, dim, index: embed([g], input_shape, lambda x: select(x, dim, index)))


@view("DiagonalBackward0")
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of two dimensions, as the last dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.diagonal.html
    """
    first, second = layout.wrap_dim(dim1, input.ndim), layout.wrap_dim(dim2, input.ndim)
    if first == second:
        refuse(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    row, column = max(-offset, 0), max(offset, 0)
    length = max(min(input.shape[first] - row, input.shape[second] - column), 0)
    begin = row * input.strides[first] + column * input.strides[second] if length else 0
    kept = [dim for dim in range(input.ndim) if dim not in (first, second)]
    return input.view_as(
        (*(input.shape[dim] for dim in kept), length),
        (*(input.strides[dim] for dim in kept), input.strides[first] + input.strides[second]),
        input.offset + begin,
    )


diagonal.vjp(
    "input",
    lambda g, input_shape, offset, dim1, dim2: embed([g], input_shape, lambda x: diagonal(x, offset, dim1, dim2)),
)


@view("UnfoldBackward0")
def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """All slices of ``size`` along ``dimension``, ``step`` apart; the slice is the last dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.unfold.html
    """
    dim = layout.wrap_dim(dimension, input.ndim)
    length, stride = (input.shape[dim], input.strides[dim]) if input.ndim else (1, 1)
    if size < 0:
        refuse(f"size is {size} but must be >= 0")
    if size > length:
        refuse(f"maximum size for tensor at dimension {dim} is {length} but size is {size}")
    if step <= 0:
        refuse(f"step is {step} but must be > 0")
    if not input.ndim:
        return input.view_as((size,), (1,))
    return input.view_as(
        (*input.shape[:dim], (length - size) // step + 1, *input.shape[dim + 1 :], size),
        (*input.strides[:dim], step * stride, *input.strides[dim + 1 :], stride),
    )


unfold.vjp(
    "input",
    lambda g, input_shape, dimension, size, step: embed([g], input_shape, lambda x: unfold(x, dimension, size, step)),
)


@view("AsStridedBackward0")
def as_strided(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """Any layout over the storage of ``input``, refused where it reaches beyond.

    https://docs.pytorch.org/docs/stable/generated/torch.as_strided.html
    """
    offset = input.offset if storage_offset is None else storage_offset
    shape, strides = tuple(size), tuple(stride)
    check_strided(input, shape, strides, offset)
    return input.view_as(shape, strides, offset)


def check_strided(input: Tensor, shape: Shape, strides: Strides, offset: int) -> None:
    """Refuse a layout that is malformed or reaches beyond the storage of ``input``."""
    if len(shape) != len(strides):
        refuse("mismatch in length of strides and shape")
    if any(size < 0 for size in shape):
        refuse(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    if any(step < 0 for step in strides):
        refuse("as_strided: Negative strides are not supported at the moment")
    if offset < 0:
        refuse("Tensor: invalid storage offset")
    reach = layout.extent(shape, strides)
    if reach and (offset + reach) * input.dtype.itemsize > input.storage.nbytes:
        refuse(f"setStorage: sizes {list(shape)}, strides {list(strides)} are out of bounds for the storage")


def _strided_places(
    g: Tensor,
    input_shape: Shape,
    input_strides: Strides,
    input_offset: int,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None,
) -> Tensor:
    offset = input_offset if storage_offset is None else storage_offset
    grad: Tensor = as_strided_scatter_add(
        g, (input_shape, input_strides, input_offset), (tuple(size), tuple(stride), offset)
    )
    return grad


as_strided.vjp("input", _strided_places)
