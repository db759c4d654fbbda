"""The script of a discrepancy: a program that anyone can run with nothing of this project.

It imports torch (and NumPy where the case has arrays), makes the inputs from exact bits, does the steps as a person
would write them, and prints expected beside actual. It exits 1 if the discrepancy reproduces, 0 if not, and 125
if it does not apply to this torch or machine: so ``git bisect run`` can use it.
"""

from __future__ import annotations

import builtins
import re
import textwrap
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from platform import python_version
from typing import Any

import numpy as np

from conformance.model.case import Case
from conformance.model.observation import Aspect, Refused, Seen
from conformance.model.verdict import Basis, Derived, Documented
from conformance.operation import Effect
from conformance.operations import find
from conformance.render import argument_source, callee_source, input_source, steps_source, variable
from conformance.repro_crash import in_a_child
from conformance.repro_values import values_check
from conformance.threads import SEVERAL, has_many_elements
from conformance.together import split

_IMPORTS = (
    ("base64.", "import base64"),
    ("itertools.", "import itertools"),
    ("math.", "import math"),
    ("operator.", "import operator"),
    ("os.", "import os"),
    ("struct.", "import struct"),
    ("subprocess.", "import subprocess"),
    ("time.", "import time"),
    ("zlib.", "import zlib"),
)

# What is compared, as an expression of the variable, and the same in words.
_EXPRESSIONS = {
    Aspect.DTYPE: "str({0}.dtype)",
    Aspect.SHAPE: "tuple({0}.shape)",
    Aspect.STRIDES: "{0}.stride()",
    Aspect.OFFSET: "{0}.storage_offset()",
    Aspect.VERSION: "{0}._version",
    Aspect.REQUIRES_GRAD: "{0}.requires_grad",
    Aspect.IS_LEAF: "{0}.is_leaf",
    Aspect.GRAD_FN: "type({0}.grad_fn).__name__ if {0}.grad_fn is not None else None",
    Aspect.IDENTITY: "next(name for name, value in variables.items() if value is {0})",
    Aspect.STORAGE: "next(name for name, value in variables.items() if overlap(value, {0}))",
    Aspect.KIND: "kind({0})",
}
_WORDS = {
    Aspect.IDENTITY: "{} is the same object as",
    Aspect.STORAGE: "{} shares memory with",
    Aspect.KIND: "type of {}",
    Aspect.GRAD_FN: "{}.grad_fn",
    Aspect.STRIDES: "{}.stride()",
    Aspect.OFFSET: "{}.storage_offset()",
    Aspect.VERSION: "{}._version",
}
_KIND = """
def kind(value):
    names = {"ndarray": "array", "Size": "tuple"}
    name = type(value).__name__
    if not isinstance(value, torch.Tensor):
        return names.get(name, name)
"""
_STRAY = """\
    if value.layout is not torch.strided:
        return "tensor of layout " + str(value.layout).removeprefix("torch.")
    if value.device.type != "{}":
        return "tensor on " + value.device.type
"""
_BEYOND_ITS_STORAGE = """\
    if value.numel() > 0:
        last = value.storage_offset() + sum((n - 1) * stride for n, stride in zip(value.shape, value.stride()))
        if (last + 1) * value.element_size() > value.untyped_storage().nbytes():
            return "tensor that reaches beyond its storage"
    return "tensor"
"""
_READABLE = """\
    try:
        value.cpu()
    except RuntimeError:
        return "tensor that cannot be read"
    return "tensor"
"""
_OVERLAP = """
def memory(value):
    \"\"\"Where the storage starts and stops; an empty one is known by its identity.\"\"\"
    if not isinstance(value, torch.Tensor):
        return 0, 0, id(value)
    storage = value.untyped_storage()
    start = storage.data_ptr()
    return start, start + storage.nbytes() if start else start, storage._cdata


def overlap(a, b):
    (start, stop, identity), (other_start, other_stop, other) = memory(a), memory(b)
    if start == stop or other_start == other_stop:
        return identity == other
    return start < other_stop and other_start < stop
"""
_ARRAYS_TOO = """    if isinstance(value, np.ndarray):
        bounds = np.lib.array_utils.byte_bounds if hasattr(np.lib, "array_utils") else np.byte_bounds
        start, stop = bounds(value)
        return start, stop if value.size else start, id(value)
"""


def script(
    case: Case,
    *,
    target: str,
    aspect: Aspect,
    step: int,
    variable: str,
    expected: Seen | Refused | None,
    allowed: np.ndarray | float | None,
    title: str,
    basis: Basis,
    signed_zero: bool | None = None,
    refused: bool = False,
    ending: str = "",
) -> str:
    """The program that shows that ``aspect`` of ``variable`` after ``step`` is not as ``expected``.

    ``allowed`` is the absolute error allowed for each value, ``None`` where all bits must be the same;
    ``signed_zero`` says whether the sign of a zero counts too, by default as the operation's accuracy has it.
    ``refused``: the last step is refused, as it must be, and what it left behind is looked at. ``ending``: the
    steps end the process, in this way, so they run in a child.
    """
    if signed_zero is None:
        signed_zero = allowed is None or find(case.main.operation).accuracy.signed_zero
    program = _Program(case, target, step, refused)
    if ending:
        helpers, check = in_a_child(ending), f"{applying([*program.run(), *program.done()])}\nsys.exit(0)"
    elif aspect is Aspect.REFUSAL:
        helpers, check = "", _refusal_check(program, expected)
    elif aspect is Aspect.GRAD or (aspect is Aspect.VALUES and isinstance(expected, Seen) and _is_array(expected)):
        assert isinstance(expected, Seen), "values are seen, not refused"
        values = values_check(variable, aspect, expected, allowed, signed_zero)
        helpers, check = values.helpers, f"{applying([*program.run(), *values.prepared])}\n{values.check}"
    elif aspect is Aspect.VALUES:
        assert isinstance(expected, Seen), "values are seen, not refused"
        helpers, check = "", _value_check(program, variable, expected)
    else:
        assert isinstance(expected, Seen), "aspects of a variable are seen, not refused"
        helpers = _helpers(program, aspect)
        check = _metadata_check(program, variable, aspect, expected)
    parts = [part for part in (program.compiled(), helpers.strip("\n"), check) if part]
    body = "\n\n\n".join(parts)
    gap = "\n\n" if len(parts) > 1 else "\n"
    return f"{_header(title, basis, target)}\n{_imports(body)}\n{gap}{body}\n"


def _is_array(expected: Seen) -> bool:
    return isinstance(expected.values, np.ndarray) and expected.kind in ("tensor", "array")


class _Program:
    """The lines of a case up to one step, on one device, compiled if the target says so."""

    def __init__(self, case: Case, target: str, step: int, refused: bool) -> None:
        self.device, _, mode = target.partition("+")
        self.is_compiled = mode == "compile"
        self.is_lazy = self.device.startswith("xla")
        self.case, self.steps = case, case.steps[: step + 1]
        self.inside, self.outside = split(self.steps) if self.is_compiled else (self.steps, ())
        self.refused = refused
        self.inputs = [variable(given.name) for given in case.inputs]
        self.results = list(dict.fromkeys(variable(name) for one in self.inside for name in one.results))

    @property
    def has_arrays(self) -> bool:
        """Whether NumPy arrays may be among the variables."""
        shares = any(find(step.operation).effect is Effect.SHARES for step in self.steps)
        return shares or any(given.array for given in self.case.inputs)

    def setup(self) -> list[str]:
        """The lines before the first step."""
        lines = ["import torch_xla"] if self.is_lazy else []
        if self.device == "cpu" and has_many_elements(self.case):
            lines.append(f"torch.set_num_threads({SEVERAL})")
        if self.is_compiled:
            lines.append("run = torch.compile(run, fullgraph=True)")
        if self.case.seed or any(find(step.operation).random for step in self.steps):
            lines.append(f"torch.manual_seed({self.case.seed})")
        if any(step.operation == "einsum" and len(step.args) > 3 for step in self.steps):
            lines.append("from torch.backends import opt_einsum  # which may choose the order of contraction")
            lines.append("opt_einsum.enabled = False")
        for given in self.case.inputs:
            lines += input_source(given, self.device)
        return lines

    def compiled(self) -> str:
        """The steps as the function that is compiled."""
        if not self.is_compiled:
            return ""
        lines = steps_source(self.case, self.inside, self.device)
        if self.results:
            lines.append(f"return {', '.join(self.results)}")
        return f"def run({', '.join(self.inputs)}):\n" + _indented(lines)

    def calls(self, steps: slice = slice(None)) -> list[str]:
        """The lines of the steps."""
        if not self.is_compiled:
            return steps_source(self.case, self.steps[steps], self.device)
        call = f"run({', '.join(self.inputs)})"
        called = f"{', '.join(self.results)} = {call}" if self.results else call
        return [called, *steps_source(self.case, self.outside, self.device)]

    def last(self) -> list[str]:
        """The lines of the last step, or of the call that is all of them."""
        lines = self.calls() if self.is_compiled else self.calls(slice(-1, None))
        return [*lines, *self.done()]

    def done(self) -> list[str]:
        """The lines after which nothing is put off any more: all is computed in one graph, and looked at."""
        if not self.is_lazy:
            return []
        named = ", ".join(dict.fromkeys([*self.inputs, *self.results]))
        looked_at = f"for value in ({named},) if isinstance(value, torch.Tensor) for one in (value, value.grad)"
        return ["torch_xla.sync()", f"[one.cpu() {looked_at} if one is not None]"]

    def run(self) -> list[str]:
        """All the lines; a last step that must be refused is, or the program does not apply."""
        if not self.refused:
            return [*self.setup(), *self.calls(), *self.done()[:1]]
        earlier = [] if self.is_compiled else self.calls(slice(-1))
        attempt = ["try:", *_shifted(self.last()), "except Exception as error:", '    print("refused:", error)']
        return [*self.setup(), *earlier, *attempt, "else:", '    raise RuntimeError("the last step is not refused")']

    def variables(self) -> str:
        """Every variable by name, in the order of names: of several that are one object, the first stands for it."""
        names = dict.fromkeys([*self.inputs, *([] if self.refused else self.results)])
        pairs = ", ".join(f'"{name}": {name}' for name in sorted(names))
        return f"{{{pairs}}}"


def _helpers(program: _Program, aspect: Aspect) -> str:
    if aspect is Aspect.KIND:
        stray = _STRAY.format(program.device.split(":")[0])
        return _KIND + stray + (_READABLE if program.is_lazy else _BEYOND_ITS_STORAGE)
    if aspect is not Aspect.STORAGE:
        return ""
    first = "    if not isinstance"
    return _OVERLAP.replace(first, _ARRAYS_TOO + first) if program.has_arrays else _OVERLAP


# -- checks ------------------------------------------------------------------------------------------------------


def applying(lines: Sequence[str]) -> str:
    """Lines that may fail only because this torch, or this machine, cannot run them."""
    not_applicable = ('    print(f"does not apply: {type(error).__name__}: {error}")', "    sys.exit(125)")
    return "\n".join(("try:", _indented(lines), "except Exception as error:", *not_applicable))


def _refusal_check(program: _Program, expected: Seen | Refused | None) -> str:
    wanted = [expected.kind, *expected.others] if isinstance(expected, Refused) else []
    earlier = [] if program.is_compiled else program.calls(slice(-1))
    callee = None if program.is_compiled else callee_source(program.steps[-1])
    needed = [f"{callee}  # a torch without it is not judged"] if callee else []
    before = applying([*program.setup(), *earlier, *needed] or ["pass"])
    attempt = [
        "try:",
        *_shifted(program.last()),
        '    actual, refused = "no error", None',
        "except Exception as error:",
    ]
    attempt += ['    actual, refused = f"{type(error).__name__}: {error}", error']
    held = f"isinstance(refused, {_exceptions(wanted)})" if wanted else "refused is None"
    shown = ['print("actual:  ", actual)', f"sys.exit(0 if {held} else 1)"]
    return "\n".join((before, *attempt, "", f'print("expected:", "{" or ".join(wanted) or "no error"}")', *shown))


def _exceptions(kinds: Sequence[str]) -> str:
    """The classes by name: what is no builtin is one of torch's own, and those derive from RuntimeError."""
    names = list(dict.fromkeys(kind if hasattr(builtins, kind) else "RuntimeError" for kind in kinds))
    return names[0] if len(names) == 1 else f"({', '.join(names)})"


def _value_check(program: _Program, name: str, expected: Seen) -> str:
    """A Python value: equal, NaN to NaN too."""
    actual = f"str({variable(name)})" if expected.kind in ("DType", "dtype") else variable(name)
    wanted = repr(str(expected.values)) if expected.kind in ("DType", "dtype") else argument_source(expected.values)
    if expected.kind in ("tuple", "Size"):
        actual = f"tuple({actual})"
    lines = applying([*program.run(), f"actual = {actual}"])
    held = "actual == expected or repr(actual) == repr(expected)"
    shown = f'print("{name} expected:", expected)\nprint("{name} actual:  ", actual)'
    return f"{lines}\n\nexpected = {wanted}\n{shown}\nsys.exit(0 if {held} else 1)"


def _metadata_check(program: _Program, name: str, aspect: Aspect, expected: Seen) -> str:
    needs_variables = aspect in (Aspect.IDENTITY, Aspect.STORAGE)
    variables = [f"variables = {program.variables()}"] if needs_variables else []
    expression = _EXPRESSIONS[aspect].format(variable(name))
    if expected.kind == "array":
        expression = {
            Aspect.STRIDES: "tuple(stride // {0}.itemsize for stride in {0}.strides)",
            Aspect.DTYPE: "{0}.dtype.name",
        }.get(aspect, expression).format(variable(name))
    lines = applying([*program.run(), *variables, f"actual = {expression}"])
    words = _WORDS.get(aspect, f"{{}}.{aspect.value}").format(name)
    wanted = _metadata(expected, aspect)
    source = f'"{wanted}"' if isinstance(wanted, str) else repr(wanted)
    shown = f'print("{words}: expected", expected, "actual", actual)'
    return f"{lines}\n\nexpected = {source}\n{shown}\nsys.exit(0 if actual == expected else 1)"


def _metadata(expected: Seen, aspect: Aspect) -> Any:
    found = getattr(expected, str(aspect.value))
    if aspect is Aspect.DTYPE and expected.kind == "tensor":
        return f"torch.{found}"
    if aspect is Aspect.KIND:
        return {"DType": "dtype", "Size": "tuple"}.get(found, found)
    return variable(found) if aspect in (Aspect.IDENTITY, Aspect.STORAGE) and found is not None else found


# -- the frame ---------------------------------------------------------------------------------------------------


def _header(title: str, basis: Basis, target: str) -> str:
    seen = f"Seen with torch {_version('torch')}, NumPy {_version('numpy')}, Python {python_version()} on {target}."
    lines = [title, "", *textwrap.wrap(_basis(basis), 110, break_long_words=False, break_on_hyphens=False), seen, ""]
    lines.append("Exits 1 if it reproduces, 0 if it does not, 125 if it does not apply.")
    return '"""' + "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''") + '\n"""\n'


def _basis(basis: Basis) -> str:
    if isinstance(basis, Documented):
        return f'The manual: "{basis.sentence}" {basis.url}' if basis.sentence else f"The manual: {basis.url}"
    if isinstance(basis, Derived):
        return f"It follows from the manual: {basis.reason}"
    return f"No page says so; releases up to {basis.version} did it."


@cache
def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _imports(body: str) -> str:
    code = re.sub(r'\("[^"\n]*"\)', "()", body)
    standard = ["import sys", *(line for name, line in _IMPORTS if re.search(rf"(?<![\w.]){re.escape(name)}", code))]
    special = [name for name in ("inf", "nan") if re.search(rf"(?<![\w.]){name}\b", code)]
    if special:
        standard.append(f"from math import {', '.join(special)}")
    standard.sort(key=lambda line: (line.startswith("from"), line))
    others = ["import numpy as np"] if re.search(r"(?<![\w.])np\.", code) else []
    return "\n".join([*standard, "", *others, "import torch"])


def _indented(lines: Sequence[str]) -> str:
    return "\n".join(_shifted(lines))


def _shifted(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]
