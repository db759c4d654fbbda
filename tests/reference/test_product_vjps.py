"""The vjps of products against central differences; one that no example reaches fails the last test."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reference.autograd.graph import CallNode
from reference.function import Function
from reference.tensor import METHODS
from tests.reference.gradients import assert_gradients

MODULES = ["reference.added_products", "reference.products", "reference.contraction"]

X = np.array([[0.7, -1.3, 0.4], [2.1, 0.9, -0.6]])
Y = np.array([[1.1, 0.5, -0.8], [-1.7, 2.3, 0.35]])
Z, W = X + 1j * Y, Y - 0.5j * X
ROW = np.array([0.6, -0.45, 1.2])
STACK, OTHER_STACK = np.stack([X, Y, X + Y]), np.stack([Y.T, X.T, X.T - Y.T])
COMPLEX_STACK = STACK[:2] + 1j * STACK[1:]

EXAMPLES: list[tuple[str, tuple[np.ndarray, ...], dict[str, Any]]] = [
    ("addmm", (ROW[:2], X, Y.T), {"beta": 0.5, "alpha": 2}),
    ("addmm", (Z[:, :2], Z, W.T), {"alpha": 1 + 2j}),
    ("addmm", (X[:, :2], X, Y.T), {"beta": 0}),
    ("addmv", (ROW[:2], X, ROW), {"beta": 0.5, "alpha": 2}),
    ("addmv", (Z[0, :1], Z, W[0]), {"beta": 2 - 1j, "alpha": 1 + 2j}),
    ("addr", (X, Y[:, 0], ROW), {"beta": 0.5, "alpha": 2}),
    ("addr", (Z[0], W[:, 0], Z[1]), {"beta": 2 - 1j, "alpha": 1 + 2j}),
    ("baddbmm", (X[:, :2], STACK, OTHER_STACK), {"beta": 0.5, "alpha": 2}),
    ("baddbmm", (Z[:, :2], COMPLEX_STACK, COMPLEX_STACK.transpose(0, 2, 1)), {"beta": 2 - 1j, "alpha": 1 + 2j}),
    ("addbmm", (X[:, :2], STACK, OTHER_STACK), {"beta": 0.5, "alpha": 2}),
    ("addbmm", (Z[0, :1], COMPLEX_STACK, COMPLEX_STACK.transpose(0, 2, 1)), {"beta": 2 - 1j, "alpha": 1 + 2j}),
    ("vdot", (ROW, ROW + 1), {}),
    ("vdot", (Z[0], W[0]), {}),
    ("inner", (X, Y), {}),
    ("inner", (ROW[0], Y), {}),
    ("kron", (X, ROW), {}),
    ("kron", (Z, W), {}),
    ("trace", (X,), {}),
    ("trace", (Z,), {}),
    ("on_diagonal", (ROW[0],), {"shape": (2, 3)}),
    ("linalg_cross", (X, ROW[None]), {}),
    ("linalg_cross", (Z, W), {}),
    ("cross", (X.T, Y.T), {}),
    ("tensordot", (X, Y.T), {"dims": 1}),
    ("tensordot", (X, Y), {"dims": ([0, 1], [0, 1])}),
    ("tensordot", (X, ROW[None]), {"dims": ([0, 1], [0, 1])}),
    ("tensordot", (ROW[None], X), {"dims": ([0, 1], [0, 1])}),
    ("tensordot", (Z, W.T), {"dims": 1}),
]


def assert_example(name: str, arrays: tuple[np.ndarray, ...], settings: dict[str, Any]) -> None:
    copies = [np.array(array) for array in arrays]
    assert_gradients(lambda *given: METHODS[name](*given, **settings), copies, second=True)


@pytest.mark.parametrize(("name", "arrays", "settings"), EXAMPLES, ids=[one[0] for one in EXAMPLES])
def test_vjp_is_the_central_difference(name: str, arrays: tuple[np.ndarray, ...], settings: dict[str, Any]) -> None:
    assert_example(name, arrays, settings)


def test_every_vjp_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = [function for function in METHODS.values() if isinstance(function, Function)]
    declared = {f"{one.name}.{name}" for one in functions if one.__module__ in MODULES for name in one.vjps}
    names = {id(function.vjps): function.name for function in functions}
    reached: set[str] = set()
    apply = CallNode.apply

    def noting(node: CallNode, grads: Any) -> Any:
        for argument, positions in node.targets:
            if any(node.edges[position].node is not None for position in positions):
                reached.add(f"{names[id(node.vjps)]}.{argument}")
        return apply(node, grads)

    monkeypatch.setattr(CallNode, "apply", noting)
    for example in EXAMPLES:
        assert_example(*example)
    assert len(declared) > 20
    assert declared <= reached, f"no example reaches {sorted(declared - reached)}"


@pytest.mark.parametrize("name", ["addmv", "baddbmm", "vdot", "linalg_cross"])
def test_a_wrong_vjp_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    example = next(one for one in EXAMPLES if one[0] == name)
    function = METHODS[name]
    assert isinstance(function, Function)
    product, needs = function.vjps["input"]
    monkeypatch.setitem(function.vjps, "input", (lambda *given: product(*given) * 1.001, needs))
    with pytest.raises(AssertionError):
        assert_example(*example)
