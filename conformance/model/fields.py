"""From the type of a field to its JSON: an encoder and a strict decoder for every type that the model uses.

A dataclass becomes an object with its fields by name, in the order of declaration; a field that holds its
default is left out, so that adding one changes neither old texts nor old fingerprints. A union of
dataclasses carries the class in ``type``. Decoding accepts exactly what encoding writes.
"""

from __future__ import annotations

import dataclasses
import struct
import types
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints


class CodecError(ValueError):
    """A text is not what it should be: the message says what is wrong and where, in one line."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = ""

    def inside(self, place: str) -> CodecError:
        """The same error seen from one level further out."""
        separator = "." if self.path and not self.path.startswith("[") else ""
        self.path = place + separator + self.path
        return self

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}" if self.path else self.problem


class Coder(NamedTuple):
    """How one type is written and read. ``encode`` is None where JSON has the type already."""

    encode: Callable[[Any], Any] | None
    decode: Callable[[Any], Any]


def coder_for(hint: Any, named: Mapping[str, Any]) -> Coder:
    """The coder of a type hint. ``named`` gives coders for names that the annotations use."""
    if isinstance(hint, Coder):
        return hint
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _union(arguments, named)
    if origin is tuple and arguments[-1] is Ellipsis:
        return _sequence(coder_for(arguments[0], named))
    if origin is tuple:
        return _fixed([coder_for(part, named) for part in arguments])
    if origin is dict:
        return _mapping(arguments[0], coder_for(arguments[1], named))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _enumeration(hint)
    if dataclasses.is_dataclass(hint):
        return _record(hint, named)
    raise TypeError(f"no JSON form for {hint!r}")


def brief(raw: object) -> str:
    """A value as an error message shows it: short, on one line."""
    text = ascii(raw)
    return text if len(text) <= 60 else text[:57] + "..."


def encode_float(value: float) -> Any:
    """A finite float as a JSON number (its shortest form reads back bit for bit), others as text."""
    return value if value - value == 0.0 else non_finite_text(value)


def non_finite_text(value: float) -> str:
    """``inf``, ``-inf``, or ``nan:`` with the bits, so that sign and payload survive."""
    if value == value:
        return "inf" if value > 0 else "-inf"
    return "nan:" + struct.pack(">d", value).hex()


def non_finite(text: str) -> float:
    """The float that ``non_finite_text`` wrote."""
    if text in ("inf", "-inf"):
        return float(text)
    digits = text.removeprefix("nan:")
    if len(digits) == 16 and len(text) == 20:
        try:
            (value,) = struct.unpack(">d", bytes.fromhex(digits))
        except (ValueError, struct.error):
            value = 0.0
        if value != value:
            return float(value)
    raise CodecError(f"expected inf, -inf or nan:<16 hex digits>, got {brief(text)}")


def _exactly(kind: type) -> Coder:
    def decode(raw: Any) -> Any:
        if type(raw) is not kind:
            raise CodecError(f"expected {kind.__name__}, got {brief(raw)}")
        return raw

    return Coder(None, decode)


def _decode_float(raw: Any) -> float:
    if type(raw) is str:
        return non_finite(raw)
    if type(raw) is float or type(raw) is int:
        value = float(raw)
        if value - value == 0.0:
            return value
    raise CodecError(f"expected a number, got {brief(raw)}")


def _decode_bytes(raw: Any) -> bytes:
    if type(raw) is str:
        try:
            return bytes.fromhex(raw)
        except ValueError:
            pass
    raise CodecError(f"expected pairs of hex digits, got {brief(raw)}")


_SCALARS: dict[Any, Coder] = {
    str: _exactly(str),
    int: _exactly(int),
    bool: _exactly(bool),
    float: Coder(encode_float, _decode_float),
    bytes: Coder(bytes.hex, _decode_bytes),
}


def _listed(raw: Any) -> list[Any]:
    if type(raw) is not list:
        raise CodecError(f"expected a list, got {brief(raw)}")
    return raw


def _sequence(item: Coder) -> Coder:
    encode_item, decode_item = item

    def encode(values: tuple[Any, ...]) -> list[Any]:
        return list(values) if encode_item is None else [encode_item(value) for value in values]

    def decode(raw: Any) -> tuple[Any, ...]:
        decoded: list[Any] = []
        try:
            for part in _listed(raw):
                decoded.append(decode_item(part))
        except CodecError as error:
            raise error.inside(f"[{len(decoded)}]") if type(raw) is list else error from None
        return tuple(decoded)

    return Coder(encode, decode)


def _fixed(items: list[Coder]) -> Coder:
    def encode(values: tuple[Any, ...]) -> list[Any]:
        return [value if item.encode is None else item.encode(value) for item, value in zip(items, values, strict=True)]

    def decode(raw: Any) -> tuple[Any, ...]:
        if len(_listed(raw)) != len(items):
            raise CodecError(f"expected {len(items)} parts, got {len(raw)}")
        return tuple(_at(f"[{i}]", item.decode, part) for i, (item, part) in enumerate(zip(items, raw, strict=True)))

    return Coder(encode, decode)


def _mapping(key: Any, item: Coder) -> Coder:
    decode_key = _enumeration(key).decode if key is not str else str

    def encode(values: dict[str, Any]) -> dict[str, Any]:
        if item.encode is None:
            return {str(name): value for name, value in values.items()}
        return {str(name): item.encode(value) for name, value in values.items()}

    def decode(raw: Any) -> dict[Any, Any]:
        if type(raw) is not dict:
            raise CodecError(f"expected an object, got {brief(raw)}")
        return {decode_key(name): _at(name, item.decode, value) for name, value in raw.items()}

    return Coder(encode, decode)


def _enumeration(kind: type[StrEnum]) -> Coder:
    members = {member.value: member for member in kind}

    def decode(raw: Any) -> StrEnum:
        if type(raw) is not str or raw not in members:
            raise CodecError(f"unknown {kind.__name__.lower()} {brief(raw)}")
        return members[raw]

    return Coder(str, decode)


def _union(members: tuple[Any, ...], named: Mapping[str, Any]) -> Coder:
    present = [member for member in members if member is not type(None)]
    if len(present) == 1:
        return _optional(coder_for(present[0], named))
    coders = {member.__name__: coder_for(member, named) for member in present}
    encoders = {name: coder.encode or dict for name, coder in coders.items()}

    def encode(value: Any) -> dict[str, Any]:
        name = type(value).__name__
        if name not in encoders:
            raise CodecError(f"expected one of {', '.join(coders)}, got {brief(value)}")
        return {"type": name, **encoders[name](value)}

    def decode(raw: Any) -> Any:
        if type(raw) is not dict:
            raise CodecError(f"expected an object, got {brief(raw)}")
        name = raw.get("type")
        if type(name) is not str or name not in coders:
            raise CodecError(f"unknown type {brief(name)} (known: {', '.join(coders)})")
        return coders[name].decode({key: value for key, value in raw.items() if key != "type"})

    return Coder(encode, decode)


def _optional(item: Coder) -> Coder:
    encode_item, decode_item = item
    return Coder(
        None if encode_item is None else lambda value: None if value is None else encode_item(value),
        lambda raw: None if raw is None else decode_item(raw),
    )


_REQUIRED = object()


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else _REQUIRED


def _record(kind: Any, named: Mapping[str, Any]) -> Coder:
    hints = get_type_hints(kind, localns=dict(named))
    plan = [(f.name, coder_for(hints[f.name], named), _default(f)) for f in dataclasses.fields(kind)]
    decoders = {name: item.decode for name, item, _ in plan}
    required = [name for name, _, default in plan if default is _REQUIRED]
    # A default that is a float is always written: -0.0 equals 0.0.
    writers = [(name, item.encode, _REQUIRED if type(default) is float else default) for name, item, default in plan]

    def encode(value: Any) -> dict[str, Any]:
        written = {}
        for name, encode_field, default in writers:
            held = getattr(value, name)
            if held is default or (default is not _REQUIRED and held == default):
                continue
            written[name] = held if encode_field is None else encode_field(held)
        return written

    def decode(raw: Any) -> Any:
        if type(raw) is not dict:
            raise CodecError(f"expected an object, got {brief(raw)}")
        decoded = {}
        name = ""
        try:
            for name, part in raw.items():
                decoded[name] = decoders[name](part)
        except KeyError:
            raise CodecError(f"unknown field {brief(name)} of {kind.__name__}") from None
        except CodecError as error:
            raise error.inside(name) from None
        for name in required:
            if name not in decoded:
                raise CodecError(f"field {name!r} of {kind.__name__} is missing")
        return kind(**decoded)

    return Coder(encode, decode)


def _at(place: str, decode: Callable[[Any], Any], raw: Any) -> Any:
    try:
        return decode(raw)
    except CodecError as error:
        raise error.inside(place) from None
