"""Layout arithmetic against lists of addresses, and against strides that torch gave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from math import prod

import pytest

from reference import layout
from reference.errors import Refusal
from tests.reference.recorded_layouts import POINTWISE

Shape = tuple[int, ...]


def addresses(shape: Sequence[int], strides: Sequence[int]) -> list[int]:
    """Where every element lies, in row-major order."""
    places = product(*(range(size) for size in shape))
    return [sum(index * step for index, step in zip(place, strides, strict=True)) for place in places]


def small_layouts() -> Iterator[tuple[Shape, Shape]]:
    """Every layout of up to three dimensions of few elements."""
    for ndim in range(4):
        steps = (0, 1, 2, 3, 4, 6) if ndim < 3 else (0, 1, 2, 4)
        for shape in product((0, 1, 2, 3) if ndim < 3 else (1, 2, 3), repeat=ndim):
            yield from ((shape, strides) for strides in product(steps, repeat=ndim))


LAYOUTS = list(small_layouts())


def test_contiguous_strides_count_through_memory() -> None:
    for shape in product((1, 2, 3), repeat=3):
        assert addresses(shape, layout.contiguous_strides(shape)) == list(range(prod(shape)))
    assert layout.contiguous_strides(()) == ()
    assert layout.contiguous_strides((2, 0, 3)) == (3, 3, 1)


def test_contiguous_is_what_counts_through_memory() -> None:
    for shape, strides in LAYOUTS:
        counted = addresses(shape, strides) == list(range(prod(shape)))
        assert layout.is_contiguous(shape, strides) == (counted or 0 in shape), (shape, strides)


def test_dense_is_what_fills_memory_in_some_order() -> None:
    for shape, strides in LAYOUTS:
        dense = sorted(addresses(shape, strides)) == list(range(prod(shape)))
        assert layout.is_non_overlapping_and_dense(shape, strides) == (dense or 0 in shape), (shape, strides)


def test_extent_is_the_last_address_and_one() -> None:
    for shape, strides in LAYOUTS:
        assert layout.extent(shape, strides) == max(addresses(shape, strides), default=-1) + 1, (shape, strides)


def test_an_overlap_that_is_looked_for_is_one_and_what_is_surely_distinct_has_none() -> None:
    for shape, strides in LAYOUTS:
        found = addresses(shape, strides)
        distinct = len(set(found)) == len(found)
        if layout.may_overlap_itself(shape, strides):
            assert not distinct, (shape, strides)
        elif 0 not in shape:
            assert all(step for size, step in zip(shape, strides, strict=True) if size > 1), (shape, strides)
        if layout.surely_distinct(shape, strides):
            assert distinct, (shape, strides)
        elif len([size for size in shape if size > 1]) < 2:
            assert not distinct, (shape, strides)
    # Whatever a slice with steps makes of a contiguous tensor, in whatever order.
    for order in permutations(range(3)):
        shape, strides = (2, 3, 2), (36, 6, 2)
        assert layout.surely_distinct([shape[dim] for dim in order], [strides[dim] for dim in order])
    assert not layout.surely_distinct((2, 3), (3, 2))  # distinct, but interleaved: that is not looked into


@pytest.mark.parametrize("order", [(1, 3, 2, 0), (1, 4, 3, 2, 0)])
def test_channels_last_counts_with_the_channels_innermost(order: Shape) -> None:
    ndim = len(order)
    for shape in product((1, 2, 3), repeat=ndim):
        strides = layout.channels_last_strides(shape)
        innermost_last = order[::-1]
        moved = [tuple(one[dim] for dim in innermost_last) for one in (shape, strides)]
        assert addresses(*moved) == list(range(prod(shape)))
        assert layout.is_channels_last(shape, strides)
        if sum(size > 1 for size in (shape[1], prod(shape[2:]))) == 2:
            assert not layout.is_channels_last(shape, layout.contiguous_strides(shape))
        for dim in range(ndim):
            changed = tuple(step + (at == dim) for at, step in enumerate(strides))
            assert layout.is_channels_last(shape, changed) == (shape[dim] == 1)
    assert layout.channels_last_strides((2, 0, 3, 4)) == (0, 1, 0, 0)


def test_channels_last_is_of_four_or_five_dimensions() -> None:
    for ndim in (0, 1, 2, 3, 6):
        assert not layout.is_channels_last((1,) * ndim, (1,) * ndim)
        assert not layout.resembles_channels_last((2,) * ndim, tuple(range(ndim)))


# What torch 2.13 gives back as it is with memory_format=torch.channels_last, or channels_last_3d.
RESEMBLES: list[tuple[Shape, Shape, bool]] = [
    ((2, 3, 4, 5), (60, 1, 15, 3), True),
    ((2, 3, 4, 5), (240, 1, 30, 3), True),
    ((2, 3, 4, 5), (60, 20, 5, 1), False),
    ((2, 3, 4, 5), (60, 0, 15, 3), False),
    ((2, 3, 4, 5), (59, 1, 15, 3), False),
    ((2, 3, 4, 5), (60, 1, 14, 3), False),
    ((2, 3, 4, 5), (60, 1, 15, 2), False),
    ((2, 3, 0, 5), (60, 1, 15, 3), False),
    ((2, 1, 4, 5), (20, 20, 5, 1), False),
    ((2, 1, 4, 5), (20, 1, 5, 1), True),
    ((2, 1, 1, 1), (1, 1, 1, 1), False),
    ((2, 2, 1, 1), (2, 1, 2, 2), True),
    ((1, 3, 1, 1), (3, 1, 3, 3), True),
    ((1, 3, 1, 1), (3, 1, 1, 1), False),
    ((2, 3, 2, 4, 5), (120, 1, 60, 15, 3), True),
    ((2, 3, 2, 4, 5), (120, 40, 20, 5, 1), False),
    ((2, 3, 2, 4, 5), (120, 1, 59, 15, 3), False),
]


@pytest.mark.parametrize(("shape", "strides", "expected"), RESEMBLES)
def test_what_resembles_channels_last(shape: Shape, strides: Shape, expected: bool) -> None:
    assert layout.resembles_channels_last(shape, strides) == expected


def test_dimensions_count_from_either_end() -> None:
    for ndim in range(4):
        for extra in (0, 1):
            count = max(ndim + extra, 1)
            every = {dim: dim % count for dim in range(-count, count)}
            assert {dim: layout.wrap_dim(dim, ndim, extra=extra) for dim in every} == every
            for dim in (-count - 1, count):
                refused("IndexError", layout.wrap_dim, dim, ndim, extra=extra)
    assert layout.wrap_dims((0, -1, 1), 3) == (0, 2, 1)
    refused("RuntimeError", layout.wrap_dims, (2, 0, -1), 3)
    refused("IndexError", layout.wrap_dims, (0, 3), 3)


def refused(kind: str, call: object, *args: object, **kwargs: object) -> None:
    assert callable(call)
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    assert caught.value.kind == kind


def test_a_size_is_inferred_where_exactly_one_fits() -> None:
    for ndim in range(4):
        for sizes in product((-2, -1, 0, 1, 2, 3), repeat=ndim):
            for numel in (0, 1, 2, 6, 7):
                fits = [
                    tuple(number if size == -1 else size for size in sizes)
                    for number in (range(9) if -1 in sizes else (0,))
                    if prod(number if size == -1 else size for size in sizes) == numel
                ]
                if len(fits) == 1 and sizes.count(-1) < 2 and -2 not in sizes:
                    assert layout.infer_size(sizes, numel) == fits[0]
                else:
                    refused("RuntimeError", layout.infer_size, sizes, numel)


def test_a_view_is_found_exactly_where_there_is_one() -> None:
    few, many = ([one for one in LAYOUTS if 0 not in one[0] and (len(one[0]) == 3) is big] for big in (False, True))
    for shape, strides in (*few, *many[::7]):
        places = addresses(shape, strides)
        for wanted in shapes_of(prod(shape)):
            found = layout.view_strides(shape, strides, wanted)
            if found is not None:
                assert addresses(wanted, found) == places, (shape, strides, wanted)
            else:
                assert addresses(wanted, only_strides(wanted, places)) != places, (shape, strides, wanted)


def shapes_of(numel: int) -> list[Shape]:
    """The shapes of up to four dimensions that have so many elements."""
    sizes = [size for size in range(1, numel + 1) if numel % size == 0]
    return [shape for ndim in range(4) for shape in product(sizes, repeat=ndim) if prod(shape) == numel]


def only_strides(wanted: Shape, places: list[int]) -> Shape:
    """The strides that a view could have: each is the step to the next element along its dimension."""
    steps = layout.contiguous_strides(wanted)
    return tuple(places[step] - places[0] if size > 1 else 0 for size, step in zip(wanted, steps, strict=True))


@pytest.mark.parametrize(
    ("shape", "strides", "wanted", "expected"),
    [
        ((0, 3), (5, 7), (0, 3), (5, 7)),
        ((0, 3), (5, 7), (3, 0), (1, 1)),
        ((2, 0), (0, 1), (0, 2, 4), (8, 4, 1)),
        ((), (), (1, 1), (1, 1)),
        ((), (), (), ()),
        ((2, 3), (6, 2), (6,), (2,)),
        ((2, 3), (6, 2), (1, 6), (12, 2)),
        ((2, 3), (6, 2), (6, 1), (2, 2)),
        ((2, 3), (6, 2), (2, 1, 3), (6, 6, 2)),
        ((2, 3), (7, 2), (2, 1, 3), (7, 6, 2)),
        ((2, 3), (7, 2), (1, 2, 3, 1), (14, 7, 2, 2)),
        ((4, 1, 3), (3, 9, 1), (2, 6), (6, 1)),
        ((4, 1), (3, 9), (2, 2, 1), (6, 3, 9)),
    ],
)
def test_the_strides_of_a_view(shape: Shape, strides: Shape, wanted: Shape, expected: Shape) -> None:
    """Those of sizes of one too, as torch 2.13 gives them."""
    assert layout.view_strides(shape, strides, wanted) == expected


# Nothing lies anywhere, in row-major order none the less.
EMPTY: list[tuple[Shape, tuple[tuple[Shape, Shape], ...], Shape]] = [
    ((2, 0), (((2, 1), (1, 1)), ((1, 0), (1, 1))), (1, 1)),
    ((2, 0, 3), (((3,), (1,)), ((2, 0, 1), (0, 1, 1))), (3, 3, 1)),
    ((2, 0, 3), (((2, 0, 3), (3, 3, 1)), ((3,), (2,))), (3, 3, 1)),
]


@pytest.mark.parametrize(("shape", "operands", "expected"), [*POINTWISE, *EMPTY])
def test_the_strides_of_a_pointwise_result(
    shape: Shape, operands: tuple[tuple[Shape, Shape], ...], expected: Shape
) -> None:
    assert layout.pointwise_strides(shape, operands) == expected


def test_a_dense_layout_is_preserved_and_another_packed_in_its_order() -> None:
    for shape, strides in LAYOUTS:
        made = layout.preserved_strides(shape, strides)
        if layout.is_non_overlapping_and_dense(shape, strides):
            assert made == strides
        else:
            assert layout.is_non_overlapping_and_dense(shape, made)
    assert layout.preserved_strides((2, 3), (2, 10)) == (1, 2)
    assert layout.preserved_strides((2, 3), (10, 2)) == (3, 1)
