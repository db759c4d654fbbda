"""Differences of neighbours, and the trapezoidal rule. https://docs.pytorch.org/docs/stable/generated/torch.diff.html"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from conformance.accuracy import Areas, GradientOf, Rounded, Several, Slopes, Summation
from conformance.choices import Choices
from conformance.index_parameters import laid, raw, shape_of
from conformance.model.case import Argument, Ref
from conformance.model.verdict import Documented
from conformance.operation import ALL, DIFFERENTIABLE, NUMERIC, OMITTED, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Dim, LikeTensor, Number, reshape_input
from conformance.strategies.drawing import Drawing
from conformance.strategies.numbers import precise_of
from reference import differences
from reference.dtypes import BOOL, INT8, INT16, INT32, INT64, real_of, round_to
from reference.function import Function

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
# Differences of narrower integers wrap, of which the manual says nothing.
WITHOUT_WRAPPING = (INT32, INT64, *DIFFERENTIABLE)
DIM = Dim(keyword=True, mostly=True)
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


def _places_along(choices: Choices, drawing: Drawing) -> Argument:
    """Places for each of the two dimensions, one to three apart, upwards or downwards."""
    dims = drawing.arguments["dim"]
    assert isinstance(dims, tuple), "the dimensions are drawn before the places"
    dtype = real_of(drawing.dtype) if drawing.dtype.is_differentiable else INT64
    found: list[Argument] = []
    for number, dim in enumerate(dims):
        assert isinstance(dim, int), "a dimension is a number"
        steps = raw(choices, (shape_of(drawing)[dim],)) % np.uint64(3) + np.uint64(1)
        places = np.cumsum(steps).astype(np.float64) * choices.choose((1, -1))
        found.append(laid(choices, drawing, f"places{number}", round_to(places, dtype)))
    return found


def _too_few_places(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """One fewer than there are samples along the first of the dimensions, but enough for the ends."""
    given = drawing.referred(Ref("places0"))
    if given is None or given.shape[0] < 4:
        return OMITTED
    drawing.replace(replace(given, shape=(given.shape[0] - 1,)))
    return drawing.arguments["spacing"]


def _edge_order(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """The second alone subtracts nothing, which bools are not."""
    if drawing.dtype is BOOL:
        return 2
    return OMITTED if choices.flag(33) else choices.choose((1, 2))


def _no_edge_order(choices: Choices, drawing: Drawing) -> Argument:
    return 3


def _spacing(choices: Choices, drawing: Drawing) -> Argument:
    """Between all places, or for each of two dimensions: of few bits, or of all that a real floating dtype has. How a
    complex number is divided by these is open."""
    options: tuple[Argument, ...] = (1, 2, 0.5, (1.0, 2.0))
    if drawing.dtype.is_floating_point and choices.flag(60):
        one, other = precise_of(drawing.dtype)
        options = (one, -other, (-other, one))
    return choices.choose(options)


def _two_dims(choices: Choices, drawing: Drawing) -> Argument:
    """Two dimensions."""
    given = drawing.given("input")
    assert given is not None, "the input is a tensor"
    ndim = len(given.shape)
    order = list(range(ndim))
    picked = [order.pop(choices.integer(0, len(order) - 1)) for _ in range(2)]
    return tuple(dim - ndim if choices.flag(30) else dim for dim in picked)


def _two_dims_or_all(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """Those of a matrix may be left out."""
    left_out = len(shape_of(drawing)) == 2 and choices.flag(40)
    return OMITTED if left_out else _two_dims(choices, drawing)


def _trapezoids(reference: Function, claim: str) -> tuple[Operation, ...]:
    """The two ways of saying how far apart the samples are."""
    name = reference.name
    apart = Operation(
        name=name,
        reference=reference,
        spellings=spelled(f"torch.{name}"),
        parameters=(
            AnyTensor("y", min_ndim=1),
            Number("dx", (1, 2, 0.5, -3.0), keyword=True, required=False, precise=True),
            DIM_OF_Y,
        ),
        dtypes=NUMERIC,
        accuracy=Summation(integers=False, stored=True),
        gradient=GradientOf(4),
        values=("normal", "small", "gaps"),
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
            Computed("spacing", _spacing, keyword=True, required=False),
            Computed("dim", _two_dims_or_all, keyword=True),
            Choice("edge_order", (1, 2), keyword=True, required=False, forbidden=3),
        ),
        dtypes=(INT8, INT16, INT32, INT64, *DIFFERENTIABLE),
        accuracy=Rounded(1, complex_units=8),
        # Terms of either sign, by up to 2 over half a place, each rounded three times.
        gradient=GradientOf(8, cancels=12),
        results=2,
        values=("normal", "small", "gaps"),
        basis=Documented(
            MANUAL.format("gradient"),
            "Estimates the gradient of a function in one or more dimensions using the second-order accurate central"
            " differences method and either first or second order estimates at the boundaries.",
        ),
    ),
    Operation(
        name="gradient_at",
        reference=differences.gradient,
        spellings=spelled("torch.gradient"),
        parameters=(
            AnyTensor(min_ndim=2),
            Computed("dim", _two_dims, keyword=True),
            Computed("spacing", _places_along, _too_few_places, keyword=True),
            Computed("edge_order", _edge_order, _no_edge_order, keyword=True),
        ),
        dtypes=(BOOL, INT8, INT16, INT32, INT64, *DIFFERENTIABLE),
        accuracy=Several((Slopes(1), Slopes(2))),
        # The derivative for a place has the square of what lies between places below it, and the samples above.
        gradient=GradientOf(16, cancels=512),
        results=2,
        values=("normal", "small", "gaps"),
        basis=Documented(
            MANUAL.format("gradient"),
            "Finally, if spacing is a list of one-dimensional tensors then each tensor specifies the coordinates for"
            " the corresponding dimension.",
        ),
    ),
]
