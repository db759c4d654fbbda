"""Writes the published tables of errors, from recorded sweeps, of which all are kept."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from conformance.commands import CommandError
from conformance.commands.display import print_line
from conformance.environment import ROOT
from conformance.model.codec import CodecError, decode_sweep, encode_sweep
from conformance.model.sweep import Sweep
from conformance.sweep.job import SweepError, read_sweeps
from reports.accuracy import in_order, render_accuracy

HELP = "write the published tables of errors, from recorded sweeps"
RECORDED = ROOT / "docs" / "accuracy.jsonl"
PAGE = "accuracy.md"
_KEPT = 1  # of the worst inputs of each sweep


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="*", type=Path, metavar="DIR", help="take in the finished sweeps kept in DIR")
    parser.add_argument("--recorded", type=Path, default=RECORDED, metavar="FILE", help="the sweeps on record")


def run(arguments: argparse.Namespace) -> int:
    """Take the finished sweeps into the record, and write the page beside it."""
    try:
        kept = {sweep.plan: sweep for sweep in read_record(arguments.recorded)}
        for directory in arguments.runs:
            found = [sweep for sweep in read_sweeps(directory) if sweep.finished]
            if not found:
                raise CommandError(f"{directory} has no finished sweep")
            kept |= {sweep.plan: recorded(sweep) for sweep in found}
        if not kept:
            raise CommandError(f"{arguments.recorded} has no sweeps: name a directory that has some")
        sweeps = in_order(kept.values())
        if arguments.runs:
            arguments.recorded.write_text("".join(f"{encode_sweep(sweep)}\n" for sweep in sweeps), "ascii")
        page = arguments.recorded.with_name(PAGE)
        page.write_text(render_accuracy(sweeps), "utf-8")
    except SweepError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"cannot write {error.filename}: {error.strerror}") from None
    print_line(f"{len(sweeps)} sweeps: {page}")
    return 0


def recorded(sweep: Sweep) -> Sweep:
    """What is kept on record of a sweep: of the worst inputs, the first alone."""
    return replace(sweep, worst=sweep.worst[:_KEPT], seconds=0.0)


def read_record(path: Path) -> list[Sweep]:
    """The sweeps on record; none where there is no such file yet."""
    if not path.exists():
        return []
    sweeps = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            sweeps.append(decode_sweep(line))
        except CodecError as error:
            raise SweepError(f"{path}, line {number}: no sweep ({error})") from None
    return sweeps
