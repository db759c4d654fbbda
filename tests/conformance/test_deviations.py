"""The known deviations: faulty entries are refused, stale ones fail, and none hides other faults."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import torch

from conformance import discrepancy, verify_deviations
from conformance.choices import SeededChoices
from conformance.commands import evidence
from conformance.deviations import Deviation, DeviationError, every_deviation, matching
from conformance.discrepancy import reduced
from conformance.examine import REFERENCE
from conformance.model.case import Case, Input, Literal, Ref, Step
from conformance.model.codec import encode_case
from conformance.model.run import DiscrepancyEvent, Event, NoteEvent
from conformance.model.verdict import Outcome
from conformance.operation import Effect, Form, Operation
from conformance.operations import every_operation, find
from conformance.profiles import PROFILES
from conformance.strategies.cases import draw_case, dtypes_of
from conformance.structures import draw_structure
from conformance.targets.torch.eager import MetaTarget, TorchTarget
from conformance.verify import Verification
from conformance.verify_deviations import DeviationVerification, properties_of, replay

# As an error, a warning would look like a refusal.
pytestmark = pytest.mark.filterwarnings("ignore")

SEEDS = 3
TODAY = date(2026, 6, 1)


def called(operation: str, dtype: str, size: int) -> Case:
    """A call on a vector of zeros."""
    given = Input("input", (4,), dtype, (1,), 0, 4, Literal(bytes(4 * size)))
    return Case((given,), (Step(operation, Form.FUNCTION, (Ref("input"),), (), ("result",)),))


BREAKS = called("abs", "bool", 1)  # no device with data has it; meta looks at no dtype
HOLDS = called("abs", "float32", 4)
ENTRY = {
    "operation": "abs",
    "aspect": "refusal",
    "expected": "*not implemented*",
    "target": "meta",
    "reason": "bug",
    "why": "It is so.",
    "owner": "somebody",
    "expires": date(2027, 6, 1),
    "witness": encode_case(BREAKS),
}


def written(directory: Path, **changes: Any) -> tuple[Deviation, ...]:
    """What is read from a file with one entry; a change to None leaves the key out."""
    entry = {key: value for key, value in {**ENTRY, **changes}.items() if value is not None}
    lines = [f"{key} = {value if isinstance(value, date) else repr(value)}" for key, value in entry.items()]
    (directory / "some.toml").write_text("\n".join(("[known]", *lines)), "utf-8")
    return every_deviation(directory)


def test_an_entry_is_read(tmp_path: Path) -> None:
    (entry,) = written(tmp_path)
    assert (entry.file, entry.name, entry.property, entry.witness) == ("some.toml", "known", "*", BREAKS)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"operations": "abs"}, "unknown key 'operations' (known: operation, "),
        ({"operation": "abss"}, "no operation is called 'abss'; nearest: abs"),
        ({"operation": "abs, xyzzyx"}, "no operation is called 'xyzzyx'; nearest: none"),
        ({"why": None}, "'why' must be given, as a str"),
        ({"expires": "2027-06-01"}, "'expires' must be given, as a date"),
        ({"processors": "none"}, "processors must be one of all, some"),
        ({"reason": "because"}, "reason must be one of bug, "),
        ({"where": "here"}, "where must be one of out is an input, "),
        ({"torch": "two"}, "Invalid specifier: 'two'"),
        ({"witness": "{"}, ""),
    ],
)
def test_a_faulty_entry_is_refused_with_one_line(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(DeviationError) as refused:
        written(tmp_path, **changes)
    text = str(refused.value)
    assert text.startswith("some.toml [known]: ")
    assert said in text
    assert "\n" not in text


@pytest.mark.parametrize(("text", "said"), [("known = 3", "[known]: must be a table"), ("[", "some.toml: ")])
def test_what_is_no_entry_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "some.toml").write_text(text, "utf-8")
    with pytest.raises(DeviationError, match=r"some\.toml") as refused:
        every_deviation(tmp_path)
    assert said in str(refused.value)


def test_several_operations_and_targets_may_be_named(tmp_path: Path) -> None:
    (entry,) = written(tmp_path, operation="abs, bitwise_*", target="cpu, cuda*")
    assert [entry.names(name) for name in ("abs", "bitwise_or", "add")] == [True, True, False]
    assert [entry.concerns(name) for name in ("cpu", "cuda:1", "meta", "cpu+compile")] == [True, True, False, False]


def test_an_entry_about_another_release_is_not_in_force(tmp_path: Path) -> None:
    (entry,) = written(tmp_path, torch="==1.0.*")
    assert not entry.in_force()


# -- replaying -----------------------------------------------------------------------------------------------------


def verified(entry: Deviation, today: date = TODAY) -> tuple[list[str], list[Event]]:
    """What is wrong with an entry on meta, and what was recorded."""
    events: list[Event] = []
    check = DeviationVerification([MetaTarget()], today, events.append)
    check.check(entry)
    return check.finish(), events


@pytest.fixture
def unconfirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No script is run, and each counts as one that showed it: importing torch for it takes seconds."""
    shown = {"confirmed": (1, 1)}
    monkeypatch.setattr(verify_deviations, "confirmed", lambda found, times: [replace(one, **shown) for one in found])


def test_a_witness_that_breaks_is_recorded_as_known_with_a_confirmed_script(tmp_path: Path) -> None:
    (entry,) = written(tmp_path)
    problems, events = verified(entry)
    (event,) = events
    assert not problems
    assert isinstance(event, DiscrepancyEvent)
    found = event.discrepancy
    assert (found.operation, found.target, found.dtype, found.deviation) == ("abs", "meta", "bool", "known")
    assert found.property == "metadata", "the property that the witness is a plain case of"
    assert found.case == BREAKS
    assert found.confirmed == (1, 1)
    assert "torch.abs" in found.script


@pytest.mark.parametrize(
    "changes",
    [
        {"witness": encode_case(HOLDS)},
        {"expected": "*some other error*"},
        {"aspect": "shape"},
        {"property": "refusal", "dtype": "float*"},
    ],
)
def test_a_witness_that_does_not_break_as_described_fails_and_shows_the_entry(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    (entry,) = written(tmp_path, **changes)
    problems, events = verified(entry)
    (problem,) = problems
    assert "conformance/deviations/some.toml [known] passed unexpectedly" in problem
    assert "[known]\noperation = 'abs'" in problem
    assert events == [NoteEvent("error", problem.splitlines()[0])]


def test_an_entry_about_some_processors_is_noted_where_it_does_not_show(tmp_path: Path) -> None:
    (entry,) = written(tmp_path, witness=encode_case(HOLDS), processors="some")
    problems, events = verified(entry)
    assert not problems
    assert [event.text for event in events if isinstance(event, NoteEvent)] == [
        "deviation conformance/deviations/some.toml [known] does not show on this processor"
    ]


@pytest.mark.parametrize("changes", [{"target": "cuda*"}, {"property": "gradient"}])
def test_an_entry_about_other_targets_or_properties_is_left_alone(tmp_path: Path, changes: dict[str, Any]) -> None:
    (entry,) = written(tmp_path, witness=encode_case(HOLDS), **changes)
    assert verified(entry) == ([], [])


@pytest.mark.parametrize(("name", "aspect", "taken"), [("abs", "values", 1), ("exp", "values", 0), ("exp", "dtype", 1)])
def test_a_rounded_value_is_no_witness_in_programs(tmp_path: Path, name: str, aspect: str, taken: bool) -> None:
    witness = encode_case(called(name, "float32", 4))
    (entry,) = written(tmp_path, operation=name, aspect=aspect, witness=witness, target="cpu")
    replayed = [prop.name for prop in properties_of(entry, TorchTarget("cpu"))]
    assert ("programs" in replayed) == taken
    assert "agrees" in replayed


def test_a_call_without_out_is_no_witness_of_it(tmp_path: Path) -> None:
    witness = encode_case(called("exp", "float32", 4))
    (entry,) = written(tmp_path, operation="exp", witness=witness, target="cpu")
    assert "out" not in [prop.name for prop in properties_of(entry, TorchTarget("cpu"))]


@pytest.mark.parametrize(("known_up_to", "shape"), [(-1, ()), (3, (4,))])
def test_what_breaks_is_not_reduced_to_what_is_known(
    known_up_to: int, shape: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (entry,) = written(tmp_path)
    failure = replay(entry, MetaTarget())
    assert failure is not None

    def matching(*seen: Any) -> Deviation | None:
        return entry if math.prod(seen[-1].inputs[0].shape) <= known_up_to else None

    monkeypatch.setattr(discrepancy, "matching", matching)
    assert reduced(failure, MetaTarget()).case.inputs[0].shape == shape


@pytest.mark.usefixtures("unconfirmed")
@pytest.mark.parametrize(("days", "noted"), [(15, False), (14, True), (0, True)])
def test_an_entry_that_is_about_to_expire_is_noted(tmp_path: Path, days: int, noted: bool) -> None:
    (entry,) = written(tmp_path, expires=TODAY + timedelta(days=days))
    problems, events = verified(entry)
    assert not problems
    assert [isinstance(event, NoteEvent) for event in events] == [True, False][not noted :]


@pytest.mark.usefixtures("unconfirmed")
def test_an_expired_entry_fails(tmp_path: Path) -> None:
    (entry,) = written(tmp_path, expires=TODAY - timedelta(days=1))
    problems, events = verified(entry)
    assert problems == [
        "conformance/deviations/some.toml [known] expired on 2026-05-31: renew it with a reason, or delete it"
    ]
    assert NoteEvent("error", problems[0]) in events


# -- the entries that there are ------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", [one for one in every_deviation() if one.concerns("meta")], ids=lambda one: one.name)
def test_every_entry_about_meta_describes_its_witness(entry: Deviation) -> None:
    if not entry.in_force() or entry.property == "gradient":
        pytest.skip("not about this torch, or about a property that meta does not have")
    failure = replay(entry, MetaTarget())
    assert failure is not None
    difference = failure.examined.differences[0]
    first = matching(failure.operation, failure.prop.name, "meta", failure.dtype, difference, entry.witness)
    assert first is not None
    assert first.name == entry.name, "another entry is met first, which makes this one useless"


@pytest.mark.parametrize("entry", every_deviation(), ids=lambda one: one.name)
def test_every_witness_is_a_case_that_the_commands_take(entry: Deviation) -> None:
    evidence.check(entry.witness)


def test_every_script_of_an_entry_shows_it() -> None:
    events: list[Event] = []
    cpu = TorchTarget("cpu")
    cpu.parallel = True  # as in a worker
    check = DeviationVerification([cpu, MetaTarget()], TODAY, events.append)
    for entry in every_deviation():
        if entry.in_force():
            check.check(entry)
    assert check.finish() == []
    assert [event.text for event in events if isinstance(event, NoteEvent) and event.level != "info"] == []


Fault = Callable[[torch.Tensor], torch.Tensor]


class Planted(MetaTarget):
    """The meta device, each of whose results has a fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.fault = fault

    def call(self, step: Step, args: Any, kwargs: dict[str, Any]) -> Any:
        return self._faulty(super().call(step, args, kwargs))

    def _faulty(self, result: Any) -> Any:
        if isinstance(result, tuple):
            return tuple(map(self._faulty, result))
        return self.fault(result) if isinstance(result, torch.Tensor) else result


def other_dtype(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to(torch.int16 if tensor.dtype is torch.int32 else torch.int32)


def spread(tensor: torch.Tensor) -> torch.Tensor:
    strides = [2 * stride for stride in tensor.stride()]
    return torch.empty_strided(tensor.shape, strides, dtype=tensor.dtype, device="meta")


FAULTS: dict[str, Fault] = {
    "shape": lambda tensor: tensor.unsqueeze(0),
    "dtype": other_dtype,
    "strides": spread,
}
MAKING = [one for one in every_operation().values() if one.effect in (Effect.NEW, Effect.CREATES) and one.functional]


@pytest.mark.parametrize("declared", MAKING, ids=lambda one: one.name)
@pytest.mark.parametrize("aspect", FAULTS)
def test_no_entry_hides_a_wrong_shape_dtype_or_stride(aspect: str, declared: Operation) -> None:
    found = aspects_broken(declared, Planted(FAULTS[aspect]), aspect)
    if aspect == "strides" and aspect not in found and result_is_small(declared):
        pytest.skip("its results have no dimension whose stride would address anything")
    if aspect not in found and depends_on_values(declared):
        pytest.skip("its results have a shape that depends on values, of which meta has none")
    assert aspect in found


@pytest.mark.parametrize("name", ["exp", "add", "mul", "where", "neg"])
def test_a_result_that_is_contiguous_and_should_not_be_is_seen(name: str) -> None:
    found = aspects_broken(find(name), Planted(lambda tensor: tensor.contiguous()))
    assert "strides" in found


def test_without_a_fault_nothing_is_seen() -> None:
    for name in ("exp", "add", "pow", "logical_and", "matmul_1d_2d"):
        assert not aspects_broken(find(name), MetaTarget())


def aspects_broken(operation: Operation, target: MetaTarget, sought: str = "") -> set[str]:
    """The aspects in which something broke that no entry describes, in a few structures: drawn until one is found."""
    for check in verified_without_values(operation, target):
        found = {aspect for _, aspect, _ in check.failures}
        if sought in found:
            break
    return found


def depends_on_values(operation: Operation) -> bool:
    """Whether meta says that it cannot know."""
    *_, check = verified_without_values(operation, MetaTarget())
    return any(Outcome.INAPPLICABLE in tally.outcomes for tally in check.tallies.values())


def verified_without_values(operation: Operation, target: MetaTarget) -> Iterator[Verification]:
    properties = frozenset({"metadata", "layout"})
    check = Verification(operation, target, PROFILES["smoke"], lambda event: None, only=properties)
    for number, dtype in enumerate(dtypes_of(operation)):
        for seed in range(SEEDS):
            check.check(draw_structure(SeededChoices(100 * number + seed), operation, dtype))
            yield check


def result_is_small(operation: Operation) -> bool:
    """Whether the results of the drawn cases have at most one element a dimension."""
    for number, dtype in enumerate(dtypes_of(operation)):
        for seed in range(SEEDS):
            case = draw_case(SeededChoices(100 * number + seed), operation, dtype)
            expected = REFERENCE.run(case)
            results = [seen for name, seen in expected.last.variables.items() if name.startswith("result")]
            if any(size > 1 for seen in results for size in seen.shape or ()):
                return False
    return True
