"""Indexing against models written out element by element."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import reference
from reference.autograd.engine import backward
from reference.dtypes import BOOL, FLOAT32, FLOAT64, INT32, INT64, UINT8
from reference.errors import Refusal
from reference.indexing import getitem, setitem
from reference.reading import contains
from reference.tensor import METHODS, Tensor
from tests.reference.brute import LAYOUTS, address, addresses, strided

assert reference.__doc__, "importing the package registers the functions"


def ints(values: Any) -> Tensor:
    return Tensor.of(np.array(values, np.int64), INT64)


def mask(values: Any) -> Tensor:
    return Tensor.of(np.array(values, np.bool_), BOOL)


@pytest.mark.parametrize(("shape", "strides", "offset"), LAYOUTS)
def test_slices_and_integers_name_the_addresses_that_ranges_do(
    shape: tuple[int, ...], strides: tuple[int, ...], offset: int
) -> None:
    given = strided(shape, strides, offset)
    slices = (slice(None), slice(1, None, 2), slice(-2, None), slice(3, 1), slice(-9, 9, 3))
    for items in product(slices, repeat=len(shape)):
        made = getitem(given, items)
        ranges = [range(*item.indices(size)) for item, size in zip(items, shape, strict=True)]
        assert made.storage is given.storage
        assert addresses(made) == [address(given, place) for place in product(*ranges)]
    if 0 not in shape:
        last = getitem(given, (*(-1 for _ in shape), ...))
        assert addresses(last) == [address(given, [size - 1 for size in shape])]


def test_none_and_ellipsis_insert_and_skip() -> None:
    given = strided((2, 3, 4), (12, 4, 1), 0)
    assert getitem(given, None).shape == (1, 2, 3, 4)
    assert getitem(given, (..., None, 1)).shape == (2, 3, 1)
    assert getitem(given, (0, ..., slice(0, 2))).shape == (3, 2)
    assert getitem(given, ...) is not given


def model(array: np.ndarray, dims: list[int], index: list[np.ndarray]) -> np.ndarray:
    """``array`` indexed along ``dims`` by arrays of one shape, one element after another.

    The index's dimensions stand where the indexed ones did if those are adjacent, else in front.
    """
    others = [dim for dim in range(array.ndim) if dim not in dims]
    front = dims[0] if dims == list(range(dims[0], dims[-1] + 1)) else 0
    shape = [array.shape[dim] for dim in others]
    result = np.empty((*shape[:front], *index[0].shape, *shape[front:]), array.dtype)
    for rest in product(*(range(size) for size in shape)):
        for place in np.ndindex(index[0].shape):
            at = dict(zip(others, rest, strict=True))
            at.update({dim: int(one[place]) for dim, one in zip(dims, index, strict=True)})
            result[(*rest[:front], *place, *rest[front:])] = array[tuple(at[dim] for dim in range(array.ndim))]
    return result


@pytest.mark.parametrize("dims", [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]])
@pytest.mark.parametrize("index_shape", [(), (2,), (3, 2), (0,)])
def test_index_tensors_choose_what_the_model_does(dims: list[int], index_shape: tuple[int, ...]) -> None:
    draws = np.random.default_rng(len(dims))
    for shape, strides, offset in (LAYOUTS[0], LAYOUTS[1], LAYOUTS[3]):
        given = strided(shape, strides, offset)
        chosen = [np.asarray(draws.integers(-shape[dim], shape[dim], index_shape)) for dim in dims]
        if index_shape == ():
            chosen = [one.reshape(1) for one in chosen]
        items: list[Any] = [slice(None)] * 3
        for dim, one in zip(dims, chosen, strict=True):
            items[dim] = ints(one)
        made = getitem(given, tuple(items))
        assert made.storage is not given.storage
        assert made.array.tolist() == model(given.array, dims, chosen).tolist()


def test_indexed_dimensions_apart_from_each_other_move_to_the_front() -> None:
    given = strided((2, 3, 4, 2), (24, 8, 2, 1), 0)
    chosen = [np.array([2, -1, 0]), np.array([1, 0, 1])]
    made = getitem(given, (slice(None), ints(chosen[0]), slice(None), ints(chosen[1])))
    assert made.shape == (3, 2, 4)
    assert made.array.tolist() == model(given.array, [1, 3], chosen).tolist()


def test_index_tensors_are_broadcast_together() -> None:
    given = strided((3, 4), (4, 1), 0)
    made = getitem(given, (ints([[0], [2]]), ints([1, 3])))
    assert made.array.tolist() == [[1, 3], [9, 11]]


def test_a_mask_lists_its_true_elements_in_order() -> None:
    given = strided((2, 3), (1, 2), 1)
    chosen = mask([[True, False, True], [False, True, False]])
    assert getitem(given, chosen).array.tolist() == [given.array[0, 0], given.array[0, 2], given.array[1, 1]]
    assert getitem(given, mask([False, True])).array.tolist() == given.array[1:].tolist()
    assert getitem(given, (slice(None), [True, False, True])).array.tolist() == given.array[:, [0, 2]].tolist()


def test_a_bool_makes_a_dimension_of_one_or_none() -> None:
    given = strided((2, 3), (3, 1), 0)
    assert getitem(given, True).array.tolist() == given.array[None].tolist()
    assert getitem(given, False).shape == (0, 2, 3)


def test_a_zero_dim_index_is_an_integer() -> None:
    given = strided((2, 3), (3, 1), 0)
    assert getitem(given, ints(-1)).storage is given.storage
    assert addresses(getitem(given, ints(-1))) == [3, 4, 5]


REFUSED: list[tuple[tuple[int, ...], Any, str]] = [
    ((2, 3), 2, "IndexError"),
    ((2, 3), (0, -4), "IndexError"),
    ((2, 3), (0, 0, 0), "IndexError"),
    ((), 0, "IndexError"),
    ((), slice(None), "IndexError"),
    ((2, 3), slice(None, None, -1), "ValueError"),
    ((2, 3), slice(None, None, 0), "ValueError"),
    ((2, 3), 1.0, "IndexError"),
    ((2, 3), [0, 2], "IndexError"),
    ((2, 3), ([0, 1], [0, 1, 2]), "IndexError"),
    ((2, 3), mask([True]), "IndexError"),
    ((2, 0), (slice(None), [0]), "IndexError"),
    ((2, 3), Tensor.of(np.array([0.0]), FLOAT32), "IndexError"),
]


@pytest.mark.parametrize(("shape", "item", "kind"), REFUSED)
def test_what_names_no_place_is_refused(shape: tuple[int, ...], item: Any, kind: str) -> None:
    given = strided(shape, tuple(np.cumprod((1, *shape))[: len(shape)].tolist()), 0)
    with pytest.raises(Refusal) as caught:
        getitem(given, item)
    assert caught.value.kind == kind


# -- writing --------------------------------------------------------------------------------------------------------

WRITES: list[Any] = [
    0,
    (slice(None), 1),
    (..., slice(0, 3, 2)),
    (None, slice(1, None)),
    True,
    ([1, 0],),
    (slice(None), ints([0, 2])),
    (ints([[0], [1]]), ints([0, 3])),
    mask([True, False]),
]


@pytest.mark.parametrize("item", WRITES)
def test_a_write_changes_the_places_that_a_read_shows_and_no_other(item: Any) -> None:
    given = strided((2, 4), (1, 3), 1)
    before = given.array.copy()
    count = np.arange(8.0).reshape(2, 4)
    touched = set(getitem(Tensor.of(count, FLOAT64), item).array.ravel().tolist())
    setitem(given, item, 100)
    assert given.version == 1
    for place in np.ndindex(2, 4):
        assert given.array[place] == (100 if count[place] in touched else before[place])


def test_a_written_tensor_is_broadcast_without_its_leading_ones() -> None:
    given = strided((2, 3), (3, 1), 0)
    setitem(given, 0, Tensor.of(np.array([[[7.0]]]), FLOAT64))
    setitem(given, [1], Tensor.of(np.array([[[[8.0, 9.0, 10.0]]]]), FLOAT64))
    assert given.array.tolist() == [[7, 7, 7], [8, 9, 10]]
    for item in (0, [0], slice(None)):
        with pytest.raises(Refusal):
            setitem(given, item, Tensor.of(np.ones((3, 3)), FLOAT64))


def test_a_written_number_becomes_an_element_of_the_dtype() -> None:
    given = Tensor.of(np.zeros(4), UINT8)
    setitem(given, 0, 2.9)
    setitem(given, [1], -1)
    setitem(given, 2, True)
    assert given.array.tolist() == [2, 255, 1, 0]
    for value in (300, 1j):
        with pytest.raises(Refusal):
            setitem(given, 0, value)
    with pytest.raises(Refusal):
        setitem(given, [0], Tensor.of(np.zeros(1), FLOAT32))


def test_false_writes_nothing() -> None:
    given = strided((2,), (1,), 0)
    setitem(given, False, 5)
    assert (given.array.tolist(), given.version) == ([0, 1], 0)


def test_of_two_values_for_one_place_either_may_win() -> None:
    given = strided((2, 3), (3, 1), 0)
    setitem(given, (0, [1, 1, 2, 2]), Tensor.of(np.array([5.0, 6.0, 7.0, 7.0]), FLOAT64))
    assert isinstance(given.specified, np.ndarray)
    assert given.specified.tolist() == [[True, False, True], [True, True, True]]
    assert given.array[0, 2] == 7


def test_a_write_must_not_read_what_it_writes() -> None:
    given = strided((4,), (1,), 0)
    with pytest.raises(Refusal, match="single memory location"):
        setitem(given, [3, 2, 1, 0], given)


def test_accumulated_values_add_up() -> None:
    made = METHODS["index_put"](strided((3,), (1,), 0), (ints([1, 1, 2]),), ints([1, 1, 1]).to(FLOAT64), True)
    assert made.array.tolist() == [0, 3, 3]


# -- gradients ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("item", [1, slice(0, 2), [1, 1, 0], (slice(None), ints([2, 2])), mask([True, False, True])])
def test_the_gradient_counts_how_often_a_place_is_read(item: Any) -> None:
    leaf = strided((3, 4), (4, 1), 0).requires_grad_()
    made = getitem(leaf, item)
    backward(made, Tensor.of(np.ones(made.shape), FLOAT64))
    read = getitem(Tensor.of(np.arange(12).reshape(3, 4), INT64), item).array.ravel().tolist()
    assert leaf.grad is not None
    assert leaf.grad.array.tolist() == [[read.count(row * 4 + column) for column in range(4)] for row in range(3)]


@pytest.mark.parametrize(
    "item", [1, slice(0, 2), [2, 0], (slice(None), Tensor.of(np.array([3, 1]), INT32)), mask([True, False, True])]
)
def test_a_write_cuts_the_gradient_and_sends_it_to_the_value(item: Any) -> None:
    leaf = strided((3, 4), (4, 1), 0).requires_grad_()
    value = Tensor.of(np.array(2.0), FLOAT64).requires_grad_()
    made = leaf * 1
    setitem(made, item, value)
    weights = np.arange(12.0).reshape(3, 4)
    backward(made, Tensor.of(weights, FLOAT64))
    kept = weights.copy()
    cut = getitem(Tensor.of(np.arange(12).reshape(3, 4), INT64), item).array.ravel().tolist()
    kept.ravel()[cut] = 0
    assert leaf.grad is not None
    assert value.grad is not None
    assert leaf.grad.array.tolist() == kept.tolist()
    assert value.grad.item() == weights.ravel()[cut].sum()


def test_a_tensor_contains_what_one_of_its_elements_is_equal_to() -> None:
    given = strided((2, 3), (3, 1), 0)
    assert contains(given, 4)
    assert contains(given, ints([[9], [5]]))
    assert not contains(given, 4.5)
    assert not contains(Tensor.of(np.array([np.nan]), FLOAT64), float("nan"))
    assert not contains(Tensor.of(np.zeros(0), FLOAT64), 0)
    with pytest.raises(Refusal):
        contains(given, ints([1, 2]))


def test_of_zeros_of_either_sign_at_one_place_neither_is_promised() -> None:
    for values, promised in (([0.0, -0.0], False), ([0.0, 0.0], True), ([np.nan, np.nan], True), ([1.0, 2.0], False)):
        written = Tensor.of(np.zeros(2), FLOAT64)
        setitem(written, ints([1, 1]), Tensor.of(np.array(values), FLOAT64))
        assert np.broadcast_to(written.specified, (2,)).tolist() == [True, promised]
        scattered = METHODS["scatter"](
            Tensor.of(np.zeros(2), FLOAT64), 0, ints([1, 1]), Tensor.of(np.array(values), FLOAT64)
        )
        assert np.broadcast_to(scattered.specified, (2,)).tolist() == [True, promised]


def test_what_was_not_promised_stays_so_beside_what_is_written() -> None:
    for item, promised in ((ints([1, 1]), [False, True, False]), (mask([True, False, True]), [True, False, True])):
        made = METHODS["empty"]((3,), dtype=FLOAT64)
        setitem(made, item, Tensor.of(np.array([5.0]), FLOAT64))
        assert np.broadcast_to(made.specified, (3,)).tolist() == promised
