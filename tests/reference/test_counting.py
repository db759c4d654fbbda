"""Counts against Python's own: distinct elements and slices, integers with weights."""

from __future__ import annotations

import math
import struct
from functools import reduce
from itertools import groupby
from operator import xor
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.dtypes import BFLOAT16, BOOL, FLOAT32, FLOAT64, INT32, INT64, UINT8, UINT64, DType
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor

VALUES = np.array([[2.0, 1.0, 2.0, 2.0], [-1.0, 0.0, -0.0, 2.0]])
SLICES = np.array([[[2, 1], [0, 3]], [[2, 1], [0, 3]], [[1, 9], [0, 0]], [[2, 1], [0, 3]]])


def test_distinct_elements() -> None:
    values, inverse, counts = METHODS["unique"](Tensor.of(VALUES, FLOAT32), True, True, True)
    assert values.array.tolist() == sorted(set(VALUES.ravel().tolist()))
    np.testing.assert_array_equal(values.array[inverse.array], VALUES)
    assert counts.array.tolist() == [(value == VALUES).sum() for value in values.array]
    assert METHODS["unique"](Tensor.of(VALUES, BFLOAT16)).array.tolist() == values.array.tolist()


def test_every_nan_is_distinct_and_which_is_which_is_open() -> None:
    given = Tensor.of(np.array([math.nan, 1.0, math.nan]), FLOAT32)
    values, inverse, counts = METHODS["unique"](given, True, True, True)
    np.testing.assert_array_equal(values.array, [1, math.nan, math.nan])
    assert counts.array.tolist() == [1, 1, 1]
    assert inverse.specified.tolist() == [False, True, False]


def test_runs() -> None:
    values, inverse, counts = METHODS["unique_consecutive"](Tensor.of(VALUES, FLOAT32), True, True)
    runs = [(value, len(list(run))) for value, run in groupby(VALUES.ravel().tolist())]
    assert list(zip(values.array.tolist(), counts.array.tolist(), strict=True)) == runs
    np.testing.assert_array_equal(values.array[inverse.array], VALUES)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_distinct_slices(dim: int) -> None:
    given = Tensor.of(SLICES, INT64)
    slices = [np.take(SLICES, place, dim).ravel().tolist() for place in range(SLICES.shape[dim])]
    values, inverse, counts = METHODS["unique"](given, True, True, True, dim)
    expected = sorted({tuple(one) for one in slices})
    found = [tuple(np.take(values.array, place, dim).ravel().tolist()) for place in range(values.shape[dim])]
    assert found == expected
    assert inverse.array.tolist() == [expected.index(tuple(one)) for one in slices]
    assert counts.array.tolist() == [slices.count(list(one)) for one in expected]
    values, inverse, counts = METHODS["unique_consecutive"](given, True, True, dim)
    assert counts.array.tolist() == [len(list(run)) for _, run in groupby(slices)]
    np.testing.assert_array_equal(np.take(values.array, inverse.array, dim), SLICES)


def test_of_slices_too_nan_is_the_largest_and_equals_nothing() -> None:
    given = Tensor.of(np.array([[np.nan, 0], [1, 2], [np.nan, 0], [1, np.nan], [1, 2]]), FLOAT32)
    values, inverse, counts = METHODS["unique"](given, True, True, True, 0)
    np.testing.assert_array_equal(values.array, [[1, 2], [1, np.nan], [np.nan, 0], [np.nan, 0]])
    assert counts.array.tolist() == [2, 1, 1, 1]
    assert inverse.array[[1, 4]].tolist() == [0, 0]
    assert inverse.specified.tolist() == [False, True, False, False, True]


def test_integers() -> None:
    given = Tensor.of(np.array([3, 1, 3]), INT32)
    assert METHODS["bincount"](given).array.tolist() == [0, 1, 0, 2]
    assert METHODS["bincount"](given, minlength=6).array.tolist() == [0, 1, 0, 2, 0, 0]
    weighted = METHODS["bincount"](given, Tensor.of(np.array([0.5, 2, 0.25]), FLOAT32))
    assert weighted.array.tolist() == [0, 2, 0, 0.75]
    assert weighted.dtype is FLOAT32
    nothing = Tensor.of(np.zeros(0), INT32)
    assert METHODS["bincount"](nothing, Tensor.of(np.zeros(0), INT64)).dtype is FLOAT64
    assert METHODS["bincount"](nothing, minlength=2).array.tolist() == [0, 0]
    assert METHODS["bincount"](Tensor.of(np.zeros(0), UINT8)).shape == (0,)


def test_elements_that_are_not_zero() -> None:
    given = Tensor.of(np.array([[math.nan, 0, -0.0], [1, 2, 0]]), FLOAT32)
    assert METHODS["count_nonzero"](given).item() == 3
    assert METHODS["count_nonzero"](given, 1).array.tolist() == [1, 2]
    assert METHODS["count_nonzero"](given, (-1, 0)).item() == 3


@pytest.mark.parametrize(
    "call",
    [
        lambda x: METHODS["bincount"](Tensor.of(np.array([-1]), INT32)),
        lambda x: METHODS["bincount"](Tensor.of(np.array([[1]]), INT32)),
        lambda x: METHODS["bincount"](Tensor.of(np.array([1]), INT32), x),
        lambda x: METHODS["bincount"](Tensor.of(np.array([1]), INT32), minlength=-1),
        lambda x: METHODS["unique"](Tensor.of(np.zeros((0, 2)), FLOAT32), dim=1),
        lambda x: METHODS["unique"](Tensor.of(np.zeros((0, 0)), FLOAT32), dim=1),
        lambda x: METHODS["unique"](Tensor.of(np.array(1.0), BOOL), dim=0),
    ],
)
def test_refusals(call: Any) -> None:
    with pytest.raises(Refusal):
        call(Tensor.of(np.array([1.0, 2.0]), FLOAT32))


def bits(value: float) -> int:
    """The bits of a float64, or of an int64."""
    (found,) = struct.unpack("<Q", struct.pack("<d" if isinstance(value, float) else "<q", value))
    return int(found)


@pytest.mark.parametrize("dtype", [FLOAT32, BFLOAT16, INT32, BOOL])
def test_a_hash_is_the_exclusive_or_of_64_bits(dtype: DType) -> None:
    x = Tensor.of(VALUES, dtype)
    rows = [[bits(int(value) if dtype in (INT32, BOOL) else float(value)) for value in row] for row in x.array.tolist()]
    hashed = METHODS["hash_tensor"](x)
    assert (hashed.dtype, hashed.item()) == (UINT64, reduce(xor, rows[0] + rows[1]))
    assert METHODS["hash_tensor"](x, 1).array.tolist() == [reduce(xor, row) for row in rows]
    assert METHODS["hash_tensor"](x, (0, 1), keepdim=True).shape == (1, 1)


def test_nothing_has_no_hash() -> None:
    nothing = Tensor.of(np.zeros((0, 3)), FLOAT32)
    assert METHODS["hash_tensor"](Tensor.of(np.zeros((2, 0)), FLOAT32), 0).shape == (0,)
    for arguments in ((), (0,), ((0, 1),)):
        with pytest.raises(Refusal):
            METHODS["hash_tensor"](nothing, *arguments)
    with pytest.raises(Refusal):
        METHODS["hash_tensor"](Tensor.of(VALUES, FLOAT32), mode=1)
