"""Broadcasting. Source: https://docs.pytorch.org/docs/stable/notes/broadcasting.html"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference.errors import refuse

Shape = tuple[int, ...]


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The shape to which all shapes expand: aligned at their ends, each size equal or one.

    >>> broadcast_shapes((5, 1), (4,), ())
    (5, 4)
    """
    if all(shape == shapes[0] for shape in shapes):
        return shapes[0] if shapes else ()
    result = [1] * max(len(shape) for shape in shapes)
    for shape in shapes:
        for position in range(-len(shape), 0):
            size = shape[position]
            if size == 1 or size == result[position]:
                continue
            if result[position] != 1:
                refuse(
                    f"The size of tensor a ({result[position]}) must match the size of tensor b ({size})"
                    f" at non-singleton dimension {len(result) + position}"
                )
            result[position] = size
    return tuple(result)


def expanded_strides(shape: Sequence[int], strides: Sequence[int], target: Shape) -> tuple[int, ...]:
    """The strides of a tensor expanded to ``target``: 0 where a size of one is repeated, or a dimension is new."""
    missing = len(target) - len(shape)
    kept = (
        0 if size == 1 and wanted != 1 else stride
        for size, stride, wanted in zip(shape, strides, target[missing:], strict=True)
    )
    return (0,) * missing + tuple(kept)


def broadcast_array(array: np.ndarray, shape: Shape) -> np.ndarray:
    """The array expanded to ``shape``; itself where it has it, since NumPy takes its time to find that."""
    return array if array.shape == shape else np.broadcast_to(array, shape)
