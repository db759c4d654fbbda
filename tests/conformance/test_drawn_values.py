"""Values of a mode are what the mode says, whatever the dtype."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from conformance.random_bits import random_bits
from conformance.ulp import finfo
from conformance.value_modes import COMPUTED, MADE, draw, special_pool
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


def drawn(mode: str, dtype: DType, seed: int, rows: int = 400, length: int = 250) -> np.ndarray:
    return draw(mode, partial(random_bits, seed, range(rows)), length, dtype)


@pytest.mark.parametrize("dtype", [BFLOAT16, FLOAT16, FLOAT32, FLOAT64], ids=lambda dtype: dtype.name)
def test_wide_values_are_of_every_size_that_is_normal(dtype: DType) -> None:
    exponents = np.log2(np.abs(drawn("wide", dtype, 5).astype(np.float64)))
    reach = -np.log2(finfo(dtype).tiny)
    counts, _ = np.histogram(exponents, bins=8, range=(-reach, reach))
    assert np.all((exponents >= -reach) & (exponents <= reach))
    assert np.abs(counts / exponents.size - 1 / 8).max() < 0.02


def test_of_a_pool_each_value_is_drawn_as_often_as_any_other() -> None:
    words = drawn("special", FLOAT32, 5).view(np.uint32)
    wanted, shares = np.unique(special_pool(FLOAT32).view(np.uint32), return_counts=True)
    found, counts = np.unique(words, return_counts=True)
    assert np.array_equal(found, wanted)
    assert np.abs(counts / words.size / (shares / shares.sum()) - 1).max() < 0.1


def test_normal_values_are_many_and_have_the_spread_of_one() -> None:
    values = drawn("normal", FLOAT64, 5)
    assert len(np.unique(values)) > 40_000
    assert abs(values.mean()) < 0.01
    assert abs(values.std() - 1) < 0.01


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(drawn("normal", FLOAT64, 5), drawn("normal", FLOAT64, 6), id="two inputs"),
        pytest.param(drawn("normal", FLOAT64, 5)[:-1], drawn("normal", FLOAT64, 5)[1:], id="rows"),
        pytest.param(drawn("normal", FLOAT64, 5)[:, :-1], drawn("normal", FLOAT64, 5)[:, 1:], id="places"),
        pytest.param(drawn("normal", FLOAT64, 5)[:, :-4], drawn("normal", FLOAT64, 5)[:, 4:], id="words"),
    ],
)
def test_no_value_tells_another(one: np.ndarray, other: np.ndarray) -> None:
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(np.abs(one).ravel(), np.abs(other).ravel())[0, 1]) < 0.02


@pytest.mark.parametrize("mode", [*MADE, *COMPUTED])
def test_a_row_is_the_same_whichever_rows_are_asked_for(mode: str) -> None:
    rows = draw(mode, partial(random_bits, 9, range(5)), 7, FLOAT32)
    row = draw(mode, partial(random_bits, 9, range(3, 4)), 7, FLOAT32)
    assert rows.shape == (5, 7)
    assert np.array_equal(rows[3:4].view(np.uint32), row.view(np.uint32))
