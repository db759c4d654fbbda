"""Hypothesis strategies for the model itself: any case, event and environment, however odd."""

from __future__ import annotations

import dataclasses
import struct
from typing import Any

from hypothesis import strategies as st

from conformance.model.case import Case, Dots, Drawn, DTypeName, Hook, Input, Layout, Literal, Ref, Slice, Step
from conformance.model.run import (
    CellEvent,
    CrashEvent,
    DiscrepancyEvent,
    Environment,
    FinishEvent,
    NoteEvent,
)

any_float = st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack(">d", bits.to_bytes(8, "big"))[0]) | st.floats()
integers = st.integers()
texts = st.text(st.characters(codec=None), max_size=12)
leaves = (
    st.none()
    | st.booleans()
    | integers
    | any_float
    | st.builds(complex, any_float, any_float)
    | texts
    | st.builds(Ref, texts)
    | st.builds(DTypeName, texts)
    | st.builds(Slice, st.none() | integers, st.none() | integers, st.none() | integers)
    | st.just(Dots())
    | st.builds(Layout, texts)
    | st.builds(Hook, texts)
)
arguments = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple),
    max_leaves=6,
)
inputs = st.from_type(Input) | st.builds(
    Input,
    name=texts,
    shape=st.just((2, 3)),
    dtype=st.just("float32"),
    strides=st.just((3, 1)),
    offset=st.just(0),
    size=st.just(6),
    values=st.from_type(Drawn) | st.from_type(Literal),
)
steps = st.builds(
    Step,
    operation=texts,
    spelling=texts,
    args=st.lists(arguments, max_size=3).map(tuple),
    kwargs=st.lists(st.tuples(texts, arguments), max_size=2).map(tuple),
    results=st.lists(texts, max_size=2).map(tuple),
    grad=st.booleans(),
)
cases = st.builds(
    Case,
    inputs=st.lists(inputs, max_size=2).map(tuple),
    steps=st.lists(steps, max_size=3).map(tuple),
    seed=integers,
)
st.register_type_strategy(Case, cases)
st.register_type_strategy(float, any_float)
st.register_type_strategy(str, texts)
events = st.one_of([st.from_type(kind) for kind in (CellEvent, DiscrepancyEvent, CrashEvent, NoteEvent, FinishEvent)])
environments = st.from_type(Environment)


def bits(value: Any) -> Any:
    """The value with every float as its bytes and every type named, so that equal means identical."""
    if isinstance(value, float):
        return struct.pack(">d", value)
    if isinstance(value, complex):
        return ("complex", bits(value.real), bits(value.imag))
    if isinstance(value, (tuple, list)):
        return (type(value).__name__, *map(bits, value))
    if isinstance(value, dict):
        return {key: bits(part) for key, part in value.items()}
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return (type(value).__name__, *(bits(getattr(value, field.name)) for field in fields))
    return (type(value).__name__, value)
