"""Promotion against tables written out by hand from the rules of the manual, for every pair of dtypes.

https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc. A row is the first operand, a column the
second; ``-`` is a refusal. Nothing here is computed: what is wrong in the rules of the reference cannot be wrong here.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from reference.dtypes import BY_NAME, STORED_ONLY, TORCH_DTYPES, DType, set_default_dtype
from reference.errors import Refusal
from reference.promotion import Number, can_cast, dtype_of_number, promote_types, result_type
from reference.tensor import Tensor

SHORT = {
    "b1": "bool",
    "u1": "uint8",
    "i1": "int8",
    "i2": "int16",
    "i4": "int32",
    "i8": "int64",
    "f2": "float16",
    "bf": "bfloat16",
    "f4": "float32",
    "f8": "float64",
    "c8": "complex64",
    "cc": "complex128",
    "u2": "uint16",
    "u4": "uint32",
    "u8": "uint64",
    "q4": "float8_e4m3fn",
    "q5": "float8_e5m2",
    "z4": "float8_e4m3fnuz",
    "z5": "float8_e5m2fnuz",
    "q8": "float8_e8m0fnu",
}

# Two tensors with dimensions, or two without.
TENSORS = """
    b1 u1 i1 i2 i4 i8 f2 bf f4 f8 c8 cc u2 u4 u8 q4 q5 z4 z5 q8
b1  b1 u1 i1 i2 i4 i8 f2 bf f4 f8 c8 cc -  -  -  -  -  -  -  -
u1  u1 u1 i2 i2 i4 i8 f2 bf f4 f8 c8 cc -  -  -  -  -  -  -  -
i1  i1 i2 i1 i2 i4 i8 f2 bf f4 f8 c8 cc -  -  -  -  -  -  -  -
i2  i2 i2 i2 i2 i4 i8 f2 bf f4 f8 c8 cc -  -  -  -  -  -  -  -
i4  i4 i4 i4 i4 i4 i8 f2 bf f4 f8 c8 cc -  -  -  -  -  -  -  -
i8  i8 i8 i8 i8 i8 i8 f2 bf f4 f8 c8 cc -  -  -  -  -  -  -  -
f2  f2 f2 f2 f2 f2 f2 f2 f4 f4 f8 c8 cc f2 f2 f2 -  -  -  -  -
bf  bf bf bf bf bf bf f4 bf f4 f8 c8 cc bf bf bf -  -  -  -  -
f4  f4 f4 f4 f4 f4 f4 f4 f4 f4 f8 c8 cc f4 f4 f4 -  -  -  -  -
f8  f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 cc cc f8 f8 f8 -  -  -  -  -
c8  c8 c8 c8 c8 c8 c8 c8 c8 c8 cc c8 cc -  -  -  -  -  -  -  -
cc  cc cc cc cc cc cc cc cc cc cc cc cc -  -  -  -  -  -  -  -
u2  -  -  -  -  -  -  f2 bf f4 f8 -  -  u2 -  -  -  -  -  -  -
u4  -  -  -  -  -  -  f2 bf f4 f8 -  -  -  u4 -  -  -  -  -  -
u8  -  -  -  -  -  -  f2 bf f4 f8 -  -  -  -  u8 -  -  -  -  -
q4  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  q4 -  -  -  -
q5  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  q5 -  -  -
z4  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  z4 -  -
z5  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  z5 -
q8  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  q8
"""

# A tensor with dimensions (row) and one without (column), which counts only where its category is higher.
ZERO_DIM = """
    b1 u1 i1 i2 i4 i8 f2 bf f4 f8 c8 cc u2 u4 u8 q4 q5 q8
b1  b1 u1 i1 i2 i4 i8 f2 bf f4 f8 c8 cc -  -  -  -  -  -
u1  u1 u1 u1 u1 u1 u1 f2 bf f4 f8 c8 cc u1 u1 u1 -  -  -
i1  i1 i1 i1 i1 i1 i1 f2 bf f4 f8 c8 cc i1 i1 i1 -  -  -
i2  i2 i2 i2 i2 i2 i2 f2 bf f4 f8 c8 cc i2 i2 i2 -  -  -
i4  i4 i4 i4 i4 i4 i4 f2 bf f4 f8 c8 cc i4 i4 i4 -  -  -
i8  i8 i8 i8 i8 i8 i8 f2 bf f4 f8 c8 cc i8 i8 i8 -  -  -
f2  f2 f2 f2 f2 f2 f2 f2 f2 f2 f2 c8 cc f2 f2 f2 f2 f2 f2
bf  bf bf bf bf bf bf bf bf bf bf c8 cc bf bf bf bf bf bf
f4  f4 f4 f4 f4 f4 f4 f4 f4 f4 f4 c8 cc f4 f4 f4 f4 f4 f4
f8  f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 cc cc f8 f8 f8 f8 f8 f8
c8  c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8
cc  cc cc cc cc cc cc cc cc cc cc cc cc cc cc cc cc cc cc
u2  u2 u2 u2 u2 u2 u2 f2 bf f4 f8 c8 cc u2 u2 u2 -  -  -
u4  u4 u4 u4 u4 u4 u4 f2 bf f4 f8 c8 cc u4 u4 u4 -  -  -
u8  u8 u8 u8 u8 u8 u8 f2 bf f4 f8 c8 cc u8 u8 u8 -  -  -
q4  q4 q4 q4 q4 q4 q4 q4 q4 q4 q4 -  -  q4 q4 q4 q4 q4 q4
q5  q5 q5 q5 q5 q5 q5 q5 q5 q5 q5 -  -  q5 q5 q5 q5 q5 q5
q8  q8 q8 q8 q8 q8 q8 q8 q8 q8 q8 -  -  q8 q8 q8 q8 q8 q8
"""

# A tensor, with dimensions or without, and a Python number, of the default dtype of its category.
NUMBERS = """
    True 2  0.5 2j
b1  b1   i8 f4  c8
u1  u1   u1 f4  c8
i1  i1   i1 f4  c8
i2  i2   i2 f4  c8
i4  i4   i4 f4  c8
i8  i8   i8 f4  c8
f2  f2   f2 f2  c8
bf  bf   bf bf  c8
f4  f4   f4 f4  c8
f8  f8   f8 f8  cc
c8  c8   c8 c8  c8
cc  cc   cc cc  cc
u2  u2   u2 f4  c8
u4  u4   u4 f4  c8
u8  u8   u8 f4  c8
q4  q4   q4 q4  -
q5  q5   q5 q5  -
q8  q8   q8 q8  -
"""
# The same where the default dtype is float64.
NUMBERS_OF_FLOAT64 = """
    True 2  0.5 2j
b1  b1   i8 f8  cc
u1  u1   u1 f8  cc
i8  i8   i8 f8  cc
f2  f2   f2 f2  cc
f4  f4   f4 f4  cc
f8  f8   f8 f8  cc
c8  c8   c8 c8  c8
u2  u2   u2 f8  cc
"""

# Whether a result of the dtype of the row may be written to a tensor of that of the column.
CASTABLE = """
    b1 u1 i1 i2 i4 i8 f2 bf f4 f8 c8 cc u2 u4 u8 q4 q5 q8
b1  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y
u1  -  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y
i1  -  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y
i2  -  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y
i4  -  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y
i8  -  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y
f2  -  -  -  -  -  -  y  y  y  y  y  y  -  -  -  y  y  y
bf  -  -  -  -  -  -  y  y  y  y  y  y  -  -  -  y  y  y
f4  -  -  -  -  -  -  y  y  y  y  y  y  -  -  -  y  y  y
f8  -  -  -  -  -  -  y  y  y  y  y  y  -  -  -  y  y  y
c8  -  -  -  -  -  -  -  -  -  -  y  y  -  -  -  -  -  -
cc  -  -  -  -  -  -  -  -  -  -  y  y  -  -  -  -  -  -
u2  -  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y  y
q4  -  -  -  -  -  -  y  y  y  y  y  y  -  -  -  y  y  y
"""

NUMBER: dict[str, Number] = {"True": True, "2": 2, "0.5": 0.5, "2j": 2j}


def rows(table: str) -> dict[str, dict[str, str]]:
    """What stands in each column of each row."""
    head, *lines = (line.split() for line in table.strip("\n").splitlines())
    return {row: dict(zip(head, found, strict=True)) for row, *found in lines}


def by_row(table: str) -> pytest.MarkDecorator:
    found = rows(table)
    return pytest.mark.parametrize(("row", "entries"), found.items(), ids=list(found))


def dtype_of(short: str) -> DType:
    return BY_NAME[SHORT[short]]


def tensor(short: str, ndim: int) -> Tensor:
    return Tensor.of(np.ones((2,) * ndim), dtype_of(short))


def promoted(operands: Iterable[Tensor | Number]) -> str:
    try:
        return result_type(operands).name
    except Refusal as refusal:
        return "-" if refusal.kind == "RuntimeError" else refusal.kind


def promoted_with(row: Iterable[Tensor | Number], columns: dict[str, Tensor] | dict[str, Number]) -> dict[str, str]:
    """What operands give with each of several others, in either order."""
    found = {}
    for column, operand in columns.items():
        found[column] = promoted([*row, operand])
        assert promoted([operand, *row]) == found[column]
    return found


def named(entries: dict[str, str]) -> dict[str, str]:
    return {column: SHORT.get(entry, "-") for column, entry in entries.items()}


def test_the_tables_name_every_dtype() -> None:
    assert set(SHORT.values()) == {dtype.name for dtype in (*TORCH_DTYPES, *STORED_ONLY)}
    for table, columns in ((TENSORS, set(SHORT)), (ZERO_DIM, set(SHORT) - {"z4", "z5"})):
        assert set(rows(table)) == columns
        assert all(set(entries) == columns for entries in rows(table).values())
    assert {SHORT[row] for row in rows(NUMBERS)} >= {dtype.name for dtype in TORCH_DTYPES}


@by_row(TENSORS)
def test_two_tensors(row: str, entries: dict[str, str]) -> None:
    for ndim, other in ((1, 1), (0, 0), (1, 2)):
        columns = {column: tensor(column, other) for column in entries}
        assert promoted_with([tensor(row, ndim)], columns) == named(entries)
    for column, entry in entries.items():
        if entry == "-":
            with pytest.raises(Refusal):
                promote_types(dtype_of(row), dtype_of(column))
        else:
            assert promote_types(dtype_of(row), dtype_of(column)) is dtype_of(entry)


@by_row(ZERO_DIM)
def test_a_tensor_with_dimensions_and_one_without(row: str, entries: dict[str, str]) -> None:
    columns = {column: tensor(column, 0) for column in entries}
    assert promoted_with([tensor(row, 1)], columns) == named(entries)


@by_row(NUMBERS)
def test_a_tensor_and_a_number(row: str, entries: dict[str, str]) -> None:
    for ndim in (0, 1):
        assert promoted_with([tensor(row, ndim)], NUMBER) == named(entries)


@by_row(NUMBERS_OF_FLOAT64)
def test_a_number_is_of_the_default_dtype(row: str, entries: dict[str, str]) -> None:
    earlier = set_default_dtype(BY_NAME["float64"])
    try:
        assert promoted_with([tensor(row, 1)], NUMBER) == named(entries)
    finally:
        assert set_default_dtype(earlier).name == "float64"


@by_row(CASTABLE)
def test_what_may_be_written_where(row: str, entries: dict[str, str]) -> None:
    found = {column: "y" if can_cast(dtype_of(row), dtype_of(column)) else "-" for column in entries}
    assert found == entries


@pytest.mark.parametrize(
    ("operands", "entry"),
    [
        # Numbers alone.
        ([True], "b1"),
        ([True, 2], "i8"),
        ([2, 0.5], "f4"),
        ([0.5, 2j, True], "c8"),
        # Categories in their order: dimensions, none, numbers; the lower decide only where they are of a higher one.
        (["i2:1", "f4:0", 2j], "c8"),
        (["i2:1", "f8:0", 0.5], "f8"),
        (["i2:1", "f2:0", 0.5], "f2"),
        (["b1:1", "i1:0", 2], "i1"),
        (["b1:1", "i1:0", 0.5], "f4"),
        (["f2:1", "f8:0", 0.5], "f2"),
        (["u1:1", "i1:1", "i8:0"], "i2"),
        (["f2:1", "bf:1", "f8:0"], "f4"),
        (["i4:0", "i8:0", True], "i8"),
        (["b1:0", 2], "i8"),
        (["i1:0", "f4:1", "i8:1"], "f4"),
    ],
)
def test_several_operands(operands: list[str | Number], entry: str) -> None:
    given = [tensor(one[:2], int(one[3:])) if isinstance(one, str) else one for one in operands]
    assert promoted(given) == promoted(given[::-1]) == SHORT[entry]


def test_a_number_by_itself() -> None:
    assert [dtype_of_number(number).name for number in NUMBER.values()] == ["bool", "int64", "float32", "complex64"]
