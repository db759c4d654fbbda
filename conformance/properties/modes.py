"""Modes: prepared as a whole (compiled), a call does what it does when it is made at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from conformance.choices import Choices
from conformance.examine import REFERENCE, Examined, relate
from conformance.model.case import Case, Ref, Step
from conformance.model.observation import Seen, Trace
from conformance.operation import Effect, Form, Operation
from conformance.operations import find
from conformance.properties import gradient, in_place
from conformance.properties.aliasing import fill
from conformance.properties.base import Property, result_seen, then
from conformance.sweep.inputs import AS_ONE
from conformance.targets.interpreter import Interpreter


class Modes(Property):
    name = AS_ONE
    claim = (
        "Compiled, the call gives the values, gradients, dtype, shape, strides and storage that the manual specifies,"
        " within the same bounds."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return target.in_bulk and not outside(operation)

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        """The call, its in-place form, a write through a view that it returns, its backward pass."""
        forms = (
            base,
            *_in_place(base, operation, choices),
            *_written(base, operation),
            *_backward(base, operation, choices),
        )
        return [case for case in forms if not writes_through_overlap(case)]

    def examine(self, case: Case, target: Interpreter) -> Examined:
        return self.relate(case, target.run(case), target)

    def relate(self, case: Case, actual: Trace, target: Interpreter) -> Examined:
        """The verdict on what a target was seen to do with a case."""
        expected = REFERENCE.run(case)
        variables = dict(expected.last.variables)
        for name, wanted in expected.last.variables.items():
            found = actual.last.variables.get(name)
            if found is not None and same_order(wanted, found):
                variables[name] = wanted = replace(wanted, strides=found.strides)
            nowhere = wanted.shape is not None and 0 in wanted.shape
            if found is not None and (nowhere or (is_alone(name, expected) and is_alone(name, actual))):
                variables[name] = replace(wanted, offset=found.offset)
        last = replace(expected.last, variables=variables)
        expected = Trace(expected.target, [*expected.observations[:-1], last])
        return relate(expected, actual, case, target)


def _in_place(base: Case, operation: Operation, choices: Choices) -> list[Case]:
    if not operation.functional or Form.IN_PLACE not in operation.spellings:
        return []
    return list(in_place.PROPERTY.derive(base, operation, choices))[:1]


def _written(base: Case, operation: Operation) -> list[Case]:
    if operation.effect not in (Effect.VIEW, Effect.MAY_VIEW):
        return []
    return [then(base, fill(name)) for name, seen in (result_seen(base) or {}).items() if seen.kind == "tensor"][:1]


def _backward(base: Case, operation: Operation, choices: Choices) -> list[Case]:
    pulled = gradient.with_cotangent(base, operation, choices)
    return [] if pulled is None else [then(pulled.case, pulled.backward())]


def same_order(expected: Seen, actual: Seen) -> bool:
    """Whether two tensors have one shape and lie alike in memory: a stride along one element or none leads nowhere.

    A compiler promises the order in memory, since that is what strides are for; eager torch alone says more.
    """
    if expected.shape is None or expected.shape != actual.shape or expected.strides is None or actual.strides is None:
        return False
    strides = zip(expected.shape, expected.strides, actual.strides, strict=True)
    return 0 in expected.shape or all(size == 1 or wanted == found for size, wanted, found in strides)


def is_alone(name: str, trace: Trace) -> bool:
    """Whether a variable shares its memory with no other: then nobody can tell where in its storage it begins."""
    variables = trace.last.variables
    return all(other == name or seen.storage != variables[name].storage for other, seen in variables.items())


def writes_through_overlap(case: Case) -> bool:
    """Whether a step writes to a tensor in which elements share memory: the manual leaves open what then is.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.expand.html: "in-place operations may result in
    incorrect behavior. If you need to write to the tensors, please clone them first".
    """
    variables = REFERENCE.run(case).last.variables
    names = [step.args[0].name for step in case.steps if writes(step) and isinstance(step.args[0], Ref)]
    return any(overlaps(variables[name]) for name in names if name in variables)


def overlaps(seen: Seen) -> bool:
    """Whether a tensor is expanded, or two of its elements lie in one place."""
    if seen.shape is None or seen.strides is None:
        return False
    expanded = any(size > 1 and stride == 0 for size, stride in zip(seen.shape, seen.strides, strict=True))
    places = sum(
        np.arange(size).reshape(-1, *[1] * (len(seen.shape) - dim - 1)) * stride
        for dim, (size, stride) in enumerate(zip(seen.shape, seen.strides, strict=True))
    )
    return expanded or np.unique(places).size < np.size(places)


def writes(step: Step) -> bool:
    """Whether a step writes to its first argument."""
    in_place_forms = (Form.IN_PLACE, Form.IN_PLACE_OPERATOR)
    return bool(step.args) and (step.spelling in in_place_forms or find(step.operation).effect is Effect.WRITES)


def outside(operation: Operation) -> str:
    """Why an operation has no place in a compiled graph, or nothing."""
    if operation.random:
        return "a compiled graph draws from a stream of its own"
    return _OUTSIDE.get(operation.effect, "")


_OUTSIDE = {
    Effect.REPLACES: "a storage that grows or is exchanged is no value of the graph",
    Effect.SHARES: "memory shared with NumPy is no tensor of the graph",
    Effect.RECORDS: "what autograd is told is told outside of the graph",
    Effect.READS: "a Python object ends the graph",
    Effect.EXTRACTS: "a Python object ends the graph",
}

PROPERTY = Modes()
