"""resize_, resize_as_ and set_: what is kept, what has no value, what moves along, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from reference.dtypes import FLOAT32, INT64
from reference.errors import Refusal
from reference.numpy_sharing import from_numpy
from reference.storage_changes import resize_, resize_as_, set_
from reference.tensor import METHODS, Tensor


def counting(count: int) -> Tensor:
    return Tensor.of(np.arange(count, dtype=np.float32), FLOAT32)


def test_a_smaller_size_keeps_the_storage() -> None:
    x = counting(6)
    assert resize_(x, 2, 2) is x
    assert (x.array.tolist(), x.strides, x.version) == ([[0, 1], [2, 3]], (2, 1), 1)
    assert resize_(x, (6,)).array.tolist() == [0, 1, 2, 3, 4, 5]
    assert x.specified is True


def test_what_is_new_has_no_value() -> None:
    x = resize_(counting(6), 3, 3)
    assert isinstance(x.specified, np.ndarray)
    assert x.specified.tolist() == [[True] * 3, [True] * 3, [False] * 3]
    assert x.array[:2].tolist() == [[0, 1, 2], [3, 4, 5]]
    scalar = resize_(resize_(counting(1), 0), ())
    assert scalar.specified is True


def test_strides_are_ignored_unless_the_size_is_the_same() -> None:
    transposed = METHODS["t"](counting(6).reshape(2, 3))
    assert resize_(transposed, 3, 2).strides == (1, 3)
    assert transposed.version == 0
    assert resize_(transposed, (3, 2), memory_format="contiguous").strides == (1, 3)
    assert resize_(transposed, 2, 3).array.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_view_grows_the_storage_of_its_base() -> None:
    x = counting(6)
    part = resize_(METHODS["narrow"](x, 0, 1, 2), 8)
    assert (part.offset, part.shape, x.shape, x.storage.nbytes) == (1, (8,), (6,), 36)
    METHODS["fill_"](x, 7)
    assert part.array[:5].tolist() == [7] * 5


def test_channels_last() -> None:
    assert resize_(counting(3), 2, 2, 2, 2, memory_format="channels_last").strides == (8, 1, 4, 2)


def test_resize_as() -> None:
    assert resize_as_(counting(6), METHODS["t"](counting(4).reshape(2, 2))).strides == (2, 1)


def test_set_to_another_tensor() -> None:
    x, y = counting(3), METHODS["t"](counting(6).reshape(2, 3))
    assert set_(x, y) is x
    assert (x.shape, x.strides, x.version, y.version) == ((3, 2), (1, 3), 1, 0)
    METHODS["fill_"](y, 5)
    assert x.array.tolist() == [[5, 5]] * 3


def test_set_to_a_part() -> None:
    y = METHODS["narrow"](counting(9), 0, 1, 8)
    assert set_(counting(1), y, 2, (2, 2), (1, 3)).array.tolist() == [[3, 6], [4, 7]]
    assert set_(counting(1), y, 2, (2, 2)).array.tolist() == [[3, 4], [5, 6]]
    grown = set_(counting(1), y, 6, (3,))
    assert isinstance(grown.specified, np.ndarray)
    assert grown.specified.tolist() == [True, True, False]
    assert y.storage is grown.storage


def test_set_to_nothing() -> None:
    x = set_(counting(3))
    assert (x.shape, x.strides, x.storage.nbytes) == ((0,), (1,), 0)


def leaf() -> Tensor:
    return counting(4).requires_grad_()


REFUSED: list[Callable[[], Any]] = [
    lambda: resize_(leaf(), 2),
    lambda: resize_(leaf() * 2, 2),
    lambda: resize_(counting(4), 2, -1),
    lambda: resize_(counting(4), 2, memory_format="preserve"),
    lambda: resize_(counting(4), 2, memory_format="channels_last"),
    lambda: resize_(from_numpy(np.arange(3)), 4),
    lambda: set_(leaf(), counting(2)),
    lambda: set_(counting(2), Tensor.of(np.arange(3), INT64)),
    lambda: set_(counting(2), METHODS["t"](counting(4).reshape(2, 2)), 0, (2,)),
    lambda: set_(counting(2), counting(4), -1, (2,)),
    lambda: set_(counting(2), counting(4), 0, (2, -1)),
    lambda: set_(counting(2), counting(4), 0, (2,), (-1,)),
    lambda: set_(counting(2), counting(4), 0, (2,), (1, 1)),
]


@pytest.mark.parametrize("call", REFUSED)
def test_refused(call: Callable[[], Any]) -> None:
    with pytest.raises(Refusal):
        call()


def test_a_refused_call_changes_nothing() -> None:
    x = counting(4)
    for size, memory_format in (((2, -1), "contiguous"), ((2, 3), "channels_last")):
        with pytest.raises(Refusal):
            resize_(x, size, memory_format=memory_format)
        assert (x.shape, x.strides, x.version) == ((4,), (1,), 0)
