"""An execution: a case under way, its variables alive, to be seen or only glimpsed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from conformance.model.case import GRAD, Input, Step
from conformance.model.observation import Aspect, Refused, Seen

if TYPE_CHECKING:
    from conformance.targets.interpreter import Glimpse, Interpreter


FACTS = (Aspect.DTYPE, Aspect.STRIDES, Aspect.OFFSET, Aspect.REQUIRES_GRAD, Aspect.IS_LEAF, Aspect.GRAD_FN)
"""What the facts about a tensor are, in the order in which a glance tells them."""
Looked: TypeAlias = "tuple[Glimpse, int]"
"""A variable at a glance, and its version."""
Place: TypeAlias = "tuple[str | None, str | None]"
"""The first variable that is the same object, and the first that shares its memory."""
NOWHERE: Place = (None, None)


class Execution:
    """A case under way: its variables, alive, and the steps done to them so far."""

    def __init__(self, interpreter: Interpreter, inputs: Iterable[Input] = ()) -> None:
        self.interpreter = interpreter
        self.variables: dict[str, Any] = {}
        self.versions: dict[str, int] = {}
        self.add(inputs)

    def add(self, inputs: Iterable[Input]) -> None:
        """Make the inputs."""
        self._bind((given.name, self.interpreter.make(given)) for given in inputs)

    def step(self, step: Step) -> Refused | None:
        """Do one step and bind its results, or say how it was refused."""
        target, variables = self.interpreter, self.variables
        args = [target.argument(argument, variables) for argument in step.args]
        kwargs = {name: target.argument(argument, variables) for name, argument in step.kwargs}
        try:
            if step.grad:
                result = target.call(step, args, kwargs)
            else:
                with target.no_grad():
                    result = target.call(step, args, kwargs)
        except Exception as error:
            return target.refusal(error)
        several = len(step.results) > 1 or step.operation == GRAD
        results = _parts(result) if isinstance(result, (tuple, list)) and several else (result,)
        self._bind(zip(step.results, results, strict=False))
        return None

    def _bind(self, bound: Iterable[tuple[str, Any]]) -> None:
        for name, value in bound:
            self.variables[name] = value
            self.versions[name] = self.interpreter.version(value)

    def specified(self, name: str) -> np.ndarray | None:
        """Which elements of a variable are specified; None where all are."""
        return self.interpreter.specified(self.variables[name])

    def glimpse(self, name: str, *, data: bool, specified: np.ndarray | None = None) -> Looked | None:
        """A variable at a glance, and its version; None where it has to be seen.

        Of elements that are not ``specified``, nothing is seen.
        """
        value = self.variables[name]
        glimpse = self.interpreter.glimpse(value, data=data, specified=specified)
        return None if glimpse is None else (glimpse, self.interpreter.version(value) - self.versions[name])

    def places(self) -> dict[str, Place]:
        """Where the variables lie, as ``Interpreter.places`` tells."""
        return self.interpreter.places(self.variables)

    def observe(self) -> dict[str, Seen]:
        """Every variable as it is now."""
        places = self.places()
        return {name: self.see(name, places) for name in self.variables}

    def see(self, name: str, places: Mapping[str, Place]) -> Seen:
        """One variable as it is now, where all variables lie at these places.

        Versions count from when a variable was bound: what an operation did to a tensor of its own is nobody's concern.
        """
        seen = self.interpreter.see_at(self.variables[name], places.get(name, NOWHERE))
        if seen.version is not None:
            seen.version -= self.versions[name]
        return seen


class Live(Mapping[str, Seen]):
    """The variables at the end of a case, alive: each is seen once somebody asks what it is like."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._seen: dict[str, Seen] = {}

    @cached_property
    def _places(self) -> dict[str, Place]:
        return self._execution.places()

    def __getitem__(self, name: str) -> Seen:
        if name not in self._seen:
            self._seen[name] = self._execution.see(name, self._places)
        return self._seen[name]

    def __contains__(self, name: object) -> bool:
        return name in self._execution.variables

    def __iter__(self) -> Iterator[str]:
        return iter(self._execution.variables)

    def __len__(self) -> int:
        return len(self._execution.variables)

    def elements_alike(self, other: Live, aspects: frozenset[Aspect]) -> int | None:
        """How many elements were seen to be alike, where all of these aspects are at a glance; None where not."""
        alike = self.alike(other, aspects)
        return sum(alike.values()) if alike.keys() == self.keys() == other.keys() else None

    def alike(self, other: Live, aspects: frozenset[Aspect]) -> dict[str, int]:
        """The variables that are seen to be alike in these aspects at a glance, and how many elements of each were."""
        found = {}
        our_places, their_places = self._places, other._places
        for name in self:
            if name in other and _lie_alike(our_places.get(name), their_places.get(name), aspects):
                elements = self._elements_alike(name, other, aspects)
                if elements is not None:
                    found[name] = elements
        return found

    def _elements_alike(self, name: str, other: Live, aspects: frozenset[Aspect]) -> int | None:
        ours, theirs = self._execution, other._execution
        data = Aspect.VALUES in aspects or Aspect.GRAD in aspects
        specified = ours.specified(name) if data else None
        one = ours.glimpse(name, data=data, specified=specified)
        two = theirs.glimpse(name, data=data, specified=specified)
        if one is None or two is None or (one != two and _shown(one, aspects) != _shown(two, aspects)):
            return None
        glimpse, _ = one
        elements = prod(glimpse.shape) * (1 + (glimpse.gradient is not None)) if data else 0
        return elements if specified is None else elements - int(np.count_nonzero(~specified))


def _shown(looked: Looked, aspects: frozenset[Aspect]) -> Looked:
    """What is at a glance of these aspects; versions too are one."""
    glimpse, version = looked
    return glimpse._replace(facts=_facts(glimpse.facts, aspects)), version if Aspect.VERSION in aspects else 0


def _facts(facts: tuple[Any, ...], aspects: frozenset[Aspect]) -> tuple[Any, ...]:
    if len(facts) != len(FACTS):  # of what is no tensor
        return facts
    return tuple(fact for fact, aspect in zip(facts, FACTS, strict=True) if aspect in aspects)


def _lie_alike(our: Place | None, their: Place | None, aspects: frozenset[Aspect]) -> bool:
    """Whether a variable is the same object on both sides, and lies in the same memory where that can be told."""
    if Aspect.STORAGE in aspects or our is None or their is None:
        return our == their
    return our[0] == their[0]


def _parts(results: Sequence[Any]) -> Sequence[Any]:
    """Several results, of which the last may be a tuple of its own."""
    return [*results[:-1], *results[-1]] if results and isinstance(results[-1], (tuple, list)) else results
