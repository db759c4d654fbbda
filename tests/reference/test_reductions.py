"""Reductions against loops over elements, in the computing dtype's exact arithmetic where there is one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.dtypes import (
    BFLOAT16,
    BOOL,
    COMPLEX64,
    COMPLEX128,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    INT8,
    INT32,
    INT64,
    UINT8,
    DType,
)
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor

VALUES = np.array([[[1.5, -2.0, 3.0], [0.25, 3.0, -1.0]], [[4.0, 0.5, 0.5], [-8.0, 2.0, 7.0]]])
DIMS: list[int | tuple[int, ...] | None] = [None, (), 0, 1, -1, (0, 2), (-1, 0, 1)]


def reduced(array: np.ndarray, dim: int | tuple[int, ...] | None, of: Callable[[list[Any]], Any]) -> np.ndarray:
    """``of`` applied to the elements of each row, in row-major order, gathered one by one."""
    dims = {dim % array.ndim} if isinstance(dim, int) else {d % array.ndim for d in dim or range(array.ndim)}
    kept = [d for d in range(array.ndim) if d not in dims]
    result = np.empty([array.shape[d] for d in kept], object)
    for place in product(*(range(array.shape[d]) for d in kept)):
        row = [
            array[index].item()
            for index in np.ndindex(array.shape)
            if all(index[d] == at for d, at in zip(kept, place, strict=True))
        ]
        result[place] = of(row)
    return result


def exact_mean(row: Sequence[float]) -> float:
    return float(sum(map(Fraction, row)) / len(row))


def exact_variance(row: Sequence[float]) -> float:
    mean = sum(map(Fraction, row)) / len(row)
    return float(sum((Fraction(x) - mean) ** 2 for x in row) / (len(row) - 1)) if len(row) > 1 else math.nan


ORACLES: dict[str, Callable[[list[Any]], Any]] = {
    "sum": sum,
    "mean": exact_mean,
    "amax": max,
    "amin": min,
    "all": all,
    "any": any,
    "var": exact_variance,
    "std": lambda row: math.sqrt(exact_variance(row)),
    "norm": lambda row: math.sqrt(sum(x * x for x in row)),
}


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", DIMS, ids=str)
@pytest.mark.parametrize("name", ORACLES)
def test_reduction(name: str, dim: int | tuple[int, ...] | None, keepdim: bool) -> None:
    if name in ("all", "any") and dim == ():
        pytest.skip("all and any reduce nothing then: a test of its own")
    if name == "norm" and dim == (-1, 0, 1):
        pytest.skip("the Frobenius norm is that of a vector or of a matrix")
    result = METHODS[name](Tensor.of(VALUES, FLOAT64), dim=dim, keepdim=keepdim)
    expected = reduced(VALUES, dim, ORACLES[name]).astype(result.dtype.numpy)
    np.testing.assert_allclose(result.array.reshape(expected.shape), expected, rtol=1e-15)
    if keepdim:
        dims = {dim % 3} if isinstance(dim, int) else {d % 3 for d in dim or range(3)}
        assert result.shape == tuple(1 if d in dims else size for d, size in enumerate(VALUES.shape))
    else:
        assert result.shape == expected.shape


@pytest.mark.parametrize("order", [1, 2, 3, 0.5, math.inf, -math.inf, 0, -1])
def test_norm_of_an_order(order: float) -> None:
    result = METHODS["norm"](Tensor.of(VALUES, FLOAT64), order, 2)

    def norm(row: list[float]) -> float:
        sizes = [abs(x) for x in row]
        if math.isinf(order):
            return max(sizes) if order > 0 else min(sizes)
        return sum(x != 0 for x in sizes) if order == 0 else sum(x**order for x in sizes) ** (1 / order)

    np.testing.assert_allclose(result.array, reduced(VALUES, 2, norm).astype(float), rtol=1e-14)


@pytest.mark.parametrize("dim", [0, 1, 2])
def test_product_and_running_sum(dim: int) -> None:
    given = Tensor.of(VALUES, FLOAT64)
    expected = reduced(VALUES, dim, math.prod).astype(float)
    np.testing.assert_array_equal(METHODS["prod"](given, dim).array, expected)
    running = METHODS["cumsum"](given, dim).array
    for index in np.ndindex(VALUES.shape):
        before = [VALUES[(*index[:dim], at, *index[dim + 1 :])] for at in range(index[dim] + 1)]
        assert running[index] == sum(before)


@pytest.mark.parametrize(
    ("dtype", "result"), [(BOOL, INT64), (UINT8, INT64), (INT8, INT64), (INT32, INT64), (FLOAT16, FLOAT16)], ids=repr
)
@pytest.mark.parametrize("name", ["sum", "prod"])
def test_integers_accumulate_in_int64(name: str, dtype: DType, result: DType) -> None:
    assert METHODS[name](Tensor.of(np.ones(3), dtype)).dtype is result


def test_a_sum_is_rounded_once() -> None:
    values = np.array([1.0] + [2.0**-9] * 64)
    total = METHODS["sum"](Tensor.of(values, BFLOAT16))
    assert float(total.array) == 1.125


def test_int64_sums_wrap() -> None:
    assert METHODS["sum"](Tensor.of(np.array([2**63 - 1, 1]), INT64)).item() == -(2**63)


@pytest.mark.parametrize(("name", "index"), [("max", 1), ("min", 0), ("argmax", 1), ("argmin", 0)])
def test_the_first_of_a_tie(name: str, index: int) -> None:
    result = METHODS[name](Tensor.of(np.array([1.0, 3.0, 1.0, 3.0]), FLOAT32), 0)
    assert (result[1] if isinstance(result, tuple) else result).item() == index


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin"])
def test_the_first_nan_wins(name: str) -> None:
    result = METHODS[name](Tensor.of(np.array([1.0, np.nan, 9.0, np.nan]), FLOAT32), 0)
    assert (result[1] if isinstance(result, tuple) else result).item() == 1


@pytest.mark.parametrize(
    ("name", "expected"), [("sum", 0.0), ("prod", 1.0), ("mean", np.nan), ("all", True), ("any", False), ("norm", 0.0)]
)
def test_reductions_of_nothing(name: str, expected: float) -> None:
    np.testing.assert_array_equal(METHODS[name](Tensor.of(np.zeros((0, 3)), FLOAT32)).array, expected)


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda x: METHODS["max"](x), "RuntimeError"),
        (lambda x: METHODS["max"](x, 0), "IndexError"),
        (lambda x: METHODS["amax"](x, 0), "IndexError"),
        (lambda x: METHODS["amin"](x, []), "RuntimeError"),
        (lambda x: METHODS["hash_tensor"](x, []), "RuntimeError"),
        (lambda x: METHODS["argmax"](x), "IndexError"),
        (lambda x: METHODS["norm"](x, math.inf), "RuntimeError"),
        (lambda x: METHODS["sum"](x, 2), "IndexError"),
        (lambda x: METHODS["sum"](x, (0, -2)), "RuntimeError"),
        (lambda x: METHODS["sum_to_size"](x, 2), "RuntimeError"),
        (lambda x: METHODS["mean"](METHODS["to"](x, INT64)), "RuntimeError"),
        (lambda x: METHODS["argmax"](METHODS["to"](x, BOOL)), "RuntimeError"),
        (lambda x: METHODS["var"](METHODS["to"](x, INT8)), "RuntimeError"),
    ],
)
def test_refusals(call: Callable[[Tensor], Any], kind: str) -> None:
    with pytest.raises(Refusal) as refusal:
        call(Tensor.of(np.zeros((0, 3)), FLOAT32))
    assert refusal.value.kind == kind


def test_all_and_any_take_an_empty_tuple_at_its_word() -> None:
    given = Tensor.of(VALUES, FLOAT32)
    assert METHODS["all"](given, ()).shape == given.shape
    assert METHODS["sum"](given, ()).shape == ()


def test_uint8_is_judged_in_uint8() -> None:
    assert METHODS["any"](Tensor.of(np.ones(2), UINT8)).dtype is UINT8


def test_softmax_sums_to_one_and_survives_large_arguments() -> None:
    given = Tensor.of(np.array([[1000.0, 1001.0, -np.inf]]), FLOAT32)
    result = METHODS["softmax"](given, 1)
    e = math.exp(-1)
    np.testing.assert_allclose(result.array, [[e / (1 + e), 1 / (1 + e), 0]], rtol=1e-7)
    np.testing.assert_allclose(
        METHODS["log_softmax"](given, 1).array, [[-1 - math.log1p(e), -math.log1p(e), -np.inf]], rtol=1e-6
    )
    np.testing.assert_allclose(METHODS["logsumexp"](given, 1).array, [1001 + math.log1p(e)], rtol=1e-7)


def test_softmax_casts_first() -> None:
    given = np.array([[100, 90, 100]])
    for dtype in (UINT8, INT64, COMPLEX64):
        result = METHODS["softmax"](Tensor.of(given.astype(dtype.numpy), dtype), 1, FLOAT32)
        assert result.dtype is FLOAT32
        np.testing.assert_allclose(result.array, [[0.5, math.exp(-10) / 2, 0.5]], rtol=1e-4)


def test_logsumexp_of_infinities() -> None:
    rows = np.array([[np.inf, 1.0], [-np.inf, -np.inf], [np.nan, 0.0]])
    np.testing.assert_array_equal(METHODS["logsumexp"](Tensor.of(rows, FLOAT32), 1).array, [np.inf, -np.inf, np.nan])


def test_sum_to_size_adds_what_broadcasting_repeats() -> None:
    result = METHODS["sum_to_size"](Tensor.of(VALUES, FLOAT64), 2, 1)
    np.testing.assert_array_equal(result.array, VALUES.sum(axis=(0, 2)).reshape(2, 1))


@pytest.mark.parametrize("dim", [None, 0, (0, 2)])
def test_sums_and_means_without_nan(dim: int | tuple[int, ...] | None) -> None:
    holes = np.where(np.abs(VALUES) == 3, np.nan, VALUES)
    holes[0, 1] = np.nan

    def numbers(row: list[float]) -> list[float]:
        return [one for one in row if one == one]

    sums = reduced(holes, dim, lambda row: sum(numbers(row)))
    means = reduced(holes, dim, lambda row: sum(numbers(row)) / len(numbers(row)) if numbers(row) else math.nan)
    given = Tensor.of(holes, FLOAT64)
    np.testing.assert_allclose(METHODS["nansum"](given, dim).array, sums.astype(float), rtol=1e-15)
    np.testing.assert_allclose(METHODS["nanmean"](given, dim).array, means.astype(float), rtol=1e-15)


def test_the_mean_beside_the_variance() -> None:
    given = Tensor.of(VALUES, FLOAT64)
    for name, alone in (("var_mean", "var"), ("std_mean", "std")):
        both = METHODS[name](given, (0, 2), correction=0, keepdim=True)
        np.testing.assert_array_equal(both[0].array, METHODS[alone](given, (0, 2), correction=0, keepdim=True).array)
        np.testing.assert_array_equal(both[1].array, METHODS["mean"](given, (0, 2), True).array)


@pytest.mark.parametrize(("elements", "promised"), [([3, 3, 3], False), ([3, 3], True), ([3, 3, 4], True)])
def test_what_rounding_the_mean_leaves_of_equal_numbers_over_zero_is_left_open(
    elements: list[int], promised: bool
) -> None:
    given = Tensor.of(np.array([elements, [0] * len(elements)]), FLOAT32)
    for name in ("var", "std", "var_mean", "std_mean"):
        made = METHODS[name](given, 1, correction=9)
        result = made[0] if isinstance(made, tuple) else made
        assert np.broadcast_to(result.specified, (2,)).tolist() == [promised, True]


def test_nothing_has_no_variance() -> None:
    assert np.isnan(METHODS["var"](Tensor.of(np.zeros(0), FLOAT64), correction=-1).array)


def test_the_smallest_beside_the_largest() -> None:
    low, high = METHODS["aminmax"](Tensor.of(VALUES, FLOAT32), dim=1)
    np.testing.assert_array_equal(low.array, reduced(VALUES, 1, min).astype(float))
    np.testing.assert_array_equal(high.array, reduced(VALUES, 1, max).astype(float))
    assert METHODS["aminmax"](Tensor.of(VALUES, FLOAT32), keepdim=True)[0].shape == (1, 1, 1)


@pytest.mark.parametrize("order", [1, 2, 3, 0.5, math.inf])
def test_distance_is_the_norm_of_the_difference(order: float) -> None:
    first, second = Tensor.of(VALUES, FLOAT64), Tensor.of(VALUES[0] + 1, FLOAT64)
    expected = METHODS["vector_norm"](first - second, order)
    np.testing.assert_allclose(METHODS["dist"](first, second, order).array, expected.array, rtol=1e-15)


def test_a_slice_whose_norm_is_the_bound_is_as_it_is_unless_moduli_are_rounded() -> None:
    real = METHODS["renorm"](Tensor.of(np.array([[6.0, 8.0]]), FLOAT64), 2, 0, 10)
    assert real.array.tolist() == [[6, 8]]
    assert real.specified is True
    rounded = METHODS["renorm"](Tensor.of(np.array([[6 - 2j, 6 + 2j, 4 - 2j]]), COMPLEX128), 2, 0, 10)
    assert not rounded.specified.any()


@pytest.mark.parametrize("order", [1, 2, 3, math.inf])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_renorm_bounds_the_norm_of_each_slice(order: float, dim: int) -> None:
    given = Tensor.of(VALUES, FLOAT64)
    result = METHODS["renorm"](given, order, dim, 5)
    others = tuple(d for d in range(3) if d != dim % 3)
    before = METHODS["vector_norm"](given, order, others, True).array
    np.testing.assert_allclose(result.array, VALUES * np.minimum(1, 5 / before), rtol=1e-7)
    np.testing.assert_allclose(result.array, VALUES * np.where(before > 5, 5 / (before + 1e-7), 1), rtol=1e-15)


def test_a_norm_may_be_widened_and_not_narrowed() -> None:
    given = Tensor.of(VALUES, FLOAT32)
    assert METHODS["vector_norm"](given, dtype=FLOAT64).dtype is FLOAT64
    for narrow in (FLOAT16, BFLOAT16, INT64):
        with pytest.raises(Refusal):
            METHODS["vector_norm"](given, dtype=narrow)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: METHODS["renorm"](x, 0, 0, 1),
        lambda x: METHODS["renorm"](x, 2, 0, -1),
        lambda x: METHODS["renorm"](METHODS["reshape"](x, -1), 2, 0, 1),
        lambda x: METHODS["aminmax"](METHODS["reshape"](x, -1)[:0]),
        lambda x: METHODS["nanmean"](METHODS["to"](x, INT64)),
    ],
)
def test_more_refusals(call: Callable[[Tensor], Any]) -> None:
    with pytest.raises(Refusal):
        call(Tensor.of(VALUES[0], FLOAT32))


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [("sum", (), 1), ("prod", (), 0), ("cumsum", (0,), [0, 0, -1, 1]), ("cumprod", (0,), [2, 2, -2, -4])],
)
def test_in_integers_each_number_is_cut_before(name: str, args: tuple[int, ...], expected: object) -> None:
    values = [2.6, 1.6, -1.7, 2.9] if name == "cumprod" else [0.6, 0.6, -1.7, 2.9]
    given = Tensor.of(np.array(values, np.float32), FLOAT32)
    result = METHODS[name](given, *args, dtype=INT32)
    assert result.dtype is INT32
    np.testing.assert_array_equal(result.array, expected)
    with pytest.raises(Refusal, match="Autograd"):
        METHODS[name](given.requires_grad_(), *args, dtype=INT32)
