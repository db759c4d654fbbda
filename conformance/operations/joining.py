"""Tensors put together. https://docs.pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops"""

from __future__ import annotations

from conformance.accuracy import GradientOf
from conformance.choices import Choices
from conformance.index_parameters import EMPTY, Another, Tensors, shapes_in
from conformance.model.verdict import Documented
from conformance.operation import ALL, OMITTED, Effect, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Computed
from conformance.strategies.drawing import Drawing
from conformance.strategies.shapes import Shape, draw_dim
from reference import joining

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _longer_somewhere(choices: Choices, drawing: Drawing, shape: Shape) -> Shape:
    """Another size in one dimension, that along which all are joined; at times the empty shape that cat passes over."""
    if choices.flag(25):
        return EMPTY
    dim = drawing.dim(len(shape)) % len(shape)
    return (*shape[:dim], choices.integer(0, 4), *shape[dim + 1 :])


def _joined_dim(choices: Choices, drawing: Drawing) -> int | Omitted:
    shapes = [shape for shape in shapes_in(drawing) if shape != EMPTY]
    ndim = len(shapes[0]) if shapes else 1
    dim = drawing.dim(ndim)
    return OMITTED if dim % ndim == 0 and choices.flag(30) else dim


def _beyond(choices: Choices, drawing: Drawing) -> int:
    """One more dimension than any tensor has."""
    return max(len(shape) for shape in shapes_in(drawing))


def _new_dim(choices: Choices, drawing: Drawing) -> int:
    return draw_dim(choices, len(shapes_in(drawing)[0]) + 1)


def _too_many(choices: Choices, drawing: Drawing) -> int:
    return len(shapes_in(drawing)[0]) + 1


def _beside(dim: int) -> Tensors:
    """Tensors of equal sizes but along ``dim``, or the first dimension of those that have no such."""

    def beside(choices: Choices, drawing: Drawing, shape: Shape) -> Shape:
        joined = min(dim, len(shape) - 1)
        if joined < 0 or (dim == 2 and len(shape) < 3) or (dim == 0 and len(shape) < 2):
            return shape
        return (*shape[:joined], choices.integer(0, 4), *shape[joined + 1 :])

    return Tensors("tensors", beside)


OPERATIONS = [
    Operation(
        name="cat",
        reference=joining.cat,
        spellings=spelled("torch.cat", out=True),
        aliases=("concat", "concatenate"),
        parameters=(
            Tensors("tensors", _longer_somewhere, min_ndim=1),
            Computed("dim", _joined_dim, _beyond),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("cat"),
            "Concatenates the given sequence of tensors in tensors in the given dimension. All tensors must either have"
            " the same shape (except in the concatenating dimension) or be a 1-D empty tensor with size (0,).",
        ),
    ),
    Operation(
        name="stack",
        reference=joining.stack,
        spellings=spelled("torch.stack", out=True),
        parameters=(Tensors("tensors", max_ndim=3), Computed("dim", _new_dim, _too_many, mostly=True)),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("stack"),
            "Concatenates a sequence of tensors along a new dimension. All tensors need to be of the same size.",
        ),
    ),
    Operation(
        name="hstack",
        reference=joining.hstack,
        spellings=spelled("torch.hstack", out=True),
        parameters=(_beside(1),),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("hstack"),
            "This is equivalent to concatenation along the first axis for 1-D tensors, and along the second axis for"
            " all other tensors.",
        ),
    ),
    Operation(
        name="vstack",
        reference=joining.vstack,
        spellings=spelled("torch.vstack", out=True),
        aliases=("row_stack",),
        parameters=(_beside(0),),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("vstack"),
            "This is equivalent to concatenation along the first axis after all 1-D tensors have been reshaped by"
            " torch.atleast_2d().",
        ),
    ),
    Operation(
        name="dstack",
        reference=joining.dstack,
        spellings=spelled("torch.dstack", out=True),
        parameters=(_beside(2),),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("dstack"),
            "This is equivalent to concatenation along the third axis after 1-D and 2-D tensors have been reshaped by"
            " torch.atleast_3d().",
        ),
    ),
    Operation(
        name="column_stack",
        reference=joining.column_stack,
        spellings=spelled("torch.column_stack", out=True),
        parameters=(_beside(1),),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("column_stack"),
            "Equivalent to torch.hstack(tensors), except each zero or one dimensional tensor t in tensors is first"
            " reshaped into a (t.numel(), 1) column before being stacked horizontally.",
        ),
    ),
    Operation(
        name="block_diag",
        reference=joining.block_diag,
        spellings=spelled("torch.block_diag"),
        # One without dimensions is of the dtype of the first: on meta it counts as much as those that have some.
        parameters=(
            AnyTensor("first", min_ndim=1, max_ndim=2),
            Another("second", min_ndim=1),
            Another("third", promoted=False, required=False),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("block_diag"),
            "A 2 dimensional tensor with all the input tensors arranged in order such that their upper left and lower"
            " right corners are diagonally adjacent. All other elements are set to 0.",
        ),
    ),
    *(
        Operation(
            name=f"atleast_{ndim}d",
            reference=function,
            spellings=spelled(f"torch.atleast_{ndim}d"),
            parameters=(AnyTensor(),),
            dtypes=ALL,
            gradient=GradientOf(0),
            effect=Effect.MAY_VIEW,
            basis=Documented(
                MANUAL.format(f"atleast_{ndim}d"),
                f"Returns a {ndim}-dimensional view of each input tensor with zero dimensions. Input tensors with"
                f" {ndim} or more dimensions are returned as-is.",
            ),
        )
        for ndim, function in ((1, joining.atleast_1d), (2, joining.atleast_2d), (3, joining.atleast_3d))
    ),
    *(
        Operation(
            name=f"atleast_{ndim}d_of_two",
            reference=function,
            spellings=spelled(f"torch.atleast_{ndim}d"),
            parameters=(AnyTensor("first"), Another("second", max_ndim=3)),
            dtypes=ALL,
            gradient=GradientOf(0),
            effect=Effect.MAY_VIEW,
            results=2,
            basis=Documented(MANUAL.format(f"atleast_{ndim}d"), "input (Tensor or list of Tensors)"),
        )
        for ndim, function in ((1, joining.atleast_1d), (2, joining.atleast_2d), (3, joining.atleast_3d))
    ),
]
