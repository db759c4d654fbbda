"""Vandermonde matrices, and shapes alone: against Python's powers and NumPy's shapes."""

from __future__ import annotations

import numpy as np
import pytest

from reference.errors import Refusal
from reference.reading import broadcast_shapes
from reference.vandermonde import vander
from tests.reference.gradients import assert_gradients, tensor


@pytest.mark.parametrize("increasing", [False, True])
@pytest.mark.parametrize("count", [None, 0, 1, 2, 5])
def test_powers_of_integers(count: int | None, increasing: bool) -> None:
    found = vander(tensor([2, -3, 5], "int8"), count, increasing)
    exponents = list(range(3 if count is None else count))
    ordered = exponents if increasing else exponents[::-1]
    assert found.dtype.name == "int64"
    assert found.array.tolist() == [[base**exponent for exponent in ordered] for base in (2, -3, 5)]


def test_its_gradient() -> None:
    assert_gradients(lambda x: vander(x, 4), [np.array([0.5, -1.5, 2.0])])


@pytest.mark.parametrize(("shape", "count"), [((), 2), ((2, 2), 2), ((2,), -1)])
def test_refusals(shape: tuple[int, ...], count: int) -> None:
    with pytest.raises(Refusal):
        vander(tensor(np.ones(shape)), count)


@pytest.mark.parametrize("shapes", [((2, 1), (1, 3)), (2, (3, 1)), ((), (0,)), ((1,), (4, 1, 0), (5, 1))])
def test_broadcast_shapes(shapes: tuple[int | tuple[int, ...], ...]) -> None:
    assert broadcast_shapes(*shapes) == np.broadcast_shapes(*shapes)


@pytest.mark.parametrize(("shapes", "kind"), [(((2,), (3,)), "RuntimeError"), (((-1,), (2,)), "ValueError")])
def test_shapes_that_do_not_fit_are_refused(shapes: tuple[tuple[int, ...], ...], kind: str) -> None:
    with pytest.raises(Refusal) as refusal:
        broadcast_shapes(*shapes)
    assert refusal.value.kind == kind
