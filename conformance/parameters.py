"""Kinds of parameters: what torch documents of an argument, and how to draw one that is valid or forbidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.choices import Choices
from conformance.model.case import Argument, Input, Ref
from conformance.operation import OMITTED, Omitted
from conformance.strategies.drawing import Drawing
from conformance.strategies.layouts import geometry
from conformance.strategies.numbers import (
    BEYOND,
    ENDS,
    draw_beyond,
    draw_number,
    draw_wide_number,
    not_held_by,
    precise_of,
)
from conformance.strategies.shapes import (
    MOST_DIMENSIONS,
    Shape,
    draw_broadcastable,
    draw_dim,
    draw_long_shape,
    draw_shape,
    expands,
)
from reference.dtypes import BY_NAME, Category, DType

OUT_OF_RANGE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What every kind has. Without ``required``, the argument is left out in a third of the draws; of one that is
    ``mostly`` given, which decides what is done, in an eighth.

    ``by_place``: torch has no name for it, or another one. ``in_a_row``: sizes that methods, and functions that make
    tensors, also take one after the other.
    """

    keyword: bool = False
    required: bool = True
    mostly: bool = False
    by_place: bool = False
    in_a_row: bool = False

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        return OMITTED

    def left_out(self, choices: Choices) -> bool:
        if self.mostly:
            return choices.flag(12)
        return not self.required and (choices.plain or choices.flag(33))


@dataclass(frozen=True, slots=True)
class AnyTensor(Base):
    """A tensor of any shape between two ranks. ``mode`` fixes how its values are drawn.

    Its elements are never ``many`` where every one makes a row of the result; ``single``: mostly one of its sizes is
    one, or two are, wherever they stand.
    """

    name: str = "input"
    min_ndim: int = field(default=0, kw_only=True)
    max_ndim: int = field(default=MOST_DIMENSIONS, kw_only=True)
    many: bool = field(default=True, kw_only=True)
    dtypes: tuple[DType, ...] = field(default=(), kw_only=True)
    mode: str = field(default="", kw_only=True)
    writeable: bool = field(default=False, kw_only=True)
    single: bool = field(default=False, kw_only=True)

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        if self.left_out(choices):
            return OMITTED
        found = None if self.mode else drawing.existing(lambda one: self._fits(one, drawing))
        if found is not None:
            return Ref(found.name)
        if drawing.long and self.min_ndim <= 1:
            shape = draw_long_shape(choices)
        else:
            most = self.max_ndim - self.single
            shape = draw_shape(choices, min_ndim=self.min_ndim, max_ndim=most, many=self.many)
        for percent in (70, 40) if self.single else ():
            if len(shape) < self.max_ndim and choices.flag(percent):
                place = choices.integer(0, len(shape))
                shape = (*shape[:place], 1, *shape[place:])
        dtype = choices.choose(self.dtypes) if self.dtypes else None
        drawing.fix_shape(shape)
        return drawing.tensor(self.name, shape, dtype, mode=self.mode, writeable=self.writeable)

    def _fits(self, one: Input, drawing: Drawing) -> bool:
        ranked = self.min_ndim <= len(one.shape) <= self.max_ndim
        return ranked and not one.array and BY_NAME[one.dtype] in (self.dtypes or drawing.operation.dtypes)


@dataclass(frozen=True, slots=True)
class Operand(Base):
    """A tensor that is broadcast with the other operands; a Python number too where ``number`` says so.

    Of an integral dtype, the number may be ``wider``; where it is ``held``, such a number is refused.
    """

    name: str
    number: bool = field(default=False, kw_only=True)
    wider: bool = field(default=False, kw_only=True)
    held: bool = field(default=False, kw_only=True)
    mode: str = field(default="", kw_only=True)
    dtypes: tuple[DType, ...] = field(default=(), kw_only=True)

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        if self.left_out(choices):
            return OMITTED
        if self.number and not drawing.lacks_shape() and choices.flag(25):
            return draw_wide_number(choices, drawing) if self.wider else draw_number(choices, drawing)
        dtypes = self.dtypes or drawing.operation.dtypes
        found = None if self.mode else drawing.existing(lambda one: _operates(one, dtypes, drawing))
        if found is None and not self.mode:
            found = drawing.again(lambda one: _operates(one, dtypes, drawing) and one.shape == drawing.shape)
        if found is not None:
            return Ref(found.name)
        dtype = choices.choose(self.dtypes) if self.dtypes else drawing.operand_dtype()
        alone = sum(isinstance(one, Operand) for one in drawing.operation.parameters) == 1
        shape = drawing.shape if alone else drawing.operand_shape()
        return drawing.tensor(self.name, shape, drawing.beside(shape, dtype), mode=self.mode)

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        """A shape that does not broadcast: a size of neither one nor the other's; or a number that is not held."""
        if self.held and not isinstance(argument, Ref):
            return not_held(choices, drawing)
        given = drawing.given(self.name)
        if given is None or len(drawing.inputs) < 2 or given is drawing.inputs[0]:
            return OMITTED
        shape = (*drawing.inputs[0].shape[:-1], 6) if drawing.inputs[0].shape else ()
        if not shape or drawing.inputs[0].shape[-1] in (1, 6):
            return OMITTED
        return reshape_input(drawing, self.name, shape)


def _operates(one: Input, dtypes: tuple[DType, ...], drawing: Drawing) -> bool:
    """Whether a variable can be an operand: the first may have any shape, any other must expand to it."""
    if one.array or BY_NAME[one.dtype] not in dtypes:
        return False
    return not drawing.arguments or expands(one.shape, drawing.shape)


def reshape_input(drawing: Drawing, name: str, shape: Shape) -> Ref:
    """Give an input another shape, row-major."""
    given = drawing.given(name)
    assert given is not None, f"{name} is no tensor"
    strides, offset, size = geometry("contiguous", shape)
    drawing.replace(replace(given, shape=shape, strides=strides, offset=offset, size=size))
    return Ref(given.name)


@dataclass(frozen=True, slots=True)
class Shaped(Base):
    """A tensor whose sizes are named (``"n", "m"``) or given; equal names mean equal sizes.

    With ``broadcast``, at times one of a shape that expands to these sizes.
    """

    name: str
    sizes: tuple[str | int, ...]
    low: int = field(default=0, kw_only=True)
    high: int = field(default=6, kw_only=True)
    broadcast: bool = field(default=False, kw_only=True)
    dtypes: tuple[DType, ...] = field(default=(), kw_only=True)
    mode: str = field(default="", kw_only=True)

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        if self.left_out(choices):
            return OMITTED
        found = None if self.mode else drawing.existing(lambda one: self._fits(one, drawing))
        if found is None and not self.mode:
            found = drawing.again(lambda one: self._fits(one, drawing))
        if found is not None:
            drawing.symbols.update(self._known(found))
            return Ref(found.name)
        symbols = (size if isinstance(size, int) else drawing.symbol(size, self.low, self.high) for size in self.sizes)
        sizes = tuple(symbols)
        if self.broadcast and choices.flag(30):
            sizes = draw_broadcastable(choices, sizes)
        dtype = choices.choose(self.dtypes) if self.dtypes else None
        return drawing.tensor(self.name, sizes, dtype, mode=self.mode)

    def _fits(self, one: Input, drawing: Drawing) -> bool:
        """Whether a variable has the sizes; those not known yet are then known."""
        if one.array or len(one.shape) != len(self.sizes):
            return False
        known = {**self._known(one), **drawing.symbols}
        sizes = tuple(known.get(size, size) if isinstance(size, str) else size for size in self.sizes)
        return sizes == one.shape and BY_NAME[one.dtype] in (self.dtypes or (drawing.dtype,))

    def _known(self, one: Input) -> dict[str, int]:
        """The sizes by name, as a variable has them."""
        return {name: size for name, size in zip(self.sizes, one.shape, strict=True) if isinstance(name, str)}

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        """One size more than the others agree on."""
        given = drawing.given(self.name)
        if given is None or not given.shape or given is drawing.inputs[0]:
            return OMITTED
        return reshape_input(drawing, self.name, (given.shape[0] + 1, *given.shape[1:]))


@dataclass(frozen=True, slots=True)
class LikeTensor(Base):
    """A tensor of the same shape as the one called ``of``, or one that broadcasts to it."""

    name: str
    of: str = "input"
    broadcast: bool = field(default=False, kw_only=True)
    dtypes: tuple[DType, ...] = field(default=(), kw_only=True)
    mode: str = field(default="", kw_only=True)

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        if self.left_out(choices):
            return OMITTED
        target = drawing.given(self.of)
        shape = target.shape if target is not None else drawing.shape
        dtypes = self.dtypes or drawing.operation.dtypes
        found = None if self.mode else drawing.existing(lambda one: self._fits(one, shape, dtypes))
        if found is None and not self.mode:
            found = drawing.again(lambda one: self._fits(one, shape, dtypes))
        if found is not None:
            return Ref(found.name)
        if self.broadcast and choices.flag(40):
            shape = draw_broadcastable(choices, shape)
        dtype = drawing.operand_dtype()
        if self.dtypes and dtype not in self.dtypes:
            dtype = choices.choose(self.dtypes)
        return drawing.tensor(self.name, shape, dtype, mode=self.mode)

    def _fits(self, one: Input, shape: Shape, dtypes: tuple[DType, ...]) -> bool:
        alike = one.shape == shape or (self.broadcast and expands(one.shape, shape))
        return alike and not one.array and BY_NAME[one.dtype] in dtypes

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        given = drawing.given(self.name)
        return OMITTED if given is None else reshape_input(drawing, self.name, (*given.shape, 6))


@dataclass(frozen=True, slots=True)
class Number(Base):
    """A Python number; from ``options`` if there are any, with ``beyond`` at times one that is not finite.

    Of an integral dtype, it may be ``wider``; where it is ``held``, such a number is refused. Of a floating one, it may
    take every bit where it is ``precise``.
    """

    name: str
    options: tuple[bool | int | float | complex, ...] = ()
    beyond: bool = field(default=False, kw_only=True)
    precise: bool = field(default=False, kw_only=True)
    wider: bool = field(default=False, kw_only=True)
    held: bool = field(default=False, kw_only=True)

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        if self.left_out(choices):
            return OMITTED
        if not self.options:
            return draw_wide_number(choices, drawing) if self.wider else draw_number(choices, drawing)
        if self.wider and (wide := draw_beyond(choices, drawing, 15)) is not None:
            return wide
        if self.precise and drawing.dtype.is_differentiable and choices.flag(25):
            return choices.choose(precise_of(drawing.dtype))
        finite = not drawing.extremes or drawing.dtype.category is not Category.FLOATING or not self.beyond
        return choices.choose(self.options if finite or not choices.flag(35) else BEYOND)

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        return not_held(choices, drawing) if self.held else OMITTED


def not_held(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """A number that the dtype of the first tensor is refused as an element, if there is one."""
    options = not_held_by(drawing.dtype)
    return choices.choose(options) if options else OMITTED


@dataclass(frozen=True, slots=True)
class Choice(Base):
    """One of a few values: a flag, a rounding mode, a reduction. ``forbidden`` is refused."""

    name: str
    options: tuple[Argument, ...]
    forbidden: Argument | Omitted = field(default=OMITTED, kw_only=True)

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        return OMITTED if self.left_out(choices) else choices.choose(self.options)

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        return self.forbidden


def Flag(  # noqa: N802 - reads as the kinds do
    name: str, *, keyword: bool = False, required: bool = False, mostly: bool = False
) -> Choice:
    """True or False."""
    return Choice(name, (True, False), keyword=keyword, required=required, mostly=mostly)


@dataclass(frozen=True, slots=True)
class Dim(Base):
    """A dimension of the tensor called ``of``, counted from either end; ``extra`` allows one beyond (unsqueeze)."""

    name: str = "dim"
    of: str = "input"
    extra: int = field(default=0, kw_only=True)

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        if self.left_out(choices):
            return OMITTED
        return draw_dim(choices, self._count(drawing))

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        count = max(self._count(drawing), 1)
        return choices.choose((count, -count - 1, *ENDS))

    def _count(self, drawing: Drawing) -> int:
        given = drawing.given(self.of)
        return (len(given.shape) if given is not None else 0) + self.extra


@dataclass(frozen=True, slots=True)
class Dims(Base):
    """Dimensions of the tensor called ``of``: one, several, none, or all of them in some order (``permutation``)."""

    name: str = "dim"
    of: str = "input"
    permutation: bool = field(default=False, kw_only=True)
    empty: bool = field(default=True, kw_only=True)

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        if self.left_out(choices):
            return OMITTED
        given = drawing.given(self.of)
        ndim = len(given.shape) if given is not None else 0
        if ndim and not self.permutation and (choices.plain or choices.flag(40)):
            return draw_dim(choices, ndim)
        left, count = list(range(ndim)), ndim if self.permutation else self._how_many(choices, ndim)
        picked = [left.pop(choices.integer(0, len(left) - 1)) for _ in range(count)]
        return tuple(dim - ndim if choices.flag(30) else dim for dim in picked)

    def _how_many(self, choices: Choices, ndim: int) -> int:
        """Mostly several; of three or more, mostly not all."""
        if ndim > 1 and choices.flag(60):
            return choices.integer(2, max(ndim - choices.flag(70), 2))
        return choices.integer(0 if self.empty or not ndim else 1, ndim)

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        """A dimension that does not exist, or one named twice."""
        if isinstance(argument, tuple) and argument and choices.flag():
            return (*argument, argument[0])
        return (OUT_OF_RANGE,)


@dataclass(frozen=True, slots=True)
class Computed(Base):
    """An argument whose range depends on the others: ``valid`` and ``forbidden`` draw it.

    For the few arguments (narrow's start and length, as_strided's layout) for which no general kind exists.
    """

    name: str
    valid: Callable[[Choices, Drawing], Any]
    forbidden: Callable[[Choices, Drawing], Any] | None = None

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        if self.left_out(choices):
            return OMITTED
        drawn: Argument | Omitted = self.valid(choices, drawing)
        return drawn

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        if self.forbidden is None:
            return OMITTED
        drawn: Argument | Omitted = self.forbidden(choices, drawing)
        return drawn
