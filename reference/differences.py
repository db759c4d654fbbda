"""Differences of neighbours and what adds them up: diff, gradient, the trapezoidal rule.

Each is written as the manual defines it, step by step, since every step rounds.
https://docs.pytorch.org/docs/stable/generated/torch.diff.html
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference import layout
from reference.autograd.mode import no_grad
from reference.conversion import cast_copy
from reference.dtypes import BOOL, FLOAT64, UINT8, real_of, wider
from reference.errors import refuse, refuse_index
from reference.function import function
from reference.joining import cat
from reference.nn.losses import over_number, times_number
from reference.promotion import Number
from reference.reduction import cumsum, sum
from reference.slicing import slice_
from reference.tensor import METHODS, Tensor


def _part(input: Tensor, dim: int, start: int | None = None, end: int | None = None) -> Tensor:
    """``input[start:end]`` along ``dim``."""
    part: Tensor = slice_(input, dim, start, end)
    return part


# -- diff --------------------------------------------------------------------------------------------------------------


@function()
def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None, append: Tensor | None = None
) -> Tensor:
    """Each element less the one before it, ``n`` times over; of bool whether they differ.

    https://docs.pytorch.org/docs/stable/generated/torch.diff.html
    """
    if not input.ndim:
        refuse("diff expects input to be at least one-dimensional")
    if n < 0:
        refuse(f"order must be non-negative but got {n}")
    axis = layout.wrap_dim(dim, input.ndim)
    for other in (prepend, append):
        if other is not None:
            _refuse_unlike(input, other, axis)
    if not n:
        return _unchanged(input)
    parts = [part for part in (prepend, input, append) if part is not None]
    result = cat(parts, axis) if len(parts) > 1 else input
    for _ in range(min(n, result.shape[axis])):
        after, before = _part(result, axis, 1), _part(result, axis, 0, -1)
        result = METHODS["logical_xor"](after, before) if result.dtype is BOOL else _difference(after, before)
    return result


def _difference(after: Tensor, before: Tensor) -> Tensor:
    """Rounded once, since differences are taken of it: float64 would be rounded to extended precision before.

    Of narrower dtypes two roundings are one (Figueroa, SIGNUM Newsl. 30, 1995).
    """
    made: Tensor = after - before
    if real_of(made.dtype) is FLOAT64:
        with np.errstate(all="ignore"):
            made.array[...] = after.array - before.array
    return made


@function("CopyBackwards")
def _unchanged(input: Tensor) -> Tensor:
    """The differences of order zero: a copy."""
    return Tensor.of(input.array.copy(), input.dtype, layout.preserved_strides(input.shape, input.strides))


_unchanged.vjp("input", lambda g: g)


def _refuse_unlike(input: Tensor, other: Tensor, axis: int) -> None:
    if other.ndim != input.ndim:
        refuse("diff expects prepend or append to be the same dimension as input")
    sizes = zip(input.shape, other.shape, strict=True)
    if any(have != given for dim, (have, given) in enumerate(sizes) if dim != axis):
        refuse("diff expects the shape of tensor to prepend or append to match that of input except along dim")


# -- gradient ----------------------------------------------------------------------------------------------------------


@function()
def gradient(
    input: Tensor,
    *,
    spacing: Number | Sequence[Number] | Sequence[Tensor] = 1,
    dim: int | Sequence[int] | None = None,
    edge_order: int = 1,
) -> tuple[Tensor, ...]:
    """The derivative along each dimension: central differences, one-sided at the ends.

    The samples are ``spacing`` apart, or at the places along each dimension that tensors tell.

    https://docs.pytorch.org/docs/stable/generated/torch.gradient.html
    """
    if input.dtype is UINT8:
        refuse("torch.gradient does not support uint8 input.")
    if edge_order not in (1, 2):
        refuse("torch.gradient only supports edge_order=1 and edge_order=2.")
    dims = (dim,) if isinstance(dim, int) else tuple(range(input.ndim)) if dim is None else tuple(dim)
    axes = layout.wrap_dims(dims, input.ndim)
    steps = tuple(spacing) if isinstance(spacing, Sequence) else (spacing,) * len(axes)
    if any(input.shape[axis] < edge_order + 1 for axis in axes):
        refuse("torch.gradient expected each dimension size to be at least edge_order+1")
    if len(steps) != len(axes):
        refuse("torch.gradient expected its spacing and dim arguments to have the same length")
    return tuple(
        _derivative_at(input, axis, step, edge_order)
        if isinstance(step, Tensor)
        else _derivative(input, axis, step, edge_order)
        for axis, step in zip(axes, steps, strict=True)
    )


def _derivative(input: Tensor, axis: int, step: Number, edge_order: int) -> Tensor:
    def at(start: int | None, end: int | None = None) -> Tensor:
        return _part(input, axis, start, end)

    center = over_number(_over(at(2) - at(0, -2), step), 2)
    if edge_order == 1:
        first, last = at(1, 2) - at(0, 1), at(-1) - at(-2, -1)
    else:
        first = times_number(at(0, 1), -1.5) + times_number(at(1, 2), 2) - times_number(at(2, 3), 0.5)
        last = times_number(at(-3, -2), 0.5) - times_number(at(-2, -1), 2) + times_number(at(-1), 1.5)
    derivative: Tensor = cat([_over(first, step), center, _over(last, step)], axis)
    return derivative


def _over(input: Tensor, step: Number) -> Tensor:
    """Rounded once: the quotient of float64 that long double has would be rounded a second time."""
    quotient: Tensor = over_number(input, step)
    if input.dtype is quotient.dtype is FLOAT64:
        with np.errstate(all="ignore"):
            quotient.array[...] = input.array / np.array(step, np.float64)
    return quotient


def _derivative_at(input: Tensor, axis: int, places: Tensor, edge_order: int) -> Tensor:
    """Step by step, and its values before they were rounded."""
    if places.ndim != 1:
        refuse("torch.gradient expected each element of spacing to have one dimension")
    if places.shape[0] != input.shape[axis]:
        refuse("torch.gradient expected as many places as there are samples")
    derivative = _from_parabolas(input, axis, places, edge_order)
    with no_grad():
        wide = [cast_copy(one, wider(derivative.dtype if one is places else one.dtype)) for one in (input, places)]
        exact = _from_parabolas(wide[0], axis, wide[1], edge_order)
    derivative.unrounded = exact.array
    return derivative


def _from_parabolas(input: Tensor, axis: int, places: Tensor, edge_order: int) -> Tensor:
    """The slope of the parabola through each sample and its neighbours; with ``edge_order`` 1, of lines at the ends."""
    apart = diff(places)
    ends = METHODS["select"](apart, 0, 0), METHODS["select"](apart, 0, -1)
    size = [-1 if dim == axis else 1 for dim in range(input.ndim)]
    before, after = _part(apart, 0, 0, -1), _part(apart, 0, 1)
    weights = [METHODS["reshape"](one, size) for one in _weights(before, after)]
    center = _weighted(weights, [_part(input, axis, 0, -2), _part(input, axis, 1, -1), _part(input, axis, 2)])
    if edge_order == 1:
        first = (_part(input, axis, 1, 2) - _part(input, axis, 0, 1)) / ends[0]
        last = (_part(input, axis, -1) - _part(input, axis, -2, -1)) / ends[1]
    else:
        inner = METHODS["select"](apart, 0, 1), METHODS["select"](apart, 0, -2)
        third, second, near = (-one for one in _end_weights(ends[0], inner[0]))
        first = _weighted([near, second, third], [_part(input, axis, n, n + 1) for n in range(3)])
        samples = [_part(input, axis, -3, -2), _part(input, axis, -2, -1), _part(input, axis, -1)]
        last = _weighted(_end_weights(ends[1], inner[1]), samples)
    derivative: Tensor = cat([first, center, last], axis)
    return derivative


def _weights(before: Tensor, after: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of a sample's neighbours and itself, so far before and after it."""
    both = before + after
    return -after / (before * both), (after - before) / (before * after), before / (after * both)


def _end_weights(near: Tensor, far: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of the last three samples, so far apart, from the inner one on."""
    both = near + far
    return near / (far * both), -both / (near * far), (times_number(near, 2) + far) / (near * both)


def _weighted(weights: Sequence[Tensor], samples: Sequence[Tensor]) -> Tensor:
    first, second, third = (weight * sample for weight, sample in zip(weights, samples, strict=True))
    total: Tensor = first + second + third
    return total


# -- the trapezoidal rule ----------------------------------------------------------------------------------------------


def _areas(name: str, y: Tensor, x: Tensor | None, dim: int) -> tuple[Tensor, int]:
    """Twice the areas between neighbours, where ``x`` tells the widths; else the sums of neighbouring heights."""
    if y.dtype is BOOL or (x is not None and x.dtype is BOOL):
        refuse(f"{name}: received a bool input, but bool is not supported")
    if not y.ndim:
        refuse_index(f"Dimension specified as {dim} but tensor has no dimensions")
    axis = layout.wrap_dim(dim, y.ndim)
    heights = _part(y, axis, 1) + _part(y, axis, 0, -1)
    if x is None:
        return heights, axis
    return _widths(x, y, axis) * heights, axis


def _widths(x: Tensor, y: Tensor, axis: int) -> Tensor:
    """The differences of ``x``, which lies along ``axis`` if it has one dimension."""
    if x.ndim != 1:
        widths: Tensor = METHODS["diff"](x, 1, axis - y.ndim if x.ndim < y.ndim else axis)
        return widths
    if x.shape[0] != y.shape[axis]:
        refuse("trapezoid: There must be one `x` value for each sample point")
    along = METHODS["diff"](x)
    shaped: Tensor = METHODS["reshape"](along, [-1 if d == axis else 1 for d in range(y.ndim)])
    return shaped


@function()
def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Number = 1, dim: int = -1) -> Tensor:
    """The area under the samples ``y``, ``dx`` apart or at ``x``.

    https://docs.pytorch.org/docs/stable/generated/torch.trapezoid.html
    """
    areas, axis = _areas("trapezoid", y, x, dim)
    if x is not None:
        return over_number(sum(areas, axis), 2.0)
    if not y.shape[axis]:
        return times_number(sum(areas, axis), dx / 2)
    ends = METHODS["select"](y, axis, 0) + METHODS["select"](y, axis, -1)
    return times_number(sum(y, axis) - times_number(ends, 0.5), dx)


@function()
def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Number = 1, dim: int = -1) -> Tensor:
    """The area up to each sample but the first.

    https://docs.pytorch.org/docs/stable/generated/torch.cumulative_trapezoid.html
    """
    areas, axis = _areas("cumulative_trapezoid", y, x, dim)
    if x is None:
        scaled: Tensor = cumsum(times_number(areas, dx / 2), axis)
        return scaled
    return over_number(cumsum(areas, axis), 2.0)
