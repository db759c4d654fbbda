"""Programs: after every step of a random program, every variable is what the reference has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from conformance.accuracy import Exact
from conformance.choices import Choices
from conformance.compare import Standard
from conformance.examine import REFERENCE, Examined, relate
from conformance.model.case import Case
from conformance.model.observation import Trace
from conformance.operation import Operation
from conformance.properties.base import Property
from conformance.targets.interpreter import Interpreter


class Programs(Property):
    name = "programs"
    claim = "After every step of a program of views, writes, sharing and backward passes, all variables agree."

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return False

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        return ()

    def examine(self, case: Case, target: Interpreter) -> Examined:
        return self.examine_against(REFERENCE.run(case, every_step=True), case, target)

    def examine_against(self, expected: Trace, case: Case, target: Interpreter) -> Examined:
        """The same where the reference's trace is already known.

        Every number of a program is exact, so what was known before rounding is of no use, and every bit counts
        but for the sign of a zero, which the order of a sum may decide.
        """
        actual = target.run(case, every_step=True)
        for trace in (expected, actual):
            for observation in trace.observations:
                for seen in observation.variables.values():
                    seen.unrounded = seen.computed = None
                    seen.values, seen.grad = _unsigned_zeros(seen.values), _unsigned_zeros(seen.grad)
        return relate(expected, actual, case, target, lambda: Standard(Exact(), self.name))


def _unsigned_zeros(values: Any) -> Any:
    if isinstance(values, np.ndarray) and values.dtype.kind in "fcV":
        return values + values.dtype.type(0)
    return values


PROPERTY = Programs()
