"""Products added to a tensor, products of other kinds and contractions, against sums over single elements."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.dtypes import BOOL, BY_NUMPY, FLOAT16, FLOAT32, FLOAT64, INT8, INT32, INT64
from reference.errors import Refusal
from reference.function import Function
from reference.tensor import METHODS, Tensor
from reference.writing import in_place, with_out

RANDOM = np.random.default_rng(11)


def integers(*shape: int) -> np.ndarray:
    """Small integers, whose sums of products are exact in any order."""
    return RANDOM.integers(-4, 5, shape).astype(np.float64)


def tensor(array: np.ndarray) -> Tensor:
    return Tensor.of(array.copy(), BY_NUMPY[array.dtype])


def multiplied(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product of two matrices by the definition."""
    result = np.zeros((a.shape[0], b.shape[1]))
    for row, column in np.ndindex(*result.shape):
        for inner in range(a.shape[1]):
            result[row, column] += a[row, inner] * b[inner, column]
    return result


# -- products added to a tensor --------------------------------------------------------------------------------------


def expected_sum(name: str, product: list[np.ndarray]) -> np.ndarray:
    first, second = product
    if name == "addmm":
        return multiplied(first, second)
    if name == "addmv":
        return multiplied(first, second[:, None])[:, 0]
    if name == "addr":
        return multiplied(first[:, None], second[None])
    each = [multiplied(a, b) for a, b in zip(first, second, strict=True)]
    shape = (first.shape[1], second.shape[2])
    return np.stack(each) if name == "baddbmm" else np.asarray(sum(each, np.zeros(shape)))


CALLS = [
    ("addmm", (2, 4), [(2, 3), (3, 4)]),
    ("addmv", (2,), [(2, 3), (3,)]),
    ("addr", (2, 4), [(2,), (4,)]),
    ("addbmm", (2, 4), [(5, 2, 3), (5, 3, 4)]),
    ("baddbmm", (5, 2, 4), [(5, 2, 3), (5, 3, 4)]),
]


@pytest.mark.parametrize(("name", "shape", "factors"), CALLS, ids=[call[0] for call in CALLS])
@pytest.mark.parametrize(("beta", "alpha"), [(1, 1), (2, -3), (0, 2), (0.5, 0.25)])
def test_added_products(name: str, shape: Any, factors: list[Any], beta: float, alpha: float) -> None:
    product = [integers(*sizes) for sizes in factors]
    wanted = alpha * expected_sum(name, product)
    for given in (shape, shape[-1:], (1,) * len(shape), ()):
        input = integers(*given)
        result = METHODS[name](tensor(input), *map(tensor, product), beta=beta, alpha=alpha)
        np.testing.assert_array_equal(result.array, beta * input + wanted)
        assert result.shape == shape


@pytest.mark.parametrize(("name", "shape", "factors"), CALLS, ids=[call[0] for call in CALLS])
def test_beta_zero_hides_nan_and_inf(name: str, shape: Any, factors: list[Any]) -> None:
    product = [integers(*sizes) for sizes in factors]
    for hidden in (np.nan, np.inf):
        result = METHODS[name](tensor(np.full(shape, hidden)), *map(tensor, product), beta=0)
        np.testing.assert_array_equal(result.array, expected_sum(name, product))


@pytest.mark.parametrize(("name", "shape", "factors"), CALLS, ids=[call[0] for call in CALLS])
def test_in_place_and_out(name: str, shape: Any, factors: list[Any]) -> None:
    product, input = [integers(*sizes) for sizes in factors], integers(*shape)
    wanted = 2 * input + expected_sum(name, product)
    out = Tensor.empty((1,), FLOAT64)
    with_out(METHODS[name](tensor(input), *map(tensor, product), beta=2), out)
    np.testing.assert_array_equal(out.array, wanted)
    target = tensor(input)
    function = METHODS[name]
    assert isinstance(function, Function)
    assert in_place(function, target, *map(tensor, product), beta=2) is target
    np.testing.assert_array_equal(target.array, wanted)
    with pytest.raises(Refusal):
        in_place(function, tensor(integers(*shape[:-1], 1)), *map(tensor, product))


@pytest.mark.parametrize(
    ("name", "shape", "factors"),
    [
        ("addmv", (2,), [(2, 0), (0,)]),
        ("addmm", (2, 3), [(2, 0), (0, 3)]),
        ("addbmm", (2, 3), [(0, 2, 4), (0, 4, 3)]),
        ("addbmm", (2, 3), [(4, 2, 0), (4, 0, 3)]),
        ("baddbmm", (2, 2, 3), [(2, 2, 0), (2, 0, 3)]),
    ],
)
def test_a_sum_of_no_products_is_zero(name: str, shape: Any, factors: list[Any]) -> None:
    input, product = integers(*shape), [tensor(integers(*sizes)) for sizes in factors]
    np.testing.assert_array_equal(METHODS[name](tensor(input), *product, beta=3).array, 3 * input)


def test_integers_wrap_and_fractions_are_cut() -> None:
    a = np.full((1, 2), 100, np.int8)
    two = np.full((1, 1), 2, np.int8)
    result = METHODS["addmm"](tensor(two), tensor(a), tensor(a.T.copy()), beta=2.5, alpha=-1)
    assert result.item() == np.array(4 - 20000).astype(np.int8)
    assert result.dtype is INT8


def test_addr_of_bool_is_or_of_and() -> None:
    yes, no = np.array([True, False]), np.array([[False, False], [True, False]])
    result = METHODS["addr"](tensor(no), tensor(yes), tensor(yes))
    assert result.array.tolist() == [[True, False], [True, False]]
    assert METHODS["addr"](tensor(no), tensor(yes), tensor(yes), beta=False).array.tolist() == [
        [True, False],
        [False, False],
    ]


def test_addr_promotes() -> None:
    half, single = Tensor.of(integers(2), FLOAT16), Tensor.of(integers(2), FLOAT32)
    assert METHODS["addr"](Tensor.of(integers(2, 2), INT32), half, single).dtype is FLOAT32


@pytest.mark.parametrize(
    ("name", "shapes", "settings"),
    [
        ("addmv", [(3,), (2, 3), (3,)], {}),
        ("addmv", [(2,), (2, 3), (2,)], {}),
        ("addmv", [(1, 2), (2, 3), (3,)], {}),
        ("addmv", [(2,), (2, 3), (3,)], {"beta": 1j}),
        ("addmv", [(2,), (2, 3), (3,)], {"alpha": 1j}),
        ("addr", [(2,), (2,), (3,)], {}),
        ("addr", [(2, 3), (2, 1), (3,)], {}),
        ("addr", [(2, 3), (2,), (3,)], {"beta": True}),
        ("addbmm", [(2, 4), (2, 2, 3), (1, 3, 4)], {}),
        ("addbmm", [(5, 2, 4), (5, 2, 3), (5, 3, 4)], {}),
        ("baddbmm", [(2, 2, 4), (2, 2, 3), (3, 3, 4)], {}),
        ("baddbmm", [(1, 2, 2, 4), (2, 2, 3), (2, 3, 4)], {}),
        ("vdot", [(2,), (3,)], {}),
        ("inner", [(2, 3), (2, 4)], {}),
        ("trace", [(3,)], {}),
        ("cross", [(2, 2), (2, 2)], {}),
        ("cross", [(3, 2), (3, 2)], {"dim": 1}),
        ("linalg_cross", [(2, 3), (3,)], {}),
        ("linalg_cross", [(3,), (3,)], {"dim": 1}),
        ("tensordot", [(2, 3), (2, 3)], {"dims": 1}),
        ("tensordot", [(2, 3), (3, 2)], {"dims": -1}),
        ("tensordot", [(2, 3), (3, 2)], {"dims": 3}),
        ("tensordot", [(2, 3), (3, 2)], {"dims": ([0], [])}),
        ("tensordot", [(2, 2), (2, 2)], {"dims": ([0, 0], [0, 1])}),
    ],
)
def test_refused(name: str, shapes: list[Any], settings: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        METHODS[name](*(tensor(integers(*shape)) for shape in shapes), **settings)


def test_factors_must_suit_the_dtype() -> None:
    square, vector = Tensor.of(integers(2, 2), INT8), Tensor.of(integers(2), INT8)
    with pytest.raises(Refusal):
        METHODS["addr"](square, vector, vector, beta=0.5)
    with pytest.raises(Refusal):
        METHODS["addmv"](vector, square, vector, alpha=300)
    with pytest.raises(Refusal):
        METHODS["addmv"](Tensor.of(integers(2), FLOAT32), square, vector)


# -- products of other kinds -----------------------------------------------------------------------------------------


def test_vdot_conjugates_the_first() -> None:
    a, b = integers(3) + 1j * integers(3), integers(3) + 1j * integers(3)
    expected = sum((complex(x).conjugate() * complex(y) for x, y in zip(a, b, strict=True)), 0j)
    assert METHODS["vdot"](tensor(a), tensor(b)).item() == expected


@pytest.mark.parametrize(
    ("left", "right"), [((2, 3), (4, 5)), ((3,), (2, 2)), ((2, 1, 2), (3,)), ((), (2, 3)), ((2, 0), (3, 1))]
)
def test_kron(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    a, b = integers(*left), integers(*right)
    ndim = max(a.ndim, b.ndim)
    wide_a, wide_b = a.reshape((1,) * (ndim - a.ndim) + a.shape), b.reshape((1,) * (ndim - b.ndim) + b.shape)
    expected = np.zeros([x * y for x, y in zip(wide_a.shape, wide_b.shape, strict=True)])
    for place in np.ndindex(*expected.shape):
        outer = tuple(p // size for p, size in zip(place, wide_b.shape, strict=True))
        inner = tuple(p % size for p, size in zip(place, wide_b.shape, strict=True))
        expected[place] = wide_a[outer] * wide_b[inner]
    np.testing.assert_array_equal(METHODS["kron"](tensor(a), tensor(b)).array, expected)
    if a.ndim == b.ndim == 2:
        transposed = METHODS["kron"](METHODS["t"](tensor(a.T.copy())), METHODS["t"](tensor(b.T.copy())))
        np.testing.assert_array_equal(transposed.array, expected)


def test_trace() -> None:
    a = integers(3, 5)
    assert METHODS["trace"](tensor(a)).item() == a[0, 0] + a[1, 1] + a[2, 2]
    assert METHODS["trace"](Tensor.of(np.full((2, 2), 100), INT8)).item() == 200
    assert METHODS["trace"](Tensor.of(a, INT8)).dtype is INT64
    assert METHODS["trace"](tensor(integers(0, 3))).item() == 0
    with pytest.raises(Refusal):
        METHODS["trace"](Tensor.of(a, BOOL))


def test_cross() -> None:
    a, b = integers(2, 3, 4), integers(1, 3, 4)
    x, y = np.moveaxis(np.broadcast_to(a, a.shape), 1, 0), np.moveaxis(np.broadcast_to(b, a.shape), 1, 0)
    expected = np.stack([x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]], 1)
    np.testing.assert_array_equal(METHODS["cross"](tensor(a), tensor(b)).array, expected)
    np.testing.assert_array_equal(METHODS["linalg_cross"](tensor(a), tensor(b), dim=-2).array, expected)


@pytest.mark.parametrize(("left", "right"), [((3,), (3,)), ((2, 3), (3,)), ((2, 3), (4, 5, 3)), ((0,), (2, 0))])
def test_inner(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    a, b = integers(*left), integers(*right)
    expected = np.zeros(left[:-1] + right[:-1])
    for place in np.ndindex(*expected.shape):
        expected[place] = (a[place[: a.ndim - 1]] * b[place[a.ndim - 1 :]]).sum()
    np.testing.assert_array_equal(METHODS["inner"](tensor(a), tensor(b)).array, expected)


def test_inner_with_a_scalar_is_a_product() -> None:
    np.testing.assert_array_equal(METHODS["inner"](tensor(np.array(3.0)), tensor(np.eye(2))).array, 3 * np.eye(2))


@pytest.mark.parametrize(
    ("left", "right", "dims", "axes"),
    [
        ((2, 3), (3, 4), 1, ([1], [0])),
        ((2, 3, 4), (3, 4, 5), 2, ([1, 2], [0, 1])),
        ((2, 3), (4,), 0, ([], [])),
        ((2, 3, 4), (4, 5, 2), ([0, -1], [2, 0]), ([0, 2], [2, 0])),
        ((2, 3), (3, 2), ([0, 1], [1, 0]), ([0, 1], [1, 0])),
        ((2, 0), (0, 3), 1, ([1], [0])),
    ],
)
def test_tensordot(left: Any, right: Any, dims: Any, axes: Any) -> None:
    a, b = integers(*left), integers(*right)
    np.testing.assert_array_equal(METHODS["tensordot"](tensor(a), tensor(b), dims).array, np.tensordot(a, b, axes))


def test_tensordot_pairs_one_with_any_size() -> None:
    a, b = integers(2, 3), integers(1, 3)
    expected = (a * b).sum()
    assert METHODS["tensordot"](tensor(a), tensor(b), ([0, 1], [0, 1])).item() == expected
