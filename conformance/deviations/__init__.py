"""Deviations: known discrepancies, as TOML beside this file, each with a reason, an owner, an expiry and a witness."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from fnmatch import filter as filter_names
from fnmatch import fnmatchcase
from functools import cache
from importlib import metadata
from itertools import chain
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from conformance.compare import Difference
from conformance.deviations.circumstances import CIRCUMSTANCES
from conformance.deviations.met import Met, met
from conformance.model.case import Case
from conformance.model.codec import decode_case
from conformance.model.observation import Aspect
from conformance.operations import every_operation, find
from conformance.wording import pattern_of, text_of

PROGRAMS = "programs"
PROCESSORS = ("all", "some")
REASONS = ("bug", "documented limitation", "undocumented behaviour", "backend difference")
_KEYS = {
    "operation": str,
    "property": str,
    "aspect": str,
    "pattern": str,
    "expected": str,
    "actual": str,
    "dtype": str,
    "where": str,
    "target": str,
    "torch": str,
    "processors": str,
    "reason": str,
    "why": str,
    "issue": str,
    "owner": str,
    "expires": date,
    "witness": str,
}
_OPTIONAL = {
    "property": "*",
    "pattern": "*",
    "expected": "*",
    "actual": "*",
    "dtype": "*",
    "where": "",
    "torch": "",
    "processors": "all",
    "issue": "",
}


class DeviationError(ValueError):
    """A deviation file that cannot be used; the message says which entry and what to do."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One known discrepancy. The fields from ``operation`` to ``target`` are shell patterns.

    ``operation``, ``property``, ``pattern``, ``dtype`` and ``target`` may be several, with commas between, of which one
    fits; of several circumstances in ``where`` all are met. Torch has several kernels for one operation, and which of
    them run depends on the processor: ``processors`` says whether all show it. ``file`` is where the entry stands,
    ``text`` what stands there, without the witness.
    """

    file: str
    text: str
    name: str
    operation: str
    property: str
    aspect: str
    pattern: str
    expected: str
    actual: str
    dtype: str
    where: str
    target: str
    torch: str
    processors: str
    reason: str
    why: str
    issue: str
    owner: str
    expires: date
    witness: Case

    def covers(
        self, operation: str, prop: str, target: str, dtype: str, difference: Difference, case: Case | None = None
    ) -> bool:
        """Whether a difference is the one described; ``where`` is looked at if the case is given."""
        return (
            self.names(operation)
            and difference.aspect.value == self.aspect
            and self.is_of(prop)
            and self.concerns(target)
            and any(fnmatchcase(dtype, pattern) for pattern in patterns_of(self.dtype))
            and any(fnmatchcase(pattern_of(difference), pattern) for pattern in patterns_of(self.pattern))
            and _reads(difference.expected, difference.aspect, self.expected)
            and _reads(difference.actual, difference.aspect, self.actual)
            and (not self.where or case is None or self._is_met(met(case, difference, in_program=prop == PROGRAMS)))
        )

    def _is_met(self, here: Met) -> bool:
        return all(CIRCUMSTANCES[circumstance](here) for circumstance in patterns_of(self.where))

    def names(self, operation: str) -> bool:
        """Whether it is about the operation, or about that of which it is an alias."""
        return not named_by(self.operation).isdisjoint((operation, find(operation).alias_of))

    def is_of(self, prop: str) -> bool:
        """Whether it is about the property."""
        return any(fnmatchcase(prop, pattern) for pattern in patterns_of(self.property))

    def concerns(self, target: str) -> bool:
        """Whether it is about the target."""
        return any(fnmatchcase(target, pattern) for pattern in patterns_of(self.target))

    def in_force(self) -> bool:
        """Whether it is about the installed torch."""
        return torch_version() in SpecifierSet(self.torch, prereleases=True) if self.torch else True


def _reads(value: object, aspect: Aspect, pattern: str) -> bool:
    """Whether the words for a value fit a pattern: to find them takes long where there are many elements."""
    return pattern == "*" or fnmatchcase(text_of(value, aspect), pattern)


@cache
def patterns_of(text: str) -> tuple[str, ...]:
    """The patterns of a field that may have several.

    >>> patterns_of("add, bitwise_*")
    ('add', 'bitwise_*')
    """
    return tuple(pattern.strip() for pattern in text.split(","))


@cache
def named_by(patterns: str) -> frozenset[str]:
    """The operations whose names one of the patterns describes."""
    names = every_operation()
    # Most are names, and there are thousands to look up before the first check.
    found = ((pattern,) if pattern in names else filter_names(names, pattern) for pattern in patterns_of(patterns))
    return frozenset(chain.from_iterable(found))


@cache
def torch_version() -> Version:
    """The version of the installed torch, read without importing it."""
    return Version(Version(metadata.version("torch")).base_version)


def matching(
    operation: str, prop: str, target: str, dtype: str, difference: Difference, case: Case | None = None
) -> Deviation | None:
    """The deviation that describes a difference, if one does."""
    for deviation in for_operation(operation):
        if deviation.covers(operation, prop, target, dtype, difference, case):
            return deviation
    return None


def for_operation(operation: str) -> list[Deviation]:
    """The deviations in force for an operation, or for that of which it is an alias."""
    return by_operation()[operation]


@cache
def by_operation() -> dict[str, list[Deviation]]:
    """The deviations in force for each operation."""
    entries = [(entry, named_by(entry.operation)) for entry in every_deviation() if entry.in_force()]
    return {
        name: [entry for entry, named in entries if not named.isdisjoint((name, operation.alias_of))]
        for name, operation in every_operation().items()
    }


@cache
def every_deviation(directory: Path | None = None) -> tuple[Deviation, ...]:
    """All deviations; a faulty entry is refused with its name and what is wrong with it."""
    found: list[Deviation] = []
    for path in sorted((directory or Path(__file__).parent).glob("*.toml")):
        try:
            entries = tomllib.loads(path.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise DeviationError(f"{path.name}: {error}") from None
        found.extend(_read(path.name, name, entry) for name, entry in entries.items())
    return tuple(found)


def _read(file: str, name: str, entry: object) -> Deviation:
    place = f"{file} [{name}]"
    if not isinstance(entry, dict):
        raise DeviationError(f"{place}: must be a table")
    unknown = set(entry) - set(_KEYS)
    if unknown:
        raise DeviationError(f"{place}: unknown key {min(unknown)!r} (known: {', '.join(_KEYS)})")
    values = {**_OPTIONAL, **entry}
    for key, kind in _KEYS.items():
        if not isinstance(values.get(key), kind):
            raise DeviationError(f"{place}: {key!r} must be given, as a {kind.__name__}")
    for pattern in patterns_of(str(values["operation"])):
        if not named_by(pattern):
            near = ", ".join(get_close_matches(pattern, every_operation(), 1)) or "none"
            raise DeviationError(f"{place}: no operation is called {pattern!r}; nearest: {near}")
    if values["where"] and not CIRCUMSTANCES.keys() >= set(patterns_of(values["where"])):
        raise DeviationError(f"{place}: where must be one of {', '.join(CIRCUMSTANCES)}")
    if values["processors"] not in PROCESSORS:
        raise DeviationError(f"{place}: processors must be one of {', '.join(PROCESSORS)}")
    if values["reason"] not in REASONS:
        raise DeviationError(f"{place}: reason must be one of {', '.join(REASONS)}")
    try:
        SpecifierSet(str(values["torch"]))
        witness = decode_case(str(values.pop("witness")))
    except (InvalidSpecifier, ValueError) as error:
        raise DeviationError(f"{place}: {error}") from None
    return Deviation(file=file, text=_text(name, entry), name=name, witness=witness, **values)


def _text(name: str, entry: dict[str, object]) -> str:
    lines = (f"{key} = {value if isinstance(value, date) else repr(value)}" for key, value in entry.items())
    return "\n".join((f"[{name}]", *(line for line in lines if not line.startswith("witness"))))
