"""The kinds of parameters that ask for a dtype, or that some dtypes alone allow."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.choices import Choices
from conformance.model.case import Argument, DTypeName
from conformance.operation import OMITTED, Omitted
from conformance.parameters import Base
from conformance.strategies.drawing import Drawing
from conformance.ulp import finfo
from reference.dtypes import BOOL, BY_NAME, FLOAT16, STORED_ONLY, TORCH_DTYPES, Category, DType, real_of
from reference.promotion import can_cast


@dataclass(frozen=True, slots=True)
class DTypeOption(Base):
    """A dtype asked for, by keyword; without ``dtypes``, that of the case."""

    name: str = "dtype"
    dtypes: tuple[DType, ...] = ()

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        if self.left_out(choices):
            return OMITTED
        return DTypeName(choices.choose(drawing.among(self.dtypes)).name if self.dtypes else drawing.dtype.name)


@dataclass(frozen=True, slots=True)
class RequiresGrad(Base):
    """Whether what is made shall be tracked: at times, where its dtype is asked for or that of the first tensor."""

    name: str = "requires_grad"

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        dtype = self._dtype(drawing)
        if choices.plain or dtype is None or dtype.category < Category.FLOATING or dtype in STORED_ONLY:
            return OMITTED
        return True if choices.flag(25) else OMITTED

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        """Integers, of which there are no gradients."""
        dtype = self._dtype(drawing)
        return OMITTED if dtype is None or dtype.category >= Category.FLOATING or dtype in STORED_ONLY else True

    def _dtype(self, drawing: Drawing) -> DType | None:
        asked = drawing.arguments.get("dtype")
        if isinstance(asked, DTypeName):
            return BY_NAME[asked.name]
        return drawing.dtype if drawing.inputs else None


@dataclass(frozen=True, slots=True)
class CastOption(Base):
    """``dtype=`` of a reduction: any of ``dtypes`` to which every number of the tensor's dtype can be cast, or its real
    part where the imaginary one is ``dropped``."""

    name: str = "dtype"
    dtypes: tuple[DType, ...] = tuple(dtype for dtype in TORCH_DTYPES if dtype is not BOOL)
    keyword: bool = True
    dropped: bool = field(default=False, kw_only=True)

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        if self.left_out(choices):
            return OMITTED
        source = real_of(drawing.dtype) if self.dropped and drawing.dtype.is_complex else drawing.dtype
        return DTypeName(choices.choose([dtype for dtype in self.dtypes if _within_range(source, dtype)]).name)


def _within_range(source: DType, target: DType) -> bool:
    """Whether a cast keeps the category or raises it, and overflows nowhere but in two's complement."""
    if not can_cast(source, target) or target.category < Category.FLOATING:
        return can_cast(source, target)
    if source.category < Category.FLOATING:
        return source.itemsize <= 2 or target is not FLOAT16
    return finfo(target).max >= finfo(source).max
