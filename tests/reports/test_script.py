"""The page in a real browser, where there is one: the filter, the address, the keys."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from reports.html import render_html
from reports.summary import summarise
from tests.reports import builders
from tests.reports.page import parse

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

ASK = """
<script>
const visible = (selector) => [...document.querySelectorAll(selector)].filter((n) => n.checkVisibility());
const press = (key, on) => (on || document.activeElement).dispatchEvent(
  new KeyboardEvent("keydown", { key, bubbles: true }));
addEventListener("load", () => {
  const answer = (() => { %s })();
  const place = document.createElement("pre");
  place.id = "answer";
  place.textContent = JSON.stringify(answer);
  document.body.append(place);
});
</script></body>
"""
NAMES = 'return visible("tbody[data-op]").map((n) => n.dataset.op);'


def ask(folder: Path, code: str, query: str = "", place: str = "") -> Any:
    """What a piece of script says in the report of the run with findings, opened at an address."""
    html = render_html(summarise(builders.run_with_findings()))
    page = folder / "index.html"
    page.write_text(html.replace("</body>", ASK % code), "utf-8")
    address = page.as_uri() + (f"?q={quote(query)}" if query else "") + (f"#{place}" if place else "")
    assert BROWSER is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}", "--dump-dom"]
    said = subprocess.run([BROWSER, *options, address], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(parse(said.stdout).one("pre", id="answer").text)


OPERATIONS = {
    "op:exp": ["exp"],
    "op:e*p": ["exp"],
    "op:s*": ["sigmoid", "sqrt", "sum", "select"],
    "is:broke": ["clamp", "exp", "max", "as_strided", "unfold"],
    "is:broke target:meta": ["clamp"],
    'is:"not tested" target:cpu+compile': ["arange", "full", "linspace", "zeros"],
    "is:vacuous": ["pow"],
    "cross": ["cross_entropy"],
    "op:none": [],
}
DISCREPANCIES = {
    "dtype:float64": 1,
    "basis:derived": 1,
    "property:refusal": 1,
    "cause:exp/agrees": 3,
    'is:"silent wrong value"': 1,
    "": 7,
}
ASKED_IN_TURN = """
const box = document.getElementById("query");
return %s.map((query) => {
  box.value = query;
  box.dispatchEvent(new Event("input"));
  return [visible("tbody[data-op]").map((n) => n.dataset.op), visible("article").length];
});
"""


def test_a_query_filters_the_matrix_and_the_discrepancies(tmp_path: Path) -> None:
    queries = [*OPERATIONS, *DISCREPANCIES]
    answers = dict(zip(queries, ask(tmp_path, ASKED_IN_TURN % json.dumps(queries)), strict=True))
    assert {query: answers[query][0] for query in OPERATIONS} == OPERATIONS
    assert {query: answers[query][1] for query in DISCREPANCIES} == DISCREPANCIES


def test_the_query_in_the_address_is_obeyed(tmp_path: Path) -> None:
    assert ask(tmp_path, NAMES, "is:broke target:meta") == ["clamp"]


def test_a_preset_filters_and_stands_in_the_address(tmp_path: Path) -> None:
    code = """
    document.querySelector("button[data-query='is:differs']").click();
    return [visible("tbody[data-op]").map((n) => n.dataset.op), location.search,
      document.getElementById("matches").value];
    """
    names, search, matches = ask(tmp_path, code)
    assert names == ["arange", "clamp", "exp", "max", "as_strided", "unfold"]
    assert search == "?q=is%3Adiffers"
    assert matches == "6 shown"


def test_the_keys_walk_the_findings(tmp_path: Path) -> None:
    code = """
    const seen = [];
    for (const key of ["j", "j", "k", "j", "j"]) { press(key); seen.push(document.activeElement.dataset.op); }
    press("/"); seen.push(document.activeElement.id);
    press("Escape"); seen.push(document.activeElement.id || document.activeElement.tagName);
    return seen;
    """
    assert ask(tmp_path, code) == ["as_strided", "max", "as_strided", "max", "unfold", "query", "BODY"]


def test_a_link_to_an_operation_opens_its_details(tmp_path: Path) -> None:
    assert ask(tmp_path, 'return visible("tr.more").length;') == 0
    code = 'return visible("tr.more").map((n) => n.parentElement.id);'
    assert ask(tmp_path, code, place="op-exp") == ["op-exp"]


def test_every_block_of_code_gets_a_button(tmp_path: Path) -> None:
    code = 'return [document.querySelectorAll(".code").length, document.querySelectorAll(".code > button").length];'
    blocks, buttons = ask(tmp_path, code)
    assert blocks == buttons > 7
