"""How much of torch is covered: by family, what is checked, what is left out and why, and what is missing."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from conformance.commands import CommandError
from conformance.commands.display import print_json, print_line, print_table
from conformance.coverage import Counted, count, manual_lists
from conformance.targets.torch.offered import offered
from conformance.targets.torch.presence import TorchMissing, require_torch

HELP = "how much of the installed torch is covered, excluded with a reason, or missing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--family", default="", help="only one family, with the names of what is covered too")
    parser.add_argument("--check", action="store_true", help="exit with 1 where something is missing")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the counts and the names."""
    try:
        families = count(offered(manual_lists()))
        version = str(require_torch().__version__)
    except TorchMissing as missing:
        raise CommandError(str(missing), 4) from None
    known = [family.family for family in families]
    if arguments.family and arguments.family not in known:
        raise CommandError(f"no family is called {arguments.family!r} (known: {', '.join(known)})")
    chosen = [family for family in families if arguments.family in ("", family.family)]
    if arguments.json:
        print_json({"torch": version, "families": [_facts(family) for family in chosen]})
    else:
        _print(version, chosen, covered=bool(arguments.family))
    return 1 if arguments.check and any(family.missing for family in chosen) else 0


def _print(version: str, families: list[Counted], *, covered: bool) -> None:
    columns = ("family", "covered", "excluded", "missing", "of")
    print_table(columns, [*map(_row, families), _total(families)], numbers=columns[1:4])
    for family in families:
        if covered:
            _print_names(f"{family.family}: covered", family.covered)
        for reason in dict.fromkeys(family.excluded.values()):
            names = [name for name, why in family.excluded.items() if why == reason]
            _print_names(f"{family.family}: excluded, {reason}", names)
        _print_names(f"{family.family}: missing", family.missing, "red")
        _print_names(f"{family.family}: in the manual's list, not in torch {version}", family.absent, "yellow")


def _print_names(title: str, names: Iterable[str], style: str = "") -> None:
    if joined := ", ".join(names):
        print_line()
        print_line(title, f"bold {style}".strip())
        print_line(f"  {joined}")


def _row(family: Counted) -> tuple[str, ...]:
    counts = (len(family.covered), len(family.excluded), len(family.missing))
    return (family.family, *map(str, counts), family.source)


def _total(families: list[Counted]) -> tuple[str, ...]:
    """The counts of all families together; a spelling in several of them is counted once."""
    parts = ([*f.covered] for f in families), ([*f.excluded] for f in families), ([*f.missing] for f in families)
    counts = [len({name for names in part for name in names}) for part in parts]
    return ("all, each once", *map(str, counts), "")


def _facts(family: Counted) -> dict[str, Any]:
    return {
        "family": family.family,
        "source": family.source,
        "covered": list(family.covered),
        "excluded": dict(family.excluded),
        "missing": list(family.missing),
        "not in this torch": list(family.absent),
    }
