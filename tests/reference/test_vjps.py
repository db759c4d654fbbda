"""The vjps of pointwise functions, reductions and networks against central differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reference.arithmetic import number_minus, number_over
from reference.autograd.engine import backward
from reference.dtypes import UINT8
from reference.function import Function
from reference.nn.convolution import convolution, pad_far_end
from reference.nn.losses import over_number, times_number
from reference.nn.windows import Windows, col2im, im2col
from reference.tensor import METHODS, Tensor
from reference.writing import in_place
from tests.reference.gradients import Example, assert_gradients, method, on, tensor

X = np.array([[0.7, -1.3, 0.4], [2.1, 0.9, -0.6]])
Y = np.array([[1.1, 0.5, -0.8], [-1.7, 2.3, 0.35]])
POSITIVE = np.abs(X) + 0.25
Z = X + 1j * Y
W = Y - 0.5j * X
ROW = np.array([0.6, -0.45, 1.2])
IMAGES = np.arange(2 * 2 * 5 * 4).reshape(2, 2, 5, 4) * 7 % 13 / 5 - 1.1
SMALL = IMAGES[:, :, :3, :4].copy()
KERNELS = np.arange(2 * 2 * 2 * 3).reshape(2, 2, 2, 3) * 5 % 9 / 4 - 0.9
DISTINCT = (np.arange(2 * 2 * 5 * 4) * 17 % 80).reshape(2, 2, 5, 4) / 9 - 3
WINDOWS = Windows.over((5, 4), (2, 3), (2, 1), (1, 0), (1, 1))
LABELS = np.array([2, 0])
WITH_NAN = np.array([[0.7, np.nan, 0.4], [2.1, 0.9, np.nan]])


def product_of(pair: tuple[Tensor, Tensor]) -> Tensor:
    """Both results in one, so that the gradients of both are seen."""
    return pair[0] * pair[1]


POINTWISE = [
    *(method(name, X, Y) for name in ("add", "sub", "rsub", "mul", "div")),
    *(method(name, Z, W) for name in ("add", "sub", "rsub", "mul", "div")),
    *(method(name, X, ROW, alpha=2.5) for name in ("add", "sub", "rsub")),
    *(method(name, Z, W, alpha=2 - 1j) for name in ("add", "sub", "rsub")),
    method("mul", X, W),
    method("div", X * 3, Y, rounding_mode="floor", second=False),
    method("div", X * 3, Y, rounding_mode="trunc", second=False),
    method("addcmul", X, Y, POSITIVE, value=3),
    method("addcmul", Z, W, W + 1, value=2 + 1j),
    method("addcdiv", X, Y, POSITIVE, value=3),
    method("addcdiv", Z, W, W + 1),
    method("reciprocal_times", POSITIVE, other=3.0),
    method("pow", POSITIVE, Y),
    method("pow", Z, W),
    on("pow by number", lambda x: METHODS["pow"](x, 3), X),
    on("pow by 0", lambda x: METHODS["pow"](x, 0) + x, X, second=False),
    on("pow of number", lambda x: METHODS["pow"](2.5, x), X),
    on("pow of complex number", lambda x: METHODS["pow"](2.5 + 1j, x), Z),
    on("where", lambda x, y: METHODS["where"](tensor(X > 0), x, y), X, Y),
    *(method(name, X, Y) for name in ("maximum", "minimum")),
    on("clamp", lambda x: METHODS["clamp"](x, -1, 0.8) * x, X),
    on("clamp by tensors", lambda x, a, b: METHODS["clamp"](x, a, b) * x, X, X + np.sin(5 * X), X + 0.6),
    on("clamp_min", lambda x, a: METHODS["clamp_min"](x, a) * x, X, Y),
    on("clamp_max", lambda x, a: METHODS["clamp_max"](x, a) * x, X, Y),
    method("lerp", X, Y, ROW),
    method("lerp", Z, W, W + 1),
]
OF_TWO = [
    *(method(name, X, Y) for name in ("atan2", "hypot", "logaddexp", "logaddexp2", "complex")),
    method("logaddexp", Z, W),
    method("xlogy", X, POSITIVE),
    on("xlogy by number", lambda x: METHODS["xlogy"](x, 2.5) * x, X),
    on("xlogy of number", lambda x: METHODS["xlogy"](2.5, x), POSITIVE),
    *(on(name, lambda x, name=name: METHODS[name](tensor(Y**2), x), POSITIVE) for name in ("igamma", "igammac")),
    method("polar", POSITIVE, Y),
    method("float_power", POSITIVE, Y),
    on("float_power by number", lambda x: METHODS["float_power"](x, 3), X),
    *(on(name, lambda x, y, name=name: METHODS[name](x, y) * x, X * 3, Y) for name in ("fmod", "remainder")),
    *(
        on(name, lambda x, y, name=name: METHODS[name](x, y) * x, X, Y)
        for name in ("copysign", "fmax", "fmin", "nextafter")
    ),
    method("ldexp", X, Y),
    on("frexp", lambda x: METHODS["frexp"](x)[0] * x, X),
    method("ldexp", Z, W),
    on("ldexp by integers", lambda x: METHODS["ldexp"](x, tensor([-3, 0, 2], "int64")) * x, X),
    on("number minus", lambda x: number_minus(2.5, x), X),
    on("number over", lambda x: number_over(2.5, x), POSITIVE),
]
ENTIRE = ["neg", "abs", "square", "exp", "expm1", "sin", "cos", "tanh", "sigmoid"]
REDUCED = ["sum", "mean", "prod", "var", "std", "norm", "max", "min", "amax", "amin"]
INVERSES = ["asin", "acos", "atan", "asinh", "atanh"]
FURTHER = [
    *(method(name, X) for name in ["tan", "sinh", "cosh", "atan", "asinh", "exp2", "sinc", "erfc", "i0", "special_i1"]),
    *(method(name, X / 3) for name in ["asin", "acos", "atanh", "erfinv", "sinc"]),
    *(method(name, POSITIVE) for name in ["log2", "log10", "lgamma", "digamma"]),
    *(method(name, X) for name in ["lgamma", "digamma"]),
    *(
        method(name, Z)
        for name in ["tan", "sinh", "cosh", *INVERSES, "acosh", "exp2", "log2", "log10", "sinc", "angle"]
    ),
    method("acosh", POSITIVE + 1),
    *(on(f"polygamma {n}", lambda x, n=n: METHODS["polygamma"](n, x), X) for n in (0, 1, 2)),
    *(method("mvlgamma", POSITIVE + 1, p=p) for p in (1, 3)),
    method("logit", POSITIVE / 4),
    on("logit clamped", lambda x: METHODS["logit"](x, 0.3) * x, POSITIVE / 3),
    *(on(name, lambda x, name=name: METHODS[name](x) * x, X) for name in ("deg2rad", "rad2deg", "frac", "nan_to_num")),
    on("conj_physical_", lambda z: METHODS["conj_physical_"](z.clone()) * z, Z),
    method("angle", X, second=False),
]
UNARY = [
    *(method(name, X) for name in [*ENTIRE, "erf"]),
    *(method(name, POSITIVE) for name in ["reciprocal", "sqrt", "rsqrt", "log", "log1p"]),
    *(
        method(name, Z)
        for name in [
            "neg",
            "abs",
            "square",
            "exp",
            "expm1",
            "sin",
            "cos",
            "tanh",
            "sigmoid",
            "reciprocal",
            "sqrt",
            "rsqrt",
            "log",
        ]
    ),
    *(method(name, Z) for name in ("log1p", "sgn", "conj_physical")),
    on("relu", lambda x: METHODS["relu"](x) * x, X),
    *(method(name, X, second=False) for name in ["sign", "sgn", "floor", "ceil", "trunc", "round"]),
]
REDUCTIONS = [
    *(method(name, X) for name in REDUCED),
    *(method(name, Z) for name in ["sum", "mean", "prod", "var", "std", "norm"]),
    *(method(name, X, dim=1) for name in [*REDUCED, "cumsum"]),
    *(method(name, X, dim=(0, 1)) for name in ["sum", "mean", "var", "std", "norm", "amax", "amin", "logsumexp"]),
    *(method(name, X, dim=0, keepdim=True) for name in REDUCED),
    *(method(name, X, dim=0) for name in ["logsumexp", "softmax", "log_softmax", "cumsum_from_end"]),
    *(method(name, Z, dim=1) for name in ["cumsum", "logsumexp"]),
    *(method("norm", X, p=p, dim=0) for p in (1, 3, 0.5, float("inf"), float("-inf"), -1)),
    method("prod", np.array([[0.0, 2, 3], [0, 0, 4]]), dim=1),
    method("var", X, dim=1, correction=0),
    on("sum_to_size", lambda x: METHODS["sum_to_size"](x, 3), X),
    *(
        on(f"{name} {dim}", lambda x, name=name, dim=dim: product_of(METHODS[name](x, dim=dim)), X)
        for name in ("var_mean", "std_mean", "aminmax")
        for dim in (None, 1)
    ),
    on("var_mean complex", lambda x: product_of(METHODS["var_mean"](x, (0, 1), correction=0)), Z),
    *(method("vector_norm", X, ord=p, dim=1, keepdim=True) for p in (2, 1, 3, 0.5, float("inf"))),
    *(method("dist", X, Y, p=p) for p in (2, 1, 3, float("inf"))),
    method("dist", Z, W),
    *(method("renorm", X, p=p, dim=0, maxnorm=1.5) for p in (1, 2, 3)),
    method("renorm", Z, p=2, dim=1, maxnorm=2),
    *(method(name, WITH_NAN, dim=dim) for name in ("nansum", "nanmean") for dim in (None, 1)),
]
PRODUCTS = [
    method("dot", ROW, ROW + 1),
    method("dot", Z[0], W[0]),
    method("mv", X, ROW),
    method("mv", Z, W[0]),
    method("mm", X, Y.T.copy()),
    method("mm", Z, W.T.copy()),
    method("bmm", X.reshape(2, 1, 3), Y.reshape(2, 3, 1)),
    method("outer", ROW, Y[0]),
    *(
        on(f"matmul {a.shape} {b.shape}", METHODS["matmul"], a, b)
        for a, b in (
            (ROW, Y.T.copy()),
            (X.reshape(2, 1, 3), ROW),
            (X.reshape(2, 1, 3), Y.T.copy()),
            (X, DISTINCT.reshape(2, 10, 4)[:, :3].copy()),
            (X.reshape(1, 2, 3), DISTINCT.reshape(2, 10, 4)[:, :3].copy()),
        )
    ),
]
NETWORKS = [
    on("linear", METHODS["linear"], X, Y, ROW[:2]),
    on("linear unbatched", METHODS["linear"], ROW, Y, ROW[:2]),
    on("linear of batches", METHODS["linear"], SMALL[..., :3], Y, X.T),
    on("conv2d", METHODS["conv2d"], SMALL, KERNELS, ROW[:2]),
    on(
        "conv2d strided, padded, dilated, grouped",
        lambda *given: METHODS["conv2d"](*given, None, (2, 1), (1, 2), (2, 1), 2),
        SMALL,
        KERNELS[:, :1].copy(),
    ),
    on("conv2d same", lambda *given: METHODS["conv2d"](*given, padding="same"), SMALL[0], KERNELS),
    on("conv2d complex", METHODS["conv2d"], SMALL[:1] + 1j, KERNELS * (1 - 2j)),
    on("im2col", lambda x: im2col(x, WINDOWS), IMAGES, second=False),
    on("col2im", lambda x: col2im(x, WINDOWS, 1), im2col(tensor(IMAGES[:, :1].copy()), WINDOWS).array, second=False),
    on("max_pool2d", lambda x: METHODS["max_pool2d"](x, 2, padding=1) * 2, DISTINCT, second=False),
    on("max_pool2d ceil", lambda x: METHODS["max_pool2d"](x, (3, 2), 2, (1, 0), (1, 2), True), DISTINCT, second=False),
    *(method("mse_loss", X, Y, reduction=reduction) for reduction in ("mean", "sum", "none")),
    *(
        method("nll_loss", X, target=tensor(LABELS), weight=tensor([1.5, 1.0, 0.5], "extended"), reduction=reduction)
        for reduction in ("mean", "sum", "none")
    ),
    on(
        "nll_loss of images",
        lambda x: METHODS["nll_loss"](x, tensor(LABELS.reshape(1, 2, 1) % 2)),
        IMAGES[:1, :, :2, :1],
    ),
    *(
        method("cross_entropy", X, target=tensor(LABELS), reduction=reduction, label_smoothing=0.2)
        for reduction in ("mean", "sum", "none")
    ),
    *(method("cross_entropy", X, POSITIVE, reduction=reduction) for reduction in ("mean", "sum", "none")),
    on("cross_entropy weighted", lambda x, w: METHODS["cross_entropy"](x, tensor(wide_probabilities()), w), X, ROW + 2),
]


def wide_probabilities() -> np.ndarray:
    return (POSITIVE / POSITIVE.sum(axis=1, keepdims=True)).astype(np.longdouble)


def compared_in_place(name: str) -> Example:
    """A comparison written over numbers: constant almost everywhere."""
    return Example(f"{name}_", lambda x, y: in_place(METHODS[name], x.clone(), y), (X, Y), second=False)


COMPARISONS = [compared_in_place(name) for name in ("eq", "ne", "lt", "le", "gt", "ge")]
EXAMPLES = [*POINTWISE, *OF_TWO, *FURTHER, *UNARY, *REDUCTIONS, *PRODUCTS, *NETWORKS, *COMPARISONS]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_vjp_is_the_central_difference(example: Example) -> None:
    example.check()


@pytest.mark.parametrize("name", ["exp", "tanh", "sigmoid", "square"])
def test_a_wrong_vjp_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    function = METHODS[name]
    assert isinstance(function, Function)
    product, needs = function.vjps["input"]
    monkeypatch.setitem(function.vjps, "input", (lambda *given: product(*given) * 1.001, needs))
    with pytest.raises(AssertionError):
        assert_gradients(function, [X])


def test_helpers_of_one_kind_are_differentiable() -> None:
    assert_gradients(lambda x: times_number(x, 3.0), [X])
    assert_gradients(lambda x: over_number(x, 3.0), [X])
    assert_gradients(lambda x: pad_far_end(x, 1, 2), [IMAGES[:1, :1, :2, :2]])
    assert_gradients(
        lambda x, w, b: convolution(x, w, b, (1, 1), (0, 0), (1, 1), 1), [IMAGES[:1], KERNELS[:1], ROW[:1]]
    )


# -- kinks: what torch's manual, or torch, says where no derivative exists ---------------------------------------------


@pytest.mark.parametrize(
    ("name", "at", "settings", "expected"),
    [
        ("relu", 0.0, {}, 0.0),
        ("abs", 0.0, {}, 0.0),
        ("clamp", 1.0, {"min": -1, "max": 1}, 0.0),
        ("clamp", -1.0, {"min": -1, "max": 1}, 0.0),
        ("clamp", 1.5, {"min": -1, "max": 1}, 0.0),
        ("clamp", np.nan, {"min": -1, "max": 1}, 0.0),
        ("norm", 0.0, {}, 0.0),
    ],
)
def test_kinks(name: str, at: float, settings: dict[str, Any], expected: float) -> None:
    x = tensor(np.array([at]), requires_grad=True)
    backward(METHODS[name](x, **settings).sum())
    assert x.grad is not None
    assert x.grad.array[0] == expected


@pytest.mark.parametrize("name", ["max", "min", "amax", "amin"])
def test_ties_share_the_gradient(name: str) -> None:
    x = tensor(np.array([2.0, 2.0, 2.0, 2.0]), requires_grad=True)
    backward(METHODS[name](x))
    assert x.grad is not None
    assert x.grad.array.tolist() == [0.25] * 4


@pytest.mark.parametrize("name", ["max", "min"])
def test_along_a_dimension_the_first_of_a_tie_takes_the_gradient(name: str) -> None:
    x = tensor(np.array([[2.0, 2.0, 2.0]]), requires_grad=True)
    backward(METHODS[name](x, 1)[0].sum())
    assert x.grad is not None
    assert x.grad.array.tolist() == [[1.0, 0.0, 0.0]]


def slopes(name: str, *operands: float) -> list[float]:
    given = [tensor(np.array([float(at)]), requires_grad=True) for at in operands]
    backward(METHODS[name](*given).sum())
    return [one.grad.array[0] for one in given if one.grad is not None]


@pytest.mark.parametrize("name", ["maximum", "minimum", "fmax", "fmin", "clamp_min", "clamp_max"])
def test_equal_operands_share_the_gradient(name: str) -> None:
    assert slopes(name, 3, 3) == [0.5, 0.5]


@pytest.mark.parametrize(
    ("operands", "expected"),
    [
        ((1, 1, 2), (0.5, 0.5, 0)),
        ((2, 1, 2), (0.5, 0, 0.5)),
        ((0, 1, 1), (0, 0.5, 0.5)),
        ((2, 1, 1), (0, 0, 1)),
        ((1, 2, 1), (0, 0, 1)),
        ((2, 2, 1), (0, 0, 1)),
        ((1, 1, 1), (1, 0, 0)),
    ],
)
def test_clamp_between_tensors_has_the_subgradient_of_minimum_norm(
    operands: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    assert slopes("clamp", *operands) == list(expected)


@pytest.mark.parametrize(("name", "expected"), [("addcmul", -3.0), ("addcdiv", 0.75)])
def test_an_integer_factor_does_not_wrap(name: str, expected: float) -> None:
    """3 times -1 has no place in uint8, in which torch computes it (finding 116)."""
    three, factor = Tensor.of(np.array([3]), UINT8), tensor(np.array([2.0]), requires_grad=True)
    given = (factor, three) if name == "addcmul" else (three, factor)
    backward(METHODS[name](tensor(np.zeros(1)), *given, value=-1))
    assert factor.grad is not None
    assert factor.grad.array.tolist() == [expected]
