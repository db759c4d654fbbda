"""Cases, events and environments as JSON: bit for bit, versioned, and strict about what it reads.

Every text is one object ``{"schema": 1, KIND: ...}``. In arguments, JSON's own ``null``, booleans,
integers, strings and lists stand for themselves; every other value is an object with a single key that
names its kind (``{"float": "0x1.8p+1"}``, ``{"tuple": [...]}``, ``{"ref": "x"}``): 1 and 1.0, or a tuple
and a list, mean different things to torch, and not every JSON tool keeps 1.0 apart from 1.
"""

from __future__ import annotations

import hashlib
import json
import operator
import re
from collections.abc import Callable
from typing import Any

from conformance.model.case import Case, Device, Dots, DTypeName, Hook, Layout, Ref, Slice
from conformance.model.fields import CodecError, Coder, brief, coder_for, non_finite, non_finite_text
from conformance.model.run import SCHEMA_VERSION, Environment, Event
from conformance.model.sweep import Sweep
from conformance.model.verdict import Discrepancy

__all__ = [
    "CodecError",
    "decode_case",
    "decode_discrepancy",
    "decode_environment",
    "decode_event",
    "decode_sweep",
    "encode_case",
    "encode_discrepancy",
    "encode_environment",
    "encode_event",
    "encode_sweep",
    "fingerprint",
]


def encode_case(case: Case) -> str:
    """The case as one line of canonical JSON: equal cases give equal texts.

    >>> encode_case(Case((), (), seed=7))
    '{"schema":1,"case":{"inputs":[],"steps":[],"seed":7}}'
    """
    return _encode("case", _CASE, case)


def decode_case(text: str) -> Case:
    """The case that ``encode_case`` wrote; ``CodecError`` where the text is anything else.

    >>> decode_case('{"schema":1,"case":{"inputs":[],"steps":[],"seed":7}}')
    Case(inputs=(), steps=(), seed=7)
    """
    decoded: Case = _decode("case", _CASE, text)
    return decoded


def fingerprint(case: Case) -> str:
    """Sixteen hex digits that name the case: the head of the SHA-256 of its canonical JSON."""
    return hashlib.sha256(encode_case(case).encode("ascii")).hexdigest()[:16]


def encode_event(event: Event) -> str:
    """The event as one line of JSON, without the newline."""
    return _encode("event", _EVENT, event)


def decode_event(text: str) -> Event:
    """The event that ``encode_event`` wrote; ``CodecError`` where the text is anything else."""
    decoded: Event = _decode("event", _EVENT, text)
    return decoded


def encode_discrepancy(discrepancy: Discrepancy) -> str:
    """The discrepancy, with its case, as one line of JSON."""
    return _encode("discrepancy", _DISCREPANCY, discrepancy)


def decode_discrepancy(text: str) -> Discrepancy:
    """The discrepancy that ``encode_discrepancy`` wrote; ``CodecError`` where the text is anything else."""
    decoded: Discrepancy = _decode("discrepancy", _DISCREPANCY, text)
    return decoded


def encode_environment(environment: Environment) -> str:
    """The environment as one line of JSON."""
    return _encode("environment", _ENVIRONMENT, environment)


def decode_environment(text: str) -> Environment:
    """The environment that ``encode_environment`` wrote; ``CodecError`` where the text is anything else."""
    decoded: Environment = _decode("environment", _ENVIRONMENT, text)
    return decoded


def encode_sweep(sweep: Sweep) -> str:
    """The sweep as one line of JSON."""
    return _encode("sweep", _SWEEP, sweep)


def decode_sweep(text: str) -> Sweep:
    """The sweep that ``encode_sweep`` wrote; ``CodecError`` where the text is anything else."""
    decoded: Sweep = _decode("sweep", _SWEEP, text)
    return decoded


def _encode_argument(value: Any) -> Any:
    encode = _ARGUMENT_ENCODERS.get(type(value))
    if encode is None:
        kind = type(value)
        raise CodecError(f"no case can hold a {kind.__module__}.{kind.__qualname__} as an argument: {brief(value)}")
    return encode(value)


def _itself(value: Any) -> Any:
    return value


def _encode_float(value: float) -> str:
    return value.hex() if value - value == 0.0 else non_finite_text(value)


_ARGUMENT_ENCODERS: dict[type, Callable[[Any], Any]] = {
    type(None): _itself,
    bool: _itself,
    int: _itself,
    str: _itself,
    list: lambda value: [_encode_argument(part) for part in value],
    tuple: lambda value: {"tuple": [_encode_argument(part) for part in value]},
    float: lambda value: {"float": _encode_float(value)},
    complex: lambda value: {"complex": [_encode_float(value.real), _encode_float(value.imag)]},
    Ref: lambda value: {"ref": value.name},
    DTypeName: lambda value: {"dtype": value.name},
    Slice: lambda value: {"slice": [value.start, value.stop, value.step]},
    Dots: lambda value: {"dots": True},
    Layout: lambda value: {"layout": value.memory_format},
    Device: lambda value: {"device": value.form},
    Hook: lambda value: {"hook": value.name},
}


def _decode_argument(raw: Any) -> Any:
    if type(raw) is list:
        return _decode_parts(raw)
    if type(raw) is not dict:
        if type(raw) is float:
            raise CodecError(f"{raw!r} stands bare: an argument that is a float is an object, 'float' its key")
        return raw
    if len(raw) != 1:
        raise CodecError(f"an argument has one key, got {brief(raw)}")
    ((kind, content),) = raw.items()
    decode = _ARGUMENT_DECODERS.get(kind)
    if decode is None:
        raise CodecError(f"unknown kind of argument {brief(kind)} (known: {', '.join(_ARGUMENT_DECODERS)})")
    try:
        return decode(content)
    except CodecError as error:
        raise error.inside(kind) from None


def _decode_parts(raw: Any) -> list[Any]:
    if type(raw) is not list:
        raise CodecError(f"expected a list, got {brief(raw)}")
    decoded: list[Any] = []
    try:
        for part in raw:
            decoded.append(_decode_argument(part))
    except CodecError as error:
        raise error.inside(f"[{len(decoded)}]") from None
    return decoded


_HEX_FLOAT = re.compile(r"-?0x[01]\.[0-9a-f]+p[+-][0-9]{1,4}|-?0x0\.0p\+0")


def _decode_float(raw: Any) -> float:
    if type(raw) is not str:
        raise CodecError(f"expected a float in hex, got {brief(raw)}")
    if _HEX_FLOAT.fullmatch(raw):
        try:
            return float.fromhex(raw)
        except OverflowError:
            raise CodecError(f"too large for a float: {brief(raw)}") from None
    if raw.lstrip("-").startswith("0x"):
        raise CodecError(f"not a float in hex: {brief(raw)}")
    return non_finite(raw)


def _decode_complex(raw: Any) -> complex:
    if type(raw) is not list or len(raw) != 2:
        raise CodecError(f"expected real and imaginary part, got {brief(raw)}")
    return complex(_decode_float(raw[0]), _decode_float(raw[1]))


def _decode_slice(raw: Any) -> Slice:
    if type(raw) is not list or len(raw) != 3 or any(part is not None and type(part) is not int for part in raw):
        raise CodecError(f"expected start, stop and step, got {brief(raw)}")
    return Slice(*raw)


def _decode_dots(raw: Any) -> Dots:
    if raw is not True:
        raise CodecError(f"expected true, got {brief(raw)}")
    return Dots()


def _named(kind: Callable[[str], Any]) -> Callable[[Any], Any]:
    def decode(raw: Any) -> Any:
        if type(raw) is not str:
            raise CodecError(f"expected a name, got {brief(raw)}")
        return kind(raw)

    return decode


_ARGUMENT_DECODERS: dict[str, Callable[[Any], Any]] = {
    "tuple": lambda raw: tuple(_decode_parts(raw)),
    "float": _decode_float,
    "complex": _decode_complex,
    "ref": _named(Ref),
    "dtype": _named(DTypeName),
    "slice": _decode_slice,
    "dots": _decode_dots,
    "layout": _named(Layout),
    "device": _named(Device),
    "hook": _named(Hook),
}

_NAMED = {"Argument": Coder(_encode_argument, _decode_argument)}
_CASE = coder_for(Case, _NAMED)
_EVENT = coder_for(Event, _NAMED)
_DISCREPANCY = coder_for(Discrepancy, _NAMED)
_ENVIRONMENT = coder_for(Environment, _NAMED)
_SWEEP = coder_for(Sweep, _NAMED)


def _plain_integer(value: Any) -> int:
    """NumPy's integers are welcome where the model says int; anything else is a mistake of the caller."""
    try:
        return operator.index(value)
    except TypeError:
        kind = type(value)
        raise CodecError(f"no JSON form for a {kind.__module__}.{kind.__qualname__}: {brief(value)}") from None


def _no_constant(name: str) -> Any:
    raise CodecError(f"{name} is not JSON")


_to_json = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_plain_integer).encode
_from_json = json.JSONDecoder(parse_constant=_no_constant).decode


def _encode(kind: str, coder: Coder, value: Any) -> str:
    assert coder.encode is not None
    return _to_json({"schema": SCHEMA_VERSION, kind: coder.encode(value)})


def _decode(kind: str, coder: Coder, text: str) -> Any:
    raw = _parse(text)
    if type(raw) is not dict or "schema" not in raw:
        raise CodecError(f'not {_article(kind)}: expected an object with "schema" and "{kind}", got {brief(raw)}')
    if type(raw["schema"]) is not int or raw["schema"] != SCHEMA_VERSION:
        raise CodecError(f"schema {brief(raw['schema'])} is unknown: this version reads schema {SCHEMA_VERSION}")
    if raw.keys() != {"schema", kind}:
        raise CodecError(f'not {_article(kind)}: expected the keys "schema" and "{kind}", got {brief(list(raw))}')
    try:
        return coder.decode(raw[kind])
    except CodecError as error:
        raise error.inside(kind) from None
    except RecursionError:
        raise CodecError(f"{kind}: nested too deeply") from None


def _parse(text: str) -> Any:
    try:
        return _from_json(text)
    except json.JSONDecodeError as error:
        raise CodecError(f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise CodecError("not JSON: nested too deeply") from None
    except CodecError:
        raise
    except ValueError as error:  # an integer of more digits than Python reads
        raise CodecError(f"not JSON: {error}") from None


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
