"""Functions of two operands against mpmath at 50 digits, in both computing dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.dtypes import COMPLEX64, COMPLEX128, FLOAT32, FLOAT64, DType
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from tests.reference.gradients import tensor

mpmath.mp.dps = 50
RANDOM = np.random.default_rng(20240301)

EXACT: dict[str, Callable[[Any, Any], Any]] = {
    "atan2": mpmath.atan2,
    "hypot": mpmath.hypot,
    "logaddexp": lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)),
    "logaddexp2": lambda x, y: mpmath.log(mpmath.power(2, x) + mpmath.power(2, y), 2),
    "xlogy": lambda x, y: x * mpmath.log(abs(y)),
}


def operands(dtype: DType) -> tuple[np.ndarray, np.ndarray]:
    scale = 2.0 ** RANDOM.uniform(-20, 6, (2, 150))
    x, y = (RANDOM.normal(size=(2, 150)) * scale).astype(dtype.numpy)
    return x, y


def exact_sum(value: Any) -> Any:
    """A long double as the sum of two float64."""
    high = float(value)
    return mpmath.mpf(high) + mpmath.mpf(float(value - np.longdouble(high)))


@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64], ids=repr)
@pytest.mark.parametrize("name", EXACT)
def test_values(name: str, dtype: DType) -> None:
    """To a thousandth of a unit of the dtype, relative to the larger of result and, where terms cancel, operands."""
    x, y = operands(dtype)
    if name == "xlogy":
        y = np.abs(y)
    found = METHODS[name](Tensor.of(x, dtype), Tensor.of(y, dtype)).unrounded
    assert found is not None
    for a, b, value in zip(x, y, found, strict=True):
        exact = EXACT[name](mpmath.mpf(float(a)), mpmath.mpf(float(b)))
        size = max(abs(exact), abs(a), abs(b)) if name.startswith("log") else abs(exact)
        assert abs(exact_sum(value) - exact) <= np.finfo(dtype.numpy).eps / 1000 * float(size), f"{name}({a}, {b})"


def test_a_naive_sum_of_exponentials_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METHODS["logaddexp"], "kernel", lambda x, y: np.maximum(x, y) + np.float32(0.1))
    with pytest.raises(AssertionError):
        test_values("logaddexp", FLOAT32)


def test_complex_sums_of_exponentials() -> None:
    z, w = RANDOM.uniform(-2, 2, (2, 2, 100)).view(np.float64)
    first, second = ((part[0] + 1j * part[1]).astype(np.complex64) for part in (z, w))
    found = METHODS["logaddexp"](Tensor.of(first, COMPLEX64), Tensor.of(second, COMPLEX64))
    promised = np.broadcast_to(found.specified, found.shape)
    assert promised.sum() > 80
    for a, b, value, is_promised in zip(first, second, found.array, promised, strict=True):
        exact = mpmath.log(mpmath.exp(mpmath.mpc(complex(a))) + mpmath.exp(mpmath.mpc(complex(b))))
        assert not is_promised or abs(mpmath.mpc(complex(value)) - exact) < 1e-5, (a, b)


def test_a_complex_sum_of_exponentials_does_not_forget_the_smaller() -> None:
    found = METHODS["logaddexp"](*(Tensor.of(np.array(z, np.complex128), COMPLEX128) for z in (0, -103 + 1j)))
    exact = mpmath.log1p(mpmath.exp(mpmath.mpc(-103, 1)))
    assert abs(mpmath.mpc(complex(found.array)) - exact) < abs(exact) * 1e-15


@pytest.mark.parametrize(
    ("name", "x", "y", "expected"),
    [
        ("atan2", 0.0, -1.0, np.pi),
        ("atan2", -0.0, -1.0, -np.pi),
        ("atan2", np.inf, np.inf, np.pi / 4),
        ("hypot", np.inf, 1.0, np.inf),
        ("hypot", 3e38, 3e38, np.inf),
        ("hypot", 1e38, 1e38, np.sqrt(2) * 1e38),
        ("logaddexp", -np.inf, -np.inf, -np.inf),
        ("logaddexp", np.inf, -np.inf, np.inf),
        ("logaddexp2", 100.0, 100.0, 101.0),
        ("xlogy", 0.0, 0.0, 0.0),
        ("xlogy", 0.0, -1.0, 0.0),
        ("xlogy", 0.0, np.nan, np.nan),
        ("xlogy", 0.0, np.inf, 0.0),
        ("xlogy", 1.0, 0.0, -np.inf),
        ("xlogy", 1.0, -1.0, np.nan),
    ],
)
def test_special_values(name: str, x: float, y: float, expected: float) -> None:
    found = METHODS[name](tensor([x], "float32"), tensor([y], "float32")).array
    np.testing.assert_allclose(found, np.array([expected], np.float32), rtol=1e-6)
    assert np.isnan(expected) or np.signbit(found[0]) == np.signbit(expected)


def test_xlogy_takes_numbers_on_either_side() -> None:
    x = tensor([2.0], "float32")
    np.testing.assert_allclose(METHODS["xlogy"](x, 3).array, [2 * np.log(3)], rtol=1e-6)
    np.testing.assert_allclose(METHODS["xlogy"](3, x).array, [3 * np.log(2)], rtol=1e-6)


def test_a_power_is_of_double_precision_whatever_the_operands() -> None:
    found = METHODS["float_power"](tensor([2, 3], "int8"), tensor([-1.0, 0.5], "float16"))
    assert found.dtype is FLOAT64
    np.testing.assert_array_equal(found.array, [0.5, np.sqrt(3.0)])
    with pytest.raises(Refusal):
        METHODS["float_power_"](tensor([2.0], "float32"), 2)


def test_complex_numbers_from_their_parts() -> None:
    real, imag = tensor([1.0, -0.0], "float32"), tensor([-2.0, np.inf], "float32")
    found = METHODS["complex"](real, imag).array
    assert (found.real.tolist(), found.imag.tolist()) == ([1.0, 0.0], [-2.0, np.inf])
    assert np.signbit(found.real[1])
    x, y = operands(FLOAT32)
    polar = METHODS["polar"](Tensor.of(np.abs(x), FLOAT32), Tensor.of(y, FLOAT32)).array
    for length, angle, value in zip(np.abs(x), y, polar, strict=True):
        exact = float(length) * mpmath.expj(float(angle))
        assert abs(mpmath.mpc(complex(value)) - exact) <= 2.0**-23 * float(length)


@pytest.mark.parametrize("name", ["complex", "polar"])
@pytest.mark.parametrize(("first", "second"), [("float32", "float64"), ("int32", "int32"), ("complex64", "complex64")])
def test_parts_are_floats_of_one_dtype(name: str, first: str, second: str) -> None:
    with pytest.raises(Refusal):
        METHODS[name](tensor([1], first), tensor([1], second))
