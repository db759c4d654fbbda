"""The graph: what a node keeps, what it gives for an output that nobody used, what is freed with it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.arithmetic import add, mul
from reference.autograd.engine import backward
from reference.autograd.graph import AccumulateGrad, CallNode, CopySlices, Edge, Node, as_strided_node, gradient_node
from reference.dtypes import COMPLEX128, FLOAT32, FLOAT64, INT64
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from reference.transcendental import exp
from reference.writing import in_place


def leaf(*values: float) -> Tensor:
    return Tensor.of(np.array(values), FLOAT64).requires_grad_()


def ones(*shape: int) -> Tensor:
    return Tensor.of(np.ones(shape), FLOAT64)


def gradient(tensor: Tensor) -> list[float]:
    assert tensor.grad is not None
    found: list[float] = tensor.grad.array.tolist()
    return found


def test_a_leaf_has_one_accumulator() -> None:
    x = leaf(1.0)
    y = x * x
    assert y.grad_fn is not None
    (first, _), (second, _) = y.grad_fn.next_functions
    assert first is second is gradient_node(x)
    assert isinstance(first, AccumulateGrad)
    assert first.name == "AccumulateGrad"


def test_the_next_functions_say_which_output_each_edge_comes_from() -> None:
    parts = METHODS["unbind"](leaf(1.0, 2.0, 3.0) * 1)
    total = parts[2] * parts[0]
    assert total.grad_fn is not None
    assert [number for _, number in total.grad_fn.next_functions] == [2, 0]


def test_what_is_not_tracked_has_no_next_function() -> None:
    x, constant = leaf(1.0), Tensor.of(np.array([5.0]), FLOAT64)
    made = x * constant
    assert made.grad_fn is not None
    assert made.grad_fn.next_functions == ((gradient_node(x), 0), (None, 0))


def test_a_leaf_to_which_no_gradient_comes_has_none() -> None:
    x = leaf(1.0)
    assert AccumulateGrad(x).apply([None]) == ()
    assert x.grad is None


def test_a_gradient_that_is_recorded_keeps_its_history_in_the_layout_of_its_leaf() -> None:
    x = METHODS["t"](Tensor.of(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), FLOAT64)).requires_grad_()
    y = METHODS["contiguous"](x)
    backward((y * y * y).sum(), create_graph=True)
    first = x.grad
    assert first is not None
    assert (first.strides, first.requires_grad) == ((1, 3), True)
    x.grad = None
    backward(first.sum())
    assert x.grad is not None
    assert x.grad.array.tolist() == (6 * x.array).tolist()


def test_a_gradient_keeps_what_it_was_before_rounding() -> None:
    x = Tensor.of(np.array([0.1]), FLOAT32).requires_grad_()
    backward(exp(x).sum())
    assert x.grad is not None
    assert x.grad.unrounded is not None


def test_an_output_that_nobody_used_counts_as_zero() -> None:
    x = leaf(1.0, 2.0, 3.0)
    backward(METHODS["unbind"](x * 2)[1])
    assert gradient(x) == [0, 2, 0]
    node = METHODS["unbind"](x * 2)[0].grad_fn
    assert isinstance(node, CallNode)
    zero = node._zero(0)
    assert (zero.array.tolist(), zero.specified) == (0, True)


def test_a_leaf_that_is_no_longer_tracked_gets_no_gradient() -> None:
    x = leaf(1.0)
    y = x * 2
    x.requires_grad_(False)
    backward(y.sum())
    assert x.grad is None


def test_a_view_made_before_its_base_was_tracked_has_nothing_to_accumulate() -> None:
    base = Tensor.of(np.ones(3), FLOAT64)
    view = METHODS["narrow"](base, 0, 0, 1)
    base.requires_grad_()
    assert view.requires_grad
    assert gradient_node(view) is None
    assert gradient_node(base) is not None


def test_of_a_list_only_what_is_tracked_gets_a_gradient() -> None:
    x, constant = leaf(1.0, 2.0), Tensor.of(np.array([5.0]), FLOAT64)
    for parts in ([x, constant], [constant, x], [constant, constant, x]):
        x.grad = None
        backward(METHODS["cat"](parts).sum())
        assert gradient(x) == [1, 1]
    assert constant.grad is None


def test_a_gradient_of_another_shape_is_not_added_in_place() -> None:
    x = leaf(1.0, 2.0)
    x.grad = Tensor.of(np.zeros(()), FLOAT64)
    with pytest.raises(Refusal):
        backward((x * 3).sum())
    assert x.grad.array.tolist() == 0


def test_a_write_that_takes_no_gradient_leaves_none_of_its_part() -> None:
    x = leaf(1.0, 2.0)
    base = x * 3
    METHODS["fill_"](METHODS["narrow"](base, 0, 1, 1), 7.0)
    backward(base.sum())
    assert gradient(x) == [3.0, 0.0]


def test_a_write_through_a_view_of_what_was_not_tracked() -> None:
    base, source = Tensor.of(np.ones((2, 2)), FLOAT64), leaf(3.0, 4.0)
    METHODS["copy_"](METHODS["select"](base, 0, 1), source)
    backward((base * base).sum())
    assert gradient(source) == [6.0, 8.0]


def test_a_strided_view_sends_its_gradient_to_where_its_elements_lie() -> None:
    """Its offset is one of the storage, and so is that of a tensor that begins at the second element."""
    memory = leaf(*range(1, 8))
    part = METHODS["narrow"](memory, 0, 1, 6)
    backward(
        METHODS["as_strided"](part, (2, 2), (3, 1), 2) * Tensor.of(np.array([[1.0, 2], [3, 4]]), FLOAT64), ones(2, 2)
    )
    assert gradient(memory) == [0, 0, 1, 2, 0, 3, 4]
    memory.grad = None
    backward(METHODS["as_strided"](part, (2,), (1,)), ones(2))
    assert gradient(memory) == [0, 1, 1, 0, 0, 0, 0]


def test_a_view_of_a_complex_base_that_was_written_to() -> None:
    z = Tensor.of(np.array([1 + 2j, 3 - 1j]), COMPLEX128).requires_grad_()
    base = z * 1
    view = METHODS["narrow"](base, 0, 1, 1)
    in_place(mul, base, 2)
    backward(view * view, Tensor.of(np.array([1 + 0j]), COMPLEX128))
    assert gradient(z) == [0j, 8 * (3 + 1j)]


def test_the_parts_of_a_complex_base_that_lies_elsewhere_and_was_written_to() -> None:
    memory = Tensor.of(np.array([9j, 1 + 2j, 3 - 1j]), COMPLEX128)
    base = METHODS["detach"](METHODS["narrow"](memory, 0, 1, 2))
    weight = Tensor.of(np.array([2 + 1j, 1j]), COMPLEX128).requires_grad_()
    in_place(mul, base, weight)
    parts = METHODS["view_as_real"](base)
    in_place(mul, base, 2)
    backward(parts, Tensor.of(np.array([[1.0, 2.0], [3.0, 4.0]]), FLOAT64))
    assert gradient(weight) == [2 * (1 - 2j) * (1 + 2j), 2 * (3 + 1j) * (3 + 4j)]


def test_a_gradient_has_the_dtype_and_the_shape_that_its_input_had() -> None:
    x = Tensor.of(np.zeros((2, 3)), FLOAT32).requires_grad_()
    backward(METHODS["nll_loss"](x, Tensor.of(np.array([2, 0]), INT64)))
    assert x.grad is not None
    assert (x.grad.dtype, gradient(x)) == (FLOAT32, [[0, 0, -0.5], [-0.5, 0, 0]])


def test_of_values_and_indices_the_indices_are_saved() -> None:
    """As torch 2.13 does; of the two results of std_mean the first alone, of aminmax both."""
    saved = {"sort": (False, True), "std_mean": (True, False), "var_mean": (False, False), "aminmax": (True, True)}
    for name, written in ((name, written) for name in saved for written in (0, 1)):
        made = METHODS[name](leaf(1.0, 3.0, 2.0) * 1)
        METHODS["fill_"](METHODS["detach"](made[written]), 1)
        with pytest.raises(Refusal, match="inplace") if saved[name][written] else nullcontext():
            backward(made[0].sum())


def test_a_single_number_is_a_result_like_any_other() -> None:
    x = leaf(0.0)
    backward(exp(x.sum()))
    assert gradient(x) == [1.0]


def test_an_empty_part_may_lie_anywhere() -> None:
    x = leaf(1.0, 2.0)
    base = x * 3
    in_place(mul, METHODS["narrow"](base, 0, 2, 0), 5)
    backward(base.sum())
    assert gradient(x) == [3.0, 3.0]


def test_an_index_that_was_saved_must_not_be_written() -> None:
    x, index = leaf(1.0, 2.0, 3.0), Tensor.of(np.array([2, 0]), INT64)
    picked = METHODS["getitem"](x, (index,))
    METHODS["fill_"](index, 1)
    with pytest.raises(Refusal):
        backward(picked.sum())


def test_a_write_through_a_view_of_a_base_that_lies_elsewhere() -> None:
    """The base begins at the third element of its storage, and its part at the fourth."""
    base = METHODS["detach"](METHODS["narrow"](Tensor.of(np.arange(6.0), FLOAT64), 0, 2, 3))
    weight = leaf(2.0, 3.0, 4.0)
    in_place(mul, base, weight)
    factor = leaf(10.0, 20.0)
    in_place(mul, METHODS["narrow"](base, 0, 1, 2), factor)
    assert base.array.tolist() == [4.0, 90.0, 320.0]
    backward(base.sum())
    assert gradient(weight) == [2.0, 30.0, 80.0]
    assert gradient(factor) == [9.0, 16.0]


def test_a_written_part_cannot_be_passed_twice_though_nothing_was_saved() -> None:
    base = METHODS["clone"](leaf(1.0, 2.0))
    in_place(add, METHODS["narrow"](base, 0, 0, 1), 1)
    total = base.sum()
    backward(total)
    with pytest.raises(Refusal):
        backward(total)


def test_a_written_part_can_be_passed_twice_where_the_graph_was_kept() -> None:
    x = leaf(1.0, 2.0)
    base = x * 3
    in_place(mul, METHODS["narrow"](base, 0, 0, 1), 5)
    total = base.sum()
    backward(total, retain_graph=True)
    backward(total)
    assert gradient(x) == [30.0, 6.0]


# -- accumulation, and what is freed ---------------------------------------------------------------------------------


def test_a_recorded_pass_replaces_the_gradient_where_a_plain_one_writes_to_it() -> None:
    x = leaf(1.0, 2.0)
    total = (x * x).sum()
    backward(total, create_graph=True)
    first = x.grad
    backward(total, create_graph=True)
    assert first is not None
    assert x.grad is not None
    assert (first.array.tolist(), gradient(x)) == ([2.0, 4.0], [4.0, 8.0])
    assert x.grad.requires_grad
    y = leaf(1.0, 2.0)
    backward((y * 2).sum())
    kept = y.grad
    assert kept is not None
    assert kept.version == 0
    backward((y * 3).sum())
    assert y.grad is kept
    assert (kept.version, gradient(y)) == (1, [5.0, 5.0])


def test_what_was_saved_is_freed_numbers_and_indices_too() -> None:
    index = Tensor.of(np.array([1, 0]), INT64)
    for call in (lambda x: x * 3, lambda x: METHODS["getitem"](x, (index,)), exp):
        total = call(leaf(1.0, 2.0)).sum()
        backward(total)
        with pytest.raises(Refusal):
            backward(total)
    x = leaf(1.0, 2.0)
    total = (x + 1).sum()
    backward(total)
    backward(total)
    assert gradient(x) == [2.0, 2.0]


def test_a_diagonal_that_was_filled_cannot_be_passed_twice() -> None:
    total = METHODS["fill_diagonal_"](METHODS["diag"](leaf(1.0, 2.0)), 3.0).sum()
    backward(total)
    with pytest.raises(Refusal, match="a second time"):
        backward(total)


def test_numbers_are_freed_only_where_they_are_kept_as_tensors_are() -> None:
    moved = METHODS["transpose_"](METHODS["clone"](leaf(1.0, 2.0)), 0, 0).sum()
    backward(moved)
    backward(moved)


SAVED = Tensor.of(np.array([1, 0]), INT64)


@pytest.mark.parametrize(
    ("parts", "freed"), [([SAVED], True), ((1, SAVED), True), ((1, [SAVED]), True), ((1, None), False), ([], False)]
)
def test_a_tensor_is_freed_wherever_it_is_saved(parts: Any, freed: bool) -> None:
    x = leaf(1.0)
    node = CallNode("Any", {"input": (lambda g, parts: g, ("g", "parts"))}, {"input": x, "parts": parts}, [x])
    node.release()
    assert node.released is freed


def test_what_several_derivatives_need_is_saved_for_an_input_that_needs_nothing() -> None:
    """As a second pass tells: both derivatives of addcdiv's quotient read the divisor, one of addcmul's each factor."""
    for name, refused in (("addcdiv", True), ("addcmul", False)):
        ones = Tensor.of(np.ones(2), FLOAT64)
        made = METHODS[name](leaf(1.0, 2.0), ones, ones)
        backward(made, ones)
        with pytest.raises(Refusal, match="a second time") if refused else nullcontext():
            backward(made, ones)


def test_what_nobody_needs_is_not_saved() -> None:
    x, constant = leaf(1.0, 2.0), Tensor.of(np.array([3.0, 5.0]), FLOAT64)
    factor = METHODS["clone"](x)
    product = factor * constant
    METHODS["fill_"](factor, 0.0)
    backward(product.sum())
    assert gradient(x) == [3.0, 5.0]


class Passing(Node):
    """A write that keeps what it wrote over."""

    def apply(self, grads: Sequence[Any]) -> Sequence[Any]:
        return grads


@pytest.mark.parametrize(("offset", "size", "lies_within"), [(2, 3, True), (3, 2, True), (3, 3, False), (1, 1, False)])
def test_a_part_must_lie_within_its_base(offset: int, size: int, lies_within: bool) -> None:
    """A base that was moved after its view was made: both begin where they were when the view was written."""
    memory = Tensor.of(np.arange(8.0), FLOAT64)
    base, view = memory.view_as((3,), (1,), 2), memory.view_as((size,), (1,), offset)
    node = CopySlices(base, view, Passing([Edge(base)]))
    grad = Tensor.of(np.array([1.0, 2.0, 3.0]), FLOAT64)
    if lies_within:
        (found,) = node.apply([grad])
        assert found is not None
        assert found.array.tolist() == [1.0, 2.0, 3.0]
    else:
        with pytest.raises(Refusal):
            node.apply([grad])
    assert node.apply([None]) == [None]


def test_a_view_of_a_written_base_passes_on_that_there_is_no_gradient() -> None:
    base = Tensor.of(np.arange(4.0), FLOAT64)
    assert as_strided_node(base, base.view_as((2,), (1,), 1)).apply([None]) == [None]
