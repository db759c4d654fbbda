"""What the installed torch offers: its in-place methods, operators and constructors, and what the manual lists."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from conformance.coverage import Listed, Offered
from conformance.targets.torch.presence import require_torch

IN_PLACE = "in place"
OPERATORS = "operators"
CONSTRUCTORS = "like and new"
_PYTHON = frozenset(name for name in vars(operator) if name.startswith("__") and callable(getattr(operator, name)))


def offered(lists: Iterable[Listed]) -> list[Offered]:
    """Every family: the lists of the manual, then what is found in torch itself."""
    torch = require_torch()
    return [*(_of_manual(torch, listed) for listed in lists), *(find(torch) for find in _FOUND)]


def _of_manual(torch: Any, listed: Listed) -> Offered:
    """The names of a list, and their methods, functions and out= forms."""
    here = [name for name in listed.names if _lookup(torch, name) is not None]
    names = dict.fromkeys(spelling for name in here for spelling in (name, *_relatives(torch, name)))
    absent = tuple(name for name in listed.names if name not in here)
    return Offered(listed.family, listed.url, tuple(names), absent)


def _relatives(torch: Any, name: str) -> Iterator[str]:
    """The same thing spelled as a function, as a method and with out=, where torch documents these."""
    owner, _, last = name.rpartition(".")
    other = f"{'torch' if owner == 'Tensor' else 'Tensor'}.{last}"
    if owner in ("torch", "Tensor") and _is_documented(_lookup(torch, other)):
        yield other
    function = f"torch.{last}" if owner == "Tensor" else name
    if _takes_out(_lookup(torch, function)):
        yield f"{function}(out=)"


def _in_place(torch: Any) -> Offered:
    """Every method whose name ends in one underscore, and the same without it."""
    methods = [name for name in dir(torch.Tensor) if re.fullmatch(r"[a-z](\w*[a-z0-9])?_", name)]
    names = []
    for method in methods:
        plain = f"Tensor.{method.removesuffix('_')}"
        names.append(f"Tensor.{method}")
        if _is_documented(_lookup(torch, plain)):
            names.append(plain)
        names += [name for name in _relatives(torch, plain) if name.startswith("torch.")]
    return Offered(IN_PLACE, "torch.Tensor's methods that end in one underscore", tuple(dict.fromkeys(names)))


def _operators(torch: Any) -> Offered:
    """Every method behind an operator of Python's, reflected ones too."""
    names = [f"Tensor.{name}" for name in dir(torch.Tensor) if name in _PYTHON or "__" + name[3:] in _PYTHON]
    return Offered(OPERATORS, "torch.Tensor's methods behind Python's operators", tuple(names))


def _constructors(torch: Any) -> Offered:
    """new_* methods and *_like functions."""
    new = [f"Tensor.{name}" for name in dir(torch.Tensor) if name.startswith("new_")]
    like = [f"torch.{name}" for name in dir(torch) if re.fullmatch(r"[a-z]\w*_like", name)]
    return Offered(CONSTRUCTORS, "torch's functions and methods of these names", (*like, *new))


_FOUND: tuple[Callable[[Any], Offered], ...] = (_in_place, _operators, _constructors)


def _lookup(torch: Any, name: str) -> Any:
    """What a spelling means, or None."""
    found = torch.Tensor if name.startswith("Tensor.") else torch
    for part in name.split(".")[1:]:
        found = getattr(found, part, None)
    return found


def _is_documented(found: Any) -> bool:
    """Whether it is a function that says what it does; an attribute is in a list of the manual or nowhere."""
    return callable(found) and bool((getattr(found, "__doc__", None) or "").strip())


def _takes_out(found: Any) -> bool:
    """Whether a signature in the documentation of a function has the argument out."""
    name = getattr(found, "__name__", "")
    signatures = re.findall(rf"^\s*{re.escape(name)}\(.*$", getattr(found, "__doc__", None) or "", re.MULTILINE)
    return bool(name) and any(re.search(r"\bout\s*[:=]", line) for line in signatures)
