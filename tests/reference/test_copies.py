"""Copies, casts and masked writes, by hand."""

from __future__ import annotations

import numpy as np
import pytest

import reference
from reference.autograd.engine import backward
from reference.conversion import clone, contiguous, to
from reference.dtypes import BOOL, COMPLEX64, FLOAT16, FLOAT32, FLOAT64, INT8, INT64
from reference.errors import Refusal
from reference.masking import masked_fill, masked_fill_
from reference.selection import where
from reference.tensor import Tensor
from tests.reference.brute import LAYOUTS, strided

assert reference.__doc__, "importing the package registers the functions"


def test_a_clone_keeps_a_dense_layout_and_shares_nothing() -> None:
    for layout in LAYOUTS:
        given = strided(*layout)
        copy = clone(given)
        assert copy.storage is not given.storage
        assert copy.array.tolist() == given.array.tolist()
        assert clone(given, memory_format="contiguous").is_contiguous()
    assert clone(strided(*LAYOUTS[1])).strides == (1, 2, 6)


def test_contiguous_copies_only_what_is_not() -> None:
    given = strided((2, 3), (3, 1), 0)
    assert contiguous(given) is given
    assert contiguous(given.t()).strides == (2, 1)
    with pytest.raises(Refusal, match="rank 4"):
        contiguous(given, memory_format="channels_last")


def test_channels_last_of_five_dimensions() -> None:
    given = strided((2, 3, 2, 2, 2), (24, 8, 4, 2, 1), 0)
    copy = contiguous(given, memory_format="channels_last_3d")
    assert copy.strides == (24, 1, 12, 6, 3)
    assert contiguous(copy, memory_format="channels_last_3d") is copy
    with pytest.raises(Refusal, match="rank 5"):
        clone(given.view_as((2, 3, 2, 4), (24, 8, 4, 1)), memory_format="channels_last_3d")


def test_casts_cut_off_wrap_around_and_round_once() -> None:
    given = Tensor.of(np.array([2.9, -2.9, 300.0, np.nan]), FLOAT64)
    cast = to(given, INT8)
    assert cast.array[:2].tolist() == [2, -2]
    assert np.asarray(cast.specified).tolist() == [True, True, False, False]
    assert to(Tensor.of(np.array([300, -1]), INT64), INT8).array.tolist() == [44, -1]
    assert to(given, BOOL).array.tolist() == [True] * 4
    assert to(Tensor.of(np.array([1j]), COMPLEX64), BOOL).array.tolist() == [True]
    assert to(Tensor.of(np.array([1 + 2.0**-11]), FLOAT64), FLOAT16).array.tolist() == [1]
    assert to(given, FLOAT64) is given
    assert to(given, FLOAT64, copy=True) is not given


def test_the_gradient_of_a_cast_has_the_dtype_of_its_input() -> None:
    leaf = Tensor.of(np.array([1.0, 2.0]), FLOAT32).requires_grad_()
    backward(to(leaf, FLOAT64), Tensor.of(np.array([3.0, 4.0]), FLOAT64))
    assert leaf.grad is not None
    assert leaf.grad.dtype is FLOAT32
    assert leaf.grad.array.tolist() == [3, 4]


def test_a_masked_fill_is_broadcast_and_sends_its_gradient_to_the_value() -> None:
    leaf = strided((2, 3), (3, 1), 0).requires_grad_()
    value = Tensor.of(np.array(9.0), FLOAT64).requires_grad_()
    mask = Tensor.of(np.array([True, False, False]), BOOL)
    made = masked_fill(leaf, mask, value)
    assert made.array.tolist() == [[9, 1, 2], [9, 4, 5]]
    backward(made, Tensor.of(np.arange(1.0, 7).reshape(2, 3), FLOAT64))
    assert leaf.grad is not None
    assert value.grad is not None
    assert leaf.grad.array.tolist() == [[0, 2, 3], [0, 5, 6]]
    assert value.grad.item() == 1 + 4


def test_a_masked_write_must_fit() -> None:
    given = strided((3,), (1,), 0)
    column = Tensor.of(np.array([[True], [False]]), BOOL)
    with pytest.raises(Refusal, match="broadcast shape"):
        masked_fill_(given, column, 0)
    with pytest.raises(Refusal, match="boolean masks"):
        masked_fill_(given, Tensor.of(np.zeros(3), INT64), 0)
    with pytest.raises(Refusal, match="0-dimensional"):
        masked_fill_(given, Tensor.of(np.zeros(3), BOOL), given)
    with pytest.raises(Refusal, match="overflow"):
        masked_fill_(Tensor.of(np.zeros(2), INT8), Tensor.of(np.ones(2), BOOL), 300)


def test_where_makes_a_tensor_of_a_number() -> None:
    condition, input = Tensor.of(np.array([True, False]), BOOL), Tensor.of(np.zeros(2), INT8)
    assert where(condition, input, -1).array.tolist() == [0, -1]
    with pytest.raises(Refusal):
        where(condition, input, 128)


def test_a_masked_write_to_repeated_elements_fills_all_that_share_a_place() -> None:
    given = strided((3,), (1,), 0)
    masked_fill_(given.expand(2, 3), Tensor.of(np.array([[True, False, False], [False] * 3]), BOOL), 7)
    assert given.array.tolist() == [7, 1, 2]
