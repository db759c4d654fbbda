"""Torch through ``torch.compile``: a case is one function, compiled as a whole and seen at its end.

Kernels are built in a directory that is made for the process and removed with it, so that a run tests the compiler
that is here and not what an earlier one left behind. They are built in this process alone: a pool of compiling
workers would outlive the checks.
"""

from __future__ import annotations

import atexit
import logging
import operator
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np
import torch
import torch._dynamo as dynamo
import torch._inductor.config as inductor
from torch._subclasses.fake_tensor import DataDependentOutputException, DynamicOutputShapeException

from conformance.model.case import Case, Literal, Ref, Step
from conformance.model.observation import EVERY_ASPECT, Aspect, Observation, Refused, Trace
from conformance.operations import find
from conformance.render import step_source, variable
from conformance.targets.interpreter import Traits
from conformance.targets.torch.eager import MetaTarget, TorchTarget
from conformance.targets.torch.elements import to_numpy
from conformance.targets.torch.environment import torch_flags
from conformance.together import split

# A compiled function is one node of autograd's graph, and writes its inputs as it sees fit: once, or step by step.
HIDDEN = frozenset({Aspect.GRAD_FN, Aspect.VERSION})

ABSENT = "absent"
_NAMES = {"torch": torch, "operator": operator, "inf": inf, "nan": nan}
_NO_GRAPH = (dynamo.exc.Unsupported, DataDependentOutputException, DynamicOutputShapeException)
_WRAPPERS = (dynamo.exc.TorchRuntimeError, dynamo.exc.Unsupported)


class CompiledTarget(TorchTarget):
    """Runs cases on the CPU, compiled with ``fullgraph=True`` and with the sizes that they have.

    The backward passes that end a case are made outside of the compiled function, in one call, as a training loop
    does: the function is one node of the graph, and its backward is compiled too.
    """

    in_bulk = True
    trials = 12

    def __init__(self) -> None:
        super().__init__("cpu", EVERY_ASPECT - HIDDEN, Traits(column="compiled"), "cpu+compile")
        # Eager torch has the derivatives and many of the kernels, meta the shapes and strides.
        self.sources = (TorchTarget("cpu", self.aspects), MetaTarget())
        self._program: tuple[tuple[Case, str], Callable[..., Sequence[Any]]] | None = None
        inductor.compile_threads = 1
        kernels = tempfile.mkdtemp(prefix="conformance-kernels-")
        atexit.register(shutil.rmtree, kernels, ignore_errors=True)
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = kernels

    def run(self, case: Case, *, every_step: bool = False) -> Trace:
        """Run a case, or with ``every_step`` each of its beginnings: a compiled function is seen at its end alone."""
        lengths = range(1, len(case.steps) + 1) if every_step else (len(case.steps),)
        observations: list[Observation] = []
        with self.threads_for(case):
            for length in lengths:
                observations.append(self._end(replace(case, steps=case.steps[:length])))
                if observations[-1].refused is not None:
                    break
        return Trace(self.name, observations)

    def accepts(self, case: Case) -> bool:
        """Whether a graph can be made of the case: all of the compiler but its code generator is asked."""
        return self._end(case, "aot_eager").refused is None

    def settings(self) -> dict[str, str]:
        return torch_flags()

    def run_rows(self, case: Case, blocks: dict[str, np.ndarray]) -> np.ndarray | None:
        """One call a row of the same compiled function."""
        rows = zip(*(self.rows_of(given, blocks[given.name]) for given in case.inputs), strict=True)
        try:
            with quiet():
                compiled = self._compiled(case, "inductor")
                return to_numpy(torch.stack([compiled(*tensors)[0] for tensors in rows]))
        except Exception:
            return None

    def _end(self, case: Case, backend: str = "inductor") -> Observation:
        variables = {given.name: self.make(given) for given in case.inputs}
        refused = None
        try:
            with quiet():
                self._execute(case, variables, backend)
        except Exception as error:
            refused = self.refusal(error)
        return Observation(len(case.steps) - 1, refused, self.see_all(variables))

    def _execute(self, case: Case, variables: dict[str, Any], backend: str) -> None:
        steps, outside = split(case.steps)
        inside = replace(case, steps=steps)
        results = self._compiled(inside, backend)(*variables.values())
        bound = zip(result_names(inside), results, strict=True)
        # A part that an operation did not return, since its input has fewer, is no variable.
        variables.update((name, value) for name, value in bound if not is_absent(value))
        if outside:
            tensors, gradients = zip(*(_roots(step, variables) for step in outside), strict=True)
            torch.autograd.backward(tensors, gradients)

    def _compiled(self, case: Case, backend: str) -> Callable[..., Sequence[Any]]:
        """The compiled function; the last one is kept, since rows of a structure differ in their values alone."""
        key = (structure(case), backend)
        if self._program is None or self._program[0] != key:
            dynamo.reset()
            self._program = (key, torch.compile(function_of(case), fullgraph=True, dynamic=False, backend=backend))
        return self._program[1]

    def refusal(self, error: Exception) -> Refused:
        """What was raised in the end; what a graph cannot hold at all counts as not implemented."""
        found: BaseException = error.inner_exception if isinstance(error, dynamo.exc.BackendCompilerFailed) else error
        while isinstance(found, _WRAPPERS) and found.__cause__ is not None:
            found = found.__cause__
        kind = "NotImplementedError" if isinstance(found, _NO_GRAPH) else type(found).__name__
        return Refused(kind, str(found))


def is_absent(value: Any) -> bool:
    return isinstance(value, str) and value == ABSENT


def _roots(step: Step, variables: Mapping[str, Any]) -> tuple[Any, Any]:
    tensor, *gradient = (variables[one.name] for one in step.args if isinstance(one, Ref))
    return tensor, gradient[0] if gradient else None


def function_of(case: Case) -> Callable[..., Sequence[Any]]:
    """The case as a function of its inputs that returns its results, from the source that a person would write."""
    parameters = ", ".join(variable(given.name) for given in case.inputs)
    results = "".join(f"{variable(name)}, " for name in result_names(case))
    lines = [line for step in case.steps for line in _lines(step)] + [f"return ({results})"]
    source = f"def run({parameters}):\n" + "\n".join(f"    {line}" for line in lines)
    names: dict[str, Any] = dict(_NAMES)
    exec(compile(source, "<case>", "exec"), names)
    run: Callable[..., Sequence[Any]] = names["run"]
    return run


def _lines(step: Step) -> Iterator[str]:
    lead = "" if step.grad else "    "
    if not step.grad:
        yield "with torch.no_grad():"
    if len(step.results) > 1 and not find(step.operation).in_tuple:
        # An operation that returns parts returns as many as its input has.
        names, call = ", ".join(map(variable, step.results)), step_source(replace(step, results=()))
        yield f"{lead}{names}, *_ = [*{call}, *{[ABSENT] * len(step.results)}]"
    else:
        yield f"{lead}{step_source(step)}"


def result_names(case: Case) -> list[str]:
    """The names that the steps bind, each once."""
    return list(dict.fromkeys(name for step in case.steps for name in step.results))


def structure(case: Case) -> Case:
    """The case without its values: cases with the same structure share a compiled function."""
    return replace(case, inputs=tuple(replace(given, values=Literal(b"")) for given in case.inputs), seed=0)


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing logged: the compiler reports every refusal to the log, with its traceback, before it raises it."""
    earlier = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(earlier)
