"""An execution: a case under way, its variables alive, to be seen or only glimpsed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from conformance.model.case import Input, Step
from conformance.model.observation import Aspect, Refused, Seen

if TYPE_CHECKING:
    from conformance.targets.interpreter import Glimpse, Interpreter


ALL: Mapping[str, np.ndarray] = {}
FACTS = (Aspect.DTYPE, Aspect.STRIDES, Aspect.OFFSET, Aspect.REQUIRES_GRAD, Aspect.IS_LEAF, Aspect.GRAD_FN)
"""What the facts about a tensor are, in the order in which a glance tells them."""
Glimpses: TypeAlias = "dict[str, tuple[Glimpse, int]]"
Places: TypeAlias = dict[str, tuple[str, str]]


class Execution:
    """A case under way: its variables, alive, and the steps done to them so far."""

    def __init__(self, interpreter: Interpreter, inputs: Iterable[Input] = ()) -> None:
        self.interpreter = interpreter
        self.variables: dict[str, Any] = {}
        self.versions: dict[str, int] = {}
        self.add(inputs)

    def add(self, inputs: Iterable[Input]) -> None:
        """Make the inputs."""
        made = {given.name: self.interpreter.make(given) for given in inputs}
        self.variables.update(made)
        self.versions.update({name: self.interpreter.version(value) for name, value in made.items()})

    def step(self, step: Step) -> Refused | None:
        """Do one step and bind its results, or say how it was refused."""
        target, variables = self.interpreter, self.variables
        args = [target.argument(argument, variables) for argument in step.args]
        kwargs = {name: target.argument(argument, variables) for name, argument in step.kwargs}
        try:
            with target.grad_mode(step.grad):
                result = target.call(step, args, kwargs)
        except Exception as error:
            return target.refusal(error)
        results = _parts(result) if isinstance(result, (tuple, list)) and len(step.results) > 1 else (result,)
        bound = dict(zip(step.results, results, strict=False))
        variables.update(bound)
        self.versions.update({name: target.version(value) for name, value in bound.items()})
        return None

    def specified(self) -> dict[str, np.ndarray]:
        """Which elements are specified, of the variables of which not all are."""
        found = {name: self.interpreter.specified(value) for name, value in self.variables.items()}
        return {name: specified for name, specified in found.items() if specified is not None}

    def glimpses(
        self, *, data: bool, specified: Mapping[str, np.ndarray] = ALL
    ) -> dict[str, tuple[Glimpse, int]] | None:
        """Every variable at a glance, and its version; None where one has to be seen.

        Of elements that are not ``specified``, nothing is seen; where it does not name a variable, all are.
        """
        found = {}
        for name, value in self.variables.items():
            glimpse = self.interpreter.glimpse(value, data=data, specified=specified.get(name))
            if glimpse is None:
                return None
            found[name] = glimpse, self.interpreter.version(value) - self.versions[name]
        return found

    def places(self) -> dict[str, tuple[str, str]]:
        """Where the variables lie, as ``Interpreter.places`` tells."""
        return self.interpreter.places(self.variables)

    def observe(self) -> dict[str, Seen]:
        """Every variable as it is now.

        Versions count from when a variable was bound: what an operation did to a tensor of its own is nobody's concern.
        """
        seen = self.interpreter.see_all(self.variables)
        for name, one in seen.items():
            if one.version is not None:
                one.version -= self.versions[name]
        return seen


class Live(Mapping[str, Seen]):
    """The variables at the end of a case, alive: each is seen once somebody asks what it is like."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    @cached_property
    def _seen(self) -> dict[str, Seen]:
        return self._execution.observe()

    def __getitem__(self, name: str) -> Seen:
        return self._seen[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._seen)

    def __len__(self) -> int:
        return len(self._seen)

    def elements_alike(self, other: Live, aspects: frozenset[Aspect]) -> int | None:
        """How many elements were seen to be alike, where all of these aspects are at a glance; None where not."""
        ours, theirs = self._execution, other._execution
        data = not aspects.isdisjoint((Aspect.VALUES, Aspect.GRAD))
        specified = ours.specified() if data else ALL
        glimpses = ours.glimpses(data=data, specified=specified)
        others = theirs.glimpses(data=data, specified=specified)
        if glimpses is None or others is None or not _alike(glimpses, others, aspects):
            return None
        if not _lie_alike(ours.places(), theirs.places(), aspects):
            return None
        if not data:
            return 0
        elements = sum(prod(one.shape) * (1 + (one.gradient is not None)) for one, _ in glimpses.values())
        return elements - sum(int(np.count_nonzero(~one)) for one in specified.values())


def _alike(ours: Glimpses, theirs: Glimpses, aspects: frozenset[Aspect]) -> bool:
    return ours == theirs or _shown(ours, aspects) == _shown(theirs, aspects)


def _shown(glimpses: Glimpses, aspects: frozenset[Aspect]) -> Any:
    """What is at a glance of these aspects; versions too are one."""
    return {
        name: (one._replace(facts=_facts(one.facts, aspects)), version if Aspect.VERSION in aspects else 0)
        for name, (one, version) in glimpses.items()
    }


def _facts(facts: tuple[Any, ...], aspects: frozenset[Aspect]) -> tuple[Any, ...]:
    if len(facts) != len(FACTS):  # of what is no tensor
        return facts
    return tuple(fact for fact, aspect in zip(facts, FACTS, strict=True) if aspect in aspects)


def _lie_alike(ours: Places, theirs: Places, aspects: frozenset[Aspect]) -> bool:
    """Whether variables are the same objects, and lie in the same memory where that can be told."""
    if Aspect.STORAGE in aspects:
        return ours == theirs
    return {name: identity for name, (identity, _) in ours.items()} == {
        name: identity for name, (identity, _) in theirs.items()
    }


def _parts(results: Sequence[Any]) -> Sequence[Any]:
    """Several results, of which the last may be a tuple of its own."""
    return [*results[:-1], *results[-1]] if results and isinstance(results[-1], (tuple, list)) else results
