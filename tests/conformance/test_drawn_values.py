"""Values of a mode are what the mode says, whatever the dtype."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.random_bits import random_bits
from conformance.value_modes import COMPUTED
from reference.dtypes import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, INT16, DType

NEAR = COMPUTED["near"]


@pytest.mark.parametrize("dtype", [BFLOAT16, FLOAT16, FLOAT32, FLOAT64], ids=lambda dtype: dtype.name)
def test_near_values_lie_about_one_number_far_from_zero(dtype: DType) -> None:
    rows = NEAR(random_bits(7, range(200), 50), dtype).astype(np.float64)
    abouts = {float(about) for about in np.median(rows, axis=1).round(-1)}
    assert np.all(np.ptp(rows, axis=1) < 8)
    assert np.abs(rows).min() > 27
    assert {about > 0 for about in abouts} == {False, True}
    assert {abs(about) for about in abouts} == ({30} if dtype.itemsize == 2 else {30, 260, 2050})


def test_of_integers_near_values_are_small_ones() -> None:
    assert np.abs(NEAR(random_bits(7, range(3), 50), INT16)).max() <= 9


def test_of_nothing_there_is_nothing_to_be_near_to() -> None:
    assert NEAR(random_bits(7, range(3), 0), FLOAT32).shape == (3, 0)
