"""Class F: whole networks, which have no bound of their own and are held against eager torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Network:
    """Class F, whole networks and compiled graphs: an RMSE at most m times that of eager torch, plus a tenth of tol.

    Both errors are against the float64 values. The rule and its multiples are those of ``same`` in
    ``torch/_dynamo/utils.py``: 2, and 3, 8 or 10 for small outputs.
    """

    multiple: float = 2.0
    tolerance: float = 1e-4

    @property
    def words(self) -> str:
        return f"RMSE at most {self.multiple:g} times that of eager + {self.tolerance / 10:g}"

    def judge(self, actual: np.ndarray, eager: np.ndarray, exact: np.ndarray) -> tuple[bool, float]:
        """Whether the bound holds, and by which factor ``actual`` is worse than ``eager``."""
        own, theirs = _rmse(actual, exact), _rmse(eager, exact)
        held = own <= self.multiple * theirs + self.tolerance / 10
        if own == theirs:
            return held, 1.0
        return held, own / theirs if theirs else math.inf


def _rmse(values: np.ndarray, exact: np.ndarray) -> float:
    wide = values.astype(np.complex128 if values.dtype.kind == "c" else np.float64)
    return math.sqrt(float(np.mean(np.abs(wide - exact) ** 2))) if values.size else 0.0
