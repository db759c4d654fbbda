"""The recorder: events appended to a file the moment they happen, so that no end of the run loses them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from types import TracebackType

from conformance.model.codec import encode_environment, encode_event
from conformance.model.inflight import PREFIX, SUFFIX, InFlight, read_in_flight
from conformance.model.run import Environment, Event
from conformance.model.store import (
    ENVIRONMENT_FILE,
    EVENTS_PREFIX,
    EVENTS_SUFFIX,
    RunError,
    left_in_flight,
    load_run,
    torn_line,
)

__all__ = ["InFlight", "Recorder", "RunError", "load_run", "read_in_flight"]


class Recorder:
    """Appends the events of one worker to a run's directory; ``RunError`` where that cannot be written.

    Each event is one line and one write to a file opened for appending: when the process is killed, at
    most the event being written is lost. ``in_flight`` notes what is running now.
    """

    def __init__(self, directory: str | Path, worker: str = "main") -> None:
        if not re.fullmatch(r"[A-Za-z0-9._-]+", worker):
            raise RunError(f"{worker!r} names no worker: letters, digits, '.', '_' and '-' do")
        self.directory = Path(directory)
        self.worker = worker
        self.path = self.directory / f"{EVENTS_PREFIX}{worker}{EVENTS_SUFFIX}"
        self._descriptor = -1
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            torn = _drop_torn_line(self.path)
            left = [record for record in read_in_flight(self.directory) if record.worker == worker]
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            self.in_flight = InFlight(self.directory / f"{PREFIX}{worker}{SUFFIX}")
        except OSError as error:
            self._release()
            raise _unwritable(self.directory, error) from None
        if torn:
            self.record(torn_line(self.path.name, torn))
        for record in left:
            self.record(left_in_flight(record))

    def write_environment(self, environment: Environment) -> None:
        """Write ``run.json``, as a whole or not at all."""
        path = self.directory / ENVIRONMENT_FILE
        beside = path.with_suffix(f".{self.worker}.tmp")
        try:
            beside.write_text(encode_environment(environment) + "\n", "ascii")
            beside.replace(path)
        except OSError as error:
            raise _unwritable(path, error) from None

    def record(self, event: Event) -> None:
        """Append one event."""
        self.append(encode_event(event))

    def append(self, text: str) -> None:
        """Append one event that is encoded already."""
        line = text.encode("ascii") + b"\n"
        try:
            written = os.write(self._descriptor, line)
            while written < len(line):  # a full disk or a signal in the middle of a long line
                written += os.write(self._descriptor, line[written:])
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def close(self) -> None:
        """Close the files. What was recorded is in them already."""
        self._release()
        self.in_flight.close()

    def _release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _drop_torn_line(path: Path) -> int:
    """Cut off the half event that a killed process left; its line number, or 0 where there is none."""
    if not path.is_file():
        return 0
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole == len(content):
        return 0
    os.truncate(path, whole)
    return content.count(b"\n") + 1


def _unwritable(path: Path, error: OSError) -> RunError:
    return RunError(f"cannot write {path}: {error.strerror or error}")
