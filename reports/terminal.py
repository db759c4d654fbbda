"""The end of a run on a terminal: one table, per target what broke, is known, held, proves nothing, was not tested."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from reports.summary import Standing, Summary

_COLUMNS = (Standing.BROKE, Standing.KNOWN, Standing.HELD, Standing.VACUOUS, Standing.NOT_TESTED)


def print_summary(summary: Summary) -> None:
    """Print the table of a run; counts are of operations."""
    Console().print(summary_table(summary))


def summary_table(summary: Summary) -> Table:
    """The table itself."""
    table = Table(title="operations by target", title_justify="left")
    table.add_column("target")
    for standing in _COLUMNS:
        table.add_column(standing.value, justify="right")
    table.add_column("checks", justify="right")
    for row in summary.targets:
        if not row.info.available:
            continue
        counts = [str(row.operations[standing]) for standing in _COLUMNS]
        table.add_row(row.info.name, *counts, f"{row.compared:,}")
    return table
