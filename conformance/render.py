"""A case as the torch program that a person would write: inputs from exact bits, one line a step."""

from __future__ import annotations

import base64
import keyword
import zlib
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from conformance.model.case import GRAD, Argument, Case, Device, Dots, DTypeName, Hook, Input, Layout, Ref, Slice, Step
from conformance.operation import OPERATORS, UNARY_OPERATORS, Effect, Form, Operation
from conformance.operations import find
from conformance.values import fill, held
from reference.dtypes import BFLOAT16, FLOAT16, DType
from reference.layout import contiguous_strides

FEW = 32  # as many elements are shown as numbers; hex digits, or compressed bytes, stand for more
_LONG = 64

_BINARY = {f"operator.{name}": symbol for symbol, name in OPERATORS.items()}
_UNARY = {f"operator.{name}": symbol for symbol, name in UNARY_OPERATORS.items() if not symbol.isalpha()}

_LATE = {"": "{}", "conj": "{}.conj()", "neg": "torch._neg_view({})"}
_HOOKS = {"double": "lambda grad: grad * 2", "negate": "lambda grad: -grad", "look": "lambda grad: None"}


# -- inputs ------------------------------------------------------------------------------------------------------


def input_source(given: Input, device: str) -> list[str]:
    """The lines that make an input, in a storage of its own, bit for bit.

    >>> from conformance.model.case import Literal
    >>> given = Input("x", (2,), "float32", (1,), 0, 2, Literal(np.array([0.1, -0.0], np.float32).tobytes()))
    >>> input_source(given, "cpu")
    ['x = torch.tensor([0.1, -0.0], dtype=torch.float32)']
    """
    name = variable(given.name)
    if given.array:
        locked = [] if given.writeable else [f"{name}.flags.writeable = False"]
        return [f"{name} = {_array_source(given)}", *locked]
    where = "" if device == "cpu" else f', device="{device}"'
    options = f"dtype=torch.{given.dtype}{where}"
    elements = np.array(held(given))
    if given.late or not is_plain(given):
        # Detached, an input is a tensor in its own right and no view of its storage.
        laid_out = _LATE[given.late].format(f"{name}.as_strided({given.shape}, {given.strides}, {given.offset})")
        tracked = ".requires_grad_()" if given.requires_grad else ""
        storage = _made((given.size,), elements, options, device)
        return [f"{name} = {storage}", f"{name} = {laid_out}.detach(){tracked}"]
    if given.requires_grad:
        options += ", requires_grad=True"
    return [f"{name} = {_made(given.shape, elements, options, device)}"]


def is_plain(given: Input) -> bool:
    """Contiguous, from the start of a storage that holds nothing else."""
    contiguous = given.strides == contiguous_strides(given.shape)
    return contiguous and given.offset == 0 and given.size == prod(given.shape)


def _made(shape: Sequence[int], elements: np.ndarray, options: str, device: str) -> str:
    """A contiguous tensor of these elements."""
    if device == "meta" or not elements.size:
        return f"torch.empty({tuple(shape)}, {options})"
    texts = [element_source(element) for element in elements[:FEW]]
    same = elements.size > 1 and len(set(elements.view(f"V{elements.itemsize}").tolist())) == 1
    if elements.size > FEW and same and texts[0]:
        return f"torch.full({tuple(shape)}, {texts[0]}, {options})"
    if elements.size <= FEW and all(texts):
        return f"torch.tensor({nested([str(text) for text in texts], shape)}, {options})"
    dtype, *rest = options.split(", ")
    moved = [option.removeprefix("device=") for option in rest if option.startswith("device")]
    made = f"torch.frombuffer({_bytes_source(elements.tobytes())}, {dtype}).{f'to({moved[0]})' if moved else 'clone()'}"
    reshaped = made if len(shape) == 1 else f"{made}.reshape({tuple(shape)})"
    return f"{reshaped}.requires_grad_()" if "requires_grad=True" in rest else reshaped


def _bytes_source(data: bytes) -> str:
    if len(data) <= _LONG * 2:
        return f'bytearray.fromhex("{data.hex()}")'
    return f"bytearray({packed(data)})"


def packed(data: bytes) -> str:
    """Bytes as an expression, compressed: for a storage too long to show."""
    return f'zlib.decompress(base64.b64decode("{base64.b64encode(zlib.compress(data, 9)).decode()}"))'


def _array_source(given: Input) -> str:
    elements = np.array(fill(given))
    texts = [element_source(element) for element in elements[:FEW]]
    # NumPy has no bfloat16: an array of it can be told by its size alone.
    dtype = "np.void(2)" if given.dtype == BFLOAT16.name else f"np.{elements.dtype.name.replace('bool', 'bool_')}"
    if elements.size <= FEW and all(texts) and given.dtype != BFLOAT16.name:
        shape = given.shape if is_plain(given) and elements.size else (given.size,)
        made = f"np.array({nested([str(text) for text in texts], shape)}, dtype={dtype})"
    else:
        made = f"np.frombuffer({_bytes_source(elements.tobytes())}, dtype={dtype})"
        made += f".reshape({given.shape})" if is_plain(given) and elements.size and len(given.shape) != 1 else ""
    if is_plain(given) and elements.size:
        return made
    strides = tuple(stride * elements.itemsize for stride in given.strides)
    start = f"[{given.offset}:]" if given.offset else ""
    return f"np.lib.stride_tricks.as_strided({made}{start}, {given.shape}, {strides})"


def nested(texts: Sequence[str], shape: Sequence[int]) -> str:
    """Elements as nested lists.

    >>> nested(["1", "2", "3", "4"], (2, 2))
    '[[1, 2], [3, 4]]'
    """
    if not shape:
        return texts[0]
    size = prod(shape[1:])
    return f"[{', '.join(nested(texts[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0]))}]"


def element_source(element: Any) -> str | None:
    """The shortest number that torch.tensor turns into exactly this element; None where only its bits will do."""
    kind = element.dtype.kind
    if kind in "biu":
        return repr(element.item())
    if kind == "c":
        real, imag = element_source(element.real), element_source(element.imag)
        return f"complex({real}, {imag})" if real and imag else None
    if element != element:
        if element.dtype.itemsize == 1:
            return None  # of the bits that mean NaN, torch and ml_dtypes choose others
        return "nan" if element.tobytes() == np.array(np.nan).astype(element.dtype).tobytes() else None
    shortest = float(str(element))
    return repr(shortest if _rounded(shortest, element.dtype) == element else float(element))


def _rounded(value: float, dtype: np.dtype[Any]) -> Any:
    """As torch.tensor rounds a number: 16 bits through float32."""
    with np.errstate(over="ignore"):
        single = np.float32(value) if dtype in (FLOAT16.numpy, BFLOAT16.numpy) else np.float64(value)
        return np.array(single).astype(dtype)[()]


# -- steps -------------------------------------------------------------------------------------------------------


def steps_source(case: Case, steps: Sequence[Step], device: str) -> list[str]:
    """The lines of the steps; those outside autograd stand under ``no_grad``."""
    lines: list[str] = []
    tracking = True
    for step in steps:
        if not step.grad and tracking:
            lines.append("with torch.no_grad():")
        tracking = step.grad
        indent = "" if step.grad else "    "
        lines.append(indent + step_source(step, device))
        if any(isinstance(value, Device) for _, value in step.kwargs):
            place = f"{variable(step.results[0])}.device"
            lines.append(f'{indent}assert {place}.type == "{device.partition(":")[0]}", {place}')
    return lines


def step_source(step: Step, device: str = "cpu") -> str:
    """A step as one statement.

    >>> step_source(Step("add", "operator", (Ref("x"), -2), (), ("result",)))
    'result = x + (-2)'
    """
    operation = find(step.operation)
    path = operation.spellings[Form(step.spelling)]
    kwargs = [_keyword(name, _on_device(value, device)) for name, value in step.kwargs]
    if (
        device != "cpu"
        and "device" not in dict(step.kwargs)
        and operation.effect is Effect.CREATES
        and step.spelling == Form.FUNCTION
    ):
        kwargs.append(f'device="{device}"')
    if path == "operator.setitem":
        target, index, value = step.args
        return f"{_operand(target)}[{index_source(index)}] = {argument_source(value)}"
    results = _bound(step, operation)
    if step.spelling == Form.ATTRIBUTE:
        return f"{results} = {_operand(step.args[0])}.{path.removeprefix('Tensor.')}"
    if step.operation == GRAD and len(step.results) == 1:
        results = f"({results},)"
    if len(step.results) > 1 and operation.effect is Effect.VIEW:
        results += ", *_"  # an input is split into as many parts as it has
    return f"{results} = {_call(path, step.args, kwargs)}" if results else _call(path, step.args, kwargs)


def _on_device(argument: Argument, device: str) -> str:
    """A keyword argument as source, which may be the device."""
    if not isinstance(argument, Device):
        return argument_source(argument)
    return f'"{device}"' if argument.form == "name" else f'torch.device("{device}")'


def _bound(step: Step, operation: Operation) -> str:
    """The variables that take the results: the last of them in a tuple, if they come in one."""
    names = [variable(name) for name in step.results]
    alone = names[: len(names) - operation.in_tuple]
    if names and operation.in_tuple:
        alone.append(f"({', '.join(names[-operation.in_tuple :])},)")
    return ", ".join(alone)


def _call(path: str, args: Sequence[Argument], kwargs: Sequence[str]) -> str:
    operands = [_operand(argument) for argument in args]
    if not kwargs and len(args) == 2 and path in _BINARY:
        return f"{operands[0]} {_BINARY[path]} {operands[1]}"
    if not kwargs and len(args) == 1 and path in _UNARY:
        return f"{_UNARY[path]}{operands[0]}"
    if path == "operator.getitem" and len(args) == 2:
        return f"{operands[0]}[{index_source(args[1])}]"
    head, _, name = path.rpartition(".")
    if head == "Tensor" and args:
        return f"{operands[0]}.{name}({', '.join([*map(argument_source, args[1:]), *kwargs])})"
    callee = "abs" if path == "operator.abs" else path.replace("numpy.", "np.", 1).removeprefix("builtins.")
    return f"{callee}({', '.join([*map(argument_source, args), *kwargs])})"


def callee_source(step: Step) -> str | None:
    """The function or method that a step needs torch to have; None for an operator, which needs no name."""
    path = find(step.operation).spellings[Form(step.spelling)]
    if path.startswith("Tensor."):
        return f"torch.{path}"
    return path if path.startswith("torch.") else None


def _keyword(name: str, value: str) -> str:
    return f'**{{"{name}": {value}}}' if keyword.iskeyword(name) else f"{name}={value}"


def _operand(argument: Argument) -> str:
    """An argument beside an operator: a negative or complex number in parentheses."""
    text = argument_source(argument)
    return f"({text})" if text.startswith("-") else text


def index_source(index: Argument) -> str:
    """What stands between the brackets.

    >>> index_source((Slice(1, None, 2), Dots(), None, Ref("i")))
    '1::2, ..., None, i'
    """
    if isinstance(index, tuple) and index:
        return ", ".join(map(_index_part, index)) + ("," if len(index) == 1 else "")
    return _index_part(index)


def _index_part(part: Argument) -> str:
    if not isinstance(part, Slice):
        return argument_source(part)
    ends = ["" if end is None else str(end) for end in (part.start, part.stop, part.step)]
    return ":".join(ends if ends[2] else ends[:2])


def argument_source(argument: Any) -> str:
    """An argument, or another Python value, as source.

    >>> argument_source([Ref("x"), DTypeName("int8"), (1,), float("-inf")])
    '[x, torch.int8, (1,), -inf]'
    """
    match argument:
        case Ref(name):
            return variable(name)
        case DTypeName(name) | DType(name=name):
            return f"torch.{name}"
        case Layout(name):
            return f"torch.{name}" if name.startswith("channels_last") else f"torch.{name}_format"
        case Slice(start, stop, step):
            return f"slice({start}, {stop}, {step})"
        case Dots():
            return "..."
        case Hook(name):
            return _HOOKS[name]
        case list():
            return f"[{', '.join(map(argument_source, argument))}]"
        case tuple():
            return f"({', '.join(map(argument_source, argument))}{',' if len(argument) == 1 else ''})"
        case complex():
            return f"complex({argument.real!r}, {argument.imag!r})"
        case np.generic():
            return repr(argument.item())
    return repr(argument)


def variable(name: str) -> str:
    """The name of a variable in the program: some parameters are called as keywords are."""
    return f"{name}_" if keyword.iskeyword(name) else name
