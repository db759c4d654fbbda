"""The interpreter: runs a case step by step and observes every variable after each. Targets say how."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from conformance.lengths import Window
from conformance.model.case import (
    Argument,
    Case,
    Device,
    Dots,
    DTypeName,
    Hook,
    Input,
    Layout,
    Literal,
    Ref,
    Slice,
    Step,
)
from conformance.model.observation import EVERY_ASPECT, Aspect, Observation, Refused, Seen, Trace
from conformance.operations import find
from conformance.targets.execution import NOWHERE, Execution, Live, Place

HOOKS: dict[str, Callable[[Any], Any]] = {
    "double": lambda grad: grad * 2,
    "negate": lambda grad: -grad,
    "look": lambda grad: None,
}


_AS_THEY_ARE = frozenset((bool, int, float, complex, str, type(None)))


@dataclass(frozen=True, slots=True)
class Traits:
    """What a bound must know of a target: its column in the table of ulps, and what it does to numbers."""

    column: str = "cpu"
    flushes_subnormals: bool = False
    tf32: bool = False


class Memory(NamedTuple):
    """The bytes that a variable reaches: storages that overlap are one. An empty one is known by its identity."""

    start: int
    stop: int
    identity: int


class Glimpse(NamedTuple):
    """All that can be seen of a tensor or an array, in the form that is quickest to make and to compare."""

    shape: tuple[int, ...]
    facts: tuple[Any, ...]
    bits: bytes = b""
    gradient: tuple[tuple[int, ...], Any, bytes] | None = None


class DeviceLost(Exception):
    """A device does not work any more in this process: an assertion in a kernel ends everything that comes after."""


def is_random(case: Case) -> bool:
    """Whether a step draws random numbers."""
    return any(find(step.operation).random for step in case.steps)


class Interpreter(ABC):
    """Someone who runs cases. ``aspects`` are those that it can observe.

    ``in_bulk``: preparing a case costs so much that many are run as one. ``trials`` is how often a failing case may
    be run to find a smaller one. ``survives_fork``: a copy of this process can go on using it. ``has_own_kernels``: of
    another device, which may compute in more dtypes than the CPU. ``parallel``: what has many elements is computed in
    several threads. What a target runs is made of its ``sources``: it differs where they do.
    """

    name: str
    aspects: frozenset[Aspect] = EVERY_ASPECT
    traits: Traits = Traits()
    in_bulk: bool = False
    trials: int = 200
    survives_fork: bool = True
    has_own_kernels: bool = False
    parallel: bool = False
    sources: tuple[Interpreter, ...] = ()

    def comparable(self, case: Case) -> frozenset[Aspect]:
        """The aspects in which it is like the reference, whose random numbers are those of the CPU's generator."""
        return self.aspects - {Aspect.VALUES} if self.has_own_kernels and is_random(case) else self.aspects

    def run(self, case: Case, *, every_step: bool = False) -> Trace:
        """Run a case; observe after its last step, or after every one. A refusal ends it and is observed."""
        if is_random(case):
            self.seed(case.seed)
        execution = Execution(self, case.inputs)
        observations: list[Observation] = []
        for index, step in enumerate(case.steps):
            refused = execution.step(step)
            if refused is None and (every_step or index == len(case.steps) - 1):
                refused = self.settle(execution.variables)
            last = refused is not None or index == len(case.steps) - 1
            if every_step:
                observations.append(Observation(index, refused, execution.observe()))
            elif last:
                observations.append(Observation(index, refused, Live(execution)))
            if refused is not None:
                break
        return Trace(self.name, observations)

    def settle(self, variables: Mapping[str, Any]) -> Refused | None:
        """Do what was put off until somebody looks at the variables; how that was refused, where it was."""
        return None

    def accepts(self, case: Case) -> bool:
        """Whether the target runs the case to its end; one that can tell without running it says so here."""
        return self.run(case).refused is None

    def adapted(self, case: Case) -> Case:
        """The case as the target can have it; the reference is asked for the same."""
        return case

    def lacks(self, case: Case) -> bool:
        """Whether the case names a dtype or a function that the target does not have: some of today's are young."""
        return False

    def after_fork(self) -> None:
        """Make the target usable in a copy of a process that had other threads, which the copy has not."""
        self.parallel = False

    def is_in_use(self) -> bool:
        """Whether this process has used the device, which a copy of it might not survive."""
        return True

    def is_lost(self) -> bool:
        """Whether the device does not work any more in this process, whatever is asked of it."""
        return False

    def settings(self) -> dict[str, str]:
        """The settings of the library that change numerics, as they are now."""
        return {}

    def device_as(self, form: str) -> Any:
        """The device, as an argument: by its ``name``, or as an ``object``. The reference has none."""
        return None

    def argument(self, argument: Argument, variables: dict[str, Any]) -> Any:
        """The live value of an argument."""
        if type(argument) in _AS_THEY_ARE:
            return argument
        if isinstance(argument, Ref):
            return variables[argument.name]
        if isinstance(argument, (tuple, list)):
            return type(argument)([self.argument(part, variables) for part in argument])
        if isinstance(argument, Slice):
            return slice(argument.start, argument.stop, argument.step)
        if isinstance(argument, DTypeName):
            return self.dtype(argument.name)
        if isinstance(argument, Layout):
            return self.memory_format(argument.memory_format)
        if isinstance(argument, Device):
            return self.device_as(argument.form)
        if isinstance(argument, Hook):
            return HOOKS[argument.name]
        return ... if isinstance(argument, Dots) else argument

    def see_all(self, variables: dict[str, Any]) -> dict[str, Seen]:
        """Every variable."""
        places = self.places(variables)
        return {name: self.see_at(value, places.get(name, NOWHERE)) for name, value in variables.items()}

    def see_at(self, value: Any, place: Place) -> Seen:
        """What can be seen of a value that lies at a place."""
        seen = self.see(value)
        seen.identity, seen.storage = place
        return seen

    def places(self, variables: dict[str, Any]) -> dict[str, Place]:
        """Of each variable that has memory, the first by name that is the same object, and the first that shares it.

        By name, since a program that grows gets inputs later than one that is run again.
        """
        spans: list[tuple[str, Memory]] = []
        objects: dict[int, str] = {}
        found: dict[str, Place] = {}
        for name in sorted(variables):
            value = variables[name]
            memory = self.memory(value)
            if memory is not None:
                found[name] = objects.setdefault(id(value), name), _owner(memory, spans, name)
        return found

    def run_rows(self, case: Case, blocks: dict[str, np.ndarray]) -> np.ndarray | None:
        """The results of a one-step case for each row of its inputs' blocks, stacked; None where they differ in kind.

        A target that has a faster way to run rows than one case after another says so here.
        """
        results = []
        for row in range(len(next(iter(blocks.values())))):
            inputs = tuple(replace(given, values=Literal(blocks[given.name][row].tobytes())) for given in case.inputs)
            seen = self.run(replace(case, inputs=inputs)).last.variables.get(case.steps[0].results[0])
            if seen is None or not isinstance(seen.values, np.ndarray):
                return None
            results.append(seen.values)
        return np.stack(results) if len({one.shape for one in results}) == 1 else None

    def run_windows(self, case: Case, windows: Sequence[Window]) -> np.ndarray | None:
        """The elements of the results of a one-step case on each window of its inputs, one after the other; None where
        there are none, or the target has no layouts."""
        return None

    # -- what a target says ------------------------------------------------------------------------------------

    @abstractmethod
    def seed(self, seed: int) -> None: ...

    @abstractmethod
    def make(self, given: Input) -> Any: ...

    @abstractmethod
    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any: ...

    @abstractmethod
    def refusal(self, error: Exception) -> Refused:
        """The refusal that an exception is; re-raised if it is a fault of ours."""

    @abstractmethod
    def see(self, value: Any) -> Seen: ...

    @abstractmethod
    def glimpse(self, value: Any, *, data: bool, specified: np.ndarray | None = None) -> Glimpse | None:
        """What is seen of a value, without bits where there is no ``data``; None where ``see`` must tell.

        The facts are its dtype, strides and offset, and what autograd knows of it. Versions are the execution's. Where
        elements are not ``specified``, their bits are zero.
        """

    def specified(self, value: Any) -> np.ndarray | None:
        """Which elements of a value are specified; None where all are. Only the reference knows of others."""
        return None

    @abstractmethod
    def version(self, value: Any) -> int:
        """How often a tensor was written to; 0 for what has no version."""

    @abstractmethod
    def memory(self, value: Any) -> Memory | None: ...

    @abstractmethod
    def no_grad(self) -> AbstractContextManager[Any]: ...

    @abstractmethod
    def dtype(self, name: str) -> Any: ...

    @abstractmethod
    def memory_format(self, name: str) -> Any: ...


def _owner(memory: Memory, spans: list[tuple[str, Memory]], name: str) -> str:
    """The first variable whose memory overlaps this one's."""
    start, stop, identity = memory
    for owner, (other_start, other_stop, other_identity) in spans:
        empty = start >= stop or other_start >= other_stop
        if identity == other_identity if empty else start < other_stop and other_start < stop:
            return owner
    spans.append((name, memory))
    return name


def array_memory(array: np.ndarray) -> Memory:
    """The bytes that a NumPy array reaches."""
    start: int = array.__array_interface__["data"][0]
    if not array.size:
        return Memory(start, start, id(array))
    steps = [(size - 1) * stride for size, stride in zip(array.shape, array.strides, strict=True)]
    ahead = sum(step for step in steps if step > 0)
    return Memory(start + sum(steps) - ahead, start + ahead + array.itemsize, id(array))


def glimpse_array(array: np.ndarray, *, data: bool) -> Glimpse:
    """A NumPy array at a glance."""
    return Glimpse(array.shape, (array.dtype, array.strides), array.tobytes() if data else b"")


def glimpse_bits(elements: np.ndarray, specified: np.ndarray | None) -> bytes:
    """The bits of a tensor at a glance, zero where nothing is specified."""
    if specified is not None and specified.shape == elements.shape:
        elements = np.where(specified, elements, elements.dtype.type(0))
    return elements.tobytes()


def glimpse_plain(value: Any) -> Glimpse | None:
    """A truth value, an integer or a text of Python at a glance; of others, equal ones may differ."""
    return Glimpse((), (type(value), value)) if type(value) in (bool, int, str) else None


def glimpse_gradient(grad: np.ndarray) -> tuple[tuple[int, ...], Any, bytes]:
    """A gradient at a glance."""
    return grad.shape, grad.dtype, grad.tobytes()


def see_array(array: np.ndarray) -> Seen:
    """What can be seen of a NumPy array."""
    strides = tuple(stride // array.itemsize for stride in array.strides)
    return Seen("array", np.array(array), array.dtype.name, array.shape, strides)
