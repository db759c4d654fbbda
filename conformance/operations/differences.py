"""Differences of neighbours, and the trapezoidal rule. https://docs.pytorch.org/docs/stable/generated/torch.diff.html"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from conformance.accuracy import Areas, GradientOf, Rounded, Summation
from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, DIFFERENTIABLE, NUMERIC, OMITTED, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Dim, LikeTensor, reshape_input
from conformance.strategies.drawing import Drawing
from reference import differences
from reference.dtypes import INT8, INT16, INT32, INT64
from reference.function import Function

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
# Differences of narrower integers wrap, of which the manual says nothing.
WITHOUT_WRAPPING = (INT32, INT64, *DIFFERENTIABLE)
DIM = Dim(keyword=True, mostly=True)
SPACING = Choice("dx", (1, 2, 0.5, -3.0), keyword=True, required=False)
DIM_OF_Y = Dim(of="y", keyword=True, mostly=True)


class Places(LikeTensor):
    """The places of samples; those of one dimension must be as many as the samples along ``dim``."""

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        given, y = drawing.given(self.name), drawing.given("y")
        assert y is not None, "y is a tensor"
        return OMITTED if given is None else reshape_input(drawing, self.name, (max(y.shape) + 2,))


def _edge(name: str, choices: Choices, drawing: Drawing) -> Argument:
    """A tensor like the first but for its size along the dimension drawn, to be put before it or after."""
    given = drawing.given("input")
    dim = drawing.arguments["dim"]
    assert given is not None, "the input is a tensor"
    assert isinstance(dim, int), "the dimension is drawn"
    shape = list(given.shape)
    shape[dim] = choices.integer(0, 3)
    return drawing.tensor(name, tuple(shape))


def _two_dims(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """Two dimensions; of a matrix these may be left out."""
    given = drawing.given("input")
    assert given is not None, "the input is a tensor"
    if len(given.shape) == 2 and choices.flag(40):
        return OMITTED
    ndim = len(given.shape)
    order = list(range(ndim))
    picked = [order.pop(choices.integer(0, len(order) - 1)) for _ in range(2)]
    return tuple(dim - ndim if choices.flag(30) else dim for dim in picked)


def _trapezoids(reference: Function, claim: str) -> tuple[Operation, ...]:
    """The two ways of saying how far apart the samples are."""
    name = reference.name
    apart = Operation(
        name=name,
        reference=reference,
        spellings=spelled(f"torch.{name}"),
        parameters=(
            AnyTensor("y", min_ndim=1),
            Choice("dx", (1, 2, 0.5, -3.0), keyword=True, required=False),
            DIM_OF_Y,
        ),
        dtypes=NUMERIC,
        accuracy=Summation(integers=False, stored=True),
        gradient=GradientOf(4),
        values=("normal", "small"),
        basis=Documented(MANUAL.format(name), claim),
        aliases=("trapz",) if name == "trapezoid" else (),
    )
    at = replace(
        apart,
        name=f"{name}_at",
        parameters=(AnyTensor("y", min_ndim=1), Places("x", of="y", dtypes=WITHOUT_WRAPPING), DIM_OF_Y),
        accuracy=Areas(),
        gradient=GradientOf(16, cancels=8),
        aliases=(),
    )
    return apart, at


OPERATIONS = [
    Operation(
        name="diff",
        reference=differences.diff,
        spellings=spelled("torch.diff", "Tensor.diff", out=True),
        parameters=(AnyTensor(min_ndim=1), Choice("n", (1, 2, 0, 3, 9), required=False, forbidden=-1), DIM),
        dtypes=ALL,
        accuracy=Rounded(),
        gradient=GradientOf(8),
        basis=Documented(
            MANUAL.format("diff"),
            "The first-order differences are given by out[i] = input[i + 1] - input[i]. Higher-order differences are"
            " calculated by using torch.diff() recursively.",
        ),
    ),
    Operation(
        name="diff_extended",
        reference=differences.diff,
        spellings=spelled("torch.diff", "Tensor.diff"),
        parameters=(
            AnyTensor(min_ndim=1),
            Choice("n", (1, 2)),
            Dim(),
            Computed("prepend", partial(_edge, "prepend"), keyword=True),
            Computed("append", partial(_edge, "append"), keyword=True, required=False),
        ),
        dtypes=ALL,
        accuracy=Rounded(),
        gradient=GradientOf(8),
        basis=Documented(
            MANUAL.format("diff"), "Values to prepend or append to input along dim before computing the difference."
        ),
    ),
    *_trapezoids(differences.trapezoid, "Computes the trapezoidal rule along dim."),
    *_trapezoids(differences.cumulative_trapezoid, "Cumulatively computes the trapezoidal rule along dim."),
    Operation(
        name="gradient",
        reference=differences.gradient,
        spellings=spelled("torch.gradient"),
        parameters=(
            AnyTensor(min_ndim=2),
            Choice("spacing", (1, 2, 0.5, (1.0, 2.0)), keyword=True, required=False),
            Computed("dim", _two_dims, keyword=True),
            Choice("edge_order", (1, 2), keyword=True, required=False, forbidden=3),
        ),
        dtypes=(INT8, INT16, INT32, INT64, *DIFFERENTIABLE),
        accuracy=Rounded(1, complex_units=8),
        # Terms of either sign, by up to 2 over half a place, each rounded three times.
        gradient=GradientOf(8, cancels=12),
        results=2,
        values=("normal", "small"),
        basis=Documented(
            MANUAL.format("gradient"),
            "Estimates the gradient of a function in one or more dimensions using the second-order accurate central"
            " differences method and either first or second order estimates at the boundaries.",
        ),
    ),
]
