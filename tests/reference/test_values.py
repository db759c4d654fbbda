"""Sums, products, means, norms and losses against mpmath at 50 digits, in both computing dtypes.

Each function is written down once more, in NumPy's operators over arrays of mpmath's numbers, as its page defines it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import reference as reference  # its modules register their functions
from reference.arithmetic import number_minus, number_over
from reference.dtypes import BY_NUMPY, INT64
from reference.einsum import einsum, einsum_by_sublists
from reference.matrix_chains import chain_matmul, matrix_power, multi_dot
from reference.tensor import METHODS, Tensor
from tests.reference import test_division, test_logarithms, test_special, test_transcendental
from tests.reference.test_transcendental import to_mp

mpmath.mp.dps = 50
Exact = Callable[..., Any]

UNITS = 64  # of the largest result: a few for each of the steps, of which none has more than six terms

X = np.array([[0.7, -1.3, 0.4], [2.1, 0.9, -0.6]])
Y = np.array([[1.1, 0.5, -0.8], [-1.7, 2.3, 0.35]])
Z, W = X + 1j * Y, Y - 0.5j * X
POSITIVE = np.abs(X) + 0.25
ROW = np.array([0.6, -0.45, 1.2])
HOLES = np.where(np.abs(X) > 1, np.nan, X)
STACK, OTHER = np.stack([X, Y, X + Y]), np.stack([Y.T, X.T, X.T - Y.T])
IMAGES, KERNELS = np.cos(np.arange(40.0)).reshape(1, 2, 4, 5), np.sin(np.arange(24.0)).reshape(2, 2, 2, 3)

log, exp, sqrt = (np.frompyfunc(one, 1, 1) for one in (mpmath.log, mpmath.exp, mpmath.sqrt))
size = np.frompyfunc(mpmath.fabs, 1, 1)
degree = mpmath.pi / 180


def ints(*values: Any) -> Tensor:
    return Tensor.of(np.array(values, np.int64), INT64)


@dataclass(frozen=True)
class Value:
    """A call, and what it is exactly: a function of the same arrays, whose elements are mpmath's."""

    name: str
    call: Callable[..., Any]
    exact: Exact
    arrays: tuple[np.ndarray, ...]
    told: str = ""

    def __str__(self) -> str:
        kinds = "complex" if any(array.dtype.kind == "c" for array in self.arrays) else "real"
        return f"{self.name} {kinds} {self.told}".strip()


def value(name: str, exact: Exact, *arrays: np.ndarray, **settings: Any) -> Value:
    told = (f"{key}={setting}" for key, setting in settings.items() if not isinstance(setting, Tensor))
    return Value(name, lambda *given: METHODS[name](*given, **settings), exact, arrays, " ".join(told))


def called(name: str, call: Callable[..., Any], exact: Exact, *arrays: np.ndarray) -> Value:
    return Value(name, call, exact, arrays)


def written(name: str, keyword: str, exact: Exact, **settings: Any) -> Value:
    """A call that takes the second array by its name."""
    return Value(name, lambda x, y: METHODS[name](x, **{keyword: y}, **settings), exact, (X, Y))


def mean(x: Any, dim: int | None = None) -> Any:
    return np.sum(x, dim) / (x.size if dim is None else x.shape[dim])


def variance(x: Any, dim: int = 1, correction: int = 1) -> Any:
    apart = size(x - np.expand_dims(mean(x, dim), dim)) ** 2
    return np.sum(apart, dim) / (x.shape[dim] - correction)


def covariance(x: Any) -> Any:
    apart = x - mean(x, 1)[:, None]
    return apart @ np.conj(apart).T / (x.shape[1] - 1)


def correlation(x: Any) -> Any:
    found = covariance(x)
    spread = sqrt(size(np.diagonal(found)))
    return found / np.outer(spread, spread)


def norm(x: Any, p: Any, dim: int = 1) -> Any:
    return np.sum(size(x) ** mpmath.mpf(p), dim) ** (1 / mpmath.mpf(p))


def distances(x: Any, y: Any, p: float) -> Any:
    return np.array([[norm(one - other, p, 0) for other in y] for one in x])


def renormed(x: Any, p: float, maxnorm: float) -> Any:
    """Rows longer than ``maxnorm`` are made that long; torch's kernel adds 1e-7 to the length that it divides by."""
    lengths = norm(x, p)
    scale = np.where(lengths > maxnorm, maxnorm / (lengths + mpmath.mpf(1e-7)), mpmath.mpf(1))
    return x * scale[:, None]


def convolved(x: Any, w: Any, b: Any) -> Any:
    windows = sliding_window_view(x, w.shape[2:], (2, 3))
    rows = windows.transpose(0, 2, 3, 1, 4, 5).reshape(*x.shape[:1], *windows.shape[2:4], -1)
    return (rows @ w.reshape(len(w), -1).T + b).transpose(0, 3, 1, 2)


def log_softmax(x: Any) -> Any:
    return x - log(np.sum(exp(x), 1))[:, None]


def likelihood(x: Any, labels: tuple[int, int]) -> Any:
    return -mean(np.array([row[label] for row, label in zip(x, labels, strict=True)]))


def smoothed(x: Any) -> Any:
    rows = -log_softmax(x)
    return mpmath.mpf(0.8) * likelihood(-rows, (2, 0)) + mpmath.mpf(0.2) / 3 * mean(np.sum(rows, 1))


def at_part(x: Any, q: float) -> Any:
    """Between the two elements around the rank q (n - 1) of each row."""
    rows, rank = np.sort(x, 1), mpmath.mpf(q) * (x.shape[1] - 1)
    below = int(rank)
    return rows[:, below] + (rank - below) * (rows[:, below + 1] - rows[:, below])


def without_nan(x: Any) -> list[Any]:
    return [np.array([one for one in row if not mpmath.isnan(one)], object) for row in x]


def cross(x: Any, y: Any) -> Any:
    return np.stack([x[:, a] * y[:, b] - x[:, b] * y[:, a] for a, b in ((1, 2), (2, 0), (0, 1))], 1)


def added_along(x: Any, source: Any) -> Any:
    """Columns 1 and 2 of ``source`` go to column 0, its column 0 to column 2."""
    return np.stack([x[:, 0] + source[:, 1] + source[:, 2], x[:, 1], x[:, 2] + source[:, 0]], 1)


def multiplied_along(x: Any, source: Any) -> Any:
    return np.stack([x[:, 0] * source[:, 1] * source[:, 2], x[:, 1], x[:, 2] * source[:, 0]], 1)


def averaged_along(x: Any, source: Any) -> Any:
    return np.stack([(x[:, 0] + source[:, 1] + source[:, 2]) / 3, x[:, 1], (x[:, 2] + source[:, 0]) / 2], 1)


def by_row(x: Any) -> Any:
    return mean(x, 1)


def deviation(x: Any) -> Any:
    return sqrt(variance(x))


def sorted_out(x: Any) -> Any:
    return np.array([x[1], mpmath.mpf(0), x[0] + x[2]])


def twice(x: Any, values: Any) -> Any:
    """Both numbers added to the last element."""
    return np.concatenate([x.ravel()[:-1], [x[-1, -1] + np.sum(values)]]).reshape(x.shape)


def number_added(x: Any) -> Any:
    return added_along(x, np.full(x.shape, mpmath.mpf(2.5)))


def densities(x: Any, edges: Any) -> Any:
    """The share of the elements between two edges, over the distance between them."""
    counts = np.array([sum(low <= one < high for one in x.ravel()) for low, high in pairwise(edges)])
    return counts / (np.sum(counts) * (edges[1:] - edges[:-1]))


EDGES, COLUMN = np.array([-1.5, 0.1, 0.8, 3.0]), X.reshape(-1, 1)
ALONG = {"dim": 1, "index": ints(2, 0, 0)}
EACH = {"dim": 1, "index": ints([2, 0, 0], [2, 0, 0])}

POINTWISE = [
    *(value("add", lambda x, y: x + 3 * y, *pair, alpha=3) for pair in ((X, Y), (Z, W))),
    *(value("sub", lambda x, y: x - 3 * y, *pair, alpha=3) for pair in ((X, Y), (Z, W))),
    *(value("rsub", lambda x, y: y - 3 * x, *pair, alpha=3) for pair in ((X, Y), (Z, W))),
    *(value("mul", lambda x, y: x * y, *pair) for pair in ((X, Y), (Z, W))),
    *(value("div", lambda x, y: x / y, *pair) for pair in ((X, Y), (Z, W))),
    *(value("addcmul", lambda x, y, w: x + 2 * y * w, *one, value=2) for one in ((X, Y, POSITIVE), (Z, W, Z + 1))),
    *(value("addcdiv", lambda x, y, w: x + 2 * y / w, *one, value=2) for one in ((X, Y, POSITIVE), (Z, W, Z + 1))),
    *(value("lerp", lambda x, y, w: x + w * (y - x), *one) for one in ((X, Y, ROW), (Z, W, Z + 1))),
    value("square", lambda x: x * x, X),
    value("square", lambda x: x * x, Z),
    value("abs", size, Z),
    value("sgn", lambda x: x / size(x), Z),
    value("angle", np.frompyfunc(mpmath.arg, 1, 1), Z),
    value("pow", lambda x, y: x**y, Z, W),
    value("float_power", lambda x, y: x**y, POSITIVE, Y),
    value("ldexp", lambda x, y: x * 2**y, X, Y),
    value("deg2rad", lambda x: x * degree, X),
    value("rad2deg", lambda x: x / degree, X),
    value("polar", lambda r, t: r * np.frompyfunc(mpmath.expj, 1, 1)(t), POSITIVE, Y),
]
REDUCTIONS = [
    *(value("sum", lambda x: np.sum(x, 1), one, dim=1) for one in (X, Z)),
    *(value("mean", lambda x: mean(x, 1), one, dim=1) for one in (X, Z)),
    *(value("prod", lambda x: np.prod(x, 1), one, dim=1) for one in (X, Z)),
    *(value("cumsum", lambda x: np.cumsum(x, 1), one, dim=1) for one in (X, Z)),
    *(value("cumprod", lambda x: np.cumprod(x, 1), one, dim=1) for one in (X, Z)),
    *(value("var", lambda x: variance(x), one, dim=1) for one in (X, Z)),
    *(value("std", lambda x: sqrt(variance(x, 0, 0)), one, dim=0, correction=0) for one in (X, Z)),
    *(value("norm", lambda x, p=p: norm(x, p), X, p=p, dim=1) for p in (1, 2, 3, 0.5, -1)),
    *(value("vector_norm", lambda x, p=p: norm(x, p), Z, ord=p, dim=1) for p in (1, 2, 3)),
    *(value("dist", lambda x, y, p=p: norm((x - y).ravel(), p, 0), X, Y, p=p) for p in (1, 2, 3)),
    *(value("cdist", lambda x, y, p=p: distances(x, y, p), X, Y, p=float(p)) for p in (1, 2, 3)),
    *(value("renorm", lambda x, p=p: renormed(x, p, 1.5), X, p=p, dim=0, maxnorm=1.5) for p in (1, 2)),
    value("nansum", lambda x: np.array([np.sum(row) for row in without_nan(x)]), HOLES, dim=1),
    value("nanmean", lambda x: np.array([mean(row) for row in without_nan(x)]), HOLES, dim=1),
    *(value("logsumexp", lambda x: log(np.sum(exp(x), 1)), one, dim=1) for one in (X, Z)),
    value("logcumsumexp", lambda x: log(np.cumsum(exp(x), 1)), X, dim=1),
    value("softmax", lambda x: exp(log_softmax(x)), X, dim=1),
    value("log_softmax", log_softmax, X, dim=1),
    *(value("cov", covariance, one) for one in (X, Z)),
    *(value("corrcoef", correlation, one) for one in (X, Z)),
    value("quantile", lambda x: at_part(x, 0.3), X, q=0.3, dim=1),
    value("nanquantile", lambda x: at_part(x, 0.3), X, q=0.3, dim=1),
    value("diff", lambda x: x[:, 2:] - 2 * x[:, 1:-1] + x[:, :-2], X, n=2),
    value("trapezoid", lambda y, x: np.sum((y[:, 1:] + y[:, :-1]) / 2 * (x[1:] - x[:-1]), 1), X, ROW),
    value("cumulative_trapezoid", lambda y: np.cumsum((y[:, 1:] + y[:, :-1]) / 2, 1), X),
]
PRODUCTS = [
    *(value(name, lambda x, y: x @ y, *pair) for name in ("mm", "matmul") for pair in ((X, Y.T), (Z, W.T))),
    *(value("mv", lambda x, y: x @ y, *pair) for pair in ((X, ROW), (Z, W[0]))),
    *(value("dot", lambda x, y: x @ y, *pair) for pair in ((ROW, Y[0]), (Z[0], W[0]))),
    *(value("vdot", lambda x, y: np.conj(x) @ y, *pair) for pair in ((ROW, Y[0]), (Z[0], W[0]))),
    *(value("inner", lambda x, y: x @ y.T, *pair) for pair in ((X, Y), (Z, W))),
    value("bmm", lambda x, y: x @ y, STACK, OTHER),
    value("outer", lambda x, y: x[:, None] * y, ROW, Y[0]),
    value("kron", lambda x, y: np.kron(x, y), X, ROW),
    value("trace", lambda x: x[0, 0] + x[1, 1], Z),
    value("tensordot", lambda x, y: np.sum(x * y, keepdims=False), X, Y, dims=2),
    value("cross", cross, X, Y, dim=1),
    value("linalg_cross", cross, Z, W),
    value("addmm", lambda c, x, y: 3 * c + 2 * (x @ y), ROW[:2], X, Y.T, beta=3, alpha=2),
    value("addmv", lambda c, x, y: 3 * c + 2 * (x @ y), ROW[:2], X, ROW, beta=3, alpha=2),
    value("addr", lambda c, x, y: 3 * c + 2 * np.outer(x, y), X, ROW[:2], ROW, beta=3, alpha=2),
    value("baddbmm", lambda c, x, y: 3 * c + 2 * (x @ y), X[:, :2], STACK, OTHER, beta=3, alpha=2),
    value("addbmm", lambda c, x, y: 3 * c + 2 * np.sum(x @ y, 0), X[:, :2], STACK, OTHER, beta=3, alpha=2),
    value("linear", lambda x, w, b: x @ w.T + b, X, Y, ROW[:2]),
    value("conv2d", convolved, IMAGES, KERNELS, ROW[:2]),
    value("vander", lambda x: np.stack([x**3, x**2, x, x**0], 1), ROW, N=4),
]
WRITES = [
    written("index_add", "source", lambda x, y: added_along(x, 3 * y), **ALONG, alpha=3),
    written("scatter_add", "src", added_along, **EACH),
    written("scatter_reduce", "src", added_along, **EACH, reduce="sum"),
    written("scatter_reduce", "src", multiplied_along, **EACH, reduce="prod"),
    written("scatter_reduce", "src", averaged_along, **EACH, reduce="mean"),
    written("index_reduce", "source", multiplied_along, **ALONG, reduce="prod"),
    written("index_reduce", "source", averaged_along, **ALONG, reduce="mean"),
]
LOSSES = [
    value("mse_loss", lambda x, y: mean((x - y) ** 2), X, Y),
    value("nll_loss", lambda x: likelihood(x, (2, 0)), X, target=ints(2, 0)),
    value("cross_entropy", smoothed, X, target=ints(2, 0), label_smoothing=0.2),
    value("cross_entropy", lambda x, p: -mean(np.sum(log_softmax(x) * p, 1)), X, POSITIVE),
]
OTHERS = [
    called("number_minus", lambda x: number_minus(2.5, x), lambda x: mpmath.mpf(2.5) - x, X),
    called("number_over", lambda x: number_over(2.5, x), lambda x: mpmath.mpf(2.5) / x, X),
    *(called("var_mean", lambda x, n=n: METHODS["var_mean"](x, 1)[n], (variance, by_row)[n], X) for n in (0, 1)),
    *(called("std_mean", lambda x, n=n: METHODS["std_mean"](x, 1)[n], (deviation, by_row)[n], X) for n in (0, 1)),
    called("einsum", lambda x, y: einsum("ij,kj->ik", x, y), lambda x, y: x @ y.T, X, Y),
    called(
        "einsum_by_sublists",
        lambda x, y: einsum_by_sublists(x, [0, 1], y, [2, 1], [0, 2]),
        lambda x, y: x @ y.T,
        X,
        Y,
    ),
    called("multi_dot", lambda *given: multi_dot(given), lambda x, y, z: x @ y @ z, X, Y.T, X),
    called("chain_matmul", chain_matmul, lambda x, y, z: x @ y @ z, X, Y.T, X),
    called("matrix_power", lambda x: matrix_power(x, 3), lambda x: x @ x @ x, X[:, :2].copy()),
    called(
        "gradient",
        lambda x: METHODS["gradient"](x, spacing=0.5, dim=1)[0],
        lambda x: np.stack([2 * (x[:, 1] - x[:, 0]), x[:, 2] - x[:, 0], 2 * (x[:, 2] - x[:, 1])], 1),
        X,
    ),
    called("bincount", lambda x: METHODS["bincount"](ints(2, 0, 2), x), sorted_out, ROW),
    called("index_put", lambda x, y: METHODS["index_put"](x, (ints(1, 1), ints(2, 2)), y, True), twice, X, ROW[:2]),
    called("put", lambda x, y: METHODS["put"](x, ints(5, -1), y, True), twice, X, ROW[:2]),
    called("scatter", lambda x: METHODS["scatter"](x, **EACH, src=2.5, reduce="add"), number_added, X),
    called("scatter", lambda x, y: METHODS["scatter"](x, **EACH, src=y, reduce="multiply"), multiplied_along, X, Y),
    called("histogram", lambda x, e: METHODS["histogram"](x, e, density=True)[0], densities, X.ravel(), EDGES),
    called("histogramdd", lambda x, e: METHODS["histogramdd"](x, (e,), density=True)[0], densities, COLUMN, EDGES),
]
VALUES = [*POINTWISE, *REDUCTIONS, *PRODUCTS, *WRITES, *LOSSES, *OTHERS]

exactly = np.frompyfunc(lambda one: mpmath.mpmathify(one), 1, 1)


def number(found: Any) -> Any:
    """A value of the computing dtype, exactly."""
    return mpmath.mpc(to_mp(found.real), to_mp(found.imag)) if found.dtype.kind == "c" else to_mp(found)


def assert_computed(one: Value, narrow: bool) -> None:
    arrays = [array.astype(NARROW[array.dtype.kind]) if narrow else array for array in one.arrays]
    result = one.call(*(Tensor.of(array, BY_NUMPY[array.dtype]) for array in arrays))
    found = result.array if result.unrounded is None or one.name in IN_STEPS else result.unrounded
    with np.errstate(invalid="ignore"):
        wanted = np.asarray(one.exact(*(exactly(array.astype(object)) for array in arrays)), object)
    assert found.shape == wanted.shape
    allowed = UNITS * 2.0 ** -np.finfo(found.dtype).nmant * max(mpmath.fabs(exact) for exact in wanted.flat)
    for actual, exact in zip(found.reshape(-1), wanted.flat, strict=True):
        assert mpmath.fabs(number(actual) - exact) <= allowed, f"{actual!r} for {exact}"


# Made of other functions, each of which rounds to the dtype, as in torch.
IN_STEPS = {
    *("chain_matmul", "corrcoef", "cov", "cross_entropy", "cumulative_trapezoid", "diff", "matrix_power"),
    *("multi_dot", "nanquantile", "number_over", "quantile", "trapezoid"),
}
# What is proved so, here and in the tables beside this one.
PROVED = {
    *(one.name for one in VALUES),
    *test_transcendental.RANGES,
    *test_special.RANGES,
    *test_logarithms.EXACT,
    *test_division.EXACT,
    *("arange", "linspace", "logspace"),  # test_creation
    *("igamma", "igammac"),  # test_incomplete_gamma
    *("mvlgamma", "polygamma"),  # test_special
}
NARROW = {"f": np.float32, "c": np.complex64}


@pytest.mark.parametrize("narrow", [True, False], ids=["single", "double"])
@pytest.mark.parametrize("one", VALUES, ids=str)
def test_computed_values(one: Value, narrow: bool) -> None:
    assert_computed(one, narrow)


@pytest.mark.parametrize("name", ["std", "kron", "softmax", "renorm"])
def test_a_wrong_value_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = METHODS[name]
    monkeypatch.setitem(METHODS, name, lambda *given, **settings: right(*given, **settings) * (1 + 2.0**-40))
    with pytest.raises(AssertionError):
        assert_computed(next(one for one in VALUES if one.name == name), False)
