"""Values of transcendental functions against mpmath at 50 digits, in both computing dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.dtypes import COMPLEX64, FLOAT32, FLOAT64, INT8, DType
from reference.tensor import METHODS, Tensor

mpmath.mp.dps = 50
RANDOM = np.random.default_rng(20240229)

# Ranges in which the functions have values; the worst float32 arguments known are among the points.
RANGES: dict[str, tuple[float, float]] = {
    "exp": (-80, 80),
    "expm1": (-20, 40),
    "log": (1e-30, 1e30),
    "log1p": (-0.999, 1e3),
    "sin": (-1e4, 1e4),
    "cos": (-1e4, 1e4),
    "tanh": (-12, 12),
    "sigmoid": (-80, 80),
    "erf": (-9, 9),
    "sqrt": (0, 1e30),
    "rsqrt": (1e-30, 1e30),
    "reciprocal": (-1e20, 1e20),
}
WORST = (78.98359, 1.333734, 7428.296, 8840.442, 3.877097, 4.8046, -16.637, 0.013677, 1.18e-38, -16.64, 2.5, -2.5)
EXACT: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "rsqrt": lambda x: 1 / mpmath.sqrt(x),
    "reciprocal": lambda x: 1 / x,
    "log1p": mpmath.log1p,
}


def points(low: float, high: float, dtype: DType) -> np.ndarray:
    uniform = RANDOM.uniform(low, high, 100)
    small = RANDOM.choice([-1, 1], 60) * 2.0 ** RANDOM.uniform(-60, 2, 60)
    drawn = np.concatenate((uniform, small, WORST)).astype(dtype.numpy)
    return drawn[(drawn >= low) & (drawn <= high)]


def exact_of(name: str) -> Callable[[Any], Any]:
    return EXACT.get(name) or getattr(mpmath, name)


def to_mp(value: Any) -> Any:
    """Exactly: a long double as the sum of two float64."""
    high = float(value)
    return mpmath.mpf(high) + mpmath.mpf(float(value - np.longdouble(high)))


def ulp(value: Any) -> Any:
    """The distance between neighbours in the binade of a float64 or a long double."""
    digits = np.finfo(value.dtype).nmant
    return mpmath.ldexp(1, int(np.frexp(value)[1]) - 1 - digits)


@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64], ids=repr)
@pytest.mark.parametrize("name", list(RANGES))
def test_computed_values(name: str, dtype: DType) -> None:
    """Within 1 ulp of float64 for float32 (2 where several operations round), 6 of long double for float64."""
    x = points(*RANGES[name], dtype)
    result = METHODS[name](Tensor.of(x, dtype))
    assert result.unrounded is not None
    ulps = 6 if dtype is FLOAT64 else 2 if name in ("sigmoid", "rsqrt") else 1
    for argument, value in zip(x, result.unrounded, strict=True):
        exact = exact_of(name)(mpmath.mpf(float(argument)))
        assert abs(to_mp(value) - exact) <= ulps * ulp(value), f"{name}({argument!r})"


@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64], ids=repr)
def test_power(dtype: DType) -> None:
    base, exponent = RANDOM.uniform(0.1, 8, 200).astype(dtype.numpy), RANDOM.uniform(-8, 8, 200).astype(dtype.numpy)
    result = METHODS["pow"](Tensor.of(base, dtype), Tensor.of(exponent, dtype))
    assert result.unrounded is not None
    for x, y, value in zip(base, exponent, result.unrounded, strict=True):
        exact = mpmath.power(mpmath.mpf(float(x)), mpmath.mpf(float(y)))
        assert abs(to_mp(value) - exact) <= 2 * ulp(value), f"{x!r} ** {y!r}"


@pytest.mark.parametrize(("exponent", "wanted"), [(-(2.0**63), 0), (2.0**63, np.inf), (3, -np.inf), (-3, -0.0)])
def test_a_power_of_minus_infinity(exponent: float, wanted: float) -> None:
    for name in ("pow", "float_power"):
        power = METHODS[name](Tensor.of(np.array([-np.inf]), FLOAT64), Tensor.of(np.array([exponent]), FLOAT64)).array
        assert power.tobytes() == np.array([wanted], np.float64).tobytes()


@pytest.mark.parametrize(
    "name", ["exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "sigmoid", "sqrt", "rsqrt", "reciprocal"]
)
def test_complex_values(name: str) -> None:
    """Normwise to 2^-44: far below an ulp of complex64, tiny arguments included."""
    real, imag = RANDOM.uniform(-3, 3, (2, 120))
    scale = 2.0 ** RANDOM.uniform(-40, 0, 120)
    z = ((real + 1j * imag) * scale).astype(np.complex64)
    result = METHODS[name](Tensor.of(z, COMPLEX64))
    assert result.unrounded is not None
    for argument, value in zip(z, result.unrounded, strict=True):
        exact = exact_of(name)(mpmath.mpc(complex(argument)))
        assert abs(mpmath.mpc(complex(value)) - exact) <= 2.0**-44 * abs(exact), f"{name}({argument!r})"


@pytest.mark.parametrize(
    ("name", "argument", "expected"),
    [
        ("exp", -np.inf, 0.0),
        ("exp", np.inf, np.inf),
        ("log", 0.0, -np.inf),
        ("log", -1.0, np.nan),
        ("log1p", -1.0, -np.inf),
        ("expm1", -np.inf, -1.0),
        ("tanh", np.inf, 1.0),
        ("sigmoid", -np.inf, 0.0),
        ("sigmoid", np.inf, 1.0),
        ("erf", np.inf, 1.0),
        ("erf", -np.inf, -1.0),
        ("erf", np.nan, np.nan),
        ("sqrt", -1.0, np.nan),
        ("sqrt", -0.0, -0.0),
        ("rsqrt", 0.0, np.inf),
        ("reciprocal", -0.0, -np.inf),
        ("sin", np.inf, np.nan),
    ],
)
def test_special_values(name: str, argument: float, expected: float) -> None:
    result = METHODS[name](Tensor.of(np.array([argument], np.float32), FLOAT32)).array
    np.testing.assert_array_equal(result, np.array([expected], np.float32))
    assert np.signbit(result[0]) == np.signbit(np.float32(expected)) or np.isnan(expected)


def test_integers_are_computed_as_the_default_dtype() -> None:
    result = METHODS["exp"](Tensor.of(np.array([1, 2], np.int8), INT8))
    assert result.dtype is FLOAT32
    np.testing.assert_allclose(result.array, [np.e, np.e**2], rtol=1e-6)


def test_a_wrong_value_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METHODS["expm1"], "kernel", lambda x: np.exp(x) - 1)
    with pytest.raises(AssertionError):
        test_computed_values("expm1", FLOAT32)
