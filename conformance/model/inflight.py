"""What a process was doing: a small mapped file that outlives the process, whatever ends it.

The file is written through a shared memory mapping, so a record costs a memory copy and no system call,
and the kernel keeps the pages when the process is killed. Layout, little-endian: the magic, how often the
file was written, the seed, the process id, the number of bytes of operation, target, part and text (all
zero between calls), the bytes themselves.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_MAGIC = b"inflight"
_HEADER = struct.Struct("<8sQqIIIII")
_STATE = struct.Struct("<QqIIIII")
_STATE_AT = _HEADER.size - _STATE.size
CAPACITY = 1 << 22  # pages that are never written take no space
AS_IT_IS = -1
PREFIX, SUFFIX = "inflight-", ".bin"


@dataclass(frozen=True, slots=True)
class InFlightRecord:
    """What one worker was running when its file was last written. ``text`` is the case, or what stands for it.

    ``seed`` is that of the cases derived from it, or ``AS_IT_IS``. ``part`` is what is done with it: a property.
    """

    worker: str
    process: int
    operation: str
    target: str
    text: str
    seed: int = AS_IT_IS
    part: str = ""

    @property
    def name(self) -> str:
        """What it can be left out by."""
        return _name(self.part, self.text)


class InFlight:
    """The writing side: ``begin`` before each call that might take the process down, ``end`` after it.

    What ended an earlier process is left out: ``begin`` then says that the call must not be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._count = 0
        self._left_out: frozenset[str] = frozenset()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            os.ftruncate(descriptor, CAPACITY)
            self._map = mmap.mmap(descriptor, CAPACITY)
        finally:
            os.close(descriptor)
        self._map[: _HEADER.size] = _HEADER.pack(_MAGIC, 0, AS_IT_IS, 0, 0, 0, 0, 0)

    def leave_out(self, names: Iterable[str]) -> None:
        """From now on leave out what records with these names were of, and whole parts by their own names."""
        self._left_out = frozenset(names)

    def begin(self, operation: str, target: str, text: str, seed: int = AS_IT_IS, part: str = "") -> bool:
        """Note what is about to run; false where it must not. A text that does not fit is replaced by its length."""
        if self._left_out and (part in self._left_out or _name(part, text) in self._left_out):
            return False
        parts = [operation.encode(), target.encode(), part.encode(), text.encode("utf-8", "backslashreplace")]
        if _HEADER.size + sum(map(len, parts)) > CAPACITY:
            parts[-1] = f"a case of {len(parts[-1])} bytes, too long to keep".encode()
        record = b"".join(parts)
        # The lengths are written last: a record is there as a whole or not at all.
        self._map[_HEADER.size : _HEADER.size + len(record)] = record
        self._count += 1
        _STATE.pack_into(self._map, _STATE_AT, self._count, seed, os.getpid(), *map(len, parts))
        return True

    def end(self) -> None:
        """Note that the call returned."""
        self._count += 1
        _STATE.pack_into(self._map, _STATE_AT, self._count, AS_IT_IS, 0, 0, 0, 0, 0)

    def close(self) -> None:
        self._map.close()

    # -- the reading side, in another process that has the same mapping -----------------------------------------

    def written(self) -> int | None:
        """How often the file was written, or None between calls: who sees the same number twice sees one call."""
        count, _, _, *lengths = _STATE.unpack_from(self._map, _STATE_AT)
        return count if any(lengths) else None

    def read(self) -> InFlightRecord | None:
        """What is running."""
        return _read(self.path)


def _name(part: str, text: str) -> str:
    return f"{part} {hashlib.sha256(text.encode('utf-8', 'backslashreplace')).hexdigest()[:16]}"


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
    magic, _, seed, process, *lengths = _HEADER.unpack_from(content)
    if magic != _MAGIC or not any(lengths) or _HEADER.size + sum(lengths) > len(content):
        return None
    parts, start = [], _HEADER.size
    for length in lengths:
        parts.append(content[start : start + length].decode("utf-8", "replace"))
        start += length
    worker = path.name.removeprefix(PREFIX).removesuffix(SUFFIX)
    operation, target, part, text = parts
    return InFlightRecord(worker, process, operation, target, text, seed, part)
