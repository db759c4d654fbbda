"""An execution: a case under way, its variables alive, to be seen or only glimpsed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.model.case import Input, Step
from conformance.model.observation import Refused, Seen

if TYPE_CHECKING:
    from conformance.targets.interpreter import Glimpse, Interpreter


ALL: Mapping[str, np.ndarray] = {}


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

    def elements_alike(self, other: Live, *, data: bool) -> int | None:
        """How many elements were seen to be alike, where all is at a glance; None where it is not."""
        ours, theirs = self._execution, other._execution
        specified = ours.specified() if data else ALL
        glimpses = ours.glimpses(data=data, specified=specified)
        if glimpses is None or glimpses != theirs.glimpses(data=data, specified=specified):
            return None
        if ours.places() != theirs.places():
            return None
        if not data:
            return 0
        elements = sum(prod(one.shape) * (1 + (one.gradient is not None)) for one, _ in glimpses.values())
        return elements - sum(int(np.count_nonzero(~one)) for one in specified.values())


def _parts(results: Sequence[Any]) -> Sequence[Any]:
    """Several results, of which the last may be a tuple of its own."""
    return [*results[:-1], *results[-1]] if results and isinstance(results[-1], (tuple, list)) else results
