"""Elements read at the places that an index tensor names: gather, index_select, take; and where elements are not zero.

https://docs.pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from reference import layout
from reference.broadcasting import broadcast_shapes
from reference.dtypes import BOOL, INT32, INT64, Category, DType
from reference.embedding import embed
from reference.errors import refuse, refuse_index, refuse_type, refuse_value
from reference.function import cast_layout, function
from reference.layout import Shape, Strides
from reference.slicing import expanded, unsqueeze
from reference.splitting import unbind
from reference.tensor import METHODS, Tensor
from reference.views import reshape

INDEX_DTYPES = (INT64, INT32)


def taken(input: Tensor, choose: Callable[[np.ndarray], np.ndarray], strides: Strides | None = None) -> Tensor:
    """A new tensor of those elements of ``input`` that ``choose`` takes from its array."""
    made = Tensor.of(choose(input.array), input.dtype, strides)
    flags = input.specified
    made.specified = flags if isinstance(flags, bool) else choose(flags)
    return made


def check_index_dtype(name: str, index: Tensor, accepted: Sequence[DType] = INDEX_DTYPES) -> None:
    """Refuse an index that is not integral."""
    if index.dtype not in accepted:
        refuse(f"{name}(): Expected dtype {' or '.join(map(repr, accepted))} for index, got {index.dtype!r}")


# Where torch itself raises an IndexError or a RuntimeError, depending on the number of dimensions.
EITHER_KIND = "Exception"


def check_range(places: np.ndarray, size: int, dim: int, kind: str = EITHER_KIND, *, lowest: int = 0) -> None:
    """Refuse indices outside ``[lowest, size)``."""
    outside = (places < lowest) | (places >= size)
    if outside.any():
        refuse(f"index {places[outside][0]} is out of bounds for dimension {dim} with size {size}", kind)


# -- one index an element -------------------------------------------------------------------------------------------


def along(array: np.ndarray, dim: int, places: np.ndarray) -> np.ndarray:
    """The elements of ``array`` at ``places`` along ``dim``, as far as ``places`` reach in the other dimensions."""
    if not array.ndim:
        return np.broadcast_to(array, places.shape)
    if not places.ndim:
        return np.asarray(array[places])
    reached = tuple(slice(None) if d == dim else slice(size) for d, size in enumerate(places.shape))
    return np.take_along_axis(array[reached], places, dim)


@function("GatherBackward0")
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """``out[i][j] = input[index[i][j]][j]`` for ``dim`` 0, and likewise for any other.

    The index has as many dimensions as ``input`` and is nowhere larger but along ``dim``.
    https://docs.pytorch.org/docs/stable/generated/torch.gather.html
    """
    dim = layout.wrap_dim(dim, input.ndim)
    if not index.numel:
        return Tensor.of(np.empty(index.shape, input.dtype.numpy), input.dtype)
    check_index_dtype("gather", index)
    check_reach("gather", index.shape, input.shape, dim)
    check_range(index.array, input.shape[dim] if input.ndim else 1, dim, "RuntimeError")
    return taken(input, lambda array: along(array, dim, index.array))


gather.vjp("input", lambda g, input, dim, index: embed([g], input.shape, lambda x: gather(x, dim, index)))


def check_reach(name: str, index: Shape, shape: Shape, dim: int | None) -> None:
    """Refuse an index of other dimensions than a tensor's, or larger than it in a dimension other than ``dim``."""
    index, shape = index or (1,), shape or (1,)
    if len(index) != len(shape):
        refuse(f"{name}(): Index tensor must have the same number of dimensions as input tensor")
    if any(size > shape[d] for d, size in enumerate(index) if d != dim):
        refuse(f"{name}(): Size does not match: expected index {list(index)} to be no larger than {list(shape)}")


@function()
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """``gather`` in which the other dimensions are broadcast; without ``dim``, from all elements in one dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.take_along_dim.html
    """
    if indices.dtype is not INT64:
        refuse(f"torch.take_along_dim(): dtype of indices should be Long but got {indices.dtype!r}")
    if dim is None:
        return gather(reshape(input, (-1,)), 0, reshape(indices, (-1,)))
    if input.ndim != indices.ndim:
        refuse("torch.take_along_dim(): input and indices should have the same number of dimensions")
    dim = layout.wrap_dim(dim, input.ndim)
    shape = broadcast_shapes(_without(input.shape, dim), _without(indices.shape, dim))
    # The copy is what backward saves: the indices may change.
    places = METHODS["clone"](expanded(indices, _with(shape, dim, indices.shape)))
    return gather(expanded(input, _with(shape, dim, input.shape)), dim, places)


def _without(shape: Shape, dim: int) -> Shape:
    return (*shape[:dim], 1, *shape[dim + 1 :]) if shape else ()


def _with(shape: Shape, dim: int, own: Shape) -> Shape:
    return (*shape[:dim], own[dim], *shape[dim + 1 :]) if shape else ()


# -- one index a slice ----------------------------------------------------------------------------------------------


@function("IndexSelectBackward0")
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices along ``dim`` that a 1-d index names.

    https://docs.pytorch.org/docs/stable/generated/torch.index_select.html
    """
    dim = layout.wrap_dim(dim, input.ndim)
    check_vector("index_select", index)
    check_index_dtype("index_select", index)
    if not input.ndim:
        if index.numel != 1:
            refuse(f"index_select(): Index to scalar can have only 1 value, got {index.numel} value(s)")
        check_range(index.array, 1, dim)
        return taken(input, lambda array: array)
    check_range(index.array, input.shape[dim], dim)
    return taken(input, lambda array: np.take(array, index.array.reshape(-1), dim))


def check_vector(name: str, index: Tensor, kind: str = "IndexError") -> None:
    """Refuse an index of more than one dimension."""
    if index.ndim > 1:
        refuse(f"{name}(): Index is supposed to be a vector", kind)


index_select.vjp(
    "input", lambda g, input_shape, dim, index: embed([g], input_shape, lambda x: index_select(x, dim, index))
)


# -- all elements in a row ------------------------------------------------------------------------------------------


@function("TakeBackward0")
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements at ``index`` in ``input`` as if it had one dimension, in the shape of ``index``.

    https://docs.pytorch.org/docs/stable/generated/torch.take.html
    """
    check_index_dtype("take", index, (INT64,))
    if index.numel and not input.numel:
        refuse_index("take(): tried to take from an empty tensor")
    check_range(index.array, input.numel, 0, "IndexError", lowest=-input.numel)
    return taken(input, lambda array: np.take(array.reshape(-1), index.array))


take.vjp("input", lambda g, input, index: embed([g], input.shape, lambda x: take(x, index)))


@function("MaskedSelectBackward0")
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where ``mask`` is true, both broadcast, in one dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.masked_select.html
    """
    if mask.dtype is not BOOL:
        refuse("masked_select: expected BoolTensor for mask")
    shape = broadcast_shapes(input.shape, mask.shape)
    chosen = np.broadcast_to(mask.array, shape)
    return taken(input, lambda array: np.broadcast_to(array, shape)[chosen])


masked_select.vjp("input", lambda g, input, mask: embed([g], input.shape, lambda x: masked_select(x, mask)))


# -- where elements are not zero ------------------------------------------------------------------------------------


@function()
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The indices of all elements that are not zero, a row each, in lexicographic order; or one tensor a dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.nonzero.html
    """
    found = np.stack(np.nonzero(np.atleast_1d(input.array)))
    kept = found if as_tuple else found[: input.ndim]
    made = Tensor.of(kept.T, INT64, (1, found.shape[1]))
    return unbind(made, 1) if as_tuple else made


@function()
def argwhere(input: Tensor) -> Tensor:
    """``nonzero``. https://docs.pytorch.org/docs/stable/generated/torch.argwhere.html"""
    found: Tensor = nonzero(input)
    return found


@function()
def unravel_index(indices: Tensor, shape: int | Sequence[int]) -> tuple[Tensor, ...]:
    """The coordinates in a tensor of that shape of positions in it as if it had one dimension, an int64 tensor each.

    https://docs.pytorch.org/docs/stable/generated/torch.unravel_index.html
    """
    if indices.dtype.category is not Category.INTEGRAL:
        refuse_type(f"expected 'indices' to be integer dtype, but got {indices.dtype!r}")
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    if any(size < 0 for size in sizes):
        refuse_value(f"'shape' cannot have negative values, but got {sizes}")
    steps = [prod(sizes[position + 1 :]) for position in range(len(sizes))]
    if 0 in steps:
        refuse("ZeroDivisionError")
    coordinates = indices.array[..., np.newaxis].astype(np.int64) // np.array(steps) % np.array(sizes)
    column = cast_layout(unsqueeze(indices, -1), INT64)
    numbers: tuple[Shape, Strides] = ((len(sizes),), (1,))
    divided = layout.pointwise_strides(coordinates.shape, [column, numbers])
    strides = layout.pointwise_strides(coordinates.shape, [(coordinates.shape, divided), numbers])
    found: tuple[Tensor, ...] = unbind(Tensor.of(coordinates, INT64, strides), -1)
    return found
