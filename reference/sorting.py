"""Sorting, and elements chosen by their rank. https://docs.pytorch.org/docs/stable/torch.html#other-operations

NaN is larger than any number. Where equal elements may be told apart by their index alone, the index is not specified
unless a page says which is meant.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import layout
from reference.checks import BOOL, COMPLEX, refuse_category
from reference.dtypes import INT64
from reference.errors import refuse, refuse_index
from reference.function import Function, function
from reference.placing import placed_along
from reference.reduction import computing_array, delivered, sum
from reference.selection import where
from reference.tensor import METHODS, Tensor

Pair = tuple[Tensor, Tensor]


def rows(input: Tensor) -> np.ndarray:
    """The values in a dtype that NumPy can sort; one that was rounded once is exact in it. A 0-d tensor is one row."""
    array = computing_array(input, input.dtype)
    return array if input.ndim else array.reshape(1)


def ranked(array: np.ndarray, axis: int, *, descending: bool = False) -> np.ndarray:
    """The indices that sort the rows, equal elements in the order in which they stand."""
    if not descending:
        return np.argsort(array, axis=axis, kind="stable")
    backwards = np.argsort(np.flip(array, axis), axis=axis, kind="stable")
    return array.shape[axis] - 1 - np.flip(backwards, axis)


def same(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Where two are equal, or both NaN."""
    return np.asarray((first == second) | ((first != first) & (second != second)))


def alone(ordered: np.ndarray, axis: int) -> np.ndarray:
    """Where an element of sorted rows equals neither neighbour, so that its index is determined."""
    ordered = np.moveaxis(ordered, axis, -1)
    single = np.ones(ordered.shape, bool)
    if ordered.shape[-1] > 1:
        equal = same(ordered[..., 1:], ordered[..., :-1])
        single[..., 1:] &= ~equal
        single[..., :-1] &= ~equal
    return np.moveaxis(single, -1, axis)


def specify(tensor: Tensor, where: np.ndarray) -> Tensor:
    """Say which elements the manual determines."""
    tensor.specified = True if where.all() else np.asarray(where).reshape(tensor.shape)
    return tensor


def _arranged(input: Tensor, values: np.ndarray, index: np.ndarray, strides: layout.Strides | None) -> Pair:
    """Values and indices as tensors, of the input's number of dimensions."""
    if not input.ndim:
        values, index = values.reshape(()), index.reshape(())
    return Tensor.of(values, input.dtype, strides), Tensor.of(index, INT64, strides)


# -- sort --------------------------------------------------------------------------------------------------------------


@function(lambda arguments: f"SortBackward{0 if arguments['stable'] is None else 1}")
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool | None = None) -> Pair:
    """The elements of each row in order, and their indices; equal elements keep their order if ``stable``.

    https://docs.pytorch.org/docs/stable/generated/torch.sort.html
    """
    axis = layout.wrap_dim(dim, input.ndim)
    refuse_category("sort", input.dtype, COMPLEX, kind="RuntimeError")
    array = rows(input)
    index = ranked(array, axis, descending=descending)
    ordered = np.take_along_axis(array, index, axis)
    strides = layout.preserved_strides(input.shape, input.strides)
    values, indices = _arranged(input, ordered, index, strides)
    return values, indices if stable else specify(indices, alone(ordered, axis))


sort.vjp("input", lambda g, input_shape, result, dim: placed_along(g[0], result[1], input_shape, dim))


@function()
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The indices of ``sort``. https://docs.pytorch.org/docs/stable/generated/torch.argsort.html"""
    indices: Tensor = sort.forward(input, dim, descending, stable)[1]
    return indices


@function()
def msort(input: Tensor) -> Tensor:
    """The elements in order along the first dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.msort.html
    """
    values: Tensor = sort(input, 0)[0]
    return values


@function("TopkBackward0")
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Pair:
    """The ``k`` largest elements of each row, or the smallest, and their indices; in no order unless ``sorted``.

    https://docs.pytorch.org/docs/stable/generated/torch.topk.html
    """
    axis = layout.wrap_dim(dim, input.ndim)
    refuse_category("topk", input.dtype, BOOL, COMPLEX, kind="RuntimeError")
    array = rows(input)
    if not 0 <= k <= array.shape[axis]:
        refuse("selected index k out of range")
    index = ranked(array, axis, descending=largest)
    every = np.take_along_axis(array, index, axis)
    single = np.take(alone(every, axis), range(k), axis)
    chosen, index = np.take(every, range(k), axis), np.take(index, range(k), axis)
    if not input.ndim and not k:
        return _arranged(input, array, np.zeros(1, np.int64), None)
    values, indices = _arranged(input, chosen, index, None)
    if not sorted and k > 1:
        values.specified = indices.specified = False
        return values, indices
    return values, specify(indices, single)


topk.vjp("input", lambda g, input_shape, result, dim: placed_along(g[0], result[1], input_shape, dim))


# -- one element of each row -------------------------------------------------------------------------------------------


def _refuse_empty_rows(name: str, input: Tensor, axis: int) -> None:
    if input.ndim and not input.shape[axis]:
        refuse_index(f"{name}(): Expected reduction dim {axis} to have non-zero size.")


def _one_a_row(input: Tensor, array: np.ndarray, index: np.ndarray, axis: int, keepdim: bool) -> Pair:
    """The elements at ``index``, which keeps the dimension; the index is specified where no other element is equal."""
    values = np.take_along_axis(array, index, axis)
    single = same(array, values).sum(axis=axis, keepdims=True) == 1
    dims = (axis,)
    if not input.ndim:
        keepdim, dims = False, (0,)
    chosen = delivered(values, dims, keepdim, input.dtype)
    return chosen, specify(delivered(index, dims, keepdim, INT64), single)


def _at_rank(input: Tensor, rank: np.ndarray, axis: int, keepdim: bool) -> Pair:
    array = rows(input)
    index = np.take_along_axis(ranked(array, axis), rank, axis)
    return _one_a_row(input, array, index, axis, keepdim)


def _reduced(input: Tensor, axis: int) -> tuple[int, ...]:
    shape = input.shape or (1,)
    return tuple(1 if dim == axis else size for dim, size in enumerate(shape))


def back_to_place(g: Any, result: Any, input_shape: layout.Shape, dim: int) -> Tensor:
    """The gradient of elements chosen one a row: ``g`` at their indices."""
    g, index = (g[0] if isinstance(g, tuple) else g), result[1]
    if not input_shape:
        return g
    kept = _kept(input_shape, dim)
    placed: Tensor = placed_along(METHODS["reshape"](g, kept), METHODS["reshape"](index, kept), input_shape, dim)
    return placed


def _kept(shape: layout.Shape, dim: int) -> layout.Shape:
    axis = layout.wrap_dim(dim, len(shape))
    return tuple(1 if position == axis else size for position, size in enumerate(shape))


@function("KthvalueBackward0")
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Pair:
    """The ``k``-th smallest element of each row, counted from one, and an index of it.

    https://docs.pytorch.org/docs/stable/generated/torch.kthvalue.html
    """
    axis = layout.wrap_dim(dim, input.ndim)
    refuse_category("kthvalue", input.dtype, BOOL, COMPLEX)
    _refuse_empty_rows("kthvalue", input, axis)
    if not 1 <= k <= (input.shape or (1,))[axis]:
        refuse(f"kthvalue(): selected number k out of range for dimension {axis}")
    return _at_rank(input, np.full(_reduced(input, axis), k - 1), axis, keepdim)


kthvalue.vjp("input", back_to_place)


def _median_rank(array: np.ndarray, axis: int, *, ignore_nan: bool) -> np.ndarray:
    """The rank of the lower median: a NaN is the largest and so the last, and is the median unless ignored."""
    missing = (array != array).sum(axis=axis, keepdims=True)
    count = array.shape[axis]
    if ignore_nan:
        return np.asarray((np.maximum(count - missing, 1) - 1) // 2)
    return np.where(missing > 0, count - 1, (count - 1) // 2)


def _median_of_all(input: Tensor, *, ignore_nan: bool) -> Tensor:
    flat = rows(input).reshape(-1)
    if not flat.size:
        nothing = Tensor.of(np.asarray(np.nan if input.dtype.is_differentiable else 0), input.dtype)
        # No integer says that there is none.
        nothing.specified = input.dtype.is_differentiable
        return nothing
    rank = _median_rank(flat, 0, ignore_nan=ignore_nan)
    return Tensor.of(np.sort(flat)[rank].reshape(()), input.dtype)


def _shared_by_equals(g: Tensor, input: Tensor, result: Tensor) -> Tensor:
    """``g`` divided evenly among the elements that equal the result (``evenly_distribute_backward``)."""
    ties = METHODS["logical_or"](
        input == result, METHODS["logical_and"](METHODS["isnan"](input), METHODS["isnan"](result))
    )
    shared: Tensor = where(ties, g / sum(ties), 0)
    return shared


def _declare_median(name: str, *, ignore_nan: bool) -> Function:
    """The function of one name: of all elements, whose equals share the gradient, or of rows, with an index of it."""

    def over_all(input: Tensor) -> Tensor:
        refuse_category(name, input.dtype, BOOL, COMPLEX)
        return _median_of_all(input, ignore_nan=ignore_nan)

    def along(input: Tensor, dim: int, keepdim: bool = False) -> Pair:
        refuse_category(name, input.dtype, BOOL, COMPLEX)
        axis = layout.wrap_dim(dim, input.ndim)
        _refuse_empty_rows(name, input, axis)
        return _at_rank(input, _median_rank(rows(input), axis, ignore_nan=ignore_nan), axis, keepdim)

    def either(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
        return of_all(input) if dim is None else of_rows(input, dim, keepdim)

    left = " of the elements that are not NaN; NaN if none is left" if ignore_nan else "; NaN if an element is"
    over_all.__name__, along.__name__, either.__name__ = f"{name}_all", f"{name}_dim", name
    over_all.__doc__ = along.__doc__ = either.__doc__ = (
        f"The lower median of all elements, or of each row with an index of it{left}.\n\n"
        f"    https://docs.pytorch.org/docs/stable/generated/torch.{name}.html"
    )
    node = f"{name.capitalize()}Backward"
    of_all, of_rows = Function(over_all, f"{node}0"), Function(along, f"{node}1")
    of_all.vjp("input", _shared_by_equals)
    of_rows.vjp("input", back_to_place)
    return Function(either)


median, nanmedian = _declare_median("median", ignore_nan=False), _declare_median("nanmedian", ignore_nan=True)


@function("ModeBackward0")
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Pair:
    """A value that appears most often in each row, and an index of it.

    Which of several is open, and so is whether NaN equals NaN.
    https://docs.pytorch.org/docs/stable/generated/torch.mode.html
    """
    axis = layout.wrap_dim(dim, input.ndim)
    refuse_category("mode", input.dtype, COMPLEX)
    _refuse_empty_rows("mode", input, axis)
    array = rows(input)
    order = ranked(array, axis)
    ordered = np.moveaxis(np.take_along_axis(array, order, axis), axis, -1)
    begins, lengths = _runs(ordered)
    longest = lengths.max(axis=-1, keepdims=True, initial=0)
    first = np.argmax(lengths, axis=-1, keepdims=True) if array.size else np.zeros((*ordered.shape[:-1], 1), np.int64)
    index = np.take_along_axis(order, np.moveaxis(first, -1, axis), axis)
    values, indices = _one_a_row(input, array, index, axis, keepdim)
    several = (begins & (lengths == longest)).sum(axis=-1) > 1
    missing = (ordered != ordered).sum(axis=-1) >= longest[..., 0]
    certain = ~(several | (missing & (ordered != ordered).any(axis=-1)))
    specify(values, certain)
    specify(indices, certain & (longest[..., 0] == 1))
    return values, indices


def _runs(ordered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a run of equal elements begins in the last dimension, and how long it is, there."""
    count = ordered.shape[-1]
    begins = np.ones(ordered.shape, bool)
    begins[..., 1:] = ~same(ordered[..., 1:], ordered[..., :-1])
    places = np.where(begins, np.arange(count), count)
    closed = np.concatenate([places, np.full((*places.shape[:-1], 1), count)], axis=-1)
    following = np.flip(np.minimum.accumulate(np.flip(closed, -1), axis=-1), -1)[..., 1:]
    return begins, np.where(begins, following - np.arange(count), 0)


mode.vjp("input", back_to_place)
