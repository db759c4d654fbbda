"""Circumstances under which a deviation is met, where its text does not tell, by their names."""

from __future__ import annotations

from collections.abc import Callable

from conformance.deviations.arguments import ARGUMENTS
from conformance.deviations.elements import ELEMENTS, wherever_wrong
from conformance.deviations.layouts import LAYOUTS
from conformance.deviations.magnitudes import MAGNITUDES
from conformance.deviations.met import Met
from conformance.deviations.seen import SEEN
from conformance.deviations.strides import STRIDES
from conformance.model.case import Case


def _of_call(is_so: Callable[[Case], bool]) -> Callable[[Met], bool]:
    return lambda met: is_so(met.call)


CIRCUMSTANCES: dict[str, Callable[[Met], bool]] = {
    **{name: _of_call(is_so) for name, is_so in (ARGUMENTS | LAYOUTS | MAGNITUDES).items()},
    **SEEN,
    **STRIDES,
    **{name: wherever_wrong(is_so) for name, is_so in ELEMENTS.items()},
}
