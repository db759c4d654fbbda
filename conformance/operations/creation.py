"""Tensors from sizes, data and ranges. https://docs.pytorch.org/docs/stable/torch.html#creation-ops"""

from __future__ import annotations

from conformance.accuracy import Exact, Unspecified
from conformance.choices import Choices
from conformance.dtype_parameters import DTypeOption, RequiresGrad
from conformance.model.case import Argument, DTypeName, Layout
from conformance.model.verdict import Documented
from conformance.operation import ALL, MADE, STORED, Effect, Omitted, Operation, spelled
from conformance.operations.casts import MEMORY_FORMAT
from conformance.parameters import AnyTensor, Choice, Computed, not_held
from conformance.size_parameters import Sizes
from conformance.strategies.drawing import Drawing
from conformance.strategies.layouts import CHANNELS_LAST, draw_geometry, format_of_another_rank
from conformance.strategies.numbers import filling_extremes_of, precise_of
from reference import construction, creation
from reference.dtypes import COMPLEX128, FLOAT32, FLOAT64, FLOATING, INT64, INTEGRAL, Category

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
SIZE = Sizes("size")
SIZES = Sizes("size", by_place=True, in_a_row=True)
DTYPE = DTypeOption(keyword=True, mostly=True)
TRACKED = RequiresGrad(keyword=True)
OTHER_DTYPE = DTypeOption(dtypes=MADE, keyword=True, required=False)
SAME_OR_WIDER = DTypeOption(dtypes=(FLOAT64, FLOAT32, INT64), keyword=True, required=False)
TRACKED_OR_NOT = Choice("requires_grad", (False, None), keyword=True, required=False)


def _nested(choices: Choices, drawing: Drawing, sizes: tuple[int, ...]) -> Argument:
    if not sizes:
        return choices.choose(_numbers(drawing))
    return [_nested(choices, drawing, sizes[1:]) for _ in range(sizes[0])]


def _data(choices: Choices, drawing: Drawing) -> Argument:
    """A number, or lists of numbers as deep and as long as one another; at times of none."""
    sizes = tuple(choices.choose((2, 3, 2, 1)) for _ in range(choices.integer(0, 3)))
    return _nested(choices, drawing, (*sizes[:-1], 0) if sizes and choices.flag(12) else sizes)


def _ragged(choices: Choices, drawing: Drawing) -> Argument:
    """Rows of several lengths, or a number that the dtype cannot hold."""
    number = not_held(choices, drawing)
    return [[1, 2], [3]] if isinstance(number, Omitted) or choices.flag() else [number]


def _numbers(drawing: Drawing) -> tuple[bool | int | float | complex, ...]:
    by_category: dict[Category, tuple[bool | int | float | complex, ...]] = {
        Category.BOOL: (True, False),
        Category.INTEGRAL: (0, 1, 2, 7, 100, True),
        Category.FLOATING: (0, 1, -2, 0.5, -1.25, 3.0, False, *precise_of(drawing.dtype)),
        Category.COMPLEX: (0, 1, 0.5, 1j, 2 - 0.5j, complex(*precise_of(drawing.dtype))),
    }
    extreme = filling_extremes_of(drawing.dtype) if drawing.extremes and drawing.dtype in (*INTEGRAL, *FLOATING) else ()
    return (*by_category[drawing.dtype.category], *extreme)


def _wider(choices: Choices, drawing: Drawing) -> Argument:
    """A dtype that holds the numbers which that of the case holds."""
    return DTypeName(choices.choose((FLOAT64, COMPLEX128)[drawing.dtype.is_complex :]).name)


def _fill(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose(_numbers(drawing))


def _no_element(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    return not_held(choices, drawing)


def _sizes(drawing: Drawing) -> tuple[int, ...]:
    size = drawing.arguments["size"]
    assert isinstance(size, tuple), "the size is drawn first"
    return tuple(number for number in size if isinstance(number, int))


def _stride(choices: Choices, drawing: Drawing) -> Argument:
    """Strides of a drawn layout, or any at all: elements may share memory."""
    shape = _sizes(drawing)
    if choices.flag(40):
        return tuple(choices.integer(0, 6) for _ in shape)
    strides: tuple[int, ...] = draw_geometry(choices, shape)[0]
    return strides


def _no_stride(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """One stride too many, or one that leads backwards."""
    shape = _sizes(drawing)
    return (1,) * (len(shape) + 1) if not shape or choices.flag() else (*(1,) * (len(shape) - 1), -1)


def _order(choices: Choices, drawing: Drawing) -> Argument:
    left = list(range(len(_sizes(drawing))))
    return tuple(left.pop(choices.integer(0, len(left) - 1)) for _ in range(len(left)))


def _no_order(choices: Choices, drawing: Drawing) -> Argument:
    """A dimension twice, one that does not exist, or one too many."""
    count = len(_sizes(drawing))
    if count > 1 and choices.flag():
        return (0,) * count
    return tuple(range(1, count + 1)) if count and choices.flag() else tuple(range(count + 1))


def _format_of_sizes(choices: Choices, drawing: Drawing) -> Argument:
    contiguous = Layout("contiguous")
    return choices.choose((contiguous, CHANNELS_LAST.get(len(_sizes(drawing)), contiguous)))


def _format_of_other_sizes(choices: Choices, drawing: Drawing) -> Argument:
    """One that preserves nothing, or one of another rank."""
    return choices.choose((Layout("preserve"), format_of_another_rank(len(_sizes(drawing)))))


FORMAT_OF_SIZES = Computed("memory_format", _format_of_sizes, _format_of_other_sizes, keyword=True)
STRIDE = Computed("stride", _stride, _no_stride)
WIDER_DTYPE = Computed("dtype", _wider, keyword=True, required=False)
OPERATIONS = [
    *(
        Operation(
            name=name,
            reference=reference,
            spellings=spelled(f"torch.{name}", out=True),
            parameters=(SIZES, DTYPE, TRACKED),
            dtypes=MADE,
            effect=Effect.CREATES,
            accuracy=Unspecified() if "uninitialized" in sentence else Exact(),
            basis=Documented(MANUAL.format(name), sentence),
        )
        for name, reference, sentence in (
            ("zeros", creation.zeros, "Returns a tensor filled with the scalar value 0, with the shape size."),
            ("ones", creation.ones, "Returns a tensor filled with the scalar value 1, with the shape size."),
            ("empty", creation.empty, "Returns a tensor filled with uninitialized data."),
        )
    ),
    Operation(
        name="empty_in_format",
        reference=creation.empty,
        # With out= the function refuses any format.
        spellings=spelled("torch.empty"),
        parameters=(SIZES, DTYPE, TRACKED, FORMAT_OF_SIZES),
        dtypes=MADE,
        effect=Effect.CREATES,
        accuracy=Unspecified(),
        basis=Documented(MANUAL.format("empty"), "memory_format: the desired memory format of returned Tensor."),
    ),
    Operation(
        name="full",
        reference=creation.full,
        spellings=spelled("torch.full", out=True),
        parameters=(SIZE, Computed("fill_value", _fill, _no_element), DTYPE, TRACKED),
        dtypes=MADE,
        effect=Effect.CREATES,
        basis=Documented(MANUAL.format("full"), "Creates a tensor of size size filled with fill_value."),
    ),
    *(
        Operation(
            name=name,
            reference=reference,
            spellings=spelled(f"torch.{name}"),
            parameters=(AnyTensor(), OTHER_DTYPE, MEMORY_FORMAT, TRACKED),
            dtypes=MADE,
            accuracy=Unspecified() if "uninitialized" in sentence else Exact(),
            basis=Documented(MANUAL.format(name), sentence),
        )
        for name, reference, sentence in (
            ("zeros_like", creation.zeros_like, "filled with the scalar value 0, with the same size as input"),
            ("ones_like", creation.ones_like, "filled with the scalar value 1, with the same size as input"),
            ("empty_like", creation.empty_like, "Returns an uninitialized tensor with the same size as input."),
        )
    ),
    Operation(
        name="full_like",
        reference=creation.full_like,
        spellings=spelled("torch.full_like"),
        parameters=(AnyTensor(), Computed("fill_value", _fill, _no_element), WIDER_DTYPE, MEMORY_FORMAT, TRACKED),
        dtypes=MADE,
        basis=Documented(
            MANUAL.format("full_like"), "Returns a tensor with the same size as input filled with fill_value."
        ),
    ),
    *(
        Operation(
            name=name,
            reference=reference,
            spellings=spelled(method=f"Tensor.{name}"),
            parameters=(AnyTensor("self"), SIZES, OTHER_DTYPE, TRACKED),
            dtypes=MADE,
            accuracy=Unspecified() if "uninitialized" in sentence else Exact(),
            basis=Documented(MANUAL.format(f"Tensor.{name}"), sentence),
        )
        for name, reference, sentence in (
            ("new_zeros", creation.new_zeros, "Returns a Tensor of size size filled with 0."),
            ("new_ones", creation.new_ones, "Returns a Tensor of size size filled with 1."),
            ("new_empty", creation.new_empty, "Returns a Tensor of size size filled with uninitialized data."),
        )
    ),
    Operation(
        name="new_full",
        reference=creation.new_full,
        spellings=spelled(method="Tensor.new_full"),
        parameters=(AnyTensor("self"), SIZE, Computed("fill_value", _fill, _no_element), WIDER_DTYPE, TRACKED),
        dtypes=MADE,
        basis=Documented(MANUAL.format("Tensor.new_full"), "Returns a Tensor of size size filled with fill_value."),
    ),
    *(
        Operation(
            name=name,
            reference=reference,
            spellings=spelled(f"torch.{name}"),
            parameters=(SIZE, second, DTYPE, TRACKED),
            dtypes=STORED,
            effect=Effect.CREATES,
            accuracy=Unspecified(),
            basis=Documented(MANUAL.format(name), sentence),
        )
        for name, reference, second, sentence in (
            (
                "empty_strided",
                creation.empty_strided,
                STRIDE,
                "Creates a tensor with the specified size and stride and filled with undefined data.",
            ),
            (
                "empty_permuted",
                creation.empty_permuted,
                Computed("physical_layout", _order, _no_order),
                "the strides of the output tensor t are such that t.stride(physical_layout[i]) =="
                " contiguous_strides[i]",
            ),
        )
    ),
    Operation(
        name="new_empty_strided",
        reference=creation.new_empty_strided,
        spellings=spelled(method="Tensor.new_empty_strided"),
        parameters=(AnyTensor("self"), SIZE, STRIDE, OTHER_DTYPE, TRACKED),
        dtypes=STORED,
        accuracy=Unspecified(),
        basis=Documented(
            MANUAL.format("Tensor.new_empty_strided"),
            "Returns a Tensor of size size and strides stride filled with uninitialized data.",
        ),
    ),
    Operation(
        name="new_tensor",
        reference=construction.new_tensor,
        spellings=spelled(method="Tensor.new_tensor"),
        parameters=(AnyTensor("self"), Computed("data", _data, _ragged), WIDER_DTYPE, TRACKED),
        dtypes=MADE,
        basis=Documented(
            MANUAL.format("Tensor.new_tensor"),
            "Returns a new Tensor with data as the tensor data. By default, the returned Tensor has the same"
            " torch.dtype and torch.device as this tensor.",
        ),
    ),
    Operation(
        name="tensor",
        reference=construction.tensor,
        spellings=spelled("torch.tensor"),
        parameters=(Computed("data", _data, _ragged), DTypeOption(keyword=True), TRACKED),
        dtypes=MADE,
        effect=Effect.CREATES,
        basis=Documented(
            MANUAL.format("tensor"),
            "Constructs a tensor with no autograd history (also known as a 'leaf tensor') by copying data.",
        ),
    ),
    Operation(
        name="tensor_inferred",
        reference=construction.tensor,
        spellings=spelled("torch.tensor"),
        parameters=(Computed("data", _data, _ragged),),
        dtypes=ALL,
        effect=Effect.CREATES,
        basis=Documented(MANUAL.format("tensor"), "Default: if None, infers data type from data."),
    ),
    Operation(
        name="as_tensor",
        reference=construction.as_tensor,
        spellings=spelled("torch.as_tensor"),
        parameters=(AnyTensor("data"), DTYPE),
        dtypes=STORED,
        effect=Effect.MAY_VIEW,
        basis=Documented(
            MANUAL.format("as_tensor"),
            "Converts data into a tensor, sharing data and preserving autograd history if possible.",
        ),
    ),
    Operation(
        name="asarray",
        reference=construction.asarray,
        spellings=spelled("torch.asarray"),
        parameters=(AnyTensor("obj"), Choice("copy", (True, None, False), keyword=True), SAME_OR_WIDER, TRACKED_OR_NOT),
        dtypes=STORED,
        effect=Effect.MAY_VIEW,
        basis=Documented(
            MANUAL.format("asarray"),
            "copy controls whether the returned tensor shares memory with obj.",
        ),
    ),
    Operation(
        name="as_tensor_of_data",
        reference=construction.as_tensor,
        spellings=spelled("torch.as_tensor"),
        parameters=(Computed("data", _data, _ragged), DTypeOption(keyword=True)),
        dtypes=MADE,
        effect=Effect.CREATES,
        basis=Documented(MANUAL.format("as_tensor"), "Initial data for the tensor. Can be a list, tuple, scalar."),
    ),
    Operation(
        name="asarray_of_data",
        reference=construction.asarray,
        spellings=spelled("torch.asarray"),
        parameters=(
            Computed("obj", _data, _ragged),
            Choice("copy", (None, True), keyword=True, required=False, forbidden=False),
            DTypeOption(keyword=True),
            TRACKED,
        ),
        dtypes=MADE,
        effect=Effect.CREATES,
        basis=Documented(
            MANUAL.format("asarray"),
            "When obj is none of the above but a scalar, or a sequence of scalars, the returned tensor by default does"
            " not share its memory with obj.",
        ),
    ),
    Operation(
        name="scalar_tensor",
        reference=construction.scalar_tensor,
        spellings=spelled("torch.scalar_tensor"),
        parameters=(Computed("s", _fill, _no_element), DTypeOption(keyword=True), TRACKED),
        dtypes=MADE,
        effect=Effect.CREATES,
        basis=Documented(MANUAL.format("tensor"), "A number as a tensor without dimensions."),
    ),
]
