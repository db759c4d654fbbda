"""Comparisons, logic and choices among operands. https://docs.pytorch.org/docs/stable/torch.html#comparison-ops"""

from __future__ import annotations

from dataclasses import dataclass, replace

from conformance.accuracy import Exact, Fused, GradientOf, Selected
from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.model.verdict import Derived, Documented
from conformance.operation import ALL, DIFFERENTIABLE, REAL, REAL_NUMERIC, Omitted, Operation, spelled
from conformance.parameters import Number, Operand
from conformance.strategies.drawing import Drawing
from reference import comparison, selection, signs
from reference.dtypes import BOOL, INTEGRAL, UINT8, DType
from reference.function import Function

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


@dataclass(frozen=True, slots=True)
class Upper(Number):
    """An upper bound, which may be left out where there is a lower one."""

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        bounded = replace(self, required="min" not in drawing.arguments)
        # Zero-argument super does not work in a class with slots.
        return Number.draw(bounded, choices, drawing)


def _compare(reference: Function, operator: str, dtypes: tuple[DType, ...] = ALL, *aliases: str) -> Operation:
    name = reference.name
    return Operation(
        name=name,
        reference=reference,
        spellings=spelled(
            f"torch.{name}",
            f"Tensor.{name}",
            in_place=f"Tensor.{name}_",
            operator=operator,
            out=True,
            reflected=False,
            in_place_operator=False,
        ),
        parameters=(Operand("input"), Operand("other", number=True, wider=True)),
        dtypes=dtypes,
        basis=Documented(MANUAL.format(name), f"Computes input {operator} other element-wise, as a boolean tensor."),
        aliases=aliases,
    )


def _pair(reference: Function, claim: str, dtypes: tuple[DType, ...] = ALL, *, writes: bool = True) -> Operation:
    name = reference.name
    return Operation(
        name=name,
        reference=reference,
        spellings=spelled(f"torch.{name}", f"Tensor.{name}", in_place=f"Tensor.{name}_" if writes else "", out=True),
        parameters=(Operand("input"), Operand("other")),
        dtypes=dtypes,
        accuracy=Exact() if writes else Selected(),
        gradient=None if writes else GradientOf(1),
        basis=Documented(MANUAL.format(name), claim),
    )


def _bitwise(reference: Function, operator: str, claim: str) -> Operation:
    name = reference.name
    return Operation(
        name=name,
        reference=reference,
        spellings=spelled(
            f"torch.{name}",
            f"Tensor.{name}",
            in_place=f"Tensor.{name}_",
            operator=operator,
            out=True,
            reflected=False,
        ),
        parameters=(Operand("input"), Operand("other", number=True, wider=True)),
        dtypes=(BOOL, *INTEGRAL),
        basis=Documented(MANUAL.format(name), claim),
    )


def _single(
    reference: Function,
    claim: str,
    dtypes: tuple[DType, ...] = ALL,
    *aliases: str,
    writes: bool = True,
    flat: bool = False,
) -> Operation:
    name = reference.name
    return Operation(
        name=name,
        reference=reference,
        spellings=spelled(
            f"torch.{name}",
            f"Tensor.{name}",
            in_place=f"Tensor.{name}_" if writes else "",
            out=writes,
        ),
        parameters=(Operand("input"),),
        dtypes=dtypes,
        gradient=GradientOf(0) if flat else None,
        basis=Documented(MANUAL.format(name), claim),
        aliases=aliases,
    )


def _bound(reference: Function, bound: str) -> Operation:
    name = reference.name
    return Operation(
        name=name,
        reference=reference,
        spellings=spelled(f"torch.{name}", f"Tensor.{name}", in_place=f"Tensor.{name}_", out=True),
        parameters=(Operand("input"), Operand(bound, number=True, wider=True)),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("clamp"),
            "y_i = min(max(x_i, min_value_i), max_value_i), of which either bound may be left out",
        ),
    )


OPERATIONS = [
    _compare(comparison.eq, "=="),
    _compare(comparison.ne, "!=", ALL, "not_equal"),
    _compare(comparison.lt, "<", REAL, "less"),
    _compare(comparison.le, "<=", REAL, "less_equal"),
    _compare(comparison.gt, ">", REAL, "greater"),
    _compare(comparison.ge, ">=", REAL, "greater_equal"),
    _pair(comparison.logical_and, "Zeros are treated as False and nonzeros are treated as True."),
    _pair(comparison.logical_or, "Zeros are treated as False and nonzeros are treated as True."),
    _pair(comparison.logical_xor, "Zeros are treated as False and nonzeros are treated as True."),
    _bitwise(comparison.bitwise_and, "&", "Computes the bitwise AND of input and other."),
    _bitwise(comparison.bitwise_or, "|", "Computes the bitwise OR of input and other."),
    _bitwise(comparison.bitwise_xor, "^", "Computes the bitwise XOR of input and other."),
    _pair(
        selection.maximum,
        "If one of the elements being compared is a NaN, then that element is returned.",
        REAL,
        writes=False,
    ),
    _pair(
        selection.minimum,
        "If one of the elements being compared is a NaN, then that element is returned.",
        REAL,
        writes=False,
    ),
    _pair(
        selection.fmax,
        "If exactly one of the two elements being compared is a NaN then the non-NaN element is taken as the maximum.",
        REAL,
        writes=False,
    ),
    _pair(
        selection.fmin,
        "If exactly one of the two elements being compared is a NaN then the non-NaN element is taken as the minimum.",
        REAL,
        writes=False,
    ),
    _single(comparison.logical_not, "Zeros are treated as False, non-zeros are treated as True."),
    _single(comparison.bitwise_not, "Computes the bitwise NOT of the given input tensor.", (BOOL, *INTEGRAL)),
    Operation(
        name="invert",
        reference=comparison.invert,
        spellings=spelled(unary_operator="~"),
        parameters=(Operand("input"),),
        dtypes=(BOOL, *INTEGRAL),
        basis=Derived("~x is torch.bitwise_not(x); Python's operators refuse operands with a TypeError."),
    ),
    _single(
        comparison.isnan, "Complex values are NaN when either their real and/or imaginary part is NaN.", writes=False
    ),
    _single(
        comparison.isinf, "Complex values are infinite when their real or imaginary part is infinite.", writes=False
    ),
    _single(
        comparison.isfinite,
        "Real values are finite when they are not NaN, negative infinity, or infinity.",
        writes=False,
    ),
    _single(signs.sign, "Returns a new tensor with the signs of the elements of input.", REAL, flat=True),
    _single(signs.floor, "The largest integer less than or equal to each element.", REAL_NUMERIC, flat=True),
    _single(signs.ceil, "The smallest integer greater than or equal to each element.", REAL_NUMERIC, flat=True),
    _single(
        signs.trunc, "Returns the truncated integer values of the elements of input.", REAL_NUMERIC, "fix", flat=True
    ),
    _single(signs.round, "Rounds half to even.", REAL_NUMERIC, flat=True),
    Operation(
        name="where",
        reference=selection.where,
        spellings=spelled("torch.where", out=True),
        parameters=(
            Operand("condition", dtypes=(BOOL,)),
            Operand("input", number=True, dtypes=ALL, by_place=True),
            Operand("other", number=True, dtypes=ALL, by_place=True),
        ),
        dtypes=(BOOL, UINT8),
        gradient=GradientOf(0),
        basis=Documented(MANUAL.format("where"), "out_i = input_i if condition_i else other_i"),
    ),
    Operation(
        name="where_method",
        reference=selection.chosen_where,
        spellings=spelled(method="Tensor.where"),
        parameters=(
            Operand("input"),
            Operand("condition", dtypes=(BOOL,)),
            Operand("other", number=True, held=True),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("Tensor.where"), "self.where(condition, y) is equivalent to torch.where(condition, self, y)."
        ),
    ),
    Operation(
        name="clamp",
        reference=selection.clamp,
        spellings=spelled("torch.clamp", "Tensor.clamp", in_place="Tensor.clamp_", out=True),
        parameters=(
            Operand("input"),
            Number("min", options=(0, 1, 0.5, -2.5), mostly=True, beyond=True, precise=True, wider=True),
            Upper("max", options=(2, 0, 1.5), beyond=True, precise=True, wider=True),
        ),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(0),
        basis=Documented(MANUAL.format("clamp"), "y_i = min(max(x_i, min_value_i), max_value_i)"),
        aliases=("clip",),
    ),
    Operation(
        name="clamp_by_tensors",
        reference=selection.clamp,
        spellings=spelled("torch.clamp", "Tensor.clamp", in_place="Tensor.clamp_", out=True),
        parameters=(Operand("input"), Operand("min"), Operand("max")),
        dtypes=REAL_NUMERIC,
        accuracy=Selected(),
        gradient=GradientOf(0),
        basis=Documented(MANUAL.format("clamp"), "y_i = min(max(x_i, min_value_i), max_value_i)"),
    ),
    _bound(selection.clamp_min, "min"),
    _bound(selection.clamp_max, "max"),
    Operation(
        name="relu",
        reference=selection.relu,
        spellings=spelled("torch.relu", "Tensor.relu", in_place="Tensor.relu_"),
        parameters=(Operand("input"),),
        dtypes=REAL_NUMERIC,
        accuracy=Selected(),
        gradient=GradientOf(0),
        basis=Documented("https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU.html", "ReLU(x) = max(0, x)"),
    ),
    Operation(
        name="lerp",
        reference=selection.lerp,
        spellings=spelled("torch.lerp", "Tensor.lerp", in_place="Tensor.lerp_", out=True),
        parameters=(
            Operand("input"),
            Operand("end"),
            Number("weight", options=(0.0, 0.25, 0.5, 0.75, 1.0), beyond=True, precise=True),
        ),
        dtypes=DIFFERENTIABLE,
        accuracy=Fused(further=2),
        values=("normal", "small", "gaps"),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("lerp"), "out_i = start_i + weight_i * (end_i - start_i)"),
    ),
    Operation(
        name="lerp_by_tensor",
        reference=selection.lerp,
        spellings=spelled("torch.lerp", "Tensor.lerp", in_place="Tensor.lerp_", out=True),
        parameters=(Operand("input"), Operand("end"), Operand("weight", mode="unit")),
        dtypes=DIFFERENTIABLE,
        accuracy=Fused(further=2),
        values=("normal", "small", "gaps"),
        gradient=GradientOf(4),
        basis=Documented(MANUAL.format("lerp"), "out_i = start_i + weight_i * (end_i - start_i)"),
    ),
]
