"""A case as lines that read like Python: what a person sees of it. Nothing runs these lines."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

from conformance.model.case import (
    Argument,
    Case,
    Dots,
    Drawn,
    DTypeName,
    Hook,
    Input,
    Layout,
    Literal,
    Ref,
    Slice,
    Step,
)

_FORMATS = {
    "bool": "?", "uint8": "B", "int8": "b", "uint16": "H", "int16": "h", "uint32": "I", "int32": "i",
    "uint64": "Q", "int64": "q", "float16": "e", "float32": "f", "float64": "d",
}  # fmt: skip
_METHODS = {"method": "", "in place": "_"}
_SHOWN = 16


def program_lines(case: Case) -> list[str]:
    """The inputs, one line each, then the steps.

    >>> x = Input("x", (2,), "float32", (1,), 0, 2, Literal(struct.pack("<2f", 0.5, -0.0)))
    >>> step = Step("add", "operator", (Ref("x"), 1), (("alpha", 2.0),), ("y",))
    >>> print("\\n".join(program_lines(Case((x,), (step,)))))
    x = tensor([0.5, -0.0], dtype=float32)
    y = add(x, 1, alpha=2.0)  # operator
    """
    lines = [f"manual_seed({case.seed})"] if case.seed else []
    lines += [_input_line(given) for given in case.inputs]
    lines += [_step_line(step) for step in case.steps]
    return lines


def _input_line(given: Input) -> str:
    maker = "array" if given.array else "tensor"
    notes = ", requires_grad=True" if given.requires_grad else ""
    notes += "" if given.writeable else ", writeable=False"
    listed = given.size <= _SHOWN and (given.size > 0 or len(given.shape) == 1)
    if listed and _is_plain(given) and isinstance(given.values, Literal):
        content = _nested(literal_values(given.values, given.dtype), given.shape)
        return f"{given.name} = {maker}({content}, dtype={given.dtype}{notes})"
    layout = f"shape={_tuple(given.shape)}"
    if not _is_plain(given):
        layout += f", strides={_tuple(given.strides)}, offset={given.offset}"
    return f"{given.name} = {maker}({_storage(given)}, dtype={given.dtype}, {layout}{notes})"


def _is_plain(given: Input) -> bool:
    """Contiguous, from the start of a storage that holds nothing else."""
    expected = 1
    for length, stride in zip(reversed(given.shape), reversed(given.strides), strict=True):
        if length != 1 and stride != expected:
            return False
        expected *= max(length, 1)
    return given.offset == 0 and given.size == math.prod(given.shape)


def _storage(given: Input) -> str:
    if isinstance(given.values, Drawn):
        drawn = given.values
        specials = f", specials={_tuple(drawn.specials)}" if drawn.specials else ""
        return f"drawn({drawn.mode!r}, seed={drawn.seed}, row={drawn.row}{specials}, count={given.size})"
    values = literal_values(given.values, given.dtype)
    more = f", ... {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    return f"storage[{', '.join(values[:_SHOWN])}{more}]"


def literal_values(values: Literal, dtype: str) -> list[str]:
    """The elements of a storage as text, each with the fewest digits that give its bits back.

    >>> literal_values(Literal(bytes.fromhex("cdcccc3d0000807f")), "float32")
    ['0.1', 'inf']
    """
    part = {"complex64": "float32", "complex128": "float64", "complex32": "float16"}.get(dtype)
    if part:
        parts = literal_values(values, part)
        return [f"complex({real}, {imag})" for real, imag in zip(parts[::2], parts[1::2], strict=False)]
    if dtype == "bfloat16":
        halves = struct.unpack(f"<{len(values.data) // 2}H", values.data[: len(values.data) // 2 * 2])
        return [_shortest(struct.unpack("<f", struct.pack("<I", half << 16))[0], "f") for half in halves]
    code = _FORMATS.get(dtype)
    if code is None:
        return [values.data.hex()]
    width = struct.calcsize(code)
    usable = values.data[: len(values.data) // width * width]
    return [_shortest(value, code) for (value,) in struct.iter_unpack("<" + code, usable)]


def _shortest(value: bool | int | float, code: str) -> str:
    if code not in "ef" or not isinstance(value, float) or not math.isfinite(value):
        return repr(value)
    bits = struct.pack("<" + code, value)
    for digits in range(1, 9):
        text = f"{value:.{digits}g}"
        try:
            if struct.pack("<" + code, float(text)) == bits:
                return repr(float(text))
        except OverflowError:  # rounded up, beyond the largest value of the dtype
            continue
    return repr(float(f"{value:.9g}"))


def _nested(values: Sequence[str], shape: tuple[int, ...]) -> str:
    if not shape:
        return values[0] if values else "?"
    if len(shape) == 1:
        return f"[{', '.join(values)}]"
    size = len(values) // shape[0]
    return f"[{', '.join(_nested(values[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0]))}]"


def _step_line(step: Step) -> str:
    given = [argument_text(value) for value in step.args]
    given += [f"{name}={argument_text(value)}" for name, value in step.kwargs]
    call = _call(step, given)
    results = f"{', '.join(step.results)} = " if step.results else ""
    return f"{'' if step.grad else 'with no_grad(): '}{results}{call}"


def _call(step: Step, given: list[str]) -> str:
    receiver = bool(step.args) and isinstance(step.args[0], Ref)
    if step.spelling == "function":
        return f"{step.operation}({', '.join(given)})"
    if step.spelling in _METHODS and receiver:
        return f"{given[0]}.{step.operation}{_METHODS[step.spelling]}({', '.join(given[1:])})"
    return f"{step.operation}({', '.join(given)})  # {step.spelling}"


def argument_text(value: Argument) -> str:
    """An argument as Python would show it.

    >>> argument_text((Ref("x"), Slice(1, None, 2), Dots(), DTypeName("int8")))
    '(x, 1::2, ..., int8)'
    """
    if isinstance(value, (Ref, DTypeName, Hook)):
        return value.name
    if isinstance(value, Layout):
        return f"{value.memory_format}_format"
    if isinstance(value, Dots):
        return "..."
    if isinstance(value, Slice):
        ends = [("" if end is None else str(end)) for end in (value.start, value.stop, value.step)]
        return ":".join(ends if ends[2] else ends[:2])
    if isinstance(value, list):
        return f"[{', '.join(map(argument_text, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(argument_text, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def _tuple(values: Sequence[object]) -> str:
    return f"({', '.join(map(str, values))}{',' if len(values) == 1 else ''})"
