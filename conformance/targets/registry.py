"""The targets by name: which there are, which are here, and why the others are not.

A kind of target is a module in ``torch/kinds`` with a ``KIND``; there is no list to add it to. Nothing here
imports torch before it is asked for a target.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any

from conformance.model.run import TargetInfo
from conformance.targets.interpreter import Interpreter
from conformance.targets.kind import TargetKind
from conformance.targets.torch import kinds
from conformance.targets.torch.presence import TorchMissing, require_torch


class TargetError(Exception):
    """A target cannot be had: one line says which and why."""


@cache
def every_kind() -> dict[str, TargetKind]:
    """All kinds of target by name, the CPU first: the others are compared with it."""
    found = {}
    for module in pkgutil.iter_modules(kinds.__path__):
        kind = importlib.import_module(f"{kinds.__name__}.{module.name}").KIND
        found[kind.name] = kind
    return dict(sorted(found.items(), key=lambda item: (not item[0].startswith("cpu"), item[0])))


def available_targets() -> list[TargetInfo]:
    """Every target that was looked for, each with what it is or why it is not here. Works without torch."""
    try:
        torch = require_torch()
    except TorchMissing as missing:
        return [info for kind in every_kind().values() for info in kind.missing(str(missing))]
    return [info for kind in every_kind().values() for info in look(kind, torch)]


def look(kind: TargetKind, torch: Any) -> list[TargetInfo]:
    """What a kind finds; a driver that fails while it is asked is a reason like any other."""
    try:
        return kind.look(torch)
    except Exception as error:
        return kind.missing(f"looking for it failed with {type(error).__name__}: {' '.join(str(error).split())[:200]}")


def choose_targets(asked: Iterable[str]) -> list[str]:
    """The names of the targets to test: those asked for, or all that are here; ``TargetError`` where there is none."""
    found = {info.name: info for info in available_targets()}
    here = [name for name, info in found.items() if info.available]
    if not here:
        raise TargetError(next(iter(found.values())).detail)
    chosen = []
    for name in asked:
        kind = kind_of(name)
        name = kind.first if name == kind.name else name
        if name not in here:
            near = found.get(name, found.get(kind.first))
            why = near.detail if near is not None and not near.available else f"there is {', '.join(here)}"
            raise TargetError(f"target {name} is not here: {why}")
        chosen.append(name)
    return list(dict.fromkeys(chosen)) or here


def open_target(name: str) -> Interpreter:
    """The target called ``name``; ``TargetError`` where there is none, or it is not here.

    ``cuda`` means ``cuda:0``, and likewise for every kind that is numbered.
    """
    (name,) = choose_targets([name])
    return kind_of(name).open(name)


def kind_of(name: str) -> TargetKind:
    """The kind to which a target's name belongs; ``TargetError`` names the nearest."""
    head, colon, number = name.partition(":")
    kind = every_kind().get(head)
    if kind is not None and (not colon or (kind.numbered and number.isdecimal())):
        return kind
    known = [each.first for each in every_kind().values()]
    near = get_close_matches(name, [*known, *every_kind()], 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise TargetError(f"no target is called {name!r}{hint} (known: {', '.join(known)})")
