"""The bounds: faults planted in float32 are caught, honest computations in any order raise no alarm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

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
    ValueVerdict,
    Variance,
    judge,
)
from conformance.ulp import finfo
from reference.dtypes import BFLOAT16, COMPLEX64, FLOAT16, FLOAT32, FLOAT64, INT32, DType, round_to, wider

Array = np.ndarray[Any, Any]


def verdict(
    actual: Any, r: Any, accuracy: Accuracy, *inputs: Array, dtype: DType = FLOAT32, **seen: Any
) -> ValueVerdict:
    """Judge ``actual`` against the exact ``r`` by a bound that may look at ``inputs`` and ``seen``."""
    exact = np.asarray(r, wider(dtype).numpy)
    with np.errstate(all="ignore"):
        values = np.asarray(actual).astype(dtype.numpy)
        wide = tuple(given.astype(exact.real.dtype) if given.dtype.kind != "c" else given for given in inputs)
    judged = Judged("op", dtype, exact, wide, **seen)
    return judge(values, round_to(exact, dtype), exact, accuracy, judged)


def normal(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def summed_in_order(terms: Array) -> Array:
    return np.cumsum(terms, axis=-1, dtype=np.float32)[..., -1]


def summed_in_blocks(terms: Array) -> Array:
    width = 16
    padded = np.concatenate([terms, np.zeros((*terms.shape[:-1], -terms.shape[-1] % width), np.float32)], axis=-1)
    lanes = summed_in_order(np.swapaxes(padded.reshape(*terms.shape[:-1], -1, width), -1, -2))
    return summed_in_order(lanes)


def summed_in_bfloat16(terms: Array) -> Array:
    total = np.zeros(terms.shape[:-1])
    for i in range(terms.shape[-1]):
        total = round_to(total + terms[..., i].astype(np.float64), BFLOAT16).astype(np.float64)
    return total.astype(np.float32)


def to_tf32(values: Array) -> Array:
    """Rounded to the 11 bits that TF32 keeps of a factor, half up."""
    return ((values.view(np.uint32) + np.uint32(0x1000)) & np.uint32(0xFFFFE000)).view(np.float32)


def summed_pairwise(terms: Array) -> Array:
    return np.asarray(np.sum(terms, axis=-1, dtype=np.float32))


def summed_backwards(terms: Array) -> Array:
    return summed_in_order(terms[..., ::-1])


ORDERS = [summed_in_order, summed_in_blocks, summed_pairwise, summed_backwards]


def judge_sum(actual: Any, terms: Array, **seen: Any) -> ValueVerdict:
    wide = terms.astype(np.float64)
    seen |= {"magnitude": lambda: np.abs(wide).sum(-1), "terms": terms.shape[-1]}
    return verdict(actual, wide.sum(-1), Summation(), terms, **seen)


def judge_product(actual: Array, a: Array, b: Array, **seen: Any) -> ValueVerdict:
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    seen |= {"magnitude": lambda: np.abs(wide_a) @ np.abs(wide_b), "terms": a.shape[-1]}
    return verdict(actual, wide_a @ wide_b, Summation(), a, b, **seen)


# Faults are caught.


@pytest.mark.parametrize(
    ("name", "exact", "fault"),
    [
        ("expm1", np.expm1, lambda x: np.exp(x) - np.float32(1)),
        ("log1p", np.log1p, lambda x: np.log(np.float32(1) + x)),
        ("tanh", np.tanh, lambda x: (np.exp(x + x) - np.float32(1)) / (np.exp(x + x) + np.float32(1))),
    ],
)
def test_a_cancelling_formula_is_caught_in_most_runs_of_32_values_and_in_all_of_1000(
    name: str, exact: Callable[[Array], Array], fault: Callable[[Array], Array]
) -> None:
    def caught(seed: int, n: int) -> bool:
        x = np.abs(normal(seed, n))
        return not verdict(fault(x), exact(x.astype(np.float64)), Ulps(name), x).held

    assert sum(caught(seed, 32) for seed in range(200)) >= 0.82 * 200
    assert all(caught(seed, 1000) for seed in range(200))


def test_a_dropped_term_is_caught_in_every_sum_of_a_thousand() -> None:
    for seed in range(50):
        terms = normal(seed, 1000)
        terms[-1] = 1 + abs(terms[-1])
        assert not judge_sum(terms[:-1].sum(dtype=np.float32), terms).held


def test_bfloat16_accumulation_is_caught_in_every_sum() -> None:
    verdicts = [judge_sum(summed_in_bfloat16(normal(seed, 8, 500)), normal(seed, 8, 500)) for seed in range(20)]
    assert not any(v.held for v in verdicts)


def test_areas_between_places_in_any_order_pass_and_one_left_out_is_caught() -> None:
    for seed in range(50):
        y, x = normal(seed, 64), normal(seed + 1000, 64)
        terms = np.diff(x) * (y[1:] + y[:-1])
        exact = (np.diff(x.astype(np.float64)) * (y[1:].astype(np.float64) + y[:-1])).sum() / 2
        running = (np.diff(x.astype(np.float64)) * (y[1:].astype(np.float64) + y[:-1])).cumsum() / 2
        assert verdict(terms.sum(dtype=np.float32) / 2, exact, Areas(), y, x).held
        assert verdict(terms.cumsum(dtype=np.float32) / 2, running, Areas(), y, x).held
        terms[abs(terms).argmax()] = 0
        assert not verdict(terms.sum(dtype=np.float32) / 2, exact, Areas(), y, x).held


def test_a_product_may_overflow_where_some_order_makes_it_and_nowhere_else() -> None:
    factors = np.array([1e30, 1e-30, 1e30, 1e-30])
    assert verdict(np.inf, 1.0, Product(), factors, magnitude=lambda: np.array(1e60), terms=4).held
    assert not verdict(np.inf, 1.0, Product(), factors[:2], magnitude=lambda: np.array(1e30), terms=2).held


def test_a_running_product_rounds_once_for_every_factor() -> None:
    x = 1 + np.abs(normal(0, 100)) / 8
    exact = np.multiply.accumulate(x.astype(np.float64))
    assert verdict(np.multiply.accumulate(x, dtype=np.float32), exact, Product(running=True), x).held
    assert not verdict(exact * (1 + 1e-4), exact, Product(running=True), x).held


def test_a_sum_that_is_halved_may_overflow_before() -> None:
    largest = finfo(FLOAT32).max
    for scale, held in ((0.75, True), (0.25, False)):
        exact, terms = np.array(largest * scale), np.array(largest * scale)
        halved = Summation(integers=False, headroom=2)
        assert verdict(np.inf, exact, halved, magnitude=lambda terms=terms: terms).held is held
        assert not verdict(np.inf, exact, Summation(integers=False), magnitude=lambda terms=terms: terms).held


def test_tf32_is_caught_in_every_product_and_passes_where_it_is_declared() -> None:
    for seed in range(50):
        a, b = normal(seed, 16, 64), normal(seed + 1000, 64, 16)
        rounded = to_tf32(a) @ to_tf32(b)
        assert not judge_product(rounded, a, b).held
        assert judge_product(rounded, a, b, tf32=True).held


def test_one_wrong_unit_is_caught_on_small_integers_alone() -> None:
    terms = np.random.default_rng(0).integers(-8, 9, 900).astype(np.float32)
    total = terms.sum()
    assert judge_sum(total, terms).held
    assert not judge_sum(np.nextafter(total, np.float32(np.inf)), terms).held
    fractions = terms + np.float32(0.1)
    total = np.float32(fractions.astype(np.float64).sum())
    assert judge_sum(np.nextafter(total, np.float32(np.inf)), fractions).held


def test_two_units_are_caught_where_one_rounding_is_promised() -> None:
    x, y = normal(0, 1000), normal(1, 1000)
    r = x.astype(np.float64) * y
    right = (x * y).astype(np.float32)
    assert verdict(right, r, Rounded(), x, y).worst <= 0.5
    off = right.copy()
    off[7] = np.nextafter(off[7], np.float32(np.inf))
    found = verdict(off, r, Rounded(), x, y)
    assert (found.held, found.worst_index, found.pattern) == (False, (7,), "off by one ulp")
    assert np.flatnonzero(found.wrong).tolist() == [7]
    assert found.ulps[7] == found.worst


# Honest computations raise no alarm.


def honest_runs(seed: int) -> Iterator[tuple[str, ValueVerdict]]:
    """One run of every class, in float32 arithmetic of NumPy, with sizes and orders that change with the seed."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 1001))
    terms = normal(seed, n) * np.float32(2.0 ** rng.integers(-20, 20))
    yield "sum", judge_sum(ORDERS[seed % len(ORDERS)](terms), terms)
    a, b = normal(seed, 8, n), normal(seed + 1, n, 4)
    yield "matmul", judge_product(a @ b, a, b)
    products = a[:, :, np.newaxis] * b[np.newaxis]
    yield "unfused matmul", judge_product(summed_in_order(np.swapaxes(products, 1, 2)), a, b)
    x, y, z = normal(seed, n), normal(seed + 2, n), normal(seed + 3, n)
    wide = x.astype(np.float64)
    for function in (np.exp, np.sin, np.tanh, np.expm1, np.arcsinh, np.cosh):
        # NumPy promises 4 ulp in float32 and its exp with AVX512 is 2.5 off: less than what torch is held to.
        yield function.__name__, verdict(function(x), function(wide), Ulps(4), x)
    rounded = np.exp(wide).astype(np.float32)
    neighbour = np.nextafter(rounded, np.where(rounded < np.exp(wide), np.float32(np.inf), np.float32(0)))
    yield "a neighbour", verdict(np.where(z > 0, rounded, neighbour), np.exp(wide), Ulps("exp"), x)
    yield "divide", verdict(x / y, wide / y, Rounded(), x, y)
    yield "addcmul", verdict(z + x * y, z + wide * y, Fused(), z, x, y)
    yield "fma", verdict(z + wide * y, z + wide * y, Fused(), z, x, y)
    yield "lerp", verdict(x + z * (y - x), wide + z * (y.astype(np.float64) - x), Fused(further=1), x, y, z)
    shifted = np.exp(x - x.max())
    p = np.exp(wide - wide.max()) / np.exp(wide - wide.max()).sum()
    yield "softmax", verdict(shifted / shifted.sum(dtype=np.float32), p, Softmax(), x, terms=n)
    lse = wide.max() + np.log(np.exp(wide - wide.max()).sum())
    own_lse = x.max() + np.log(shifted.sum(dtype=np.float32))
    yield "logsumexp", verdict(own_lse, lse, LogSumExp(), x, terms=n)
    yield "log_softmax", verdict(x - own_lse, wide - lse, LogSumExp(), x, terms=n)
    squares = (x - y) ** 2
    yield "mse", verdict(squares.mean(dtype=np.float32), ((wide - y) ** 2).mean(), Loss(), x, y, terms=n)
    yield "nll", verdict(own_lse - x[0], lse - wide[0], Loss(logits=True), x, terms=n)
    deviations = x - x.mean(dtype=np.float32)
    yield "var", verdict((deviations**2).mean(dtype=np.float32), wide.var(), Variance(), x, terms=n)
    gradient = y * (np.float32(1) - np.tanh(x) ** 2)
    yield "tanh's gradient", verdict(gradient, y * (1 - np.tanh(wide) ** 2), GradientOf(4, cancels=4), y, x)


def test_two_thousand_honest_runs_raise_no_alarm() -> None:
    alarms = [(seed, name) for seed in range(2000) for name, found in honest_runs(seed) if not found.held]
    assert alarms == []


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


def test_the_sign_of_a_zero_is_judged_where_the_class_says_so_and_reported_everywhere() -> None:
    for accuracy in (Exact(), Rounded()):
        found = verdict([1.0, -0.0], [1.0, 0.0], accuracy)
        assert (found.held, found.pattern) == (False, "sign of zero")
    found = verdict([1.0, -0.0], [1.0, 0.0], Ulps(2))
    assert (found.held, found.pattern) == (True, "sign of zero")
    assert not found.wrong.any()


def test_a_wrong_value_beside_a_wrong_sign_of_zero_is_the_graver() -> None:
    assert verdict([-0.0, 5.0], [0.0, 1.0], Exact()).pattern == "far off"


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


def test_a_complex_formula_may_magnify_errors_by_its_condition_and_no_more() -> None:
    z, w = np.array([2 + 1j], np.complex64), np.array([9 - 9j], np.complex64)
    r = z.astype(np.complex128) ** w.astype(np.complex128)
    size = abs(w[0] * np.log(z[0]))
    assert size > 10
    assert verdict(r * (1 + size * 2.0**-23), r, Ulps("pow"), z, w, dtype=COMPLEX64).held
    assert not verdict(r * (1 + size * 2.0**-20), r, Ulps("pow"), z, w, dtype=COMPLEX64).held
    assert not verdict(r * (1 + size * 2.0**-23), r, Ulps("exp"), z, w, dtype=COMPLEX64).held


def test_a_complex_infinity_may_have_any_other_part() -> None:
    assert verdict([complex(INF, NAN)], [complex(INF, 1)], Ulps(2), dtype=COMPLEX64).held
    assert not verdict([complex(1, 1)], [complex(INF, 1)], Ulps(2), dtype=COMPLEX64).held
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


def test_a_gradient_may_be_off_where_its_slope_is_steep() -> None:
    """Rounding x^2 is rounding 1 - x^2 by much more next to 1: as asin's vjp does it, and not a hundred times worse."""
    x, cotangent = np.float32(0.9999), np.ones(1, np.float32)
    exact = np.array([1 / np.sqrt((1 - float(x)) * (1 + float(x)))])
    rounded = np.array([1 / np.sqrt(np.float32(1) - x * x)], np.float32)
    worse = (exact + 100 * np.abs(rounded - exact)).astype(np.float32)
    steep = GradientOf(4, steepens=2)
    assert verdict(rounded, exact, steep, cotangent).held
    assert not verdict(rounded, exact, GradientOf(4), cotangent).held
    assert not verdict(worse, exact, steep, cotangent).held
