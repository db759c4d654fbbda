"""How many elements lie in each bin. https://docs.pytorch.org/docs/stable/generated/torch.histogram.html"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from reference.checks import BOOL, COMPLEX, INTEGRAL, refuse_category
from reference.dtypes import BFLOAT16, DType, round_to
from reference.errors import refuse
from reference.function import Function, function
from reference.reduction import computing_array
from reference.tensor import Tensor

Edges = int | Tensor


@dataclass(frozen=True)
class _Bins:
    """The bins of one dimension: their edges, in which each value lies (-1: in none), and where that is certain.

    Of a range whose width the dtype does not hold nothing is ``promised``.
    """

    edges: np.ndarray
    place: np.ndarray
    certain: np.ndarray
    promised: bool = True

    @property
    def count(self) -> int:
        return len(self.edges) - 1


def _equal_bins(values: np.ndarray, bins: int, low: float, high: float, dtype: DType) -> _Bins:
    """``bins`` equal parts of [low, high].

    Edges and distances from the first are rounded: near an edge between two, which is not exact, either bin may count.
    """
    if not _has_width(low, high, dtype):
        return _Bins(np.zeros(bins + 1, values.dtype), np.zeros(values.shape, np.int64), values != values, False)
    edges = low + np.arange(bins + 1).astype(values.dtype) * (values.dtype.type(high) - low) / bins
    with np.errstate(all="ignore"):
        inside = (values >= low) & (values <= high)
        position = np.where(inside, (values - low) * bins / (high - low), 0)
    place = np.where(inside, np.minimum(np.floor(position), bins - 1), -1).astype(np.int64)
    nearest = np.rint(position)
    off = np.abs(position - nearest)
    exact = _exact_edges(low, high, bins) | (nearest == 0) | (nearest == bins)
    on_an_edge = exact & (values == edges[nearest.astype(np.int64)])
    certain = ~inside | on_an_edge | (off > _rounding(low, high, bins, dtype))
    return _Bins(edges, place, certain)


def _has_width(low: float, high: float, dtype: DType) -> bool:
    """Whether the width of a range is a normal number, and so is that of a thousandth part of it."""
    with np.errstate(all="ignore"):
        left, right = round_to(np.array([low, high]), dtype)
        width = float(round_to(np.array(float(right) - float(left)), dtype))
    return math.isfinite(width) and width > 1024 * 2.0 ** (-126 if dtype.itemsize < 8 else -1022)


def _rounding(low: float, high: float, bins: int, dtype: DType) -> float:
    """By how much of a bin a position may be off: the edges, a difference, a product and a quotient are rounded."""
    unit = 2.0**-8 if dtype is BFLOAT16 else float(np.finfo(dtype.numpy).eps) / 2
    return unit * bins * (3 + (abs(low) + abs(high)) / (high - low))


def _exact_edges(low: float, high: float, bins: int) -> bool:
    """Whether all edges, and the steps to them, are multiples of a power of two that any dtype holds."""
    step = (high - low) / bins
    return bool(np.log2(step).is_integer() and (low / step).is_integer() and abs(low / step) + bins < 128)


def _given_bins(values: np.ndarray, edges: np.ndarray) -> _Bins:
    """Each from an edge to the one before the next; the last includes its right edge."""
    place = np.minimum(np.searchsorted(edges, values, "right") - 1, len(edges) - 2)
    inside = (values >= edges[0]) & (values <= edges[-1])
    return _Bins(edges, np.where(inside, place, -1), np.ones(values.shape, bool))


# -- histc -------------------------------------------------------------------------------------------------------------


@function()
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements lie in each of ``bins`` equal parts of [min, max], by default from the smallest to the largest.

    An element at the edge of two bins is in the upper one, at the last edge in the last bin; what lies outside, and
    NaN, is in none. https://docs.pytorch.org/docs/stable/generated/torch.histc.html
    """
    refuse_category("histc", input.dtype, BOOL, INTEGRAL, COMPLEX)
    _refuse_no_bins(bins)
    if min > max:
        refuse("torch.histc: max must be larger than min")
    values = computing_array(input, input.dtype).reshape(-1)
    low, high = _finite(min, max) if min != max else _extent(values, 1)
    found = _equal_bins(values, bins, low, high, input.dtype)
    counts = np.bincount(found.place[found.place >= 0], minlength=bins)
    made = Tensor.of(counts.astype(values.dtype), input.dtype)
    made.specified = found.promised and bool(found.certain.all())
    return made


def _extent(values: np.ndarray, around: float) -> tuple[float, float]:
    """From the smallest to the largest, or ``around`` a single value; of nothing from 0 to 1."""
    if not values.size:
        return 0.0, 1.0
    return _wide(*_finite(float(values.min()), float(values.max())), around)


def _wide(low: float, high: float, around: float) -> tuple[float, float]:
    """A range of some width."""
    return (low - around, high + around) if low == high else (low, high)


def _finite(low: float, high: float) -> tuple[float, float]:
    if not np.isfinite([low, high]).all():
        refuse(f"torch.histogramdd: range [{low}, {high}] is not finite")
    return low, high


def _refuse_no_bins(bins: int) -> None:
    if bins <= 0:
        refuse(f"torch.histogram(): bins must be > 0, but got {bins}")


# -- histogram and histogramdd -----------------------------------------------------------------------------------------


def _check(input: Tensor, weight: Tensor | None, points: int) -> None:
    if weight is not None and weight.dtype is not input.dtype:
        refuse("torch.histogramdd: input tensor and weight tensor should have the same dtype")
    if weight is not None and weight.numel != points:
        refuse("torch.histogramdd: weight should have the same shape as the input tensor")


def _bins_of(values: np.ndarray, bins: Edges, range: Sequence[float] | None, dtype: DType) -> _Bins:
    """The bins of one coordinate, by their number or by their edges; of 16 bits the extent is not computed."""
    if isinstance(bins, Tensor):
        if bins.ndim != 1:
            refuse("torch.histogramdd: bins tensor should have one dimension")
        if bins.dtype is not dtype:
            refuse("torch.histogramdd: input tensor and bins tensors should have the same dtype")
    refuse_category("histogram", dtype, BOOL, INTEGRAL, COMPLEX)
    if isinstance(bins, Tensor):
        _refuse_no_bins(bins.numel - 1)
        return _given_bins(values, computing_array(bins, dtype))
    _refuse_no_bins(bins)
    if range is None:
        if values.size and dtype.itemsize == 2:
            refuse(f'"histogramdd" not implemented for {dtype!r}', "NotImplementedError")
        return _equal_bins(values, bins, *_extent(values, 0.5), dtype)
    low, high = _finite(*range)
    if low > high:
        refuse(f"torch.histogramdd: min should not exceed max, but got min {low} max {high}")
    return _equal_bins(values, bins, *_wide(low, high, 0.5), dtype)


def _filled(found: Sequence[_Bins], weight: Tensor | None, density: bool, dtype: DType) -> Tensor:
    """What lies in each bin: points, or their weights; as a density, their part of all that lie in any by volume."""
    inside = np.all([one.place >= 0 for one in found], axis=0)
    counts = np.zeros([one.count for one in found], found[0].edges.dtype)
    weights = 1 if weight is None else computing_array(weight, dtype).reshape(-1)[inside]
    with np.errstate(all="ignore"):
        np.add.at(counts, tuple(one.place[inside] for one in found), weights)
        if density:
            counts = counts / counts.sum()
            for axis, one in enumerate(found):
                counts = counts / np.diff(one.edges).reshape([-1 if at == axis else 1 for at in range(len(found))])
    made = Tensor.of(counts, dtype)
    made.specified = all(one.promised and bool(one.certain[inside].all()) for one in found)
    return made


def _edges_of(found: _Bins, dtype: DType) -> Tensor:
    made = Tensor.of(found.edges, dtype)
    made.specified = found.promised
    return made


@function("NotImplemented")
def histogram(
    input: Tensor,
    bins: Edges,
    *,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> tuple[Tensor, Tensor]:
    """How many elements lie in each bin, or what they weigh, and the edges of the bins.

    Where ``bins`` are edges, they are increasing. https://docs.pytorch.org/docs/stable/generated/torch.histogram.html
    """
    _check(input, weight, input.numel)
    if range is not None and len(range) != 2:
        refuse("torch.histogramdd: for a 1-dimensional histogram range should have 2 elements")
    found = _bins_of(computing_array(input, input.dtype).reshape(-1), bins, range, input.dtype)
    return _filled([found], weight, density, input.dtype), _edges_of(found, input.dtype)


@function()
def histogramdd(
    input: Tensor,
    bins: int | Sequence[Edges],
    *,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The same of points, whose coordinates lie along the last dimension, each with bins of its own.

    Edges that are given are returned themselves.
    https://docs.pytorch.org/docs/stable/generated/torch.histogramdd.html
    """
    if input.ndim < 2:
        refuse("torch.histogramdd: input tensor should have at least 2 dimensions")
    along = [bins] * input.shape[-1] if isinstance(bins, int) else list(bins)
    if len(along) != input.shape[-1]:
        refuse("histogramdd: The size of bins must be equal to the innermost dimension of the input.")
    hist: Tensor = _counted(input, along, range, weight, density)
    if all(isinstance(one, Tensor) for one in along):
        return hist, tuple(one for one in along if isinstance(one, Tensor))
    return hist, _edges(input, along, range, weight)


def _of_coordinates(
    input: Tensor, bins: Sequence[Edges], range: Sequence[float] | None, weight: Tensor | None
) -> list[_Bins]:
    points = computing_array(input, input.dtype).reshape(-1, len(bins))
    _check(input, weight, len(points))
    if range is not None and len(range) != 2 * len(bins):
        refuse(f"torch.histogramdd: for a {len(bins)}-dimensional histogram range should have {2 * len(bins)} elements")
    ends = [None if range is None else range[2 * at : 2 * at + 2] for at, _ in enumerate(bins)]
    return [_bins_of(points[:, at], one, ends[at], input.dtype) for at, one in enumerate(bins)]


@function("NotImplemented")
def _counted(
    input: Tensor, bins: Sequence[Edges], range: Sequence[float] | None, weight: Tensor | None, density: bool
) -> Tensor:
    return _filled(_of_coordinates(input, bins, range, weight), weight, density, input.dtype)


@function("NotImplemented")
def _edges(
    input: Tensor, bins: Sequence[Edges], range: Sequence[float] | None, weight: Tensor | None
) -> tuple[Tensor, ...]:
    return tuple(_edges_of(one, input.dtype) for one in _of_coordinates(input, bins, range, weight))


def _no_derivative(g: Tensor) -> NoReturn:
    refuse("derivative for aten::histogram is not implemented")


def _declare_no_derivatives(called: Function) -> None:
    for argument in ("input", "bins", "weight"):
        called.vjp(argument, _no_derivative)


for _function in (histogram, _counted, _edges):
    _declare_no_derivatives(_function)
