"""Many values reduced to the places that they are sent to: the arithmetic beneath scatter_reduce and its relatives.

https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_reduce_.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.checks import BOOL, COMPLEX, refuse_category
from reference.dtypes import BY_NUMPY, Category, DType, wider
from reference.errors import refuse
from reference.promotion import Number
from reference.scalars import element


@dataclass(frozen=True, slots=True)
class Reduction:
    """What is done with the values of a place, and whether what is there before counts among them.

    ``alpha`` multiplies the values (``index_add``).
    """

    kind: str
    include_self: bool = True
    alpha: Number = 1


_COMBINE: dict[str, np.ufunc] = {
    "sum": np.add,
    "mean": np.add,
    "prod": np.multiply,
    "amax": np.maximum,
    "amin": np.minimum,
}
SUM = Reduction("sum")


def check_reduction(name: str, reduction: Reduction, dtype: DType, accepted: tuple[str, ...]) -> None:
    """Refuse a reduction that does not exist, or that a dtype has none of."""
    if reduction.kind not in accepted:
        refuse(f"{name}(): Expected reduce to be one of {', '.join(accepted)} but got {reduction.kind}.")
    if reduction.kind == "mean":
        refuse_category(name, dtype, BOOL)
    if reduction.kind in ("amax", "amin"):
        refuse_category(name, dtype, COMPLEX)


def reduce_at(flat: np.ndarray, places: np.ndarray, values: np.ndarray, reduction: Reduction) -> np.ndarray:
    """``flat`` with ``values`` reduced into it at ``places``, in a wider dtype; each place as if in one step.

    Integers wrap around, and their mean is rounded down. A place that nothing is sent to keeps what it holds.
    """
    dtype = BY_NUMPY[flat.dtype]
    with np.errstate(all="ignore"):
        total, values = (array.astype(wider(dtype).numpy) for array in (flat, values))
        if reduction.alpha != 1 or isinstance(reduction.alpha, bool):
            values = values * element(reduction.alpha, dtype).astype(values.dtype)
        if not reduction.include_self:
            total[places] = _identity(reduction.kind, total.dtype, dtype)
        _COMBINE[reduction.kind].at(total, places, values)
        return _averaged(total, places, reduction) if reduction.kind == "mean" else total


def counted(places: np.ndarray, count: int, include_self: bool) -> np.ndarray:
    """How many values each place has, at least one."""
    return np.maximum(np.bincount(places, minlength=count) + include_self, 1)


def _averaged(total: np.ndarray, places: np.ndarray, reduction: Reduction) -> np.ndarray:
    numbers = counted(places, len(total), reduction.include_self).astype(total.dtype)
    averaged: np.ndarray = total // numbers if total.dtype.kind in "iu" else total / numbers
    return averaged


def _identity(kind: str, computing: np.dtype[Any], dtype: DType) -> Any:
    """What changes nothing that it is combined with."""
    if kind in ("sum", "mean"):
        return computing.type(0)
    if kind == "prod":
        return computing.type(1)
    if dtype.category is Category.BOOL:
        return kind == "amin"
    if dtype.category is Category.INTEGRAL:
        limits = np.iinfo(computing)
        return limits.min if kind == "amax" else limits.max
    return computing.type(-np.inf if kind == "amax" else np.inf)
