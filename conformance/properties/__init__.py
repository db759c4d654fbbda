"""The properties, one file each, discovered: what each derives from a case, and what must then hold."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from conformance.properties.base import Property


@cache
def every_property() -> dict[str, Property]:
    """All properties by name."""
    found: dict[str, Property] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        declared = getattr(importlib.import_module(f"{__name__}.{module.name}"), "PROPERTY", None)
        if isinstance(declared, Property):
            found[declared.name] = declared
    return found
