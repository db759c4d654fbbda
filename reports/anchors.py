"""Names for discrepancies: the address of a section in the page, and the file of a script."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.model.verdict import Discrepancy
from reports.summary import Cause
from reports.words import readable


class Anchors:
    """A name for each discrepancy, for its section and its script; the same in every report of a run."""

    def __init__(self, names: dict[int, str]) -> None:
        self._names = names

    def __getitem__(self, found: Discrepancy) -> str:
        return self._names[id(found)]


def discrepancy_anchors(causes: Iterable[Cause]) -> Anchors:
    """Readable names, numbered where two discrepancies would share one."""
    names: dict[int, str] = {}
    taken: dict[str, int] = {}
    for cause in causes:
        for found in cause.discrepancies:
            name = readable(f"{found.operation} {found.property} {found.target} {found.dtype} {found.pattern}")
            taken[name] = taken.get(name, 0) + 1
            names[id(found)] = name if taken[name] == 1 else f"{name}-{taken[name]}"
    return Anchors(names)
