"""What a bound is, what it may look at, and the roundings that all of them allow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from conformance.ulp import finfo, ulp
from reference.dtypes import BFLOAT16, EXTENDED, FLOAT16, FLOAT32, FLOAT64, DType, real_of


def one_term() -> int:
    """What is no sum is one term."""
    return 1


@dataclass(frozen=True, slots=True)
class Judged:
    """What a bound may look at.

    ``exact`` is r in the wider dtype; ``dtype`` that of the result. ``inputs`` are the floating inputs in
    the wider dtype, in the order of the operation's arguments: broadcast to r's shape where the operation
    is pointwise. ``magnitude`` computes S, the sum of the moduli of the terms of each element, which
    ``count_terms`` counts.
    ``column`` is that of the ulp table: ``cpu``, ``compiled``, ``cuda``, ``xla`` or ``other``. Of a gradient,
    ``own_error`` is by how much the reference's own formula is off when each of its steps rounds to the dtype;
    ``rounds_terms`` says that the terms have been rounded so before they are added, as where an operand was broadcast;
    ``power`` is that of what has been rounded, as a norm is, which is a factor of each.
    """

    operation: str
    dtype: DType
    exact: np.ndarray
    inputs: tuple[np.ndarray, ...] = ()
    magnitude: Callable[[], np.ndarray] | None = None
    count_terms: Callable[[], int] = one_term
    column: str = "cpu"
    flushes_subnormals: bool = False
    tf32: bool = False
    own_error: np.ndarray | None = None
    rounds_terms: bool = False
    power: float = 0

    @property
    def size(self) -> np.ndarray:
        """The modulus of r."""
        return np.abs(self.exact)

    @property
    def computing(self) -> DType:
        """The real dtype in which results are computed before they are rounded to their own.

        An operation of XLA's computes in the dtype of its operands (https://openxla.org/xla/operation_semantics), of
        16 bits too, and a call of torch's is made of several.
        """
        return real_of(self.dtype) if self.column == "xla" else computing_dtype(self.dtype)

    @property
    def terms(self) -> int:
        """How many terms an element is the sum of."""
        return self.count_terms()

    @property
    def sum_of_terms(self) -> np.ndarray:
        """S; |r| where the operation gives no other."""
        return self.magnitude() if self.magnitude is not None else self.size


@runtime_checkable
class Accuracy(Protocol):
    """How accurate an operation must be; ``words`` says it in the report.

    ``bitwise`` asks for the bits of the rounded result, ``signed_zero`` for the sign of a zero.
    """

    bitwise: ClassVar[bool]
    signed_zero: ClassVar[bool]

    @property
    def words(self) -> str: ...

    def allowed(self, judged: Judged) -> np.ndarray:
        """The absolute error allowed for each element: complex where real and imaginary part have each their own
        allowance, infinite where nothing can be promised."""
        ...


class Bound:
    """The usual: an error bound, under which the sign of a zero is reported but not judged."""

    bitwise: ClassVar[bool] = False
    signed_zero: ClassVar[bool] = False


def computing_dtype(dtype: DType) -> DType:
    """The real dtype in which results of ``dtype`` are computed before they are rounded."""
    return FLOAT32 if dtype is FLOAT16 or dtype is BFLOAT16 else real_of(dtype)


def unit_of_r(dtype: DType) -> float:
    """The error of r itself, in ulp of ``dtype``: it matters for float64 alone, whose r is in extended precision."""
    if real_of(dtype) is not FLOAT64:
        return 0.0
    return 2.0 ** (finfo(FLOAT64).p - finfo(EXTENDED).p)


def roundings_of_sum(terms: int) -> float:
    """How many u a sum of n terms is off by, relative to the sum of their moduli, in any order: 8 sqrt(n), or n/2.

    Errors of rounding grow like those of a random walk (Higham and Mary, SIAM J. Sci. Comput. 41, 2019; the factor 8 is
    their confidence), but where equal terms are added one by one, all of them may go the same way, each by half of what
    the bound for any errors, n u, allows.
    """
    return max(8 * math.sqrt(terms), terms / 2)


def one_rounding(judged: Judged) -> np.ndarray:
    """u|r|, and half the smallest subnormal where r is so small that this is less than half an ulp.

    Infinity is not rounded.
    """
    info = finfo(judged.dtype)
    return info.unit * np.where(np.isinf(judged.size), 0.0, judged.size) + info.subnormal / 2


def last_rounding(judged: Judged) -> np.ndarray:
    """What remains to be allowed beside a bound in u: 16-bit results are rounded once more, others may be subnormal."""
    if judged.computing is real_of(judged.dtype):
        return np.full(judged.exact.shape, finfo(judged.dtype).subnormal)
    return 0.5 * ulp(judged.exact, judged.dtype)
