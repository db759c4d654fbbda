"""A run on disk, read back: ``run.json`` and one file of events for each worker, merged.

A run that was killed is a run all the same: a torn last line becomes a note, a call that never returned
becomes a crash. Anything else that does not read is refused with one line, never skipped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from conformance.model.codec import CodecError, decode_environment, decode_event
from conformance.model.inflight import InFlightRecord, read_in_flight
from conformance.model.run import (
    Cell,
    CellEvent,
    CrashEvent,
    DiscrepancyEvent,
    Environment,
    Event,
    FinishEvent,
    NoteEvent,
    Run,
)
from conformance.model.verdict import Tally

ENVIRONMENT_FILE = "run.json"
EVENTS_PREFIX, EVENTS_SUFFIX = "events-", ".jsonl"


class RunError(Exception):
    """A run directory cannot be read or written: one line says which, where and why."""


def load_run(directory: str | Path) -> Run:
    """The run recorded in a directory, all its workers merged. ``RunError`` where it is none or corrupt."""
    directory = Path(directory)
    run = Run(_environment(directory))
    workers = []
    for path in sorted(directory.glob(f"{EVENTS_PREFIX}*{EVENTS_SUFFIX}")):
        workers.append(path.name.removeprefix(EVENTS_PREFIX).removesuffix(EVENTS_SUFFIX))
        for event in _events(path):
            _file(event, run)
    ended = {event.worker for event in run.finished}
    left = {record.worker: record for record in _in_flight(directory) if record.worker not in ended}
    run.crashes = _distinct([*run.crashes, *map(left_in_flight, left.values())])
    run.unfinished = [worker for worker in workers if worker not in ended and worker not in left]
    run.cells = merged(run.cells)
    return run


def merged(cells: Iterable[Cell]) -> list[Cell]:
    """One cell for each operation, property, target and dtype: counts added, the worst error kept.

    The digest of the merged cell does not depend on the order in which workers were read.
    """
    groups: dict[tuple[str, str, str, str], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.operation, cell.property, cell.target, cell.dtype), []).append(cell)
    return [_merge(group) for group in groups.values()]


def _merge(group: list[Cell]) -> Cell:
    if len(group) == 1:
        return group[0]
    tally = Tally()
    for cell in group:
        for outcome, count in cell.tally.outcomes.items():
            tally.add(outcome, count)
    # A NaN error is no number to compare with: it counts as the worst there is.
    worst = max((cell.tally for cell in group), key=lambda t: (t.worst_ulps != t.worst_ulps, t.worst_ulps))
    tally.worst_ulps, tally.worst_input = worst.worst_ulps, worst.worst_input
    digest = hashlib.sha256("\n".join(sorted(cell.cases for cell in group)).encode()).hexdigest()[:16]
    return replace(group[0], tally=tally, cases=digest, seconds=sum(cell.seconds for cell in group))


def _environment(directory: Path) -> Environment:
    path = directory / ENVIRONMENT_FILE
    try:
        return decode_environment(path.read_text("utf-8"))
    except FileNotFoundError:
        raise RunError(f"{directory} is no run: it has no {ENVIRONMENT_FILE}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"cannot read {path}: {_reason(error)}") from None
    except CodecError as error:
        raise RunError(f"{path} is corrupt: {error}") from None


def _events(path: Path) -> Iterator[Event]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise RunError(f"cannot read {path}: {_reason(error)}") from None
    torn = lines.pop()
    for number, line in enumerate(lines, 1):
        try:
            yield decode_event(line.decode("ascii"))
        except (CodecError, UnicodeDecodeError) as error:
            raise RunError(f"{path}, line {number} is corrupt: {error}") from None
    if torn:
        yield torn_line(path.name, len(lines) + 1)


def torn_line(name: str, number: int) -> NoteEvent:
    """The note that stands for an event which was being written when its process died."""
    return NoteEvent("warning", f"{name}: line {number} was being written when the process ended, and is lost")


def _file(event: Event, run: Run) -> None:
    match event:
        case CellEvent(cell):
            run.cells.append(cell)
        case DiscrepancyEvent(discrepancy):
            run.discrepancies.append(discrepancy)
        case CrashEvent():
            run.crashes.append(event)
        case NoteEvent():
            run.notes.append(event)
        case FinishEvent():
            run.finished.append(event)


def _in_flight(directory: Path) -> list[InFlightRecord]:
    try:
        return read_in_flight(directory)
    except OSError as error:
        raise RunError(f"cannot read what was running in {directory}: {_reason(error)}") from None


def left_in_flight(record: InFlightRecord) -> CrashEvent:
    """The crash that a call which never returned stands for."""
    detail = f"worker {record.worker} (process {record.process}) ended inside this call"
    return CrashEvent(record.operation, record.target, detail, record.text)


def _distinct(crashes: list[CrashEvent]) -> list[CrashEvent]:
    """Each crash once: a supervisor may have recorded, and said more of, what the dead worker left in flight."""
    kept: dict[tuple[str, str, str], CrashEvent] = {}
    for crash in crashes:
        kept.setdefault((crash.operation, crash.target, crash.case_json), crash)
    return list(kept.values())


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else "not UTF-8 text"
