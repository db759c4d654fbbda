"""A sweep as a long job: chunk after chunk, its state kept in a small file, so that it goes on where it stopped."""

from __future__ import annotations

import importlib
import inspect
import os
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from conformance.environment import cpu_model, suite_hash
from conformance.model.codec import CodecError, decode_sweep, encode_sweep
from conformance.model.sweep import Conditions, Plan, Sweep
from conformance.operation import Form, Operation
from conformance.sweep.inputs import IN_PLACE, PATHS, patterns, unary
from conformance.sweep.measure import KEPT, Chunks, Measured
from conformance.targets.interpreter import Interpreter
from reference.dtypes import BY_NAME, DType

CHUNK = 2**20
SAVED_EVERY = 2.0  # seconds
SAMPLED = 0x9E3779B97F5  # 2^44 by the golden ratio: 1.7 million of the patterns of 64 bits
DRAWN = 2**20
FOLDER = "sweeps"

Progress = Callable[[Sweep], None]


class SweepError(Exception):
    """A sweep cannot be made, read or written: one line says why."""


def plan(operation: Operation, dtype: str, target: str, path: str, every: int | None) -> Plan:
    """What to sweep; ``SweepError`` where there is no such sweep. ``every`` is chosen where it is None."""
    if not unary(operation):
        raise SweepError(f"{operation.name} is no function of the elements of one tensor")
    if dtype not in BY_NAME or BY_NAME[dtype] not in operation.dtypes:
        raise SweepError(f"{operation.name} takes no {dtype} (it takes {', '.join(d.name for d in operation.dtypes)})")
    if path == IN_PLACE and Form.IN_PLACE not in operation.spellings:
        raise SweepError(f"{operation.name} has no in-place form")
    return Plan(operation.name, dtype, target, path, *_inputs(BY_NAME[dtype], every))


def _inputs(dtype: DType, every: int | None) -> tuple[int, int]:
    """The step, and the number of inputs."""
    if dtype.is_complex:
        if every is not None:
            raise SweepError(f"{dtype.name} has no order to step through: {DRAWN:,} values are drawn, without --every")
        return 0, DRAWN
    every = every or (1 if dtype.itemsize <= 4 else SAMPLED)
    count = patterns(dtype)
    if every >= count:
        raise SweepError(f"--every {every}: {dtype.name} has {count:,} values")
    return every, -(-count // every)


def conditions_of(operation: Operation) -> Conditions:
    """Under what conditions the results come about, and by what they are judged, here and now."""
    basis = (inspect.getdoc(type(operation.accuracy)) or "").partition("\n")[0]
    return Conditions(*_torch_and_machine(), suite_hash(), operation.accuracy.words, basis, operation.accuracy.bitwise)


@cache
def _torch_and_machine() -> tuple[str, str]:
    torch_side = importlib.import_module("conformance.targets.torch.environment")
    facts = (cpu_model(), torch_side.torch_flags().get("backends.cpu.get_cpu_capability", ""))
    gpus = [name for name in torch_side.gpu_facts().values() if name != "none"]
    return torch_side.torch_versions()["torch"], ", ".join(filter(None, (*facts, *gpus)))


class Job:
    """One sweep, and the file in which its state is. ``begun_anew`` says why an earlier state was left behind."""

    def __init__(self, wanted: Plan, target: Interpreter, conditions: Conditions, directory: Path) -> None:
        self.target = target
        self.path = directory / FOLDER / f"{_name(wanted)}.json"
        self.begun_anew = ""
        self.sweep = self._resumed(Sweep(wanted, conditions))

    def _resumed(self, fresh: Sweep) -> Sweep:
        """The state in the file, if it is that of the same sweep under the same conditions."""
        if not self.path.exists():
            return fresh
        found = read_sweep(self.path)
        if (found.plan, found.conditions) == (fresh.plan, fresh.conditions):
            return found
        if found.conditions.torch != fresh.conditions.torch:
            self.begun_anew = f"the earlier one was of torch {found.conditions.torch}"
        elif found.conditions != fresh.conditions:
            self.begun_anew = "the suite, the bound or the machine has changed since"
        return fresh

    def run(self, progress: Progress) -> Sweep:
        """Go on to the end, telling ``progress`` after each chunk; the state is saved whatever ends it."""
        if self.sweep.finished:
            return self.sweep
        write_sweep(self.sweep, self.path)
        chunks = Chunks(self.sweep.plan, self.target)
        saved = time.monotonic()
        try:
            while not self.sweep.finished:
                self._step(chunks)
                progress(self.sweep)
                if time.monotonic() - saved > SAVED_EVERY:
                    write_sweep(self.sweep, self.path)
                    saved = time.monotonic()
        finally:
            write_sweep(self.sweep, self.path)
        return self.sweep

    def _step(self, chunks: Chunks) -> None:
        sweep = self.sweep
        started = time.perf_counter()
        count = min(CHUNK, sweep.plan.total - sweep.done)
        measured = chunks.measure(sweep.done, count)
        self.sweep = added(sweep, measured, count, time.perf_counter() - started)


def added(sweep: Sweep, measured: Measured, count: int, seconds: float) -> Sweep:
    """The sweep with one chunk more."""
    worst = sorted((*sweep.worst, *measured.worst), key=lambda one: -one.ulps)[:KEPT]
    return replace(
        sweep,
        done=sweep.done + count,
        bins=tuple(int(a + b) for a, b in zip(sweep.bins, measured.bins, strict=True)),
        unjudged=sweep.unjudged + measured.unjudged,
        wrong=sweep.wrong + measured.wrong,
        broke=sweep.broke + measured.broke,
        known=tuple(sorted({*sweep.known, *measured.known})),
        worst=tuple(worst),
        seconds=round(sweep.seconds + seconds, 3),
    )


def _name(plan: Plan) -> str:
    sampled = "" if plan.every <= 1 else f".every-{plan.every}"
    return f"{plan.operation}.{plan.dtype}.{plan.path}.{plan.target.replace(':', '-')}{sampled}"


def read_sweep(path: Path) -> Sweep:
    """The sweep in a file."""
    try:
        return decode_sweep(path.read_text("ascii"))
    except (OSError, UnicodeDecodeError, CodecError) as error:
        why = error.strerror or "unreadable" if isinstance(error, OSError) else f"no sweep ({error})"
        raise SweepError(f"{path}: {why}; delete it to begin anew") from None


def read_sweeps(directory: Path) -> list[Sweep]:
    """All sweeps kept in a directory, in the order of their names."""
    return [read_sweep(path) for path in sorted((directory / FOLDER).glob("*.json"))]


def write_sweep(sweep: Sweep, path: Path) -> None:
    """Write the state, as a whole or not at all."""
    beside = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(encode_sweep(sweep) + "\n", "ascii")
        beside.replace(path)
    except OSError as error:
        raise SweepError(f"cannot write {path}: {error.strerror or error}") from None


MEMORY_PATHS = (*PATHS, IN_PLACE)
