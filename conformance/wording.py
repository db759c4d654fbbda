"""Differences in words: the pattern by which they are grouped, and their two sides as text."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.compare import Difference
from conformance.isolation.ending import Ending
from conformance.model.observation import Aspect, Refused


def pattern_of(difference: Difference) -> str:
    """What kind of difference it is, within its aspect."""
    if difference.verdict is not None:
        return difference.verdict.pattern
    expected, actual = difference.expected, difference.actual
    if isinstance(actual, Ending):
        return actual.pattern
    if isinstance(expected, Refused) and isinstance(actual, Refused):
        return f"{actual.kind} in place of {expected.kind}"
    if isinstance(expected, Refused):
        return f"no {expected.kind}"
    return f"unexpected {actual.kind}" if isinstance(actual, Refused) else ""


_NOTHING = {Aspect.REFUSAL: "no refusal", Aspect.GRAD: "no gradient", Aspect.GRAD_FN: "no node"}


def text_of(value: Any, aspect: Aspect | None = None) -> str:
    """A value for people: an array in a few lines with its dtype, a refusal as it would print, what there is not.

    >>> text_of(None, Aspect.GRAD), text_of(None)
    ('no gradient', 'None')
    """
    if value is None and aspect in _NOTHING:
        return _NOTHING[aspect]
    if isinstance(value, Refused):
        return f"{value.kind}: {value.message.splitlines()[0] if value.message else ''}"
    if isinstance(value, Ending):
        return value.words
    if isinstance(value, np.ndarray):
        return f"{np.array2string(value, threshold=20, edgeitems=4)} ({value.dtype.name})"
    return repr(value)
