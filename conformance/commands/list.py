"""The operations, or the properties, that the suite knows."""

from __future__ import annotations

import argparse
from typing import Any

from conformance.commands import CommandError
from conformance.commands.display import print_json, print_line, print_table
from conformance.model.verdict import Documented
from conformance.operation import ALL, Operation
from conformance.operations import every_operation, families
from conformance.properties import every_property
from reports.words import basis_line

HELP = "the operations that are checked, or with --properties what is checked of them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--properties", action="store_true", help="list the properties and their claims")
    parser.add_argument("--family", default="", help="only the operations of one module")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the list."""
    if arguments.properties:
        return _properties(arguments.json)
    family = families()
    if arguments.family and arguments.family not in family.values():
        known = ", ".join(sorted(set(family.values())))
        raise CommandError(f"no family is called {arguments.family!r} (known: {known})")
    chosen = [op for op in every_operation().values() if arguments.family in ("", family[op.name])]
    if arguments.json:
        print_json([facts(operation) for operation in chosen])
        return 0
    columns = ("operation", "family", "dtypes", "forms", "accuracy", "basis")
    print_table(columns, [_row(operation) for operation in chosen])
    print_line(f"{len(chosen)} operations")
    return 0


def _properties(as_json: bool) -> int:
    found = list(every_property().values())
    if as_json:
        print_json([{"name": prop.name, "claim": prop.claim} for prop in found])
    else:
        print_table(("property", "what must hold"), [(prop.name, prop.claim) for prop in found])
    return 0


def _row(operation: Operation) -> tuple[str, ...]:
    forms = ", ".join(operation.spellings)
    family = families()[operation.name]
    basis = operation.basis.url if isinstance(operation.basis, Documented) else basis_line(operation.basis)
    return (operation.name, family, dtypes_text(operation), forms, operation.accuracy.words, basis)


def dtypes_text(operation: Operation) -> str:
    """The dtypes by name, or in a word where that is shorter."""
    if set(ALL) <= set(operation.dtypes):
        further = [dtype.name for dtype in operation.dtypes if dtype not in ALL]
        return ", ".join(("all", *further))
    refused = [dtype.name for dtype in ALL if dtype not in operation.dtypes]
    if len(refused) <= 3:
        return f"all but {', '.join(refused)}"
    return ", ".join(dtype.name for dtype in operation.dtypes) or "none"


def facts(operation: Operation) -> dict[str, Any]:
    """What is declared of an operation, as JSON has it."""
    return {
        "name": operation.name,
        "family": families()[operation.name],
        "effect": operation.effect.value,
        "spellings": {form.value: path for form, path in operation.spellings.items()},
        "parameters": [parameter.name for parameter in operation.parameters],
        "dtypes": [dtype.name for dtype in operation.dtypes],
        "refused dtypes": [dtype.name for dtype in ALL if dtype not in operation.dtypes],
        "accuracy": operation.accuracy.words,
        "gradient": operation.gradient.words if operation.gradient is not None else None,
        "results": operation.results,
        "random": operation.random,
        "basis": basis_line(operation.basis),
    }
