"""Vandermonde matrices against Python's powers of integers."""

from __future__ import annotations

import numpy as np
import pytest

from reference.distances import vander
from reference.errors import Refusal
from tests.reference.gradients import tensor


@pytest.mark.parametrize("increasing", [False, True])
@pytest.mark.parametrize("count", [None, 0, 1, 2, 5])
def test_powers_of_integers(count: int | None, increasing: bool) -> None:
    found = vander(tensor([2, -3, 5], "int8"), count, increasing)
    exponents = list(range(3 if count is None else count))
    ordered = exponents if increasing else exponents[::-1]
    assert found.dtype.name == "int64"
    assert found.array.tolist() == [[base**exponent for exponent in ordered] for base in (2, -3, 5)]


@pytest.mark.parametrize(("shape", "count"), [((), 2), ((2, 2), 2), ((2,), -1)])
def test_refusals(shape: tuple[int, ...], count: int) -> None:
    with pytest.raises(Refusal):
        vander(tensor(np.ones(shape)), count)
