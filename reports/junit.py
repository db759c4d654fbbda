"""A run as JUnit XML: a suite for each target, a case for each operation and property."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from conformance.model.run import Cell
from conformance.model.verdict import Discrepancy
from reports.issue import issue_text
from reports.summary import Mark, Standing, State, Summary, standing_of
from reports.words import clip, visible

_UNWRITABLE = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SHOWN_EACH = 5


def render_junit(summary: Summary) -> str:
    """The document. ``failures`` and ``errors`` are 0 only where the run may count as a pass."""
    root = ET.Element("testsuites", name="PyTorch conformance")
    root.extend(_suites(summary))
    verdict = _run_suite(summary)
    if verdict is not None:
        root.insert(0, verdict)
    for attribute in ("tests", "failures", "errors", "skipped"):
        root.set(attribute, str(sum(int(suite.get(attribute, "0")) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suites(summary: Summary) -> Iterable[ET.Element]:
    families = {row.name: row.family for row in summary.operations}
    groups: dict[str, dict[tuple[str, str], list[Cell]]] = {row.info.name: {} for row in summary.targets}
    for cell in summary.run.cells:
        groups[cell.target].setdefault((cell.operation, cell.property), []).append(cell)
    found: dict[tuple[str, str, str], list[Discrepancy]] = {}
    for one in summary.run.discrepancies:
        found.setdefault((one.target, one.operation, one.property), []).append(one)
        groups[one.target].setdefault((one.operation, one.property), [])
    for row in summary.targets:
        suite = ET.Element("testsuite", name=_plain(row.info.name))
        if not row.info.available:
            _property(suite, "not available", row.info.detail)
        for (operation, prop), cells in groups[row.info.name].items():
            of_case = found.get((row.info.name, operation, prop), [])
            suite.append(_case(row.info.name, families[operation], operation, prop, cells, of_case))
        for crash in summary.run.crashes:
            if crash.target == row.info.name:
                case = _blank_case(row.info.name, families.get(crash.operation, ""), crash.operation, "crash")
                _verdict(case, "error", "crash", crash.detail, crash.case_json)
                suite.append(case)
        _count(suite)
        yield suite


def _case(
    target: str, family: str, operation: str, prop: str, cells: list[Cell], found: list[Discrepancy]
) -> ET.Element:
    case = _blank_case(target, family, operation, prop)
    case.set("time", f"{sum(cell.seconds for cell in cells):.3f}")
    mark = Mark()
    for cell in cells:
        mark.lower(standing_of(cell))
    for one in found:
        mark.lower(Standing.KNOWN if one.deviation else Standing.BROKE)
    if mark.standing is Standing.BROKE:
        broken = [one for one in found if not one.deviation]
        dtypes = ", ".join(sorted({one.dtype for one in broken}))
        text = "\n\n".join(issue_text(one) for one in broken[:_SHOWN_EACH])
        more = f"\n\n{len(broken) - _SHOWN_EACH} more" if len(broken) > _SHOWN_EACH else ""
        kind = broken[0].severity.value if broken else "broke"
        _verdict(case, "failure", kind, f"{operation}: {prop} does not hold ({dtypes})", text + more)
    elif mark.standing is Standing.KNOWN:
        _verdict(case, "skipped", "", "known deviation: " + ", ".join(sorted({one.deviation for one in found})), "")
    elif mark.standing is not Standing.HELD:
        _verdict(case, "skipped", "", mark.standing, "")
    return case


def _run_suite(summary: Summary) -> ET.Element | None:
    """What is wrong with the run as a whole stands as a case of its own, so that no reader takes it for a pass."""
    problems = []
    if summary.state is State.EMPTY:
        problems.append(("empty", "the run checked nothing, and proves nothing"))
    if summary.cut_short:
        problems.append(("cut short", "the run did not get to its end"))
    named = {row.info.name for row in summary.targets}
    problems += [("crash", crash.detail) for crash in summary.run.crashes if crash.target not in named]
    if not problems and not summary.smoke:
        return None
    suite = ET.Element("testsuite", name="run")
    if summary.smoke:
        _property(suite, "profile", "smoke: not conformance evidence")
    for name, text in problems:
        case = ET.SubElement(suite, "testcase", classname="run", name=name)
        _verdict(case, "error", name, text, "")
    _count(suite)
    return suite


def _blank_case(target: str, family: str, operation: str, prop: str) -> ET.Element:
    classname = ".".join(part for part in (target, family) if part)
    return ET.Element("testcase", classname=_plain(classname), name=_plain(f"{operation} {prop}"), time="0.000")


def _verdict(case: ET.Element, tag: str, kind: str, message: str, text: str) -> None:
    element = ET.SubElement(case, tag, message=_plain(clip(message, 1000)))
    if kind:
        element.set("type", kind)
    if text:
        element.text = _plain(clip(text, 30_000))


def _property(suite: ET.Element, name: str, value: str) -> None:
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", name=name, value=_plain(value))


def _count(suite: ET.Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")


def _plain(text: str) -> str:
    """The text without the characters that XML cannot hold, each shown by its number."""
    return _UNWRITABLE.sub("\ufffd", visible(text))
