"""SGD against the manual's algorithm, worked out by hand on one number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reference.autograd.engine import backward
from reference.dtypes import FLOAT64
from reference.errors import Refusal
from reference.nn.module import Parameter
from reference.optim import SGD
from reference.tensor import Tensor


def parameter(value: float = 1.0) -> Parameter:
    return Parameter(Tensor.of(np.array([value]), FLOAT64))


def path(steps: int = 3, **settings: Any) -> list[float]:
    """The values of x after each step down x^2."""
    x = parameter()
    optimizer = SGD([x], **settings)
    seen = []
    for _ in range(steps):
        optimizer.zero_grad()
        backward(x * x)
        optimizer.step()
        seen.append(float(x.array[0]))
    return seen


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        # x <- x - lr 2x
        ({"lr": 0.25}, [0.5, 0.25, 0.125]),
        ({"lr": 0.25, "maximize": True}, [1.5, 2.25, 3.375]),
        # g = 2x + x/2 = 2.5x
        ({"lr": 0.25, "weight_decay": 0.5}, [0.375, 0.140625, 0.052734375]),
        # b1 = 2; x1 = .5; b2 = .5*2 + 1 = 2, x2 = 0; b3 = 1 + 0, x3 = -.25
        ({"lr": 0.25, "momentum": 0.5}, [0.5, 0.0, -0.25]),
        # b2 = .5*2 + .5*1 = 1.5, x2 = .125; b3 = .75 + .5*.25 = .875, x3 = -.09375
        ({"lr": 0.25, "momentum": 0.5, "dampening": 0.5}, [0.5, 0.125, -0.09375]),
        # d1 = 2 + .5*2 = 3, x1 = .25; g = .5, b2 = 1.5, d2 = 1.25, x2 = -.0625; g = -.125, b3 = .625, d3 = .1875
        ({"lr": 0.25, "momentum": 0.5, "nesterov": True}, [0.25, -0.0625, -0.109375]),
    ],
    ids=str,
)
def test_by_hand(settings: dict[str, Any], expected: list[float]) -> None:
    assert path(**settings) == expected


def test_a_parameter_without_gradient_stays() -> None:
    x, y = parameter(), parameter()
    optimizer = SGD([x, y], lr=0.25)
    backward(x * 2)
    optimizer.step()
    assert (x.array[0], y.array[0]) == (0.5, 1.0)
    assert (x.version, y.version) == (1, 0)


def test_zero_grad() -> None:
    x = parameter()
    optimizer = SGD([x], lr=0.25)
    backward(x * 2)
    optimizer.zero_grad(set_to_none=False)
    assert x.grad is not None
    assert x.grad.array.tolist() == [0]
    optimizer.zero_grad()
    assert x.grad is None


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: SGD([parameter()], lr=-1), "ValueError"),
        (lambda: SGD([parameter()], lr=1, momentum=-1), "ValueError"),
        (lambda: SGD([parameter()], lr=1, weight_decay=-1), "ValueError"),
        (lambda: SGD([parameter()], lr=1, nesterov=True), "ValueError"),
        (lambda: SGD([parameter()], lr=1, momentum=0.5, dampening=0.5, nesterov=True), "ValueError"),
        (lambda: SGD([], lr=1), "ValueError"),
        (lambda: SGD([parameter() * 2], lr=1), "ValueError"),
        (lambda: SGD(parameter(), lr=1), "TypeError"),
    ],
)
def test_refusals(make: Any, kind: str) -> None:
    with pytest.raises(Refusal) as refusal:
        make()
    assert refusal.value.kind == kind
