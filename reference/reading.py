"""What a tensor tells as a Python object: numbers, lists, sizes and strides.

https://docs.pytorch.org/docs/stable/tensors.html
"""

from __future__ import annotations

import math
from typing import Any

from reference import layout
from reference.comparison import eq
from reference.conversion import lies_in
from reference.dtypes import Category
from reference.errors import Refusal, refuse, refuse_index, refuse_type, refuse_value
from reference.promotion import Number
from reference.tensor import Tensor

# -- numbers ---------------------------------------------------------------------------------------------------------


def tolist(input: Tensor) -> Any:
    """The elements as nested lists of Python numbers; of a 0-d tensor the number.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.tolist.html
    """
    if not input.ndim:
        return input.item()
    kinds: dict[Category, Any] = {Category.FLOATING: float, Category.COMPLEX: complex}
    array = input.array
    plain = array.astype(kinds[input.dtype.category]) if input.dtype.is_differentiable else array
    return plain.tolist()


def _only_element(input: Tensor) -> Number:
    if input.numel != 1:
        refuse_value("only one element tensors can be converted to Python scalars")
    return input.item()


def _real_element(input: Tensor) -> bool | int | float:
    value = _only_element(input)
    if isinstance(value, complex):
        if value.imag != 0:
            refuse("value cannot be converted to a real number without overflow")
        return value.real
    return value


def as_int(input: Tensor) -> int:
    """``int(input)``: cut off towards zero; nan and infinity are refused as ``int(float)`` refuses them."""
    value = _real_element(input)
    if input.dtype.is_complex and not -(2.0**63) <= value < 2.0**63:
        refuse("value cannot be converted to type int64_t without overflow")
    if isinstance(value, float) and not math.isfinite(value):
        kind = "ValueError" if math.isnan(value) else "OverflowError"
        raise Refusal(kind, f"cannot convert float {value} to integer")
    return int(value)


def as_float(input: Tensor) -> float:
    """``float(input)``."""
    return float(_real_element(input))


def as_complex(input: Tensor) -> complex:
    """``complex(input)``."""
    return complex(_only_element(input))


def as_index(input: Tensor) -> int:
    """``operator.index(input)``: of integers and bool alone."""
    if input.numel != 1 or input.dtype.is_differentiable:
        refuse_type("only integer tensors of a single element can be converted to an index")
    return int(_real_element(input))


def contains(input: Tensor, element: Tensor | Number) -> bool:
    """``element in input``: whether any element is equal to it, broadcast. https://docs.pytorch.org/docs/stable/tensors.html"""
    return bool(eq(input, element).array.any())


def is_nonzero(input: Tensor) -> bool:
    """Whether the only element is not zero, as ``bool(input)``.

    https://docs.pytorch.org/docs/stable/generated/torch.is_nonzero.html
    """
    return bool(input)


# -- metadata --------------------------------------------------------------------------------------------------------


def numel(input: Tensor) -> int:
    """How many elements there are. https://docs.pytorch.org/docs/stable/generated/torch.numel.html"""
    return input.numel


def dim(input: Tensor) -> int:
    """How many dimensions there are. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.dim.html"""
    return input.ndim


def length(input: Tensor) -> int:
    """``len(input)``: the first size; a 0-d tensor has none."""
    return len(input)


def as_bool(input: Tensor) -> bool:
    """``bool(input)``: whether the only element is not zero."""
    return bool(input)


def _of_dim(input: Tensor, values: tuple[int, ...], dim: int | None) -> tuple[int, ...] | int:
    if dim is None:
        return values
    if not input.ndim:
        refuse_index(f"Dimension specified as {dim} but tensor has no dimensions")
    return values[layout.wrap_dim(dim, input.ndim)]


def size(input: Tensor, dim: int | None = None) -> tuple[int, ...] | int:
    """The sizes, or that of one dimension. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.size.html"""
    return _of_dim(input, input.shape, dim)


def stride(input: Tensor, dim: int | None = None) -> tuple[int, ...] | int:
    """The strides, or that of one dimension. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.stride.html"""
    return _of_dim(input, input.strides, dim)


def storage_offset(input: Tensor) -> int:
    """Where in its storage a tensor begins, counted in elements.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.storage_offset.html
    """
    return input.offset


def element_size(input: Tensor) -> int:
    """The bytes of one element. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.element_size.html"""
    return input.dtype.itemsize


def is_contiguous(input: Tensor, memory_format: str = "contiguous") -> bool:
    """Whether the elements lie in the order of a memory format.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_contiguous.html
    """
    return lies_in(memory_format, input)


def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype is a real floating point one.

    https://docs.pytorch.org/docs/stable/generated/torch.is_floating_point.html
    """
    return input.dtype.is_floating_point


def is_complex(input: Tensor) -> bool:
    """Whether the dtype is complex. https://docs.pytorch.org/docs/stable/generated/torch.is_complex.html"""
    return input.dtype.is_complex


def is_signed(input: Tensor) -> bool:
    """Whether the dtype has negative numbers.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_signed.html
    """
    return input.dtype.is_signed


def is_set_to(input: Tensor, tensor: Tensor) -> bool:
    """Whether both have the same storage, offset, sizes and strides.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_set_to.html
    """
    same_place = input.storage is tensor.storage and input.offset == tensor.offset
    return same_place and input.shape == tensor.shape and input.strides == tensor.strides
