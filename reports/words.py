"""Numbers and names as a reader sees them."""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from itertools import groupby

from conformance.model.verdict import Basis, Derived, Discrepancy, Documented, Outcome
from reports.summary import Standing, State, Summary

GLYPHS = {
    Standing.BROKE: "✕",
    Standing.KNOWN: "◆",
    Standing.HELD: "✓",
    Standing.VACUOUS: "○",
    Standing.NOT_TESTED: "—",
}
MEANINGS = {
    Standing.BROKE: "at least one check found a discrepancy",
    Standing.KNOWN: "every discrepancy found is a recorded deviation",
    Standing.HELD: "something was compared, and all of it held",
    Standing.VACUOUS: "it ran, and nothing could be compared: not a pass",
    Standing.NOT_TESTED: "no check applied, or the target was not there",
}
_CLAIMS = {
    "agrees": "the target gives what the reference gives",
    "promotion": "the dtype of a result is the one to which those of its operands are promoted",
    "in place": "the in-place spelling gives the values of the plain one, in the same tensor",
    "out": "a result written to out= is the result, and only a tensor that fits is taken",
    "layout": "however the inputs lie in memory, the result is the one specified",
    "aliasing": "a write shows in exactly those tensors that share the storage",
    "gradient": "the gradient is the derivative",
    "double backward": "the gradient of a gradient is the second derivative",
    "beside nan": "a NaN in one element spoils the gradient of no other",
    "saved": "a write before the backward pass is noticed, or does no harm",
    "indices": "the index of a chosen element leads to it, whichever of equal ones it is",
    "parts": "an in-place call on a part of a tensor is one on these elements of the whole",
    "mixed devices": "a number on the CPU is taken for what it is, or refused",
    "late": "a conjugate or a negative that is yet to be computed gives what one gives that is",
    "lengths": "an element is what it is among others, however many are computed at once",
    "vectors": "a reduction is that of its elements, however many there are and wherever they lie",
    "stream": "a call takes as many numbers from the generator as it must",
    "metadata": "shape, dtype and strides are known without the values",
    "modes": "another way to run it gives the same result",
    "determinism": "the same call gives the same bits",
    "exhaustive": "every value of a small dtype gives what the reference gives, however the values lie in memory",
    "programs": "after every step of a program, every variable is what the reference has",
    "survives": "a call returns or raises: its process does not end, hang or take all memory",
    "refusal": "what the manual forbids is refused, and the inputs stay as they were",
}


def headline(summary: Summary) -> str:
    """The run in one sentence."""
    if summary.state is State.EMPTY:
        return "Empty: this run checked nothing, and proves nothing."
    until = "Until it was cut short: " if summary.cut_short else ""
    if not summary.broken_causes and not summary.run.crashes and not _broken(summary):
        return until + _nothing_broke(summary)
    found = [plural(len(summary.broken_causes), "cause") + " of discrepancy"] if summary.broken_causes else []
    found += [plural(len(summary.run.crashes), "crash", "crashes")] if summary.run.crashes else []
    where = f" in {_broken(summary)} of {plural(len(summary.operations), 'operation')}" if _broken(summary) else ""
    return f"{until}{' and '.join(found) or 'something broke'}{where}."


def _broken(summary: Summary) -> int:
    return sum(Standing.BROKE in row.standings for row in summary.operations)


def _nothing_broke(summary: Summary) -> str:
    known = sum(row.checks[Outcome.KNOWN] for row in summary.targets)
    if known:
        return f"{plural(summary.checks - known, 'check')} held, and {plural(known, 'check')} broke in a known way."
    return f"{plural(summary.checks, 'check')} compared something, and all of it held."


def claim(found: Discrepancy) -> str:
    """What should have held, in one sentence."""
    return _CLAIMS.get(found.property.replace("_", " "), f"{found.property} holds")


def basis_kind(basis: Basis) -> str:
    return type(basis).__name__.lower()


def basis_line(basis: Basis) -> str:
    """Why we say so, as one line of plain text."""
    if isinstance(basis, Documented):
        return f"documented: {basis.url}" + (f" ({basis.sentence})" if basis.sentence else "")
    if isinstance(basis, Derived):
        return f"derived: {basis.reason}"
    return f"observed: releases up to {basis.version} did it; no page says so"


def web_address(url: str) -> str:
    """The address if it is one that a page may link to, else nothing."""
    return url if re.match(r"https?://", url) else ""


def ulps(error: float | None) -> str:
    """An error in units of the last place, short.

    >>> [ulps(e) for e in (None, 0.0, 0.5, 12.34, 4096.0, 3.2e9, float("nan"))]
    ['', '0', '0.50', '12.3', '4,096', '3.2e+09', 'NaN']
    """
    if error is None:
        return ""
    if math.isnan(error):
        return "NaN"
    if math.isinf(error):
        return "∞"
    if error == 0:
        return "0"
    if error < 10:
        return f"{error:.2f}"
    if error < 1000:
        return f"{error:.1f}"
    return f"{error:,.0f}" if error < 1e6 else f"{error:.1e}"


def count(number: int) -> str:
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> plural(1, "cause"), plural(1200, "cause")
    ('1 cause', '1,200 causes')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """
    >>> duration(7.25), duration(212.4), duration(9999)
    ('7.2 s', '3 min 32 s', '2 h 46 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def slug(text: str) -> str:
    """A name for an element's id or a file: readable, and different for different texts."""
    plain = readable(text)
    return plain if plain == text else f"{plain}-{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}".lstrip("-")


def readable(text: str) -> str:
    """The text as part of an address: letters, digits and hyphens, at most 80 of them."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-")[:80]


def css(text: str) -> str:
    """A standing, a severity or a state as a class name."""
    return text.replace(" ", "-")


def clip(text: str, limit: int = 4000) -> str:
    """The text, or its head and how much is left out."""
    return (
        text if len(text) <= limit else f"{text[:limit]}\n... {len(text) - limit:,} characters more in events-*.jsonl"
    )


def short(text: str, limit: int = 120) -> str:
    """The text on one line, cut where it gets long."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def differing(text: str, other: str) -> list[tuple[bool, str]]:
    """The text in pieces, each with whether it differs from the other at that place.

    >>> differing("0x78f3", "0x78f7")
    [(False, '0x78f'), (True, '3')]
    """
    if len(text) != len(other):
        return [(True, text)] if text else []
    pairs = groupby(zip(text, other, strict=True), key=lambda pair: pair[0] != pair[1])
    return [(differs, "".join(mine for mine, _ in run)) for differs, run in pairs]


def visible(text: str) -> str:
    """The text with every control and formatting character shown by its number: nothing hides in a report."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else _shown(c) for c in text)


def _shown(character: str) -> str:
    if unicodedata.category(character) in ("Zs", "Zl", "Zp"):
        return " "
    return f"⟨{ord(character):02X}⟩"


def gauge(error: float, largest: float) -> int:
    """The length of a bar for an error, in percent: logarithmic, because errors are.

    >>> gauge(0.5, 1e6), gauge(1e6, 1e6), gauge(float("nan"), 2.0)
    (3, 100, 100)
    """
    if not math.isfinite(error):
        return 100
    return round(100 * math.log2(1 + error) / math.log2(1 + max(largest, error, 1.0)))
