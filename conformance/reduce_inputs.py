"""Simpler inputs: fewer elements, fewer dimensions, the plainest layout, plain values, one dtype."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from math import prod
from typing import Any

import numpy as np

from conformance.model.case import Argument, Case, DTypeName, Input, Literal
from conformance.reduce_steps import with_arguments
from conformance.values import fill, literal
from reference.dtypes import BY_NAME, FLOAT32, Category, real_of, round_to
from reference.layout import contiguous_strides

Fails = Callable[[Case], bool]
Shape = tuple[int, ...]

_FEW = 64  # as many elements are made plain one by one


def literal_values(case: Case, fails: Fails) -> Case:
    """The same bits as data of the case, so that they can be cut and changed."""
    candidate = replace(case, inputs=tuple(replace(given, values=literal(fill(given))) for given in case.inputs))
    return candidate if fails(candidate) else case


# -- layout ------------------------------------------------------------------------------------------------------


def plain_layouts(case: Case, fails: Fails) -> Case:
    """Each input contiguous from offset 0, or else as near to that as still fails, in the least storage."""
    for name in [given.name for given in case.inputs]:
        given = case.input(name)
        for strides, offset in _plainer_layouts(given):
            candidate = case.with_input(laid_out(given, given.shape, strides, offset))
            if candidate == case:
                break
            if fails(candidate):
                case = candidate
                break
    return case


def _plainer_layouts(given: Input) -> Iterator[tuple[Shape, int]]:
    """Layouts from the plainest to the given one in its least storage."""
    yield contiguous_strides(given.shape), 0
    offsets = (0,) if not given.offset else (0, 1)
    for gap in (1, 2):
        for offset in offsets:
            yield _dense_in_order(given, gap), offset
    least = -sum((size - 1) * stride for size, stride in zip(given.shape, given.strides, strict=True) if stride < 0)
    for offset in offsets:
        yield given.strides, least + offset
    yield given.strides, given.offset


def _dense_in_order(given: Input, gap: int) -> Shape:
    """Strides in the same order with no more than ``gap`` between neighbours; repeated elements stay repeated."""
    strides = list(given.strides)
    step = gap
    for dim in sorted(range(len(strides)), key=lambda dim: (abs(strides[dim]), -dim)):
        if strides[dim]:
            strides[dim] = step
            step *= max(given.shape[dim], 1)
    return tuple(strides)


def laid_out(given: Input, shape: Shape, strides: Shape, offset: int, start: Shape = ()) -> Input:
    """The input's elements from ``start`` on, ``shape`` of them, in a new layout; zeros lie between them."""
    origin = given.offset + sum(first * stride for first, stride in zip(start, given.strides, strict=False))
    source = addresses(shape, given.strides, origin)
    target = addresses(shape, strides, offset)
    old = fill(given)
    new = np.zeros(max(int(target.max(initial=offset - 1)) + 1, 0), old.dtype)
    new[target] = old[source]
    return replace(given, shape=shape, strides=strides, offset=offset, size=new.size, values=literal(new))


def addresses(shape: Shape, strides: Shape, offset: int) -> np.ndarray:
    """The position in the storage of each element.

    >>> addresses((2, 2), (1, 2), 3)
    array([[3, 5],
           [4, 6]])
    """
    positions = np.full(shape, offset, np.int64)
    for dim, stride in enumerate(strides):
        steps = np.arange(shape[dim], dtype=np.int64) * stride
        positions += steps.reshape((-1,) + (1,) * (len(shape) - dim - 1))
    return positions


# -- sizes -------------------------------------------------------------------------------------------------------


def smaller_sizes(case: Case, fails: Fails) -> Case:
    """Each size cut down wherever it occurs at once, sizes in arguments too; then one dimension at a time."""
    tried: set[int] = set()
    while size := max((s for given in case.inputs for s in given.shape if s > 1 and s not in tried), default=0):
        tried.add(size)
        case = _cut(case, size, _everywhere, fails)
    for name in [given.name for given in case.inputs]:
        for dim in range(len(case.input(name).shape)):
            case = _cut(case, case.input(name).shape[dim], _only(name, dim), fails)
    return case


Place = Callable[[Input, int, int], bool]


def _everywhere(given: Input, dim: int, size: int) -> bool:
    return given.shape[dim] == size


def _only(name: str, only: int) -> Place:
    return lambda given, dim, size: given.name == name and dim == only and given.shape[dim] == size


def _cut(case: Case, size: int, place: Place, fails: Fails) -> Case:
    """The case with a size cut to 1, or by halves, quarters ... of it from either end."""
    for start in (0, size - 1):
        for candidate in _resized(case, size, start, start + 1, place):
            if size > 1 and fails(candidate):
                return candidate
    chunk = size // 2
    while chunk:
        cut = next(
            (
                candidate
                for start, stop in ((0, size - chunk), (chunk, size))
                for candidate in _resized(case, size, start, stop, place)
                if size - chunk > 1 and fails(candidate)
            ),
            None,
        )
        if cut is None:
            chunk //= 2
        else:
            case, size = cut, size - chunk
            chunk = min(chunk, size // 2)
    return case


def _resized(case: Case, size: int, start: int, stop: int, place: Place) -> Iterator[Case]:
    """The case with a range of each dimension in place of all of it; first with the sizes in arguments changed too."""
    changed = {size: stop - start}
    inputs = []
    for given in case.inputs:
        dims = [dim for dim in range(len(given.shape)) if place(given, dim, size)]
        cut = _narrowed(given, dims, start, stop) if dims else given
        changed.setdefault(prod(given.shape), prod(cut.shape))
        inputs.append(cut)
    steps = tuple(with_arguments(step, lambda argument: _with_sizes(argument, changed)) for step in case.steps)
    if steps != case.steps:
        yield replace(case, inputs=tuple(inputs), steps=steps)
    yield replace(case, inputs=tuple(inputs))


def _narrowed(given: Input, dims: list[int], start: int, stop: int) -> Input:
    shape = tuple(stop - start if dim in dims else size for dim, size in enumerate(given.shape))
    first = tuple(start if dim in dims else 0 for dim in range(len(shape)))
    if given.strides == contiguous_strides(given.shape):
        return laid_out(given, shape, contiguous_strides(shape), given.offset, first)
    offset = given.offset + sum(at * stride for at, stride in zip(first, given.strides, strict=True))
    return replace(given, shape=shape, offset=offset)


def _with_sizes(argument: Argument, changed: dict[int, int]) -> Argument:
    if type(argument) is int:
        return changed.get(argument, argument)
    if isinstance(argument, (tuple, list)):
        return type(argument)(_with_sizes(part, changed) for part in argument)
    return argument


def fewer_dims(case: Case, fails: Fails) -> Case:
    """Without each dimension, counted from the right as broadcasting does: in all inputs at once, or in one."""
    names: list[tuple[str, ...]] = [tuple(given.name for given in case.inputs)]
    names += [(given.name,) for given in case.inputs if len(case.inputs) > 1]
    for chosen in names:
        for dim in range(max((len(case.input(name).shape) for name in chosen), default=0), 0, -1):
            case = next(filter(fails, _without_dim(case, chosen, dim)), case)
    return case


def _without_dim(case: Case, names: tuple[str, ...], from_right: int) -> Iterator[Case]:
    """The case with the first slice of each input in place of the dimension; the dimensions in arguments follow."""
    smaller = tuple(
        _first_of_dim(given, len(given.shape) - from_right)
        if given.name in names and len(given.shape) >= from_right and 0 not in given.shape
        else given
        for given in case.inputs
    )
    ndim = max((len(given.shape) for given in case.inputs if given.name in names), default=0)
    for adapt in (None, _lower_dims(ndim - from_right), _shorter_sizes(ndim, ndim - from_right)):
        steps = case.steps if adapt is None else tuple(with_arguments(step, adapt) for step in case.steps)
        yield replace(case, inputs=smaller, steps=steps)


def _first_of_dim(given: Input, dim: int) -> Input:
    shape = given.shape[:dim] + given.shape[dim + 1 :]
    if given.strides == contiguous_strides(given.shape):
        narrow = _narrowed(given, [dim], 0, 1)
        return replace(narrow, shape=shape, strides=contiguous_strides(shape))
    return replace(given, shape=shape, strides=given.strides[:dim] + given.strides[dim + 1 :])


def _lower_dims(dim: int) -> Callable[[Argument], Argument]:
    """Dimensions beyond one that goes: one less."""

    def lower(argument: Argument) -> Argument:
        if type(argument) is int:
            return argument - 1 if argument > dim else argument + 1 if argument < -1 else argument
        if isinstance(argument, (tuple, list)):
            return type(argument)(lower(part) for part in argument)
        return argument

    return lower


def _shorter_sizes(ndim: int, dim: int) -> Callable[[Argument], Argument]:
    """Sizes, one for each dimension: without that of one that goes."""

    def shorten(argument: Argument) -> Argument:
        if isinstance(argument, (tuple, list)) and len(argument) == ndim:
            return type(argument)(part for index, part in enumerate(argument) if index != dim)
        return argument

    return shorten


# -- values ------------------------------------------------------------------------------------------------------


def without_tracking(case: Case, fails: Fails) -> Case:
    """Inputs that need no gradient and have their values, arrays that may be written."""
    for given in case.inputs:
        for plain in ({"requires_grad": False}, {"writeable": True}, {"late": ""}):
            candidate = case.with_input(replace(case.input(given.name), **plain))
            if fails(candidate):
                case = candidate
    return case


def plain_elements(case: Case, fails: Fails) -> Case:
    """All elements 0 or 1 where that still fails; or else as many as can be, the others as short as they can be."""
    for name in [given.name for given in case.inputs]:
        case = _plain_input(case, name, fails)
    return case


def _plain_input(case: Case, name: str, fails: Fails) -> Case:
    parts = _parts(case.input(name))
    if all(_complexity(part) <= 1 for part in parts[:_FEW]) and parts.size > _FEW:
        return case
    chunk = parts.size
    while chunk:
        for start in range(0, parts.size, chunk):
            for value in _plain_values(parts[start : start + chunk]):
                changed = parts.copy()
                changed[start : start + chunk] = value
                candidate = case.with_input(_with_parts(case.input(name), changed))
                if fails(candidate):
                    case, parts = candidate, changed
                    break
        chunk //= 2
    return case


def _parts(given: Input) -> np.ndarray:
    """The elements of the storage, a complex one as two."""
    elements = np.array(fill(given))
    return elements.view(real_of(BY_NAME[given.dtype]).numpy)


def _with_parts(given: Input, parts: np.ndarray) -> Input:
    return replace(given, values=Literal(parts.tobytes()))


def _plain_values(chunk: np.ndarray) -> Iterator[Any]:
    """Values plainer than all of a chunk: of several elements 0 and 1 alone, of one anything short that is near."""
    hardest = max(map(_complexity, chunk))
    plain = [0, 1] if chunk.size > 1 or chunk.dtype.kind == "b" else [0, 1, 2, *_near(chunk[0])]
    for value in plain:
        candidate = _as_element(value, chunk.dtype)
        if candidate is not None and _complexity(candidate) < hardest:
            yield candidate


def _near(value: Any) -> Iterator[Any]:
    if value.dtype.kind in "iu":
        yield from (-1, int(value) // 2 if value > 0 else -(-int(value) // 2), int(value) - int(np.sign(value)))
    elif np.isfinite(np.float64(value)):
        yield from (-1, np.trunc(np.float64(value)))
        yield from (float(f"{np.float64(value):.{digits}e}") for digits in range(4))


def _as_element(value: Any, dtype: np.dtype[Any]) -> Any:
    """The value as an element, or None where the dtype has no such value."""
    if dtype.kind in "iu" and not np.iinfo(dtype).min <= value <= np.iinfo(dtype).max:
        return None
    with np.errstate(all="ignore"):
        return np.array(value).astype(dtype)[()]


def _complexity(value: Any) -> int:
    """How much there is to read: 0 before 1 before everything else, and then by length."""
    text = str(value)
    if text in ("0", "0.0", "False"):
        return 0
    return 1 if text in ("1", "1.0", "True") else 1 + len(text.removesuffix(".0"))


def one_dtype(case: Case, fails: Fails) -> Case:
    """float32 in place of each other dtype, in all inputs of that dtype and in arguments too."""
    for name in dict.fromkeys(given.dtype for given in case.inputs if given.dtype != FLOAT32.name):
        inputs = tuple(_as_float32(given) if given.dtype == name else given for given in case.inputs)
        rename = _renaming(name)
        steps = tuple(with_arguments(step, rename) for step in case.steps)
        for candidate in chain((replace(case, inputs=inputs),), (replace(case, inputs=inputs, steps=steps),)):
            if fails(candidate):
                case = candidate
                break
    return case


def _as_float32(given: Input) -> Input:
    elements = fill(given)
    if BY_NAME[given.dtype].category is Category.COMPLEX:
        elements = elements.real
    return replace(given, dtype=FLOAT32.name, values=literal(round_to(elements, FLOAT32)))


def _renaming(name: str) -> Callable[[Argument], Argument]:
    def rename(argument: Argument) -> Argument:
        return DTypeName(FLOAT32.name) if argument == DTypeName(name) else argument

    return rename
