"""Arithmetic: pointwise sums, products, quotients. https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops"""

from __future__ import annotations

from dataclasses import dataclass, replace

from conformance.accuracy import Fused, GradientOf, Rounded, Ulps, WholeQuotient
from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.model.verdict import Derived, Documented, Observed
from conformance.operation import ALL, NUMERIC, REAL_NUMERIC, Form, Omitted, Operation, spelled
from conformance.parameters import Choice, Number, Operand
from conformance.strategies.drawing import Drawing
from conformance.strategies.numbers import beyond
from reference import arithmetic, powers, signs
from reference.dtypes import Category

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
ALPHA = Number("alpha", keyword=True, required=False, held=True)
VALUE = Number("value", options=(2, -1, 3), keyword=True, required=False, beyond=True, precise=True)


@dataclass(frozen=True, slots=True)
class Divisor(Operand):
    """A divisor, at times a number that is not zero."""

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        if choices.flag(20) and not drawing.lacks_shape():
            whole = (3, 2, 7, 1, *beyond(drawing.dtype)[:1])
            return choices.choose(whole if drawing.dtype.category < Category.FLOATING else (3, -2, 0.5, -2.5, 1))
        # Zero-argument super does not work in a class with slots.
        return Operand.draw(self, choices, drawing)


@dataclass(frozen=True, slots=True)
class Exponent(Operand):
    """An exponent. What a complex base has to the power of infinity or NaN, no page and no standard says."""

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        drawn = replace(self, mode="quarters") if drawing.dtype.is_complex else self
        if drawing.dtype in self.dtypes and choices.flag():
            drawn = replace(drawn, dtypes=(drawing.dtype,))
        # Zero-argument super does not work in a class with slots.
        return Operand.draw(drawn, choices, drawing)


OPERATIONS = [
    Operation(
        name="add",
        reference=arithmetic.add,
        spellings=spelled("torch.add", "Tensor.add", in_place="Tensor.add_", operator="+", out=True),
        parameters=(Operand("input"), Operand("other", number=True, wider=True), ALPHA),
        dtypes=ALL,
        accuracy=Fused(),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("add"), "Adds other, scaled by alpha, to input."),
    ),
    Operation(
        name="sub",
        reference=arithmetic.sub,
        spellings=spelled("torch.sub", "Tensor.sub", in_place="Tensor.sub_", operator="-", out=True, reflected=False),
        parameters=(Operand("input"), Operand("other", number=True, wider=True), ALPHA),
        dtypes=NUMERIC,
        accuracy=Fused(),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("sub"), "Subtracts other, scaled by alpha, from input."),
        aliases=("subtract",),
    ),
    Operation(
        name="rsub",
        reference=arithmetic.rsub,
        spellings=spelled("torch.rsub"),
        parameters=(Operand("input"), Operand("other", number=True, wider=True), ALPHA),
        dtypes=NUMERIC,
        accuracy=Fused(1),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("sub"), "other - alpha * input"),
    ),
    Operation(
        name="number_minus",
        reference=arithmetic.number_minus,
        spellings={Form.REFLECTED: "operator.sub"},
        parameters=(Number("input"), Operand("other")),
        dtypes=NUMERIC,
        accuracy=Fused(),
        gradient=GradientOf(2),
        basis=Derived("A number minus a tensor is torch.rsub(tensor, number), which is that difference."),
    ),
    Operation(
        name="mul",
        reference=arithmetic.mul,
        spellings=spelled("torch.mul", "Tensor.mul", in_place="Tensor.mul_", operator="*", out=True),
        parameters=(Operand("input"), Operand("other", number=True, wider=True)),
        dtypes=ALL,
        accuracy=Rounded(complex_units=2.24),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("mul"), "Multiplies input by other."),
        aliases=("multiply",),
    ),
    Operation(
        name="div",
        reference=arithmetic.div,
        spellings=spelled("torch.div", "Tensor.div", in_place="Tensor.div_", operator="/", out=True, reflected=False),
        parameters=(Operand("input"), Operand("other", number=True)),
        dtypes=ALL,
        accuracy=Rounded(complex_units=16, quotient=True),
        gradient=GradientOf(4),
        basis=Documented(
            MANUAL.format("div"), "Divides each element of the input by the corresponding element of other."
        ),
        aliases=("divide", "true_divide"),
    ),
    Operation(
        name="number_over",
        reference=arithmetic.number_over,
        spellings={Form.REFLECTED: "operator.truediv"},
        parameters=(Number("input"), Operand("other")),
        dtypes=ALL,
        accuracy=Rounded(1.5, complex_units=16),
        gradient=GradientOf(8),
        basis=Observed("2.13"),
    ),
    Operation(
        name="div_rounded",
        reference=arithmetic.div,
        spellings=spelled("torch.div", "Tensor.div", in_place="Tensor.div_", out=True),
        parameters=(
            Operand("input", mode="dividends"),
            Divisor("other", mode="divisors"),
            Choice("rounding_mode", ("trunc", "floor"), keyword=True, forbidden="round"),
        ),
        dtypes=REAL_NUMERIC,
        accuracy=WholeQuotient(2.0),
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("div"),
            "'trunc' rounds the results of the division towards zero; 'floor' rounds the results of the division down.",
        ),
    ),
    Operation(
        name="reciprocal",
        reference=arithmetic.reciprocal,
        spellings=spelled("torch.reciprocal", "Tensor.reciprocal", in_place="Tensor.reciprocal_", out=True),
        parameters=(Operand("input"),),
        dtypes=ALL,
        accuracy=Rounded(complex_units=16, quotient=True),
        gradient=GradientOf(8),
        basis=Documented(
            MANUAL.format("reciprocal"), "Returns a new tensor with the reciprocal of the elements of input."
        ),
    ),
    Operation(
        name="addcmul",
        reference=arithmetic.addcmul,
        spellings=spelled("torch.addcmul", "Tensor.addcmul", in_place="Tensor.addcmul_", out=True),
        parameters=(Operand("input"), Operand("tensor1"), Operand("tensor2"), VALUE),
        dtypes=NUMERIC,
        accuracy=Fused(further=1),
        values=("normal", "small", "gaps"),
        gradient=GradientOf(4),
        basis=Documented(MANUAL.format("addcmul"), "out_i = input_i + value * tensor1_i * tensor2_i"),
    ),
    Operation(
        name="addcdiv",
        reference=arithmetic.addcdiv,
        spellings=spelled("torch.addcdiv", "Tensor.addcdiv", in_place="Tensor.addcdiv_", out=True),
        parameters=(Operand("input"), Operand("tensor1"), Operand("tensor2"), VALUE),
        dtypes=NUMERIC[5:],
        accuracy=Fused(further=1),
        values=("normal", "small", "gaps"),
        gradient=GradientOf(8),
        basis=Documented(MANUAL.format("addcdiv"), "out_i = input_i + value * tensor1_i / tensor2_i"),
    ),
    Operation(
        name="neg",
        reference=signs.neg,
        spellings=spelled("torch.neg", "Tensor.neg", in_place="Tensor.neg_", unary_operator="-", out=True),
        parameters=(Operand("input"),),
        dtypes=NUMERIC,
        gradient=GradientOf(0),
        basis=Documented(MANUAL.format("neg"), "Returns a new tensor with the negative of the elements of input."),
        aliases=("negative",),
    ),
    Operation(
        name="abs",
        reference=signs.abs,
        spellings=spelled("torch.abs", "Tensor.abs", in_place="Tensor.abs_", unary_operator="abs", out=True),
        written=signs.abs_,
        parameters=(Operand("input"),),
        dtypes=NUMERIC,
        accuracy=Rounded(2),
        gradient=GradientOf(8),
        basis=Documented(MANUAL.format("abs"), "Computes the absolute value of each element in input."),
        aliases=("absolute",),
    ),
    Operation(
        name="pow",
        reference=powers.pow,
        spellings=spelled("torch.pow", "Tensor.pow", in_place="Tensor.pow_", operator="**", out=True, reflected=False),
        parameters=(Operand("input"), Exponent("exponent", mode="exponents", dtypes=REAL_NUMERIC)),
        dtypes=NUMERIC,
        accuracy=Ulps("pow"),
        gradient=GradientOf(64),
        basis=Documented(
            MANUAL.format("pow"), "Takes the power of each element in input with exponent and returns a tensor."
        ),
    ),
    Operation(
        name="pow_by_number",
        reference=powers.pow,
        spellings=spelled("torch.pow", "Tensor.pow", in_place="Tensor.pow_", operator="**", out=True, reflected=False),
        parameters=(
            Operand("input"),
            Number("exponent", options=(0, 1, 2, 3, -1, -2, 0.5, -0.5, 2.0, 2.5, 7), beyond=True, precise=True),
        ),
        dtypes=NUMERIC,
        accuracy=Ulps("pow"),
        gradient=GradientOf(64),
        basis=Documented(MANUAL.format("pow"), "out_i = x_i ^ exponent"),
    ),
    Operation(
        name="pow_of_number",
        reference=powers.pow,
        spellings=spelled("torch.pow", operator="**", out=True, in_place_operator=False),
        parameters=(
            Number("input", options=(1, 2, 3, 0.5, 2.5, 10), beyond=True, precise=True),
            Exponent("exponent", mode="exponents"),
        ),
        dtypes=NUMERIC,
        accuracy=Ulps("pow"),
        gradient=GradientOf(64),
        basis=Documented(MANUAL.format("pow"), "out_i = self ^ exponent_i"),
    ),
    Operation(
        name="square",
        reference=powers.square,
        spellings=spelled("torch.square", "Tensor.square", in_place="Tensor.square_", out=True),
        parameters=(Operand("input"),),
        dtypes=ALL,
        accuracy=Rounded(complex_units=2.24),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("square"), "Returns a new tensor with the square of the elements of input."),
    ),
]
