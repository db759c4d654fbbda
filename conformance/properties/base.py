"""What a property is: cases derived from a case, and a relation that must hold for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

import numpy as np

from conformance.choices import Choices
from conformance.examine import REFERENCE, Examined, examine
from conformance.model.case import Argument, Case, Input, Literal, Ref, Step
from conformance.model.observation import Aspect, Seen
from conformance.operation import Effect, Form, Operation
from conformance.strategies.layouts import geometry
from conformance.targets.interpreter import Interpreter
from conformance.values import fill
from reference.dtypes import BY_NAME
from reference.storage import Storage
from reference.tensor import Tensor

_FILLER = 7


class Property:
    """A relation between observations. Unless it says otherwise: the target agrees with the reference.

    ``claim`` is the sentence a report prints. ``once``: what it derives from one structure of a dtype it would derive
    from any other, so that one is enough. ``of_every_dtype``: what holds of one dtype says little of another.
    """

    name: ClassVar[str]
    claim: ClassVar[str]
    once: ClassVar[bool] = False
    of_every_dtype: ClassVar[bool] = False

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        """Whether the property says anything of this operation on this target."""
        return True

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        """The cases that are examined, made from a valid case of the operation."""
        raise NotImplementedError

    def examine(self, case: Case, target: Interpreter) -> Examined:
        """Examine one derived case."""
        return examine(case, target)


def within_reach(operation: Operation, target: Interpreter) -> bool:
    """Whether a target can run an operation at all: without data, it has none for Python or NumPy."""
    return operation.effect not in (Effect.SHARES, Effect.EXTRACTS) or Aspect.VALUES in target.aspects


# -- pieces from which properties derive cases ---------------------------------------------------------------------


def first_tensor(case: Case) -> Input | None:
    """The input that is the first argument of the first step, if that is a tensor."""
    args = case.steps[0].args
    if args and isinstance(args[0], Ref):
        return case.input(args[0].name)
    return None


def in_form(case: Case, form: Form) -> Case:
    """The same call in another form."""
    step = replace(case.steps[0], spelling=form)
    return replace(case, steps=(step, *case.steps[1:]))


def with_kwarg(case: Case, name: str, argument: Argument) -> Case:
    """The first step with one more keyword argument."""
    step = case.steps[0]
    changed = replace(step, kwargs=(*step.kwargs, (name, argument)))
    return replace(case, steps=(changed, *case.steps[1:]))


def then(case: Case, *steps: Step) -> Case:
    """The case with more steps after its own."""
    return replace(case, steps=(*case.steps, *steps))


def result_seen(case: Case) -> dict[str, Seen] | None:
    """What the reference's results of the last step look like, or None if it refuses."""
    trace = REFERENCE.run(case)
    if trace.refused is not None:
        return None
    names = case.steps[-1].results
    return {name: trace.last.variables[name] for name in names if name in trace.last.variables}


def result_shape(base: Case) -> tuple[int, ...] | None:
    """The shape of the first result that has one; None where the reference refuses the case."""
    return next((seen.shape for seen in (result_seen(base) or {}).values() if seen.shape is not None), None)


def relaid(given: Input, layout: str, dim: int) -> Input:
    """An input tensor with the same elements in another layout; between them lies a filler that is not among them."""
    elements = laid_out(given, fill(given)).array
    strides, offset, size = geometry(layout, given.shape, dim)
    changed = replace(given, strides=strides, offset=offset, size=size)
    moved = laid_out(changed, np.full(size, _FILLER, BY_NAME[given.dtype].numpy))
    moved.array[...] = elements
    return replace(changed, values=Literal(moved.storage.memory.tobytes()))


def laid_out(given: Input, elements: np.ndarray) -> Tensor:
    """A tensor of the input's layout over a copy of ``elements``."""
    return Tensor(Storage.of(np.array(elements)), BY_NAME[given.dtype], given.shape, given.strides, given.offset)
