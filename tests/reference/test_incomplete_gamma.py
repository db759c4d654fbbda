"""The incomplete gamma functions against their power series, of which mpmath adds up every term in 100 digits."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.autograd.engine import backward
from reference.dtypes import FLOAT32, FLOAT64
from reference.errors import Refusal
from reference.incomplete_gamma import incomplete_gamma
from reference.tensor import METHODS, Tensor
from tests.reference.gradients import tensor
from tests.reference.test_transcendental import to_mp

UNIT = mpmath.mpf(2) ** -64
SMALLEST = mpmath.mpf(2) ** -1074


def exact(a: float, x: float) -> tuple[Any, Any]:
    """P(a, x), as x^a e^-x / gamma(a + 1) times the sum of x^n / ((a + 1) ... (a + n)), and 1 - P."""
    with mpmath.workdps(100):
        order, argument = mpmath.mpf(a), mpmath.mpf(x)
        total = term = mpmath.mpf(1)
        number = order
        while term > total * mpmath.mpf(10) ** -95:
            number += 1
            term = term * argument / number
            total += term
        exponent = order * mpmath.log(argument) - argument - mpmath.loggamma(order + 1)
        lower = total * mpmath.exp(exponent)
        return lower, 1 - lower


def pairs() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Where each of the formulas serves, and where they meet."""
    random = np.random.default_rng(20261121)
    count = 24
    size = 2.0 ** random.uniform(-8, 8, (2, count))
    near = 2.0 ** random.uniform(0, 9, count)
    large = 2.0 ** random.uniform(7.6, 11, count)
    return {
        "of every size": (size[0], size[1]),
        "near each other": (near, near * random.uniform(0.6, 1.5, count)),
        "large": (large, np.abs(large + random.normal(0, 4, count) * np.sqrt(large))),
        "large and apart": (large, large * random.choice([0.69, 0.71, 1.29, 1.31], count)),
        "small": (2.0 ** random.uniform(-120, -1, count), 2.0 ** random.uniform(-120, 0, count)),
        "of a small parameter": (2.0 ** random.uniform(-120, -1, count), random.uniform(0, 4, count)),
    }


def assert_computed(a: np.ndarray, x: np.ndarray) -> None:
    """Both to 64 units of long double, and as many for each unit of the exponent, whose terms are rounded first."""
    found = incomplete_gamma(a.astype(np.longdouble), x.astype(np.longdouble))
    compared = 0
    for place in range(a.size):
        for computed, wanted in zip(found, exact(float(a[place]), float(x[place])), strict=True):
            if wanted < SMALLEST:
                continue
            allowed = 64 * UNIT * (1 + abs(mpmath.log(wanted))) * wanted
            assert abs(to_mp(computed[place]) - wanted) <= allowed, f"{a[place]!r}, {x[place]!r}: {computed[place]!r}"
            compared += 1
    assert compared > a.size


@pytest.mark.parametrize("where", list(pairs()))
def test_computed_values(where: str) -> None:
    assert_computed(*pairs()[where])


def test_a_wrong_value_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reference.incomplete_gamma._TWO_PI", np.longdouble(2 * np.pi * (1 + 2.0**-40)))
    with pytest.raises(AssertionError):
        assert_computed(*pairs()["large"])


INF, NAN = np.inf, np.nan


@pytest.mark.parametrize(
    ("a", "x", "lower"),
    [
        (0.0, 2.0, 1.0),
        (2.0, 0.0, 0.0),
        (2.0, -0.0, 0.0),
        (0.0, 0.0, NAN),
        (-1.0, 2.0, NAN),
        (2.0, -1.0, NAN),
        (-1.0, 0.0, NAN),
        (INF, 2.0, 0.0),
        (2.0, INF, 1.0),
        (0.0, INF, 1.0),
        (INF, 0.0, 0.0),
        (INF, INF, NAN),
        (NAN, 0.0, NAN),
        (NAN, INF, NAN),
        (0.0, NAN, NAN),
        (INF, NAN, NAN),
        (1e308, 1e-308, 0.0),
        (1e-308, 1e308, 1.0),
        (1e300, 1e300 * (1 + 1e-8), 1.0),
        (1.0, np.log(2.0), 0.5),
    ],
)
def test_special_values(a: float, x: float, lower: float) -> None:
    given = Tensor.of(np.array([a]), FLOAT64), Tensor.of(np.array([x]), FLOAT64)
    np.testing.assert_array_equal(METHODS["igamma"](*given).array, [lower])
    np.testing.assert_array_equal(METHODS["igammac"](*given).array, [1 - lower])


@pytest.mark.parametrize("dtype", ["int64", "bool", "complex64"])
@pytest.mark.parametrize("name", ["igamma", "igammac"])
def test_what_is_not_real_is_refused(name: str, dtype: str) -> None:
    given = tensor([1, 1], dtype)
    with pytest.raises(Refusal) as refused:
        METHODS[name](given, given)
    assert refused.value.kind == "NotImplementedError"


@pytest.mark.parametrize("name", ["igamma", "igammac"])
def test_the_parameter_has_no_gradient(name: str) -> None:
    a, x = (Tensor.of(np.array([2.0], np.float32), FLOAT32).requires_grad_() for _ in range(2))
    result = METHODS[name](a, x)
    assert result.requires_grad
    with pytest.raises(Refusal) as refused:
        backward(result)
    assert refused.value.kind == "NotImplementedError"
