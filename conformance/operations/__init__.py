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
    """All operations by name, in the order of their modules and declarations."""
    found: dict[str, Operation] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        for declared in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            for operation in declared if isinstance(declared, list) else ():
                if operation.name in found:
                    raise ValueError(f"operation {operation.name} is declared twice; give one another name")
                found[operation.name] = operation
    return found


@cache
def companions() -> dict[str, Operation]:
    """What a program may do beside torch's operations: no promise of torch's, so nothing that is tested by itself."""
    modules = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    return {one.name: one for module in modules for one in getattr(module, "COMPANIONS", ())}


@cache
def families() -> dict[str, str]:
    """The module in which each operation is declared."""
    found: dict[str, str] = {}
    for module in pkgutil.iter_modules(__path__):
        for declared in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            found.update({op.name: module.name for op in (declared if isinstance(declared, list) else ())})
    return found


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
