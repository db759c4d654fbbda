"""A run: one session's record, as events that are appended and never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from conformance.model.verdict import Discrepancy, Tally

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class TargetInfo:
    """A target that was looked for: available, or why not."""

    name: str
    available: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Environment:
    """What ran where: the contents of ``run.json``. Flags are the torch settings that change numerics."""

    run_id: str
    started: str
    profile: str
    seed: int
    versions: dict[str, str]
    machine: dict[str, str]
    flags: dict[str, str]
    targets: tuple[TargetInfo, ...]
    suite_hash: str
    collect_env: str = ""
    schema: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Cell:
    """All checks of one property of one operation on one target in one dtype.

    ``cases`` is a digest over the cases: two runs with the same digest saw the same cases.
    """

    operation: str
    family: str
    property: str
    target: str
    dtype: str
    tally: Tally
    cases: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CellEvent:
    cell: Cell


@dataclass(frozen=True, slots=True)
class DiscrepancyEvent:
    discrepancy: Discrepancy


@dataclass(frozen=True, slots=True)
class CrashEvent:
    """A process died: what it was doing is the text last written before the call."""

    operation: str
    target: str
    detail: str
    case_json: str = ""


@dataclass(frozen=True, slots=True)
class NoteEvent:
    """Something a reader should know: a target that was lost, a deviation that passed unexpectedly."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class FinishEvent:
    """A worker ended on its own: without it the run was cut short."""

    worker: str
    exit_status: int
    seconds: float


Event: TypeAlias = CellEvent | DiscrepancyEvent | CrashEvent | NoteEvent | FinishEvent


@dataclass(slots=True)
class Run:
    """A recorded run, read back: its environment and all its events.

    ``unfinished`` names the workers that recorded something and then neither finished nor crashed in a call.
    """

    environment: Environment
    cells: list[Cell] = field(default_factory=list)
    discrepancies: list[Discrepancy] = field(default_factory=list)
    crashes: list[CrashEvent] = field(default_factory=list)
    notes: list[NoteEvent] = field(default_factory=list)
    finished: list[FinishEvent] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
