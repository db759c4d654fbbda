"""A run in numbers, complete, for programs: nothing is capped here."""

from __future__ import annotations

import json
import math
from typing import Any

from conformance.model.codec import fingerprint
from conformance.model.run import SCHEMA_VERSION
from conformance.model.verdict import Discrepancy, Outcome
from reports.anchors import Anchors, discrepancy_anchors
from reports.summary import Mark, OperationRow, Standing, Summary, TargetRow
from reports.words import basis_line


def render_json(summary: Summary) -> str:
    """The summary as JSON; errors that are no number stand as the texts ``NaN`` and ``inf``."""
    environment = summary.run.environment
    anchors = discrepancy_anchors(summary.causes)
    return json.dumps(
        {
            "schema": SCHEMA_VERSION,
            "run": environment.run_id,
            "started": environment.started,
            "profile": environment.profile,
            "evidence": not summary.smoke,
            "seed": environment.seed,
            "suite": environment.suite_hash,
            "versions": environment.versions,
            "state": summary.state,
            "cut_short": summary.cut_short,
            "unfinished": summary.run.unfinished,
            "seconds": summary.seconds,
            "cells": summary.cells,
            "checks": summary.checks,
            "targets": [_target(row) for row in summary.targets],
            "operations": [_operation(row) for row in summary.operations],
            "causes": [
                {
                    "cause": cause.name,
                    "severity": cause.severity,
                    "known": cause.known,
                    "targets": cause.targets,
                    "dtypes": cause.dtypes,
                    "discrepancies": [_discrepancy(found, anchors) for found in cause.discrepancies],
                }
                for cause in summary.causes
            ],
            "errors": [
                {
                    "operation": e.operation,
                    "dtype": e.dtype,
                    "target": e.target,
                    "ulps": json_number(e.ulps),
                    "input": e.given,
                }
                for e in summary.errors
            ],
            "crashes": [
                {"operation": c.operation, "target": c.target, "detail": c.detail, "case": c.case_json}
                for c in summary.run.crashes
            ],
            "notes": [
                *({"level": "warning", "text": text} for text in summary.notes),
                *({"level": note.level, "text": note.text} for note in summary.run.notes),
            ],
        },
        allow_nan=False,
        separators=(",", ":"),
    )


def _target(row: TargetRow) -> dict[str, Any]:
    return {
        "target": row.info.name,
        "available": row.info.available,
        "detail": row.info.detail,
        "operations": {standing: row.operations[standing] for standing in Standing},
        "cells": {standing: row.cells[standing] for standing in Standing},
        "checks": {outcome: row.checks[outcome] for outcome in Outcome},
        "not_tested": row.not_tested,
    }


def _operation(row: OperationRow) -> dict[str, Any]:
    return {
        "operation": row.name,
        "family": row.family,
        "targets": {
            target: _mark(square)
            | {
                "dtypes": {name: _mark(mark) for name, mark in square.by_dtype.items()},
                "properties": {name: _mark(mark) for name, mark in square.by_property.items()},
            }
            for target, square in row.squares.items()
        },
    }


def _mark(mark: Mark) -> dict[str, Any]:
    return {"standing": mark.standing, "checks": mark.checks, "worst_ulps": json_number(mark.worst_ulps)}


def _discrepancy(found: Discrepancy, anchors: Anchors) -> dict[str, Any]:
    return {
        "name": anchors[found],
        "operation": found.operation,
        "property": found.property,
        "target": found.target,
        "dtype": found.dtype,
        "aspect": found.aspect,
        "severity": found.severity,
        "basis": basis_line(found.basis),
        "worst_ulps": json_number(found.worst_ulps),
        "allowed": found.allowed,
        "confirmed": found.confirmed,
        "deviation": found.deviation,
        "case": fingerprint(found.case),
    }


def json_number(value: float | None) -> float | str | None:
    """The number, or its name where JSON has no such number."""
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else str(value)
