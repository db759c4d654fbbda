"""Everything that is known of one operation."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.commands import CommandError
from conformance.commands.display import print_json, print_line
from conformance.commands.list import dtypes_text, facts
from conformance.environment import ROOT
from conformance.operation import ALL, Operation, Parameter
from conformance.operations import families, find
from conformance.properties import every_property
from conformance.properties.base import Property
from conformance.targets.reference import ReferenceTarget
from reference.function import Function
from reports.words import basis_line

HELP = "everything that is known of one operation"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("operation", metavar="OPERATION", help="its name, as list shows it")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the facts, the properties that apply and what the reference says."""
    try:
        operation = find(arguments.operation)
    except KeyError as error:
        raise CommandError(str(error.args[0])) from None
    if arguments.json:
        applying = [prop.name for prop in properties_of(operation)]
        print_json(facts(operation) | {"properties": applying, "reference": "\n".join(reference_lines(operation))})
        return 0
    for line in lines(operation):
        print_line(line)
    return 0


def lines(operation: Operation) -> Iterator[str]:
    """The page on an operation."""
    yield f"{operation.name} ({families()[operation.name]}): {operation.effect.value}"
    yield f"  basis     {basis_line(operation.basis)}"
    yield f"  accuracy  {operation.accuracy.words}"
    yield f"  gradient  {operation.gradient.words if operation.gradient is not None else 'none'}"
    yield f"  dtypes    {dtypes_text(operation)}"
    yield f"  refused   {', '.join(dtype.name for dtype in ALL if dtype not in operation.dtypes) or 'no dtype'}"
    yield "spellings"
    for form, path in operation.spellings.items():
        yield f"  {form.value:<20} {path}"
    yield "parameters"
    for parameter in operation.parameters:
        yield f"  {parameter.name:<10} {parameter_words(parameter)}"
    yield "properties"
    for prop in properties_of(operation):
        yield f"  {prop.name:<12} {prop.claim}"
    yield "reference"
    yield from (f"  {line}" for line in reference_lines(operation))


def parameter_words(parameter: Parameter) -> str:
    """What kind of parameter it is, and in what it differs from the usual one of its kind."""
    kind = type(parameter)
    meaning = (inspect.getdoc(kind) or kind.__name__).splitlines()[0]
    notes = [f"{name}={_short(value)}" for name, value in _unusual(parameter)]
    return f"{meaning}{' (' + ', '.join(notes) + ')' if notes else ''}"


def _unusual(parameter: Any) -> Iterator[tuple[str, Any]]:
    """The fields that are not at their default."""
    for field in dataclasses.fields(parameter) if dataclasses.is_dataclass(parameter) else ():
        value = getattr(parameter, field.name)
        if field.name != "name" and value != field.default and not callable(value):
            yield field.name, value


def _short(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value))})"
    return str(getattr(value, "name", value))


def properties_of(operation: Operation) -> list[Property]:
    """The properties that say something of an operation on a target that shows everything."""
    return [prop for prop in every_property().values() if prop.applies(operation, ReferenceTarget())]


def reference_lines(operation: Operation) -> list[str]:
    """Where the reference function is, what it says of itself, and the arguments that have a vjp."""
    declared = operation.reference
    source = declared.forward if isinstance(declared, Function) else declared
    source = getattr(declared, "kernel", source)
    found = [_place(source), *(inspect.getdoc(source) or "no docstring").splitlines()]
    if isinstance(declared, Function) and declared.vjps:
        found.append(f"vjp with respect to {', '.join(declared.vjps)}; node {_node(declared)}")
    return found


def _node(function: Function) -> str:
    return function.node if isinstance(function.node, str) else "by its arguments"


def _place(source: Any) -> str:
    try:
        path = Path(inspect.getsourcefile(source) or "")
        _, line = inspect.getsourcelines(source)
    except (OSError, TypeError):
        return str(getattr(source, "__module__", "unknown"))
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return f"{shown.as_posix()}:{line}"
