"""The same elements in other places, or more than once: flip, roll, rot90, repeat, tile, repeat_interleave.

https://docs.pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference import layout
from reference.conversion import clone
from reference.embedding import embed
from reference.errors import refuse, refuse_dtype, refuse_index
from reference.function import function
from reference.gathering import INDEX_DTYPES, index_select, taken
from reference.joining import joined_strides
from reference.layout import Shape, Strides
from reference.slicing import expanded, narrow, unsqueeze
from reference.tensor import Tensor
from reference.views import reshape, sizes_of, viewed

Ints = int | Sequence[int]


def _listed(numbers: Ints) -> tuple[int, ...]:
    return (numbers,) if isinstance(numbers, int) else tuple(numbers)


# -- in the opposite order ------------------------------------------------------------------------------------------


@function("FlipBackward0")
def flip(input: Tensor, *dims: Ints) -> Tensor:
    """The elements in the opposite order along each of ``dims``.

    https://docs.pytorch.org/docs/stable/generated/torch.flip.html
    """
    reversed_dims = layout.wrap_dims(sizes_of(dims), input.ndim)
    strides = layout.preserved_strides(input.shape, input.strides)
    return taken(input, lambda array: np.flip(array, reversed_dims) if array.ndim else array, strides)


flip.vjp("input", lambda g, dims: flip(g, *dims))


@function()
def fliplr(input: Tensor) -> Tensor:
    """Columns in the opposite order. https://docs.pytorch.org/docs/stable/generated/torch.fliplr.html"""
    if input.ndim < 2:
        refuse("Input must be >= 2-d.")
    flipped: Tensor = flip(input, (1,))
    return flipped


@function()
def flipud(input: Tensor) -> Tensor:
    """Rows in the opposite order. https://docs.pytorch.org/docs/stable/generated/torch.flipud.html"""
    if input.ndim < 1:
        refuse("Input must be >= 1-d.")
    flipped: Tensor = flip(input, (0,))
    return flipped


@function("Rot90Backward0")
def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turned ``k`` times by 90 degrees from the first of ``dims`` towards the second.

    https://docs.pytorch.org/docs/stable/generated/torch.rot90.html
    """
    if len(dims) != 2:
        refuse(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.ndim < 2:
        refuse(f"expected total dims >= 2, but got total dims = {input.ndim}")
    if abs(dims[0] - dims[1]) in (0, input.ndim):
        refuse(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    first, second = (layout.wrap_dim(dim, input.ndim) for dim in dims)
    turned = taken(input, lambda array: np.rot90(array, k, (first, second)))
    return Tensor.of(turned.array, input.dtype, _turned_strides(input, k % 4, first, second))


def _turned_strides(input: Tensor, turns: int, first: int, second: int) -> Strides:
    """Those of a flip, with the two dimensions exchanged after an odd number of turns; contiguous after none."""
    if not turns:
        return layout.contiguous_strides(input.shape)
    strides = list(layout.preserved_strides(input.shape, input.strides))
    if turns % 2:
        strides[first], strides[second] = strides[second], strides[first]
    return tuple(strides)


rot90.vjp("input", lambda g, k, dims: rot90(g, -k, dims))


# -- beyond the end, and in again -----------------------------------------------------------------------------------


@function("RollBackward0")
def roll(input: Tensor, shifts: Ints, dims: Ints = ()) -> Tensor:
    """The elements moved by ``shifts`` along ``dims``, or along all as one; what leaves at the end comes in again.

    https://docs.pytorch.org/docs/stable/generated/torch.roll.html
    """
    steps, given = _listed(shifts), _listed(dims)
    if not steps:
        refuse("`shifts` required")
    if len(steps) != len(given) and not (len(steps) == 1 and not given):
        refuse(f"shifts and dimensions must align. shifts: {len(steps)}, dims:{len(given)}")
    if not input.numel:
        return clone.forward(input)
    if not given:
        return taken(input, lambda array: np.roll(array, steps[0]))
    if not input.ndim:
        refuse_index("Dimension specified as 0 but tensor has no dimensions")
    made = input
    for step, dim in zip(steps, [layout.wrap_dim(dim, input.ndim) for dim in given], strict=True):
        made = _rolled(made, step, dim)
    return made


def _rolled(input: Tensor, step: int, dim: int) -> Tensor:
    return taken(input, lambda array: np.roll(array, step, dim), _rolled_strides(input, step, dim))


def _rolled_strides(input: Tensor, shift: int, dim: int) -> Strides:
    """Those of the two parts joined again the other way round."""
    size = input.shape[dim]
    start = (size - shift) % size
    parts = [narrow.forward(input, dim, start, size - start), narrow.forward(input, dim, 0, start)]
    return joined_strides(parts, input.shape)


def _backwards(shifts: Ints) -> Ints:
    return -shifts if isinstance(shifts, int) else tuple(-shift for shift in shifts)


roll.vjp("input", lambda g, shifts, dims: roll(g, _backwards(shifts), dims))


# -- more than once -------------------------------------------------------------------------------------------------


@function("RepeatBackward0")
def repeated(input: Tensor, repeats: Shape) -> Tensor:
    """``input`` again and again, ``repeats`` times along each dimension; new ones come first."""
    if len(repeats) < input.ndim:
        refuse("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    shape = (1,) * (len(repeats) - input.ndim) + input.shape
    sizes = [size * times for size, times in zip(shape, repeats, strict=True)]
    if min(sizes, default=0) < 0:
        refuse(f"Trying to create tensor with negative dimension {min(sizes)}: {sizes}")
    if min(repeats, default=0) < 0:
        refuse(f"Repeats must not be negative, got {list(repeats)}")
    return taken(input, lambda array: np.tile(array, repeats))


repeated.vjp("input", lambda g, input_shape, repeats: embed([g], input_shape, lambda x: repeated(x, repeats)))


@function()
def repeat(input: Tensor, *repeats: Ints) -> Tensor:
    """Copies of ``input`` side by side. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.repeat.html"""
    made: Tensor = repeated(input, sizes_of(repeats))
    return made


@function()
def tile(input: Tensor, *dims: Ints) -> Tensor:
    """``repeat``, with ones in front of ``dims`` where they are too few.

    https://docs.pytorch.org/docs/stable/generated/torch.tile.html
    """
    times = sizes_of(dims)
    made: Tensor = repeated(input, (1,) * (input.ndim - len(times)) + times)
    return made


@function()
def repeat_interleave(
    input: Tensor, repeats: int | Tensor | None = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each slice along ``dim`` as often as ``repeats`` says, one number for all or one for each; without ``dim``, each
    element. A tensor of repeats alone gives the index of each.

    https://docs.pytorch.org/docs/stable/generated/torch.repeat_interleave.html
    """
    if repeats is None:
        return _counted_out(input, output_size)
    if dim is None:
        input, dim = reshape(input, (-1,)), 0
    if isinstance(repeats, int):
        return _interleaved(input, repeats, dim, output_size)
    if repeats.ndim > 1:
        refuse("repeats must be 0-dim or 1-dim tensor")
    if not input.ndim:
        refuse_index("Dimension specified as 0 but tensor has no dimensions")
    dim = layout.wrap_dim(dim, input.ndim)
    times: Tensor = repeats
    if times.numel == 1:
        times = expanded(reshape(times, (1,)), (input.shape[dim],))
    elif times.numel != input.shape[dim]:
        refuse(
            "repeats must have the same size as input along dim, but got"
            f" repeats.size(0) = {times.numel} and input.size({dim}) = {input.shape[dim]}"
        )
    chosen: Tensor = index_select(input, dim, _counted_out(times, output_size))
    return chosen


def _counted_out(repeats: Tensor, output_size: int | None) -> Tensor:
    """Each position as often as ``repeats`` says."""
    if repeats.ndim != 1:
        refuse("repeat_interleave only accept 1D vector as repeat")
    if repeats.dtype not in INDEX_DTYPES:
        refuse_dtype("repeat_interleave_cpu", repeats.dtype)
    if (repeats.array < 0).any():
        refuse("repeats can not be negative")
    positions = np.repeat(np.arange(repeats.numel), repeats.array)
    if output_size is not None and output_size != len(positions):
        refuse("allocated size does not match required size")
    return Tensor.of(positions, repeats.dtype)


def _interleaved(input: Tensor, repeats: int, dim: int, output_size: int | None) -> Tensor:
    """One number for all: a dimension of copies beside ``dim``, and both as one."""
    if repeats < 0:
        refuse("Repeats must be non-negative")
    dim = layout.wrap_dim(dim, input.ndim)
    if not input.ndim:
        refuse_index("Dimension out of range (expected to be in range of [-1, 0], but got 1)")
    size = input.shape[dim] * repeats
    if output_size is not None and output_size != size:
        refuse(f"repeat_interleave: Invalid output_size, expected {size} but got {output_size}")
    beside = unsqueeze(input, dim + 1)
    copies = expanded(beside, (*input.shape[: dim + 1], repeats, *input.shape[dim + 1 :]))
    merged: Tensor = viewed(
        clone(copies, memory_format="contiguous"), (*input.shape[:dim], size, *input.shape[dim + 1 :])
    )
    return merged


@function("NarrowCopyBackward0")
def narrow_copy(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """``narrow``, copied. https://docs.pytorch.org/docs/stable/generated/torch.narrow_copy.html"""
    part = narrow.forward(input, dim, start, length)
    return taken(part, lambda array: array)


narrow_copy.vjp(
    "input", lambda g, input_shape, dim, start, length: embed([g], input_shape, lambda x: narrow(x, dim, start, length))
)
