"""The bound of random deviates: uniform numbers that went through a function or two in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from conformance.accuracy.bound import Bound, Judged
from conformance.ulp import ulp


@dataclass(frozen=True, slots=True)
class Deviates(Bound):
    """Half an ulp, and before it ``units`` units of float64 of |r| + ``location``.

    ``location`` is the largest that is added to a deviate, with which it may cancel. Torch casts to 16 bits by way of
    float32, which adds a thousandth of an ulp.
    """

    units: float
    location: float = 0.0

    @property
    def words(self) -> str:
        return f"half an ulp, after {self.units:g} units of float64"

    def allowed(self, judged: Judged) -> np.ndarray:
        computed = self.units * 2.0**-53 * (judged.size + self.location)
        return 0.501 * ulp(judged.exact, judged.dtype) + computed
