"""Memory shared with NumPy: writes are seen on both sides, and what cannot be shared is refused."""

from __future__ import annotations

import gc
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from reference import construction, creation, numpy_sharing
from reference.dtypes import BFLOAT16, INT16, INT32, TORCH_DTYPES, DType
from reference.errors import Refusal


def refused(kind: str, call: Any, *args: Any, **kwargs: Any) -> None:
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    assert caught.value.kind == kind


@pytest.mark.parametrize("dtype", [dtype for dtype in TORCH_DTYPES if dtype is not BFLOAT16])
def test_writes_are_seen_on_both_sides(dtype: DType) -> None:
    array = np.zeros((4, 6), dtype=dtype.numpy).T[1:, ::2]
    tensor = numpy_sharing.from_numpy(array)
    assert (tensor.dtype, tensor.shape, tensor.strides) == (dtype, (5, 2), (1, 12))
    array[3, 1] = 1
    assert tensor.array[3, 1] == 1
    numpy_sharing.numpy(tensor)[0, 0] = 1
    assert array[0, 0] == 1
    assert tensor.version == 0
    assert tensor.storage.address == array.ctypes.data


def test_an_empty_and_a_0_d_array() -> None:
    empty = np.zeros((0, 3))
    shared = numpy_sharing.from_numpy(empty)
    assert shared.shape == (0, 3)
    assert shared.strides == tuple(stride // 8 for stride in empty.strides)
    single = np.array(3)
    numpy_sharing.from_numpy(single).array[...] = 4
    assert single == 4


def test_the_memory_outlives_the_array() -> None:
    tensor = numpy_sharing.from_numpy(np.full(1000, 7.0))
    shared = numpy_sharing.numpy(tensor)
    del tensor
    gc.collect()
    np.full(1000, 8.0)
    assert (shared == 7).all()


@pytest.mark.parametrize(
    ("kind", "array"),
    [
        ("ValueError", np.arange(3)[::-1]),
        ("ValueError", np.ones((1, 3))[::-1]),
        ("ValueError", np.arange(3, dtype=">i4")),
        ("ValueError", np.ndarray((2,), np.int32, bytearray(16), 0, (6,))),
        ("TypeError", np.ones(2, dtype=np.longdouble)),
        ("TypeError", np.ones(2, dtype=ml_dtypes.bfloat16)),
        ("TypeError", np.array(["a"])),
        ("TypeError", np.array([None])),
        ("TypeError", [1, 2]),
        ("TypeError", np.float32(1)),
    ],
)
def test_what_from_numpy_refuses(kind: str, array: Any) -> None:
    refused(kind, numpy_sharing.from_numpy, array)


def test_a_read_only_array_is_shared() -> None:
    array = np.ones(2)
    array.flags.writeable = False
    assert numpy_sharing.from_numpy(array).storage.address == array.ctypes.data


def test_numpy_refuses_what_requires_a_gradient_and_bfloat16() -> None:
    tracked = creation.ones(2, requires_grad=True)
    refused("RuntimeError", numpy_sharing.numpy, tracked)
    assert numpy_sharing.numpy(tracked, force=True).tolist() == [1, 1]
    refused("TypeError", numpy_sharing.numpy, creation.ones(2, dtype=BFLOAT16))


def test_array_of_copies_only_to_change_the_dtype() -> None:
    tensor = creation.ones(2)
    assert np.shares_memory(numpy_sharing.array_of(tensor), tensor.array)
    assert numpy_sharing.array_of(tensor, INT32).dtype == np.int32


def test_tensor_copies_and_as_tensor_shares() -> None:
    array = np.ones((2, 3)).T
    copied, shared = construction.tensor(array), construction.as_tensor(array)
    array[0, 0] = 5
    assert (copied.array[0, 0], shared.array[0, 0]) == (1, 5)
    assert copied.strides == (1, 3)


def test_dlpack_shares_and_starts_anew() -> None:
    whole = construction.tensor([0.0, 1.0, 2.0, 3.0])
    lent = numpy_sharing.from_dlpack(whole.view_as((2,), (2,), 1))
    assert (lent.offset, lent.strides, lent.version) == (0, (2,), 0)
    lent.array[0] = 9
    assert whole.array.tolist() == [0, 9, 2, 3]
    refused("BufferError", numpy_sharing.from_dlpack, creation.ones(2, requires_grad=True))
    refused("BufferError", numpy_sharing.from_dlpack, np.array(["a"]))
    refused("RuntimeError", numpy_sharing.from_dlpack, np.arange(3)[::-1])
    copied = numpy_sharing.from_dlpack(whole, copy=True)
    copied.array[0] = 5
    assert whole.array[0] == 0


def test_a_buffer_is_read_from_an_offset_as_another_dtype() -> None:
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    halves = numpy_sharing.frombuffer(array, dtype=INT16, offset=4)
    assert (halves.dtype, halves.shape) == (INT16, (10,))
    two = numpy_sharing.frombuffer(array, dtype=INT32, count=2, offset=8)
    assert two.array.tolist() == [2, 3]
    two.array[0] = 70
    assert array[0, 2] == 70
    assert halves.array[2] == 70


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("ValueError", {"count": 0}),
        ("ValueError", {"count": 4}),
        ("ValueError", {"offset": -1}),
        ("ValueError", {"offset": 12}),
        ("ValueError", {"offset": 2}),
        ("ValueError", {"offset": 8, "count": 2}),
    ],
)
def test_what_frombuffer_refuses(kind: str, arguments: dict[str, int]) -> None:
    with pytest.raises(Refusal) as caught:
        numpy_sharing.frombuffer(np.zeros(3, np.int32), dtype=INT32, **arguments)
    assert caught.value.kind == kind


@pytest.mark.parametrize(("kind", "array"), [("RuntimeError", np.zeros(6)[::2]), ("ValueError", np.zeros(0))])
def test_an_array_with_gaps_or_nothing_in_it_is_no_buffer(kind: str, array: np.ndarray) -> None:
    with pytest.raises(Refusal) as caught:
        numpy_sharing.frombuffer(array, dtype=INT32)
    assert caught.value.kind == kind
