"""The page: self-contained, safe, small, readable by everyone, honest in its first line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import jinja2
import pytest

from conformance.model.run import CrashEvent, Run
from conformance.model.verdict import Documented, Outcome
from reports.html import environment, render_html
from reports.summary import summarise
from tests.reports import builders
from tests.reports.page import Node, parse
from tests.reports.test_summary import every_run

TEMPLATES = Path(__file__).parents[2] / "reports" / "templates"


def page_of(run: Run) -> Node:
    return parse(render_html(summarise(run)))


def first_line(page: Node) -> str:
    body = page.one("body")
    return next(child for child in body.children if isinstance(child, Node)).text


@every_run
def test_the_page_fetches_nothing(build: Callable[[], Run]) -> None:
    page = page_of(build())
    for node in page.all():
        assert not {"src", "srcset", "action", "formaction", "style-src"} & node.attributes.keys()
        if node.tag == "link":
            assert node.attributes["href"] == "data:,"
        if node.tag == "a":
            assert re.match(r"#|https?://", node.attributes["href"]), node.attributes["href"]
    policy = page.one("meta", **{"http-equiv": "Content-Security-Policy"}).attributes["content"]
    assert policy.startswith("default-src 'none';")
    style = page.one("style").text
    assert "url(" not in style
    assert "@import" not in style


@every_run
def test_links_inside_the_page_lead_somewhere(build: Callable[[], Run]) -> None:
    page = page_of(build())
    ids = Counter(node.attributes["id"] for node in page.all() if "id" in node.attributes)
    assert [name for name, times in ids.items() if times > 1] == []
    inside = {node.attributes["href"][1:] for node in page.all("a") if node.attributes["href"].startswith("#")}
    assert inside <= ids.keys()


def assert_harmless(html: str) -> None:
    page = parse(html)
    assert len(page.all("script")) == 1
    assert len(page.all("style")) == 1
    assert page.one("script").text.strip() == (TEMPLATES / "script.js").read_text().strip()
    assert not [n for n in page.all() if any(name.startswith("on") for name in n.attributes)]
    assert not [a for a in page.all("a") if a.attributes["href"].startswith("javascript")]
    assert not re.search("[\x00-\x08\x0b-\x1f\u2028]", html)


def test_nothing_hostile_gets_out_of_its_text() -> None:
    html = render_html(summarise(builders.hostile_run()))
    assert_harmless(html)
    text = parse(html).one("main").text
    for piece in ("alert(1)", "{{ 7*7 }}", "javascript:alert(1)", "⟨00⟩⟨1B⟩"):
        assert piece in text


def test_the_check_for_hostile_text_catches_a_page_that_does_not_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless() -> jinja2.Environment:
        made = environment()
        made.autoescape = False
        return made

    monkeypatch.setattr("reports.html.environment", careless)
    html = render_html(summarise(builders.hostile_run()))
    with pytest.raises(AssertionError):
        assert_harmless(html)


@every_run
def test_the_page_can_be_read_by_ear(build: Callable[[], Run]) -> None:
    page = page_of(build())
    assert page.one("html").attributes["lang"] == "en"
    for landmark in ("header", "main", "nav", "footer", "h1"):
        page.one(landmark)
    for th in page.all("th"):
        assert th.attributes["scope"] in ("col", "row")
    labelled = {label.attributes["for"] for label in page.all("label")}
    assert {field.attributes["id"] for field in page.all("input")} <= labelled
    ids = {node.attributes.get("id") for node in page.all()}
    for node in page.all():
        for name in ("aria-labelledby", "aria-describedby"):
            assert node.attributes.get(name) in ids | {None}
    levels = [int(n.tag[1]) for n in page.all() if re.fullmatch("h[1-6]", n.tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_outcomes_are_told_without_colour() -> None:
    page = page_of(builders.run_with_findings())
    squares = [td for table in page.all("table", class_="matrix") for td in table.all("td")]
    for standing, glyph in (("broke", "✕ broke"), ("known", "◆ known"), ("held", "✓"), ("not-tested", "—")):
        texts = [td.text for td in squares if td.attributes.get("class") == standing]
        assert texts
        assert all(text.startswith(glyph) for text in texts)


def test_contrast_is_enough_in_both_schemes() -> None:
    style = (TEMPLATES / "style.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]+)", block))
        for name in ("ink", "soft", "held", "broke", "known", "vacuous", "link"):
            for ground in ("paper", "panel"):
                assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground, colours[name])


def contrast(one: str, other: str) -> float:
    """The contrast ratio of the Web Content Accessibility Guidelines."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_smoke_run_says_first_that_it_is_no_evidence() -> None:
    assert "not conformance evidence" in first_line(page_of(builders.smoke_run()))
    assert "evidence" not in first_line(page_of(builders.clean_run()))


def test_an_empty_run_is_never_shown_as_a_pass() -> None:
    page = page_of(builders.empty_run())
    assert first_line(page) == "Empty. This run checked nothing, and proves nothing. It is not a pass."
    assert page.one("h1").text == "Empty: this run checked nothing, and proves nothing."
    assert "held" not in page.one("title").text


def test_a_run_that_was_cut_short_says_so_before_anything_else() -> None:
    page = page_of(builders.cut_short_run())
    assert first_line(page).startswith("Cut short. 1 worker (main) never finished.")
    run = builders.clean_run()
    run.finished = []
    assert first_line(page_of(run)).startswith("Cut short. No worker finished.")


def headline_of(run: Run) -> str:
    return page_of(run).one("h1").text


def test_the_headline_of_a_run_in_which_nothing_broke() -> None:
    checks = summarise(builders.clean_run()).checks
    assert headline_of(builders.clean_run()) == f"{checks:,} checks compared something, and all of it held."
    assert headline_of(builders.cut_short_run()).startswith(f"Until it was cut short: {checks:,} checks compared")


def test_the_headline_does_not_count_a_known_deviation_as_held() -> None:
    run = builders.empty_run()
    run.cells = [builders.cell(), builders.cell("mul", outcome=Outcome.KNOWN)]
    run.discrepancies = [builders.discrepancy("mul", deviation="mul-known")]
    assert headline_of(run) == "126 checks held, and 2 checks broke in a known way."


def test_a_crash_between_operations_is_in_the_headline() -> None:
    run = builders.clean_run()
    run.crashes = [CrashEvent("", "", "out of memory")]
    assert headline_of(run) == "1 crash."
    assert headline_of(builders.run_with_findings()) == "4 causes of discrepancy and 1 crash in 5 of 27 operations."


def test_a_discrepancy_shows_its_evidence() -> None:
    page = page_of(builders.run_with_findings())
    article = page.one("article", id="d-exp-agrees-cpu-float32-finite")
    text = " ".join(article.text.split())
    for piece in (
        "reproduced 3 of 3 times in a fresh process",
        "at most 2 ulp of the exact result, rounded once",
        "4.00 ulp at worst; 1 of 4 elements wrong",
        "0x7875e0f3",
        "y = x.exp()",
        "import torch",
        "cpu+compile broke",
    ):
        assert piece in text
    (manual,) = (a for a in article.all("a") if a.attributes["href"].startswith("http"))
    assert manual.attributes["href"] == "https://docs.pytorch.org/docs/stable/generated/torch.exp.html"
    assert [mark.text for mark in article.all("mark")] == ["3", "7"]
    assert "derived, on no page of its own" in page.one("article", id="d-unfold-aliasing-cpu-int64").text
    assert "observed only: releases up to 2.12 did it" in page.one("article", id="d-clamp-refusal-meta-int32").text


def test_a_discrepancy_without_a_script_offers_none() -> None:
    run = builders.run_with_findings()
    run.discrepancies = [replace(run.discrepancies[0], script="", confirmed=(0, 0))]
    text = page_of(run).one("article").text
    assert "No script is offered" in text
    assert "not yet confirmed" in text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", " https://example.org", "file:///etc"])
def test_only_web_addresses_become_links(url: str) -> None:
    run = builders.run_with_findings()
    run.discrepancies = [builders.discrepancy(basis=Documented(url))]
    assert url not in [a.attributes["href"] for a in page_of(run).all("a")]


def test_what_was_not_tested_is_listed_with_the_reason() -> None:
    page = page_of(builders.clean_run())
    section = " ".join(page.one("section", id="coverage").text.split())
    assert "cuda:0 27 of 27 operations · not available: torch was built without CUDA" in section
    assert "cpu+compile 4 of 27 operations arange full linspace zeros" in section


def test_the_page_stays_small_and_says_what_it_leaves_out() -> None:
    run = builders.huge_run()
    html = render_html(summarise(run))
    assert len(html.encode()) < 3_000_000
    page = parse(html)
    shown = len(page.all("article"))
    assert 0 < shown < 2000
    left = [p.text for p in page.all("p", class_="left")]
    assert f"{2000 - shown:,} discrepancies more" in " ".join(left)
    assert "summary.json" in " ".join(left)


def test_a_page_with_too_many_operations_keeps_those_that_broke() -> None:
    run = builders.huge_run(operations=4000, targets=4, properties=1, dtypes=1, found=0)
    run.discrepancies = [builders.discrepancy("operation_3999", "property 0", "device:0")]
    html = render_html(summarise(run))
    assert len(html.encode()) < 3_000_000
    page = parse(html)
    rows = [node.attributes["data-op"] for node in page.all("tbody") if "data-op" in node.attributes]
    assert "operation_3999" in rows
    assert any(f"{4000 - len(rows):,} operations more" in p.text for p in page.all("p", class_="left"))
