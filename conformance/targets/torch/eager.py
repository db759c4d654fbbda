"""Torch as a target: every call as a user would write it, on one device."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import cache
from itertools import repeat
from operator import attrgetter, mul
from typing import Any

import numpy as np
import torch
from torch.backends import opt_einsum

from conformance.lengths import Window
from conformance.model.case import Argument, Case, Input, Literal, Ref, Step, dtype_names
from conformance.model.observation import EVERY_ASPECT, METADATA, Aspect, Refused, Seen, Trace
from conformance.operation import STORED, Effect, Form
from conformance.operations import find
from conformance.targets.interpreter import (
    DeviceLost,
    Glimpse,
    Interpreter,
    Memory,
    Traits,
    array_memory,
    glimpse_array,
    glimpse_bits,
    glimpse_gradient,
    glimpse_plain,
    see_array,
)
from conformance.targets.reference import make_array
from conformance.targets.torch.elements import elements_of, name_of, to_numpy
from conformance.targets.torch.paths import exists, names_a_type, path_of, resolve, wants_the_cpu
from conformance.threads import SEVERAL, has_many_elements
from conformance.ulp import finfo
from conformance.values import fill, held
from reference.dtypes import BY_NAME, real_of

# What is tested is torch: where opt_einsum is installed, it chooses in which order einsum multiplies three operands.
opt_einsum.enabled = False

MEMORY_FORMATS = {
    "contiguous": torch.contiguous_format,
    "preserve": torch.preserve_format,
    "channels_last": torch.channels_last,
    "channels_last_3d": torch.channels_last_3d,
}
LATE: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {"conj": torch.Tensor.conj, "neg": torch._neg_view}
TENSOR = "tensor"
_LARGE = 1 << 14  # bytes: to copy these once more takes longer than to ask where they are


class TorchTarget(Interpreter):
    """Runs cases on a torch device, eagerly."""

    def __init__(
        self, device: str, aspects: frozenset[Aspect] = EVERY_ASPECT, traits: Traits | None = None, name: str = ""
    ) -> None:
        self.device = torch.device(device)
        self.on_cpu = self.device.type == "cpu"
        self.name = name or device
        self.aspects = aspects
        self.traits = traits or Traits()
        self.survives_fork = self.device.type in ("cpu", "meta")  # a context on an accelerator does not
        self.has_own_kernels = not self.survives_fork

    def after_fork(self) -> None:
        super().after_fork()
        torch.set_num_threads(1)  # OpenMP would wait for the threads that it had

    def run(self, case: Case, *, every_step: bool = False) -> Trace:
        with self.threads_for(case):
            return super().run(case, every_step=every_step)

    def threads_for(self, case: Case) -> AbstractContextManager[None]:
        """Several threads for what has many elements."""
        return _several_threads() if self.parallel and self.on_cpu and has_many_elements(case) else nullcontext()

    def seed(self, seed: int) -> None:
        # torch.manual_seed also formats the stack for every accelerator that is not there: 3 ms a call.
        if self.device.type in ("cpu", "meta"):
            torch.default_generator.manual_seed(seed)
        else:
            torch.manual_seed(seed)

    def adapted(self, case: Case) -> Case:
        """Where subnormal numbers may be read as zero, that is what they are from the start: what becomes of them in
        an operation is nobody's promise."""
        if not self.traits.flushes_subnormals:
            return case
        inputs = tuple(map(without_subnormals, case.inputs))
        changed = any(new is not old for new, old in zip(inputs, case.inputs, strict=True))
        return replace(case, inputs=inputs) if changed else case

    def make(self, given: Input) -> Any:
        if given.array:
            return make_array(given, np.array(fill(given)))
        storage = self.storage_of(given)
        # Detached, since a view would carry its base: an input is a tensor in its own right.
        laid_out = torch.as_strided(storage, given.shape, given.strides, given.offset)
        made = (LATE[given.late](laid_out) if given.late else laid_out).detach()
        return made.requires_grad_() if given.requires_grad else made

    def storage_of(self, given: Input) -> torch.Tensor:
        """A flat tensor holding all elements of an input's storage."""
        return self.storage(held(given), given.dtype)

    def storage(self, elements: np.ndarray, dtype: str) -> torch.Tensor:
        """A flat tensor holding ``elements``, in a storage of torch's own, which can be resized."""
        made = torch.empty(elements.size, dtype=getattr(torch, dtype), device=self.device)
        if self.on_cpu:
            # Past the dispatcher: what is planted or wrong there must not change what is asked.
            large = elements.nbytes >= _LARGE and elements.flags.c_contiguous
            ctypes.memmove(made.data_ptr(), elements.ctypes.data if large else elements.tobytes(), elements.nbytes)
        elif elements.size:
            lent = torch.frombuffer(bytearray(elements.tobytes()), dtype=torch.uint8)
            made.untyped_storage().copy_(lent.untyped_storage())
        return made

    def lacks(self, case: Case) -> bool:
        absent = absent_dtypes()
        missing = bool(absent) and not absent.isdisjoint(dtype_names(case))
        elsewhere = not self.on_cpu and any(map(names_a_type, case.steps))
        elsewhere |= self.has_own_kernels and any(map(wants_the_cpu, case.steps))
        if missing or elsewhere or not all(exists(path_of(step)) for step in case.steps):
            return True
        return not all(self.arrives(given.dtype) for given in case.inputs if not given.array)

    def arrives(self, dtype: str) -> bool:
        """Whether what is sent to the device comes back as it was. If not, a suite of its own says so, once: of what
        never arrived, no operation can be judged."""
        return self.on_cpu or self.device.type == "meta" or _returns(self.device, dtype)

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        operation = find(step.operation)
        if operation.effect is Effect.CREATES and step.spelling == Form.FUNCTION and not self.on_cpu:
            kwargs.setdefault("device", self.device)
        made = self.called(step)(*args, **kwargs)
        if not self.on_cpu:
            self._mark_strays([*tensors_in([*args, *kwargs.values()])], made, asked="device" in kwargs)
        return made

    def _mark_strays(self, given: Sequence[torch.Tensor], made: Any, *, asked: bool) -> None:
        """Mark the results that should be on the device and are not: of a call that asks for it, or is given a tensor
        there. What views a tensor that is elsewhere is so too."""
        here = self.device.type
        if asked or any(one.device.type == here for one in given):
            elsewhere = {one.untyped_storage()._cdata for one in given if one.device.type != here}
            for one in tensors_in(made):
                stray = one.device.type != here and one.untyped_storage()._cdata not in elsewhere
                one.is_stray = stray  # type: ignore[attr-defined]

    def device_as(self, form: str) -> Any:
        return str(self.device) if form == "name" else self.device

    def called(self, step: Step) -> Callable[..., Any]:
        """What torch calls for a step: a function of the step's arguments."""
        path = path_of(step)
        return attrgetter(path.removeprefix("Tensor.")) if step.spelling == Form.ATTRIBUTE else resolve(path)

    def run_rows(self, case: Case, blocks: dict[str, np.ndarray]) -> np.ndarray | None:
        """One call a row, its inputs at the row's place in one block: memory of every alignment is met."""
        called = self.called(case.steps[0])
        try:
            return elements_of(torch.stack([called(*row, **named) for row, named in self.row_arguments(case, blocks)]))
        except Exception:  # refused, or no tensors: what is examined alone says so
            return None

    def run_windows(self, case: Case, windows: Sequence[Window]) -> np.ndarray | None:
        called = self.called(case.steps[0])
        held = {given.name: self.storage(fill(given), given.dtype) for given in case.inputs}
        seen = {name: [storage.as_strided(*window) for window in windows] for name, storage in held.items()}
        try:
            return elements_of(torch.cat([called(*row, **named).reshape(-1) for row, named in self.each(case, seen)]))
        except Exception:  # refused, or no tensors: what is examined alone says so
            return None

    def row_arguments(
        self, case: Case, blocks: dict[str, np.ndarray]
    ) -> Iterator[tuple[Sequence[Any], dict[str, Any]]]:
        """The arguments of the call of each row."""
        return self.each(case, {given.name: self.rows_of(given, blocks[given.name]) for given in case.inputs})

    def each(
        self, case: Case, rows: Mapping[str, Sequence[torch.Tensor]]
    ) -> Iterator[tuple[Sequence[Any], dict[str, Any]]]:
        """The arguments of the call on each of the tensors that stand for an input."""
        step, count = case.steps[0], len(next(iter(rows.values())))

        def each(argument: Argument) -> Iterable[Any]:
            return rows[argument.name] if isinstance(argument, Ref) else repeat(self.argument(argument, {}), count)

        args = zip(*map(each, step.args), strict=True)
        if not step.kwargs:
            return zip(args, repeat({}), strict=False)
        names, values = zip(*step.kwargs, strict=True)
        kwargs = (dict(zip(names, row, strict=True)) for row in zip(*map(each, values), strict=True))
        return zip(args, kwargs, strict=True)

    def rows_of(self, given: Input, elements: np.ndarray) -> Sequence[torch.Tensor]:
        """An input with the values of each row, all in one storage."""
        lent = self.storage(elements.reshape(-1), given.dtype)
        shape, strides = (len(elements), *given.shape), (given.size, *given.strides)
        return torch.as_strided(lent, shape, strides, given.offset).unbind()

    def is_lost(self) -> bool:
        if self.survives_fork:
            return False
        try:
            torch.zeros(1, device=self.device).cpu()
        except Exception:
            return True
        return False

    def refusal(self, error: Exception) -> Refused:
        if self.is_lost():
            raise DeviceLost(f"{self.name}: {error}") from error
        return Refused(type(error).__name__, str(error))

    def see(self, value: Any) -> Seen:
        if isinstance(value, np.ndarray):
            return see_array(value)
        if not isinstance(value, torch.Tensor):
            return Seen(type(value).__name__, plain(value))
        kind = self.kind_of(value)
        return self.see_tensor(value) if kind == TENSOR else Seen(kind)

    def kind_of(self, value: torch.Tensor) -> str:
        """A tensor, or one without strides, or one that is elsewhere than what it was made of."""
        if value.layout is not torch.strided:
            return f"tensor of layout {name_of(value.layout)}"
        is_here = value.is_cpu if self.on_cpu else not is_stray(value)
        return TENSOR if is_here else f"tensor on {value.device.type}"

    def glimpse(self, value: Any, *, data: bool, specified: np.ndarray | None = None) -> Glimpse | None:
        if isinstance(value, np.ndarray):
            return glimpse_array(value, data=data)
        if not isinstance(value, torch.Tensor):
            return glimpse_plain(value)
        if self.kind_of(value) != TENSOR or self.reaches_beyond(value) or not shows_elements(value):
            return None
        is_leaf, node = history(value)
        shape, dtype = tuple(value.shape), name_of(value.dtype)
        facts = dtype, value.stride(), value.storage_offset(), value.requires_grad, is_leaf, node
        if not data:
            return Glimpse(shape, facts)
        if not self.arrives(facts[0]):
            return None
        grad = value.grad if is_leaf or value.retains_grad else None
        gradient = None if grad is None else glimpse_gradient(elements_of(grad))
        return Glimpse(shape, facts, glimpse_bits(elements_of(value), specified), gradient)

    def see_tensor(self, value: torch.Tensor) -> Seen:
        """All aspects of a tensor that this target can show."""
        if self.reaches_beyond(value):
            return Seen(f"{TENSOR} that reaches beyond its storage")
        shows_values = Aspect.VALUES in self.aspects and shows_elements(value) and self.arrives(name_of(value.dtype))
        is_leaf, node = history(value)
        grad = value.grad if is_leaf or value.retains_grad else None
        return Seen(
            TENSOR,
            to_numpy(value) if shows_values else None,
            name_of(value.dtype),
            tuple(value.shape),
            value.stride(),
            int(value.storage_offset()),
            version=value._version,
            requires_grad=value.requires_grad,
            is_leaf=is_leaf,
            grad_fn=node,
            grad=to_numpy(grad) if grad is not None and shows_values else None,
        )

    def reaches_beyond(self, value: torch.Tensor) -> bool:
        """Whether reading the last element would read memory that is not the tensor's."""
        return reaches_beyond(value)

    def version(self, value: Any) -> int:
        return value._version if isinstance(value, torch.Tensor) else 0

    def memory(self, value: Any) -> Memory | None:
        if isinstance(value, np.ndarray):
            return array_memory(value)
        if not isinstance(value, torch.Tensor) or value.layout is not torch.strided or value._is_zerotensor():
            return None  # a gradient of zeros has no memory
        storage = value.untyped_storage()
        start = storage.data_ptr()
        return Memory(start, start + storage.nbytes() if start else start, storage._cdata)

    def no_grad(self) -> AbstractContextManager[Any]:
        return torch.no_grad()

    def dtype(self, name: str) -> torch.dtype:
        found: torch.dtype = getattr(torch, name)
        return found

    def memory_format(self, name: str) -> torch.memory_format:
        return MEMORY_FORMATS[name]


class MetaTarget(TorchTarget):
    """Torch's meta device: shapes, dtypes and strides without data."""

    def __init__(self) -> None:
        super().__init__("meta", METADATA)

    def storage_of(self, given: Input) -> torch.Tensor:
        return torch.empty(given.size, dtype=getattr(torch, given.dtype), device=self.device)


@contextmanager
def _several_threads() -> Iterator[None]:
    torch.set_num_threads(SEVERAL)
    try:
        yield
    finally:
        torch.set_num_threads(1)


@cache
def absent_dtypes() -> frozenset[str]:
    """The names of dtypes that this torch does not have: of those that there are today, some are young."""
    return frozenset(dtype.name for dtype in STORED if not hasattr(torch, dtype.name))


def without_subnormals(given: Input) -> Input:
    """The input with zeros for subnormal numbers; the same where it has none."""
    dtype = BY_NAME[given.dtype]
    if given.array or not (dtype.is_floating_point or dtype.is_complex):
        return given
    elements = np.array(fill(given))
    parts = elements.view(real_of(dtype).numpy)
    subnormal = (parts != 0) & (np.abs(parts) < finfo(dtype).tiny)
    if not subnormal.any():
        return given
    parts[subnormal] = 0
    return replace(given, values=Literal(elements.tobytes()))


@cache
def _returns(device: torch.device, dtype: str) -> bool:
    sent = torch.arange(-3, 4).to(getattr(torch, dtype))
    if sent.is_complex():
        sent = sent + 1j * sent.real
    try:
        return bool(np.array_equal(to_numpy(sent.to(device)), to_numpy(sent)))
    except RuntimeError:
        return False


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    """The tensors among arguments or results, however they are nested."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from tensors_in(one)


def is_stray(tensor: torch.Tensor) -> bool:
    """Whether a tensor was found to be on another device than what it was made of."""
    return getattr(tensor, "is_stray", False)


def reaches_beyond(tensor: torch.Tensor) -> bool:
    """Whether reading the last element would read memory that is not the storage's."""
    if tensor.numel() <= 0:
        return False
    strides = tensor.stride()
    end = tensor.storage_offset() + 1 + sum(map(mul, tensor.shape, strides)) - sum(strides)
    return end * tensor.element_size() > tensor.untyped_storage().nbytes()


def shows_elements(tensor: torch.Tensor) -> bool:
    """Whether a tensor has elements to show: with a negative size, which some calls return, it has not."""
    return min(tensor.shape, default=0) >= 0


def history(tensor: torch.Tensor) -> tuple[bool | None, str | None]:
    """Whether a tensor is a leaf, and the name of its node; some views refuse to tell once their base changed."""
    try:
        node = tensor.grad_fn
    except RuntimeError as error:
        return None, f"refused ({type(error).__name__})"
    return node is None, node.name().rpartition("::")[2] if node is not None else None


def plain(value: Any) -> Any:
    """A result that is no tensor, in terms that the reference shares."""
    if isinstance(value, torch.dtype):
        return BY_NAME.get(str(value).removeprefix("torch."), str(value))
    if isinstance(value, torch.Size):
        return tuple(value)
    return value
