"""Tensors as text, with the default print options.

https://docs.pytorch.org/docs/stable/generated/torch.set_printoptions.html names the options and their defaults.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from reference.dtypes import BFLOAT16, BOOL, INT64, complex_of, default_dtype
from reference.tensor import METHODS, Tensor

PRECISION = 4
THRESHOLD = 1000
EDGE_ITEMS = 3
LINE_WIDTH = 80
_PREFIX = "tensor("


class _Numbers:
    """How the numbers of one tensor are written: all in one style, right-aligned in one width.

    Floats that are all whole end in a point; the scientific style is for numbers above 1e8, below 1e-4, or more than
    a factor of 1000 apart. Zeros, infinities and NaN have no say in style or width.
    """

    def __init__(self, numbers: np.ndarray) -> None:
        self.floating = numbers.dtype.kind not in "biu"
        self.scientific = False
        self.whole = True
        self.width = 1
        telling = numbers[np.isfinite(numbers) & (numbers != 0)] if self.floating else numbers
        if not telling.size:
            return
        if self.floating:
            magnitudes = np.abs(telling.astype(np.float64))
            smallest, largest = magnitudes.min(), magnitudes.max()
            self.whole = bool((magnitudes == np.ceil(magnitudes)).all())
            self.scientific = bool(largest / smallest > 1000 or largest > 1e8 or smallest < 1e-4)
        self.width = max(len(self._text(number)) for number in telling.tolist())

    def _text(self, number: float) -> str:
        if not self.floating:
            return str(number)
        if self.scientific:
            return f"{number:.{PRECISION}e}"
        if self.whole:
            return f"{number:.0f}." if math.isfinite(number) else f"{number}"
        return f"{number:.{PRECISION}f}"

    def format(self, number: float) -> str:
        return self._text(number).rjust(self.width)


Style = tuple[Callable[[Any], str], int]
"""How to write one element, and how wide elements are."""


def _style(elements: np.ndarray) -> Style:
    elements = elements.reshape(-1)
    if elements.dtype.kind != "c":
        numbers = _Numbers(elements)
        return numbers.format, numbers.width
    real, imaginary = _Numbers(elements.real), _Numbers(elements.imag)

    def write(value: complex) -> str:
        part = imaginary.format(value.imag).lstrip() + "j"
        return real.format(value.real) + (part if part[0] in "+-" else "+" + part)

    return write, real.width + imaginary.width + 1


def _edges(array: np.ndarray) -> np.ndarray:
    """The elements that a summary shows."""
    for axis, size in enumerate(array.shape):
        if size > 2 * EDGE_ITEMS:
            array = np.take(array, [*range(EDGE_ITEMS), *range(size - EDGE_ITEMS, size)], axis)
    return array


def _rows(array: np.ndarray, style: Style, indent: int, summarize: bool) -> str:
    write, width = style
    if not array.ndim:
        return write(array.item())
    parts: list[str]
    shortened = summarize and len(array) > 2 * EDGE_ITEMS
    shown = [*array[:EDGE_ITEMS], *array[-EDGE_ITEMS:]] if shortened else list(array)
    if array.ndim == 1:
        parts = [write(value.item()) for value in shown]
        if shortened:
            parts.insert(EDGE_ITEMS, " ...")
        per_line = max(1, (LINE_WIDTH - indent) // (width + 2))
        lines = [", ".join(parts[start : start + per_line]) for start in range(0, len(parts), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    parts = [_rows(part, style, indent + 1, summarize) for part in shown]
    if shortened:
        parts.insert(EDGE_ITEMS, "...")
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def _elements(tensor: Tensor) -> str:
    array = tensor.array
    if tensor.dtype is BFLOAT16:
        array = array.astype(np.float32)
    summarize = tensor.numel > THRESHOLD
    return _rows(array, _style(_edges(array) if summarize else array), len(_PREFIX), summarize)


def _suffixes(tensor: Tensor) -> list[str]:
    implied = {default_dtype()} if not tensor.numel else {default_dtype(), complex_of(default_dtype()), INT64, BOOL}
    found = []
    if not tensor.numel and tensor.ndim != 1:
        found.append(f"size={tensor.shape}")
    if tensor.dtype not in implied:
        found.append(f"dtype={tensor.dtype!r}")
    if tensor.grad_fn is not None:
        found.append(f"grad_fn=<{tensor.grad_fn.name}>")
    elif tensor.requires_grad:
        found.append("requires_grad=True")
    return found


def format_tensor(tensor: Tensor) -> str:
    """The text of ``repr(tensor)``: elements, then what is not the default, within 80 columns.

    >>> from reference.creation import ones
    >>> format_tensor(ones(2, requires_grad=True))
    'tensor([1., 1.], requires_grad=True)'
    """
    text = _elements(tensor) if tensor.numel else "[]"
    text = _PREFIX + text
    # torch counts the last line two columns longer than it is.
    column = len(text) - text.rfind("\n") + 1
    parts = [text]
    for suffix in _suffixes(tensor):
        if column + len(suffix) + 2 > LINE_WIDTH:
            parts.append(",\n" + " " * len(_PREFIX) + suffix)
            column = len(_PREFIX) + len(suffix)
        else:
            parts.append(", " + suffix)
            column += len(suffix) + 2
    return "".join(parts) + ")"


METHODS["format_tensor"] = format_tensor
