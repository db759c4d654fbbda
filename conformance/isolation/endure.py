"""Endures: runs cases on a target in a process of their own, and says which of them ended it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from conformance.isolation.ending import LOST, Ending, Limits
from conformance.isolation.process import Process, threads_here
from conformance.model.case import Case
from conformance.targets.interpreter import DeviceLost, Interpreter

START_SECONDS = 120.0  # what importing torch and finding a device may take is no part of a case's time
DONE = "done"


def endure(cases: Sequence[Case], target: Interpreter, limits: Limits) -> tuple[int, Ending] | None:
    """Run cases one after another; the index of the one that ended the process, and how. None if all returned."""
    with tempfile.TemporaryDirectory(prefix="endure-") as directory:
        said = Path(directory) / "said"
        if target.survives_fork or not target.is_in_use():
            process = Process(_run, cases, target, said, threads_here() == 1)
        else:
            process = Process(_run_anew, cases, target.name, said, copied=False)
        try:
            return _watch(process, limits, said)
        finally:
            process.kill()


def _watch(process: Process, limits: Limits, said: Path) -> tuple[int, Ending] | None:
    """Follow the numbers of the cases as they begin."""
    index, allowed = 0, Limits(START_SECONDS, limits.memory)
    while True:
        told = process.receive(allowed, lambda: 0)
        if isinstance(told, Ending):
            return index, told.telling(said.read_text("utf-8", "replace")) if said.is_file() else told
        if told == DONE:
            return None
        index, allowed = told, limits


def _run(channel: Connection, cases: Iterable[Case], target: Interpreter, said: Path, alone: bool) -> None:
    """Run the cases; what is printed meanwhile goes to a file. ``alone``: the process that forked had one thread."""
    written = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(written, 1)
    os.dup2(written, 2)
    if not alone:
        target.after_fork()
    try:
        for index, case in enumerate(cases):
            channel.send(index)
            target.run(case)
            if len(case.steps) > 1 and not target.in_bulk:
                target.run(case, every_step=True)  # as programs are: what is seen between the steps may be what ends it
    except DeviceLost as lost:
        os.write(2, f"{lost}\n".encode())
        os._exit(LOST)
    channel.send(DONE)


def _run_anew(channel: Connection, cases: Iterable[Case], target: str, said: Path) -> None:
    from conformance.targets.registry import open_target

    _run(channel, cases, open_target(target), said, alone=True)
