"""A case: inputs and one or more steps, a small program that is pure data.

Nothing here holds an array, a tensor or a function, so a case can be written down, sent to another
machine and replayed there bit for bit (``codec``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

BACKWARD = "backward"
"""The operation that is a backward pass."""
GRAD = "grad"
"""The operation that is one whose gradients are results: as many as inputs are asked for, in a tuple."""


@dataclass(frozen=True, slots=True)
class Ref:
    """The value of a variable: an input, or the result of an earlier step."""

    name: str


@dataclass(frozen=True, slots=True)
class DTypeName:
    """A dtype given as an argument, by torch's name for it (``float32``)."""

    name: str


@dataclass(frozen=True, slots=True)
class Slice:
    """``start:stop:step`` inside an index."""

    start: int | None = None
    stop: int | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Dots:
    """``...`` inside an index."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A memory format given as an argument: ``contiguous``, ``preserve``, ``channels_last`` or
    ``channels_last_3d``."""

    memory_format: str


@dataclass(frozen=True, slots=True)
class Device:
    """The device on which the case runs, given as an argument: by its ``name``, or as an ``object``."""

    form: str


@dataclass(frozen=True, slots=True)
class Hook:
    """A function of a gradient given as an argument: ``double``, ``negate`` or ``look`` (which returns None)."""

    name: str


Argument: TypeAlias = (
    "bool | int | float | complex | str | Ref | DTypeName | Slice | Dots | Layout | Device | Hook"
    " | tuple[Argument, ...] | list[Argument] | None"
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Values made from a seed: row ``row`` of the block that ``mode`` draws, then specials put in place.

    ``specials`` are (position in the storage, index into the special pool of the dtype).
    """

    mode: str
    seed: int
    row: int = 0
    specials: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Literal:
    """Values given as the little-endian bytes of the storage, element after element."""

    data: bytes


Values: TypeAlias = Drawn | Literal


@dataclass(frozen=True, slots=True)
class Input:
    """One tensor or NumPy array that exists before the first step.

    ``strides`` and ``offset`` count elements; ``size`` is the length of the storage, all of which the
    values fill: what lies between the elements of a strided tensor is data too, and must stay as it is.
    Only a NumPy array (``array=True``) may have negative strides or be read-only. Of a tensor whose values are ``late``
    torch holds the conjugates ("conj"), or the negatives ("neg"), and a bit that says that these are to be computed
    when somebody reads them: a view as ``conj`` makes it, or ``imag`` of such.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    strides: tuple[int, ...]
    offset: int
    size: int
    values: Values
    requires_grad: bool = False
    array: bool = False
    writeable: bool = True
    late: str = ""

    def called(self, name: str) -> Input:
        """The same input under another name."""
        geometry = self.shape, self.dtype, self.strides, self.offset, self.size
        return Input(name, *geometry, self.values, self.requires_grad, self.array, self.writeable, self.late)


@dataclass(frozen=True, slots=True)
class Step:
    """One call: an operation in one of its spellings, with arguments, its results bound to names.

    ``results`` has one name, or several for an operation that returns a tuple. With ``grad`` false
    the call runs under ``no_grad``.
    """

    operation: str
    spelling: str
    args: tuple[Argument, ...] = ()
    kwargs: tuple[tuple[str, Argument], ...] = ()
    results: tuple[str, ...] = ()
    grad: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """Inputs and steps. ``seed`` seeds the default generator before the first step."""

    inputs: tuple[Input, ...]
    steps: tuple[Step, ...]
    seed: int = 0

    def input(self, name: str) -> Input:
        """The input called ``name``."""
        for candidate in self.inputs:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    def with_input(self, changed: Input) -> Case:
        """The same case with the input of that name replaced."""
        return replace(self, inputs=tuple(changed if i.name == changed.name else i for i in self.inputs))

    @property
    def main(self) -> Step:
        """The step that calls the operation under test: the one whose result is called ``result``, else the first
        without one that is no backward pass, else the first that copies nothing."""
        for step in self.steps:
            if step.results and step.results[0].startswith("result"):
                return step
        for step in self.steps:
            if not step.results and step.operation != BACKWARD:
                return step
        return next((step for step in self.steps if step.operation != "clone"), self.steps[0])

    def at_row(self, row: int) -> Case:
        """The same structure with the values of another derived seed."""
        return replace(self, inputs=tuple(_at_row(i, row) for i in self.inputs))


def _at_row(given: Input, row: int) -> Input:
    if isinstance(given.values, Drawn):
        return replace(given, values=replace(given.values, row=row))
    return given


def references(argument: Argument) -> Iterator[str]:
    """The names of the variables that an argument reads.

    >>> list(references((Ref("x"), [Ref("y"), 3])))
    ['x', 'y']
    """
    if isinstance(argument, Ref):
        yield argument.name
    elif isinstance(argument, (tuple, list)):
        for part in argument:
            yield from references(part)


def dtype_names(case: Case) -> set[str]:
    """The dtypes that a case names: those of its inputs, and those given as arguments."""
    names = {given.dtype for given in case.inputs}
    for step in case.steps:
        given = (*step.args, *(value for _, value in step.kwargs))
        names.update(argument.name for argument in given if isinstance(argument, DTypeName))
    return names
