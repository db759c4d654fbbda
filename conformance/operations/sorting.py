"""Sorting, and elements chosen by their rank. https://docs.pytorch.org/docs/stable/torch.html#other-operations"""

from __future__ import annotations

from conformance.accuracy import GradientOf, Ranked, Selected
from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import OMITTED, REAL, REAL_NUMERIC, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Computed, Dim, Flag
from conformance.strategies.drawing import Drawing
from reference import sorting

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
KEEPDIM = Flag("keepdim", mostly=True)
DIM = Dim(mostly=True)


def _rank(choices: Choices, drawing: Drawing) -> Argument:
    """A rank in a dimension that is drawn with it, counted from one; zero where there is nothing."""
    return choices.integer(1, max(_size(choices, drawing), 1))


def _count(choices: Choices, drawing: Drawing) -> Argument:
    """A number of elements of a dimension that is drawn with it; zero too."""
    return choices.integer(0, _size(choices, drawing))


def _size(choices: Choices, drawing: Drawing) -> int:
    given = drawing.given("input")
    shape = (given.shape if given is not None else ()) or (1,)
    return shape[drawing.dim(len(shape))]


def _chosen_dim(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """The dimension in which the rank lies; left out at times where it is the last."""
    dim = drawing.symbols["dim"]
    return OMITTED if dim == -1 and choices.flag() else dim


def _too_large(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((_size(choices, drawing) + 1, -1))


def _no_dim(choices: Choices, drawing: Drawing) -> Argument:
    given = drawing.given("input")
    return max(len(given.shape) if given is not None else 0, 1)


RANKED_DIM = Computed("dim", _chosen_dim, _no_dim)

OPERATIONS = [
    Operation(
        name="sort",
        reference=sorting.sort,
        spellings=spelled("torch.sort", "Tensor.sort", out=True),
        parameters=(AnyTensor(), DIM, Flag("descending")),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(0),
        results=2,
        chooses="each",
        basis=Documented(
            MANUAL.format("sort"), "Sorts the elements of the input tensor along a given dimension in ascending order."
        ),
    ),
    Operation(
        name="sort_stable",
        reference=sorting.sort,
        spellings=spelled("torch.sort", "Tensor.sort", out=True),
        parameters=(
            AnyTensor(),
            Flag("stable", keyword=True, required=True),
            Dim(keyword=True, mostly=True),
            Flag("descending", keyword=True),
        ),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(0),
        results=2,
        chooses="each",
        basis=Documented(
            MANUAL.format("sort"),
            "If stable is True then the sorting routine becomes stable, preserving the order of equivalent elements.",
        ),
    ),
    Operation(
        name="argsort",
        reference=sorting.argsort,
        spellings=spelled("torch.argsort", "Tensor.argsort"),
        parameters=(AnyTensor(), DIM, Flag("descending")),
        dtypes=REAL,
        chooses="each",
        basis=Documented(
            MANUAL.format("argsort"), "This is the second value returned by torch.sort(), in ascending order by value."
        ),
    ),
    Operation(
        name="argsort_stable",
        reference=sorting.argsort,
        spellings=spelled("torch.argsort", "Tensor.argsort", out=True),
        parameters=(
            AnyTensor(),
            Flag("stable", keyword=True, required=True),
            Dim(keyword=True, mostly=True),
            Flag("descending", keyword=True),
        ),
        dtypes=REAL,
        chooses="each",
        basis=Documented(MANUAL.format("argsort"), "stable: controls the relative order of equivalent elements."),
    ),
    Operation(
        name="msort",
        reference=sorting.msort,
        spellings=spelled("torch.msort", "Tensor.msort", out=True),
        parameters=(AnyTensor(),),
        dtypes=REAL,
        accuracy=Ranked(),
        gradient=GradientOf(0),
        basis=Documented(MANUAL.format("msort"), "torch.msort(t) is equivalent to torch.sort(t, dim=0)[0]."),
    ),
    Operation(
        name="topk",
        reference=sorting.topk,
        spellings=spelled("torch.topk", "Tensor.topk", out=True),
        parameters=(
            AnyTensor(),
            Computed("k", _count, _too_large),
            RANKED_DIM,
            Flag("largest"),
            Flag("sorted"),
        ),
        dtypes=REAL_NUMERIC,
        accuracy=Selected(),
        gradient=GradientOf(0),
        results=2,
        chooses="some",
        basis=Documented(
            MANUAL.format("topk"), "Returns the k largest elements of the given input tensor along a given dimension."
        ),
    ),
    Operation(
        name="kthvalue",
        reference=sorting.kthvalue,
        spellings=spelled("torch.kthvalue", "Tensor.kthvalue", out=True),
        parameters=(AnyTensor(), Computed("k", _rank, _too_large), RANKED_DIM, KEEPDIM),
        dtypes=REAL_NUMERIC,
        accuracy=Selected(),
        gradient=GradientOf(0),
        results=2,
        chooses="some",
        basis=Documented(
            MANUAL.format("kthvalue"), "values is the k th smallest element of each row in the given dimension dim."
        ),
    ),
    *(
        Operation(
            name=name,
            reference=function,
            spellings=spelled(f"torch.{name}", f"Tensor.{name}", out=True),
            parameters=(AnyTensor(), Dim(), KEEPDIM),
            dtypes=REAL_NUMERIC,
            accuracy=Selected(),
            gradient=GradientOf(0),
            results=2,
            chooses="some",
            basis=Documented(MANUAL.format(name), claim),
        )
        for name, function, claim in (
            ("median", sorting.median, "If a row contains NaN, the median is NaN. The lower median is returned."),
            ("nanmedian", sorting.nanmedian, "When a reduced row has one or more NaN values, they are ignored."),
        )
    ),
    *(
        Operation(
            name=f"{name}_all",
            reference=function,
            spellings=spelled(f"torch.{name}", f"Tensor.{name}"),
            parameters=(AnyTensor(),),
            dtypes=REAL_NUMERIC,
            accuracy=Selected(),
            gradient=GradientOf(2),
            basis=Documented(MANUAL.format(name), claim),
        )
        for name, function, claim in (
            ("median", sorting.median, "Returns the median of the values in input."),
            ("nanmedian", sorting.nanmedian, "Returns the median of the values in input, ignoring NaN values."),
        )
    ),
    Operation(
        name="mode",
        reference=sorting.mode,
        spellings=spelled("torch.mode", "Tensor.mode", out=True),
        parameters=(AnyTensor(), DIM, KEEPDIM),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(0),
        results=2,
        chooses="most",
        basis=Documented(
            MANUAL.format("mode"),
            "values is the mode value of each row, i.e. a value which appears most often in that row.",
        ),
    ),
]
