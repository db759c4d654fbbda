"""Writes: values, versions, what autograd records of them, and what is refused. Expected values by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reference import arithmetic, construction, creation, inplace, numpy_sharing, reduction, slicing, transcendental
from reference.added_products import addr
from reference.autograd.engine import backward
from reference.autograd.mode import no_grad
from reference.comparison import bitwise_and
from reference.dtypes import BOOL, FLOAT16, FLOAT32, INT32, UINT8
from reference.errors import Refusal
from reference.gathering import take_along_dim
from reference.indexed_writes import index_add, index_copy, index_fill, put
from reference.scattering import scatter_add
from reference.tensor import Tensor
from reference.writing import in_place


def refused(kind: str, call: Any, *args: Any, **kwargs: Any) -> None:
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    assert caught.value.kind == kind


def numbers(*values: float, **options: Any) -> Tensor:
    made: Tensor = construction.tensor(list(values), **options)
    return made


def test_copy_broadcasts_and_casts() -> None:
    target = creation.zeros(2, 3, dtype=INT32)
    assert inplace.copy_(target, numbers(1.9, -2.9, 3.0)) is target
    assert target.array.tolist() == [[1, -2, 3], [1, -2, 3]]
    assert target.version == 1
    assert inplace.copy_(creation.zeros(2, dtype=BOOL), numbers(0.5, 0.0)).array.tolist() == [True, False]
    assert inplace.copy_(creation.zeros(2), construction.tensor([3 + 1j, 2j])).array.tolist() == [3, 0]


def test_copy_of_what_no_integer_holds_is_unspecified() -> None:
    target = inplace.copy_(creation.zeros(3, dtype=UINT8), numbers(1.0, 300.0, -1.0))
    assert np.asarray(target.specified).tolist() == [True, False, False]


def test_what_is_unspecified_in_a_view_is_so_in_its_base() -> None:
    base = creation.zeros((2, 3), dtype=UINT8)
    inplace.copy_(slicing.select(base, 0, 1), Tensor.of(np.array([1.0, -1e10, 2.0]), FLOAT32))
    assert np.asarray(base.specified).tolist() == [[True, True, True], [True, False, True]]


def test_alpha_is_a_number_of_the_dtype() -> None:
    half, byte = numbers(1.0, dtype=FLOAT16), numbers(1, dtype=UINT8)
    assert arithmetic.add(half, half, alpha=np.inf).array.tolist() == [np.inf]
    assert arithmetic.sub(byte, byte, alpha=-255).array.tolist() == [0]
    refused("RuntimeError", arithmetic.add, half, half, alpha=65505)
    refused("RuntimeError", arithmetic.add, byte, byte, alpha=256)


def test_copy_refuses_shapes_and_overlap() -> None:
    refused("RuntimeError", inplace.copy_, creation.zeros(2), creation.zeros(3))
    refused("RuntimeError", inplace.copy_, creation.zeros(2), creation.zeros(2, 2))
    refused("TypeError", inplace.copy_, creation.zeros(2), [1, 2])
    row = creation.zeros(4)
    refused("RuntimeError", inplace.copy_, row.view_as((3,), (1,), 1), row.view_as((3,), (1,), 0))
    refused("RuntimeError", inplace.copy_, creation.zeros(1).view_as((3,), (0,)), numbers(1, 2, 3))
    assert inplace.copy_(row, row) is row


def test_copy_sends_the_gradient_to_its_source_alone() -> None:
    source, earlier = numbers(1.0, 2.0, requires_grad=True), numbers(5.0, 6.0, requires_grad=True)
    target = inplace.copy_(earlier * 1, source)
    assert target.grad_fn is not None
    assert target.grad_fn.name == "CopyBackwards"
    backward(reduction.sum(target * 3))
    assert source.grad is not None
    assert earlier.grad is not None
    assert source.grad.array.tolist() == [3, 3]
    assert earlier.grad.array.tolist() == [0, 0]


def test_a_write_through_a_view_cuts_the_gradient_where_it_wrote() -> None:
    leaf = numbers(1.0, 2.0, 3.0, requires_grad=True)
    whole = leaf * 2
    inplace.zero_(slicing.narrow(whole, 0, 1, 1))
    assert whole.grad_fn is not None
    assert whole.grad_fn.name == "CopySlices"
    backward(reduction.sum(whole))
    assert leaf.grad is not None
    assert leaf.grad.array.tolist() == [2, 0, 2]


def test_fill_takes_numbers_that_fit_and_casts_tensors() -> None:
    assert inplace.fill_(creation.zeros(2, dtype=INT32), 2.7).array.tolist() == [2, 2]
    refused("RuntimeError", inplace.fill_, creation.zeros(2, dtype=UINT8), 300)
    assert inplace.fill_(creation.zeros(2, dtype=INT32), construction.tensor(-2.7)).array.tolist() == [-2, -2]
    refused("RuntimeError", inplace.fill_, creation.zeros(2), numbers(1.0))
    assert inplace.fill_(creation.zeros(1).view_as((3,), (0,)), 2).array.tolist() == [2, 2, 2]


def test_a_leaf_that_requires_a_gradient_is_not_written_while_recording() -> None:
    leaf = numbers(1.0, 2.0, requires_grad=True)
    for write in (inplace.zero_, lambda x: inplace.fill_(x, 1), lambda x: in_place(arithmetic.add, x, 1)):
        refused("RuntimeError", write, leaf)
        refused("RuntimeError", write, slicing.narrow(leaf, 0, 0, 1))
    with no_grad():
        assert inplace.zero_(leaf).version == 1


def test_a_view_made_under_no_grad_is_not_written_while_recording() -> None:
    base = numbers(1.0, 2.0, requires_grad=True) * 1
    with no_grad():
        view = slicing.narrow(base, 0, 0, 1)
    refused("RuntimeError", inplace.zero_, view)


def test_nor_is_one_whose_base_takes_no_gradient_if_what_is_written_does() -> None:
    for dtype in (FLOAT32, INT32):
        with no_grad():
            view = slicing.narrow(creation.zeros(2, dtype=dtype), 0, 0, 1)
        assert in_place(arithmetic.add, view, 1).array.tolist() == [1]
        refused("RuntimeError", inplace.fill_, view, numbers(1.0, requires_grad=True).sum())
    assert inplace.copy_(view, numbers(3.0, requires_grad=True)).array.tolist() == [3]


def test_what_backward_saved_must_not_change() -> None:
    leaf = numbers(0.5, 1.0, requires_grad=True)
    result = transcendental.exp(leaf)
    in_place(arithmetic.mul, result, 2)
    refused("RuntimeError", backward, reduction.sum(result))


def test_in_place_forms_refuse_results_that_do_not_fit() -> None:
    refused("RuntimeError", in_place, arithmetic.add, creation.zeros(2), creation.zeros(2, 2))
    refused("RuntimeError", in_place, arithmetic.add, creation.zeros(2, dtype=INT32), 1.5)
    refused("RuntimeError", in_place, arithmetic.add, creation.zeros(1).view_as((3,), (0,)), 1)
    assert in_place(arithmetic.add, creation.zeros(2, dtype=UINT8), numbers(300, 300)).array.tolist() == [44, 44]


def test_detach_in_place_makes_a_leaf_and_refuses_views() -> None:
    result = numbers(1.0, requires_grad=True) * 2
    refused("RuntimeError", inplace.detach_, slicing.narrow(result, 0, 0, 1))
    assert inplace.detach_(result).is_leaf
    assert (result.requires_grad, result.version) == (False, 0)


def test_data_shares_memory_but_not_the_version() -> None:
    tensor = numbers(1.0, 2.0, requires_grad=True)
    data = inplace.data_of(tensor)
    inplace.zero_(data)
    assert (tensor.array.tolist(), tensor.version, data.version) == ([0, 0], 0, 1)
    inplace.set_data(tensor, numbers(3.0, 4.0, 5.0))
    assert (tensor.shape, tensor.requires_grad, tensor.dtype) == ((3,), True, FLOAT32)
    refused("RuntimeError", inplace.set_data, tensor, numbers(1, 2))


def test_a_write_that_moves_elements_reads_no_part_of_what_it_writes() -> None:
    """The very same tensor is as wrong as an overlapping one, and neither is written to; dense memory alone is seen."""
    places = construction.tensor([2, 0, 1])
    for function, args in ((index_copy, (0, places)), (scatter_add, (0, places)), (put, (places,))):
        target = numbers(1, 2, 3)
        refused("RuntimeError", in_place, function, target, *args, target)
        refused("RuntimeError", in_place, function, target, *args, target.view_as((3,), (1,)))
        assert target.array.tolist() == [1, 2, 3]
        assert in_place(function, target, *args, numbers(5, 7, 9)) is target
    refused("RuntimeError", in_place, index_fill, places, 0, places, 1)


def test_addr_reads_its_first_vector_as_a_column() -> None:
    column = numbers(1, 2, 3).view(3, 1)
    assert in_place(addr, column, column.view(3), numbers(2)).array.tolist() == [[3], [6], [9]]
    row = numbers(1, 2, 3).view(1, 3)
    refused("RuntimeError", in_place, addr, row, numbers(1), row.view(3))
    refused("RuntimeError", in_place, arithmetic.add, column, column.view_as((3, 1), (1, 3)))


def test_an_overlap_of_two_storages_goes_unnoticed_and_leaves_the_values_open() -> None:
    written = numbers(1.0, 2.0, 3.0)
    other = numpy_sharing.from_numpy(numpy_sharing.numpy(written))
    index = construction.tensor([2, 0, 1])
    refused("RuntimeError", in_place, index_copy, written, 0, index, written.view(3))
    assert not in_place(index_copy, written, 0, index, other).specified


@pytest.mark.parametrize("function", [index_add, index_copy, put])
def test_the_source_of_an_indexed_write_must_not_change(function: Any) -> None:
    given, source = numbers(1.0, 2.0, requires_grad=True), numbers(3.0, 4.0, requires_grad=True) * 1
    made = function(given, *(() if function is put else (0,)), construction.tensor([0, 1]), source)
    in_place(arithmetic.add, source, 1)
    refused("RuntimeError", backward, made.sum())


def test_the_indices_of_take_along_dim_may_change() -> None:
    given, indices = numbers(1.0, 2.0, requires_grad=True), construction.tensor([1, 1])
    made = take_along_dim(given, indices, 0)
    inplace.zero_(indices)
    backward(made.sum())
    assert given.grad is not None
    assert given.grad.array.tolist() == [0, 2]


def test_the_same_tensor_may_be_read_where_elements_stay_in_their_places() -> None:
    target = numbers(1, 2, 3)
    assert in_place(arithmetic.add, target, target).array.tolist() == [2, 4, 6]
    wide = numbers(1, 2, 3, 4)
    refused("RuntimeError", in_place, arithmetic.add, wide.view_as((3,), (1,)), wide.view_as((3,), (1,), 1))


def test_a_result_that_cannot_be_cast_is_refused_before_a_dtype_without_a_kernel() -> None:
    places = construction.tensor([2, 0, 1])
    refused("RuntimeError", in_place, bitwise_and, places, 2.0)
    refused("NotImplementedError", bitwise_and, places, 2.0)
    refused("NotImplementedError", in_place, bitwise_and, numbers(1.0, 2.0), 2.0)
