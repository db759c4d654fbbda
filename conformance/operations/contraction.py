"""Sums of products by named dimensions, and products of many matrices.

https://docs.pytorch.org/docs/stable/generated/torch.einsum.html
"""

from __future__ import annotations

from dataclasses import replace

from conformance.accuracy import Exact, GradientOf, Summation
from conformance.choices import Choices
from conformance.index_parameters import shape_of
from conformance.model.case import Argument, Dots
from conformance.model.verdict import Documented
from conformance.operation import ALL, NUMERIC, OMITTED, Omitted, Operation, spelled
from conformance.parameters import Choice, Computed, Shaped, reshape_input
from conformance.strategies.drawing import Drawing
from conformance.strategies.layouts import geometry
from conformance.strategies.shapes import draw_shape
from reference import einsum, matrix_chains

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
LETTERS = "ijkL"
DOTS = "..."
NUMBERS = (0, 1, 2, 25, 26, 27, 50, 51)
LETTERLESS, UNNAMED = 52, 3
OPERANDS = 3
OF_NAN = ("normal", "small", "gaps")
"""Infinity may meet a zero or not, as it depends on what is multiplied, or summed, first."""


# -- einsum -----------------------------------------------------------------------------------------------------------


def _equation(choices: Choices, drawing: Drawing) -> Argument:
    """Terms of up to three letters, at times one twice or dots, and at times an output."""
    terms = [_term(choices) for _ in range(choices.choose((2, 1, 2, OPERANDS)))]
    inputs = (", " if choices.flag(20) else ",").join(terms)
    if choices.flag(35):
        return inputs
    letters = sorted({letter for term in terms for letter in term.replace(DOTS, "")})
    kept = [letters.pop(choices.integer(0, len(letters) - 1)) for _ in range(choices.integer(0, min(len(letters), 3)))]
    if DOTS in inputs and choices.flag(80):
        kept.insert(choices.integer(0, len(kept)), DOTS)
    return f"{inputs}->{''.join(kept)}"


def _term(choices: Choices) -> str:
    letters: list[str] = []
    for _ in range(choices.integer(0, 3)):
        letter = choices.choose(LETTERS)
        if letter not in letters or choices.flag(25):
            letters.append(letter)
    if choices.flag(20):
        letters.insert(choices.integer(0, len(letters)), DOTS)
    return "".join(letters)


def _wrong_equation(choices: Choices, drawing: Drawing) -> Argument:
    """An output that no operand has, or one twice; a term too many; a subscript that is no letter."""
    equation = drawing.arguments["equation"]
    assert isinstance(equation, str), "the equation is text"
    inputs = equation.partition("->")[0]
    return choices.choose((f"{inputs}->Z", f"{inputs}->ii", f"{inputs},i", f"{inputs}->1"))


def _terms(drawing: Drawing) -> list[str]:
    equation = drawing.arguments["equation"]
    assert isinstance(equation, str), "the equation is drawn before the operands"
    return equation.replace(" ", "").partition("->")[0].split(",")


def _operand(number: int) -> Computed:
    def draw(choices: Choices, drawing: Drawing) -> Argument | Omitted:
        terms = _terms(drawing)
        if number >= len(terms):
            return OMITTED
        term = terms[number]
        sizes = {letter: drawing.symbol(letter, 0 if choices.flag(10) else 1, 4) for letter in term.replace(DOTS, "")}
        for letter in sizes:
            if choices.flag(10):  # sizes of one are broadcast
                sizes[letter] = 1
        covered = [drawing.symbol(f"{DOTS}{place}", 1, 3) for place in range(choices.integer(0, 2))][::-1]
        before, dots, behind = term.partition(DOTS)
        shape = (*(sizes[one] for one in before), *(covered if dots else ()), *(sizes[one] for one in behind))
        return drawing.tensor(f"operand{number}", shape)

    def spoil(choices: Choices, drawing: Drawing) -> Argument | Omitted:
        """One dimension more than the term has names."""
        given = drawing.given(f"operand{number}")
        if given is None or DOTS in _terms(drawing)[number]:
            return OMITTED
        return reshape_input(drawing, f"operand{number}", (*given.shape, 2))

    return Computed(f"operand{number}", draw, spoil)


# -- einsum by numbers ------------------------------------------------------------------------------------------------


def _first(choices: Choices, drawing: Drawing) -> Argument:
    return drawing.tensor("operand0", draw_shape(choices, max_ndim=3, numel=60, many=False))


def _second(choices: Choices, drawing: Drawing) -> Argument:
    """A tensor of which most sizes are some of the first's."""
    sizes = shape_of(drawing, "operand0") or (2,)
    shape = [choices.choose(sizes if choices.flag(80) else (2, 3)) for _ in range(choices.integer(0, 2))]
    return drawing.tensor("operand1", tuple(shape))


def _sublist(operand: str) -> Computed:
    """A number for each dimension, equal ones for equal sizes alone; at times dots for a dimension of the first."""

    def draw(choices: Choices, drawing: Drawing) -> list[Argument]:
        found: list[Argument] = []
        for size in shape_of(drawing, operand):
            fitting = [one for one in NUMBERS if drawing.symbols.get(f"{one}", size) == size]
            known = [one for one in fitting if f"{one}" in drawing.symbols]
            number = choices.choose(known if known and choices.flag(70) else fitting)
            drawing.symbols[f"{number}"] = size
            found.append(number)
        if operand == "operand0" and choices.flag(25):
            place = choices.integer(0, len(found))
            found[place : place + 1] = [Dots()]
        return found

    def spoil(choices: Choices, drawing: Drawing) -> list[Argument] | Omitted:
        """A number too many, or one that is no letter."""
        given = drawing.arguments[f"sublist{operand[-1]}"]
        if not isinstance(given, list) or Dots() in given:
            return OMITTED
        return [*given, 0] if not given or choices.flag() else [*given[:-1], LETTERLESS]

    return Computed(f"sublist{operand[-1]}", draw, spoil, by_place=True)


def _numbers(drawing: Drawing) -> list[Argument]:
    """What the sublists name, each once."""
    lists = (drawing.arguments["sublist0"], drawing.arguments["sublist1"])
    named = [one for sublist in lists if isinstance(sublist, list) for one in sublist]
    return [one for place, one in enumerate(named) if one not in named[:place]]


def _output(choices: Choices, drawing: Drawing) -> list[Argument]:
    left = _numbers(drawing)
    return [left.pop(choices.integer(0, len(left) - 1)) for _ in range(choices.integer(0, min(len(left), 3)))]


def _wrong_output(choices: Choices, drawing: Drawing) -> list[Argument]:
    """A number that no operand has, or one twice."""
    named = [one for one in _numbers(drawing) if one != Dots()]
    return [named[0], named[0]] if named and choices.flag() else [UNNAMED]


# -- chains of matrices -----------------------------------------------------------------------------------------------


def _chain(choices: Choices, drawing: Drawing) -> Argument:
    """Two to four matrices that fit, a vector first or last at times."""
    count = choices.integer(2, 4)
    sizes = [choices.choose((2, 3, 1, 4, 5, 0)) for _ in range(count + 1)]
    shapes = [(sizes[place], sizes[place + 1]) for place in range(count)]
    vectors: dict[int, tuple[int, ...]] = {0: shapes[0][1:], count - 1: shapes[-1][:1]}
    return [
        drawing.tensor(f"matrix{place}", vectors[place] if place in vectors and choices.flag(20) else shape)
        for place, shape in enumerate(shapes)
    ]


def _broken_chain(choices: Choices, drawing: Drawing) -> Argument:
    """A last matrix with one row more."""
    chain = drawing.arguments["tensors"]
    assert isinstance(chain, list), "the matrices are a list"
    last = drawing.inputs[-1]
    shape = (last.shape[0] + 1, *last.shape[1:])
    strides, offset, size = geometry("contiguous", shape)
    drawing.replace(replace(last, shape=shape, strides=strides, offset=offset, size=size))
    return chain


OPERATIONS = [
    Operation(
        name="einsum",
        reference=einsum.einsum,
        spellings=spelled("torch.einsum"),
        parameters=(Computed("equation", _equation, _wrong_equation), *(_operand(each) for each in range(OPERANDS))),
        dtypes=ALL,
        accuracy=Summation(stored=True),
        gradient=GradientOf(4, stored=True),
        values=OF_NAN,
        basis=Documented(
            MANUAL.format("einsum"),
            "Einsum allows computing many common multi-dimensional linear algebraic array operations by representing"
            " them in a short-hand format based on the Einstein summation convention, given by equation.",
        ),
    ),
    Operation(
        name="einsum_by_sublists",
        reference=einsum.einsum_by_sublists,
        spellings=spelled("torch.einsum"),
        parameters=(
            Computed("operand0", _first),
            _sublist("operand0"),
            Computed("operand1", _second),
            _sublist("operand1"),
            Computed("output", _output, _wrong_output, required=False, by_place=True),
        ),
        dtypes=ALL,
        accuracy=Summation(stored=True),
        gradient=GradientOf(4, stored=True),
        values=OF_NAN,
        basis=Documented(
            MANUAL.format("einsum"),
            "These sublists follow their operands, and an extra sublist can appear at the end of the input to specify"
            " the output's subscripts., e.g. torch.einsum(op1, sublist1, op2, sublist2, ..., [subslist_out]).",
        ),
    ),
    Operation(
        name="multi_dot",
        reference=matrix_chains.multi_dot,
        spellings=spelled("torch.linalg.multi_dot", out=True),
        parameters=(Computed("tensors", _chain, _broken_chain),),
        dtypes=NUMERIC,
        accuracy=Summation(stored=True),
        gradient=GradientOf(4, stored=True),
        values=OF_NAN,
        basis=Documented(
            MANUAL.format("linalg.multi_dot"),
            "Every tensor in tensors must be 2D, except for the first and last which may be 1D. If the first tensor is"
            " a 1D vector of shape (n,) it is treated as a row vector of shape (1, n), similarly if the last tensor is"
            " a 1D vector of shape (n,) it is treated as a column vector of shape (n, 1).",
        ),
    ),
    Operation(
        name="chain_matmul",
        reference=matrix_chains.chain_matmul,
        spellings=spelled("torch.chain_matmul", out=True),
        parameters=(
            Shaped("first", ("n", "k")),
            Shaped("second", ("k", "m")),
            Shaped("third", ("m", "p"), required=False),
        ),
        dtypes=NUMERIC,
        accuracy=Summation(stored=True),
        gradient=GradientOf(4, stored=True),
        values=OF_NAN,
        basis=Documented(MANUAL.format("chain_matmul"), "Returns the matrix product of the N 2-D tensors."),
    ),
    *(
        Operation(
            name=f"matrix_power_{'of_several' if len(sizes) > 2 else 'of_one'}",
            reference=matrix_chains.matrix_power,
            spellings=spelled("torch.matrix_power", "Tensor.matrix_power", out=True),
            parameters=(Shaped("input", sizes, high=4), Choice("n", (2, 3, 4, 5))),
            dtypes=NUMERIC,
            accuracy=Summation(stored=True),
            gradient=GradientOf(8, stored=True),
            values=OF_NAN,
            basis=Documented(
                MANUAL.format("linalg.matrix_power"),
                "Computes the n-th power of a square matrix for an integer n. Also supports batches of matrices.",
            ),
        )
        for sizes in (("n", "n"), ("b", "n", "n"))
    ),
    Operation(
        name="matrix_power_trivial",
        reference=matrix_chains.matrix_power,
        spellings=spelled("torch.matrix_power", "Tensor.matrix_power", out=True),
        parameters=(Shaped("input", ("b", "n", "n"), high=4), Choice("n", (0, 1))),
        dtypes=ALL,
        accuracy=Exact(),
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("linalg.matrix_power"),
            "If n= 0, it returns the identity matrix (or batch) of the same shape as A.",
        ),
    ),
]
