"""What a user tells autograd: seeds, kept gradients and hooks, and in which order the nodes run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.autograd.engine import backward
from reference.autograd.graph import gradient_node
from reference.autograd.recording import grad, register_hook, requires_grad_, retain_grad
from reference.dtypes import COMPLEX128, FLOAT32, FLOAT64, DType
from reference.errors import Refusal
from reference.function import function
from reference.tensor import METHODS, Tensor


def leaf(*values: float, dtype: DType = FLOAT64) -> Tensor:
    return Tensor.of(np.array(values), dtype).requires_grad_()


def gradient(tensor: Tensor) -> list[float]:
    assert tensor.grad is not None
    found: list[float] = tensor.grad.array.tolist()
    return found


def refused(call: Callable[[], Any]) -> None:
    with pytest.raises(Refusal) as caught:
        call()
    assert caught.value.kind == "RuntimeError"


@pytest.mark.parametrize("shape", [(1, 2), (1,), (), (2, 1)])
def test_a_seed_has_the_shape_of_the_tensor_though_another_would_broadcast(shape: tuple[int, ...]) -> None:
    y = leaf(1.0, 2.0) * 2
    refused(lambda: backward(y, Tensor.of(np.ones(shape), FLOAT64)))


def test_a_seed_is_complex_where_the_tensor_is() -> None:
    real, imaginary = leaf(1.0), leaf(1.0, dtype=COMPLEX128)
    refused(lambda: backward(real * 2, Tensor.of(np.ones(1), COMPLEX128)))
    refused(lambda: backward(imaginary * 2, Tensor.of(np.ones(1), FLOAT64)))
    refused(lambda: backward((imaginary * 2).sum()))


def test_a_seed_is_cast_to_the_dtype_of_the_tensor() -> None:
    y = leaf(1.0, dtype=FLOAT32) * 2
    retain_grad(y)
    backward(y, Tensor.of(np.array([1 + 2.0**-40]), FLOAT64))
    assert y.grad is not None
    assert (y.grad.dtype, gradient(y)) == (FLOAT32, [1.0])


def test_backward_of_a_leaf_is_its_seed() -> None:
    x = leaf(3.0)
    backward(x)
    assert gradient(x) == [1.0]


def test_a_result_that_was_detached_in_place_is_a_leaf_whichever_output_it_was() -> None:
    _, mean = METHODS["var_mean"](leaf(1.0, 2.0, 3.0))
    METHODS["detach_"](mean)
    requires_grad_(mean)
    backward(mean)
    assert gradient(mean) == 1.0
    backward(mean * 3)
    assert gradient(mean) == 4.0


def test_kept_gradients_add_up_as_those_of_leaves_do() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    retain_grad(y)
    assert y.retains_grad
    total = y.sum()
    backward(total, retain_graph=True)
    first = y.grad
    backward(total)
    assert gradient(y) == [2.0, 2.0]
    assert first is not None
    assert first.array.tolist() == [1.0, 1.0]


def test_an_output_without_a_gradient_has_none_to_keep_or_to_show() -> None:
    parts = METHODS["unbind"](leaf(1.0, 2.0) * 2)
    seen: list[Any] = []
    retain_grad(parts[0])
    register_hook(parts[0], lambda grad: seen.append(grad))
    backward(parts[1])
    assert (parts[0].grad, seen) == (None, [])


def test_what_takes_no_gradient_keeps_none_and_has_no_hooks() -> None:
    constant = Tensor.of(np.ones(2), FLOAT64)
    refused(lambda: retain_grad(constant))
    refused(lambda: register_hook(constant, lambda grad: None))
    x = leaf(1.0)
    retain_grad(x)
    assert not x.retains_grad


def test_the_last_recorded_runs_first_and_leaves_before_all() -> None:
    x, y, order = leaf(1.0), leaf(1.0), list[str]()
    assert gradient_node(y) is not None  # its accumulator is older than all that follows
    first, second = x * 2, x * 3
    for name, tensor in (("first", first), ("second", second), ("y", y)):
        register_hook(tensor, lambda grad, name=name: order.append(name))
    backward(((first + second) * y).sum())
    assert order == ["y", "second", "first"]


def test_what_only_passes_a_gradient_to_what_is_not_tracked_is_not_recorded() -> None:
    @function("FirstBackward0")
    def first(input: Tensor, other: Tensor) -> Tensor:
        return Tensor.of(input.array * 1, input.dtype)

    first.vjp("input", lambda g: g)
    x, plain = leaf(1.0), Tensor.of(np.ones(1), FLOAT64)
    assert (first(plain, x).grad_fn, first(plain, x).requires_grad) == (None, False)
    backward(first(x, x))
    assert gradient(x) == [1.0]


def test_an_argument_that_gets_no_gradient_passes_none_on() -> None:
    @function("SilentBackward0")
    def silent(input: Tensor) -> Tensor:
        return Tensor.of(input.array * 2, input.dtype)

    silent.vjp("input", lambda g: None)
    x = leaf(1.0, 2.0)
    backward((silent(x * 3) + x).sum())
    assert gradient(x) == [1.0, 1.0]


def test_as_methods() -> None:
    x = leaf(2.0)
    y = x * x
    METHODS["retain_grad"](y)
    METHODS["register_hook"](y, lambda grad: grad * 5)
    METHODS["backward"](y.sum())
    assert (gradient(x), gradient(y)) == ([20.0], [5.0])
    assert x.grad is not None
    assert not x.grad.requires_grad
    assert requires_grad_(Tensor.of(np.ones(1), FLOAT64)).requires_grad
    assert not requires_grad_(leaf(2.0), False).requires_grad


# -- gradients as results ----------------------------------------------------------------------------------------------


def test_grad_gives_gradients_and_leaves_the_leaves_alone() -> None:
    x, y = leaf(2.0), leaf(3.0)
    product = x * y
    to_x, to_product = grad(product * 5, (x, product), retain_graph=True)
    assert [to_x.item(), to_product.item()] == [15, 5]
    assert x.grad is None
    assert to_x.grad_fn is None
    (to_y,) = grad(product * 5, y, Tensor.of(np.array([2.0]), FLOAT64))
    assert to_y.item() == 20


def test_grad_of_what_was_not_used_is_refused_unless_zeros_will_do() -> None:
    x, y = leaf(2.0), leaf(3.0)
    refused(lambda: grad(x * 2, (x, y)))
    assert [one.item() for one in grad(x * 2, (x, y), materialize_grads=True)] == [2, 0]
    refused(lambda: grad(x * 2, Tensor.of(np.array([1.0]), FLOAT64)))
    refused(lambda: grad(x * 2, (x, Tensor.of(np.array([1.0]), FLOAT64)), materialize_grads=True))
    refused(lambda: grad(Tensor.of(np.array([1.0]), FLOAT64), x))


@pytest.mark.parametrize("several", [False, True])
def test_neither_a_graph_of_gradients_nor_several_outputs_are_part_of_the_reference(several: bool) -> None:
    x = leaf(2.0)
    with pytest.raises(Refusal) as refusal:
        grad((x * 2,) if several else x * 2, x, create_graph=not several)  # type: ignore[arg-type]
    assert refusal.value.kind == "Unmodelled"


def test_the_method_may_record_its_pass() -> None:
    x = leaf(2.0)
    METHODS["backward"](x * x, create_graph=True)
    assert x.grad is not None
    assert x.grad.requires_grad
