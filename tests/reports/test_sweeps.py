"""The page of sweeps and the tables of errors: what they show, and what they may not hide."""

from __future__ import annotations

from dataclasses import replace

from conformance.model.sweep import EDGES, Conditions, Plan, Sweep, Worst
from reports.accuracy import render_accuracy
from reports.sweeps import bins, ordinal, render_sweeps
from tests.reports.page import parse

CONDITIONS = Conditions("2.13.0", "a <machine>", "0123456789ab", "2 ulp", "Class C: ``k`` ulp.", False)
FOUND = Worst("1.5", "0x3fc00000", "4.4816890703380645", "4.481690", "0x408f69ff", 2.75)
SWEEP = Sweep(
    Plan("exp", "float32", "cpu", "contiguous", 257, 1000),
    CONDITIONS,
    done=1000,
    bins=(990, 9, 0, 0, 0, 0, 0, 0, 1, *(0,) * (len(EDGES) - 8)),
    wrong=1,
    broke=1,
    worst=(FOUND,),
)
CLEAN = replace(SWEEP, bins=(1000, *(0,) * len(EDGES)), wrong=0, broke=0, worst=())


def test_the_page_shows_the_worst_input_and_the_histogram() -> None:
    page = parse(render_sweeps([SWEEP]))
    text = page.text
    for shown in ("some of exp are beyond their bound", FOUND.input, FOUND.input_bits, FOUND.expected, "every 257th"):
        assert shown in text
    assert len(page.all("span", class_="bar")) == 9
    assert "a <machine>" in text


def test_the_page_fetches_nothing_and_says_what_is_unfinished() -> None:
    html = render_sweeps([replace(SWEEP, done=500), CLEAN])
    assert "http" not in html.replace("http-equiv", "")
    assert "500 of 1,000" in parse(html).text


def test_a_page_in_which_all_is_well_says_so() -> None:
    assert "within their bounds" in parse(render_sweeps([CLEAN])).text


def test_one_result_of_many_still_shows_in_a_histogram() -> None:
    shown = bins(replace(SWEEP, bins=(2**32, 1, *(0,) * (len(EDGES) - 1))))
    assert [one.count for one in shown] == [2**32, 1]
    assert shown[0].length == 100
    assert shown[1].length > 2
    assert not any(one.length for one in bins(replace(SWEEP, bins=(0,) * (len(EDGES) + 1))))


def test_how_the_errors_of_all_values_are_spread() -> None:
    counts = (2**32 - 15, 1, 1, 1, 1, 1, 2, 2, *(1,) * (len(EDGES) - 7))
    whole = replace(SWEEP, plan=replace(SWEEP.plan, every=1, total=2**32), done=2**32, bins=counts)
    shown = "| `exp` | float32 | 4,294,967,297 | 100.0000 % | 5 | 4 | 7 | 2.75 | `1.5` |"
    assert shown in render_accuracy([whole, SWEEP])
    assert "how far off" not in render_accuracy([SWEEP])


def test_ordinals() -> None:
    assert [ordinal(number) for number in (1, 2, 3, 11, 12, 257, 10_873_171_000_000)] == [
        "1st",
        "2nd",
        "3rd",
        "11th",
        "12th",
        "257th",
        "2^43th",
    ]


def test_the_tables_mark_what_is_sampled_and_what_is_beyond_its_bound() -> None:
    page = render_accuracy([SWEEP, replace(SWEEP, done=10, plan=replace(SWEEP.plan, operation="unfinished"))])
    assert "| `exp` | ~2.75 ✕ |" in page
    assert "| `exp` | 2.75 | `1.5` | `0x3fc00000` |" in page
    assert "unfinished" not in page
    assert "- Class C: `k` ulp. (`exp`)" in page


def test_the_worst_path_counts() -> None:
    everything = replace(CLEAN, plan=replace(SWEEP.plan, every=1, path="strided"))
    assert "| `exp` | ~2.75 |" in render_accuracy([everything, replace(SWEEP, wrong=0, broke=0)])
    assert "| `exp` | 0.50 |" in render_accuracy([CLEAN, everything])


def test_what_rounds_nothing_and_is_right_is_named_in_one_sentence() -> None:
    exact = replace(CLEAN, plan=replace(CLEAN.plan, operation="floor"), conditions=replace(CONDITIONS, exact=True))
    page = render_accuracy([SWEEP, exact])
    assert "Right to the last bit in every dtype: `floor`." in page
    assert "| `floor`" not in page
    assert "| `floor` | ~2.75 ✕ |" in render_accuracy([replace(exact, wrong=1, broke=1, worst=(FOUND,)), SWEEP])
