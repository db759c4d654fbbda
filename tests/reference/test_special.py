"""Values of functions beyond the elementary ones against mpmath at 50 digits, in both computing dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.dtypes import COMPLEX64, FLOAT32, FLOAT64, DType
from reference.tensor import METHODS, Tensor
from tests.reference.test_transcendental import to_mp, ulp

mpmath.mp.dps = 50
Exact = Callable[[Any], Any]

# Where each is tried: between these ends, and at numbers of every size between them.
RANGES: dict[str, tuple[float, float]] = {
    "exp2": (-100, 100),
    "log2": (1e-30, 1e30),
    "log10": (1e-30, 1e30),
    "tan": (-1e3, 1e3),
    "sinh": (-80, 80),
    "cosh": (-80, 80),
    "asin": (-1, 1),
    "acos": (-1, 1),
    "atan": (-1e4, 1e4),
    "asinh": (-1e4, 1e4),
    "acosh": (1, 1e4),
    "atanh": (-0.999, 0.999),
    "sinc": (-50, 50),
    "erfc": (-5, 9),
    "erfinv": (-0.999, 0.999),
    "lgamma": (-20, 1e3),
    "digamma": (-20, 1e3),
    "i0": (-80, 80),
    "special_i1": (-80, 80),
    "logit": (1e-6, 0.999),
}
EXACT: dict[str, Exact] = {
    "exp2": lambda x: mpmath.power(2, x),
    "log2": lambda x: mpmath.log(x, 2),
    "sinc": mpmath.sincpi,
    "lgamma": lambda x: mpmath.log(abs(mpmath.gamma(x))),
    "i0": lambda x: mpmath.besseli(0, x),
    "special_i1": lambda x: mpmath.besseli(1, x),
    "logit": lambda x: mpmath.log(x / (1 - x)),
}


def points(low: float, high: float, dtype: DType) -> np.ndarray:
    random = np.random.default_rng(20240301)
    uniform = random.uniform(low, high, 25)
    scaled = random.choice([-1, 1], 25) * 2.0 ** random.uniform(-80, 8, 25)
    drawn = np.concatenate((uniform, scaled, [0.25, 0.5, 1.5, 2.5, -0.5, -2.5])).astype(dtype.numpy)
    return drawn[(drawn >= low) & (drawn <= high)]


def conditioned(exact: Exact, x: Any) -> Any:
    """x f'(x): what rounding x by a unit changes, which may be all there is near a zero or a pole."""
    return x * mpmath.diff(exact, x)


def assert_computed(call: Callable[[Tensor], Tensor], exact: Exact, x: np.ndarray, dtype: DType) -> None:
    """Within 16 units of float64 for float32 (of long double for float64) of f(x), x f'(x) and 1, which terms have."""
    result = call(Tensor.of(x, dtype))
    assert result.unrounded is not None
    for argument, value in zip(x, result.unrounded, strict=True):
        at = mpmath.mpf(float(argument))
        wanted = exact(at)
        scale = max(abs(wanted), abs(conditioned(exact, at)), 1 if abs(wanted) > 2.0**-10 else 0)
        unit = ulp(value.dtype.type(1))
        assert abs(to_mp(value) - wanted) <= 16 * unit * scale, f"{argument!r}: {value!r} for {wanted}"


@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64], ids=repr)
@pytest.mark.parametrize("name", list(RANGES))
def test_computed_values(name: str, dtype: DType) -> None:
    exact = EXACT.get(name) or getattr(mpmath, name)
    x = points(*RANGES[name], dtype)
    if name in ("lgamma", "digamma"):
        x = x[(x > 0) | (np.abs(x - np.rint(x)) > 1e-3)]
    if name == "acosh":
        x = x[x > 1]
    assert_computed(METHODS[name], exact, x, dtype)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_polygamma(n: int) -> None:
    x = points(-6, 40, FLOAT32)
    x = x[np.abs(x - np.rint(x)) > 0.05]
    assert_computed(lambda given: METHODS["polygamma"](n, given), lambda at: mpmath.psi(n, at), x, FLOAT32)


@pytest.mark.parametrize("p", [1, 2, 3])
def test_mvlgamma(p: int) -> None:
    def exact(a: Any) -> Any:
        factors = sum(mpmath.loggamma(a - mpmath.mpf(j) / 2) for j in range(p))
        return factors + mpmath.mpf(p * (p - 1)) / 4 * mpmath.log(mpmath.pi)

    assert_computed(lambda given: METHODS["mvlgamma"](given, p), exact, points(p / 2 + 0.1, 30, FLOAT32), FLOAT32)


@pytest.mark.parametrize(
    "name", ["exp2", "log2", "log10", "tan", "sinh", "cosh", "asin", "acos", "atan", "asinh", "acosh", "atanh", "sinc"]
)
def test_complex_values(name: str) -> None:
    """Normwise to 2^-42: far below an ulp of complex64."""
    random = np.random.default_rng(7)
    z = ((random.uniform(-2, 2, 80) + 1j * random.uniform(-2, 2, 80)) * 2.0 ** random.uniform(-8, 0, 80)).astype(
        np.complex64
    )
    result = METHODS[name](Tensor.of(z, COMPLEX64))
    assert result.unrounded is not None
    exact = EXACT.get(name) or getattr(mpmath, name)
    for argument, value in zip(z, result.unrounded, strict=True):
        wanted = exact(mpmath.mpc(complex(argument)))
        assert abs(mpmath.mpc(complex(value)) - wanted) <= 2.0**-42 * abs(wanted), f"{name}({argument!r})"


@pytest.mark.parametrize(
    ("name", "argument", "size"),
    [
        ("sigmoid", -90 + 0.5j, np.exp(-90)),
        ("sigmoid", -800 + 0.5j, 0.0),
        ("sigmoid", 800 + 0.5j, 1.0),
        ("sinc", 0.25 + 29j, np.exp(29 * np.pi) / (58 * np.pi)),
        ("sinc", 1e30 + 5000j, np.inf),
    ],
)
def test_what_overflows_on_the_way_of_a_complex_number(name: str, argument: complex, size: float) -> None:
    result = METHODS[name](Tensor.of(np.array([argument], np.complex64), COMPLEX64))
    assert np.allclose(np.abs(result.array), size, rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    ("name", "argument", "expected"),
    [
        ("exp2", -np.inf, 0.0),
        ("log2", 0.0, -np.inf),
        ("log10", -1.0, np.nan),
        ("sinh", -np.inf, -np.inf),
        ("cosh", 89.0, 2.2448064e38),
        ("sinc", 0.0, 1.0),
        ("sinc", 3e38, 0.0),
        ("erfinv", 1.0, np.inf),
        ("erfinv", 1.5, np.nan),
        ("lgamma", -2.0, np.inf),
        ("lgamma", 4.05e36, 3.3733172e38),
        ("digamma", 0.0, -np.inf),
        ("digamma", -1.0, np.nan),
        ("i0", -np.inf, np.inf),
        ("i0", 90.0, 5.1392384e37),
        ("logit", 1.0, np.inf),
        ("logit", -0.5, np.nan),
    ],
)
def test_special_values(name: str, argument: float, expected: float) -> None:
    result = METHODS[name](Tensor.of(np.array([argument], np.float32), FLOAT32)).array
    np.testing.assert_allclose(result, np.array([expected], np.float32), rtol=1e-6)


def test_polygamma_at_its_ends() -> None:
    given = Tensor.of(np.array([np.inf, 0.0, -1.0]), FLOAT64)
    assert METHODS["polygamma"](1, given).array.tolist() == [0.0, np.inf, np.inf]
    assert METHODS["polygamma"](2, given).array.tolist() == [0.0, -np.inf, -np.inf]


def test_a_wrong_value_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METHODS["exp2"], "kernel", lambda x: np.exp(x * np.log(2.0)) * (1 + 2.0**-40))
    with pytest.raises(AssertionError):
        test_computed_values("exp2", FLOAT32)
