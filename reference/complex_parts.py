"""Complex tensors from their parts. https://docs.pytorch.org/docs/stable/torch.html#creation-ops"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reference.arithmetic import conjugate
from reference.comparison import tensors_only
from reference.dtypes import EXTENDED, FLOAT16, FLOAT32, FLOAT64, DType, complex_of
from reference.errors import refuse, unmodelled
from reference.function import Check, pointwise
from reference.promotion import Number
from reference.tensor import METHODS, Tensor

_PARTS = (FLOAT16, FLOAT32, FLOAT64, EXTENDED)


def _to_complex(operands: Sequence[Tensor | Number]) -> tuple[DType, DType]:
    """Both parts of one dtype, of 32 or 64 bits; the result is its complex counterpart."""
    dtypes = [operand.dtype for operand in operands if isinstance(operand, Tensor)]
    if any(dtype not in _PARTS for dtype in dtypes):
        refuse(f"Expected both inputs to be Half, Float or Double tensors but got {dtypes}")
    if len(set(dtypes)) > 1:
        refuse(f"Expected objects of one scalar type but got {dtypes}")
    if FLOAT16 in dtypes:
        unmodelled("complex32")
    return dtypes[0], complex_of(dtypes[0])


def _tensors(first: str, second: str) -> Check:
    def check(dtype: DType, arguments: Mapping[str, Any]) -> None:
        for name in (first, second):
            tensors_only(name)(dtype, {"other": arguments[name]})

    return check


def _joined(real: np.ndarray, imag: np.ndarray) -> np.ndarray:
    real, imag = np.broadcast_arrays(real, imag)
    result = np.empty(real.shape, np.result_type(real.dtype, np.complex64))
    result.real, result.imag = real, imag
    return result


@pointwise("ComplexBackward0", promotion=_to_complex, check=_tensors("real", "imag"))
def complex(real: np.ndarray, imag: np.ndarray) -> np.ndarray:
    """``real + i imag``. https://docs.pytorch.org/docs/stable/generated/torch.complex.html"""
    return _joined(real, imag)


complex.vjp("real", lambda g, real: METHODS["real"](g))
complex.vjp("imag", lambda g, imag: METHODS["imag"](g))


@pointwise("PolarBackward0", promotion=_to_complex, check=_tensors("abs", "angle"))
def polar(abs: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """``abs * (cos(angle) + i sin(angle))``; a negative length and an infinite angle have no meaning.

    https://docs.pytorch.org/docs/stable/generated/torch.polar.html
    """
    return _joined(abs * np.cos(angle), abs * np.sin(angle))


def _real_product(first: Tensor, second: Tensor) -> Tensor:
    """The real part of ``conj(first) * second``."""
    product: Tensor = METHODS["real"](conjugate(first) * second)
    return product


polar.promised = lambda abs, angle: np.asarray((abs >= 0) & ~np.isinf(angle))
polar.vjp("abs", lambda g, angle: _real_product(g, complex(METHODS["cos"](angle), METHODS["sin"](angle))))
polar.vjp("angle", lambda g, result: _real_product(g, result * 1j))
