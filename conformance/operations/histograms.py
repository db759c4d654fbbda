"""Counts of bins. https://docs.pytorch.org/docs/stable/generated/torch.histogram.html"""

from __future__ import annotations

import numpy as np

from conformance.accuracy import GradientOf, Rounded, Selected, Several, Spaced
from conformance.choices import Choices
from conformance.model.case import Argument, Input
from conformance.model.verdict import Documented
from conformance.operation import OMITTED, Omitted, Operation, Parameter, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Shaped, reshape_input
from conformance.strategies.drawing import Drawing
from conformance.values import literal
from reference import histograms
from reference.dtypes import BY_NAME, FLOAT32, FLOAT64, FLOATING, DType

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
RANGES = ((-4.0, 4.0), (0.0, 8.0), (-8.0, 8.0), (0.0, 4.0), (2.0, 2.0))
# The sum of all, and two quotients by it and by a width, or three: the edges are whole numbers or exact parts of them.
DENSITY = Rounded(4)


def _dtype(drawing: Drawing) -> DType:
    given = drawing.given("input")
    return drawing.dtype if given is None else BY_NAME[given.dtype]


def _edges_called(name: str, choices: Choices, drawing: Drawing) -> Argument:
    """Increasing integers."""
    count = choices.integer(2, 6)
    edges = np.cumsum([choices.integer(-6, 0), *(choices.integer(1, 3) for _ in range(count - 1))])
    values = literal(edges.astype(_dtype(drawing).numpy))
    return drawing.add(Input(name, (count,), _dtype(drawing).name, (1,), 0, count, values))


def _edges(choices: Choices, drawing: Drawing) -> Argument:
    return _edges_called("bins", choices, drawing)


def _edges_of_two(choices: Choices, drawing: Drawing) -> Argument:
    return tuple(_edges_called(f"bins{at}", choices, drawing) for at in range(2))


def _range_of_two(choices: Choices, drawing: Drawing) -> Argument:
    return (*choices.choose(RANGES), *choices.choose(RANGES))


def _weight(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """Small integers, one for each element, of which every sum is exact."""
    return _weights_of(drawing, 0, choices.flag())


def _weight_of_points(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    return _weights_of(drawing, 1, choices.flag())


def _weights_of(drawing: Drawing, coordinates: int, given: bool) -> Argument | Omitted:
    points = drawing.given("input")
    if points is None or not given:
        return OMITTED
    shape = points.shape[: len(points.shape) - coordinates]
    return drawing.tensor("weight", shape, _dtype(drawing), mode="small")


def _too_many(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    points, weight = drawing.given("input"), drawing.given("weight")
    if points is None or weight is None or 0 in points.shape:
        return OMITTED
    return reshape_input(drawing, "weight", (*points.shape, 6))


BINS = Choice("bins", (4, 1, 8, 16, 10), forbidden=0)
EXACT_BINS = Choice("bins", (4, 1, 8, 16), forbidden=0)
RANGE = Choice("range", RANGES, keyword=True, forbidden=(4.0, -4.0))
WEIGHT = Computed("weight", _weight, _too_many, keyword=True)
WEIGHT_OF_POINTS = Computed("weight", _weight_of_points, _too_many, keyword=True)
POINTS = Shaped("input", ("n", 2))
BINS_OF_TWO = Choice("bins", ((4, 2), (1, 8), 3), forbidden=(4, 0))
# In 16 bits torch does not find the smallest and the largest.
OF_EXTENT = (FLOAT32, FLOAT64)


def _histogram(
    suffix: str, *parameters: Parameter, dtypes: tuple[DType, ...] = FLOATING, density: bool = False
) -> Operation:
    return Operation(
        name="histogram" + suffix,
        reference=histograms.histogram,
        spellings=spelled("torch.histogram", "Tensor.histogram", out=True),
        parameters=(AnyTensor(), *parameters),
        dtypes=dtypes,
        accuracy=Several((DENSITY if density else Selected(), Spaced())),
        gradient=GradientOf(0),
        results=2,
        values=("normal", "small", "mixed"),
        basis=Documented(
            MANUAL.format("histogram"),
            "If bins is an int, it specifies the number of equal-width bins; if bins is a 1D tensor, it specifies the"
            " sequence of bin edges including the rightmost edge.",
        ),
    )


def _of_points(
    suffix: str, *parameters: Parameter, dtypes: tuple[DType, ...] = FLOATING, density: bool = False
) -> Operation:
    return Operation(
        name="histogramdd" + suffix,
        reference=histograms.histogramdd,
        spellings=spelled("torch.histogramdd"),
        parameters=(POINTS, *parameters),
        dtypes=dtypes,
        accuracy=Several((DENSITY if density else Selected(), Spaced())),
        gradient=GradientOf(0),
        results=3,
        in_tuple=2,
        values=("normal", "small", "mixed"),
        basis=Documented(
            MANUAL.format("histogramdd"),
            "Every bin is inclusive of its left edge. Only the rightmost bin is inclusive of its right edge. Points"
            " which do not fall into any bin do not contribute to the output.",
        ),
    )


DENSE = Choice("density", (True,), keyword=True)

OPERATIONS = [
    _histogram("", BINS, RANGE, WEIGHT),
    _histogram("_of_extent", BINS, WEIGHT, dtypes=OF_EXTENT),
    _histogram("_between_edges", Computed("bins", _edges), WEIGHT),
    _histogram("_density", EXACT_BINS, RANGE, WEIGHT, DENSE, density=True),
    _of_points("", BINS_OF_TWO, Computed("range", _range_of_two, keyword=True), WEIGHT_OF_POINTS),
    _of_points("_of_extent", BINS_OF_TWO, WEIGHT_OF_POINTS, dtypes=OF_EXTENT),
    _of_points("_between_edges", Computed("bins", _edges_of_two), WEIGHT_OF_POINTS),
    _of_points("_density", Computed("bins", _edges_of_two), WEIGHT_OF_POINTS, DENSE, density=True),
    Operation(
        name="histc",
        reference=histograms.histc,
        spellings=spelled("torch.histc", "Tensor.histc", out=True),
        parameters=(
            AnyTensor(),
            Choice("bins", (4, 1, 8, 16, 10), mostly=True, forbidden=0),
            Choice("min", (-4, 0, -8), mostly=True),
            Choice("max", (4, 8, 0), mostly=True, forbidden=-9),
        ),
        dtypes=FLOATING,
        values=("normal", "small", "positive"),
        basis=Documented(MANUAL.format("histc"), "The elements are sorted into equal width bins between min and max."),
    ),
]
