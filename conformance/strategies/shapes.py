"""Shapes: small ones of every rank, and lengths around the widths at which implementations change path."""

from __future__ import annotations

from math import isqrt, prod

from conformance.choices import Choices
from conformance.threads import MANY

Shape = tuple[int, ...]

SMALL_SIZES = (2, 3, 1, 4, 5)
TELLING_SIZES = (3, 2, 4, 5, 6, 7)
SIZES_OF_FIVE = (2, 3, 4, 2, 3)
"""Of five dimensions, sizes that tell them all apart would make too many elements."""
MOST_DIMENSIONS = 5
"""More than the four of images, beyond which kernels of some devices go another way."""
# Around SIMD widths (16 and 32 float32 elements), unrolled loops, and vectorised tails.
BOUNDARY_LENGTHS = (7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 257, 1000, 1023, 1025)
_LEAST_TELLING = tuple(prod(sorted(TELLING_SIZES)[:ndim]) for ndim in range(len(TELLING_SIZES) + 1))
EDGES = ("long", "empty", "single")
"""What a shape may be at the ends of what there is, and which few draws would leave to chance."""
WITHOUT_VALUES = ("empty", "single")
"""The edges at which there is an element at most."""
STRETCHED = (17, 16, 33, 31)
LARGE_SIZES = (65, 129, 67)
LARGE = 2**12
"""So many elements are more than 8 or 11 bits can count, and more than it takes to copy a matrix block by block."""
LARGER = MANY
"""So many are more than one thread of a kernel is given, and more than 15 bits can count."""
LARGEST = 2**16
"""So many are more than 16 bits can count."""
_FEW = 60


def draw_shape(
    choices: Choices, *, min_ndim: int = 0, max_ndim: int = MOST_DIMENSIONS, numel: int = 200, many: bool = True
) -> Shape:
    """A small shape, sizes of one among them and at times one of zero; where its rank was dealt, a telling one.

    Where an edge was dealt, it is long, empty, or of one element; where a number of elements was, and they may be
    ``many``, it has a few more than these.
    """
    if many and numel >= _FEW and max_ndim and (large := choices.dealt("large")) is not None:
        return _large_shape(choices, min_ndim, max_ndim, large)
    dealt = choices.dealt("ndim")
    if dealt is not None:
        return _telling_shape(choices, min_ndim, min(max(dealt, min_ndim), max_ndim), numel)
    edge = choices.dealt("edge")
    if edge is not None:
        return _shape_at_edge(choices, EDGES[edge], min_ndim, max_ndim, numel)
    sizes: list[int] = []
    for _ in range(choices.integer(min_ndim, max_ndim)):
        size = choices.choose(SMALL_SIZES)
        sizes.append(size if prod(sizes) * size <= numel else 1)
    if sizes and choices.flag(12):
        sizes[choices.integer(0, len(sizes) - 1)] = 0
    return tuple(sizes)


def _telling_shape(choices: Choices, min_ndim: int, ndim: int, numel: int) -> Shape:
    """Sizes above one of which no two are equal: what mistakes one dimension for another gives something else."""
    if ndim == len(SIZES_OF_FIVE) and numel >= prod(SIZES_OF_FIVE):
        five = list(SIZES_OF_FIVE)
        return tuple(five.pop(choices.integer(0, len(five) - 1)) for _ in SIZES_OF_FIVE)
    while ndim > min_ndim and _LEAST_TELLING[ndim] > numel:
        ndim -= 1
    left, sizes, count = list(TELLING_SIZES), list[int](), 1
    for rest in reversed(range(ndim)):
        most = numel // (count * 3**rest)
        fitting = [size for size in left if size <= most]
        size = choices.choose(fitting) if fitting else 1
        sizes.append(size)
        count *= size
        left = [one for one in left if one != size]
    return tuple(sizes)


def _shape_at_edge(choices: Choices, edge: str, min_ndim: int, max_ndim: int, numel: int) -> Shape:
    """A shape with one size that is long, or zero; or of one element, without dimensions where that may be."""
    if edge == "single" or not max_ndim:
        return (1,) * min_ndim
    least, most = max(min_ndim, 1), max(min_ndim, min(2, max_ndim))
    if edge == "long":
        return _stretched_shape(choices, least, most, numel)
    sizes = [choices.choose((2, 3, 1)) for _ in range(choices.integer(least, most))]
    sizes[choices.integer(0, len(sizes) - 1)] = 0
    return tuple(sizes)


def _stretched_shape(choices: Choices, min_ndim: int, max_ndim: int, numel: int) -> Shape:
    """One size beyond the first width of a vector, beside small ones."""
    ndim = choices.integer(min_ndim, max_ndim)
    sizes = [choices.choose((2, 3)) if numel >= STRETCHED[0] * 3**ndim else 1 for _ in range(ndim)]
    rest = numel // prod(sizes)
    sizes[choices.integer(0, ndim - 1)] = choices.choose([size for size in STRETCHED if size <= rest])
    return tuple(sizes)


def _large_shape(choices: Choices, min_ndim: int, max_ndim: int, numel: int) -> Shape:
    """Odd sizes, which leave a rest in every block, all but two of them small, of a few more than so many elements."""
    ndim = choices.integer(max(min_ndim, 1), max(min_ndim, min(3, max_ndim)))
    sizes = [choices.choose((3, 2, 1)) for _ in range(ndim - 2)]
    rest = numel // prod(sizes)
    second = choices.choose((isqrt(rest) - 4, 3)) | 1
    long = [*sizes, second, (rest // second + 1) | 1] if ndim > 1 else [rest + 3]
    return tuple(reversed(long)) if choices.flag() else tuple(long)


def draw_long_shape(choices: Choices) -> Shape:
    """One dimension, or two, whose length lies at a boundary of an implementation."""
    shortest = STRETCHED[0] - 1 if choices.dealt("edge") is not None else 0
    length = choices.choose([n for n in BOUNDARY_LENGTHS if n >= shortest])
    if length <= 129 and choices.flag(25):
        return (choices.integer(1, 3), length)
    return (length,)


def draw_length(choices: Choices, most: int) -> int:
    """A number of elements, zero too; where many were dealt, a few more than these."""
    large = choices.dealt("large")
    return choices.integer(0, most) if large is None else large + 3


def draw_broadcastable(choices: Choices, shape: Shape) -> Shape:
    """A shape that expands to ``shape``: leading dimensions left out, or all, some sizes one."""
    if choices.flag(10):
        return ()
    start = choices.integer(0, len(shape)) if choices.flag(30) else 0
    return tuple(1 if choices.flag(40) else size for size in shape[start:])


def expands(shape: Shape, wider: Shape) -> bool:
    """Whether a shape broadcasts to another.

    >>> expands((3, 1), (2, 3, 4)), expands((2,), (1,))
    (True, False)
    """
    aligned = wider[len(wider) - len(shape) :]
    return len(shape) <= len(wider) and all(size in (1, full) for size, full in zip(shape, aligned, strict=True))


def draw_dim(choices: Choices, ndim: int) -> int:
    """A dimension, counted from either end.

    The last, counted from the end, is what is named most, and what is mistaken for another; of three or more, so is
    one that lies between, counted from the end.
    """
    count = max(ndim, 1)
    if choices.ample and choices.flag(35):
        return -1
    if choices.ample and count > 2 and choices.flag(60):
        return -choices.integer(2, count - 1)
    return choices.integer(-count, count - 1)


def draw_factors(choices: Choices, numel: int, *, max_ndim: int = 4) -> Shape:
    """Sizes whose product is ``numel``."""
    sizes: list[int] = []
    rest = numel
    for _ in range(choices.integer(0, max_ndim - 1)):
        if rest == 0:
            sizes.append(choices.choose((2, 1, 3, 0)))
            continue
        size = choices.choose([factor for factor in range(1, min(rest, 64) + 1) if rest % factor == 0])
        sizes.append(size)
        rest //= size
    if rest == 0 and prod(sizes) == 0:
        rest = choices.choose((1, 0, 2))
    return (*sizes, rest) if sizes or rest != 1 or choices.flag() else ()
