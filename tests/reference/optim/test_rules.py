"""Rules of optimizers: sums written out, steps worked out by hand, and the reference's own SGD, written otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest

from reference.dtypes import FLOAT64
from reference.optim.rules import RULES, State, adagrad, adam, adamw, rmsprop, sgd
from reference.optim.sgd import SGD
from reference.tensor import Tensor

START = np.array([1.0, -2.0, 0.5, 0.0])
GRADIENTS = [
    np.array([0.5, -1.0, 0.0, 4.0]),
    np.array([-8.0, 1.0, 0.25, 2.0]),
    np.array([0.125, 0.0, -3.0, -1.0]),
    np.array([1.0, 2.0, -0.5, 0.25]),
]
EACH = pytest.mark.parametrize("name", RULES)


def stepped(name: str, gradients: Sequence[np.ndarray], **settings: Any) -> np.ndarray:
    """The parameter after a step with each gradient."""
    parameter, state = START, State()
    for gradient in gradients:
        parameter = RULES[name](parameter, gradient, state, **settings)
    return parameter


def average(values: Sequence[np.ndarray], beta: float) -> np.ndarray:
    """Their mean with weights that fall by ``beta`` from each to the one before."""
    weights = [beta ** (len(values) - 1 - k) for k in range(len(values))]
    total: np.ndarray = sum(w * value for w, value in zip(weights, values, strict=True)) / sum(weights)
    return total


@pytest.mark.parametrize(
    ("momentum", "dampening", "weight_decay", "nesterov", "maximize"),
    [
        drawn
        for drawn in product((0.0, 0.5), (0.0, 0.25), (0.0, 0.125), (False, True), (False, True))
        if not drawn[3] or (drawn[0] and not drawn[1])
    ],
)
def test_sgd_is_the_optimizer_of_the_reference(
    momentum: float, dampening: float, weight_decay: float, nesterov: bool, maximize: bool
) -> None:
    settings: dict[str, Any] = {"momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
    settings |= {"nesterov": nesterov, "maximize": maximize, "lr": 0.25}
    parameter = Tensor.of(START.copy(), FLOAT64)
    parameter.requires_grad_()
    optimizer = SGD([parameter], **settings)
    for gradient in GRADIENTS:
        parameter.grad = Tensor.of(gradient, FLOAT64)
        optimizer.step()
    np.testing.assert_allclose(stepped("SGD", GRADIENTS, **settings), parameter.array, rtol=1e-15, atol=1e-15)


def test_momentum_gathers_gradients_and_the_first_is_not_dampened() -> None:
    one = np.ones(4)
    # The buffer is 1, then 0.5 + 0.75, then 0.625 + 0.75.
    expected = START - 0.5 * (1 + 1.25 + 1.375)
    np.testing.assert_array_equal(stepped("SGD", [one] * 3, lr=0.5, momentum=0.5, dampening=0.25), expected)


def test_nesterov_looks_ahead_by_momentum() -> None:
    one = np.ones(4)
    # The buffer is 1, then 1.5; each direction is the gradient and half of it.
    np.testing.assert_array_equal(
        stepped("SGD", [one] * 2, lr=0.5, momentum=0.5, nesterov=True), START - 0.5 * (1.5 + 1.75)
    )


@EACH
def test_maximizing_goes_along_the_gradient_instead_of_against_it(name: str) -> None:
    along = stepped(name, GRADIENTS, maximize=True)
    np.testing.assert_array_equal(along, stepped(name, [-gradient for gradient in GRADIENTS]))
    first = stepped(name, GRADIENTS[:1], maximize=True, weight_decay=0.0)
    np.testing.assert_array_equal(np.sign(first - START), np.sign(GRADIENTS[0]))


@pytest.mark.parametrize("name", [name for name in RULES if name != "AdamW"])
def test_decay_adds_the_parameter_to_its_gradient(name: str) -> None:
    decayed = RULES[name](START, GRADIENTS[0], {}, weight_decay=0.25)
    np.testing.assert_array_equal(decayed, RULES[name](START, GRADIENTS[0] + 0.25 * START, {}, weight_decay=0.0))


@EACH
def test_a_rule_leaves_what_it_is_given_as_it_was(name: str) -> None:
    parameter, gradient, state = START.copy(), GRADIENTS[0].copy(), State()
    for _ in range(2):
        RULES[name](parameter, gradient, state)
    np.testing.assert_array_equal(parameter, START)
    np.testing.assert_array_equal(gradient, GRADIENTS[0])


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_adam_steps_by_weighted_means(name: str, count: int) -> None:
    settings: dict[str, Any] = {"lr": 0.5, "betas": (0.75, 0.5), "eps": 0.125, "weight_decay": 0.0}
    before, after = (stepped(name, GRADIENTS[:number], **settings) for number in (count - 1, count))
    mean = average(GRADIENTS[:count], 0.75)
    square = average([gradient**2 for gradient in GRADIENTS[:count]], 0.5)
    np.testing.assert_allclose(after, before - 0.5 * mean / (np.sqrt(square) + 0.125), rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("rule", [adam, adamw])
def test_amsgrad_divides_by_the_largest_mean_of_squares_so_far(rule: Any) -> None:
    state = State()
    settings: dict[str, Any] = {"lr": 1.0, "betas": (0.0, 0.5), "eps": 0.0, "weight_decay": 0.0, "amsgrad": True}
    parameter = rule(np.array([0.0]), np.array([4.0]), state, **settings)
    # The mean is 8 and stays the largest: 0.5 * 8 + 0.5 * 0 = 4 is less. Neither began at zero: by 1/2, then by 3/4.
    np.testing.assert_allclose(parameter, -4 / np.sqrt(8 / 0.5), rtol=1e-15)
    moved = rule(parameter, np.array([0.5]), state, **settings)
    np.testing.assert_allclose(moved - parameter, -0.5 / np.sqrt(8 / 0.75), rtol=1e-14)


def test_adamw_decays_by_itself() -> None:
    np.testing.assert_allclose(
        stepped("AdamW", [np.zeros(4)] * 3, lr=0.5, weight_decay=0.25), START * (1 - 0.125) ** 3, rtol=1e-15
    )


@pytest.mark.parametrize("centered", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_rmsprop_divides_by_the_root_of_squares_that_began_at_zero(centered: bool, momentum: float) -> None:
    settings: dict[str, Any] = {"lr": 0.5, "alpha": 0.75, "eps": 0.125, "centered": centered, "momentum": momentum}
    total = np.zeros(4)
    for count in range(1, len(GRADIENTS) + 1):
        share = 1 - 0.75**count
        square = share * average([gradient**2 for gradient in GRADIENTS[:count]], 0.75)
        mean = share * average(GRADIENTS[:count], 0.75) if centered else 0.0
        moved = GRADIENTS[count - 1] / (np.sqrt(square - mean**2) + 0.125)
        # What a step moved moves on, by half, in each that follows.
        total += moved * sum(momentum**k for k in range(len(GRADIENTS) - count + 1))
    np.testing.assert_allclose(stepped("RMSprop", GRADIENTS, **settings), START - 0.5 * total, rtol=1e-13, atol=1e-15)


def test_adagrad_divides_by_the_root_of_all_squares() -> None:
    settings: dict[str, Any] = {"lr": 0.5, "lr_decay": 0.25, "initial_accumulator_value": 0.5, "eps": 0.125}
    total = np.zeros(4)
    for count in range(1, len(GRADIENTS) + 1):
        squares = 0.5 + sum(gradient**2 for gradient in GRADIENTS[:count])
        total += 0.5 / (1 + 0.25 * (count - 1)) * GRADIENTS[count - 1] / (np.sqrt(squares) + 0.125)
    np.testing.assert_allclose(stepped("Adagrad", GRADIENTS, **settings), START - total, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(("rule", "lr"), [(sgd, 1e-3), (adam, 1e-3), (adamw, 1e-3), (rmsprop, 1e-2), (adagrad, 1e-2)])
def test_the_learning_rates_of_the_manual(rule: Any, lr: float) -> None:
    np.testing.assert_array_equal(rule(START, GRADIENTS[0], {}), rule(START, GRADIENTS[0], {}, lr=lr))
