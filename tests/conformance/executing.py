"""What tests of seeing share: cases under way."""

from __future__ import annotations

from dataclasses import replace

from conformance.choices import SeededChoices
from conformance.model.case import Case, Drawn, Input, Ref, Step
from conformance.operations import find
from conformance.strategies.cases import draw_case
from conformance.targets.execution import Execution
from conformance.targets.interpreter import Interpreter
from reference.dtypes import FLOAT32

X = Input("x", (2, 3), "float32", (3, 1), 0, 6, Drawn("zero", 0))
TRACKED = Input("x", (2, 3), "float32", (3, 1), 0, 6, Drawn("small", 0), requires_grad=True)
SHARED = Case((X,), (Step("view_as", "method", (Ref("x"), Ref("x")), results=("y",)),))


def executed(target: Interpreter, case: Case = SHARED) -> Execution:
    """A case under way, all of its steps done."""
    execution = Execution(target, case.inputs)
    for step in case.steps:
        assert execution.step(step) is None
    return execution


def drawn(name: str, seed: int) -> Case:
    return draw_case(SeededChoices(seed), find(name), FLOAT32)


def method(operation: str, *args: object, results: tuple[str, ...] = ("result",), grad: bool = True) -> Step:
    return Step(operation, "method", args, results=results, grad=grad)


BACKWARD = Case(
    (TRACKED, replace(X, name="cotangent", values=Drawn("small", 1))),
    (
        method("mul", Ref("x"), 2, results=("retained",)),
        method("retain_grad", Ref("retained"), results=()),
        method("mul", Ref("retained"), 2, results=("other",)),
        method("backward", Ref("other"), Ref("cotangent"), results=()),
    ),
)
"""A leaf, a tensor that retains its gradient and one that does not, and the gradient that is passed on."""
