"""Samples of given chances, and deviates of named distributions: as recorded from torch 2.13.0, and as they must be."""

from __future__ import annotations

from math import exp, log, pi, tan
from typing import Any

import numpy as np
import pytest

from reference import construction, creation, distributions, random, random_inplace, sampling
from reference.autograd.engine import backward
from reference.dtypes import BFLOAT16, BOOL, COMPLEX64, FLOAT16, FLOAT32, FLOAT64, FLOATING, INT8, INT64, DType
from reference.errors import Refusal
from reference.function import Function
from reference.generator import Generator
from reference.reduction import sum as total
from reference.tensor import Tensor

WEIGHTS = [[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0]]
MANY = 20000


@pytest.fixture(autouse=True)
def _seeded() -> None:
    random.manual_seed(0)


def refused(kind: str, call: Any, *args: Any, **kwargs: Any) -> None:
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    assert caught.value.kind == kind


# -- as recorded -----------------------------------------------------------------------------------------------------


def test_recorded_cauchy() -> None:
    recorded = [22.195458653364593, 2.5295345192117997, 0.7434013158336519, 8.8661466219893, 1.9799778200648706]
    rounded, unrounded = distributions.cauchy(Generator(0), 5, FLOAT64, 1, 2)
    np.testing.assert_array_max_ulp(rounded, np.array(recorded), 8)
    assert unrounded.dtype == np.longdouble


def test_recorded_log_normal() -> None:
    recorded = [5.873778092375727, 2.3473465137755816, 0.91448456347448, 3.6118338629660935, 1.5804961690535377]
    rounded, _ = distributions.log_normal(Generator(0), 5, FLOAT64, 1, 0.5)
    np.testing.assert_array_max_ulp(rounded, np.array(recorded), 8)


def test_recorded_geometric() -> None:
    recorded = [1, 1, 3, 1, 2, 1, 5, 3, 2, 4, 3, 5, 3, 2, 3, 3, 3, 5, 2, 1]
    assert distributions.geometric(Generator(0), 20, 0.3).tolist() == recorded


def test_recorded_poisson() -> None:
    rates = construction.tensor([0.0, 0.5, 3.0, 9.75, 10.0, 25.0, 100.0, 1000.0] * 2)
    recorded = [0, 2, 4, 9, 7, 18, 91, 1008, 0, 1, 3, 10, 10, 21, 96, 1023]
    assert sampling.poisson(rates).array.tolist() == recorded


@pytest.mark.parametrize(
    ("strides", "samples", "replacement", "recorded"),
    [
        ((4, 1), 3, False, [[2, 1, 3], [2, 0, 3]]),
        ((1, 2), 3, False, [[3, 1, 2], [0, 3, 2]]),
        ((4, 1), 8, True, [[3, 3, 2, 3, 3, 3, 1, 2], [1, 0, 1, 0, 0, 1, 1, 1]]),
    ],
)
def test_recorded_multinomial(
    strides: tuple[int, ...], samples: int, replacement: bool, recorded: list[list[int]]
) -> None:
    weights = Tensor.of(np.array(WEIGHTS, np.float32), FLOAT32, strides)
    drawn = sampling.multinomial(weights, samples, replacement)
    assert drawn.dtype is INT64
    assert drawn.array.tolist() == recorded


# -- as their distributions demand -----------------------------------------------------------------------------------


def test_half_of_the_cauchy_deviates_are_within_sigma() -> None:
    drawn = random_inplace.cauchy_(creation.empty(MANY, dtype=FLOAT64), 3, 2).array
    quantiles = [np.mean(drawn <= 3 + 2 * tan(pi * (share - 0.5))) for share in (0.1, 0.25, 0.5, 0.75, 0.9)]
    assert quantiles == pytest.approx([0.1, 0.25, 0.5, 0.75, 0.9], abs=0.015)


def test_exponential_and_log_normal_deviates_have_their_medians() -> None:
    waits = random_inplace.exponential_(creation.empty(MANY, dtype=FLOAT64), 4).array
    assert (waits > 0).all()
    assert np.median(waits) == pytest.approx(log(2) / 4, rel=0.05)
    sizes = random_inplace.log_normal_(creation.empty(MANY, dtype=FLOAT64), 1, 0.5).array
    assert np.median(sizes) == pytest.approx(exp(1), rel=0.05)
    assert np.std(np.log(sizes)) == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize("dtype", [INT8, INT64, FLOAT16, FLOAT32])
def test_a_geometric_count_is_k_with_its_chance(dtype: DType) -> None:
    drawn = random_inplace.geometric_(creation.empty(MANY, dtype=dtype), 0.25).array
    shares = [np.mean(drawn == k) for k in (1, 2, 3)]
    assert drawn.min() == 1
    assert shares == pytest.approx([0.25, 0.25 * 0.75, 0.25 * 0.75**2], abs=0.015)


@pytest.mark.parametrize("rate", [0.5, 9.0, 12.0, 200.0])
def test_poisson_counts_have_mean_and_variance_of_the_rate(rate: float) -> None:
    drawn = sampling.poisson(Tensor.of(np.full(3000, rate), FLOAT64)).array
    assert (drawn == np.floor(drawn)).all()
    assert drawn.mean() == pytest.approx(rate, abs=5 * (rate / 3000) ** 0.5)
    assert drawn.var() == pytest.approx(rate, rel=0.2)


@pytest.mark.parametrize("dtype", FLOATING)
def test_categories_are_as_likely_as_their_weights(dtype: DType) -> None:
    weights = construction.tensor([1.0, 0.0, 3.0], dtype=dtype)
    drawn = sampling.multinomial(weights, MANY, replacement=True).array
    assert not (drawn == 1).any()
    assert np.mean(drawn == 2) == pytest.approx(0.75, abs=0.02)
    rows = Tensor.of(np.tile(weights.array, (3000, 1)), dtype)
    assert np.mean(sampling.multinomial(rows, 1).array == 2) == pytest.approx(0.75, abs=0.04)


def test_without_replacement_no_category_comes_twice() -> None:
    rows = Tensor.of(np.tile(np.arange(1.0, 6.0), (200, 1)), FLOAT64)
    drawn = sampling.multinomial(rows, 5).array
    assert (np.sort(drawn) == np.arange(5)).all()
    assert drawn[:, 0].mean() > drawn[:, 4].mean(), "heavy categories come first"


def test_where_two_categories_are_too_close_nothing_is_promised() -> None:
    rows = Tensor.of(np.ones((500, 16)), BFLOAT16)
    specified = sampling.multinomial(rows, 8).specified
    assert isinstance(specified, np.ndarray)
    assert 0 < specified.mean() < 1
    assert np.all(sampling.multinomial(Tensor.of(np.ones((500, 16)), FLOAT64), 8).specified)


# -- shapes, gradients and refusals ----------------------------------------------------------------------------------


def test_multinomial_fills_out() -> None:
    out = creation.empty(0, dtype=INT64)
    assert sampling.multinomial(construction.tensor([1.0, 2.0]), 2, True, out=out) is out
    assert out.shape == (2,)
    assert sampling.multinomial(creation.empty(0, 3), 2).shape == (0, 2)
    assert sampling.multinomial(creation.empty(0, 0), 2, True).shape == (0, 2)


@pytest.mark.parametrize(
    ("draw", "node"),
    [
        (lambda input: random_inplace.cauchy_(input), "CauchyBackward0"),
        (lambda input: random_inplace.exponential_(input), "ExponentialBackward0"),
        (lambda input: random_inplace.geometric_(input, 0.5), "GeometricBackward0"),
        (lambda input: random_inplace.log_normal_(input), "LogNormalBackward0"),
        (lambda input: sampling.poisson(input), "PoissonBackward0"),
    ],
)
def test_a_draw_stops_the_gradient(draw: Any, node: str) -> None:
    leaf = construction.tensor([1.0, 2.0], requires_grad=True)
    drawn = draw(leaf * 2)
    assert drawn.grad_fn is not None
    assert drawn.grad_fn.name == node
    backward(total(drawn))
    assert leaf.grad is not None
    assert np.array_equal(leaf.grad.array, [0, 0])


def test_what_is_refused() -> None:
    floats, integers = creation.empty(2), creation.empty(2, dtype=INT64)
    calls: list[tuple[Function, tuple[Any, ...]]] = [
        (random_inplace.cauchy_, (0, 0)),
        (random_inplace.exponential_, (0,)),
        (random_inplace.geometric_, (0,)),
        (random_inplace.geometric_, (1,)),
        (random_inplace.log_normal_, (0, 0)),
    ]
    for function, arguments in calls:
        refused("RuntimeError", function, floats, *arguments)
    refused("RuntimeError", random_inplace.cauchy_, integers)
    refused("RuntimeError", random_inplace.exponential_, integers)
    refused("NotImplementedError", random_inplace.log_normal_, integers)
    refused("NotImplementedError", random_inplace.geometric_, creation.empty(2, dtype=BOOL), 0.5)
    refused("NotImplementedError", random_inplace.geometric_, creation.empty(2, dtype=COMPLEX64), 0.5)
    refused("NotImplementedError", sampling.poisson, integers)
    refused("RuntimeError", sampling.poisson, construction.tensor([-1.0]))
    refused("RuntimeError", sampling.poisson, construction.tensor([float("nan")]))


@pytest.mark.parametrize(
    ("weights", "samples", "replacement"),
    [
        ([1.0, 2.0], 0, False),
        ([1.0, 2.0], 3, False),
        ([0.0, 0.0], 1, False),
        ([1.0, -1.0], 1, True),
        ([1.0, float("inf")], 1, True),
        ([1, 2], 1, False),
        (1.0, 1, False),
        ([[[1.0]]], 1, False),
        ([[], []], 1, True),
    ],
)
def test_what_multinomial_refuses(weights: Any, samples: int, replacement: bool) -> None:
    refused("RuntimeError", sampling.multinomial, construction.tensor(weights), samples, replacement)
