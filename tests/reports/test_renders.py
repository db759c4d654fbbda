"""JUnit, Markdown, JSON, issue texts, case lines, and all of them written to a directory."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conformance.model.case import Case, Dots, Drawn, DTypeName, Hook, Input, Layout, Literal, Ref, Slice, Step
from conformance.model.run import CrashEvent, Run
from conformance.model.store import RunError, load_run
from reports.html import render_html
from reports.issue import fenced, issue_text
from reports.json_summary import render_json
from reports.junit import render_junit
from reports.markdown import LIMIT, render_markdown
from reports.program import argument_text, literal_values, program_lines
from reports.summary import summarise
from reports.write import write_reports
from tests.reports import builders
from tests.reports.page import parse
from tests.reports.test_summary import every_run


def junit_of(run: Run) -> ET.Element:
    return ET.fromstring(render_junit(summarise(run)))


def test_junit_carries_the_evidence() -> None:
    root = junit_of(builders.run_with_findings())
    case = root.find(".//testsuite[@name='cpu']/testcase[@name='exp agrees']")
    assert case is not None
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message") == "exp: agrees does not hold (float32, float64)"
    assert "y = x.exp()" in (failure.text or "")
    crash = root.find(".//testcase[@name='as_strided crash']/error")
    assert crash is not None
    assert crash.get("message") == "SIGSEGV after 0.2 s"
    known = root.find(".//testcase[@name='arange agrees']/skipped")
    assert known is not None
    assert known.get("message") == "known deviation: arange-float32-last"


@pytest.mark.parametrize(("build", "name"), [(builders.empty_run, "empty"), (builders.cut_short_run, "cut short")])
def test_junit_never_lets_a_run_pass_that_proves_nothing(build: Callable[[], Run], name: str) -> None:
    root = junit_of(build())
    assert int(root.get("errors", "0")) == 1
    assert root.find(f".//testcase[@name='{name}']/error") is not None


def test_junit_counts_a_crash_that_belongs_to_no_target() -> None:
    run = builders.clean_run()
    run.crashes = [CrashEvent("", "", "out of memory")]
    assert junit_of(run).get("errors") == "1"


def test_junit_says_that_smoke_is_no_evidence() -> None:
    root = junit_of(builders.smoke_run())
    (marked,) = root.findall("testsuite[@name='run']/properties/property")
    assert marked.get("value") == "smoke: not conformance evidence"
    assert root.get("errors") == root.get("failures") == "0"


def test_junit_of_a_hostile_run_is_xml() -> None:
    text = render_junit(summarise(builders.hostile_run()))
    assert "\x1b" not in text
    assert "<script" not in text
    assert len(ET.fromstring(text).findall(".//failure")) == 6


def test_markdown_says_first_what_matters() -> None:
    assert render_markdown(summarise(builders.smoke_run())).startswith("**Smoke profile: this is not conformance")
    assert render_markdown(summarise(builders.cut_short_run())).startswith("**Cut short:")
    assert render_markdown(summarise(builders.empty_run())).startswith("## Empty: this run checked nothing")


def test_markdown_stays_under_a_mebibyte_and_says_what_is_left_out() -> None:
    run = builders.huge_run(100, 2, 2, 2, found=2000)
    for number, found in enumerate(run.discrepancies):
        object.__setattr__(found, "pattern", f"{number} " + "x" * 5000)
    run.notes = builders.run_with_findings().notes * 500
    text = render_markdown(summarise(run))
    assert len(text.encode()) < LIMIT
    assert "1,900 more in summary.json" in text
    assert "950 more in summary.json" in text


def test_markdown_of_a_hostile_run_has_no_markup_of_its_own() -> None:
    text = render_markdown(summarise(builders.hostile_run()))
    assert "<script" not in text.replace("\\<script", "")
    assert "\x1b" not in text
    widths = {line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("| ")}
    assert widths == {8, 9}


@every_run
def test_the_json_summary_is_strict_json_and_complete(build: Callable[[], Run]) -> None:
    run = build()

    def refuse(name: str) -> None:
        raise AssertionError(name)

    summary = json.loads(render_json(summarise(run)), parse_constant=refuse)
    assert sum(len(cause["discrepancies"]) for cause in summary["causes"]) == len(run.discrepancies)
    assert len(summary["crashes"]) == len(run.crashes)
    assert summary["evidence"] == (run.environment.profile != "smoke")


def test_an_issue_text_has_everything_a_maintainer_needs() -> None:
    text = issue_text(builders.discrepancy())
    for piece in (
        "# exp: values is not as it should be (cpu, float32)",
        "documented: https://docs.pytorch.org/docs/stable/generated/torch.exp.html (y = e^x)",
        "y = x.exp()",
        "Worst error: 4.00 ulp. Allowed: at most 2 ulp of the exact result, rounded once.",
        "Reproduced 3 of 3 times in a fresh process.",
        "```python\nimport torch\n",
    ):
        assert piece in text


def test_a_fence_is_longer_than_any_in_its_text() -> None:
    assert fenced("a ```` b").splitlines() == ["`````", "a ```` b", "`````"]


def literal(dtype: str, code: str, *values: object) -> list[str]:
    return literal_values(Literal(struct.pack(f"<{len(values)}{code}", *values)), dtype)


def test_values_are_shown_with_the_fewest_digits_that_keep_their_bits() -> None:
    assert literal("float32", "f", 0.1, -0.0, float("nan"), 3.4028234663852886e38) == [
        "0.1",
        "-0.0",
        "nan",
        "3.4028235e+38",
    ]
    assert literal("float16", "e", 0.1, 65504.0) == ["0.1", "65500.0"]
    assert literal("float64", "d", 0.1, 5e-324) == ["0.1", "5e-324"]
    assert literal("bfloat16", "H", 0x3F80, 0x7F80, 0x3DCD) == ["1.0", "inf", "0.100097656"]
    assert literal("complex64", "f", 1.0, -0.0) == ["complex(1.0, -0.0)"]
    assert literal("bool", "?", True, False) == ["True", "False"]
    assert literal("int8", "b", -128) == ["-128"]
    assert literal_values(Literal(b"\x01\x02"), "strange") == ["0102"]


def test_a_case_reads_like_python() -> None:
    data = Literal(struct.pack("<4i", 1, 2, 3, 4))
    case = Case(
        (
            Input("a", (2, 2), "int32", (2, 1), 0, 4, data),
            Input("b", (2,), "int32", (2,), 1, 4, data, requires_grad=True),
            Input("c", (), "int32", (), 0, 1, Literal(struct.pack("<i", 7))),
            Input("d", (0, 3), "int32", (3, 1), 0, 0, Literal(b"")),
            Input("e", (2,), "int32", (-1,), 3, 4, data, array=True, writeable=False),
            Input("f", (30,), "float32", (1,), 0, 30, Drawn("randn", 9, 1, ((3, 2),))),
            Input("g", (20,), "int8", (1,), 0, 20, Literal(bytes(20))),
        ),
        (
            Step("add", "function", (Ref("a"), 1.5), (("alpha", 2),), ("r",)),
            Step("t", "method", (Ref("r"),), (), ("s",), grad=False),
            Step("mul", "in place", (Ref("s"), Hook("double")), (), ("s",)),
            Step("getitem", "operator", (Ref("s"), (Slice(None, 2), Dots(), [True, None])), (), ("u", "v")),
            Step("to", "method", (Ref("u"), DTypeName("int8")), (("memory_format", Layout("channels_last")),), ()),
        ),
        seed=5,
    )
    assert program_lines(case) == [
        "manual_seed(5)",
        "a = tensor([[1, 2], [3, 4]], dtype=int32)",
        "b = tensor(storage[1, 2, 3, 4], dtype=int32, shape=(2,), strides=(2,), offset=1, requires_grad=True)",
        "c = tensor(7, dtype=int32)",
        "d = tensor(storage[], dtype=int32, shape=(0, 3))",
        "e = array(storage[1, 2, 3, 4], dtype=int32, shape=(2,), strides=(-1,), offset=3, writeable=False)",
        "f = tensor(drawn('randn', seed=9, row=1, specials=((3, 2),), count=30), dtype=float32, shape=(30,))",
        f"g = tensor(storage[{', '.join(['0'] * 16)}, ... 4 more], dtype=int8, shape=(20,))",
        "r = add(a, 1.5, alpha=2)",
        "with no_grad(): s = r.t()",
        "s = s.mul_(double)",
        "u, v = getitem(s, (:2, ..., [True, None]))  # operator",
        "u.to(int8, memory_format=channels_last_format)",
    ]
    assert argument_text((1,)) == "(1,)"


def test_every_report_is_written_and_the_scripts_run(tmp_path: Path) -> None:
    builders.store(builders.run_with_findings(), tmp_path)
    index = write_reports(tmp_path)
    assert index == tmp_path / "index.html"
    written = {path.name for path in tmp_path.iterdir()}
    assert {"index.html", "summary.json", "summary.md", "junit.xml", "repro"} <= written
    assert not [name for name in written if name.endswith(".tmp")]
    scripts = {path.name: path.read_text() for path in (tmp_path / "repro").iterdir()}
    page = parse(index.read_text("utf-8"))
    assert {f"{article.attributes['id'][2:]}.py" for article in page.all("article")} == scripts.keys()
    assert "torch.exp(x)" in scripts["exp-agrees-cpu-float32-finite.py"]


def test_what_was_stored_is_what_is_reported(tmp_path: Path) -> None:
    run = builders.hostile_run()
    loaded = load_run(builders.store(run, tmp_path))
    assert render_json(summarise(loaded)) == render_json(summarise(run))
    assert render_html(summarise(loaded)) == render_html(summarise(run))


def test_a_report_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    builders.store(builders.run_with_findings(), tmp_path)
    (tmp_path / "repro").write_text("in the way")
    with pytest.raises(RunError, match=r"^cannot write .*/repro/.*: (File exists|Not a directory)$"):
        write_reports(tmp_path)


def test_reports_load_neither_torch_nor_the_engine() -> None:
    code = (
        "import sys, reports.write, reports.comparison\n"
        "engine = {n for n in sys.modules if n.startswith('conformance.') and not n.startswith('conformance.model')}\n"
        "print(sorted(engine | ({'torch', 'hypothesis', 'pytest', 'reference'} & sys.modules.keys())))\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
