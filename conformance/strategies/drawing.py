"""A case being drawn: the inputs made so far, the shape and dtype that they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod

from conformance.choices import Choices
from conformance.model.case import Argument, Drawn, Input, Ref
from conformance.operation import Operation
from conformance.strategies.layouts import draw_geometry
from conformance.strategies.shapes import (
    EDGES,
    LARGE_SIZES,
    STRETCHED,
    Shape,
    draw_broadcastable,
    draw_dim,
    draw_long_shape,
    draw_shape,
)
from conformance.values import IN_TURN
from reference.dtypes import BY_NAME, Category, DType

EVERY_MODE = ("normal", "mixed", "special", "small", "bits", "log-uniform")
NEAR, GAPS = "near", "gaps"
INFINITE = ("unbounded", "masked")
"""Modes with infinite elements, of which complex products make what no page says; what NaN makes is NaN."""
SUMMED_MODES = ("normal", "mixed", GAPS, "small", NEAR, "special", "log-uniform")
"""What is summed: any bits would be one huge number among others, and say nothing of them."""
COMPLEX_MODES = ("normal", "small", "log-uniform", "wide", GAPS)
COMPLEX_SUMMED_MODES = ("normal", GAPS, "small", NEAR, "log-uniform", GAPS)
HANDED_ON = ("any",)
SPECIALS_MOST = 3
LARGEST_SMALL = 6
MOST_TO_STRETCH = 2**11
"""Two long sizes leave room for a third; with five, one exact product of matrices takes ten seconds."""
_CALLED_BY_SCRIPTS = frozenset({"abs", "max", "min"})


@dataclass
class Drawing:
    """What parameters see while a case is drawn.

    ``shape`` is the shape to which operands broadcast and ``symbols`` the sizes that shapes have in common by name
    (the inner size of a matrix product). ``long`` asks for one of the lengths at which implementations change path.
    ``prefix`` begins the names of the inputs; numbers may be ``extremes``.
    """

    choices: Choices
    operation: Operation
    dtype: DType
    long: bool = False
    inputs: list[Input] = field(default_factory=list)
    arguments: dict[str, Argument] = field(default_factory=dict)
    symbols: dict[str, int] = field(default_factory=dict)
    prefix: str = ""
    extremes: bool = True
    _shape: Shape | None = None
    _edge: str = ""

    @property
    def shape(self) -> Shape:
        """The shape of the result of broadcasting, drawn when first asked for."""
        if self._shape is None:
            self._shape = draw_long_shape(self.choices) if self.long else draw_shape(self.choices)
        return self._shape

    def fix_shape(self, shape: Shape) -> None:
        """Let the operands drawn from now on broadcast to ``shape``."""
        self._shape = shape

    def drawn_on_by(self, choices: Choices) -> Drawing:
        """The same drawing so far, to be drawn on by other choices."""
        other = Drawing(
            choices, self.operation, self.dtype, self.long, [*self.inputs], {**self.arguments}, {**self.symbols}
        )
        other.prefix, other.extremes = self.prefix, self.extremes
        other._shape, other._edge = self._shape, self._edge
        return other

    def symbol(self, name: str, low: int = 0, high: int = LARGEST_SMALL) -> int:
        """The size called ``name``: the same wherever a shape names it."""
        if name not in self.symbols:
            self.symbols[name] = self._size(low, high)
        return self.symbols[name]

    def dim(self, ndim: int) -> int:
        """One of so many dimensions, counted from either end: the same wherever it is asked for."""
        if "dim" not in self.symbols:
            self.symbols["dim"] = draw_dim(self.choices, ndim)
        return self.symbols["dim"]

    def _size(self, low: int, high: int) -> int:
        """A size in [low, high]; where an edge was dealt, or many elements, at times one at that edge, or large."""
        edge, large = self.choices.dealt("edge"), self.choices.dealt("large")
        self._edge = EDGES[edge] if edge is not None else "large" if large is not None else self._edge
        few = prod(self.symbols.values()) <= MOST_TO_STRETCH
        if self._edge and few and high >= LARGEST_SMALL and self.choices.flag():
            ends = {"long": STRETCHED, "empty": (low,), "single": (max(low, 1),), "large": LARGE_SIZES}
            return self.choices.choose(ends[self._edge])
        return self.choices.integer(max(low, min(2, high)) if self.choices.ample else low, high)

    def operand_shape(self) -> Shape:
        """The shape itself, mostly for the first operand drawn, or one that expands to it."""
        shape = self.shape
        if self.lacks_shape() or self.choices.flag(35 if self.inputs else 85):
            return shape
        return draw_broadcastable(self.choices, self.shape)

    def lacks_shape(self) -> bool:
        """Whether sizes shall tell, and no operand has all of them yet."""
        return self.choices.ample and bool(self.inputs) and all(given.shape != self.shape for given in self.inputs)

    def operand_dtype(self) -> DType:
        """The dtype of the case, or another that the operation takes, so that types are promoted."""
        if not self.inputs or self.choices.flag(70):
            return self.dtype
        return self.choices.choose(self.among(self.operation.dtypes))

    def among(self, dtypes: Sequence[DType]) -> Sequence[DType]:
        """Those dtypes of several that may be drawn: in a program, such as its other steps compute with."""
        return dtypes

    def beside(self, shape: Shape, dtype: DType) -> DType:
        """``dtype``, or that of an earlier operand where a complex one without dimensions would meet a real one with.

        The width of that result is the promotion property's to judge (finding 010), not every property's.
        """
        for given in self.inputs:
            other = dtype_of(given)
            zero_dim_complex = dtype if not shape and given.shape else other if shape and not given.shape else None
            floating = Category.FLOATING in (dtype.category, other.category)
            if zero_dim_complex is not None and zero_dim_complex.is_complex and floating:
                return other
        return dtype

    def tensor(
        self,
        name: str,
        shape: Shape,
        dtype: DType | None = None,
        *,
        mode: str = "",
        writeable: bool = False,
        requires_grad: bool = False,
    ) -> Ref:
        """Add an input tensor of this shape with a drawn layout and drawn values."""
        dtype = dtype or self.dtype
        strides, offset, size = draw_geometry(self.choices, shape, writeable=writeable)
        values = self.values(size, mode, dtype)
        return self.add(Input(name, shape, dtype.name, strides, offset, size, values, requires_grad))

    def add(self, given: Input) -> Ref:
        """Add an input as it is but for its name, which gets the prefix and hides no function that scripts call."""
        name = self.prefix + given.name + "_" * (given.name in _CALLED_BY_SCRIPTS)
        assert all(other.name != name for other in self.inputs), f"two inputs are called {name}"
        self.inputs.append(given if given.name == name else given.called(name))
        return Ref(name)

    def existing(self, fits: Callable[[Input], bool]) -> Input | None:
        """A variable that is there already and fits, where the case is a program that has some."""
        return None

    def again(self, fits: Callable[[Input], bool]) -> Input | None:
        """At times the last tensor once more: what is read twice may be written to, and has two gradients."""
        last = self.inputs[-1] if self.inputs else None
        return last if last is not None and not last.array and fits(last) and self.choices.flag(15) else None

    def values(self, size: int, mode: str = "", dtype: DType | None = None) -> Drawn:
        """Values of a mode, or of those that suit the operation in turn, with up to three specials put in place."""
        specials: tuple[tuple[int, int], ...] = ()
        floating = (dtype or self.dtype).category is Category.FLOATING or self.operation.accuracy.bitwise
        if not mode and size and floating and not self.operation.values and self.choices.flag(8):
            count = self.choices.integer(1, SPECIALS_MOST)
            specials = tuple((self.choices.integer(0, size - 1), self.choices.integer(0, 60)) for _ in range(count))
        modes = (mode,) if mode else self._modes(dtype or self.dtype)
        seed, dealt = self.choices.integer(0, 2**32 - 1), self.choices.dealt("mode")
        if dealt is not None:  # the first row is in the mode whose number the seed leaves
            seed = _in_step(seed, dealt, len(modes))
        elif self.inputs and isinstance(first := self.inputs[0].values, Drawn) and self.choices.flag():
            seed = _in_step(seed, first.seed, len(modes))
        return Drawn(IN_TURN.join(modes), seed, 0, specials)

    def _modes(self, dtype: DType) -> tuple[str, ...]:
        """The modes that suit: what complex functions make of infinities and NaN, no page and no standard says."""
        if self.operation.hands_on:
            return HANDED_ON
        if self.operation.values:
            return tuple(mode for mode in self.operation.values if mode not in INFINITE or not dtype.is_complex)
        if dtype.is_complex and not self.operation.accuracy.bitwise:
            return COMPLEX_MODES if self.operation.pointwise else COMPLEX_SUMMED_MODES
        return SUMMED_MODES if self.operation.accumulates and not self.operation.accuracy.bitwise else EVERY_MODE

    def given(self, name: str) -> Input | None:
        """The input that the argument called ``name`` refers to, if it is a tensor."""
        return self.referred(self.arguments.get(name))

    def referred(self, argument: Argument) -> Input | None:
        """The input that an argument refers to, if it is a tensor."""
        if isinstance(argument, Ref):
            for given in self.inputs:
                if given.name == argument.name:
                    return given
        return None

    def replace(self, changed: Input) -> None:
        """Put ``changed`` in the place of the input of that name."""
        self.inputs = [changed if given.name == changed.name else given for given in self.inputs]

    def numel(self, name: str) -> int:
        """The number of elements of the tensor that the argument called ``name`` refers to."""
        given = self.given(name)
        return prod(given.shape) if given is not None else 1


def _in_step(seed: int, other: int, count: int) -> int:
    """A seed near to this one whose rows take the modes as those of the other do: special values meet special ones."""
    return seed + (other - seed) % count - count * (seed >= 2**32 - count)


def dtype_of(given: Input) -> DType:
    """The dtype of an input."""
    return BY_NAME[given.dtype]
