"""Functions of integers. https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops"""

from __future__ import annotations

from conformance.model.verdict import Documented
from conformance.operation import Operation, spelled
from conformance.parameters import Number, Operand
from reference import comparison, integers
from reference.dtypes import BOOL, INTEGRAL
from reference.function import Function

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _common(reference: Function, claim: str, mode: str, name: str = "") -> Operation:
    """Of the lowest integers gcd has an operation of its own (finding 035); lcm may end the process (036)."""
    spelling = reference.name
    return Operation(
        name=name or spelling,
        reference=reference,
        spellings=spelled(f"torch.{spelling}", f"Tensor.{spelling}", in_place=f"Tensor.{spelling}_", out=True),
        parameters=(Operand("input", mode=mode), Operand("other", mode=mode)),
        dtypes=INTEGRAL,
        basis=Documented(MANUAL.format(spelling), claim),
    )


def _shift(reference: Function, operator: str) -> Operation:
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
        parameters=(Operand("input"), Operand("other", number=True, mode="places")),
        dtypes=INTEGRAL,
        basis=Documented(MANUAL.format(name), f"out_i = input_i {operator} other_i"),
    )


def _of_number(reference: Function, operator: str, mode: str = "") -> Operation:
    """The operation on a number and a tensor, for which torch has no method."""
    name = reference.name
    shifts = "shift" in name
    return Operation(
        name=f"{name}_of_number",
        reference=reference,
        spellings=spelled(f"torch.{name}", operator=operator, in_place_operator=False),
        parameters=(Number("input", options=(0, 1, 2, -1, 3, 10, -7, 100)), Operand("other", mode=mode)),
        dtypes=INTEGRAL if shifts else (BOOL, *INTEGRAL),
        basis=Documented(MANUAL.format(name), f"out_i = input_i {operator} other_i"),
    )


_GCD = "Computes the element-wise greatest common divisor (GCD) of input and other."

OPERATIONS = [
    _common(integers.gcd, _GCD, "negatable"),
    _common(integers.gcd, _GCD, "dividends", "gcd_of_any"),
    _common(integers.lcm, "Computes the element-wise least common multiple (LCM) of input and other.", "negatable"),
    _shift(integers.bitwise_left_shift, "<<"),
    _shift(integers.bitwise_right_shift, ">>"),
    _of_number(integers.bitwise_left_shift, "<<", mode="places"),
    _of_number(integers.bitwise_right_shift, ">>", mode="places"),
    _of_number(comparison.bitwise_and, "&"),
    _of_number(comparison.bitwise_or, "|"),
    _of_number(comparison.bitwise_xor, "^"),
]
