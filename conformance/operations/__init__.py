"""The declarations: a module per area, discovered. Each is a list of ``Operation(...)`` and nothing else.

An operation declared in a module of this package is part of every suite; there is no list to add it to.
"""

from __future__ import annotations

import importlib
import pkgutil
from difflib import get_close_matches
from functools import cache

from conformance.operation import Operation


@cache
def every_operation() -> dict[str, Operation]:
    """All operations by name, in the order of their declarations; aliases after what they are aliases of."""
    found: dict[str, Operation] = {}
    for declared in _declared().values():
        for operation in declared:
            for one in (operation, *(operation.under_alias(alias) for alias in operation.aliases)):
                if one.name in found:
                    raise ValueError(f"operation {one.name} is declared twice; give one another name")
                found[one.name] = one
    return found


def _declared() -> dict[str, list[Operation]]:
    """The declarations of every module."""
    found: dict[str, list[Operation]] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        lists = vars(importlib.import_module(f"{__name__}.{module}")).values()
        found[module] = [one for declared in lists if isinstance(declared, list) for one in declared]
    return found


@cache
def companions() -> dict[str, Operation]:
    """What a program may do beside torch's operations: no promise of torch's, so nothing that is tested by itself."""
    modules = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    return {one.name: one for module in modules for one in getattr(module, "COMPANIONS", ())}


@cache
def families() -> dict[str, str]:
    """The module in which each operation is declared."""
    where = {operation.name: module for module, declared in _declared().items() for operation in declared}
    return {name: where[one.alias_of or name] for name, one in every_operation().items()}


@cache
def find(name: str) -> Operation:
    """The operation called ``name``; a ``KeyError`` names the nearest one."""
    operations = every_operation()
    if name in companions():
        return companions()[name]
    if name not in operations:
        near = get_close_matches(name, operations, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise KeyError(f"no operation is called {name!r}{hint}")
    return operations[name]
