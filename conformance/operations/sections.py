"""A tensor cut into several. https://docs.pytorch.org/docs/stable/generated/torch.tensor_split.html"""

from __future__ import annotations

from collections.abc import Callable

from conformance.accuracy import GradientOf
from conformance.choices import Choices
from conformance.index_parameters import shape_of
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, MOST_PARTS, OMITTED, Effect, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Computed
from conformance.strategies.drawing import Drawing
from reference import sections

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
Draw = Callable[[Choices, Drawing], Argument]


def _places(choices: Choices, size: int) -> tuple[int, ...]:
    """Places to cut at, in any order and from either end."""
    return tuple(choices.integer(-size - 1, size + 1) for _ in range(choices.integer(0, 3)))


def _cuts(choices: Choices, drawing: Drawing) -> Argument:
    """A number of parts or the places between them."""
    shape = shape_of(drawing)
    size = shape[drawing.dim(len(shape))]
    return choices.integer(1, 5) if choices.flag() else _places(choices, size)


def _no_parts(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((0, -1))


def _even_cuts(dim: int) -> Draw:
    """A number of parts that divides the size along ``dim``, or the only dimension; or places."""

    def cuts(choices: Choices, drawing: Drawing) -> Argument:
        shape = shape_of(drawing)
        size = shape[min(dim, len(shape) - 1)]
        if choices.flag():
            return choices.choose([parts for parts in range(1, max(size, 1) + 1) if size % parts == 0])
        return _places(choices, size)

    return cuts


def _uneven_cuts(dim: int) -> Callable[[Choices, Drawing], Argument | Omitted]:
    def cuts(choices: Choices, drawing: Drawing) -> Argument | Omitted:
        shape = shape_of(drawing)
        size = shape[min(dim, len(shape) - 1)]
        return size + 1 if size else 0

    return cuts


def _cut_dim(choices: Choices, drawing: Drawing) -> int | Omitted:
    """The dimension for which the cuts were drawn; the first may be left out."""
    ndim = len(shape_of(drawing))
    dim = drawing.dim(ndim)
    return OMITTED if dim % ndim == 0 and choices.flag(30) else dim


OPERATIONS = [
    Operation(
        name="tensor_split",
        reference=sections.tensor_split,
        spellings=spelled("torch.tensor_split", "Tensor.tensor_split"),
        parameters=(
            AnyTensor(min_ndim=1),
            Computed("indices_or_sections", _cuts, _no_parts, by_place=True),
            Computed("dim", _cut_dim),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        results=MOST_PARTS,
        basis=Documented(
            MANUAL.format("tensor_split"),
            "Splits a tensor into multiple sub-tensors, all of which are views of input, along dimension dim according"
            " to the indices or number of sections specified by indices_or_sections.",
        ),
    ),
    *(
        Operation(
            name=name,
            reference=function,
            spellings=spelled(f"torch.{name}", f"Tensor.{name}"),
            parameters=(
                AnyTensor(min_ndim=least, many=False),
                Computed("indices_or_sections", _even_cuts(dim), _uneven_cuts(dim), by_place=True),
            ),
            dtypes=ALL,
            gradient=GradientOf(0),
            effect=Effect.VIEW,
            results=MOST_PARTS,
            basis=Documented(
                MANUAL.format(name),
                f"Splits input, a tensor with {words} dimensions, into multiple tensors {way} according to"
                " indices_or_sections. Each split is a view of input.",
            ),
        )
        for name, function, least, dim, words, way in (
            ("hsplit", sections.hsplit, 1, 1, "one or more", "horizontally"),
            ("vsplit", sections.vsplit, 2, 0, "two or more", "vertically"),
            ("dsplit", sections.dsplit, 3, 2, "three or more", "depthwise"),
        )
    ),
]
