"""Sliding windows over images: the one story behind convolution and pooling.

``im2col`` lays out the window at every output position as a column, ``col2im`` adds columns back where they came
from: each is the other's adjoint. https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.errors import refuse
from reference.function import function
from reference.reduction import computing_array
from reference.tensor import Tensor

Pair = tuple[int, int]


def pair(value: int | Sequence[int], name: str) -> Pair:
    """One number for both dimensions of an image, or one for each.

    >>> pair(3, "kernel_size"), pair((1, 2), "stride")
    ((3, 3), (1, 2))
    """
    values = (value,) if isinstance(value, int) else tuple(value)
    if len(values) not in (1, 2):
        refuse(f"{name} must be a single int, or a tuple of two ints")
    return (values[0], values[-1])


@dataclass(frozen=True)
class Windows:
    """Which pixels each window covers. ``outputs`` is how many fit, ``image`` the size of what they slide over."""

    image: Pair
    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    outputs: Pair

    @classmethod
    def over(
        cls, image: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, *, ceil: bool = False
    ) -> Windows:
        """As many windows as fit in the padded image; with ``ceil`` the last may reach beyond it."""
        sizes = zip(image, kernel, stride, padding, dilation, strict=True)
        outputs = tuple(_count(*each, ceil=ceil) for each in sizes)
        return cls(image, kernel, stride, padding, dilation, (outputs[0], outputs[1]))

    def indices(self) -> np.ndarray:
        """The flat index in the image of every window's every pixel, -1 in the padding: (kernel, outputs)."""
        lines = [self._line(axis) for axis in (0, 1)]
        rows, columns = lines[0][:, None, :, None], lines[1][None, :, None, :]
        inside = (rows >= 0) & (rows < self.image[0]) & (columns >= 0) & (columns < self.image[1])
        flat = np.where(inside, rows * self.image[1] + columns, -1)
        return flat.reshape(self.kernel[0] * self.kernel[1], self.outputs[0] * self.outputs[1])

    def _line(self, axis: int) -> np.ndarray:
        """The coordinate along one axis: (kernel, outputs)."""
        offsets = np.arange(self.kernel[axis]) * self.dilation[axis]
        starts = np.arange(self.outputs[axis]) * self.stride[axis] - self.padding[axis]
        return np.asarray(offsets[:, None] + starts[None, :])


def _count(image: int, kernel: int, stride: int, padding: int, dilation: int, *, ceil: bool) -> int:
    room = image + 2 * padding - dilation * (kernel - 1) - 1
    count = (room + (stride - 1 if ceil else 0)) // stride + 1
    # A window that would start in the padding on the right is left out.
    return count - 1 if ceil and (count - 1) * stride >= image + padding else count


def gathered(planes: np.ndarray, windows: Windows, padding: Any) -> np.ndarray:
    """The pixels under every window: (N, C, H, W) to (N, C, kernel, outputs), ``padding`` outside the image."""
    flat = planes.reshape(*planes.shape[:2], windows.image[0] * windows.image[1])
    extended = np.concatenate((flat, np.full((*flat.shape[:2], 1), padding, flat.dtype)), axis=2)
    return np.asarray(extended[:, :, windows.indices()])


@function("Im2ColBackward0")
def im2col(input: Tensor, windows: Windows) -> Tensor:
    """(N, C, H, W) to (N, C * kernel, outputs), zero outside the image."""
    columns = gathered(input.array, windows, 0)
    return Tensor.of(
        columns.reshape(columns.shape[0], columns.shape[1] * columns.shape[2], columns.shape[3]), input.dtype
    )


@function("Col2ImBackward0")
def col2im(input: Tensor, windows: Windows, channels: int) -> Tensor:
    """(N, C * kernel, outputs) to (N, C, H, W): each pixel is the sum of what the windows over it hold."""
    indices = windows.indices().reshape(-1)
    inside = indices >= 0
    values = computing_array(input, input.dtype).reshape(input.shape[0] * channels, indices.size)
    pixels = np.zeros((windows.image[0] * windows.image[1], len(values)), values.dtype)
    np.add.at(pixels, indices[inside], values[:, inside].T)
    return Tensor.of(pixels.T.reshape(input.shape[0], channels, *windows.image), input.dtype)


im2col.vjp("input", lambda g, input_shape, windows: col2im(g, windows, input_shape[1]))
col2im.vjp("input", lambda g, windows: im2col(g, windows))
