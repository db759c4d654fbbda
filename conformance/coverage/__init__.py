"""How much of torch is declared: what the installed one offers, counted by family as covered, excluded or missing.

The lists of the manual and the exclusions are TOML beside this file. A name is a spelling: ``torch.add``,
``Tensor.add``, ``Tensor.add_``, ``Tensor.__add__``, and ``torch.add(out=)`` for the form that writes where it is told.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conformance.operation import Form, Operation
from conformance.operations import every_operation

_FOLDER = Path(__file__).parent


class CoverageError(ValueError):
    """An exclusion that means nothing: the message says which."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One list of the manual: its family, where a reader finds it, where its names were read from."""

    family: str
    title: str
    url: str
    read: str
    names: tuple[str, ...]
    part: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """What the installed torch offers of a family; ``absent`` are names of the manual that it does not have."""

    family: str
    source: str
    names: tuple[str, ...]
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """A family counted. ``excluded`` has the reason beside each name."""

    family: str
    source: str
    covered: tuple[str, ...]
    excluded: Mapping[str, str]
    missing: tuple[str, ...]
    absent: tuple[str, ...]


@cache
def manual_lists() -> tuple[Listed, ...]:
    """The lists of the manual that the suite means to cover."""
    raw = tomllib.loads((_FOLDER / "manual.toml").read_text("utf-8"))
    return tuple(Listed(**{**entry, "names": tuple(entry["names"])}) for entry in raw["list"])


@cache
def exclusions() -> Mapping[str, str]:
    """What shall not be covered, with the reason: spellings, or last names that mean every spelling of theirs."""
    found: dict[str, str] = {}
    for entry in tomllib.loads((_FOLDER / "exclusions.toml").read_text("utf-8"))["exclude"]:
        for name in entry["names"]:
            if name in found:
                raise CoverageError(f"{name} is excluded twice")
            found[name] = entry["reason"]
    return found


def count(offered: Iterable[Offered]) -> list[Counted]:
    """Every family counted."""
    covered = spelled_by(every_operation().values())
    return [counted(family, covered, exclusions()) for family in offered]


def counted(family: Offered, covered: frozenset[str], excluded: Mapping[str, str]) -> Counted:
    """One family counted; what is covered is so whether it is excluded or not."""
    open_names = [name for name in family.names if name not in covered]
    reasons = {name: reason for name in open_names if (reason := reason_of(name, excluded))}
    return Counted(
        family=family.family,
        source=family.source,
        covered=tuple(name for name in family.names if name in covered),
        excluded=reasons,
        missing=tuple(name for name in open_names if name not in reasons),
        absent=family.absent,
    )


def reason_of(name: str, excluded: Mapping[str, str]) -> str:
    """Why a spelling is excluded, by itself or by its last name; empty where it is not."""
    return excluded.get(name) or excluded.get(last_name(name)) or ""


def last_name(spelling: str) -> str:
    """The name that all spellings of a thing share.

    >>> last_name("torch.add(out=)"), last_name("Tensor.map_"), last_name("Tensor.__rsub__")
    ('add', 'map_', '__rsub__')
    """
    return spelling.removesuffix("(out=)").rpartition(".")[2]


def check_exclusions(excluded: Mapping[str, str], offered: Iterable[str], covered: Iterable[str]) -> None:
    """``CoverageError`` where an exclusion has no reason, excludes nothing that torch offers, or what is covered."""
    names = set(offered)
    done = set(covered) & names
    for key, reason in excluded.items():
        if not reason.strip():
            raise CoverageError(f"{key} is excluded without a reason")
        if not any(key in (name, last_name(name)) for name in names):
            raise CoverageError(f"{key} is excluded, and the installed torch has no such thing")
        found = sorted(name for name in done if key in (name, last_name(name)))
        if found:
            raise CoverageError(f"{key} is excluded, and {', '.join(found)} is covered")


def spelled_by(operations: Iterable[Operation]) -> frozenset[str]:
    """Every spelling that some operation declares."""
    return frozenset(
        spelling
        for operation in operations
        for form, path in operation.spellings.items()
        for spelling in _spellings(form, path)
    )


def _spellings(form: Form, path: str) -> tuple[str, ...]:
    """A declared spelling as torch offers it; an operator is a method of two underscores.

    >>> _spellings(Form.REFLECTED, "operator.add"), _spellings(Form.IN_PLACE_OPERATOR, "operator.iadd")
    (('Tensor.__radd__',), ('Tensor.__iadd__',))
    """
    if form is Form.OUT:
        return (f"{path}(out=)",)
    owner, _, name = path.rpartition(".")
    if owner != "operator":
        return (path,)
    name = name.rstrip("_")
    return (f"Tensor.__r{name}__",) if form is Form.REFLECTED else (f"Tensor.__{name}__",)
