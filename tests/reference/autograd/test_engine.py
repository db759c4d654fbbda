"""The engine: accumulation, freed graphs, hooks, leaf rules, views and in-place writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.arithmetic import add, mul
from reference.autograd.engine import backward
from reference.autograd.mode import no_grad
from reference.autograd.recording import register_hook, retain_grad
from reference.dtypes import COMPLEX64, COMPLEX128, FLOAT32, FLOAT64, INT64
from reference.tensor import METHODS, Tensor
from reference.transcendental import exp
from reference.writing import in_place
from tests.reference.autograd.leaves import gradient, leaf, refused
from tests.reference.gradients import assert_gradients

# -- one pass ----------------------------------------------------------------------------------------------------------


def test_the_tutorial() -> None:
    x = Tensor.of(np.ones((2, 2)), FLOAT32).requires_grad_()
    y = x + 2
    z = y * y * 3
    out = z.mean()
    names = [tensor.grad_fn.name for tensor in (y, z, out) if tensor.grad_fn is not None]
    assert names == ["AddBackward0", "MulBackward0", "MeanBackward0"]
    assert out.item() == 27
    backward(out)
    assert gradient(x) == [[4.5, 4.5], [4.5, 4.5]]
    assert y.grad is None


def test_a_tensor_used_twice_gets_both_gradients() -> None:
    x = leaf(3.0)
    y = x * x
    backward(y * x + y)
    assert gradient(x) == [3 * 9 + 6]


def test_a_diamond_runs_each_node_once_and_only_when_all_arrived() -> None:
    x = leaf(2.0)
    y = x * 3
    seen: list[Any] = []
    register_hook(y, lambda g: seen.append(g.item()))
    backward((y * 2 + y * 5) * y)
    assert seen == [2 * 7 * 6.0]
    assert gradient(x) == [3 * 2 * 7 * 6.0]


def test_gradients_accumulate_in_place() -> None:
    x = leaf(1.0, 2.0)
    backward((x * 2).sum())
    first = x.grad
    backward((x * 5).sum())
    assert x.grad is first
    assert gradient(x) == [7, 7]


def test_a_gradient_is_no_view_of_the_seed() -> None:
    x, seed = leaf(1.0, 2.0), Tensor.of(np.array([1.0, 2.0]), FLOAT64)
    backward(x * 1, seed)
    backward(x.view(2), seed)
    assert seed.array.tolist() == [1, 2]
    assert gradient(x) == [2, 4]


def test_a_gradient_has_the_layout_of_a_dense_leaf() -> None:
    x = METHODS["t"](Tensor.of(np.ones((2, 3)), FLOAT64)).detach().requires_grad_()
    backward((x * 2).sum())
    assert x.strides == (1, 3)
    assert x.grad is not None
    assert x.grad.strides == (1, 3)
    spread = METHODS["expand"](Tensor.of(np.ones((2, 1)), FLOAT64), (2, 3)).detach().requires_grad_()
    backward((spread * 2).sum())
    assert spread.grad is not None
    assert spread.grad.strides == (3, 1)


def test_broadcast_gradients_are_summed_and_cast() -> None:
    x = Tensor.of(np.array([1.0, 2.0]), FLOAT32).requires_grad_()
    backward((x * Tensor.of(np.array([[1.0, 2.0], [3.0, 4.0]]), FLOAT64)).sum())
    assert gradient(x) == [4, 6]
    assert x.grad is not None
    assert x.grad.dtype is FLOAT32


def test_the_gradient_of_a_real_tensor_is_real() -> None:
    x = leaf(2.0)
    z = Tensor.of(np.array([1 + 3j]), COMPLEX64)
    backward(METHODS["abs"](x * z).sum())
    assert x.grad is not None
    assert x.grad.dtype is FLOAT64
    np.testing.assert_allclose(x.grad.array, [10**0.5], rtol=1e-6)


# -- seeds and leaves --------------------------------------------------------------------------------------------------


def test_seeds() -> None:
    x = leaf(1.0, 2.0)
    refused(lambda: backward(x * 2))
    refused(lambda: backward(x * 2, Tensor.of(np.ones(3), FLOAT64)))
    refused(lambda: backward((x * 2).detach().sum()))
    backward(x * 2, Tensor.of(np.array([0.1, 3.0]), FLOAT64))
    assert gradient(x) == [0.2, 6]


def test_leaf_rules() -> None:
    x = leaf(1.0)
    y = x * 2
    assert (x.is_leaf, y.is_leaf, y.detach().is_leaf, y.requires_grad) == (True, False, True, True)
    refused(lambda: y.requires_grad_(False))
    refused(lambda: Tensor.of(np.ones(1, np.int64), INT64).requires_grad_())
    refused(lambda: in_place(add, x, 1))
    refused(lambda: in_place(add, x.view(1), 1))
    with no_grad():
        assert not (x * 2).requires_grad
        in_place(add, x, 1)
    assert x.array.tolist() == [2]
    assert (x**2).requires_grad


def test_a_leaf_that_was_detached_and_written_to_takes_no_gradient_of_what_it_was() -> None:
    x = leaf(1.0)
    y = x * 2
    METHODS["detach_"](x)
    backward(y, retain_graph=True)
    assert x.grad is None
    METHODS["copy_"](x, y)
    refused(lambda: backward(y))


def test_integers_are_not_tracked() -> None:
    x = leaf(1.0, 3.0)
    assert not METHODS["argmax"](x).requires_grad
    assert not (x > 0).requires_grad


# -- graphs that were run ----------------------------------------------------------------------------------------------


def test_a_second_pass_is_refused_unless_the_graph_was_kept() -> None:
    x = leaf(2.0)
    y = x * x
    backward(y, retain_graph=True)
    backward(y)
    assert gradient(x) == [8]
    refused(lambda: backward(y))


def test_a_second_pass_where_nothing_was_saved() -> None:
    x = leaf(2.0)
    y = x + x
    backward(y)
    backward(y)
    assert gradient(x) == [4]


def test_second_derivatives() -> None:
    x = leaf(3.0)
    backward(x * x * x, create_graph=True)
    first = x.grad
    assert first is not None
    assert first.requires_grad
    x.grad = None
    backward(first)
    assert gradient(x) == [18]


# -- hooks -------------------------------------------------------------------------------------------------------------


def test_hooks_replace_in_order_and_retained_gradients_come_last() -> None:
    x = leaf(1.0)
    y = x * 2
    register_hook(y, lambda g: g * 10)
    register_hook(y, lambda g: g + 1)
    register_hook(y, lambda g: None)
    retain_grad(y)
    backward(y * 3)
    assert gradient(y) == [31]
    assert gradient(x) == [62]


def test_a_hook_of_a_leaf_runs_before_accumulation() -> None:
    x = leaf(1.0)
    register_hook(x, lambda g: -g)
    backward(x * 2)
    backward(x * 2)
    assert gradient(x) == [-4]


# -- views and in-place writes against finite differences -------------------------------------------------------------


def written(start: Tensor, *steps: Callable[[Tensor], Any]) -> Tensor:
    made = start * 1
    for step in steps:
        step(made)
    return made


PROGRAMS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "whole": lambda x, y: written(x, lambda t: in_place(mul, t, y)),
    "part": lambda x, y: written(x, lambda t: in_place(mul, t.select(0, 1), y.select(0, 0))),
    "part twice": lambda x, y: written(
        x, lambda t: in_place(mul, t.narrow(1, 0, 2), 3), lambda t: in_place(mul, t.narrow(1, 1, 2), y.narrow(1, 0, 2))
    ),
    "transposed": lambda x, y: written(x, lambda t: in_place(mul, METHODS["t"](t), METHODS["t"](y))),
    "view of a view": lambda x, y: written(
        x, lambda t: in_place(mul, t.view(6).narrow(0, 1, 4).view(2, 2), y.view(6).narrow(0, 2, 4).view(2, 2))
    ),
    "exp of a part": lambda x, y: written(x, lambda t: in_place(exp, t.select(1, 0))) * y,
    "read through the view": lambda x, y: _read_through_view(x, y),
    "view made before the write": lambda x, y: _view_made_before(x, y),
    "set by index": lambda x, y: written(x, lambda t: t.__setitem__((slice(None), 1), y.select(1, 2) * 2)),
}


def _read_through_view(x: Tensor, y: Tensor) -> Tensor:
    base = x * 1
    part = base.narrow(1, 1, 2)
    in_place(mul, base, y)
    product: Tensor = part * part
    return product


def _view_made_before(x: Tensor, y: Tensor) -> Tensor:
    base = x * 1
    part = base.select(0, 0)
    in_place(mul, part, y.select(0, 1))
    both: Tensor = base * 2 + part
    return both


@pytest.mark.parametrize("program", PROGRAMS)
def test_views_and_writes(program: str) -> None:
    x = np.array([[0.7, -1.3, 0.4], [2.1, 0.9, -0.6]])
    y = np.array([[1.1, 0.5, -0.8], [-1.7, 2.3, 0.35]])
    assert_gradients(PROGRAMS[program], [x, y])


def test_a_written_base_is_copy_slices_and_its_view_as_strided() -> None:
    base = leaf(1.0, 2.0) * 1
    part = base.narrow(0, 0, 1)
    in_place(mul, part, 3)
    assert base.grad_fn is not None
    assert part.grad_fn is not None
    assert (base.grad_fn.name, part.grad_fn.name) == ("CopySlices", "AsStridedBackward0")


def _through_real_parts(x: Tensor, y: Tensor) -> Tensor:
    numbers = METHODS["view_as_complex"](x.view(3, 1, 2)) * complex(1, 2)
    part = METHODS["real"](numbers)
    in_place(mul, part, y.view(2, 3).narrow(0, 0, 1).view(3, 1))
    return METHODS["view_as_real"](numbers) * part.view(3, 1, 1)


def _through_complex_numbers(x: Tensor, y: Tensor) -> Tensor:
    base = x * 2
    numbers = METHODS["view_as_complex"](base.view(3, 2))
    in_place(mul, numbers, METHODS["view_as_complex"](y.view(3, 2)))
    return base * METHODS["real"](numbers * numbers).sum()


@pytest.mark.parametrize("program", [_through_real_parts, _through_complex_numbers])
def test_writes_between_complex_numbers_and_their_parts(program: Callable[[Tensor, Tensor], Tensor]) -> None:
    x = np.array([[0.7, -1.3, 0.4], [2.1, 0.9, -0.6]])
    y = np.array([[1.1, 0.5, -0.8], [-1.7, 2.3, 0.35]])
    assert_gradients(program, [x, y])


def test_a_view_made_before_its_base_was_tracked_has_a_graph_that_ends_there() -> None:
    base = Tensor.of(np.ones(2), FLOAT64)
    part = base.narrow(0, 0, 1)
    base.requires_grad_()
    made = part * 2
    assert (made.requires_grad, made.is_leaf) == (True, False)
    backward(made)
    assert base.grad is part.grad is None


def test_a_gradient_of_parts_begins_with_a_pair() -> None:
    base = METHODS["to"](leaf(1.0), COMPLEX128)
    parts = METHODS["view_as_real"](base)
    in_place(mul, parts, 3)
    refused(lambda: backward(parts, Tensor.of(np.ones(3), FLOAT64).narrow(0, 1, 2).view(1, 2)))


def test_what_reads_complex_numbers_as_parts_keeps_its_name() -> None:
    base = METHODS["to"](leaf(1.0, 2.0), COMPLEX128)
    parts = METHODS["view_as_real"](base)
    first = parts.narrow(0, 0, 1)
    in_place(mul, parts, 3)
    assert [one.grad_fn.name for one in (base, parts, first)] == [
        "CopySlices",
        "ViewAsRealBackward0",
        "AsStridedBackward0",
    ]


def test_writes_to_a_view_made_without_tracking_are_refused() -> None:
    base = leaf(1.0, 2.0) * 1
    with no_grad():
        part = base.narrow(0, 0, 1)
    refused(lambda: in_place(mul, part, 3))
