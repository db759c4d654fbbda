"""Kinds of parameters that are sizes: of a new tensor, or of a view of one."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.operation import OMITTED, Omitted
from conformance.parameters import Base
from conformance.strategies.drawing import Drawing
from conformance.strategies.shapes import draw_factors, draw_shape


@dataclass(frozen=True, slots=True)
class Sizes(Base):
    """Sizes of a new tensor."""

    name: str = "size"
    max_ndim: int = field(default=4, kw_only=True)

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        shape = draw_shape(choices, max_ndim=self.max_ndim)
        drawing.fix_shape(shape)
        return shape

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        return (2, -3)


@dataclass(frozen=True, slots=True)
class ViewSizes(Base):
    """Sizes with as many elements as the tensor called ``of``; one may be -1."""

    name: str = "size"
    of: str = "input"

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        numel = drawing.numel(self.of)
        sizes = list(draw_factors(choices, numel))
        if sizes and numel and choices.flag(40):
            sizes[choices.integer(0, len(sizes) - 1)] = -1
        return tuple(sizes)

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        """A size that does not fit, two to infer, or a negative one."""
        sizes = argument if isinstance(argument, tuple) else ()
        return choices.choose(((*sizes, 7), (*sizes, -1, -1), (*sizes, -2)))


@dataclass(frozen=True, slots=True)
class ExpandSizes(Base):
    """Sizes to which the tensor called ``of`` expands; -1 keeps a size."""

    name: str = "size"
    of: str = "input"

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        given = drawing.given(self.of)
        shape = given.shape if given is not None else ()
        leading = tuple(choices.integer(0, 3) for _ in range(choices.integer(0, 2)))
        kept = tuple(
            choices.integer(0, 4) if size == 1 and choices.flag(70) else -1 if choices.flag(20) else size
            for size in shape
        )
        return leading + kept

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        """A size that does not fit, or one below -1, which means nothing; beside a size of zero too."""
        given = drawing.given(self.of)
        if given is None or not given.shape:
            return OMITTED
        if given.shape[-1] == 1 or choices.flag():
            return (choices.choose((0, 2)), *given.shape[:-1], -2)
        return (*given.shape[:-1], given.shape[-1] + 1)
