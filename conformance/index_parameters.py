"""Kinds of parameters that name places: index tensors in range, with shapes and layouts of their own; and sequences of
tensors whose shapes fit each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from conformance.choices import Choices
from conformance.model.case import Argument, Input, Literal, Ref
from conformance.operation import OMITTED, Omitted
from conformance.parameters import Base, reshape_input
from conformance.random_bits import random_bits
from conformance.strategies.drawing import Drawing
from conformance.strategies.layouts import geometry
from conformance.strategies.numbers import ENDS
from conformance.strategies.shapes import Shape, draw_shape
from reference.dtypes import BY_NAME, FLOAT32, INT32, INT64, DType
from reference.storage import Storage
from reference.tensor import Tensor

_LAYOUTS = ("transposed", "expanded", "stepped by 2", "transposed", "offset by 1")
_OF_VECTORS = ("stepped by 2", "expanded", "offset by 1")
LONGEST = 5
EMPTY: Shape = (0,)
"""The shape that cat passes over."""
_FRACTIONAL, _TOO_DEEP = "fractional", "too deep"


def shape_of(drawing: Drawing, name: str = "input") -> Shape:
    """The shape of the tensor called ``name``."""
    given = drawing.given(name)
    assert given is not None, f"{name} is a tensor"
    return given.shape


def dim_of(drawing: Drawing, name: str = "dim") -> int:
    """The dimension that was drawn, counted from the front."""
    dim = drawing.arguments.get(name, 0)
    assert isinstance(dim, int), f"{name} is drawn before what depends on it"
    return dim % max(len(shape_of(drawing)), 1)


def size_along(drawing: Drawing) -> int:
    """How many slices the input has along the dimension that was drawn; a 0-d tensor counts as having one."""
    shape = shape_of(drawing)
    return shape[dim_of(drawing)] if shape else 1


def raw(choices: Choices, shape: Shape) -> np.ndarray:
    """Random bits in an array of that shape."""
    return random_bits(choices.integer(0, 2**32 - 1), range(1), math.prod(shape)).reshape(shape)


def laid(choices: Choices, drawing: Drawing, name: str, values: np.ndarray, *, constant: Sequence[int] = ()) -> Ref:
    """An input that holds exactly these values, in a drawn layout; one that is ``constant`` in some may be expanded."""
    dtype = BY_NAME[values.dtype.name]
    layout = "contiguous" if choices.flag() else choices.choose(_LAYOUTS if values.ndim > 1 else _OF_VECTORS)
    dim = choices.integer(0, max(values.ndim - 1, 0))
    if layout == "expanded":
        if not constant:
            layout = "contiguous"
        else:
            dim = choices.choose(tuple(constant))
            values = np.broadcast_to(values.take([0] if values.shape[dim] else [], dim), values.shape)
    strides, offset, size = geometry(layout, values.shape, dim)
    elements = np.zeros(size, dtype.numpy)
    Tensor(Storage.of(elements), dtype, values.shape, strides, offset).array[...] = values
    return drawing.add(Input(name, values.shape, dtype.name, strides, offset, size, Literal(elements.tobytes())))


def expanded_column(drawing: Drawing, name: str, values: np.ndarray) -> Ref:
    """An input of the same shape whose first elements along dimension 0 stand for all others."""
    column = values.reshape(len(values), -1)[:, :1] if values.size else np.zeros((len(values), 1), values.dtype)
    strides = (1, *(0 for _ in values.shape[1:]))
    elements = Literal(column.tobytes())
    return drawing.add(Input(name, values.shape, values.dtype.name, strides, 0, len(values), elements))


@dataclass(frozen=True, slots=True)
class Indices(Base):
    """An index tensor. ``shape`` draws its shape and ``size`` says how many places there are to name.

    With ``distinct``, no place is named twice along the dimension that was drawn (or at all, where there is none):
    which of two writes to one place stays is nobody's promise. ``negative`` places count from the end.
    """

    name: str
    shape: Callable[[Choices, Drawing], Shape]
    size: Callable[[Drawing], int]
    along: bool = field(default=False, kw_only=True)
    distinct: bool = field(default=False, kw_only=True)
    negative: bool = field(default=False, kw_only=True)
    from_either_end: bool = field(default=False, kw_only=True)
    """Whether nothing is said of places counted from the end: none is drawn, and none counts as forbidden."""
    expanded: bool = field(default=False, kw_only=True)
    """Whether a column of places is expanded, which torch looks for along dimension 0: no other index is, there."""
    dtypes: tuple[DType, ...] = field(default=(INT64, INT32), kw_only=True)

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        size, shape = self.size(drawing), self.shape(choices, drawing)
        dim = dim_of(drawing) if self.along and shape and drawing.arguments.get("dim", 0) is not None else None
        if self.distinct:
            shape = _at_most(shape, size, dim)
            values = _distinct(raw(choices, _whole(shape, size, dim)), shape, dim)
        else:
            values = raw(choices, shape if size else tuple(0 for _ in shape) or (0,)) % np.uint64(max(size, 1))
        values = values.astype(np.int64)
        if self.negative:
            values = np.where(raw(choices, values.shape) & np.uint64(1), values, values - size)
        dtype = choices.choose(self.dtypes) if choices.flag(30) else self.dtypes[0]
        if self.expanded:
            return expanded_column(drawing, self.name, values.astype(dtype.numpy))
        constant = [d for d in range(values.ndim) if d != dim] if dim != 0 and (not self.distinct or self.along) else []
        return laid(choices, drawing, self.name, values.astype(dtype.numpy), constant=constant)

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        """A place beyond the last, one before the first, an index that is not integral, or of too many dimensions."""
        given = drawing.given(self.name)
        if given is None or not isinstance(given.values, Literal) or 0 in given.shape:
            return OMITTED
        elements = np.frombuffer(given.values.data, BY_NAME[given.dtype].numpy).copy()
        count = self.size(drawing)
        before = -count - 1 if self.negative or self.from_either_end else -1
        way = choices.choose((count, before, _FRACTIONAL, _TOO_DEEP))
        if way == _FRACTIONAL:
            zeros = Literal(np.zeros(elements.size, FLOAT32.numpy).tobytes())
            spoiled = replace(given, dtype="float32", values=zeros)
        elif way == _TOO_DEEP:
            if self.shape is any_shape:
                return OMITTED
            missing = max(2 - len(given.shape), 1)
            strides = (*(given.size for _ in range(missing)), *given.strides)
            spoiled = replace(given, shape=(*(1 for _ in range(missing)), *given.shape), strides=strides)
        else:
            far = given.dtype == INT64.name and choices.flag(15)
            elements[-1] = ENDS[way == before] if far else way
            spoiled = replace(given, values=Literal(elements.tobytes()))
        drawing.replace(spoiled)
        return Ref(given.name)


def _at_most(shape: Shape, size: int, dim: int | None) -> Shape:
    """The shape cut so that it has no more elements, or slices along ``dim``, than there are places."""
    if dim is not None:
        return tuple(min(n, size) if d == dim else n for d, n in enumerate(shape))
    kept: list[int] = []
    for n in shape:
        kept.append(min(n, size // max(int(np.prod(kept, dtype=np.int64)), 1)))
    return tuple(kept) if shape or size else (0,)


def _whole(shape: Shape, size: int, dim: int | None) -> Shape:
    """A row of all the places, for each element beside ``dim``."""
    return (size,) if dim is None else (*shape[:dim], size, *shape[dim + 1 :])


def _distinct(bits: np.ndarray, shape: Shape, dim: int | None) -> np.ndarray:
    """The first of the places in a random order."""
    if dim is None:
        count = int(np.prod(shape, dtype=np.int64))
        return np.argsort(bits, kind="stable")[:count].reshape(shape)
    order = np.argsort(bits, axis=dim, kind="stable")
    return order.take(range(shape[dim]), dim)


def any_shape(choices: Choices, drawing: Drawing) -> Shape:
    """A shape that has nothing to do with the input's."""
    return draw_shape(choices, max_ndim=3, numel=24)


def a_line(choices: Choices, drawing: Drawing) -> Shape:
    """A vector, or one index without a dimension."""
    if choices.flag(15):
        return ()
    return (choices.integer(0, LONGEST),) if shape_of(drawing) else (1,)


def within_input(choices: Choices, drawing: Drawing) -> Shape:
    """As many dimensions as the input, each as large or smaller; of any size along the dimension that was drawn.

    Of many dimensions one would be empty in most draws, if each may be.
    """
    dim, least = dim_of(drawing), 0 if choices.flag(15) else 1

    def drawn(d: int, size: int) -> int:
        if d == dim:
            return choices.integer(least, LONGEST)
        return size if choices.flag(60) else choices.integer(min(least, size), size)

    return tuple(drawn(d, size) for d, size in enumerate(shape_of(drawing)))


# -- sequences of tensors -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tensors(Base):
    """A sequence of one to three tensors; ``beside`` draws the shape of each further one from that of the first.

    ``promoted`` says that they may be of several dtypes.
    """

    name: str = "tensors"
    beside: Callable[[Choices, Drawing, Shape], Shape] = field(default=lambda choices, drawing, shape: shape)
    min_ndim: int = field(default=0, kw_only=True)
    max_ndim: int = field(default=4, kw_only=True)
    promoted: bool = field(default=True, kw_only=True)

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        first = self._first(choices, drawing)
        shape = first.shape
        found = [first.name]
        for position in range(1, choices.choose((2, 3, 1))):
            wanted = self.beside(choices, drawing, shape)
            known = drawing.existing(partial(self._is_like, shape=wanted, first=first))
            dtype = self._dtype(choices, drawing, wanted)
            found.append(known.name if known else drawing.tensor(f"{self.name}{position}", wanted, dtype).name)
            if wanted == EMPTY and choices.flag():
                found.insert(0, found.pop())
        return tuple(Ref(name) for name in found)

    def _dtype(self, choices: Choices, drawing: Drawing, shape: Shape) -> DType:
        """That of the first, at times another; mostly another for what has no elements, but counts in promotion."""
        if not self.promoted:
            return drawing.dtype
        if shape == EMPTY and choices.flag():
            return choices.choose(drawing.among(drawing.operation.dtypes))
        return drawing.operand_dtype()

    def _first(self, choices: Choices, drawing: Drawing) -> Input:
        known = drawing.existing(lambda one: self.min_ndim <= len(one.shape) <= self.max_ndim and not one.array)
        if known is not None:
            return known
        shape = draw_shape(choices, min_ndim=self.min_ndim, max_ndim=self.max_ndim, numel=60)
        made = drawing.referred(drawing.tensor(f"{self.name}0", shape))
        assert made is not None, "it was just made"
        return made

    def _is_like(self, one: Input, shape: Shape, first: Input) -> bool:
        return one.shape == shape and not one.array and (self.promoted or one.dtype == first.dtype)

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        """No tensor at all, or a last one with one more dimension."""
        names = [one.name for one in argument if isinstance(one, Ref)] if isinstance(argument, tuple) else []
        if len(names) < 2 or choices.flag(20):
            return ()
        last = drawing.referred(Ref(names[-1]))
        assert last is not None, "a tensor of the sequence"
        strides, offset, size = geometry("contiguous", (*last.shape, 2))
        drawing.replace(replace(last, shape=(*last.shape, 2), strides=strides, offset=offset, size=size))
        return argument


def shapes_in(drawing: Drawing, name: str = "tensors") -> list[Shape]:
    """The shapes of a sequence of tensors that was drawn."""
    given = drawing.arguments[name]
    assert isinstance(given, tuple), f"{name} is a sequence"
    tensors = [drawing.referred(one) for one in given]
    return [one.shape for one in tensors if one is not None]


@dataclass(frozen=True, slots=True)
class Fitting(Base):
    """A tensor whose shape follows from what was drawn before it, of the dtype of the case.

    ``same_dtype``: any other dtype is refused; ``larger``: only a smaller shape is; ``broadcast``: it may have more
    dimensions.
    """

    name: str
    shape: Callable[[Choices, Drawing], Shape]
    same_dtype: bool = field(default=True, kw_only=True)
    larger: bool = field(default=False, kw_only=True)
    broadcast: bool = field(default=False, kw_only=True)

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        shape = self.shape(choices, drawing)
        known = drawing.existing(partial(_is_one, shape=shape, dtype=drawing.dtype.name))
        if known is not None:
            return Ref(known.name)
        return drawing.tensor(self.name, shape)

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        """Another dtype, where that is forbidden, a dimension too many, or a size that does not fit."""
        given = drawing.given(self.name)
        if given is None or 0 in given.shape:
            return OMITTED
        if self.same_dtype and choices.flag():
            other = "float64" if given.dtype != "float64" else "int64"
            drawing.replace(replace(given, dtype=other))
            return Ref(given.name)
        if not (self.larger or self.broadcast) and choices.flag():
            return reshape_input(drawing, self.name, (1, *given.shape))
        if not given.shape:
            return OMITTED
        size = given.shape[-1] - 1 if self.larger else given.shape[-1] + 1
        return reshape_input(drawing, self.name, (*given.shape[:-1], size))


def _is_one(one: Input, shape: Shape, dtype: str) -> bool:
    return one.shape == shape and one.dtype == dtype and not one.array


@dataclass(frozen=True, slots=True)
class Another(Base):
    """One more tensor of any shape within a rank, at times of another dtype."""

    name: str
    min_ndim: int = field(default=0, kw_only=True)
    max_ndim: int = field(default=2, kw_only=True)
    promoted: bool = field(default=True, kw_only=True)

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        if self.left_out(choices):
            return OMITTED
        shape = draw_shape(choices, min_ndim=self.min_ndim, max_ndim=self.max_ndim, numel=24)
        return drawing.tensor(self.name, shape, drawing.operand_dtype() if self.promoted else drawing.dtype)

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        """One dimension too many."""
        given = drawing.given(self.name)
        return OMITTED if given is None else reshape_input(drawing, self.name, (1,) * (self.max_ndim + 1))
