"""Slices and elements written to the places that an index names: index_add, index_copy, index_fill, index_reduce, put.

https://docs.pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops. Every function here makes a new
tensor, which the in-place form writes back. Where an index names a place twice, a copy may write either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from reference import layout
from reference.broadcasting import broadcast_shapes
from reference.dtypes import BOOL, INT64, Category
from reference.errors import refuse, refuse_dtype, refuse_index
from reference.function import function
from reference.gathering import (
    check_index_dtype,
    check_range,
    check_vector,
    index_select,
    masked_select,
    take,
    taken,
)
from reference.layout import Strides
from reference.masking import masked_fill
from reference.promotion import Number
from reference.reducing_places import SUM, Reduction, check_reduction, reduce_at
from reference.scalars import as_number, cast_element, element, leave_open_unless
from reference.scattering import overwritten, reduced_input_vjp, reduced_src_vjp
from reference.slicing import expanded
from reference.tensor import METHODS, Tensor
from reference.views import reshape


def _places(input: Tensor, dim: int, index: Tensor) -> np.ndarray:
    """The row-major positions of the slices that the index names, in the shape of those slices joined."""
    shape = input.shape or (1,)
    if not input.numel:
        return np.empty((*shape[:dim], index.numel, *shape[dim + 1 :]), np.int64)
    return np.take(np.arange(input.numel).reshape(shape), index.array.reshape(-1), dim)


def _written(
    input: Tensor, places: np.ndarray, values: np.ndarray, reduction: Reduction | None, strides: Strides | None = None
) -> Tensor:
    """A copy of ``input`` with ``values`` at ``places``, or reduced with what is there."""
    where, sent = places.ravel(), np.broadcast_to(values, places.shape).ravel()
    if reduction is not None:
        reduced = reduce_at(input.array.ravel(), where, sent, reduction)
        made = Tensor.of(reduced.reshape(input.shape), input.dtype, strides)
        made.specified = input.specified if isinstance(input.specified, bool) else False
        return made
    flat = input.array.ravel().copy()
    flat[where] = sent
    made = Tensor.of(flat.reshape(input.shape), input.dtype, strides)
    made.specified = overwritten(input, where, sent, flat)
    return made


# -- slices along a dimension ---------------------------------------------------------------------------------------


def _check_slices(name: str, input: Tensor, dim: int, index: Tensor, source: Tensor) -> None:
    """Refuse a source that does not have a slice for each index."""
    check_vector(name, index)
    check_index_dtype(name, index)
    if source.dtype is not input.dtype:
        refuse(f"{name}(): self ({input.dtype!r}) and source ({source.dtype!r}) must have the same scalar type")
    length = source.shape[dim] if source.ndim else 1
    if (source.ndim and dim >= source.ndim) or index.numel != length:
        refuse(f"{name}(): Number of indices ({index.numel}) should be equal to source.size(dim): ({length})")
    if len(input.shape) != len(source.shape) or _other(input, dim) != _other(source, dim):
        refuse("source tensor shape must match self tensor shape, excluding the specified dimension.")


def _other(tensor: Tensor, dim: int) -> tuple[int, ...]:
    return (*tensor.shape[:dim], *tensor.shape[dim + 1 :])


def _length(input: Tensor, dim: int) -> int:
    return input.shape[dim] if input.ndim else 1


@function("IndexAddBackward0")
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Number = 1) -> Tensor:
    """Each slice of ``source`` along ``dim``, times ``alpha``, added to the slice that ``index`` names.

    https://docs.pytorch.org/docs/stable/generated/torch.index_add.html
    """
    dim = layout.wrap_dim(dim, input.ndim)
    _check_slices("index_add", input, dim, index, source)
    leave_open_unless(source.numel, alpha, input.dtype)
    element(alpha, input.dtype)
    if source.numel:
        check_range(index.array, _length(input, dim), dim)
    return _written(input, _places(input, dim, index), source.array, Reduction("sum", alpha=alpha))


def _added_vjp(g: Tensor, dim: int, index: Tensor, source: Tensor, alpha: Number) -> Tensor:
    chosen = expanded(index_select(g, dim, index), source.shape)
    return chosen if alpha == 1 else chosen * (alpha.conjugate() if isinstance(alpha, complex) else alpha)


index_add.reads_apart = ("index", "source")
index_add.vjp("input", lambda g: g)
index_add.vjp("source", _added_vjp)


@function("IndexReduceBackward0")
def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Each slice of ``source`` along ``dim`` reduced (prod, mean, amax or amin) with the slice that ``index`` names.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_reduce_.html
    """
    reduction = Reduction(reduce, include_self)
    check_reduction("index_reduce", reduction, input.dtype, ("prod", "mean", "amax", "amin"))
    if input.dtype.category in (Category.BOOL, Category.COMPLEX):
        refuse_dtype("index_reduce", input.dtype)
    dim = layout.wrap_dim(dim, input.ndim)
    _check_slices("index_reduce", input, dim, index, source)
    check_range(index.array, _length(input, dim), dim, "IndexError")
    return _written(input, _places(input, dim, index), source.array, reduction)


def _each_element(index: Tensor, dim: int, shape: layout.Shape) -> Tensor:
    """The index that names the place of each element of the slices."""
    own = [1] * len(shape)
    if shape:
        own[dim] = shape[dim]
    return Tensor.of(np.broadcast_to(index.array.reshape(own), shape).copy(), INT64)


def _through(vjp: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The vjp of ``scatter_reduce`` with an index for each element."""

    def product(
        g: Tensor,
        input: Tensor,
        dim: int,
        index: Tensor,
        source: Tensor,
        reduce: str,
        include_self: bool,
        result: Tensor,
    ) -> Tensor:
        dim = layout.wrap_dim(dim, input.ndim)
        each = _each_element(index, dim, source.shape)
        return vjp(g, input, dim, each, source, reduce, include_self, result)

    return product


index_reduce.reads_apart = ("index", "source")
index_reduce.vjp("input", _through(reduced_input_vjp))
index_reduce.vjp("source", _through(reduced_src_vjp))


@function("IndexCopyBackward0")
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Each slice of ``source`` along ``dim`` in the place of the slice that ``index`` names.

    https://docs.pytorch.org/docs/stable/generated/torch.index_copy.html
    """
    dim = layout.wrap_dim(dim, input.ndim)
    check_vector("index_copy", index)
    check_index_dtype("index_copy", index, (INT64,))
    if source.dtype is not input.dtype:
        refuse("index_copy_(): self and source expected to have the same dtype")
    if source.ndim and input.ndim and source.ndim != input.ndim:
        refuse_index("index_copy_(): When source and destination are not scalars, their dimensionality must match.")
    if not source.ndim and index.numel != 1:
        refuse_index(f"index_copy_(): When source is scalar, index should have one element (got {index.numel})")
    if source.ndim and index.numel != source.shape[dim]:
        refuse_index(f"index_copy_(): Number of indices ({index.numel}) should be equal to source.size(dim)")
    if _other(input, dim) != _other(source, dim):
        refuse("index_copy_(): Source/destination tensor must have same slice shapes.")
    if source.numel:
        check_range(index.array, _length(input, dim), dim, "IndexError")
    return _written(input, _places(input, dim, index), source.array, None)


def _unnamed(g: Tensor, dim: int, index: Tensor) -> Tensor:
    """The gradient of the slices that were not replaced."""
    kept: Tensor = index_fill(g, dim, index, 0)
    return kept


index_copy.reads_apart = ("index", "source")
index_copy.vjp("input", _unnamed)
index_copy.vjp("source", lambda g, dim, index, source: reshape(index_select(g, dim, index), source.shape))


def _fill_node(arguments: Mapping[str, Any]) -> str:
    return f"IndexFillBackward{int(isinstance(arguments['value'], Tensor))}"


@function(_fill_node)
def index_fill(input: Tensor, dim: int, index: Tensor, value: Tensor | Number) -> Tensor:
    """``value``, a number or a 0-d tensor, in the slices along ``dim`` that ``index`` names, from either end.

    https://docs.pytorch.org/docs/stable/generated/torch.index_fill.html
    """
    if isinstance(value, Tensor) and value.ndim:
        refuse(f"index_fill_ only supports a 0-dimensional value tensor, but got {value.ndim} dimension(s).")
    number = as_number(value, "value")
    if isinstance(number, complex) and not input.dtype.is_complex:
        refuse("index_fill_(): Converting complex Scalar to non-complex type is not supported")
    dim = layout.wrap_dim(dim, input.ndim)
    if index.dtype is not INT64:
        refuse_index("index_fill_(): Expected dtype int64 for index.")
    check_vector("index_fill_", index, "RuntimeError")
    length = _length(input, dim)
    if input.numel:
        check_range(index.array, length, dim, "IndexError", lowest=-length)
    filling = Tensor.of(cast_element(number, input.dtype), input.dtype).array
    strides = layout.preserved_strides(input.shape, input.strides)
    return _written(input, _places(input, dim, index), filling, None, strides)


def _filling_vjp(g: Tensor, dim: int, index: Tensor) -> Tensor:
    length = _length(g, layout.wrap_dim(dim, g.ndim))
    once = Tensor.of(np.unique(index.array.reshape(-1) % max(length, 1)), INT64)
    total: Tensor = index_select(g, dim, once).sum()
    return total


index_fill.reads_apart = ("index",)
index_fill.looks_for_overlap = False
index_fill.vjp("input", _unnamed)
index_fill.vjp("value", _filling_vjp)


# -- elements of all as one -----------------------------------------------------------------------------------------


@function("PutBackward0")
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """The elements of ``source`` written to (or added at) ``index``, positions in ``input`` as if it had one dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.put_.html
    """
    check_index_dtype("put_", index, (INT64,))
    if source.dtype is not input.dtype:
        refuse("put_(): self and source expected to have the same dtype")
    if source.numel != index.numel:
        refuse_index("put_(): Expected source and index to have the same number of elements")
    if index.numel and not input.numel:
        refuse_index("put_(): Tried to put elements into an empty tensor")
    check_range(index.array, input.numel, 0, "IndexError", lowest=-input.numel)
    places = index.array.ravel() % max(input.numel, 1)
    strides = layout.preserved_strides(input.shape, input.strides)
    return _written(input, places, source.array.ravel(), SUM if accumulate else None, strides)


def _put_input_vjp(g: Tensor, index: Tensor, source_shape: layout.Shape, accumulate: bool) -> Tensor:
    if accumulate:
        return g
    kept: Tensor = put(g, index, Tensor.of(np.zeros(source_shape, g.dtype.numpy), g.dtype))
    return kept


put.reads_apart = ("index", "source")
put.vjp("input", _put_input_vjp)
put.vjp("source", lambda g, index, source: reshape(take(g, index), source.shape))


# -- where a mask is true -------------------------------------------------------------------------------------------


@function("MaskedScatterBackward0")
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """The elements of ``source``, one after the other, where ``mask``, broadcast, is true.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.masked_scatter_.html
    """
    if source.dtype is not input.dtype:
        refuse(f"masked_scatter: expected self and source to have same dtypes but got {input.dtype!r}")
    shape = broadcast_shapes(input.shape, mask.shape)
    if mask.dtype is not BOOL:
        refuse(f"masked_scatter_ only supports boolean masks, but got mask with dtype {mask.dtype!r}")
    chosen = np.broadcast_to(mask.array, shape)
    count = int(chosen.sum())
    if count > source.numel:
        refuse("Number of elements of source < number of ones in mask")
    made = taken(input, lambda array: np.broadcast_to(array, shape).copy())
    made.array[chosen] = source.array.ravel()[:count]
    return made


def _scattered_vjp(g: Tensor, mask: Tensor, source_shape: layout.Shape) -> Tensor:
    """The gradient at the places in order; what was left over has none."""
    given = masked_select(g, mask)
    rest = int(np.prod(source_shape, dtype=np.int64)) - given.numel
    whole: Tensor = METHODS["cat"]([given, Tensor.of(np.zeros(rest, g.dtype.numpy), g.dtype)])
    return reshape(whole, source_shape)


masked_scatter.vjp("input", lambda g, mask: masked_fill(g, mask, 0))
masked_scatter.vjp("source", _scattered_vjp)
