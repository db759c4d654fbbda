"""Judging: special values, subnormals, integers and complex numbers, and what each verdict says."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from conformance.accuracy import (
    Accuracy,
    Areas,
    CrossProduct,
    Exact,
    Fused,
    Gelu,
    GradientOf,
    Judged,
    LogSumExp,
    Loss,
    Network,
    Product,
    Rounded,
    Softmax,
    Summation,
    Ulps,
    Variance,
    judge,
)
from conformance.judging import plainly_within
from conformance.ulp import finfo, ulp
from reference.dtypes import BFLOAT16, COMPLEX64, FLOAT16, FLOAT32, FLOAT64, INT32, DType, round_to, wider
from tests.conformance.judged import (
    Array,
    judge_sum,
    normal,
    verdict,
)

# Special values.

NAN, INF = np.nan, np.inf


@pytest.mark.parametrize(
    ("actual", "r", "pattern"),
    [
        ([1.0], [NAN], "nan lost"),
        ([NAN], [1.0], "nan gained"),
        ([INF], [1.0], "inf"),
        ([-INF], [INF], "inf"),
        ([finfo(FLOAT32).max], [INF], "inf"),
        ([INF], [1e38], "inf"),
        ([2e-45], [2e-42], "subnormal"),
        ([1.0], [0.0], "far off"),
        ([1.5], [1.0], "far off"),
        ([1 + 2.0**-20], [1.0], "off by a few ulp"),
        ([1 + 2.0**-17], [1.0], "off by many ulp"),
    ],
)
@pytest.mark.parametrize("accuracy", [Exact(), Rounded(), Ulps(2)])
def test_what_is_wrong_is_named(actual: list[float], r: list[float], pattern: str, accuracy: Accuracy) -> None:
    found = verdict([0.5, *actual], [0.5, *r], accuracy)
    assert (found.held, found.pattern, found.worst_index) == (False, pattern, (1,))
    assert found.wrong.tolist() == [False, True]
    alone = verdict(actual[0], r[0], accuracy)
    assert (alone.held, alone.worst_index, alone.wrong.shape) == (False, (), ())


def test_overflow_is_a_step_like_any_other_but_an_exact_infinity_is_not() -> None:
    largest = finfo(FLOAT32).max
    beyond = 2.0**128 * (1 + 2.0**-30)
    assert verdict([largest], [beyond], Ulps(2)).held
    assert verdict([INF], [largest], Ulps(2)).held
    assert not verdict([largest], [beyond], Rounded()).held
    assert not verdict([largest], [INF], Ulps(2)).held


def test_what_lies_far_beyond_the_largest_number_must_overflow_however_wide_the_bound() -> None:
    steep = Ulps(8, spread=lambda r, inputs: 2 * r)
    for r in (1e76, -1e76):
        assert verdict([np.copysign(INF, r)], [r], steep).held
        for wrong in (0.5, NAN, finfo(FLOAT32).max, -np.copysign(INF, r)):
            assert not verdict([wrong], [r], steep).held
    assert verdict([finfo(FLOAT32).max], [2.0**128 * (1 + 2.0**-23)], steep).held, (
        "within the bound it may stay in range"
    )


@pytest.mark.parametrize("exact", [INF, -INF, NAN])
def test_at_infinity_and_at_a_pole_a_steep_function_is_exact(exact: float) -> None:
    at_pole = Ulps(8, spread=lambda r, inputs: np.full(r.shape, INF))
    assert verdict([exact], [exact], at_pole).held
    for wrong in {0.5, 1e38, INF, -INF} - {exact}:
        assert not verdict([wrong], [exact], at_pole).held


def test_what_infinity_adds_up_to_is_exact() -> None:
    def added(actual: float, first: float, second: float) -> bool:
        with np.errstate(all="ignore"):
            exact = np.add(first, second)
        return verdict([actual], [exact], Fused(), np.array([first]), np.array([second])).held

    for first, second in ((INF, 1.0), (1.0, INF), (INF, INF), (-INF, INF), (NAN, 1e38), (1e38, NAN), (INF, NAN)):
        with np.errstate(all="ignore"):
            right = float(np.add(first, second))
        assert added(right, first, second)
        assert not any(added(wrong, first, second) for wrong in (0.5, -INF, 0.0 if right != right else NAN))
    beyond = Fused(), np.array([1e5]), np.array([65472.0])
    assert verdict([NAN], [1e5 + 65472.0], *beyond, dtype=FLOAT16).held, "what is infinite in 16 bits alone is infinite"
    assert added(NAN, INF, finfo(FLOAT32).max), "a multiple of the second may overflow before it is added"


def test_the_sign_of_a_zero_is_judged_where_the_class_says_so_and_reported_everywhere() -> None:
    for accuracy in (Exact(), Rounded()):
        found = verdict([1.0, -0.0], [1.0, 0.0], accuracy)
        assert (found.held, found.pattern) == (False, "sign of zero")
    found = verdict([1.0, -0.0], [1.0, 0.0], Ulps(2))
    assert (found.held, found.pattern) == (True, "sign of zero")
    assert not found.wrong.any()


def test_a_wrong_value_beside_a_wrong_sign_of_zero_is_the_graver() -> None:
    assert verdict([-0.0, 5.0], [0.0, 1.0], Exact()).pattern == "far off"


def test_a_zero_of_the_other_sign_beside_nan_is_one() -> None:
    actual, r = np.array([[NAN, 0.0]]).view(np.complex128), np.array([[NAN, -0.0]]).view(np.complex128)
    assert verdict(actual[0], r[0], Exact(), dtype=COMPLEX64).pattern == "sign of zero"


def test_a_normal_number_names_what_is_wrong_with_subnormal_ones_beside_it() -> None:
    assert verdict([0.0, 1 + 2.0**-20], [1e-40, 1.0], Exact()).pattern == "off by a few ulp"


def test_subnormals_are_one_where_the_device_flushes_them() -> None:
    assert not verdict([0.0], [1e-39], Exact()).held
    assert verdict([0.0], [1e-39], Exact(), flushes_subnormals=True).held
    assert not verdict([0.0], [2e-38], Exact(), flushes_subnormals=True).held
    x = np.array([1.1e-38], np.float32)
    assert verdict([INF], 1 / x.astype(np.float64), Rounded(), x, flushes_subnormals=True).held
    assert not verdict([INF], 1 / x.astype(np.float64), Rounded(), x).held


def test_integers_are_exact() -> None:
    expected = np.array([1, 2, 3], np.int32)
    judged = Judged("add", INT32, expected)
    assert judge(expected.copy(), expected, None, Exact(), judged).worst == 0
    found = judge(expected + np.array([0, 0, 1], np.int32), expected, None, Ulps(3), judged)
    assert (found.held, found.pattern, found.worst_index, found.worst) == (False, "integer", (2,), INF)


def test_nothing_promised_is_nothing_judged() -> None:
    terms = np.array([3e38, 3e38, -3e38, -3e38], np.float32)
    assert judge_sum(np.float32(NAN), terms).held
    assert not judge_sum(np.float32(NAN), terms / 4).held


def test_no_element_at_all_is_held() -> None:
    assert verdict(np.zeros((0, 3)), np.zeros((0, 3)), Ulps("exp")).held


def test_stacked_cases_are_judged_each_on_its_own() -> None:
    x = normal(0, 32, 50)
    r = np.exp(x.astype(np.float64))
    actual = r.astype(np.float32)
    actual[3, 4] *= np.float32(1.01)
    found = verdict(actual, r, Ulps("exp"), x)
    assert np.flatnonzero(found.wrong.any(axis=1)).tolist() == [3]
    assert found.worst_index == (3, 4)


# Complex values.


def complex_normal(seed: int, n: int) -> Array:
    parts = np.random.default_rng(seed).standard_normal((2, n)).astype(np.float32)
    return (parts[0] + 1j * parts[1]).astype(np.complex64)


def test_complex_sums_are_judged_by_part_and_products_by_norm() -> None:
    a, b = complex_normal(0, 1000), complex_normal(1, 1000)
    wide_a, wide_b = a.astype(np.complex128), b.astype(np.complex128)
    product = Rounded(complex_units=np.sqrt(5))
    assert verdict(a + b, wide_a + wide_b, Rounded(), a, b, dtype=COMPLEX64).held
    assert verdict(a * b, wide_a * wide_b, product, a, b, dtype=COMPLEX64).held
    tilted = (wide_a * wide_b) * (1 + 1e-6j)
    assert not verdict(tilted, wide_a * wide_b, product, a, b, dtype=COMPLEX64).held
    cancelled = np.array([1 + 2.0**-24 * 1j])
    assert not verdict(cancelled.real + 0j, cancelled, Rounded(), dtype=COMPLEX64).held


def test_what_underflows_in_a_complex_quotient_is_divided_by_the_divisor() -> None:
    """Of Smith's (a c/d + b) / (d + c c/d), the least number times a half is zero, and is divided by 0.1."""
    least, z = 2.0**-149, np.array([-0.04 - 0.08j])
    a, r = np.array([-least + 0j]), -least / z
    quotient = Rounded(complex_units=16, quotient=True)
    lost = 1j * np.round(r.imag / least) * least
    assert abs(lost - r)[0] > 4 * least
    assert verdict(lost, r, quotient, a, z, dtype=COMPLEX64).held
    assert not verdict(lost, r, Rounded(complex_units=16), a, z, dtype=COMPLEX64).held
    assert not verdict(r + 60 * least, r, quotient, a, z, dtype=COMPLEX64).held
    assert not verdict(np.ones(1), np.zeros(1), quotient, a, a, dtype=COMPLEX64).held


def test_a_complex_quotient_is_formed_of_products_that_do_not_overflow() -> None:
    a, b = np.array([2.0**100 + 2.0**90 * 1j]), np.array([2.0**99 - 2.0**99 * 1j])
    quotient = Rounded(complex_units=16, quotient=True)
    assert verdict(a / b, a / b, quotient, a, b, dtype=COMPLEX64).held
    assert not verdict(0 * a, a / b, quotient, a, b, dtype=COMPLEX64).held
    assert verdict(0 * a, a / b, Rounded(complex_units=16), a, b, dtype=COMPLEX64).held


def test_a_complex_formula_may_magnify_errors_by_its_condition_and_no_more() -> None:
    z, w = np.array([2 + 1j], np.complex64), np.array([9 - 9j], np.complex64)
    r = z.astype(np.complex128) ** w.astype(np.complex128)
    size = abs(w[0] * np.log(z[0]))
    assert size > 10
    assert verdict(r * (1 + size * 2.0**-23), r, Ulps("pow"), z, w, dtype=COMPLEX64).held
    assert not verdict(r * (1 + size * 2.0**-20), r, Ulps("pow"), z, w, dtype=COMPLEX64).held
    assert not verdict(r * (1 + size * 2.0**-23), r, Ulps("exp"), z, w, dtype=COMPLEX64).held


def test_beside_a_part_that_is_no_number_nothing_is_asked_of_the_other() -> None:
    assert verdict([complex(NAN, NAN)], [complex(NAN, 1)], Rounded(), dtype=COMPLEX64).held
    assert not verdict([complex(0, 1)], [complex(NAN, 1)], Rounded(), dtype=COMPLEX64).held
    assert not verdict([complex(NAN, 1)], [complex(0, 1)], Rounded(), dtype=COMPLEX64).held


def test_no_product_lets_a_number_stand_for_a_complex_one_that_is_none() -> None:
    none, one = np.array([complex(1, NAN)]), np.array([1 + 1j])
    for accuracy in (Rounded(complex_units=3), Rounded(complex_units=16, quotient=True), Fused(), Ulps("pow")):
        assert not verdict([1 + 0j], none, accuracy, none, one, dtype=COMPLEX64).held
        assert verdict([complex(NAN, NAN)], none, accuracy, none, one, dtype=COMPLEX64).held


def test_what_is_no_number_to_the_power_zero_may_be_one_or_none() -> None:
    for found in (1 + 0j, complex(NAN, NAN)):
        assert verdict([found], [1 + 0j], Ulps("pow"), np.array([complex(NAN, 1)]), np.zeros(1), dtype=COMPLEX64).held


def test_a_complex_infinity_may_have_any_other_part() -> None:
    assert verdict([complex(INF, NAN)], [complex(INF, 1)], Ulps(2), dtype=COMPLEX64).held
    assert not verdict([complex(1, 1)], [complex(INF, 1)], Ulps(2), dtype=COMPLEX64).held
    assert not verdict([complex(NAN, NAN)], [complex(INF, 1)], Ulps(2), dtype=COMPLEX64).held
    assert verdict([complex(INF, 1)], [complex(NAN, NAN)], Ulps(2), dtype=COMPLEX64).held
    assert not verdict([complex(NAN, 1)], [complex(1, 1)], Ulps(2), dtype=COMPLEX64).held


# Other dtypes.


@pytest.mark.parametrize("dtype", [FLOAT16, BFLOAT16])
def test_16_bits_are_float32_rounded_once(dtype: DType) -> None:
    x = np.arange(2**16, dtype=np.uint16).view(dtype.numpy)
    with np.errstate(invalid="ignore"):
        x = x[np.abs(x.astype(np.float64)) < 80]
    r = np.exp(x.astype(np.float64))
    assert verdict(np.exp(x.astype(np.float32)), r, Ulps("exp"), x, dtype=dtype).held
    truncated = round_to(r * (1 - finfo(dtype).unit), dtype)
    assert not verdict(truncated, r, Ulps("exp"), x, dtype=dtype).held


def test_float64_is_judged_against_extended_precision() -> None:
    x = np.random.default_rng(0).standard_normal(1000)
    wide = x.astype(np.longdouble)
    assert verdict(x / 3, wide / 3, Rounded(), x, dtype=FLOAT64).held
    assert verdict(np.exp(x), np.exp(wide), Ulps("exp"), x, dtype=FLOAT64).held
    assert not verdict(np.exp(x) * (1 + 2.0**-50), np.exp(wide), Ulps("exp"), x, dtype=FLOAT64).held


def test_cancellation_is_forgiven_only_where_the_bound_says_so() -> None:
    x = np.array([-6.0], np.float32)
    r = 0.5 * x.astype(np.float64) * (1 - 0.9999999980268246)
    off = r + 3 * 2.0**-24 * 6
    assert verdict(off, r, Gelu(), x).held
    assert not verdict(off, r, Ulps(4), x).held
    y = np.array([1.0], np.float32)
    assert verdict(r + 2.0**-24, r, GradientOf(cancels=2), y).held
    assert not verdict(r + 2.0**-24, r, GradientOf(), y).held


def test_a_network_is_as_wrong_as_eager_allows() -> None:
    exact = np.random.default_rng(0).standard_normal(1000)
    noise = np.random.default_rng(1).standard_normal(1000)
    eager, good, bad = (exact + noise * scale for scale in (1e-3, 1.5e-3, 5e-3))
    network = Network(multiple=2, tolerance=1e-5)
    (held, ratio), (broke, far) = network.judge(good, eager, exact), network.judge(bad, eager, exact)
    assert (held, broke) == (True, False)
    assert [ratio, far] == pytest.approx([1.5, 5.0])
    assert network.judge(exact, exact, exact) == (True, 1.0)


@pytest.mark.parametrize("column", ["cpu", "cuda", "other"])
def test_devices_differ_in_what_is_asked(column: str) -> None:
    k = {"cpu": 2, "cuda": 9, "other": 16}[column]
    assert Ulps("pow").allowed(Judged("pow", FLOAT32, np.array([1.0]), column=column)) == k * 2.0**-23
    with pytest.raises(KeyError, match="no bound for 'powr'"):
        Ulps("powr").allowed(Judged("powr", FLOAT32, np.array([1.0]), column=column))


@pytest.mark.parametrize(
    "bound",
    [Exact(), Areas(), CrossProduct(), Product(), Rounded(), Rounded(1, 2.5), Ulps("exp"), Ulps(3), Fused(),
     Summation(), Softmax(), LogSumExp(), Loss(), Loss(logits=True), Variance(), Gelu(),
     GradientOf(), GradientOf(4, 4)],
)  # fmt: skip
def test_every_bound_says_itself_in_words(bound: Accuracy) -> None:
    assert isinstance(bound, Accuracy)
    assert "u" in bound.words or "bits" in bound.words


@pytest.mark.parametrize("dtype", [FLOAT32, COMPLEX64])
def test_an_error_within_the_least_that_is_allowed_needs_no_other_bound_and_anything_else_does(dtype: DType) -> None:
    exact = np.array([1.0, 3.0, 5.0], wider(dtype).numpy)
    rounded = round_to(exact, dtype)
    off = (exact + np.array([0, 2.0**-22, 0])).astype(dtype.numpy)  # one ulp of 3
    unit = ulp(exact, dtype)
    assert plainly_within(rounded, rounded, exact, 4 * unit, dtype) == 0.5
    assert plainly_within(off, rounded, exact, 4 * unit, dtype) == 1
    assert plainly_within(off, rounded, exact, 0.5 * unit, dtype) is None
    for special in (np.nan, np.inf, 2.0**125):
        beyond = np.full_like(exact, special)
        found = np.full_like(rounded, 2.0**125 * (1 + 2.0**-23))
        assert plainly_within(found, round_to(beyond, dtype), beyond, np.full(3, np.inf), dtype) is None
    zeros, negative = np.zeros(2, dtype.numpy), np.array([0.0, -0.0], dtype.numpy)
    assert plainly_within(negative, zeros, zeros.astype(exact.dtype), np.ones(2), dtype) is None


@pytest.mark.parametrize(
    "bound", [GradientOf(3), GradientOf(2, cancels=4, of_sum=True), Summation(), Summation(stored=True)]
)
@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64, BFLOAT16, COMPLEX64])
def test_no_bound_allows_less_than_its_least(bound: GradientOf | Summation, dtype: DType) -> None:
    exact = normal(1, 50).astype(wider(dtype).numpy)
    for inputs in ((np.abs(exact),), (np.full(50, 1.0),)):
        for magnitude, terms in ((None, 1), (np.abs(exact), 1), (np.abs(exact) * 9, 20)):
            given = None if magnitude is None else partial(np.copy, magnitude)
            judged = Judged("op", dtype, exact, inputs, given, partial(int, terms))
            assert (bound.at_least(exact, inputs, dtype) <= bound.allowed(judged)).all()
