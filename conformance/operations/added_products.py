"""Products added to a tensor. https://docs.pytorch.org/docs/stable/torch.html#blas-and-lapack-operations"""

from __future__ import annotations

from conformance.accuracy import GradientOf, Summation
from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, NUMERIC, OMITTED, Omitted, Operation, spelled
from conformance.parameters import Computed, Shaped
from conformance.strategies.drawing import Drawing
from conformance.strategies.numbers import precise_of
from reference import added_products

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _alpha(choices: Choices, drawing: Drawing) -> Argument:
    """A number that the dtype holds. Of zero no page says whether it hides a nan in the product."""
    options: list[Argument] = [1, 2, 3]
    if drawing.dtype.is_signed:
        options += [-1, -3]
    if drawing.dtype.is_differentiable:
        options += [0.5, -2.5, *precise_of(drawing.dtype)]
    if drawing.dtype.is_complex:
        options += [2 - 1j]
    return choices.choose(options)


def _beta(choices: Choices, drawing: Drawing) -> Argument:
    """The same, and zero, which hides a nan in the input."""
    return 0 if choices.flag(40) else _alpha(choices, drawing)


def _no_real_number(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """A complex number, refused where there is anything that it would multiply."""
    empty = any(0 in given.shape for given in drawing.inputs)
    return OMITTED if drawing.dtype.is_complex or empty else 1 + 2j


FACTORS = (
    Computed("beta", _beta, _no_real_number, keyword=True, required=False),
    Computed("alpha", _alpha, _no_real_number, keyword=True, required=False),
)

SCALED = Summation(headroom=11)
# The product may be rounded before it is added.
SCALED_ONCE_STORED = Summation(stored=True, headroom=11)
# Of three factors, two may overflow that the third would bring back.
TAME = ("normal", "small")

OPERATIONS = [
    Operation(
        name="addmm",
        reference=added_products.addmm,
        spellings=spelled("torch.addmm", "Tensor.addmm", in_place="Tensor.addmm_", out=True),
        parameters=(
            Shaped("input", ("n", "m"), broadcast=True),
            Shaped("mat1", ("n", "k")),
            Shaped("mat2", ("k", "m")),
            *FACTORS,
        ),
        dtypes=NUMERIC,
        accuracy=SCALED,
        gradient=GradientOf(4),
        basis=Documented(
            MANUAL.format("addmm"),
            "out = beta input + alpha (mat1_i @ mat2_i). If beta is 0, then the content of input will be ignored, and"
            " nan and inf in it will not be propagated.",
        ),
    ),
    Operation(
        name="addmv",
        reference=added_products.addmv,
        spellings=spelled("torch.addmv", "Tensor.addmv", in_place="Tensor.addmv_", out=True),
        parameters=(
            Shaped("input", ("n",), broadcast=True),
            Shaped("mat", ("n", "k")),
            Shaped("vec", ("k",)),
            *FACTORS,
        ),
        dtypes=NUMERIC,
        accuracy=SCALED_ONCE_STORED,
        gradient=GradientOf(4),
        basis=Documented(
            MANUAL.format("addmv"),
            "out = beta input + alpha (mat @ vec). If beta is 0, then the content of input will be ignored, and nan and"
            " inf in it will not be propagated.",
        ),
    ),
    Operation(
        name="baddbmm",
        reference=added_products.baddbmm,
        spellings=spelled("torch.baddbmm", "Tensor.baddbmm", in_place="Tensor.baddbmm_", out=True),
        parameters=(
            Shaped("input", ("b", "n", "m"), broadcast=True),
            Shaped("batch1", ("b", "n", "k")),
            Shaped("batch2", ("b", "k", "m")),
            *FACTORS,
        ),
        dtypes=NUMERIC,
        accuracy=SCALED,
        gradient=GradientOf(4),
        basis=Documented(
            MANUAL.format("baddbmm"),
            "out_i = beta input_i + alpha (batch1_i @ batch2_i). If beta is 0, then the content of input will be"
            " ignored, and nan and inf in it will not be propagated.",
        ),
    ),
    Operation(
        name="addbmm",
        reference=added_products.addbmm,
        spellings=spelled("torch.addbmm", "Tensor.addbmm", in_place="Tensor.addbmm_", out=True),
        parameters=(
            Shaped("input", ("n", "m"), broadcast=True),
            Shaped("batch1", ("b", "n", "k")),
            Shaped("batch2", ("b", "k", "m")),
            *FACTORS,
        ),
        dtypes=NUMERIC,
        accuracy=SCALED_ONCE_STORED,
        gradient=GradientOf(4),
        basis=Documented(
            MANUAL.format("addbmm"),
            "out = beta input + alpha (sum_i batch1_i @ batch2_i). If beta is 0, then the content of input will be"
            " ignored, and nan and inf in it will not be propagated.",
        ),
    ),
    Operation(
        name="addr",
        reference=added_products.addr,
        spellings=spelled("torch.addr", "Tensor.addr", in_place="Tensor.addr_", out=True),
        parameters=(
            Shaped("input", ("n", "m"), broadcast=True),
            Shaped("vec1", ("n",)),
            Shaped("vec2", ("m",)),
            *FACTORS,
        ),
        dtypes=ALL,
        accuracy=SCALED_ONCE_STORED,
        gradient=GradientOf(4),
        values=(*TAME, "gaps"),
        basis=Documented(
            MANUAL.format("addr"),
            "out = beta input + alpha (vec1 (x) vec2). If beta is 0, then the content of input will be ignored, and nan"
            " and inf in it will not be propagated.",
        ),
    ),
]
