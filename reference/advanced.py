"""Advanced indexing: reading and writing the places that index tensors name.

Sources: https://numpy.org/doc/stable/user/basics.indexing.html#advanced-indexing,
https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_put_.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference import layout
from reference.broadcasting import broadcast_array, broadcast_shapes, expanded_strides
from reference.dtypes import BOOL, INT32, INT64, UINT8, wider
from reference.embedding import addresses, embed, geometry
from reference.errors import Refusal, refuse, refuse_index
from reference.function import function
from reference.layout import Shape, Strides
from reference.scalars import cast_element
from reference.scattering import differ
from reference.tensor import Tensor
from reference.writing import refuse_leaf_write, refuse_write_to_read, write

Indices = tuple[Tensor | None, ...]


@dataclass(frozen=True)
class Plan:
    """What advanced indexing reads of a tensor: the dimensions in their order, the index tensors, the result's shape.

    ``order`` brings the indexed dimensions, ``dims``, together; ``before`` of the others stay in front of them.
    """

    shape: Shape
    order: tuple[int, ...]
    before: int
    dims: tuple[int, ...]
    index: tuple[Tensor, ...]
    index_shape: Shape
    result_shape: Shape

    def choose(self, array: np.ndarray) -> np.ndarray:
        """The chosen elements of an array of the indexed tensor's shape; refused where there is no such place."""
        return array.transpose(self.order)[(slice(None),) * self.before + self._places()]

    def _places(self) -> tuple[np.ndarray, ...]:
        arrays = (broadcast_array(chosen.array, self.index_shape) for chosen in self.index)
        empty = 0 in self.result_shape
        return tuple(_wrapped(array, self.shape[dim], dim, empty) for array, dim in zip(arrays, self.dims, strict=True))

    def result_strides(self, input: Tensor) -> Strides:
        """The result is laid out like any result of an iteration over the source and the indices.

        The source does not move along the index's dimensions, nor an index along the others.
        """
        strides = tuple(input.strides[dim] for dim in self.order)
        behind = self.before + len(self.dims)
        source = (*strides[: self.before], *(0,) * len(self.index_shape), *strides[behind:])
        padded = (*(1,) * self.before, *self.index_shape, *(1,) * (input.ndim - behind))
        operands = [(self.result_shape, source)]
        for own in dict.fromkeys(_index_strides(chosen, self.index_shape) for chosen in self.index):
            around = layout.view_strides(self.index_shape, own, padded)
            assert around is not None, "sizes of one can be added to any layout"
            operands.append((padded, around))
        return layout.pointwise_strides(self.result_shape, operands)


def plan(input: Tensor, indices: Indices) -> Plan:
    """Check the index tensors against ``input`` and say what they read."""
    given = _coordinates(input, indices)
    if len(given) > input.ndim:
        refuse_index(f"too many indices for tensor of dimension {input.ndim} (got {len(given)})")
    dims = [dim for dim, chosen in enumerate(given) if chosen is not None]
    tensors = [chosen for chosen in given if chosen is not None]
    others = [dim for dim in range(input.ndim) if dim not in dims]
    adjacent = dims == list(range(dims[0], dims[-1] + 1))
    before = dims[0] if adjacent else 0
    index_shape = _common_shape(tensors)
    leading, trailing = (tuple(input.shape[dim] for dim in some) for some in (others[:before], others[before:]))
    return Plan(
        shape=input.shape,
        order=(*others[:before], *dims, *others[before:]),
        before=before,
        dims=tuple(dims),
        index=tuple(tensors),
        index_shape=index_shape,
        result_shape=(*leading, *index_shape, *trailing),
    )


def _coordinates(input: Tensor, indices: Indices) -> list[Tensor | None]:
    """The indices with each mask replaced by the coordinates of its true elements."""
    found: list[Tensor | None] = []
    for chosen in indices:
        if chosen is None or chosen.dtype in (INT32, INT64):
            found.append(chosen)
        elif chosen.dtype in (BOOL, UINT8):
            covered = input.shape[len(found) : len(found) + chosen.ndim]
            if covered != chosen.shape:
                refuse_index(
                    f"The shape of the mask {list(chosen.shape)} at index {len(found)} does not match the shape of the"
                    f" indexed tensor {list(input.shape)} at index {len(found)}"
                )
            found += [Tensor.of(places, INT64) for places in np.nonzero(chosen.array)]
        else:
            refuse_index("tensors used as indices must be long, int, byte or bool tensors")
    return found


def _common_shape(tensors: list[Tensor]) -> Shape:
    try:
        return broadcast_shapes(*(tensor.shape for tensor in tensors))
    except Refusal:
        shapes = ", ".join(str(list(tensor.shape)) for tensor in tensors)
        refuse_index(f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}")


def _index_strides(chosen: Tensor, shape: Shape) -> Strides:
    """How an index tensor moves over the common shape: one of int32 is copied to int64 after it was expanded."""
    strides = expanded_strides(chosen.shape, chosen.strides, shape)
    return strides if chosen.dtype is INT64 else layout.preserved_strides(shape, strides)


def _wrapped(places: np.ndarray, size: int, dim: int, empty: bool) -> np.ndarray:
    """Places counted from either end, as ones that are not negative; a result without elements reads none."""
    if size == 0 and places.size:
        refuse_index("index is out of bounds for dimension with size 0")
    least, largest = places.min(initial=0), places.max(initial=0)
    if least < -size or largest >= max(size, 1):
        if not empty:
            outside = places[(places < -size) | (places >= size)]
            refuse_index(f"index {outside[0]} is out of bounds for dimension {dim} with size {size}")
        return np.zeros_like(places)
    return np.where(places < 0, places + size, places) if least < 0 else places


@function("IndexBackward0")
def index(input: Tensor, indices: Indices) -> Tensor:
    """The elements at the places that the index tensors, one per dimension or None, name together."""
    chosen = plan(input, indices)
    made = Tensor.of(chosen.choose(input.array), input.dtype, chosen.result_strides(input))
    if isinstance(input.specified, np.ndarray):
        made.specified = chosen.choose(input.specified)
    else:
        made.specified = input.specified
    return made


index.vjp("input", lambda g, input_shape, indices: embed([g], input_shape, lambda x: index(x, indices)))


# -- writing --------------------------------------------------------------------------------------------------------


def put(
    input: Tensor, indices: Indices, values: Tensor, accumulate: bool, places: np.ndarray
) -> tuple[np.ndarray, bool | np.ndarray]:
    """The values of ``input`` after the write, and where they are specified.

    ``places`` says where each element of ``input`` lies. A place written twice holds one of the two.
    """
    values = _as_values(input, indices, values, accumulate)
    chosen = plan(input, indices)
    shape = chosen.result_shape
    try:
        fits = broadcast_shapes(values.shape, shape) == shape
    except Refusal:
        fits = False
    if not fits:
        refuse(f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to indexing result")
    written = chosen.choose(places).ravel()
    new = broadcast_array(values.array, shape).ravel()
    count = 1 + int(places.max(initial=-1))
    memory = np.zeros(count, (wider(input.dtype) if accumulate else input.dtype).numpy)
    memory[places] = input.array
    if accumulate:
        np.add.at(memory, written, new.astype(memory.dtype))
        return memory[places], input.specified
    memory[written] = new
    lost = written[differ(memory[written], new)]
    return memory[places], _specified(input, places, written, lost)


def _specified(input: Tensor, places: np.ndarray, written: np.ndarray, lost: np.ndarray) -> bool | np.ndarray:
    """Where what was there is known, or written over; not where a value was ``lost`` to another at one place."""
    if input.specified is True and not lost.size:
        return True
    known = np.asarray(input.specified) | np.isin(places, written)
    return np.asarray(known & ~np.isin(places, lost))


def _as_values(input: Tensor, indices: Indices, values: Tensor, accumulate: bool) -> Tensor:
    """The values in the dtype of ``input``: cast only where one element fills the places of one mask."""
    if values.dtype is input.dtype:
        return values
    masks = [chosen for chosen in indices if chosen is not None]
    if values.numel == 1 and len(masks) == 1 and masks[0].dtype in (BOOL, UINT8) and not accumulate:
        return Tensor.of(cast_element(values.item(), input.dtype), input.dtype)
    refuse(
        f"Index put requires the source and destination dtypes match, got {input.dtype!r} for the destination and"
        f" {values.dtype!r} for the source."
    )


@function("IndexPutBackward0")
def index_put(input: Tensor, indices: Indices, values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of ``input`` with ``values`` written to (or added at) the places that the indices name.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_put_.html
    """
    places = np.arange(input.numel).reshape(input.shape)
    result, specified = put(input, indices, values, accumulate, places)
    made = Tensor.of(result, input.dtype, layout.preserved_strides(input.shape, input.strides))
    made.specified = specified
    return made


def _put_input_vjp(g: Tensor, indices: Indices, accumulate: bool, values_shape: Shape) -> Tensor:
    if accumulate:
        return g
    return index_put(g, indices, Tensor.of(np.zeros(()), g.dtype))


index_put.vjp("input", _put_input_vjp)
index_put.vjp("values", lambda g, indices: index(g, indices))


@function()
def index_put_(input: Tensor, indices: Indices, values: Tensor, accumulate: bool = False) -> Tensor:
    """Write ``values`` to the places of ``input`` that the indices name; where one is named twice, either may win.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_put_.html
    """
    refuse_leaf_write(input, values)
    result, specified = put(input, indices, values, accumulate, addresses(geometry(input)).reshape(input.shape))
    refuse_write_to_read(input, values, *indices)
    arguments: Mapping[str, Any] = {
        "input": input,
        "indices": indices,
        "values": values,
        "accumulate": accumulate,
    }
    made = Tensor.of(result, input.dtype)
    made.specified = specified
    return write(input, made, index_put, arguments)
