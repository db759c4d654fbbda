"""Functions that NumPy lacks are computed in long double. That takes long: what was computed lately is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from reference.layout import Shape


def in_long_double(kernel: Callable[..., Any], *inputs: np.ndarray) -> Any:
    """What a kernel gives in long double for inputs of one dtype: an array, or a tuple of them, not to be written to.

    One call is asked of in many ways: in place, with ``out=``, for a gradient. ``kernel`` has to be the same object.
    """
    return _computed(kernel, inputs[0].dtype, tuple(one.shape for one in inputs), *(one.tobytes() for one in inputs))


@lru_cache(maxsize=16)
def _computed(kernel: Callable[..., Any], dtype: np.dtype[Any], shapes: Sequence[Shape], *data: bytes) -> Any:
    inputs = (np.frombuffer(one, dtype).reshape(shape) for one, shape in zip(data, shapes, strict=True))
    result = kernel(*(one.astype(np.longdouble) for one in inputs))
    return tuple(map(_settled, result)) if isinstance(result, tuple) else _settled(result)


def _settled(result: Any) -> np.ndarray:
    array = np.asarray(result)
    array.flags.writeable = False
    return array
