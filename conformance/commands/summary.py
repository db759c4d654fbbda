"""The table that a run ends with: how many operations held, broke and so on, per target."""

from __future__ import annotations

from pathlib import Path

from conformance.commands.display import print_line, print_table
from conformance.model.run import Run
from conformance.model.store import load_run
from reports.summary import Cause, Standing, Summary, summarise
from reports.words import headline, plural, ulps

CAUSES_SHOWN = 20


def print_summary(run: Run | str | Path) -> None:
    """Print the headline and the table of a run, or of the run in a directory; ``RunError`` where there is none."""
    summary = summarise(run if isinstance(run, Run) else load_run(run))
    if summary.smoke:
        print_line("smoke profile: this is not conformance evidence", "yellow")
    if summary.cut_short:
        print_line("cut short: the run did not get to its end", "yellow")
    _print_causes(summary)
    shown = (Standing.HELD, Standing.BROKE, Standing.KNOWN, Standing.VACUOUS, Standing.NOT_TESTED)
    rows = [
        (row.info.name, *(f"{row.operations[standing]:,}" for standing in shown), f"{sum(row.checks.values()):,}")
        for row in summary.targets
        if row.info.available
    ]
    columns = ("target", *(standing.value for standing in shown), "checks")
    print_table(columns, rows, numbers=columns[1:])
    for row in summary.targets:
        if not row.info.available:
            print_line(f"{row.info.name} not tested: {row.info.detail}", "dim")
    print_line(headline(summary), "bold")


def _print_causes(summary: Summary) -> None:
    rows = [_cause_row(cause) for cause in summary.broken_causes[:CAUSES_SHOWN]]
    if rows:
        print_table(("broke", "operation", "property", "aspect", "targets", "dtypes", "ulp"), rows, numbers=("ulp",))
    left_out = len(summary.broken_causes) - len(rows)
    if left_out:
        print_line(f"and {plural(left_out, 'cause')} more in the report")
    print_line()


def _cause_row(cause: Cause) -> tuple[str, ...]:
    found = cause.first
    aspect = f"{found.aspect} {found.pattern}".strip()
    where = ", ".join(cause.targets)
    dtypes = ", ".join(cause.dtypes)
    return (cause.severity.value, found.operation, found.property, aspect, where, dtypes, ulps(cause.worst_ulps))
