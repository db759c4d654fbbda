"""Products of other kinds. https://docs.pytorch.org/docs/stable/torch.html#blas-and-lapack-operations"""

from __future__ import annotations

from conformance.accuracy import CrossProduct, GradientOf, Rounded, Summation
from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, NUMERIC, OMITTED, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Computed, Shaped, reshape_input
from conformance.strategies.drawing import Drawing
from conformance.strategies.shapes import Shape, draw_shape
from reference import contraction, products

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
# Of the values in which gradients are judged, none exceeds 8; three roundings of such a multiple of the cotangent.
FACTORS_OF_A_GRADIENT = 24
FEW = 24
"""As many elements has an operand whose every element is paired with every element of the other."""


# -- inner: the last dimensions agree --------------------------------------------------------------------------------


def _inner_other(choices: Choices, drawing: Drawing) -> Argument:
    shape = _shape(drawing, "input")
    return drawing.tensor("other", (*draw_shape(choices, max_ndim=2, numel=FEW), shape[-1]))


def _inner_misfit(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    shape = _shape(drawing, "other")
    return reshape_input(drawing, "other", (*shape[:-1], shape[-1] + 1))


def _shape(drawing: Drawing, name: str) -> Shape:
    given = drawing.given(name)
    assert given is not None, f"{name} is a tensor"
    return given.shape


# -- kron and tensordot: shapes of their own --------------------------------------------------------------------------


def _few(name: str) -> Computed:
    """A tensor of few elements, the second at times of another dtype."""

    def draw(choices: Choices, drawing: Drawing) -> Argument:
        shape = draw_shape(choices, max_ndim=3, numel=FEW)
        dtype = drawing.beside(shape, drawing.operand_dtype())
        # Whether an integer is rounded to the dtype of the product before it is multiplied, no page says.
        return drawing.tensor(name, shape, dtype, mode="small" if dtype is not drawing.dtype else "")

    return Computed(name, draw)


def _few_of_one_dtype(choices: Choices, drawing: Drawing) -> Argument:
    return drawing.tensor("a", draw_shape(choices, max_ndim=3, numel=FEW))


def _sharing_sizes(choices: Choices, drawing: Drawing) -> Argument:
    """A tensor some of whose sizes are those of ``a``, in another order."""
    sizes = list(_shape(drawing, "a")) + list(draw_shape(choices, max_ndim=1))
    shape: list[int] = []
    for _ in range(min(choices.integer(0, 3), len(sizes))):
        shape.append(sizes.pop(choices.integer(0, len(sizes) - 1)))
    return drawing.tensor("b", tuple(shape))


def _paired(choices: Choices, drawing: Drawing) -> Argument:
    """How many dimensions meet, last with first, or which: those of one size, and those of size one."""
    a, b = _shape(drawing, "a"), _shape(drawing, "b")
    counts = [n for n in range(min(len(a), len(b), 2) + 1) if all(map(_meet, a[len(a) - n :], b[:n]))]
    if choices.flag(40):
        return choices.choose(counts)
    pairs = [(left, right) for left in range(len(a)) for right in range(len(b)) if _meet(a[left], b[right])]
    chosen: list[tuple[int, int]] = []
    for _ in range(choices.integer(0, 2)):
        if pairs:
            left, right = choices.choose(pairs)
            pairs = [pair for pair in pairs if pair[0] != left and pair[1] != right]
            chosen.append((left - (len(a) if choices.flag(30) else 0), right - (len(b) if choices.flag(30) else 0)))
    return [left for left, _ in chosen], [right for _, right in chosen]


def _meet(left: int, right: int) -> bool:
    return left == right or 1 in (left, right)


def _unpaired(choices: Choices, drawing: Drawing) -> Argument:
    """More dimensions than there are, a negative number of them, or one that has no partner."""
    options: tuple[Argument, ...] = (4, -1, ([0], []))
    return choices.choose(options)


# -- cross: a dimension of size three ----------------------------------------------------------------------------------


def _vectors(choices: Choices, drawing: Drawing) -> Argument:
    shape = list(draw_shape(choices, max_ndim=2, numel=60))
    shape.insert(choices.integer(0, len(shape)), 3)
    return drawing.tensor("input", tuple(shape))


def _other_vectors(choices: Choices, drawing: Drawing) -> Argument:
    """The same shape; a size that is not three may be one."""
    shape = _shape(drawing, "input")
    return drawing.tensor("other", tuple(1 if size != 3 and choices.flag(20) else size for size in shape))


def _vectors_of_two(choices: Choices, drawing: Drawing) -> Argument:
    shape = _shape(drawing, "other")
    return reshape_input(drawing, "other", tuple(2 if size == 3 else size for size in shape))


def _dim_of_three(choices: Choices, drawing: Drawing) -> Argument:
    shape = _shape(drawing, "input")
    dim = choices.choose([dim for dim, size in enumerate(shape) if size == 3])
    return dim - len(shape) if choices.flag() else dim


def _dim_beyond(choices: Choices, drawing: Drawing) -> Argument:
    return len(_shape(drawing, "input"))


def _last_of_three(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """A dimension of size three, left out at times where that is the last."""
    shape = _shape(drawing, "input")
    return OMITTED if shape[-1] == 3 and choices.flag() else _dim_of_three(choices, drawing)


OPERATIONS = [
    Operation(
        name="vdot",
        reference=products.vdot,
        spellings=spelled("torch.vdot", "Tensor.vdot", out=True),
        parameters=(Shaped("input", ("k",)), Shaped("other", ("k",))),
        dtypes=NUMERIC,
        accuracy=Summation(),
        gradient=GradientOf(2),
        basis=Documented(
            MANUAL.format("vdot"),
            "The vdot(a, b) function handles complex numbers differently than dot(a, b). If the first argument is"
            " complex, the complex conjugate of the first argument is used for the calculation of the dot product.",
        ),
    ),
    Operation(
        name="inner",
        reference=products.inner,
        spellings=spelled("torch.inner", "Tensor.inner", out=True),
        parameters=(AnyTensor(min_ndim=1, max_ndim=3), Computed("other", _inner_other, _inner_misfit)),
        dtypes=NUMERIC,
        accuracy=Summation(stored=True),
        gradient=GradientOf(2),
        basis=Documented(
            MANUAL.format("inner"),
            "For higher dimensions, sums the product of elements from input and other along their last dimension.",
        ),
    ),
    Operation(
        name="inner_scalar",
        reference=products.inner,
        spellings=spelled("torch.inner", "Tensor.inner", out=True),
        parameters=(Shaped("input", ()), AnyTensor("other", max_ndim=3)),
        dtypes=ALL,
        accuracy=Rounded(complex_units=2.24),
        gradient=GradientOf(2),
        basis=Documented(
            MANUAL.format("inner"), "If either input or other is a scalar, the result is equivalent to input * other."
        ),
    ),
    Operation(
        name="kron",
        reference=products.kron,
        spellings=spelled("torch.kron", "Tensor.kron", out=True),
        parameters=(_few("input"), _few("other")),
        dtypes=ALL,
        accuracy=Rounded(complex_units=2.24),
        gradient=GradientOf(2),
        basis=Documented(
            MANUAL.format("kron"),
            "If input is a (a_0 x ... x a_n) tensor and other is a (b_0 x ... x b_n) tensor, the result will"
            " be a (a_0*b_0 x ... x a_n*b_n) tensor. This function supports real-valued and complex-valued"
            " inputs.",
        ),
    ),
    Operation(
        name="trace",
        reference=products.trace,
        spellings=spelled("torch.trace", "Tensor.trace"),
        parameters=(Shaped("input", ("n", "m")),),
        dtypes=NUMERIC,
        accuracy=Summation(),
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("trace"), "Returns the sum of the elements of the diagonal of the input 2-D matrix."
        ),
    ),
    Operation(
        name="cross",
        reference=products.cross,
        spellings=spelled("torch.cross", "Tensor.cross", out=True),
        parameters=(
            Computed("input", _vectors),
            Computed("other", _other_vectors, _vectors_of_two),
            Computed("dim", _dim_of_three, _dim_beyond, required=False),
        ),
        dtypes=NUMERIC,
        accuracy=CrossProduct(),
        gradient=GradientOf(2, cancels=FACTORS_OF_A_GRADIENT),
        basis=Documented(
            MANUAL.format("cross"),
            "Returns the cross product of vectors in dimension dim of input and other. If dim is not given, it defaults"
            " to the first dimension found with the size 3.",
        ),
    ),
    Operation(
        name="linalg_cross",
        reference=products.linalg_cross,
        spellings=spelled("torch.linalg.cross", out=True),
        parameters=(
            Computed("input", _vectors),
            Computed("other", _other_vectors, _vectors_of_two),
            Computed("dim", _last_of_three, _dim_beyond, keyword=True),
        ),
        dtypes=NUMERIC,
        accuracy=CrossProduct(),
        gradient=GradientOf(2, cancels=FACTORS_OF_A_GRADIENT),
        basis=Documented(
            MANUAL.format("linalg.cross"),
            "Also supports batches of vectors, for which it computes the product along the dimension dim. It broadcasts"
            " over the batch dimensions.",
        ),
    ),
    Operation(
        name="tensordot",
        reference=contraction.tensordot,
        spellings=spelled("torch.tensordot", out=True),
        parameters=(
            Computed("a", _few_of_one_dtype),
            Computed("b", _sharing_sizes),
            Computed("dims", _paired, _unpaired, keyword=True),
        ),
        dtypes=NUMERIC,
        accuracy=Summation(stored=True),
        gradient=GradientOf(2),
        basis=Documented(
            MANUAL.format("tensordot"),
            "tensordot implements a generalized matrix product. When dims is a list of lists, the given dimensions will"
            " be contracted in place of the last d of a and the first d of b.",
        ),
    ),
]
