"""The codec reads back exactly what it wrote, and says what is wrong with anything else."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.model.case import Case, Device, Dots, Drawn, DTypeName, Hook, Input, Layout, Literal, Ref, Slice, Step
from conformance.model.codec import (
    CodecError,
    decode_case,
    decode_discrepancy,
    decode_environment,
    decode_event,
    encode_case,
    encode_discrepancy,
    encode_environment,
    encode_event,
    fingerprint,
)
from conformance.model.run import CrashEvent, DiscrepancyEvent, Environment, Event, NoteEvent
from tests.conformance.cases import bits, cases, environments, events

X = Input("x", (2, 3), "float32", (3, 1), 0, 6, Drawn("randn", 11, 3, ((1, 2),)))
Y = Input("y", (), "int8", (), 1, 2, Literal(b"\x01\xff"), requires_grad=True, array=True, writeable=False)
ADD = Step("add", "function", (Ref("x"), Ref("y")), (("alpha", 2.5),), ("z",), grad=False)
CASE = Case((X, Y), (ADD,), seed=4)


def case_with(argument: Any) -> Case:
    return Case((), (Step("f", "function", (argument,)),))


def argument_of(text: str) -> Any:
    return decode_case(text).steps[0].args[0]


@given(cases)
def test_a_case_reads_back_bit_for_bit(case: Case) -> None:
    text = encode_case(case)
    assert bits(decode_case(text)) == bits(case)
    assert text.isascii()
    assert "\n" not in text


@given(events)
@settings(max_examples=200)
def test_an_event_reads_back_bit_for_bit(event: Event) -> None:
    text = encode_event(event)
    assert bits(decode_event(text)) == bits(event)
    assert "\n" not in text


@given(events)
def test_a_discrepancy_reads_back_on_its_own(event: Event) -> None:
    if isinstance(event, DiscrepancyEvent):
        assert bits(decode_discrepancy(encode_discrepancy(event.discrepancy))) == bits(event.discrepancy)


@given(environments)
@settings(max_examples=50)
def test_an_environment_reads_back(environment: Environment) -> None:
    assert bits(decode_environment(encode_environment(environment))) == bits(environment)


@pytest.mark.parametrize(
    "argument",
    [
        None, True, 0, 1, -(2**70), 0.0, -0.0, 1.0, 5e-324, 1.7976931348623157e308, float("inf"), float("-inf"),
        float("nan"), struct.unpack(">d", bytes.fromhex("fff0000000000001"))[0], complex(-0.0, float("inf")), "", "é\n",
        "\ud800", Ref("x"), DTypeName("float32"), Slice(1, None, -2), Dots(), Layout("channels_last"), Device("name"),
        Hook("double"),
        (), [], (1, [2.0, (Ref("x"), None)]),
    ],
    ids=repr,
)  # fmt: skip
def test_every_kind_of_argument_keeps_its_type_and_bits(argument: Any) -> None:
    assert bits(argument_of(encode_case(case_with(argument)))) == bits(argument)


def test_a_case_is_written_as_documented() -> None:
    assert json.loads(encode_case(CASE)) == {
        "schema": 1,
        "case": {
            "inputs": [
                {
                    "name": "x", "shape": [2, 3], "dtype": "float32", "strides": [3, 1], "offset": 0, "size": 6,
                    "values": {"type": "Drawn", "mode": "randn", "seed": 11, "row": 3, "specials": [[1, 2]]},
                },
                {
                    "name": "y", "shape": [], "dtype": "int8", "strides": [], "offset": 1, "size": 2,
                    "values": {"type": "Literal", "data": "01ff"},
                    "requires_grad": True, "array": True, "writeable": False,
                },
            ],
            "steps": [
                {
                    "operation": "add", "spelling": "function", "args": [{"ref": "x"}, {"ref": "y"}],
                    "kwargs": [["alpha", {"float": "0x1.4000000000000p+1"}]], "results": ["z"], "grad": False,
                }
            ],
            "seed": 4,
        },
    }  # fmt: skip


def test_the_fingerprint_is_stable_and_tells_cases_apart() -> None:
    assert fingerprint(CASE) == "f90aaeaaf85efed1"
    assert fingerprint(case_with(1)) != fingerprint(case_with(1.0)) != fingerprint(case_with(True))
    assert fingerprint(case_with((1,))) != fingerprint(case_with([1]))
    assert fingerprint(case_with(0.0)) != fingerprint(case_with(-0.0))


GOOD = encode_case(CASE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON: Expecting value (line 1, column 1)"),
        (GOOD[:80], "not JSON: Unterminated string starting at (line 1, column 75)"),
        ("[]", 'not a case: expected an object with "schema" and "case", got []'),
        ("{}", 'not a case: expected an object with "schema" and "case", got {}'),
        (GOOD.replace('"schema":1', '"schema":99'), "schema 99 is unknown: this version reads schema 1"),
        (GOOD.replace('"schema":1', '"schema":true'), "schema True is unknown: this version reads schema 1"),
        ('{"schema":1,"event":{}}', "not a case: expected the keys \"schema\" and \"case\", got ['schema', 'event']"),
        ('{"schema":1,"case":3}', "case: expected an object, got 3"),
        ('{"schema":1,"case":{"inputs":[]}}', "case: field 'steps' of Case is missing"),
        (GOOD.replace('"offset":0', '"offset":0.5'), "case.inputs[0].offset: expected int, got 0.5"),
        (GOOD.replace('"offset":1', '"offset":true'), "case.inputs[1].offset: expected int, got True"),
        (GOOD.replace('"offset":0', '"ofset":0'), "case.inputs[0]: unknown field 'ofset' of Input"),
        (GOOD.replace("[2,3]", '[2,"3"]'), "case.inputs[0].shape[1]: expected int, got '3'"),
        (GOOD.replace("[[1,2]]", "[[1,2,3]]"), "case.inputs[0].values.specials[0]: expected 2 parts, got 3"),
        (GOOD.replace("Literal", "Pickled"), "case.inputs[1].values: unknown type 'Pickled' (known: Drawn, Literal)"),
        (GOOD.replace("01ff", "01f"), "case.inputs[1].values.data: expected pairs of hex digits, got '01f'"),
        (GOOD.replace('{"ref":"y"}', '{"ref":5}'), "case.steps[0].args[1].ref: expected a name, got 5"),
        (GOOD.replace('{"ref":"y"}', "{}"), "case.steps[0].args[1]: an argument has one key, got {}"),
        (
            GOOD.replace('{"ref":"y"}', '{"eval":"1"}'),
            "case.steps[0].args[1]: unknown kind of argument 'eval'"
            " (known: tuple, float, complex, ref, dtype, slice, dots, layout, device, hook)",
        ),
        (
            GOOD.replace('{"ref":"y"}', "2.5"),
            "case.steps[0].args[1]: 2.5 stands bare: an argument that is a float is an object, 'float' its key",
        ),
        (
            GOOD.replace('{"ref":"y"}', '{"tuple":[{"float":"nan:7ff0000000000000"}]}'),
            "case.steps[0].args[1].tuple[0].float: expected inf, -inf or nan:<16 hex digits>,"
            " got 'nan:7ff0000000000000'",
        ),
        (GOOD.replace("0x1.4", "0x1,4"), "case.steps[0].kwargs[0][1].float: not a float in hex: '0x1,4"),
        (GOOD.replace("p+1", "p+9999"), "case.steps[0].kwargs[0][1].float: too large for a float: '0x1.4"),
        (GOOD.replace('"seed":4', '"seed":NaN'), "NaN is not JSON"),
        (GOOD.replace('"seed":4', '"seed":' + "9" * 5000), "not JSON: Exceeds the limit"),
        ("[" * 100_000, "not JSON: nested too deeply"),
    ],
)  # fmt: skip
def test_a_corrupt_text_is_refused_in_one_line_that_says_where(text: str, message: str) -> None:
    with pytest.raises(CodecError) as refused:
        decode_case(text)
    said = str(refused.value)
    assert said.startswith(message)
    assert "\n" not in said
    assert len(said) < 200


@given(st.integers(0, len(GOOD) - 1), st.sampled_from('0x"{}[],:-\\ne') | st.just(""))
@settings(max_examples=300)
def test_a_damaged_text_reads_as_a_case_or_is_refused_never_worse(place: int, character: str) -> None:
    try:
        decoded = decode_case(GOOD[:place] + character + GOOD[place + 1 :])
    except CodecError:
        return
    assert isinstance(decoded, Case)


def test_an_event_of_unknown_type_is_refused() -> None:
    text = encode_event(NoteEvent("warning", "w")).replace("NoteEvent", "MoodEvent")
    with pytest.raises(CodecError, match=r"^event: unknown type 'MoodEvent' \(known: CellEvent, Discr.*FinishEvent\)$"):
        decode_event(text)


def test_an_event_with_an_unknown_outcome_is_refused_where_it_stands() -> None:
    text = (
        '{"schema":1,"event":{"type":"CellEvent","cell":{"operation":"add","family":"","property":"agrees",'
        '"target":"cpu","dtype":"int8","tally":{"outcomes":{"passed":1}},"cases":""}}}'
    )
    with pytest.raises(CodecError, match=r"^event\.cell\.tally\.outcomes: unknown outcome 'passed'$"):
        decode_event(text)


@pytest.mark.parametrize(
    ("argument", "kind"), [(np.float64(1), "numpy.float64"), (np.int64(1), "numpy.int64"), ({}, "builtins.dict")]
)
def test_an_argument_that_is_no_pure_data_cannot_be_written(argument: object, kind: str) -> None:
    with pytest.raises(CodecError, match=f"no case can hold a {kind} as an argument"):
        encode_case(case_with(argument))


def test_numpy_integers_are_written_where_the_model_says_int() -> None:
    case = Case((Input("x", (np.int64(2),), "int8", (1,), 0, 2, Literal(b"12")),), ())  # type: ignore[arg-type]  # the point
    assert type(decode_case(encode_case(case)).inputs[0].shape[0]) is int


def test_other_objects_where_the_model_says_int_are_refused() -> None:
    with pytest.raises(CodecError, match=r"no JSON form for a numpy\.float32"):
        encode_event(CrashEvent("add", np.float32(1), ""))  # type: ignore[arg-type]  # the point of the test
