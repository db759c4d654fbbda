"""The tree keeps its rules: what is declared is used and documented, torch stays in its room, files stay short."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import operations, properties
from conformance.accuracy import Exact, Unspecified
from conformance.cli import every_command
from conformance.environment import ROOT
from conformance.model.verdict import Derived, Documented, Observed
from conformance.operation import Operation
from conformance.operations import every_operation, families
from conformance.properties import every_property
from conformance.properties.base import Property
from conformance.targets import registry
from conformance.targets.registry import every_kind
from reference.function import Function, comparison
from reports.words import claim
from tests.reference.test_values import PROVED
from tests.reports.builders import discrepancy

CODE = ("conformance", "reference", "reports", "suites")
FINDINGS = ROOT / "docs" / "findings"
LONGEST = 400
TORCH_ROOM = ROOT / "conformance" / "targets" / "torch"


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py") if "out" not in path.parts)


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that a source imports, at its top or inside a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def imports_torch(path: Path) -> bool:
    return any(name.split(".")[0] == "torch" for name in imported(ast.parse(path.read_text("utf-8"))))


def is_public(path: Path) -> bool:
    return bool(path.read_text("utf-8").strip())


@pytest.mark.parametrize("path", sources(*CODE), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_is_short_and_says_what_it_is(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= LONGEST, f"{text.count(chr(10))} lines: more than one story"
    if is_public(path):
        assert ast.get_docstring(ast.parse(text)), "no docstring"


def test_torch_is_imported_in_its_room_alone() -> None:
    outside = [path for path in sources("conformance", "reference", "reports") if not path.is_relative_to(TORCH_ROOM)]
    assert [path for path in outside if imports_torch(path)] == []
    assert imports_torch(TORCH_ROOM / "eager.py"), "the check sees an import where there is one"


def test_the_plugin_and_the_registry_load_without_torch() -> None:
    import subprocess
    import sys

    program = (
        "import sys; sys.modules['torch'] = None\n"
        "import conformance.pytest_plugin, conformance.targets.registry as r, conformance.cli as c\n"
        "r.every_kind(), c.every_command()\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


@pytest.mark.parametrize("declared", every_operation().values(), ids=list(every_operation()))
def test_an_operation_states_what_is_needed_to_check_it(declared: Operation) -> None:
    assert declared.spellings, "no spelling"
    assert declared.accuracy.words
    assert isinstance(declared.basis, (Documented, Derived, Observed))
    if isinstance(declared.basis, Documented):
        assert declared.basis.url.startswith("https://"), "the manual has an address"
    names = [parameter.name for parameter in declared.parameters]
    assert len(names) == len(set(names)), "a parameter is declared twice"
    documented = inspect.getdoc(getattr(declared.reference, "kernel", declared.reference))
    assert documented, f"the reference of {declared.name} has no docstring"


@pytest.mark.parametrize("declared", every_operation().values(), ids=list(every_operation()))
def test_a_vjp_is_checked_by_some_operation(declared: Operation) -> None:
    if not isinstance(declared.reference, Function) or declared.reference.views:
        return
    # The gradient of a draw or a comparison is zero: that its node is there is seen, and there is nothing to bound.
    constant = declared.random or getattr(declared.reference, "promotion", None) is comparison
    if declared.reference.vjps and not constant:
        differentiable = [dtype for dtype in declared.dtypes if dtype.is_differentiable]
        checked = [
            one.name for one in every_operation().values() if one.gradient and one.reference is declared.reference
        ]
        assert checked or not differentiable, "its vjp is never checked"


# What a draw gives is proved by recorded streams and by its distribution.
DRAWS = {"cauchy_", "exponential_", "log_normal_", "normal", "normal_", "randn", "randn_like"}


def test_every_function_that_rounds_is_proved_against_mpmath() -> None:
    """Each operation whose bound allows an error, whose reference must therefore be right to more digits."""
    rounding = {
        getattr(declared.reference, "name", "") or declared.reference.__name__
        for declared in every_operation().values()
        if not declared.accuracy.bitwise and not isinstance(declared.accuracy, Unspecified)
    }
    assert len(rounding) > 120
    assert rounding - DRAWS - PROVED == set()


def test_every_module_of_operations_declares_some() -> None:
    declared = set(families().values())
    assert {info.name for info in pkgutil.iter_modules(operations.__path__)} == declared


def test_every_module_of_properties_is_one() -> None:
    modules = {info.name for info in pkgutil.iter_modules(properties.__path__)} - {"base"}
    found = {prop.name.replace(" ", "_") for prop in every_property().values()}
    assert modules == found, "a module in conformance/properties without PROPERTY, or one whose name is another"


@pytest.mark.parametrize("prop", every_property().values(), ids=list(every_property()))
def test_a_property_has_a_claim_and_words_in_the_report(prop: Property) -> None:
    assert prop.claim.endswith("."), "a claim is a sentence"
    assert claim(discrepancy(property=prop.name)) != f"{prop.name} holds", "the report has no words for it"


@pytest.mark.parametrize("prop", every_property().values(), ids=list(every_property()))
def test_a_property_is_examined_somewhere(prop: Property) -> None:
    """It applies to an operation on a target that is here, or a part of the engine runs it by itself."""
    targets = [registry.open_target(name) for name in registry.choose_targets([])]
    applies = any(prop.applies(operation, target) for operation in every_operation().values() for target in targets)
    home = type(prop).__module__
    assert applies or any(home in imported(ast.parse(path.read_text("utf-8"))) for path in sources(*CODE))


def test_every_kind_of_target_is_documented() -> None:
    page = (ROOT / "docs" / "adding_a_target.md").read_text("utf-8")
    for kind in every_kind().values():
        assert f"`{kind.first}`" in page, f"docs/adding_a_target.md does not name {kind.first}"
        assert inspect.getdoc(inspect.getmodule(type(kind)))


def test_every_property_is_documented() -> None:
    page = (ROOT / "docs" / "reading_a_report.md").read_text("utf-8")
    for name in every_property():
        assert f"| {name} |" in page, f"docs/reading_a_report.md does not name {name}"


def test_every_command_is_documented() -> None:
    page = (ROOT / "README.md").read_text("utf-8")
    for name in every_command():
        assert f"conformance {name}" in page, f"README.md does not name {name}"


def test_links_between_the_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for page in pages:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.relative_to(ROOT)} links to {link}, which is not there"


def test_the_exact_class_is_for_operations_that_round_nothing() -> None:
    """A bound is never forgotten: an operation that computes on floats is not left with the default by accident."""
    rounding = [
        operation.name
        for operation in every_operation().values()
        if isinstance(operation.accuracy, Exact) and families()[operation.name] == "transcendental"
    ]
    assert rounding == []


def test_every_finding_is_on_the_page_of_findings() -> None:
    page = (FINDINGS / "README.md").read_text("utf-8")
    for path in sorted(FINDINGS.glob("[0-9]*.md")):
        title = path.read_text("utf-8").splitlines()[0].removeprefix("# ")
        assert f"- [{title}]({path.name})" in page
