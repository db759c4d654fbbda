"""The same elements in other places, triangles, diagonals and written parts, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import reference
from reference.dtypes import COMPLEX64, FLOAT16, FLOAT32, FLOAT64, INT32, INT64, UINT8, DType
from reference.errors import Refusal
from reference.selection import chosen_where
from reference.tensor import METHODS, Tensor
from reference.transposes import adjoint, conj, matrix_adjoint
from tests.reference.brute import LAYOUTS, address, addresses, places, strided

assert reference.__doc__, "importing the package registers the functions"

Shape = tuple[int, ...]
EVERY_LAYOUT = pytest.mark.parametrize(("shape", "strides", "offset"), LAYOUTS)
CUBE = ((2, 3, 4), (1, 2, 6), 1)


def call(name: str, *args: Any, **kwargs: Any) -> Any:
    return METHODS[name](*args, **kwargs)


def of(values: Any, dtype: DType = FLOAT64) -> Tensor:
    return Tensor.of(np.array(values, dtype.numpy), dtype)


def at(place: Shape, dim: int, to: int) -> Shape:
    return (*place[:dim], to, *place[dim + 1 :])


@EVERY_LAYOUT
def test_flip_and_roll_count_from_elsewhere(shape: Shape, strides: Shape, offset: int) -> None:
    given = strided(shape, strides, offset)
    for dim, size in enumerate(shape):
        flipped, rolled = call("flip", given, (dim - len(shape),)), call("roll", given, 5, dim)
        assert flipped.shape == rolled.shape == shape
        for place in places(shape):
            assert flipped.array[place] == given.array[at(place, dim, size - 1 - place[dim])]
            assert rolled.array[place] == given.array[at(place, dim, (place[dim] - 5) % size)]
    flat = [given.array[place] for place in places(shape)]
    assert (
        call("roll", given, -2).array.ravel().tolist() == flat[2 % max(len(flat), 1) :] + flat[: 2 % max(len(flat), 1)]
    )


def test_dims_are_flipped_and_rolled_together() -> None:
    given = strided(*CUBE)
    assert call("flip", given, 0, 2).array.tolist() == given.array[::-1, :, ::-1].tolist()
    assert call("fliplr", given).array.tolist() == given.array[:, ::-1].tolist()
    assert call("flipud", given).array.tolist() == given.array[::-1].tolist()
    twice = call("roll", given, (1, 2), (2, 2))
    assert twice.array.tolist() == call("roll", given, 3, 2).array.tolist()


@pytest.mark.parametrize("dims", [(0, 1), (2, 0), (-1, 1)])
def test_a_quarter_turn_goes_from_the_first_dimension_to_the_second(dims: tuple[int, int]) -> None:
    given = strided(*CUBE)
    first, second = (dim % 3 for dim in dims)
    once = call("rot90", given, 1, dims)
    for place in places(given.shape):
        turned = list(place)
        turned[first], turned[second] = given.shape[second] - 1 - place[second], place[first]
        assert once.array[tuple(turned)] == given.array[place]
    back = call("rot90", call("rot90", once, 2, dims), 1, dims)
    assert back.array.tolist() == given.array.tolist()
    assert call("rot90", given, -1, dims).array.tolist() == call("rot90", given, 3, dims).array.tolist()


@EVERY_LAYOUT
def test_repeated_tensors_count_modulo_their_sizes(shape: Shape, strides: Shape, offset: int) -> None:
    given = strided(shape, strides, offset)
    times = (2, *(3 - dim for dim in range(len(shape))))
    made = call("repeat", given, times)
    assert made.shape == (2, *(size * (3 - dim) for dim, size in enumerate(shape)))
    assert made.storage is not given.storage
    for place in places(made.shape):
        assert made.array[place] == given.array[tuple(n % size for n, size in zip(place[1:], shape, strict=True))]
    if len(shape) > 1:
        few = call("tile", given, 2)
        assert few.array.tolist() == call("repeat", given, (1,) * (len(shape) - 1) + (2,)).array.tolist()


@EVERY_LAYOUT
def test_each_slice_is_repeated_as_often_as_it_is_told(shape: Shape, strides: Shape, offset: int) -> None:
    given = strided(shape, strides, offset)
    for dim, size in enumerate(shape):
        often = [(n * 2 + 1) % 3 for n in range(size)]
        chosen = [n for n in range(size) for _ in range(often[n])]
        made = call("repeat_interleave", given, of(often, INT32), dim)
        twice = call("repeat_interleave", given, 2, dim)
        assert [made.shape[dim], twice.shape[dim]] == [len(chosen), 2 * size]
        for place in places(made.shape):
            assert made.array[place] == given.array[at(place, dim, chosen[place[dim]])]
        for place in places(twice.shape):
            assert twice.array[place] == given.array[at(place, dim, place[dim] // 2)]
    assert call("repeat_interleave", of([2, 0, 1], INT64)).array.tolist() == [0, 0, 2]
    if shape:
        flat = [given.array[place] for place in places(shape) for _ in range(3)]
        assert call("repeat_interleave", given, 3).array.tolist() == flat


def test_a_narrow_copy_shares_nothing() -> None:
    given = strided(*CUBE)
    made = call("narrow_copy", given, 2, 1, 2)
    assert made.array.tolist() == given.array[:, :, 1:3].tolist()
    assert made.storage is not given.storage
    assert made.is_contiguous()


# -- triangles and diagonals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [-3, -1, 0, 1, 4])
def test_triangles_keep_what_lies_on_their_side_of_the_diagonal(offset: int) -> None:
    given = strided((2, 3, 4), (1, 2, 6), 1)
    lower, upper = call("tril", given, offset), call("triu", given, offset)
    for place in places(given.shape):
        beyond = place[2] - place[1] - offset
        assert lower.array[place] == (given.array[place] if beyond <= 0 else 0)
        assert upper.array[place] == (given.array[place] if beyond >= 0 else 0)
    below = [place for place in places((3, 4)) if place[1] - place[0] <= offset]
    above = [place for place in places((3, 4)) if place[1] - place[0] >= offset]
    for name, wanted in (("tril_indices", below), ("triu_indices", above)):
        found = call(name, 3, 4, offset)
        assert (found.dtype, found.shape) == (INT64, (2, len(wanted)))
        assert list(zip(*found.array.tolist(), strict=True)) == wanted


@pytest.mark.parametrize("offset", [-2, 0, 1])
def test_a_vector_lies_on_the_diagonal_that_is_named(offset: int) -> None:
    vector = strided((3,), (2,), 1)
    made = call("diag", vector, offset)
    size = 3 + abs(offset)
    assert made.shape == (size, size)
    for row, column in places(made.shape):
        on = column - row == offset
        assert made.array[row, column] == (vector.array[min(row, column)] if on else 0)
    assert call("diag", made, offset).array.tolist() == vector.array.tolist()
    assert call("diag", made, offset).storage is not made.storage
    assert call("diagflat", strided((1, 3), (9, 2), 1), offset).array.tolist() == made.array.tolist()


def test_embedded_diagonals_stand_in_the_dimensions_that_are_named() -> None:
    given = strided((2, 3), (1, 2), 0)
    made = call("diag_embed", given, 1, 0, -1)
    assert made.shape == (4, 2, 4)
    for row, batch, column in places(made.shape):
        assert made.array[row, batch, column] == (given.array[batch, row] if column == row + 1 else 0)


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 2), (7, 2), (3, 3, 3), (4, 1)])
@pytest.mark.parametrize("wrap", [False, True])
def test_a_filled_diagonal_begins_again_below_a_tall_matrix(shape: Shape, wrap: bool) -> None:
    given = of(np.zeros(shape))
    assert call("fill_diagonal_", given, 5, wrap) is given
    for place in places(shape):
        row = place[0] % (shape[1] + 1) if wrap and len(shape) == 2 else place[0]
        assert given.array[place] == (5 if all(other == row for other in place[1:]) else 0)
    assert given.version >= 1


# -- parts written into a copy --------------------------------------------------------------------------------------


def test_a_written_part_is_what_its_view_shows_and_the_rest_is_kept() -> None:
    given = strided(*CUBE)
    parts: list[tuple[str, tuple[Any, ...], str]] = [
        ("select", (1, -1), "select_scatter"),
        ("slice", (2, 0, 4, 3), "slice_scatter"),
        ("diagonal", (1, 1, 2), "diagonal_scatter"),
        ("as_strided", ((2, 2), (3, 1), 2), "as_strided_scatter"),
    ]
    for view, args, name in parts:
        shape = call(view, given, *args).shape
        src = of(-1 - np.arange(np.prod(shape)).reshape(shape))
        made = call(name, given, src, *args)
        assert made.storage is not given.storage
        assert call(view, made, *args).array.tolist() == src.array.tolist()
        untouched = set(addresses(given)) - set(addresses(call(view, given, *args)))
        kept = [place for place in places(given.shape) if address(given, place) in untouched]
        assert kept
        assert all(made.array[place] == given.array[place] for place in kept)


def test_a_written_part_takes_the_dtype_of_the_rest() -> None:
    made = call("slice_scatter", of([1, 2, 3], INT32), of([7.9]), 0, 1, 2)
    assert (made.dtype, made.array.tolist()) == (INT32, [1, 7, 3])


# -- adjoints and choices -------------------------------------------------------------------------------------------


def test_the_adjoint_of_a_real_matrix_is_its_transpose() -> None:
    given = strided((2, 3, 4), (24, 8, 2), 3)
    made = adjoint(given)
    assert addresses(made) == [address(given, (b, row, column)) for b, column, row in places((2, 4, 3))]
    assert conj(given) is given
    for wrong in (of([1.0]), given):
        with pytest.raises(Refusal, match="only supported on matrices"):
            matrix_adjoint(wrong)
    for unmodelled in (lambda: conj(of([1j], COMPLEX64)), lambda: call("view_as_complex", of([[1, 2]], FLOAT16))):
        with pytest.raises(Refusal) as caught:
            unmodelled()
        assert caught.value.kind == "Unmodelled"


def test_pairs_are_complex_numbers() -> None:
    given = of([[1.0, 2.0], [3.0, -4.0]], FLOAT32)
    made = call("view_as_complex", given)
    assert (made.dtype, made.array.tolist()) == (COMPLEX64, [1 + 2j, 3 - 4j])
    assert made.storage is given.storage
    assert call("view_as_real", made).strides == (2, 1)
    apart = [((2, 2), (2, 2), 0), ((2, 2), (3, 1), 0), ((2, 2), (2, 1), 1)]
    for layout in apart:
        with pytest.raises(Refusal, match="stride"):
            call("view_as_complex", strided(*layout))


def test_where_a_condition_holds_the_tensor_itself_is_chosen() -> None:
    made = chosen_where(of([1, 2], INT64), of([1, 0], UINT8), 2.5)
    assert (made.dtype, made.array.tolist()) == (FLOAT32, [1, 2.5])


REFUSED: list[tuple[str, tuple[Any, ...], str]] = [
    ("flip", (of([1.0]), (0, 0)), "RuntimeError"),
    ("flip", (of([1.0]), (1,)), "IndexError"),
    ("fliplr", (of([1.0]),), "RuntimeError"),
    ("rot90", (of([[1.0]]), 1, (0, 0)), "RuntimeError"),
    ("rot90", (of([1.0]),), "RuntimeError"),
    ("roll", (of([1.0]), (1, 2), (0,)), "RuntimeError"),
    ("roll", (of([1.0]), ()), "RuntimeError"),
    ("repeat", (of([[1.0]]), (2,)), "RuntimeError"),
    ("repeat", (of([1.0]), (-1,)), "RuntimeError"),
    ("repeat_interleave", (of([1.0]), -1), "RuntimeError"),
    ("repeat_interleave", (of([1.0]), of([1, 1], INT64)), "RuntimeError"),
    ("repeat_interleave", (of([1, -1], INT64),), "RuntimeError"),
    ("narrow_copy", (of([1.0]), 0, 0, 2), "RuntimeError"),
    ("tril", (of([1.0]),), "RuntimeError"),
    ("tril_indices", (-1, 2), "RuntimeError"),
    ("diag", (of([[[1.0]]]),), "RuntimeError"),
    ("diag_embed", (of([1.0]), 0, 1, 1), "RuntimeError"),
    ("fill_diagonal_", (of([1.0]), 1), "RuntimeError"),
    ("fill_diagonal_", (of(np.zeros((2, 2, 3))), 1), "RuntimeError"),
    ("select_scatter", (of([1.0]), of([1.0]), 0, 0), "RuntimeError"),
    ("slice_scatter", (of([1.0, 2.0]), of([1.0]), 0), "RuntimeError"),
    ("diagonal_scatter", (of([[1.0]]), of([1.0, 2.0])), "RuntimeError"),
    ("as_strided_scatter", (of([1.0, 2.0]), of([1.0, 2.0]), (2,), (0,)), "RuntimeError"),
    ("view_as_complex", (of([1.0, 2.0, 3.0]),), "RuntimeError"),
]


@pytest.mark.parametrize(("name", "args", "kind"), REFUSED)
def test_what_the_manual_forbids_is_refused(name: str, args: tuple[Any, ...], kind: str) -> None:
    with pytest.raises(Refusal) as caught:
        call(name, *args)
    assert caught.value.kind == kind
