"""Casts by name: ``float()``, ``long()``, ``type()``, ``type_as()``. https://docs.pytorch.org/docs/stable/tensors.html"""

from __future__ import annotations

from reference.conversion import to
from reference.dtypes import (
    BFLOAT16,
    BOOL,
    COMPLEX64,
    COMPLEX128,
    FLOAT8,
    FLOAT8_E8M0FNU,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    INT8,
    INT16,
    INT32,
    INT64,
    UINT8,
    UNSIGNED,
    DType,
)
from reference.errors import refuse_value
from reference.function import Function, function
from reference.tensor import Tensor

NAMED = {
    "bool": BOOL,
    "byte": UINT8,
    "char": INT8,
    "short": INT16,
    "int": INT32,
    "long": INT64,
    "half": FLOAT16,
    "bfloat16": BFLOAT16,
    "float": FLOAT32,
    "double": FLOAT64,
    "cfloat": COMPLEX64,
    "cdouble": COMPLEX128,
}
"""What is cast to, by the name of the cast."""
_TYPE_NAMES = {
    **{dtype: f"torch.{name.capitalize()}Tensor" for name, dtype in NAMED.items()},
    BFLOAT16: "torch.BFloat16Tensor",
    COMPLEX64: "torch.ComplexFloatTensor",
    COMPLEX128: "torch.ComplexDoubleTensor",
    **{dtype: f"torch.UInt{8 * dtype.itemsize}Tensor" for dtype in UNSIGNED},
    **{dtype: f"torch.{dtype.name.capitalize()}Tensor" for dtype in (*FLOAT8, FLOAT8_E8M0FNU)},
}
_BY_TYPE_NAME = {name: dtype for dtype, name in _TYPE_NAMES.items()}


def _cast_to(name: str, dtype: DType) -> Function:
    def cast(input: Tensor, memory_format: str = "preserve") -> Tensor:
        result: Tensor = to(input, dtype, memory_format=memory_format)
        return result

    cast.__name__ = name
    cast.__doc__ = f"``input.to({dtype!r})``. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.{name}.html"
    return Function(cast)


CASTS = {name: _cast_to(name, dtype) for name, dtype in NAMED.items()}
"""The casts that are named after a dtype as C calls it."""


@function()
def type(input: Tensor, dtype: DType | str | None = None, non_blocking: bool = False) -> Tensor | str:
    """The name of the tensor's type (``"torch.FloatTensor"``); with a dtype, or such a name, a cast.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.type.html
    """
    if dtype is None:
        return _TYPE_NAMES[input.dtype]
    if isinstance(dtype, str):
        if dtype not in _BY_TYPE_NAME:
            refuse_value(f"invalid type: {dtype!r}")
        dtype = _BY_TYPE_NAME[dtype]
    result: Tensor = to(input, dtype)
    return result


@function()
def type_as(input: Tensor, other: Tensor) -> Tensor:
    """``input.to(other.dtype)``. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.type_as.html"""
    result: Tensor = to(input, other.dtype)
    return result
