"""Random tensors: the streams of test_distributions laid out in memory order, with ranges, dtypes and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reference import construction, creation, distributions, random, random_inplace, reduction
from reference.autograd.engine import backward
from reference.dtypes import BFLOAT16, BOOL, COMPLEX64, FLOAT16, FLOAT32, FLOAT64, FLOATING, INT8, INT64, UINT8, DType
from reference.errors import Refusal
from reference.generator import Generator


def refused(kind: str, call: Any, *args: Any, **kwargs: Any) -> None:
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    assert caught.value.kind == kind


@pytest.fixture(autouse=True)
def _seeded() -> None:
    random.manual_seed(7)


def test_the_same_seed_gives_the_same_numbers() -> None:
    first = random.rand(5)
    assert (first.array != random.rand(5).array).all()
    random.manual_seed(7)
    assert (first.array == random.rand(5).array).all()


def test_a_tensor_is_filled_in_the_order_of_its_addresses() -> None:
    transposed = creation.zeros(2, 3).view_as((3, 2), (1, 3))
    made = random.rand_like(transposed)
    stream = distributions.uniform(Generator(7), 6, FLOAT32)
    assert made.strides == (1, 3)
    assert (made.array.T.reshape(-1) == stream).all()


@pytest.mark.parametrize("dtype", FLOATING)
def test_uniform_numbers_lie_in_the_half_open_range(dtype: DType) -> None:
    made = random_inplace.uniform_(creation.empty(1000, dtype=dtype), 2, 3).array
    assert made.min() >= 2
    assert made.max() < 3


def test_integers_lie_in_the_half_open_range() -> None:
    made = random.randint(-3, 4, (1000,))
    assert made.dtype is INT64
    assert set(made.array.tolist()) == set(range(-3, 4))
    assert set(random.randint(2, (100,), dtype=BOOL).array.tolist()) == {False, True}


def test_a_permutation_holds_every_integer_once() -> None:
    assert sorted(random.randperm(50).array.tolist()) == list(range(50))
    refused("RuntimeError", random.randperm, -1)
    refused("RuntimeError", random.randperm, 257, dtype=UINT8)
    refused("RuntimeError", random.randperm, 2050, dtype=FLOAT16)
    refused("TypeError", random.randperm, 2.0)


def test_normal_deviates_take_their_means_and_deviations() -> None:
    mean, std = construction.tensor([[0.0], [100.0]]), construction.tensor([0.0, 1.0, 2.0])
    made = random.normal(mean, std)
    assert made.shape == (2, 3)
    assert made.array[:, 0].tolist() == [0, 100]
    many = random.randn(20000, dtype=FLOAT64).array
    assert abs(many.mean()) < 0.03
    assert abs(many.std() - 1) < 0.03
    assert random.randn(3, dtype=BFLOAT16).unrounded is not None


def test_bernoulli_draws_are_as_likely_as_asked() -> None:
    assert random.bernoulli(construction.tensor([0.0, 1.0])).array.tolist() == [0, 1]
    assert abs(random_inplace.bernoulli_(creation.empty(20000), 0.3).array.mean() - 0.3) < 0.02
    refused("RuntimeError", random.bernoulli, construction.tensor([0.5, 1.5]))


def test_what_the_distributions_refuse() -> None:
    refused("NotImplementedError", random.rand, 2, dtype=INT64)
    refused("NotImplementedError", random.randn, 2, dtype=INT64)
    refused("RuntimeError", random.randint, 5, 5, (2,))
    refused("RuntimeError", random.randint, 200, (2,), dtype=INT8)
    refused("RuntimeError", random.randint, 5, (2,), dtype=COMPLEX64)
    refused("RuntimeError", random_inplace.uniform_, creation.empty(2), 3, 2)
    refused("RuntimeError", random_inplace.normal_, creation.empty(2), 0, -1)
    refused("RuntimeError", random_inplace.uniform_, creation.empty(1).view_as((3,), (0,)))


def test_drawing_over_a_tensor_stops_its_gradient() -> None:
    leaf = construction.tensor([1.0, 2.0], requires_grad=True)
    refused("RuntimeError", random_inplace.normal_, leaf)
    drawn = random_inplace.normal_(leaf * 2)
    assert drawn.grad_fn is not None
    assert (drawn.grad_fn.name, drawn.version) == ("NormalBackward0", 1)
    backward(reduction.sum(drawn))
    assert leaf.grad is not None
    assert np.array_equal(leaf.grad.array, [0, 0])


def test_out_is_filled_in_the_order_of_its_own_addresses() -> None:
    out = creation.empty(4).view_as((2, 2), (1, 2))
    assert random.rand(2, 2, out=out) is out
    assert (out.array.T.reshape(-1) == distributions.uniform(Generator(7), 4, FLOAT32)).all()
