"""Layout arithmetic: strides, contiguity, overlap, and the layout of results. Pure integers, no arrays.

Sources: https://docs.pytorch.org/docs/stable/tensor_view.html, the Tensor.view page (contiguity-like condition),
https://docs.pytorch.org/docs/stable/tensor_attributes.html#torch-memory-format.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from reference.errors import refuse, refuse_index

Shape = tuple[int, ...]
Strides = tuple[int, ...]


def contiguous_strides(shape: Sequence[int]) -> Strides:
    """Row-major strides; a size of zero counts as one, so strides are never zero.

    >>> contiguous_strides((0, 3)), contiguous_strides((2, 3, 4))
    ((3, 1), (12, 4, 1))
    """
    strides = []
    step = 1
    for size in reversed(shape):
        strides.append(step)
        if size > 1:
            step *= size
    return tuple(reversed(strides))


def channels_last_strides(shape: Sequence[int]) -> Strides:
    """Strides of a 4-d (N, C, H, W) or 5-d shape whose channels lie innermost; zero beyond an empty dimension.

    >>> channels_last_strides((2, 3, 4, 5))
    (60, 1, 15, 3)
    """
    order = [1, *range(len(shape) - 1, 1, -1), 0]
    strides = [0] * len(shape)
    step = 1
    for dim in order:
        strides[dim] = step
        step *= shape[dim]
    return tuple(strides)


def is_contiguous(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether the elements lie in row-major order without gaps; sizes of one may have any stride."""
    if 0 in shape:
        return True
    step = 1
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size != 1:
            if stride != step:
                return False
            step *= size
    return True


def is_channels_last(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether ``strides`` say channels last (``is_contiguous(memory_format=torch.channels_last)``)."""
    if len(shape) not in (4, 5):
        return False
    step = 1
    for dim in [1, *range(len(shape) - 1, 1, -1), 0]:
        if shape[dim] != 1:
            if strides[dim] != step:
                return False
            step *= shape[dim]
    return True


def resembles_channels_last(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether strides grow in the order of channels last, with gaps or without.

    >>> resembles_channels_last((2, 3, 4, 5), (240, 1, 30, 3)), resembles_channels_last((2, 1, 4, 5), (20, 20, 5, 1))
    (True, False)
    """
    if len(shape) not in (4, 5) or 0 in shape:
        return False
    spanned = 1
    for dim in [1, *range(len(shape) - 1, 1, -1)]:
        if strides[dim] < spanned:
            return False
        spanned = strides[dim] * shape[dim]
    # Where all but the batch is one channel of one element, either order describes it.
    return strides[0] >= spanned and spanned != strides[1]


def is_non_overlapping_and_dense(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether some order of the dimensions makes the tensor contiguous."""
    if prod(shape) == 0:
        return True
    step = 1
    for size, stride in sorted(
        ((size, stride) for size, stride in zip(shape, strides, strict=True) if size != 1), key=lambda pair: pair[1]
    ):
        if stride != step:
            return False
        step *= size
    return True


def may_overlap_itself(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether two indices surely name one place: the test torch makes before an in-place write.

    A stride of zero at a size above one is the only overlap that torch looks for.

    >>> may_overlap_itself((3,), (0,)), may_overlap_itself((2, 2), (1, 1))
    (True, False)
    """
    if is_non_overlapping_and_dense(shape, strides):
        return False
    return any(size > 1 and stride == 0 for size, stride in zip(shape, strides, strict=True))


def surely_distinct(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether each dimension steps over all that the inner ones reach, so that no two indices name one place.

    >>> surely_distinct((2, 3), (6, 2)), surely_distinct((2, 2), (1, 1))
    (True, False)
    """
    if 0 in shape:
        return True
    reach = 1
    for stride, size in sorted((stride, size) for size, stride in zip(shape, strides, strict=True) if size > 1):
        if stride < reach:
            return False
        reach += stride * (size - 1)
    return True


def extent(shape: Sequence[int], strides: Sequence[int]) -> int:
    """How many elements of storage, from the first on, a tensor of this layout reaches."""
    if 0 in shape:
        return 0
    return 1 + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))


def wrap_dim(dim: int, ndim: int, *, extra: int = 0) -> int:
    """A dimension in ``[-n, n - 1]`` as one that is not negative; a 0-d tensor counts as having one.

    >>> wrap_dim(-1, 3), wrap_dim(0, 0)
    (2, 0)
    """
    count = max(ndim + extra, 1)
    if not -count <= dim < count:
        refuse_index(f"Dimension out of range (expected to be in range of [{-count}, {count - 1}], but got {dim})")
    return dim % count


def wrap_dims(dims: Iterable[int], ndim: int) -> tuple[int, ...]:
    """Several dimensions, each wrapped, none twice."""
    wrapped = tuple(wrap_dim(dim, ndim) for dim in dims)
    for dim in wrapped:
        if wrapped.count(dim) > 1:
            refuse(f"dim {dim} appears multiple times in the list of dims")
    return wrapped


def infer_size(sizes: Sequence[int], numel: int) -> Shape:
    """``sizes`` with its one -1 replaced by what is left of ``numel``.

    >>> infer_size((-1, 8), 16)
    (2, 8)
    """
    unknown = [position for position, size in enumerate(sizes) if size == -1]
    if len(unknown) > 1:
        refuse("only one dimension can be inferred")
    if any(size < -1 for size in sizes):
        refuse(f"invalid shape dimension {min(sizes)}")
    known = prod(size for size in sizes if size != -1)
    if not unknown:
        if known != numel:
            refuse(f"shape '{list(sizes)}' is invalid for input of size {numel}")
        return tuple(sizes)
    # Beside a size of zero, the unknown one could be any.
    if known == 0 or numel % known:
        refuse(f"shape '{list(sizes)}' is invalid for input of size {numel}")
    return tuple(numel // known if size == -1 else size for size in sizes)


def view_strides(shape: Sequence[int], strides: Sequence[int], wanted: Sequence[int]) -> Strides | None:
    """The strides with which ``wanted`` views the same elements in the same order, or None if only a copy can.

    Dimensions are grouped into the longest runs that lie evenly (``stride[i] = stride[i+1] * size[i+1]``); a
    wanted dimension must lie within one run.
    """
    if prod(shape) == 0:
        return tuple(strides) if tuple(shape) == tuple(wanted) else contiguous_strides(wanted)
    result = [0] * len(wanted)
    position = len(wanted) - 1
    for run_numel, run_stride in _even_runs(shape, strides):
        taken = 1
        while position >= 0 and (taken < run_numel or wanted[position] == 1):
            result[position] = run_stride * taken
            taken *= wanted[position]
            position -= 1
        if taken != run_numel:
            return None
    return tuple(result)


def _even_runs(shape: Sequence[int], strides: Sequence[int]) -> list[tuple[int, int]]:
    """(elements, innermost stride) of each evenly spaced run, innermost first."""
    runs = [(1, strides[-1] if strides else 1)]
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        numel, innermost = runs[-1]
        if size == 1 or stride == numel * innermost:
            runs[-1] = (numel * size, innermost)
        else:
            runs.append((size, stride))
    return runs


def pointwise_strides(shape: Shape, operands: Sequence[tuple[Shape, Strides]]) -> Strides:
    """The strides of a new result of a pointwise operation on operands of these layouts.

    Dense operands of one layout give that layout; otherwise the dimensions are ordered by the first
    operand that tells two of them apart (memory format ``preserve``), as TensorIterator documents.
    """
    if len(shape) < 2:
        return contiguous_strides(shape)
    if all(given == shape for given, _ in operands):
        if all(is_contiguous(*operand) for operand in operands):
            return contiguous_strides(shape)
        if all(is_channels_last(*operand) for operand in operands) and len(shape) == 4:
            return channels_last_strides(shape)
        first = operands[0][1]
        if all(strides == first for _, strides in operands) and is_non_overlapping_and_dense(shape, first):
            return first
    return _strides_in_order(shape, _dimension_order(shape, operands))


def _dimension_order(shape: Shape, operands: Sequence[tuple[Shape, Strides]]) -> list[int]:
    """The dimensions, innermost first: an insertion sort that leaves alone what no operand tells apart."""
    order = list(reversed(range(len(shape))))
    padded = [
        (0,) * (len(shape) - len(given)) + _iteration_strides(given, strides, shape) for given, strides in operands
    ]
    for start in range(1, len(order)):
        moving = start
        for candidate in range(start - 1, -1, -1):
            verdict = _compare_dims(order[candidate], order[moving], shape, padded)
            if verdict > 0:
                order[candidate], order[moving] = order[moving], order[candidate]
                moving = candidate
            elif verdict < 0:
                break
    return order


def _iteration_strides(given: Shape, strides: Strides, shape: Shape) -> Strides:
    aligned = shape[len(shape) - len(given) :]
    return tuple(
        0 if size == 1 and full != 1 else stride for size, stride, full in zip(given, strides, aligned, strict=True)
    )


def _compare_dims(inner: int, outer: int, shape: Shape, operands: Sequence[Strides]) -> int:
    """Above zero if ``inner`` should lie outside ``outer``, below if not, zero if no operand tells."""
    for strides in operands:
        first, second = strides[inner], strides[outer]
        if first == 0 or second == 0:
            continue
        if first != second:
            return 1 if first > second else -1
        if shape[inner] > shape[outer]:
            return 1
    return 0


def _strides_in_order(shape: Shape, order: Sequence[int]) -> Strides:
    """Dense strides in that order; when it is not row-major, those beyond an empty dimension are zero, as in torch."""
    if all(dim == len(shape) - 1 - position for position, dim in enumerate(order)):
        return contiguous_strides(shape)
    strides = [0] * len(shape)
    step = 1
    for dim in order:
        strides[dim] = step
        step *= shape[dim]
    return tuple(strides)


def preserved_strides(shape: Shape, strides: Strides) -> Strides:
    """The strides of ``empty_like``, ``clone`` and ``to`` with memory format ``preserve``."""
    if is_non_overlapping_and_dense(shape, strides):
        return strides
    return pointwise_strides(shape, [(shape, strides)])
