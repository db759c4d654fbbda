"""Views that take a part, and any layout over a storage. https://docs.pytorch.org/docs/stable/tensor_view.html"""

from __future__ import annotations

from conformance.accuracy import GradientOf
from conformance.choices import Choices
from conformance.model.verdict import Documented
from conformance.operation import ALL, MOST_PARTS, OMITTED, Effect, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Dim
from conformance.strategies.drawing import Drawing
from conformance.strategies.numbers import ENDS
from reference import slicing, splitting, view_changes
from reference.layout import extent

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
LARGEST_WINDOW = 40


def _start_within(choices: Choices, drawing: Drawing) -> int:
    """A place to begin at, counted from either end."""
    size = _size_of_dim(drawing)
    return choices.integer(-size, size)


def _length_left(choices: Choices, drawing: Drawing) -> int:
    start, size = drawing.arguments["start"], _size_of_dim(drawing)
    assert isinstance(start, int), "start is drawn before length"
    return choices.integer(0, -start if start < 0 else size - start)


def _no_start(choices: Choices, drawing: Drawing) -> int:
    size = _size_of_dim(drawing)
    return choices.choose((size + 1, -size - 1, *ENDS))


def _too_long(choices: Choices, drawing: Drawing) -> int:
    return choices.choose((_size_of_dim(drawing) + 1, *ENDS))


def _size_of_dim(drawing: Drawing, name: str = "dim") -> int:
    given, dim = drawing.given("input"), drawing.arguments.get(name, 0)
    assert given is not None, "the input is a tensor"
    assert isinstance(dim, int), f"{name} is drawn before what depends on it"
    return given.shape[dim]


def _place_along_dim(choices: Choices, drawing: Drawing) -> int:
    """An index of the dimension, from either end; a dimension without elements has none, and 0 is refused."""
    size = _size_of_dim(drawing)
    return choices.integer(-size, size - 1) if size else 0


def _beyond(choices: Choices, drawing: Drawing) -> int:
    size = _size_of_dim(drawing)
    return choices.choose((size, -size - 1, *ENDS))


def _other_dim(choices: Choices, drawing: Drawing) -> int | Omitted:
    """A second dimension of the tensor, other than ``dim1``; left out where that is."""
    given, first = drawing.given("input"), drawing.arguments.get("dim1")
    assert given is not None, "the input is a tensor"
    if not isinstance(first, int):
        return OMITTED
    ndim = len(given.shape)
    return choices.choose([dim for dim in range(-ndim, ndim) if (dim - first) % ndim])


def _same_dim(choices: Choices, drawing: Drawing) -> int:
    first = drawing.arguments.get("dim1", 0)
    assert isinstance(first, int), "dim1 is drawn before dim2"
    return first


def _window(choices: Choices, drawing: Drawing) -> int:
    """Up to the size of the dimension; of many elements not all, as each is in that many windows."""
    size = _size_of_dim(drawing, "dimension")
    return choices.integer(0, min(size, LARGEST_WINDOW))


def _window_too_large(choices: Choices, drawing: Drawing) -> int:
    return _size_of_dim(drawing, "dimension") + 1


def _strided_sizes(choices: Choices, drawing: Drawing) -> tuple[int, ...]:
    return tuple(choices.integer(0, 3) for _ in range(choices.integer(0, 3)))


def _strided_steps(choices: Choices, drawing: Drawing) -> tuple[int, ...]:
    """Strides that stay within the storage; overlaps among them."""
    size, offset = drawing.arguments["size"], _offset(drawing)
    given = drawing.given("input")
    assert given is not None, "the input is a tensor"
    assert isinstance(size, tuple), "size is drawn before stride"
    steps: list[int] = []
    for count in size:
        assert isinstance(count, int), "sizes are integers"
        used = offset + extent([n for n in size[: len(steps)] if isinstance(n, int)], steps)
        room = (given.size - used) // (count - 1) if count > 1 else 4
        steps.append(choices.integer(0, max(min(room, 4), 0)))
    return tuple(steps)


def _strides_beyond(choices: Choices, drawing: Drawing) -> tuple[int, ...] | Omitted:
    size, given = drawing.arguments["size"], drawing.given("input")
    assert given is not None, "the input is a tensor"
    if not isinstance(size, tuple) or not size or 0 in size or size[0] == 1:
        return OMITTED
    return (given.size + 1, *(1 for _ in size[1:]))


def _strided_offset(choices: Choices, drawing: Drawing) -> int:
    """A place in the storage from which the layout stays within."""
    given, size, steps = drawing.given("input"), drawing.arguments["size"], drawing.arguments["stride"]
    assert given is not None, "the input is a tensor"
    assert isinstance(size, tuple), "size is drawn before the offset"
    assert isinstance(steps, tuple), "stride is drawn before the offset"
    reach = extent([n for n in size if isinstance(n, int)], [n for n in steps if isinstance(n, int)])
    return choices.integer(0, max(given.size - reach, 0))


def _outside(choices: Choices, drawing: Drawing) -> int | Omitted:
    """A place before the storage; or behind it, where there is an element to be there."""
    given, size = drawing.given("input"), drawing.arguments["size"]
    assert given is not None, "the input is a tensor"
    assert isinstance(size, tuple), "size is drawn before the offset"
    return choices.choose((-1, ENDS[1]) if 0 in size else (-1, given.size, *ENDS))


def _offset(drawing: Drawing) -> int:
    given = drawing.given("input")
    return given.offset if given is not None else 0


def _size_split(drawing: Drawing) -> int:
    """The size of a dimension that is drawn with it, and given behind what depends on it."""
    given = drawing.given("input")
    assert given is not None, "the input is a tensor"
    return given.shape[drawing.dim(len(given.shape))]


def _sections(choices: Choices, drawing: Drawing) -> int | tuple[int, ...]:
    """One size for every part, or a size for each."""
    size = _size_split(drawing)
    if choices.flag():
        return ENDS[0] if choices.flag(12) else choices.integer(1, max(size, 1) + 1)
    return _sizes_of_parts(choices, drawing)


def _sizes_of_parts(choices: Choices, drawing: Drawing) -> tuple[int, ...]:
    size = _size_split(drawing)
    first = choices.integer(0, size)
    second = choices.integer(0, size - first) if choices.flag() else 0
    return (first, second, size - first - second)


def _sizes_that_miss(choices: Choices, drawing: Drawing) -> tuple[int, ...]:
    return (1, _size_split(drawing))


def _dim_split(choices: Choices, drawing: Drawing) -> int | Omitted:
    dim, given = drawing.symbols["dim"], drawing.given("input")
    assert given is not None, "the input is a tensor"
    return OMITTED if dim in (0, -len(given.shape)) and choices.flag() else dim


def _no_dim_to_split(choices: Choices, drawing: Drawing) -> int:
    given = drawing.given("input")
    assert given is not None, "the input is a tensor"
    return len(given.shape)


def _parts(choices: Choices, drawing: Drawing) -> int:
    """A number of parts, at times the last there is; not of nothing, of which each part is made."""
    far = drawing.numel("input") > 0 and choices.flag(7)
    return ENDS[0] if far else choices.choose((1, 2, 3, 5, 40))


def _no_parts(choices: Choices, drawing: Drawing) -> int:
    return 0


DIM_SPLIT = Computed("dim", _dim_split, _no_dim_to_split)


OPERATIONS = [
    Operation(
        name="narrow",
        reference=slicing.narrow,
        spellings=spelled("torch.narrow", "Tensor.narrow"),
        parameters=(
            AnyTensor(min_ndim=1),
            Dim(),
            Computed("start", _start_within, _no_start),
            Computed("length", _length_left, _too_long),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(MANUAL.format("narrow"), "The returned tensor and input tensor share the same storage."),
    ),
    Operation(
        name="select",
        reference=slicing.select,
        spellings=spelled("torch.select", "Tensor.select"),
        parameters=(AnyTensor(min_ndim=1), Dim(), Computed("index", _place_along_dim, _beyond)),
        dtypes=ALL,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("select"),
            "Slices the input tensor along the selected dimension at the given index. This function returns a view of"
            " the original tensor with the given dimension removed.",
        ),
    ),
    Operation(
        name="diagonal",
        reference=slicing.diagonal,
        spellings=spelled("torch.diagonal", "Tensor.diagonal"),
        parameters=(
            AnyTensor(min_ndim=2),
            Choice("offset", (0, 1, -1, 2, -3, *ENDS), mostly=True),
            Dim("dim1", mostly=True),
            Computed("dim2", _other_dim, _same_dim),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("diagonal"),
            "Returns a partial view of input with the its diagonal elements with respect to dim1 and dim2 appended as a"
            " dimension at the end of the shape.",
        ),
    ),
    Operation(
        name="unfold",
        reference=slicing.unfold,
        spellings=spelled(method="Tensor.unfold"),
        parameters=(
            AnyTensor(min_ndim=1, max_ndim=3),
            Dim("dimension"),
            Computed("size", _window, _window_too_large),
            Choice("step", (1, 2, 3, 90), forbidden=0),
        ),
        dtypes=ALL,
        gradient=GradientOf(1, stored=True),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("Tensor.unfold"),
            "Returns a view of the original tensor which contains all slices of size size from self tensor in the"
            " dimension dimension.",
        ),
    ),
    Operation(
        name="as_strided",
        reference=slicing.as_strided,
        spellings=spelled("torch.as_strided", "Tensor.as_strided", in_place="Tensor.as_strided_"),
        written=view_changes.as_strided_,
        parameters=(
            AnyTensor(),
            Computed("size", _strided_sizes),
            Computed("stride", _strided_steps, _strides_beyond),
            Computed("storage_offset", _strided_offset, _outside, required=False),
        ),
        dtypes=ALL,
        gradient=GradientOf(2, stored=True),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("as_strided"),
            "Create a view of an existing torch.Tensor input with specified size, stride and storage_offset.",
        ),
    ),
    Operation(
        name="unbind",
        reference=splitting.unbind,
        spellings=spelled("torch.unbind", "Tensor.unbind"),
        parameters=(AnyTensor(min_ndim=1, many=False), Dim(mostly=True)),
        dtypes=ALL,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        results=MOST_PARTS,
        basis=Documented(
            MANUAL.format("unbind"), "Returns a tuple of all slices along a given dimension, already without it."
        ),
    ),
    Operation(
        name="split",
        reference=splitting.split,
        spellings=spelled("torch.split", "Tensor.split"),
        parameters=(
            AnyTensor(min_ndim=1),
            Computed("split_size", _sections, _sizes_that_miss, by_place=True),
            DIM_SPLIT,
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        results=MOST_PARTS,
        basis=Documented(
            MANUAL.format("split"), "Splits the tensor into chunks. Each chunk is a view of the original."
        ),
    ),
    Operation(
        name="split_with_sizes",
        reference=splitting.split_with_sizes,
        spellings=spelled("torch.split_with_sizes", "Tensor.split_with_sizes"),
        parameters=(AnyTensor(min_ndim=1), Computed("split_sizes", _sizes_of_parts, _sizes_that_miss), DIM_SPLIT),
        dtypes=ALL,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        results=MOST_PARTS,
        basis=Documented(
            MANUAL.format("split"),
            "If split_size_or_sections is a list, then tensor will be split into chunks with sizes in dim according to"
            " split_size_or_sections.",
        ),
    ),
    Operation(
        name="chunk",
        reference=splitting.chunk,
        spellings=spelled("torch.chunk", "Tensor.chunk"),
        parameters=(AnyTensor(min_ndim=1), Computed("chunks", _parts, _no_parts), Dim(mostly=True)),
        dtypes=ALL,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        results=MOST_PARTS,
        basis=Documented(
            MANUAL.format("chunk"),
            "Attempts to split a tensor into the specified number of chunks. Each chunk is a view of the input tensor.",
        ),
    ),
]
