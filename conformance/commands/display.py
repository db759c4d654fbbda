"""What commands print: tables and lines for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDE = 180  # a file or a pipe has no width: lines are as long as they need to be for a log


def console() -> Console:
    """Standard output; texts are shown as they are, never read as markup."""
    return Console(width=None if sys.stdout.isatty() else WIDE, markup=False, highlight=False)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Iterable[str] = ()) -> None:
    """A table; the columns in ``numbers`` are set to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    right = frozenset(numbers)
    for column in columns:
        table.add_column(Text(column, "bold"), justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console().print(table)


def print_line(text: str = "", style: str = "") -> None:
    """One line, whatever its length."""
    console().print(Text(text, style), soft_wrap=True)


def print_json(value: Any) -> None:
    """A value as JSON, indented."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
