"""Tensors made from data: Python numbers, nested sequences, NumPy arrays and other tensors.

https://docs.pytorch.org/docs/stable/generated/torch.tensor.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any

import numpy as np

from reference import layout
from reference.conversion import clone, detach, to
from reference.creation import checked_size, tracked
from reference.dtypes import BOOL, BY_NUMPY, Category, DType, default_dtype
from reference.errors import refuse, refuse_type, refuse_value
from reference.function import function
from reference.numpy_sharing import alias
from reference.promotion import dtype_of_number, promote_types
from reference.scalars import as_number, cast_element, element
from reference.tensor import Tensor

_SEQUENCE = (list, tuple, range, np.ndarray)


@function()
def tensor(data: Any, *, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """A new leaf holding a copy of ``data``; its dtype is inferred unless one is given.

    Refuses ragged sequences (ValueError), and numbers that the dtype cannot hold.
    https://docs.pytorch.org/docs/stable/generated/torch.tensor.html
    """
    return tracked(_copied(data, dtype), requires_grad)


@function()
def new_tensor(self: Tensor, data: Any, *, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """Like :func:`tensor`, with this tensor's dtype unless another is given.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.new_tensor.html
    """
    return tracked(_copied(data, dtype or self.dtype), requires_grad)


@function()
def scalar_tensor(s: Any, *, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """A number as a 0-d tensor, of the default dtype unless one is given."""
    dtype = dtype or default_dtype()
    return tracked(Tensor.of(cast_element(as_number(s, "s"), dtype), dtype), requires_grad)


@function()
def as_tensor(data: Any, dtype: DType | None = None) -> Tensor:
    """``data`` as a tensor: itself, or sharing its memory and history where the dtype allows, else a copy.

    https://docs.pytorch.org/docs/stable/generated/torch.as_tensor.html
    """
    if isinstance(data, np.ndarray):
        data = alias(data)
    if isinstance(data, Tensor):
        cast: Tensor = to(data, dtype)
        return cast
    return _copied(data, dtype)


@function()
def asarray(
    obj: Any, *, dtype: DType | None = None, copy: bool | None = None, requires_grad: bool | None = None
) -> Tensor:
    """``obj`` as a tensor that shares its memory (``copy=False`` insists, ``copy=True`` forbids).

    https://docs.pytorch.org/docs/stable/generated/torch.asarray.html
    """
    if isinstance(obj, np.generic) and copy is False:
        refuse("can't alias NumPy scalars")
    given = alias(obj) if isinstance(obj, np.ndarray) else obj
    if not isinstance(given, Tensor):
        if copy is False:
            refuse_value("can't alias arbitrary sequence into a tensor")
        return tracked(_copied(given, dtype), bool(requires_grad))
    wanted = given.requires_grad if requires_grad is None else requires_grad
    if dtype not in (None, given.dtype):
        if copy is False:
            refuse_value(f"can't alias tensor with dtype {given.dtype!r} into dtype {dtype!r}")
        made: Tensor = to(given, dtype)
    else:
        made = clone(given) if copy else given
    if made.is_leaf or wanted:
        return made.requires_grad_(wanted)
    detached: Tensor = detach(made)
    return detached


@function()
def legacy_tensor(*data: Any, dtype: DType | None = None) -> Tensor:
    """The old constructor ``torch.Tensor``: sizes give unspecified values, a sequence gives its values.

    https://docs.pytorch.org/docs/stable/tensors.html warns that it is not :func:`tensor`.
    """
    dtype = dtype or default_dtype()
    if len(data) == 1 and isinstance(data[0], (list, tuple, np.ndarray)):
        return _copied(data[0], dtype)
    if len(data) == 1 and not isinstance(data[0], int):
        refuse_type(f"new(): data must be a sequence (got {type(data[0]).__name__})")
    return Tensor.empty(checked_size(data) if data else (0,), dtype)


def _copied(data: Any, dtype: DType | None) -> Tensor:
    if isinstance(data, np.ndarray):
        data = alias(data)
    if isinstance(data, Tensor):
        strides = layout.preserved_strides(data.shape, data.strides)
        return Tensor.of(data.array, dtype or data.dtype, strides)
    if isinstance(data, str):
        refuse_type("new(): invalid data type 'str'")
    sizes = _sizes(data)
    dtype = inferred_dtype(data) if dtype is None else dtype
    values = [_stored(leaf, dtype) for leaf in _leaves(data, sizes)]
    computing = {Category.FLOATING: np.dtype(np.float64), Category.COMPLEX: np.dtype(np.complex128)}
    flat = np.array(values, dtype=computing.get(dtype.category, dtype.numpy))
    return Tensor.of(flat.reshape(sizes), dtype)


def _sizes(data: Any) -> tuple[int, ...]:
    """The sizes that the first elements show."""
    sizes: list[int] = []
    while isinstance(data, _SEQUENCE):
        if isinstance(data, np.ndarray) and not data.ndim:
            refuse_type("len() of unsized object")
        sizes.append(len(data))
        if not sizes[-1]:
            break
        data = data[0]
    if isinstance(data, str):
        refuse_value("too many dimensions 'str'")
    return tuple(sizes)


def inferred_dtype(data: Any) -> DType:
    """The dtype to which all numbers in nested sequences promote; the default dtype where there are none.

    >>> inferred_dtype([[True, 2], [3, 4]]), inferred_dtype([1, 2.5]), inferred_dtype([])
    (torch.int64, torch.float32, torch.float32)
    """
    if isinstance(data, Tensor):
        return data.dtype
    if isinstance(data, (np.ndarray, np.generic)):
        found = BY_NUMPY.get(data.dtype)
        if found is None:
            refuse_type(f"can't convert np.ndarray of type {data.dtype}")
        return found
    if isinstance(data, (bool, int, float, complex)):
        return dtype_of_number(data)
    if isinstance(data, str):
        refuse_type("new(): invalid data type 'str'")
    if not isinstance(data, _SEQUENCE):
        refuse(f"Could not infer dtype of {type(data).__name__}")
    return reduce(promote_types, map(inferred_dtype, data)) if len(data) else default_dtype()


def _leaves(data: Any, sizes: tuple[int, ...], dim: int = 0) -> Iterator[Any]:
    if dim == len(sizes):
        yield data
        return
    if not isinstance(data, _SEQUENCE):
        refuse_type("not a sequence")
    if len(data) != sizes[dim]:
        refuse_value(f"expected sequence of length {sizes[dim]} at dim {dim} (got {len(data)})")
    for part in data:
        yield from _leaves(part, sizes, dim + 1)


def _stored(value: Any, dtype: DType) -> Any:
    """A leaf as Python would convert it: a float for a floating dtype (beyond range infinity), and so on."""
    if isinstance(value, Tensor):
        if value.numel != 1 or (dtype.category is Category.INTEGRAL and value.dtype.category > Category.INTEGRAL):
            refuse_type("only integer tensors of a single element can be converted to an index")
        value = value.array.reshape(-1)[0]
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, (bool, int, float, complex)):
        refuse_type(f"must be a number, not {type(value).__name__}")
    if dtype is BOOL:
        return value != 0
    if dtype.category is Category.COMPLEX:
        return complex(value)
    if isinstance(value, complex):
        refuse_type("must be real number, not complex")
    if dtype.category is Category.FLOATING:
        try:
            return float(value)
        except OverflowError:
            refuse("int too large to convert to float", "OverflowError")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        refuse_value("Overflow when unpacking long long")
    return element(value, dtype)
