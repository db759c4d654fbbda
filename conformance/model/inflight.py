"""What a process was doing: a small mapped file that outlives the process, whatever ends it.

The file is written through a shared memory mapping, so a record costs a memory copy and no system call,
and the kernel keeps the pages when the process is killed. Layout, little-endian: the magic, the process
id, the number of bytes of operation, target and text (all zero between calls), the bytes themselves.
"""

from __future__ import annotations

import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path

_MAGIC = b"inflight"
_HEADER = struct.Struct("<8sIIII")
_STATE = struct.Struct("<IIII")
_STATE_AT = _HEADER.size - _STATE.size
CAPACITY = 1 << 18
PREFIX, SUFFIX = "inflight-", ".bin"


@dataclass(frozen=True, slots=True)
class InFlightRecord:
    """What one worker was running when its file was last written. ``text`` is the case, or what stands for it."""

    worker: str
    process: int
    operation: str
    target: str
    text: str


class InFlight:
    """The writing side: ``begin`` before each call that might take the process down, ``end`` after it."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            os.ftruncate(descriptor, CAPACITY)
            self._map = mmap.mmap(descriptor, CAPACITY)
        finally:
            os.close(descriptor)
        self._map[: _HEADER.size] = _HEADER.pack(_MAGIC, 0, 0, 0, 0)

    def begin(self, operation: str, target: str, text: str) -> None:
        """Note what is about to run. A text that does not fit is replaced by its length in words."""
        what, where, case = operation.encode(), target.encode(), text.encode("utf-8", "backslashreplace")
        if _HEADER.size + len(what) + len(where) + len(case) > CAPACITY:
            case = f"a case of {len(case)} bytes, too long to keep".encode()
        record = what + where + case
        # The lengths are written last: a record is there as a whole or not at all.
        self._map[_HEADER.size : _HEADER.size + len(record)] = record
        _STATE.pack_into(self._map, _STATE_AT, os.getpid(), len(what), len(where), len(case))

    def end(self) -> None:
        """Note that the call returned."""
        _STATE.pack_into(self._map, _STATE_AT, 0, 0, 0, 0)

    def close(self) -> None:
        self._map.close()


def read_in_flight(directory: Path) -> list[InFlightRecord]:
    """What each worker of a run was doing when it last wrote; a worker between calls has no record."""
    records = []
    for path in sorted(directory.glob(f"{PREFIX}*{SUFFIX}")):
        found = _read(path)
        if found is not None:
            records.append(found)
    return records


def _read(path: Path) -> InFlightRecord | None:
    content = path.read_bytes()
    if len(content) < _HEADER.size:
        return None
    magic, process, *lengths = _HEADER.unpack_from(content)
    if magic != _MAGIC or not any(lengths) or _HEADER.size + sum(lengths) > len(content):
        return None
    parts, start = [], _HEADER.size
    for length in lengths:
        parts.append(content[start : start + length].decode("utf-8", "replace"))
        start += length
    worker = path.name.removeprefix(PREFIX).removesuffix(SUFFIX)
    return InFlightRecord(worker, process, *parts)
