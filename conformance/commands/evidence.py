"""Reads cases from whatever a run leaves behind: a case, a discrepancy, a file of events, the run as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.commands import CommandError
from conformance.model.case import Case, Drawn
from conformance.model.codec import CodecError, decode_case, decode_discrepancy, decode_event
from conformance.model.run import CrashEvent, DiscrepancyEvent, Event
from conformance.model.store import RunError, load_run
from conformance.model.verdict import Discrepancy
from conformance.operation import Form
from conformance.operations import find
from conformance.value_modes import COMPUTED, MADE
from conformance.values import IN_TURN, fill
from reference.dtypes import BY_NAME


@dataclass(frozen=True, slots=True)
class Evidence:
    """A case, and what was recorded of it: the discrepancy that it proves, or the target that it crashed."""

    case: Case
    discrepancy: Discrepancy | None = None
    crashed: str = ""


def read_evidence(path: Path) -> list[Evidence]:
    """All cases in a file or a run's directory; ``CommandError`` where there is none or it cannot be read."""
    try:
        found = _of_run(path) if path.is_dir() else list(_of_text(_read(path)))
        for evidence in found:
            check(evidence.case)
    except (RunError, CodecError) as error:
        raise CommandError(str(error) if isinstance(error, RunError) else f"{path}: {error}") from None
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise RunError(f"cannot read {path}: not UTF-8 text") from None
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from None


def _of_run(directory: Path) -> list[Evidence]:
    run = load_run(directory)
    events: list[Event] = [DiscrepancyEvent(found) for found in run.discrepancies]
    return [evidence for event in (*events, *run.crashes) for evidence in _of_event(event)]


def _of_text(text: str) -> Iterator[Evidence]:
    """One JSON text, over as many lines as it likes, or one event a line."""
    lines = [line for line in text.splitlines() if line.strip()]
    kind = _kind(text)
    if kind is None and len(lines) > 1 and _kind(lines[0]) is not None:
        for number, line in enumerate(lines, 1):
            try:
                yield from _of_one(line, _kind(line))
            except CodecError as error:
                raise CodecError(f"line {number} is corrupt: {error}") from None
    else:
        yield from _of_one(text, kind)


def _kind(text: str) -> str | None:
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found = [name for name in ("case", "discrepancy", "event") if isinstance(raw, dict) and name in raw]
    return found[0] if found else "case"


def _of_one(text: str, kind: str | None) -> Iterator[Evidence]:
    if kind == "event":
        yield from _of_event(decode_event(text))
    elif kind == "discrepancy":
        found = decode_discrepancy(text)
        yield Evidence(found.case, found)
    else:
        yield Evidence(decode_case(text))


def _of_event(event: Event) -> Iterator[Evidence]:
    if isinstance(event, DiscrepancyEvent):
        yield Evidence(event.discrepancy.case, event.discrepancy)
    elif isinstance(event, CrashEvent) and event.case_json.startswith("{"):
        yield Evidence(decode_case(event.case_json), crashed=event.target)


def check(case: Case) -> None:
    """Whether a case that reads well also means something here; ``CodecError`` says what does not."""
    for given in case.inputs:
        if given.dtype not in BY_NAME:
            raise CodecError(f"input {given.name!r} has the unknown dtype {given.dtype!r}")
        if len(given.shape) != len(given.strides) or min((*given.shape, given.size, given.offset), default=0) < 0:
            raise CodecError(f"input {given.name!r} has a shape, strides and a size that do not fit each other")
        modes = given.values.mode.split(IN_TURN) if isinstance(given.values, Drawn) else []
        if unknown := set(modes).difference(MADE, COMPUTED):
            raise CodecError(f"input {given.name!r} is drawn in the unknown mode {min(unknown)!r}")
        _check_reach(case, given.name)
    for number, step in enumerate(case.steps):
        try:
            operation = find(step.operation)
        except KeyError as error:
            raise CodecError(f"step {number}: {error.args[0]}") from None
        if step.spelling not in operation.spellings:
            known = ", ".join(form.value for form in operation.spellings)
            raise CodecError(f"step {number}: {step.operation} has no form {step.spelling!r} (known: {known})")
        Form(step.spelling)


def _check_reach(case: Case, name: str) -> None:
    """Every element of an input lies in its storage, and the values fill that."""
    given = case.input(name)
    try:
        held = fill(given).size
    except (ValueError, OverflowError):
        held = -1
    if held != given.size:
        raise CodecError(f"the values of input {name!r} do not fill its storage of {given.size} elements")
    if 0 in given.shape:
        return
    reach = [(size - 1) * stride for size, stride in zip(given.shape, given.strides, strict=True)]
    low = given.offset + sum(step for step in reach if step < 0)
    high = given.offset + sum(step for step in reach if step > 0)
    if low < 0 or high >= given.size:
        raise CodecError(f"input {name!r} reaches elements outside its storage of {given.size}")
