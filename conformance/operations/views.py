"""Views that keep every element. https://docs.pytorch.org/docs/stable/tensor_view.html"""

from __future__ import annotations

from conformance.accuracy import GradientOf
from conformance.choices import Choices
from conformance.model.verdict import Documented
from conformance.operation import STORED, Effect, Operation, spelled
from conformance.parameters import AnyTensor, Computed, Dim, Dims, LikeTensor
from conformance.size_parameters import ExpandSizes, ViewSizes
from conformance.strategies.drawing import Drawing
from conformance.strategies.shapes import draw_dim, draw_factors
from reference import slicing, view_changes, views

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _end_after_start(choices: Choices, drawing: Drawing) -> int:
    count = max(_ndim(drawing), 1)
    start = drawing.arguments.get("start_dim", 0)
    assert isinstance(start, int), "start_dim is drawn before end_dim"
    end = choices.integer(start % count, count - 1)
    return end - count if choices.flag() else end


def _sizes_of_dim(choices: Choices, drawing: Drawing) -> tuple[int, ...]:
    """Sizes that multiply to that of ``dim``, one perhaps left to infer."""
    given, dim = drawing.given("input"), drawing.arguments["dim"]
    assert given is not None, "the input is a tensor"
    assert isinstance(dim, int), "dim is drawn before sizes"
    size = given.shape[dim]
    sizes = list(draw_factors(choices, size)) or [size]
    if size and choices.flag(40):
        sizes[choices.integer(0, len(sizes) - 1)] = -1
    return tuple(sizes)


def _sizes_too_many(choices: Choices, drawing: Drawing) -> tuple[int, ...]:
    return (*_sizes_of_dim(choices, drawing), 7, -1, -1)


def _moved(choices: Choices, drawing: Drawing) -> int | tuple[int, ...]:
    """As many dimensions as ``source`` names."""
    source, ndim = drawing.arguments["source"], _ndim(drawing)
    if not isinstance(source, tuple):
        return draw_dim(choices, ndim)
    left = list(range(ndim))
    picked = [left.pop(choices.integer(0, len(left) - 1)) for _ in source]
    return tuple(dim - ndim if choices.flag(30) else dim for dim in picked)


def _one_more_moved(choices: Choices, drawing: Drawing) -> tuple[int, ...]:
    source = drawing.arguments["source"]
    return tuple(range(len(source) + 1 if isinstance(source, tuple) else 2))


def _ndim(drawing: Drawing) -> int:
    given = drawing.given("input")
    return len(given.shape) if given is not None else 0


OPERATIONS = [
    Operation(
        name="view",
        reference=views.view,
        spellings=spelled(method="Tensor.view"),
        parameters=(AnyTensor(), ViewSizes("size", in_a_row=True)),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("Tensor.view"), "Returns a new tensor with the same data but a different shape."
        ),
    ),
    Operation(
        name="view_as",
        reference=views.view_as,
        spellings=spelled(method="Tensor.view_as"),
        parameters=(AnyTensor(), LikeTensor("other")),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("Tensor.view_as"), "self.view_as(other) is equivalent to self.view(other.size())."
        ),
    ),
    Operation(
        name="reshape",
        reference=views.reshape,
        spellings=spelled("torch.reshape", "Tensor.reshape"),
        parameters=(AnyTensor(), ViewSizes("shape", in_a_row=True)),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.MAY_VIEW,
        basis=Documented(
            MANUAL.format("reshape"), "When possible, the returned tensor will be a view of input. Otherwise, a copy."
        ),
    ),
    Operation(
        name="reshape_as",
        reference=views.reshape_as,
        spellings=spelled(method="Tensor.reshape_as"),
        parameters=(AnyTensor(), LikeTensor("other")),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.MAY_VIEW,
        basis=Documented(
            MANUAL.format("Tensor.reshape_as"),
            "Returns this tensor as the same shape as other. self.reshape_as(other) is equivalent to"
            " self.reshape(other.sizes()).",
        ),
    ),
    Operation(
        name="flatten",
        reference=views.flatten,
        spellings=spelled("torch.flatten", "Tensor.flatten"),
        parameters=(
            AnyTensor(),
            Dim("start_dim", mostly=True),
            Computed("end_dim", _end_after_start, mostly=True),
        ),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.MAY_VIEW,
        basis=Documented(
            MANUAL.format("flatten"),
            "This function may return the original object, a view, or copy. If no dimensions are flattened, then the"
            " original object input is returned.",
        ),
    ),
    Operation(
        name="unflatten",
        reference=views.unflatten,
        spellings=spelled("torch.unflatten", "Tensor.unflatten"),
        parameters=(AnyTensor(min_ndim=1), Dim(), Computed("sizes", _sizes_of_dim, _sizes_too_many)),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("unflatten"), "Expands a dimension of the input tensor over multiple dimensions."
        ),
    ),
    Operation(
        name="ravel",
        reference=views.ravel,
        spellings=spelled("torch.ravel", "Tensor.ravel"),
        parameters=(AnyTensor(),),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.MAY_VIEW,
        basis=Documented(
            MANUAL.format("ravel"), "Return a contiguous flattened tensor. A copy is made only if needed."
        ),
    ),
    Operation(
        name="t",
        reference=views.t,
        spellings=spelled("torch.t", "Tensor.t", in_place="Tensor.t_"),
        written=view_changes.t_,
        parameters=(AnyTensor(max_ndim=2),),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(MANUAL.format("t"), "Expects input to be <= 2-D tensor and transposes dimensions 0 and 1."),
    ),
    Operation(
        name="transpose",
        reference=views.transpose,
        spellings=spelled("torch.transpose", "Tensor.transpose", in_place="Tensor.transpose_"),
        written=view_changes.transpose_,
        parameters=(AnyTensor(), Dim("dim0"), Dim("dim1")),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("transpose"),
            "Returns a tensor that is a transposed version of input. The resulting out tensor shares its underlying"
            " storage with the input tensor.",
        ),
    ),
    Operation(
        name="swapaxes",
        reference=views.swapaxes,
        spellings=spelled("torch.swapaxes", "Tensor.swapaxes", in_place="Tensor.swapaxes_"),
        written=view_changes.swapaxes_,
        parameters=(AnyTensor(), Dim("axis0"), Dim("axis1")),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(MANUAL.format("swapaxes"), "Alias for torch.transpose()."),
    ),
    Operation(
        name="swapdims",
        reference=views.swapdims,
        spellings=spelled("torch.swapdims", "Tensor.swapdims", in_place="Tensor.swapdims_"),
        written=view_changes.swapdims_,
        parameters=(AnyTensor(), Dim("dim0"), Dim("dim1")),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(MANUAL.format("swapdims"), "Alias for torch.transpose()."),
    ),
    Operation(
        name="permute",
        reference=views.permute,
        spellings=spelled("torch.permute", "Tensor.permute"),
        parameters=(AnyTensor(), Dims("dims", permutation=True, in_a_row=True)),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("permute"), "Returns a view of the original tensor input with its dimensions permuted."
        ),
    ),
    Operation(
        name="movedim",
        reference=views.movedim,
        spellings=spelled("torch.movedim", "Tensor.movedim"),
        aliases=("moveaxis",),
        parameters=(AnyTensor(), Dims("source"), Computed("destination", _moved, _one_more_moved)),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("movedim"),
            "Moves the dimension(s) of input at the position(s) in source to the position(s) in destination.",
        ),
    ),
    Operation(
        name="expand",
        reference=slicing.expand,
        spellings=spelled(method="Tensor.expand"),
        parameters=(AnyTensor(max_ndim=3), ExpandSizes("size", in_a_row=True)),
        dtypes=STORED,
        gradient=GradientOf(1),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("Tensor.expand"),
            "Returns a new view of the self tensor with singleton dimensions expanded to a larger size.",
        ),
    ),
    Operation(
        name="squeeze",
        reference=slicing.squeeze,
        spellings=spelled("torch.squeeze", "Tensor.squeeze", in_place="Tensor.squeeze_"),
        written=view_changes.squeeze_,
        parameters=(AnyTensor(single=True), Dims(required=False, by_place=True)),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("squeeze"), "Returns a tensor with all specified dimensions of input of size 1 removed."
        ),
    ),
    Operation(
        name="unsqueeze",
        reference=slicing.unsqueeze,
        spellings=spelled("torch.unsqueeze", "Tensor.unsqueeze", in_place="Tensor.unsqueeze_"),
        written=view_changes.unsqueeze_,
        parameters=(AnyTensor(max_ndim=3), Dim(extra=1)),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("unsqueeze"),
            "Returns a new tensor with a dimension of size one inserted at the specified position.",
        ),
    ),
]
