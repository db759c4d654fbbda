"""Other sizes and other memory. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.set_.html"""

from __future__ import annotations

from math import prod

from conformance.accuracy import GradientOf
from conformance.choices import Choices
from conformance.model.case import Argument, Input, Layout
from conformance.model.verdict import Documented, Observed
from conformance.operation import ALL, OMITTED, Effect, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Computed
from conformance.strategies.drawing import Drawing
from conformance.strategies.layouts import CHANNELS_LAST, format_of_another_rank, geometry
from conformance.strategies.shapes import Shape, draw_factors, draw_shape
from reference import storage_changes
from reference.dtypes import INT64, UINT8

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.{}.html"
TARGET = AnyTensor(writeable=True)
ROOM = 3
"""How many elements a storage may have to grow by."""


def _new_size(choices: Choices, drawing: Drawing) -> Argument:
    """As many elements as there are, fewer, a few more, or a size that has nothing to do with it."""
    given = drawing.given("input")
    assert given is not None, "the input is a tensor"
    if choices.flag(15):
        return given.shape
    if choices.flag(20):
        return draw_shape(choices, numel=40)
    count = max(prod(given.shape) + choices.integer(-4, ROOM), 0)
    return draw_factors(choices, count)


def _negative_size(choices: Choices, drawing: Drawing) -> Argument:
    return (2, -3)


def _memory_format(choices: Choices, drawing: Drawing) -> Argument:
    contiguous = Layout("contiguous")
    return CHANNELS_LAST.get(len(_wanted(drawing)), contiguous) if choices.flag(70) else contiguous


def _of_another_rank(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    return format_of_another_rank(len(_wanted(drawing)))


def _wanted(drawing: Drawing) -> Shape:
    tensor = drawing.given("tensor")
    if tensor is not None:
        return tensor.shape
    size = drawing.arguments["size"]
    assert isinstance(size, tuple), "sizes are drawn as a tuple"
    return tuple(each for each in size if isinstance(each, int))


MEMORY_FORMAT = Computed("memory_format", _memory_format, _of_another_rank, keyword=True, required=False)


def _any_source(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    return AnyTensor("source").draw(choices, drawing)


def _source(choices: Choices, drawing: Drawing) -> Argument:
    """A tensor that lies contiguously, at times after something else."""
    shape = draw_shape(choices, numel=40)
    strides, offset, size = geometry(choices.choose(("contiguous", "offset by 1")), shape)
    values = drawing.values(size)
    return drawing.add(Input("source", shape, drawing.dtype.name, strides, offset, size, values))


def _of_another_dtype(choices: Choices, drawing: Drawing) -> Argument:
    return drawing.tensor("other_source", (2, 2), UINT8 if drawing.dtype is INT64 else INT64)


def _offset(choices: Choices, drawing: Drawing) -> Argument:
    """Within the source, or at its end."""
    source = drawing.given("source")
    assert source is not None, "the source is a tensor"
    return choices.integer(0, prod(source.shape))


def _before_the_storage(choices: Choices, drawing: Drawing) -> Argument:
    return -3


def _few_sizes(choices: Choices, drawing: Drawing) -> Argument:
    """Sizes that reach a few elements beyond the source at most."""
    source, offset = drawing.given("source"), drawing.arguments["storage_offset"]
    assert source is not None, "the source is a tensor"
    assert isinstance(offset, int), "the offset is drawn before the sizes"
    return draw_factors(choices, choices.integer(0, prod(source.shape) - offset + ROOM))


def _some_strides(choices: Choices, drawing: Drawing) -> Argument:
    """Row-major, of another order, or with elements that share a place."""
    size = drawing.arguments["size"]
    assert isinstance(size, tuple), "sizes are drawn before strides"
    shape = tuple(each for each in size if isinstance(each, int))
    if not shape:
        return ()
    if choices.flag(20):
        return tuple(choices.integer(0, 2) for _ in shape)
    return geometry(choices.choose(("contiguous", "transposed")), shape, choices.integer(0, len(shape) - 1))[0]


def _negative_strides(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    size = drawing.arguments["size"]
    several = isinstance(size, tuple) and size and all(isinstance(each, int) and each > 1 for each in size)
    return (-1,) * len(size) if several and isinstance(size, tuple) else OMITTED


OPERATIONS = [
    Operation(
        name="resize_",
        reference=storage_changes.resize_,
        written=storage_changes.resize_,
        spellings=spelled(in_place="Tensor.resize_"),
        parameters=(TARGET, Computed("size", _new_size, _negative_size, in_a_row=True), MEMORY_FORMAT),
        dtypes=ALL,
        effect=Effect.REPLACES,
        basis=Documented(
            MANUAL.format("resize_"),
            "If the number of elements is larger than the current storage size, then the underlying storage is resized"
            " to fit the new number of elements. If the number of elements is smaller, the underlying storage is not"
            " changed. Existing elements are preserved but any new memory is uninitialized.",
        ),
    ),
    Operation(
        name="resize_as_",
        reference=storage_changes.resize_as_,
        written=storage_changes.resize_as_,
        spellings=spelled(in_place="Tensor.resize_as_"),
        parameters=(TARGET, AnyTensor("tensor", dtypes=ALL), MEMORY_FORMAT),
        dtypes=ALL,
        effect=Effect.REPLACES,
        basis=Documented(
            MANUAL.format("resize_as_"),
            "Resizes the self tensor to be the same size as the specified tensor. This is equivalent to"
            " self.resize_(tensor.size()).",
        ),
    ),
    Operation(
        name="set_",
        reference=storage_changes.set_,
        written=storage_changes.set_,
        gradient=GradientOf(0),
        spellings=spelled(in_place="Tensor.set_"),
        parameters=(TARGET, Computed("source", _any_source, _of_another_dtype)),
        dtypes=ALL,
        effect=Effect.REPLACES,
        basis=Documented(
            MANUAL.format("set_"),
            "If source is a tensor, self tensor will share the same storage and have the same size and strides as"
            " source. Changes to elements in one tensor will be reflected in the other.",
        ),
    ),
    Operation(
        name="set_to_part",
        reference=storage_changes.set_,
        written=storage_changes.set_,
        gradient=GradientOf(0),
        spellings=spelled(in_place="Tensor.set_"),
        parameters=(
            TARGET,
            Computed("source", _source),
            Computed("storage_offset", _offset, _before_the_storage),
            Computed("size", _few_sizes, _negative_size),
            Computed("stride", _some_strides, _negative_strides, required=False),
        ),
        dtypes=ALL,
        effect=Effect.REPLACES,
        basis=Documented(MANUAL.format("set_"), "Sets the underlying storage, size, and strides."),
    ),
    Operation(
        name="set_to_nothing",
        reference=storage_changes.set_,
        written=storage_changes.set_,
        gradient=GradientOf(0),
        spellings=spelled(in_place="Tensor.set_"),
        parameters=(TARGET,),
        dtypes=ALL,
        effect=Effect.REPLACES,
        basis=Observed("2.13"),
    ),
]
