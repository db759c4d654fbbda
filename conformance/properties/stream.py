"""Stream: after a call, the generator stands where it must, so that what is drawn next is the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.choices import Choices
from conformance.model.case import Case, DTypeName, Step
from conformance.operation import Form, Operation
from conformance.properties.base import Property, result_seen, then
from conformance.size_parameters import Sizes
from conformance.strategies.calls import in_places
from conformance.targets.interpreter import Interpreter

NEXT = (Step("rand", Form.FUNCTION, ((3,),)), Step("randn", Form.FUNCTION, ((),), (("dtype", DTypeName("float64")),)))
"""A deviate drawn alone is one of two: the other may be left from the call."""


ODD, EVEN = (17, 15, 33, 19), 16
"""Normal deviates are made 16 at a time from 16 on, below that by pairs; and what is left over is made anew."""


class Stream(Property):
    name = "stream"
    of_every_dtype = True
    claim = "A call takes as many numbers from the generator as it must: what is drawn next is the same."

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return operation.random and target.name == "cpu"

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        """The call on a vector of a length at which another number is left over; and as it is, or where none is."""
        odd = _of_length(base, operation, choices.choose(ODD))
        even = base if choices.flag() or result_seen(odd) is None else _of_length(base, operation, EVEN)
        for case in (odd, even):
            if result_seen(case) is not None:
                step = choices.choose(NEXT)
                yield then(case, Step(step.operation, step.spelling, step.args, step.kwargs, ("next",)))


def _of_length(case: Case, operation: Operation, length: int) -> Case:
    """The call with vectors in the place of its tensors, or of the sizes that it is told."""
    step = in_places(case.main, operation.parameters)
    sizes = [place for place, one in enumerate(operation.parameters) if isinstance(one, Sizes)]
    args = tuple((length,) if place in sizes else one for place, one in enumerate(step.args))
    vectors = (replace(one, shape=(length,), strides=(1,), offset=0, size=length) for one in case.inputs)
    return replace(case, inputs=tuple(vectors), steps=(replace(step, args=args),))


PROPERTY = Stream()
