"""Indexing: ``x[...]`` read and written, with integers, slices, None, Ellipsis, bools, lists, masks and index tensors.

What torch calls basic indexing gives views; a list, mask or index tensor makes a copy, its dimensions placed as
NumPy places them. Sources: https://docs.pytorch.org/docs/stable/tensor_view.html,
https://numpy.org/doc/stable/user/basics.indexing.html, https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_put_.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reference.advanced import Indices, index, index_put_, plan
from reference.dtypes import BOOL, INT64, UINT8, Category
from reference.errors import refuse_index, refuse_type, refuse_value
from reference.function import function
from reference.layout import Shape
from reference.scalars import cast_element
from reference.slicing import expanded, select, slice_, unsqueeze
from reference.tensor import METHODS, Tensor
from reference.views import alias, viewed

Item = Any  # int, bool, slice, None, Ellipsis, Tensor, or a list of such


@function()
def getitem(input: Tensor, item: Item) -> Tensor:
    """``input[item]``. https://docs.pytorch.org/docs/stable/tensor_view.html"""
    if _is_plain_slice(item):
        return _sliced(input, 0, item)
    part, indices = _basic_part(input, _items(item))
    if any(chosen is not None for chosen in indices):
        return index(part, indices)
    return alias(part) if part is input else part


def chosen_shape(input: Tensor, item: Item) -> Shape:
    """The shape of ``input[item]``."""
    part, indices = _basic_part(input, _items(item))
    return plan(part, indices).result_shape if any(chosen is not None for chosen in indices) else part.shape


@function()
def setitem(input: Tensor, item: Item, value: Any) -> None:
    """``input[item] = value``: a number or a tensor, broadcast after its leading dimensions of one are dropped."""
    given = _value(input, value)
    if item is False:
        return
    if item is True:
        item = None
    part, indices = _basic_part(input, _items(item))
    if any(chosen is not None for chosen in indices):
        index_put_(part, indices, _without_leading_ones(given))
    else:
        _assign(part, given)


def _value(input: Tensor, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (bool, int, float, complex)):
        return Tensor.of(cast_element(value, input.dtype), input.dtype)
    refuse_type(f"can't assign a {type(value).__name__} to a {input.dtype!r} tensor")


def _assign(part: Tensor, value: Tensor) -> None:
    if part.shape == value.shape:
        METHODS["copy_"](part, value)
    elif not value.shape:
        METHODS["fill_"](part, value)
    else:
        METHODS["copy_"](part, expanded(_without_leading_ones(value), part.shape))


def _without_leading_ones(value: Tensor) -> Tensor:
    kept = next((dim for dim, size in enumerate(value.shape) if size != 1), value.ndim)
    return viewed(value, value.shape[kept:]) if kept else value


# -- the index, item by item ----------------------------------------------------------------------------------------


def _items(item: Item) -> tuple[Item, ...]:
    """The index as a tuple: a list counts as one if it holds more than numbers and bools."""
    if isinstance(item, tuple):
        return item
    if isinstance(item, list) and any(
        part is None or part is ... or isinstance(part, (list, tuple, slice, Tensor)) for part in item
    ):
        return tuple(item)
    return (item,)


def _is_plain_slice(item: Item) -> bool:
    return isinstance(item, slice)


def _basic_part(input: Tensor, items: Sequence[Item]) -> tuple[Tensor, Indices]:
    """The view that the basic items choose, and for each of its dimensions the index tensor, if any."""
    used = sum(_dims_used(item) for item in items)
    if used > input.ndim:
        if not input.ndim and isinstance(items[0], int):
            refuse_index("invalid index of a 0-dim tensor. Use `tensor.item()`")
        refuse_index(f"too many indices for tensor of dimension {input.ndim}")
    part = input
    indices: list[Tensor | None] = []
    dim = covered = 0
    for item in items:
        item = _as_index(item)
        if isinstance(item, bool):
            part, item = unsqueeze(part, dim), _of_bool(item)
        if item is ...:
            dim += input.ndim - used
        elif item is None:
            part, dim = unsqueeze(part, dim), dim + 1
        elif isinstance(item, int):
            part = select(part, dim, item)
        elif isinstance(item, slice):
            part, dim = _sliced_unless_whole(part, dim, item), dim + 1
        else:
            indices += [*[None] * (dim - covered), item]
            dim = covered = dim + (item.ndim if item.dtype in (BOOL, UINT8) else 1)
    return part, tuple(indices)


def _dims_used(item: Item) -> int:
    if item is None or item is ... or isinstance(item, bool):
        return 0
    if isinstance(item, Tensor) and item.dtype in (BOOL, UINT8):
        return item.ndim
    return 1


def _as_index(item: Item) -> Item:
    """Lists as tensors, 0-d tensors as the number that they hold."""
    if isinstance(item, (list, tuple)):
        item = _of_list(item)
    if isinstance(item, Tensor) and not item.ndim and item.dtype.category < Category.FLOATING:
        return bool(item.array) if item.dtype in (BOOL, UINT8) else int(item.array)
    if item is None or item is ... or isinstance(item, (int, slice, Tensor)):
        return item
    refuse_index(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices"
        f" (got {type(item).__name__})"
    )


def _of_list(items: Sequence[Item]) -> Tensor:
    array = np.array(items)
    if not array.size:
        array = array.astype(np.int64)
    if array.dtype.kind not in "bi":
        refuse_index("tensors used as indices must be long, int, byte or bool tensors")
    return Tensor.of(array, BOOL if array.dtype.kind == "b" else INT64)


def _of_bool(item: bool) -> Tensor:
    """The index into a new dimension of one: its place if true, no place if false."""
    return Tensor.of(np.zeros(1 if item else 0, np.int64), INT64)


def _sliced(input: Tensor, dim: int, item: slice) -> Tensor:
    for bound in (item.start, item.stop, item.step):
        if bound is not None and not isinstance(bound, (int, Tensor)):
            refuse_type("slice indices must be integers or None or have an __index__ method")
    start, stop, step = (int(b.array) if isinstance(b, Tensor) else b for b in (item.start, item.stop, item.step))
    if step is not None and step <= 0:
        refuse_value("step must be greater than zero")
    if not input.ndim:
        refuse_index("slice() cannot be applied to a 0-dim tensor.")
    return slice_(input, dim, start, stop, 1 if step is None else step)


def _sliced_unless_whole(input: Tensor, dim: int, item: slice) -> Tensor:
    """A slice from the first element to the last or beyond is no call."""
    sliced = _sliced(input, dim, item)
    ends = item.stop is None or item.stop >= input.shape[dim]
    whole = item.start in (None, 0) and ends and item.step in (None, 1)
    return input if whole else sliced
