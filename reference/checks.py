"""Checks that functions share: which dtypes a function has no meaning for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference.dtypes import Category, DType
from reference.errors import refuse_dtype
from reference.function import Check

BOOL, INTEGRAL, COMPLEX = Category.BOOL, Category.INTEGRAL, Category.COMPLEX


def refuse_category(name: str, dtype: DType, *forbidden: Category, kind: str = "NotImplementedError") -> None:
    """Refuse ``dtype`` if its category is one for which ``name`` is not defined."""
    if dtype.category in forbidden:
        refuse_dtype(name, dtype, kind)


def forbids(name: str, *forbidden: Category, kind: str = "NotImplementedError") -> Check:
    """The check of a pointwise function that is not defined for some categories of its computing dtype."""

    def check(dtype: DType, arguments: Mapping[str, Any]) -> None:
        refuse_category(name, dtype, *forbidden, kind=kind)

    return check
