"""The adjoint of choosing elements: gradients put back at the places from which a view or an index took them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from reference import layout
from reference.dtypes import INT64, wider
from reference.function import function
from reference.layout import Shape, Strides
from reference.tensor import Tensor

Choose = Callable[[Tensor], Any]
Geometry = tuple[Shape, Strides, int]


def positions(shape: Shape) -> Tensor:
    """A tensor of that shape that holds the row-major position of each of its elements."""
    return Tensor.of(np.arange(prod(shape), dtype=np.int64).reshape(shape), INT64)


@function("EmbedBackward")
def embed(pieces: Sequence[Tensor], shape: Shape, choose: Choose) -> Tensor:
    """A tensor of that shape, zero but where ``choose`` takes its results from: there lie ``pieces``.

    ``choose`` maps a tensor of ``shape`` to one tensor or several. What is taken twice holds the sum.
    """
    dtype = pieces[0].dtype
    chosen = choose(positions(shape))
    places = [place.array.ravel() for place in (chosen if isinstance(chosen, (tuple, list)) else [chosen])]
    where = np.concatenate(places)
    values = np.concatenate([piece.array.ravel() for piece in pieces])
    return Tensor.of(_summed(values, where, prod(shape), wider(dtype).numpy).reshape(shape), dtype)


def _summed(values: np.ndarray, where: np.ndarray, count: int, computing: np.dtype[Any]) -> np.ndarray:
    """``values`` added up at the places ``where``; a value alone at its place keeps its sign of zero."""
    flat = np.zeros(count, computing)
    if np.bincount(where, minlength=1).max() <= 1:
        flat[where] = values
    else:
        np.add.at(flat, where, values.astype(computing))
    return flat


def _chosen(g: Tensor, choose: Choose) -> list[Tensor]:
    taken = choose(g)
    return list(taken) if isinstance(taken, (tuple, list)) else [taken]


embed.vjp("pieces", _chosen)


def addresses(geometry: Geometry) -> np.ndarray:
    """Where each element of that layout lies, in row-major order, counted in elements."""
    shape, strides, offset = geometry
    reached = np.arange(offset, offset + layout.extent(shape, strides))
    if 0 in shape or strides == layout.contiguous_strides(shape):
        return reached
    return np.ndarray(shape, reached.dtype, reached, 0, [stride * reached.itemsize for stride in strides]).ravel()


def _through_memory(values: Tensor, written: Geometry, read: Geometry, *, share_first: bool) -> Tensor:
    """``values`` summed into a memory laid out as ``written``, read back as ``read``.

    Where elements of the base share a place, each carries its part: the sum is divided among them.
    """
    computing = wider(values.dtype).numpy
    into, out_of = addresses(written), addresses(read)
    size = 1 + int(max(into.max(initial=-1), out_of.max(initial=-1)))
    sharing = np.maximum(np.bincount(into if share_first else out_of, minlength=size), 1)
    incoming = values.array.ravel().astype(computing)
    memory = _summed(incoming / sharing[into] if share_first else incoming, into, size, computing)
    result = memory[out_of] if share_first else memory[out_of] / sharing[out_of]
    return Tensor.of(result.reshape(read[0]), values.dtype)


@function("AsStridedScatterBackward")
def as_strided_scatter_add(grad: Tensor, base: Geometry, view: Geometry) -> Tensor:
    """The gradient of a base from that of a strided view of it: a tensor of the base's shape.

    https://docs.pytorch.org/docs/stable/generated/torch.as_strided.html
    """
    return _through_memory(grad, view, base, share_first=False)


@function("AsStridedGatherBackward")
def as_strided_gather(grad: Tensor, base: Geometry, view: Geometry) -> Tensor:
    """The adjoint of :func:`as_strided_scatter_add`: what the strided view sees of a base's values."""
    return _through_memory(grad, base, view, share_first=True)


as_strided_scatter_add.vjp("grad", lambda g, base, view: as_strided_gather(g, base, view))
as_strided_gather.vjp("grad", lambda g, base, view: as_strided_scatter_add(g, base, view))


def geometry(tensor: Tensor) -> Geometry:
    """Shape, strides and offset."""
    return tensor.shape, tensor.strides, tensor.offset
