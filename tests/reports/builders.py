"""Synthetic runs: small and clean, with findings, hostile, cut short, empty, huge."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from conformance.model.case import Case, Drawn, Input, Literal, Ref, Step
from conformance.model.codec import encode_case
from conformance.model.run import (
    Cell,
    CellEvent,
    CrashEvent,
    DiscrepancyEvent,
    Environment,
    Event,
    FinishEvent,
    NoteEvent,
    Run,
    TargetInfo,
)
from conformance.model.verdict import (
    Basis,
    Derived,
    Discrepancy,
    Documented,
    Element,
    Observed,
    Outcome,
    Severity,
    Tally,
)
from conformance.recorder import Recorder

TARGETS = (
    TargetInfo("cpu", True, "AVX-512, 2 threads"),
    TargetInfo("meta", True, "shapes and dtypes only"),
    TargetInfo("cpu+compile", True, "inductor"),
    TargetInfo("cuda:0", False, "torch was built without CUDA"),
)
ENVIRONMENT = Environment(
    run_id="2026-01-09T10-12-44",
    started="2026-01-09T10:12:44Z",
    profile="standard",
    seed=20260109,
    versions={"torch": "2.13.0+cpu", "numpy": "2.3.1", "ml_dtypes": "0.5.1", "python": "3.11.9", "suite": "0.1.0"},
    machine={"cpu": "Example CPU, AVX-512", "cores": "4", "system": "Linux 6.1", "gpu": "none"},
    flags={
        "float32_matmul_precision": "highest",
        "deterministic_algorithms": "False",
        "flush_denormal": "False",
        "num_threads": "1",
        "mkldnn.enabled": "True",
    },
    targets=TARGETS,
    suite_hash="5f1d0c77ab12",
    collect_env="PyTorch version: 2.13.0+cpu\nIs debug build: False\n",
)
FAMILIES = {
    "creation": ["arange", "full", "linspace", "zeros"],
    "elementwise": ["abs", "add", "clamp", "div", "exp", "log", "mul", "pow", "sigmoid", "sqrt", "tanh"],
    "reduction": ["max", "mean", "sum"],
    "view": ["as_strided", "expand", "permute", "select", "unfold", "view"],
    "network": ["conv2d", "cross_entropy", "linear"],
}
PROPERTIES = ["agrees", "aliasing", "gradient", "in place", "layout", "metadata", "out", "refusal"]
DTYPES = ["int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64"]


def cell(
    operation: str = "add",
    property: str = "agrees",
    target: str = "cpu",
    dtype: str = "float32",
    outcome: Outcome = Outcome.HELD,
    checks: int = 64,
    ulps: float = 0.0,
    given: str = "",
    family: str = "elementwise",
    cases: str = "c0ffee",
) -> Cell:
    alone = outcome in (Outcome.HELD, Outcome.VACUOUS, Outcome.INAPPLICABLE)
    counts: dict[Outcome, int] = {outcome: checks} if alone else {outcome: 2, Outcome.HELD: checks - 2}
    return Cell(operation, family, property, target, dtype, Tally(counts, ulps, given), cases, 0.01)


def small_case(operation: str = "exp", dtype: str = "float32") -> Case:
    values = Literal(struct.pack("<4f", 78.98359, -0.0, 1.0, float("inf")))
    given = Input("x", (2, 2), dtype, (1, 2), 0, 4, values)
    return Case((given,), (Step(operation, "method", (Ref("x"),), (), ("y",)),))


def discrepancy(
    operation: str = "exp",
    property: str = "agrees",
    target: str = "cpu",
    dtype: str = "float32",
    severity: Severity = Severity.TOLERANCE,
    basis: Basis | None = None,
    pattern: str = "finite",
    aspect: str = "values",
    ulps: float | None = 4.0,
    case: Case | None = None,
    deviation: str = "",
) -> Discrepancy:
    element = Element((0, 0), "1.9947859e+34", "1.9947866e+34", "0x7875e0f3", "0x7875e0f7", ulps)
    return Discrepancy(
        operation=operation,
        property=property,
        target=target,
        dtype=dtype,
        aspect=aspect,
        severity=severity,
        step=0,
        variable="y",
        expected="tensor([[1.9947859e+34, 2.7182817], [1.0, inf]])",
        actual="tensor([[1.9947866e+34, 2.7182817], [1.0, inf]])",
        basis=basis or Documented(f"https://docs.pytorch.org/docs/stable/generated/torch.{operation}.html", "y = e^x"),
        case=case or small_case(operation, dtype),
        elements=(element,),
        wrong=1,
        compared=4,
        worst_ulps=ulps,
        allowed="at most 2 ulp of the exact result, rounded once",
        pattern=pattern,
        confirmed=(3, 3),
        script=f"import torch\nx = torch.tensor([78.98359])\nprint(torch.{operation}(x))\nraise SystemExit(1)\n",
        deviation=deviation,
    )


def clean_run() -> Run:
    """Every operation held on three targets; cuda was not there."""
    cells = [
        cell(operation, prop, target, dtype, family=family, ulps=_ulps(operation, dtype, prop), given="x = 78.98359")
        for family, operations in FAMILIES.items()
        for operation in operations
        for target in ("cpu", "meta", "cpu+compile")
        for prop in (["metadata", "refusal"] if target == "meta" else PROPERTIES)
        for dtype in DTYPES
        if not (target == "cpu+compile" and family == "creation")
    ]
    return Run(ENVIRONMENT, cells, finished=[FinishEvent("main", 0, 212.4)])


def _ulps(operation: str, dtype: str, prop: str) -> float:
    if prop != "agrees" or not dtype.startswith(("float", "bfloat")):
        return 0.0
    spread = (sum(map(ord, operation)) * 37 + len(dtype) * 11) % 200
    return 0.0 if operation in ("abs", "clamp") else 0.5 + spread / 150


def run_with_findings() -> Run:
    """Nine discrepancies of six causes, a known deviation, a crash, notes."""
    run = clean_run()
    outcomes = {
        ("exp", "agrees", "cpu", "float32"): Outcome.BROKE,
        ("exp", "agrees", "cpu", "float64"): Outcome.BROKE,
        ("exp", "agrees", "cpu+compile", "float32"): Outcome.BROKE,
        ("unfold", "aliasing", "cpu", "int64"): Outcome.BROKE,
        ("max", "agrees", "cpu", "float32"): Outcome.BROKE,
        ("clamp", "refusal", "meta", "int32"): Outcome.BROKE,
        ("arange", "agrees", "cpu", "float32"): Outcome.KNOWN,
        ("conv2d", "gradient", "cpu", "bfloat16"): Outcome.VACUOUS,
    }
    run.cells = [
        cell(c.operation, c.property, c.target, c.dtype, outcomes[key], 64, 4.0, "x = 78.98359", c.family)
        if (key := (c.operation, c.property, c.target, c.dtype)) in outcomes
        else c
        for c in run.cells
        if c.operation != "pow" or c.target != "cpu+compile"
    ]
    run.cells += [cell("pow", p, "cpu+compile", "float32", Outcome.VACUOUS, 8) for p in ("agrees", "layout")]
    program = Case(
        (
            Input("x", (5,), "int64", (1,), 0, 5, Drawn("small", 77, 2, ((0, 3),))),
            Input("n", (3,), "float32", (-1,), 2, 3, Literal(struct.pack("<3f", 0.1, 2.5, -1.0)), False, True, False),
        ),
        (
            Step("unfold", "method", (Ref("x"), 0, 2, 1), (), ("w",)),
            Step("fill", "in place", (Ref("w"), 7), (), ("w",), grad=False),
        ),
        seed=3,
    )
    run.discrepancies = [
        discrepancy(),
        discrepancy(dtype="float64", ulps=2.5),
        discrepancy(target="cpu+compile", ulps=9.0),
        discrepancy(
            "unfold", "aliasing", dtype="int64", severity=Severity.METADATA, aspect="storage", pattern="",
            ulps=None, case=program, basis=Derived("a view shares the storage of its base, so a write shows in both"),
        ),
        discrepancy("max", severity=Severity.SILENT_WRONG, pattern="nan", ulps=float("nan")),
        discrepancy(
            "clamp", "refusal", "meta", "int32", Severity.ERROR_KIND, aspect="refusal", pattern="", ulps=None,
            basis=Observed("2.12"),
        ),
        discrepancy("arange", pattern="last", ulps=3.0, deviation="arange-float32-last"),
    ]  # fmt: skip
    run.crashes = [CrashEvent("as_strided", "cpu", "SIGSEGV after 0.2 s", encode_case(program))]
    run.notes = [
        NoteEvent("warning", "cpu+compile: 4 operations were left out, the time for compiling was used up"),
        NoteEvent("info", "deviation 'sum-overflow' passed unexpectedly: delete it"),
    ]
    return run


HOSTILE = "<script>alert(1)</script>&\"'</pre></style>\x00\x1b\u2028{{ 7*7 }}"


def hostile_run() -> Run:
    """Markup, control characters and template syntax wherever a text can stand."""
    run = run_with_findings()
    element = Element((0,), HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1.0)
    case = Case((Input(HOSTILE, (1,), HOSTILE, (1,), 0, 1, Literal(b"x")),), (Step(HOSTILE, HOSTILE, (HOSTILE,)),))
    run.discrepancies.append(
        replace(
            discrepancy(HOSTILE, HOSTILE, HOSTILE, HOSTILE, basis=Documented("javascript:alert(1)", HOSTILE)),
            expected=HOSTILE, actual=HOSTILE, elements=(element,), allowed=HOSTILE, pattern=HOSTILE, script=HOSTILE,
            variable=HOSTILE, aspect=HOSTILE, case=case, deviation="",
        )
    )  # fmt: skip
    run.discrepancies.append(discrepancy(basis=Derived(HOSTILE), deviation=HOSTILE, pattern="p"))
    run.cells.append(cell(HOSTILE, HOSTILE, HOSTILE, HOSTILE, family=HOSTILE, given=HOSTILE, ulps=1e9))
    run.crashes.append(CrashEvent(HOSTILE, HOSTILE, HOSTILE, HOSTILE))
    run.notes.append(NoteEvent(HOSTILE, HOSTILE))
    environment = replace(run.environment, collect_env=HOSTILE, flags={HOSTILE: HOSTILE}, run_id=HOSTILE)
    return replace_environment(run, environment)


def empty_run() -> Run:
    """Nothing was checked, though everything finished."""
    return Run(ENVIRONMENT, finished=[FinishEvent("main", 0, 1.0)])


def cut_short_run() -> Run:
    run = clean_run()
    run.finished = []
    run.unfinished = ["main"]
    return run


def smoke_run() -> Run:
    return replace_environment(clean_run(), replace(ENVIRONMENT, profile="smoke"))


def replace_environment(run: Run, environment: Environment) -> Run:
    return Run(environment, run.cells, run.discrepancies, run.crashes, run.notes, run.finished, run.unfinished)


def huge_run(operations: int = 300, targets: int = 5, properties: int = 10, dtypes: int = 12, found: int = 2000) -> Run:
    """As large as a thorough run gets, and with more discrepancies than any page can show."""
    infos = tuple(TargetInfo(f"device:{number}", True, "") for number in range(targets))
    names = [f"operation_{number:04}" for number in range(operations)]
    kinds = (["bool", "uint8", "int8", "int16", *DTYPES, "complex128"] * 9)[:dtypes]
    kinds = [f"{kind}{n // 12 or ''}" for n, kind in enumerate(kinds)]
    cells = [
        cell(name, f"property {p}", info.name, dtype, ulps=0.5 + (p * len(dtype)) % 7, family=f"family {name[-2]}")
        for name in names
        for info in infos
        for p in range(properties)
        for dtype in kinds
    ]
    long = "x" * 50_000
    shown = [
        replace(
            discrepancy(names[n % len(names)], f"property {n % 7}", f"device:{n % targets}", pattern=f"p{n % 50}"),
            expected=long, actual=long, script=long,
        )
        for n in range(found)
    ]  # fmt: skip
    return Run(replace(ENVIRONMENT, targets=infos), cells, shown, finished=[FinishEvent("main", 1, 9999.0)])


def events_of(run: Run) -> Iterator[Event]:
    yield from map(CellEvent, run.cells)
    yield from map(DiscrepancyEvent, run.discrepancies)
    yield from run.crashes
    yield from run.notes
    yield from run.finished


def store(run: Run, directory: Path) -> Path:
    """Write a run to a directory the way the engine does."""
    with Recorder(directory) as recorder:
        recorder.write_environment(run.environment)
        for event in events_of(run):
            recorder.record(event)
    return directory
