"""Every report of a run, written beside its events."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from conformance.model.store import RunError, load_run
from conformance.model.sweep import Sweep
from reports.anchors import discrepancy_anchors
from reports.comparison import render_html as render_comparison
from reports.gate import Comparison
from reports.html import render_html
from reports.json_summary import render_json
from reports.junit import render_junit
from reports.markdown import render_markdown
from reports.summary import Summary, summarise
from reports.sweeps import render_sweeps

INDEX = "index.html"
COMPARISON = "compare.html"


def write_reports(directory: str | Path) -> Path:
    """Read the run in a directory and write its reports there; the path of ``index.html``.

    ``RunError`` where the run cannot be read or a report cannot be written.
    """
    return write_reports_of(summarise(load_run(directory)), Path(directory))


def write_reports_of(summary: Summary, directory: Path) -> Path:
    """The same for a run that is summarised already."""
    _write(directory / "summary.json", render_json(summary))
    _write(directory / "summary.md", render_markdown(summary))
    _write(directory / "junit.xml", render_junit(summary))
    _write_scripts(summary, directory / "repro")
    return _write(directory / INDEX, render_html(summary))


def write_comparison(comparison: Comparison, directory: Path) -> Path:
    """Write the page of a comparison into ``directory``, that of the candidate; its path."""
    return _write(directory / COMPARISON, render_comparison(comparison))


def write_sweeps(sweeps: Iterable[Sweep], directory: Path) -> Path:
    """Write the page of sweeps into ``directory``; its path."""
    return _write(directory / INDEX, render_sweeps(sweeps))


def _write_scripts(summary: Summary, directory: Path) -> None:
    anchors = discrepancy_anchors(summary.causes)
    for found in summary.run.discrepancies:
        if found.script:
            _write(directory / f"{anchors[found]}.py", found.script)


def _write(path: Path, text: str) -> Path:
    """Write a file as a whole or not at all."""
    beside = path.with_name(path.name + ".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, "utf-8", "backslashreplace")
        beside.replace(path)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror or error}") from None
    return path
