"""Sorting and ranks against Python's own sort, row by row; what of an index is left open; the gradients."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.dtypes import BFLOAT16, BOOL, FLOAT16, FLOAT32, FLOAT64, INT8, INT32, DType
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from tests.reference.gradients import Example, method

NAN = math.nan
VALUES = np.array(
    [[[3.0, 1, 2, 1], [0, -0.0, 5, -4]], [[NAN, 7, 7, 7], [2, NAN, NAN, -1]], [[1, 2, 3, 4], [6, 6, 5, 5]]]
)
DISTINCT = np.array([[0.7, -1.3, 0.4], [2.1, 0.9, -0.6]])


def key(value: float) -> tuple[bool, float]:
    """NaN is larger than any number."""
    return (value != value, 0.0 if value != value else value)


def each_row(array: np.ndarray, dim: int) -> Any:
    moved = np.moveaxis(array, dim, -1)
    return ((place, moved[place].tolist()) for place in np.ndindex(moved.shape[:-1]))


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("dim", [0, 1, 2, -1])
@pytest.mark.parametrize("dtype", [FLOAT64, BFLOAT16, FLOAT16], ids=repr)
def test_a_stable_sort(dim: int, descending: bool, dtype: DType) -> None:
    values, indices = METHODS["sort"](Tensor.of(VALUES, dtype), dim, descending, stable=True)
    sorted_rows, index_rows = np.moveaxis(values.array, dim, -1), np.moveaxis(indices.array, dim, -1)
    for place, row in each_row(VALUES, dim):
        # Python's sort is stable in reverse too.
        order = [at for at, _ in sorted(enumerate(row), key=lambda pair: key(pair[1]), reverse=descending)]
        assert index_rows[place].tolist() == order
        np.testing.assert_array_equal(sorted_rows[place].astype(float), [row[at] for at in order])
    assert indices.specified is True


def test_an_unstable_sort_leaves_equal_elements_in_any_order() -> None:
    _, indices = METHODS["sort"](Tensor.of(VALUES[:1], FLOAT32))
    assert indices.specified.tolist() == [[[False, False, True, True], [True, False, False, True]]]
    assert METHODS["sort"](Tensor.of(DISTINCT, FLOAT32))[1].specified is True


@pytest.mark.parametrize("largest", [False, True])
@pytest.mark.parametrize("k", [0, 1, 3, 4])
def test_topk(k: int, largest: bool) -> None:
    values, indices = METHODS["topk"](Tensor.of(VALUES, FLOAT64), k, largest=largest)
    for place, row in each_row(VALUES, -1):
        np.testing.assert_array_equal(values.array[place], sorted(row, key=key, reverse=largest)[:k])
        np.testing.assert_array_equal(np.array(row)[indices.array[place]], values.array[place])
    # The second largest of [3, 1, 2, 1] is one element, the third largest one of two.
    if k == 3 and largest:
        assert indices.specified[0, 0].tolist() == [True, True, False]


@pytest.mark.parametrize("k", [1, 2, 4])
def test_kthvalue(k: int) -> None:
    values, indices = METHODS["kthvalue"](Tensor.of(VALUES, FLOAT32), k, 2)
    for place, row in each_row(VALUES, 2):
        np.testing.assert_array_equal(values.array[place], sorted(row, key=key)[k - 1])
        np.testing.assert_array_equal(row[indices.array[place]], values.array[place])
        expected = sum(key(one) == key(sorted(row, key=key)[k - 1]) for one in row) == 1
        assert bool(np.broadcast_to(indices.specified, indices.shape)[place]) == expected


@pytest.mark.parametrize("dim", [0, 2])
def test_medians(dim: int) -> None:
    given = Tensor.of(VALUES, FLOAT32)
    median, nanmedian = METHODS["median"](given, dim)[0], METHODS["nanmedian"](given, dim)[0]
    for place, row in each_row(VALUES, dim):
        numbers = sorted(one for one in row if one == one)
        lower = numbers[(len(numbers) - 1) // 2] if numbers else NAN
        np.testing.assert_array_equal(nanmedian.array[place], lower)
        np.testing.assert_array_equal(median.array[place], lower if len(numbers) == len(row) else NAN)


def test_medians_of_all() -> None:
    given = Tensor.of(VALUES, FLOAT32)
    assert math.isnan(METHODS["median"](given).item())
    assert METHODS["nanmedian"](given).item() == sorted(VALUES[VALUES == VALUES])[(np.sum(VALUES == VALUES) - 1) // 2]
    assert METHODS["median"](Tensor.of(np.array([4, 1, 3, 2]), INT8)).item() == 2
    assert math.isnan(METHODS["median"](Tensor.of(np.zeros(0), FLOAT32)).item())
    assert METHODS["median"](Tensor.of(np.zeros(0), INT32)).specified is False


def test_mode() -> None:
    values, indices = METHODS["mode"](Tensor.of(VALUES, FLOAT32), -1)
    for place, row in each_row(VALUES, -1):
        counts = Counter(one for one in row if one == one)
        best = max(counts.values())
        modes = [value for value, count in counts.items() if count == best]
        certain = len(modes) == 1 and sum(one != one for one in row) < best
        assert bool(np.broadcast_to(values.specified, values.shape)[place]) == certain
        if certain:
            assert values.array[place] == modes[0]
            assert row[indices.array[place]] == modes[0]
            assert bool(indices.specified[place]) == (best == 1)
    only = METHODS["mode"](Tensor.of(np.array([False, False]), BOOL))
    assert only[1].specified.tolist() is False


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda x: METHODS["sort"](x, 2), "IndexError"),
        (lambda x: METHODS["median"](x, 0), "IndexError"),
        (lambda x: METHODS["mode"](x, 0), "IndexError"),
        (lambda x: METHODS["kthvalue"](x, 1, 0), "IndexError"),
        (lambda x: METHODS["kthvalue"](x, 4, 1), "RuntimeError"),
        (lambda x: METHODS["kthvalue"](x, 0, 1), "RuntimeError"),
        (lambda x: METHODS["topk"](x, 1, 0), "RuntimeError"),
        (lambda x: METHODS["topk"](METHODS["to"](x, BOOL), 1), "RuntimeError"),
    ],
)
def test_refusals(call: Any, kind: str) -> None:
    with pytest.raises(Refusal) as refusal:
        call(Tensor.of(np.zeros((0, 3)), FLOAT32))
    assert refusal.value.kind == kind


EXAMPLES = [
    *(method(name, DISTINCT) for name in ("sort", "msort", "median", "nanmedian", "mode")),
    *(method(name, DISTINCT, dim=0) for name in ("sort", "median", "nanmedian", "mode")),
    method("topk", DISTINCT, k=2),
    method("topk", DISTINCT, k=1, dim=0, largest=False),
    method("kthvalue", DISTINCT, k=2),
    method("kthvalue", DISTINCT, k=2, dim=0, keepdim=True),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_gradients(example: Example) -> None:
    example.check()
