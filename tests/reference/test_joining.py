"""Tensors put together, cut, and broadcast to each other, element by element."""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement, product
from typing import Any

import numpy as np
import pytest

import reference
from reference.dtypes import COMPLEX64, FLOAT32, FLOAT64, INT32, INT64, DType
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from tests.reference.brute import LAYOUTS, address, addresses, places, strided

assert reference.__doc__, "importing the package registers the functions"

Shape = tuple[int, ...]
EVERY_LAYOUT = pytest.mark.parametrize(("shape", "strides", "offset"), LAYOUTS)


def call(name: str, *args: Any, **kwargs: Any) -> Any:
    return METHODS[name](*args, **kwargs)


def of(values: Any, dtype: DType = FLOAT64) -> Tensor:
    return Tensor.of(np.array(values, dtype.numpy), dtype)


# -- joined ---------------------------------------------------------------------------------------------------------


@EVERY_LAYOUT
def test_cat_lists_the_slices_of_one_after_those_of_the_other(shape: Shape, strides: Shape, offset: int) -> None:
    first = strided(shape, strides, offset)
    for dim, size in enumerate(shape):
        second = strided((*shape[:dim], 2, *shape[dim + 1 :]), (1,) * len(shape), 1)
        made = call("cat", [first, second, of([])], dim - len(shape))
        assert made.shape == (*shape[:dim], size + 2, *shape[dim + 1 :])
        for place in places(made.shape):
            source, at = (first, place[dim]) if place[dim] < size else (second, place[dim] - size)
            assert made.array[place] == source.array[(*place[:dim], at, *place[dim + 1 :])]


@EVERY_LAYOUT
def test_stack_numbers_the_tensors_along_a_new_dimension(shape: Shape, strides: Shape, offset: int) -> None:
    first = strided(shape, strides, offset)
    second = of(-1 - first.array)
    for dim in range(len(shape) + 1):
        made = call("stack", [first, second], dim)
        assert made.shape == (*shape[:dim], 2, *shape[dim:])
        for place in places(made.shape):
            assert made.array[place] == (first, second)[place[dim]].array[(*place[:dim], *place[dim + 1 :])]


def test_joined_channels_last_stays_so() -> None:
    image = strided((2, 3, 4, 5), (60, 1, 15, 3), 0)
    assert call("cat", [image, image], 1).strides == (120, 1, 30, 6)
    assert call("cat", [image, call("contiguous", image)], 1).strides == (120, 20, 5, 1)
    volume = strided((2, 3, 4, 2, 3), (72, 1, 18, 9, 3), 0)
    assert call("cat", [volume, volume], 1).strides == (144, 1, 36, 18, 6)
    assert call("cat", [volume, call("contiguous", volume)], 1).strides == (144, 24, 6, 3, 1)


def test_all_that_is_joined_counts_in_the_promotion() -> None:
    assert call("cat", [of([1], INT32), of([], FLOAT32)]).dtype is FLOAT32
    assert call("stack", [of(1, INT64), of(2.0, COMPLEX64)]).dtype is COMPLEX64
    assert call("cat", [of([2**31 - 1], INT32), of([1], INT64)]).array.tolist() == [2**31 - 1, 1]


def test_stacks_of_each_direction() -> None:
    rows, point = [of([1.0, 2.0]), of([3.0, 4.0])], of(5.0)
    assert call("hstack", rows).array.tolist() == [1, 2, 3, 4]
    assert call("vstack", [*rows, of([[6.0, 7.0]])]).array.tolist() == [[1, 2], [3, 4], [6, 7]]
    assert call("dstack", rows).array.tolist() == [[[1, 3], [2, 4]]]
    assert call("column_stack", [*rows, of([[8.0, 9.0], [6.0, 7.0]])]).array.tolist() == [[1, 3, 8, 9], [2, 4, 6, 7]]
    assert [call(name, [point, point]).shape for name in ("hstack", "vstack", "dstack", "column_stack")] == [
        (2,),
        (2, 1),
        (1, 1, 2),
        (1, 2),
    ]


def test_dimensions_are_added_up_to_the_number_asked_for() -> None:
    shapes: list[Shape] = [(), (3,), (2, 3), (1, 2, 3, 4)]
    wanted = {
        "atleast_1d": [(1,), (3,), (2, 3), (1, 2, 3, 4)],
        "atleast_2d": [(1, 1), (1, 3), (2, 3), (1, 2, 3, 4)],
        "atleast_3d": [(1, 1, 1), (1, 3, 1), (2, 3, 1), (1, 2, 3, 4)],
    }
    for name, expected in wanted.items():
        given = [of(np.zeros(shape)) for shape in shapes]
        assert [one.shape for one in call(name, *given)] == expected
        assert call(name, given[3]) is given[3]


def test_blocks_lie_corner_to_corner() -> None:
    made = call("block_diag", of([[1.0, 2.0]]), of([]), of(3.0), of([4.0, 5.0]))
    assert made.array.tolist() == [[1, 2, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 3, 0, 0], [0, 0, 0, 4, 5]]


# -- cut ------------------------------------------------------------------------------------------------------------


@EVERY_LAYOUT
def test_the_parts_of_a_split_hold_the_addresses_between_the_cuts(shape: Shape, strides: Shape, offset: int) -> None:
    given = strided(shape, strides, offset)
    for dim, size in enumerate(shape):
        for cuts in ((), (1,), (2, 1), (-1, 9), (0, 0)):
            parts = call("tensor_split", given, cuts, dim)
            starts, ends = [0, *cuts], [*cuts, None]
            wanted = [list(range(size))[start:end] for start, end in zip(starts, ends, strict=True)]
            for part, kept in zip(parts, wanted, strict=True):
                assert part.storage is given.storage
                assert addresses(part) == [
                    address(given, (*place[:dim], kept[place[dim]], *place[dim + 1 :])) for place in places(part.shape)
                ]
        sizes = [part.shape[dim] for part in call("tensor_split", given, 3, dim)]
        assert (sum(sizes), sorted(sizes, reverse=True)) == (size, sizes)
        assert max(sizes) - min(sizes) <= 1


def test_cuts_in_each_direction() -> None:
    given = strided((2, 4, 6), (24, 6, 1), 0)
    assert [part.shape for part in call("hsplit", given, 2)] == [(2, 2, 6)] * 2
    assert [part.shape for part in call("vsplit", given, (1,))] == [(1, 4, 6)] * 2
    assert [part.shape for part in call("dsplit", given, 3)] == [(2, 4, 2)] * 3
    assert [part.shape for part in call("hsplit", strided((4,), (1,), 0), of([1, 3], INT64))] == [(1,), (2,), (1,)]


# -- broadcast ------------------------------------------------------------------------------------------------------


def test_broadcast_tensors_repeat_their_addresses() -> None:
    row, column = strided((3,), (2,), 1), strided((2, 1), (1, 1), 0)
    for made, given in zip(call("broadcast_tensors", row, column), (row, column), strict=True):
        assert made.shape == (2, 3)
        assert made.storage is given.storage
    assert addresses(call("broadcast_tensors", row, column)[0]) == [address(row, (c,)) for _ in "ab" for c in range(3)]
    assert addresses(call("broadcast_to", column, (2, 3))) == [0, 0, 0, 1, 1, 1]


def test_grids_are_the_coordinates_of_their_places() -> None:
    axes = [of([1.0, 2.0, 3.0]), of([10.0, 20.0]), of(100.0)]
    for made, axis, own in zip(call("meshgrid", *axes), range(3), axes, strict=True):
        assert made.shape == (3, 2, 1)
        assert made.storage is own.storage
        values = own.array.reshape(-1)
        assert [made.array[place] for place in places(made.shape)] == [values[p[axis]] for p in places((3, 2, 1))]
    swapped = call("meshgrid", axes, indexing="xy")
    assert [one.array.tolist() for one in swapped[:2]] == [
        [[[1], [2], [3]], [[1], [2], [3]]],
        [[[10], [10], [10]], [[20], [20], [20]]],
    ]


def test_products_and_combinations_are_those_of_itertools() -> None:
    first, second = [1.0, 2.0, 3.0], [7.0, 8.0]
    made = call("cartesian_prod", of(first), of(second), of(first))
    assert [tuple(row) for row in made.array.tolist()] == list(product(first, second, first))
    assert call("cartesian_prod", of(second)).array.tolist() == second
    for r in (1, 2, 3):
        chosen = call("combinations", of(first), r)
        assert [tuple(row) for row in chosen.array.tolist()] == list(combinations(first, r))
        again = call("combinations", of(first), r, True)
        assert [tuple(row) for row in again.array.tolist()] == list(combinations_with_replacement(first, r))
    assert call("combinations", of(first), 0).shape == (0,)


REFUSED: list[tuple[str, tuple[Any, ...], str]] = [
    ("cat", ([],), "ValueError"),
    ("cat", ([of(1.0), of(2.0)],), "RuntimeError"),
    ("cat", ([of([[1.0]]), of([1.0])],), "RuntimeError"),
    ("cat", ([of([[1.0]]), of([[1.0, 2.0]])], 0), "RuntimeError"),
    ("cat", ([of([1.0])], 1), "IndexError"),
    ("stack", ([],), "RuntimeError"),
    ("stack", ([of([1.0]), of([1.0, 2.0])],), "RuntimeError"),
    ("stack", ([of([1.0])], 2), "IndexError"),
    ("hstack", ([],), "RuntimeError"),
    ("block_diag", (of([[[1.0]]]),), "RuntimeError"),
    ("tensor_split", (of(1.0), 1), "RuntimeError"),
    ("tensor_split", (of([1.0]), 0), "RuntimeError"),
    ("hsplit", (of([1.0, 2.0, 3.0]), 2), "RuntimeError"),
    ("vsplit", (of([1.0]), 1), "RuntimeError"),
    ("dsplit", (of([[1.0]]), 1), "RuntimeError"),
    ("broadcast_tensors", (of([1.0, 2.0]), of([1.0, 2.0, 3.0])), "RuntimeError"),
    ("meshgrid", (of([[1.0]]),), "RuntimeError"),
    ("meshgrid", (of([1.0]), of([1], INT64)), "RuntimeError"),
    ("cartesian_prod", (of(1.0), of([1.0])), "RuntimeError"),
    ("combinations", (of([1.0]), -1), "RuntimeError"),
]


@pytest.mark.parametrize(("name", "args", "kind"), REFUSED)
def test_what_does_not_fit_is_refused(name: str, args: tuple[Any, ...], kind: str) -> None:
    with pytest.raises(Refusal) as caught:
        call(name, *args)
    assert caught.value.kind == kind
