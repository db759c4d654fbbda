"""Torch on an XLA device.

An XLA tensor is a node of a graph, which is compiled once somebody looks at a value: calls are put off, and so are
their errors. "The internal data representation of XLA tensors is opaque to the user. They do not expose their storage
and they always appear to be contiguous" (https://docs.pytorch.org/xla/master/learn/pytorch-on-xla-devices.html).
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import torch

from conformance.model.case import Case, Input, Layout, Literal, Step
from conformance.model.observation import Aspect, Refused, Seen
from conformance.properties.base import relaid
from conformance.render import is_plain
from conformance.targets.interpreter import Glimpse, Interpreter, Memory, Traits, array_memory
from conformance.targets.torch.eager import TorchTarget, history
from conformance.values import fill
from reference.layout import contiguous_strides

CPU = TorchTarget("cpu")


def torch_xla() -> Any:
    """The library, imported where there is a device to run on."""
    return importlib.import_module("torch_xla")


class XlaTarget(TorchTarget):
    """Runs cases on an XLA device, to which inputs are sent: its storages cannot be written through."""

    trials = 60  # each compiles a graph

    def __init__(self, device: str, aspects: frozenset[Aspect], traits: Traits) -> None:
        super().__init__(device, aspects, traits)
        # Eager torch has the derivatives, and the calls that are made of others.
        self.sources = (CPU,)

    def adapted(self, case: Case) -> Case:
        """Every input contiguous: "If a view is moved then the data its viewing is also copied to the other device and
        the view relationship is not preserved." """
        inputs = tuple(map(contiguous, case.inputs))
        return super().adapted(case if inputs == case.inputs else replace(case, inputs=inputs))

    def lacks(self, case: Case) -> bool:
        """A layout cannot be asked of what has none."""
        return super().lacks(case) or any(map(asks_for_layout, case.steps))

    def make(self, given: Input) -> Any:
        if given.array:
            return super().make(given)
        storage = CPU.storage(fill(given), given.dtype)
        made = torch.as_strided(storage, given.shape, given.strides, given.offset).to(self.device)
        return made.requires_grad_() if given.requires_grad else made

    def is_in_use(self) -> bool:
        return bool(torch_xla()._XLAC._xla_runtime_is_initialized())

    def seed(self, seed: int) -> None:
        """Seed the device, which has numbers of its own that torch.manual_seed does not reach."""
        torch.manual_seed(seed)
        torch_xla().manual_seed(seed)

    def run_rows(self, case: Case, blocks: dict[str, np.ndarray]) -> np.ndarray | None:
        """Each row a case: they have one graph, which is compiled once."""
        return Interpreter.run_rows(self, case, blocks)

    def settle(self, variables: Mapping[str, Any]) -> Refused | None:
        """Compile and run one graph of the variables, instead of one for each that is looked at."""
        tensors = [one for one in variables.values() if isinstance(one, torch.Tensor) and one.device.type == "xla"]
        try:
            grads = [tensor.grad for tensor in tensors if history(tensor)[0] and tensor.grad is not None]
            # As xla_model.unlazy does, but that the memory of no other tensor is taken over.
            torch_xla()._XLAC._xla_sync_multi([*tensors, *grads], [], wait=True, sync_xla_data=False)
        except Exception as error:
            return self.refusal(error)
        return None

    def glimpse(self, value: Any, *, data: bool, specified: np.ndarray | None = None) -> Glimpse | None:
        try:
            return super().glimpse(value, data=data, specified=specified)
        except RuntimeError:  # a tensor whose graph could not be run has not even a shape
            return None

    def see_tensor(self, value: torch.Tensor) -> Seen:
        try:
            return super().see_tensor(value)
        except RuntimeError:
            return Seen("tensor that cannot be read")

    def reaches_beyond(self, value: torch.Tensor) -> bool:
        return False

    def memory(self, value: Any) -> Memory | None:
        if isinstance(value, np.ndarray):
            return array_memory(value)
        return Memory(0, 0, id(value)) if isinstance(value, torch.Tensor) else None


def contiguous(given: Input) -> Input:
    """The input with elements in order and nothing between them: the same, or drawn from the same seed."""
    if given.array or is_plain(given):
        return given
    if isinstance(given.values, Literal):
        return relaid(given, "contiguous", 0)
    return replace(given, strides=contiguous_strides(given.shape), offset=0, size=prod(given.shape))


def asks_for_layout(step: Step) -> bool:
    """Whether a step asks for another memory format than that which every tensor has."""
    given = (*step.args, *(value for _, value in step.kwargs))
    return any(isinstance(one, Layout) and one.memory_format.startswith("channels_last") for one in given)
