"""Reading and writing at the places that an index names, against loops over every place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce as folded
from typing import Any

import numpy as np
import pytest

import reference
from reference.dtypes import BOOL, FLOAT32, FLOAT64, INT8, INT32, INT64, UINT8, DType
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from tests.reference.brute import LAYOUTS, places, strided

assert reference.__doc__, "importing the package registers the functions"

Shape = tuple[int, ...]
FILLED = [layout for layout in LAYOUTS if 0 not in layout[0]]
EVERY_LAYOUT = pytest.mark.parametrize(("shape", "strides", "offset"), FILLED)


def call(name: str, *args: Any, **kwargs: Any) -> Any:
    return METHODS[name](*args, **kwargs)


def ints(values: Any, dtype: DType = INT64) -> Tensor:
    return Tensor.of(np.array(values, dtype.numpy), dtype)


def floats(values: Any) -> Tensor:
    return Tensor.of(np.array(values, np.float64), FLOAT64)


def along(shape: Shape, dim: int, length: int, seed: int = 0) -> Tensor:
    """An index of ``length`` along ``dim``, and one less than the shape in the first other dimension."""
    draws = np.random.default_rng(seed)
    own = [length if d == dim else max(size - (d == 0), 1) for d, size in enumerate(shape)]
    return ints(draws.integers(0, shape[dim] if shape else 1, own))


def moved(place: Shape, dim: int, to: int) -> Shape:
    return (*place[:dim], to, *place[dim + 1 :]) if place else ()


# -- reading --------------------------------------------------------------------------------------------------------


@EVERY_LAYOUT
def test_gather_reads_each_element_at_its_own_index(shape: Shape, strides: Shape, offset: int) -> None:
    given = strided(shape, strides, offset)
    for dim in range(max(len(shape), 1)):
        index = along(shape, dim, 3)
        made = call("gather", given, dim - len(shape), index)
        assert made.shape == index.shape
        for place in places(index.shape):
            assert made.array[place] == given.array[moved(place, dim, int(index.array[place]))]


def test_take_along_dim_broadcasts_all_but_its_dimension() -> None:
    given = strided((2, 3), (3, 1), 0)
    made = call("take_along_dim", given, ints([[2, 0, 2, 1]]), 1)
    assert made.array.tolist() == [[given.array[row, column] for column in (2, 0, 2, 1)] for row in range(2)]
    flat = call("take_along_dim", call("t", given), ints([[0, 5], [1, 1]]))
    assert flat.array.tolist() == [given.array.T.ravel()[place] for place in (0, 5, 1, 1)]


@EVERY_LAYOUT
def test_index_select_takes_whole_slices(shape: Shape, strides: Shape, offset: int) -> None:
    given = strided(shape, strides, offset)
    for dim, size in enumerate(shape):
        chosen = [size - 1, 0, size - 1]
        made = call("index_select", given, dim, ints(chosen, INT32))
        assert made.storage is not given.storage
        for place in places(made.shape):
            assert made.array[place] == given.array[moved(place, dim, chosen[place[dim]])]


@EVERY_LAYOUT
def test_take_counts_row_by_row_from_either_end(shape: Shape, strides: Shape, offset: int) -> None:
    given = strided(shape, strides, offset)
    listed = [given.array[place] for place in places(shape)]
    chosen = [[0, -1], [len(listed) - 1, -len(listed)]]
    made = call("take", given, ints(chosen))
    assert made.array.tolist() == [[listed[place] for place in row] for row in chosen]


@EVERY_LAYOUT
def test_nonzero_lists_the_coordinates_in_order(shape: Shape, strides: Shape, offset: int) -> None:
    given = strided(shape, strides, offset)
    given.array[...] = given.array % 3
    wanted = [place for place in places(shape) if given.array[place] != 0]
    for name in ("nonzero", "argwhere"):
        assert [tuple(row) for row in call(name, given).array.tolist()] == wanted
    columns = call("nonzero", given, as_tuple=True)
    assert [column.array.tolist() for column in columns] == (
        [list(column) for column in zip(*wanted, strict=True)] if shape else [[0] * len(wanted)]
    )


def test_masked_select_lists_what_the_mask_shows() -> None:
    given = strided((2, 3), (1, 2), 1)
    mask = Tensor.of(np.array([True, False, True]), BOOL)
    made = call("masked_select", given, mask)
    assert made.array.tolist() == [given.array[row, column] for row in range(2) for column in (0, 2)]
    one = call("masked_select", floats(4.0), Tensor.of(np.array([[True], [True]]), BOOL))
    assert one.array.tolist() == [4, 4]


def test_unravel_index_undoes_the_count_of_places() -> None:
    shape = (3, 4, 2)
    rows = [call("unravel_index", ints(n), shape) for n in range(24)]
    assert [tuple(int(one.array) for one in row) for row in rows] == list(places(shape))
    assert [one.array.tolist() for one in call("unravel_index", ints([[5, 0]]), 7)] == [[[5, 0]]]


# -- writing --------------------------------------------------------------------------------------------------------

COMBINED: dict[str, Callable[[float, float], float]] = {
    "sum": lambda a, b: a + b,
    "prod": lambda a, b: a * b,
    "mean": lambda a, b: a + b,
    "amax": max,
    "amin": min,
}


def reduced(before: float, sent: list[float], kind: str, include_self: bool) -> float:
    """What one place holds after all that was sent to it was reduced with what it held."""
    if not sent:
        return before
    terms = [before, *sent] if include_self else sent
    total = folded(COMBINED[kind], terms)
    return total / len(terms) if kind == "mean" else total


def arrivals(index: Tensor, src: np.ndarray, dim: int) -> dict[Shape, list[float]]:
    """All that an index of elements sends to each place."""
    found: dict[Shape, list[float]] = {}
    for place in places(index.shape):
        found.setdefault(moved(place, dim, int(index.array[place])), []).append(float(src[place]))
    return found


def slices_sent(index: list[int], source: np.ndarray, dim: int) -> dict[Shape, list[float]]:
    """All that an index of slices sends to each place."""
    found: dict[Shape, list[float]] = {}
    for place in places(source.shape):
        found.setdefault(moved(place, dim, index[place[dim]]), []).append(float(source[place]))
    return found


def assert_holds(made: Tensor, given: Tensor, sent: dict[Shape, list[float]], kind: str, own: bool = True) -> None:
    for place in places(given.shape):
        wanted = reduced(float(given.array[place]), sent.get(place, []), kind, own)
        assert made.array[place] == pytest.approx(wanted, rel=1e-15), place


def cases() -> Iterator[tuple[Tensor, int, Tensor, Tensor]]:
    """A tensor, a dimension, an index with places named twice, and what is sent: larger than the index."""
    for seed, (shape, strides, offset) in enumerate(FILLED):
        if any(size > 1 and step == 0 for size, step in zip(shape, strides, strict=True)):
            continue
        for dim in range(max(len(shape), 1)):
            given, index = strided(shape, strides, offset), along(shape, dim, 3, seed)
            given.array[...] = given.array % 5 - 1.5
            larger = tuple(size + 1 for size in index.shape)
            src = floats(np.arange(float(np.prod(larger))).reshape(larger) * 7 % 11 - 4.5)
            yield given, dim, index, src


def test_scatter_add_adds_all_that_arrives() -> None:
    for given, dim, index, src in cases():
        assert_holds(call("scatter_add", given, dim, index, src), given, arrivals(index, src.array, dim), "sum")


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("kind", list(COMBINED))
def test_scatter_reduce_is_a_fold_over_all_that_arrives(kind: str, own: bool) -> None:
    for given, dim, index, src in cases():
        made = call("scatter_reduce", given, dim, index, src, kind, include_self=own)
        assert_holds(made, given, arrivals(index, src.array, dim), kind, own)


def test_scatter_puts_what_arrives_alone_and_promises_nothing_of_two() -> None:
    for given, dim, index, src in cases():
        made, sent = call("scatter", given, dim, index, src), arrivals(index, src.array, dim)
        specified = np.broadcast_to(np.asarray(made.specified), given.shape)
        for place in places(given.shape):
            values = set(sent.get(place, [float(given.array[place])]))
            assert bool(specified[place]) is (len(values) == 1)
            assert float(made.array[place]) in values
        filled = call("scatter", given, dim, index, 9)
        assert {place for place in places(given.shape) if filled.array[place] == 9} == set(sent)
        assert_holds(call("scatter", given, dim, index, src, reduce="multiply"), given, sent, "prod")


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("kind", ["prod", "mean", "amax", "amin"])
def test_index_reduce_is_a_fold_over_slices(kind: str, own: bool) -> None:
    given = strided((2, 3, 4), (1, 2, 6), 1)
    source = floats(np.arange(24.0).reshape(2, 3, 4) * 5 % 13 - 3.5)
    made = call("index_reduce", given, 1, ints([2, 0, 2], INT32), source, kind, include_self=own)
    assert_holds(made, given, slices_sent([2, 0, 2], source.array, 1), kind, own)


def test_index_add_and_index_copy_and_index_fill_write_slices() -> None:
    given = strided((3, 4), (1, 3), 2)
    source = floats(np.arange(8.0).reshape(2, 4) + 0.5)
    sent = slices_sent([2, 0], source.array, 0)
    assert_holds(call("index_add", given, 0, ints([2, 0]), source), given, sent, "sum")
    doubled = {place: [2 * value for value in values] for place, values in sent.items()}
    assert_holds(call("index_add", given, -2, ints([2, 0]), source, alpha=2), given, doubled, "sum")
    copied = call("index_copy", given, 0, ints([2, 0]), source)
    assert copied.array.tolist() == [source.array[1].tolist(), given.array[1].tolist(), source.array[0].tolist()]
    filled = call("index_fill", given, 1, ints([-1, 0]), floats(-7.0))
    assert filled.array[:, [0, 3]].tolist() == [[-7, -7]] * 3
    assert filled.array[:, 1:3].tolist() == given.array[:, 1:3].tolist()


def test_put_counts_row_by_row() -> None:
    given = strided((2, 3), (1, 2), 1)
    listed = [float(given.array[place]) for place in places((2, 3))]
    made = call("put", given, ints([[5], [-6]]), floats([[10.0], [20.0]]))
    assert made.array.ravel().tolist() == [20, *listed[1:5], 10]
    added = call("put", given, ints([1, 1, -5]), floats([1.0, 2.0, 4.0]), True)
    assert added.array.ravel().tolist() == [listed[0], listed[1] + 7, *listed[2:]]


def test_masked_scatter_fills_in_order() -> None:
    given = strided((2, 3), (3, 1), 0)
    mask = Tensor.of(np.array([[True, False, True], [False, False, True]]), BOOL)
    made = call("masked_scatter", given, mask, floats([[9.0, 8.0], [7.0, 6.0]]))
    assert made.array.tolist() == [[9, 1, 8], [3, 4, 7]]


def test_integers_wrap_around_and_their_mean_is_rounded_down() -> None:
    given = ints([100, -100, 1], INT8)
    added = call("scatter_add", given, 0, ints([0, 1]), ints([100, -100], INT8))
    assert added.array.tolist() == [-56, 56, 1]
    mean = call("scatter_reduce", given, 0, ints([2, 2]), ints([-2, -3], INT8), "mean", include_self=False)
    assert mean.array.tolist() == [100, -100, -3]
    least = call("scatter_reduce", given, 0, ints([0]), ints([120], INT8), "amin", include_self=False)
    assert least.array.tolist() == [120, -100, 1]


X, PAIR = floats([[0.0, 1.0], [2.0, 3.0]]), floats([1.0, 2.0])
REFUSED: list[tuple[str, tuple[Any, ...], str]] = [
    ("gather", (X, 0, ints([0])), "RuntimeError"),
    ("gather", (X, 0, ints([[0, 0, 0]])), "RuntimeError"),
    ("gather", (X, 0, ints([[2, 0]])), "RuntimeError"),
    ("gather", (X, 0, ints([[-1, 0]])), "RuntimeError"),
    ("gather", (X, 2, ints([[0, 0]])), "IndexError"),
    ("gather", (X, 0, floats([[0.0]])), "RuntimeError"),
    ("take_along_dim", (X, ints([0], INT32), 0), "RuntimeError"),
    ("take_along_dim", (X, ints([0]), 0), "RuntimeError"),
    ("index_select", (X, 0, ints([[0]])), "IndexError"),
    ("index_select", (floats(1.0), 0, ints([0, 0])), "RuntimeError"),
    ("take", (X, ints([4])), "IndexError"),
    ("take", (X, ints([-5])), "IndexError"),
    ("take", (floats([]), ints([0])), "IndexError"),
    ("masked_select", (X, ints([0, 1], UINT8)), "RuntimeError"),
    ("unravel_index", (ints([0]), (2, -1)), "ValueError"),
    ("scatter", (X, 0, ints([[0, 0]]), PAIR), "RuntimeError"),
    ("scatter", (X, 0, ints([[0, 0], [1, 1], [0, 1]]), X), "RuntimeError"),
    ("scatter_add", (X, 0, ints([[0, 2]]), X), "RuntimeError"),
    ("scatter_add", (X, 0, ints([[0, 1]]), Tensor.of(np.ones((2, 2)), FLOAT32)), "RuntimeError"),
    ("scatter_reduce", (X, 0, ints([[0]]), X, "median"), "RuntimeError"),
    ("index_add", (X, 0, ints([0]), X), "RuntimeError"),
    ("index_add", (X, 0, ints([0, 1]), PAIR), "RuntimeError"),
    ("index_copy", (X, 0, ints([0, 1], INT32), X), "RuntimeError"),
    ("index_copy", (X, 0, ints([0, 2]), X), "IndexError"),
    ("index_fill", (X, 0, ints([2]), 1), "IndexError"),
    ("index_fill", (X, 0, ints([0]), PAIR), "RuntimeError"),
    ("index_fill", (X, 0, ints([0]), 1j), "RuntimeError"),
    ("index_reduce", (X, 0, ints([0, 1]), X, "sum"), "RuntimeError"),
    ("put", (X, ints([0]), PAIR), "IndexError"),
    ("put", (X, ints([0, 4]), PAIR), "IndexError"),
    ("masked_scatter", (X, Tensor.of(np.ones((2, 2), bool), BOOL), PAIR), "RuntimeError"),
]


@pytest.mark.parametrize(("name", "args", "kind"), REFUSED)
def test_what_names_no_place_is_refused(name: str, args: tuple[Any, ...], kind: str) -> None:
    with pytest.raises(Refusal) as caught:
        call(name, *args)
    assert caught.value.kind in (kind, "Exception")
