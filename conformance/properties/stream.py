"""Stream: after a call, the generator stands where it must, so that what is drawn next is the same."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.choices import Choices
from conformance.model.case import Case, DTypeName, Step
from conformance.operation import Form, Operation
from conformance.properties.base import Property, result_seen, then
from conformance.targets.interpreter import Interpreter

NEXT = (Step("rand", Form.FUNCTION, ((3,),)), Step("randn", Form.FUNCTION, ((),), (("dtype", DTypeName("float64")),)))
"""A deviate drawn alone is one of two: the other may be left from the call."""


class Stream(Property):
    name = "stream"
    of_every_dtype = True
    claim = "A call takes as many numbers from the generator as it must: what is drawn next is the same."

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return operation.random and target.name == "cpu"

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        if result_seen(base) is not None:
            step = choices.choose(NEXT)
            yield then(base, Step(step.operation, step.spelling, step.args, step.kwargs, ("next",)))


PROPERTY = Stream()
