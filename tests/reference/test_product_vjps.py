"""The vjps of products against central differences."""

from __future__ import annotations

import numpy as np
import pytest

from reference.function import Function
from reference.tensor import METHODS
from tests.reference.gradients import Example, method

X = np.array([[0.7, -1.3, 0.4], [2.1, 0.9, -0.6]])
Y = np.array([[1.1, 0.5, -0.8], [-1.7, 2.3, 0.35]])
Z, W = X + 1j * Y, Y - 0.5j * X
ROW = np.array([0.6, -0.45, 1.2])
STACK, OTHER_STACK = np.stack([X, Y, X + Y]), np.stack([Y.T, X.T, X.T - Y.T])
COMPLEX_STACK = STACK[:2] + 1j * STACK[1:]

EXAMPLES = [
    method("addmm", ROW[:2], X, Y.T, beta=0.5, alpha=2),
    method("addmm", Z[:, :2], Z, W.T, alpha=1 + 2j),
    method("addmm", X[:, :2], X, Y.T, beta=0),
    method("addmv", ROW[:2], X, ROW, beta=0.5, alpha=2),
    method("addmv", Z[0, :1], Z, W[0], beta=2 - 1j, alpha=1 + 2j),
    method("addr", X, Y[:, 0], ROW, beta=0.5, alpha=2),
    method("addr", Z[0], W[:, 0], Z[1], beta=2 - 1j, alpha=1 + 2j),
    method("baddbmm", X[:, :2], STACK, OTHER_STACK, beta=0.5, alpha=2),
    method("baddbmm", Z[:, :2], COMPLEX_STACK, COMPLEX_STACK.transpose(0, 2, 1), beta=2 - 1j, alpha=1 + 2j),
    method("addbmm", X[:, :2], STACK, OTHER_STACK, beta=0.5, alpha=2),
    method("addbmm", Z[0, :1], COMPLEX_STACK, COMPLEX_STACK.transpose(0, 2, 1), beta=2 - 1j, alpha=1 + 2j),
    method("vdot", ROW, ROW + 1),
    method("vdot", Z[0], W[0]),
    method("inner", X, Y),
    method("inner", ROW[0], Y),
    method("kron", X, ROW),
    method("kron", Z, W),
    method("trace", X),
    method("trace", Z),
    method("on_diagonal", ROW[0], shape=(2, 3)),
    method("linalg_cross", X, ROW[None]),
    method("linalg_cross", Z, W),
    method("cross", X.T, Y.T),
    method("tensordot", X, Y.T, dims=1),
    method("tensordot", X, Y, dims=([0, 1], [0, 1])),
    method("tensordot", X, ROW[None], dims=([0, 1], [0, 1])),
    method("tensordot", ROW[None], X, dims=([0, 1], [0, 1])),
    method("tensordot", Z, W.T, dims=1),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_vjp_is_the_central_difference(example: Example) -> None:
    example.check()


@pytest.mark.parametrize("name", ["addmv", "baddbmm", "vdot", "linalg_cross"])
def test_a_wrong_vjp_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    example = next(one for one in EXAMPLES if one.name.split()[0] == name)
    function = METHODS[name]
    assert isinstance(function, Function)
    product, needs = function.vjps["input"]
    monkeypatch.setitem(function.vjps, "input", (lambda *given: product(*given) * 1.001, needs))
    with pytest.raises(AssertionError):
        example.check()
