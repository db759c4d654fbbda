"""An observation: what was seen after a step. Live arrays inside, so that comparing is cheap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np


class Aspect(StrEnum):
    """One thing that can be seen of a variable, or of a step as a whole."""

    REFUSAL = "refusal"
    KIND = "kind"
    IDENTITY = "identity"
    DTYPE = "dtype"
    SHAPE = "shape"
    STRIDES = "strides"
    OFFSET = "offset"
    STORAGE = "storage"
    VERSION = "version"
    REQUIRES_GRAD = "requires_grad"
    IS_LEAF = "is_leaf"
    GRAD_FN = "grad_fn"
    VALUES = "values"
    GRAD = "grad"
    PROCESS = "process"


METADATA = frozenset(
    {
        Aspect.REFUSAL,
        Aspect.KIND,
        Aspect.IDENTITY,
        Aspect.DTYPE,
        Aspect.SHAPE,
        Aspect.STRIDES,
        Aspect.OFFSET,
        Aspect.STORAGE,
        Aspect.REQUIRES_GRAD,
        Aspect.IS_LEAF,
    }
)
EVERY_ASPECT = frozenset(Aspect)


@dataclass(slots=True)
class Seen:
    """What was seen of one variable.

    ``kind`` is ``tensor``, ``array`` (NumPy), or the name of a Python type (``int``, ``str``, ``bool``,
    ``NoneType``, ``Size``, ``dtype``); for those ``values`` is the Python value itself. ``storage`` is the
    first variable with the same storage, in the order of the case's variables; ``identity`` is the first
    variable that is the same object. An aspect that the target cannot show is ``None``.

    Only the reference fills ``unrounded``: the result in a wider dtype before its one rounding, and
    ``grad_unrounded`` likewise; ``specified`` is false where the manual leaves a value open (a mask, or
    ``False`` for all of ``empty``). ``computed`` is the dtype in which a result was rounded before it was cast.
    """

    kind: str
    values: Any = None
    dtype: str | None = None
    shape: tuple[int, ...] | None = None
    strides: tuple[int, ...] | None = None
    offset: int | None = None
    storage: str | None = None
    identity: str | None = None
    version: int | None = None
    requires_grad: bool | None = None
    is_leaf: bool | None = None
    grad_fn: str | None = None
    grad: np.ndarray | None = None
    unrounded: np.ndarray | None = None
    grad_unrounded: np.ndarray | None = None
    specified: bool | np.ndarray = True
    computed: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A step that raised: the name of the exception's class and its message; ``others`` are classes as good."""

    kind: str
    message: str
    others: tuple[str, ...] = ()


@dataclass(slots=True)
class Observation:
    """What was seen after one step: every live variable, or the refusal and every variable that it left."""

    step: int
    refused: Refused | None = None
    variables: Mapping[str, Seen] = field(default_factory=dict)


@dataclass(slots=True)
class Trace:
    """The observations of one target running one case. A refusal ends the case."""

    target: str
    observations: list[Observation]

    @property
    def last(self) -> Observation:
        return self.observations[-1]

    @property
    def refused(self) -> Refused | None:
        return self.observations[-1].refused if self.observations else None
