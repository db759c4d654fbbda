"""The kind of parameter that asks for the dtype in which a sum is added up."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.choices import Choices
from conformance.model.case import Argument, DTypeName
from conformance.operation import OMITTED, Omitted
from conformance.parameters import Base
from conformance.strategies.drawing import Drawing
from conformance.ulp import finfo
from reference.dtypes import BOOL, FLOAT16, TORCH_DTYPES, Category, DType
from reference.promotion import can_cast


@dataclass(frozen=True, slots=True)
class CastOption(Base):
    """``dtype=`` of a reduction: any of ``dtypes`` to which every number of the tensor's dtype can be cast."""

    name: str = "dtype"
    dtypes: tuple[DType, ...] = tuple(dtype for dtype in TORCH_DTYPES if dtype is not BOOL)
    keyword: bool = True

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        if self.left_out(choices):
            return OMITTED
        return DTypeName(choices.choose([dtype for dtype in self.dtypes if _within_range(drawing.dtype, dtype)]).name)


def _within_range(source: DType, target: DType) -> bool:
    """Whether a cast keeps the category or raises it, and overflows nowhere but in two's complement."""
    if not can_cast(source, target) or target.category < Category.FLOATING:
        return can_cast(source, target)
    if source.category < Category.FLOATING:
        return source.itemsize <= 2 or target is not FLOAT16
    return finfo(target).max >= finfo(source).max
