"""Layouts: where the elements of an input lie in its storage."""

from __future__ import annotations

from functools import cache

from conformance.choices import Choices
from conformance.model.case import Layout
from reference.layout import channels_last_strides, contiguous_strides, extent

Shape = tuple[int, ...]
Geometry = tuple[tuple[int, ...], int, int]
"""Strides, offset, and size of the storage, in elements."""

CHANNELS_LAST = {4: Layout("channels_last"), 5: Layout("channels_last_3d")}
"""The memory format with the channels innermost, by rank."""
LAYOUTS = ("contiguous", "transposed", "stepped by 2", "stepped by 3", "offset by 1", "expanded", "channels last")


def geometry(layout: str, shape: Shape, dim: int = 0) -> Geometry:
    """The geometry of ``shape`` in a layout; ``dim`` is the dimension that is expanded or changed places.

    >>> geometry("stepped by 2", (2, 3))
    ((6, 2), 0, 11)
    """
    strides = contiguous_strides(shape)
    offset = 0
    if not shape:
        return strides, int(layout == "offset by 1"), 1 + int(layout == "offset by 1")
    dim %= len(shape)
    if layout == "transposed":
        strides = _permuted_strides(shape, dim)
    elif layout == "stepped by 2":
        strides = tuple(2 * stride for stride in strides)
    elif layout == "stepped by 3":
        strides = tuple(3 * stride for stride in strides)
    elif layout == "offset by 1":
        offset = 1
    elif layout == "expanded":
        kept = contiguous_strides(tuple(1 if d == dim else size for d, size in enumerate(shape)))
        strides = tuple(0 if d == dim else stride for d, stride in enumerate(kept))
    elif layout == "channels last" and len(shape) in (4, 5):
        strides = channels_last_strides(shape)
    return strides, offset, offset + extent(shape, strides)


def format_of_another_rank(ndim: int) -> Layout:
    """A memory format that a tensor of so many dimensions cannot lie in."""
    return CHANNELS_LAST[5 if ndim == 4 else 4]


def _permuted_strides(shape: Shape, dim: int) -> tuple[int, ...]:
    """Dense strides with ``dim`` innermost."""
    order = [d for d in range(len(shape)) if d != dim] + [dim]
    dense = contiguous_strides([shape[d] for d in order])
    strides = [0] * len(shape)
    for place, d in enumerate(order):
        strides[d] = dense[place]
    return tuple(strides)


def draw_geometry(choices: Choices, shape: Shape, *, writeable: bool = False) -> Geometry:
    """A geometry for ``shape``, row-major in half of the draws; one that is written to does not overlap itself."""
    possible = _possible(len(shape) in (4, 5), writeable)
    dealt = choices.dealt("layout")
    if dealt is not None and LAYOUTS[dealt] in possible:
        return geometry(LAYOUTS[dealt], shape)
    if choices.flag(50):
        return geometry("contiguous", shape)
    return geometry(choices.choose(possible[1:]), shape, choices.integer(0, max(len(shape) - 1, 0)))


@cache
def _possible(has_channels: bool, writeable: bool) -> tuple[str, ...]:
    impossible = {"expanded": writeable, "channels last": not has_channels}
    return tuple(layout for layout in LAYOUTS if not impossible.get(layout))
