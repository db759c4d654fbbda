"""The part of a script that judges values, with the engine's verdict: bit for bit, or within an allowed error."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.model.observation import Aspect, Seen
from conformance.render import packed, variable
from conformance.ulp import finfo
from reference.dtypes import BFLOAT16, BY_NUMPY, FLOAT16, FLOAT32, FLOAT64, DType, real_of

_MANY = 32  # more expected values than this are written compressed
_SHOWN = 8
_FORMATS = {FLOAT16: ">e", BFLOAT16: ">f", FLOAT32: ">f", FLOAT64: ">d"}


@dataclass(frozen=True, slots=True)
class ValuesCheck:
    """Functions to put before the case, lines to put after its steps, and the check itself."""

    helpers: str
    prepared: list[str]
    check: str


def values_check(
    name: str,
    aspect: Aspect,
    expected: Seen,
    allowed: np.ndarray | float | None,
    signed_zero: bool,
) -> ValuesCheck:
    """The check of the values, or the gradient, of a variable."""
    what = f"{variable(name)}.grad" if aspect is Aspect.GRAD else variable(name)
    wanted = expected.grad if aspect is Aspect.GRAD else expected.values
    if wanted is None:
        shown = f'print("expected no gradient, actual", {what})'
        return ValuesCheck("", [], f"{shown}\nsys.exit(0 if {what} is None else 1)")
    exact = expected.grad_unrounded if aspect is Aspect.GRAD else expected.unrounded
    specified = expected.specified if aspect is Aspect.VALUES else True
    table = _Table(wanted, exact, allowed, specified, signed_zero)
    prepared, lines = _prepared(what, aspect, table, expected.kind == "array")
    return ValuesCheck(table.helpers(), prepared, "\n".join(("", *lines, table.source(), table.loop(what))))


def _prepared(what: str, aspect: Aspect, table: _Table, is_array: bool) -> tuple[list[str], list[str]]:
    """The lines that make ``actual``, which has the expected shape; a gradient of another is wrong itself."""
    shape = tuple(table.shape)
    if is_array:
        return [f"actual = {what}", f"assert actual.shape == {shape}, actual.shape"], []
    plain = f"{what}.detach().cpu()" + (".resolve_conj()" if table.is_complex else "")
    plain = f"torch.view_as_real({plain})" if table.by_parts else plain
    if aspect is Aspect.VALUES:
        return [f"actual = {plain}", f"assert {what}.shape == {shape}, {what}.shape"], []
    lines = [f"if {what} is None or {what}.shape != {shape} or {what}.dtype != torch.{table.dtype.name}:"]
    wanted = f"expected a gradient of shape {shape} in {table.dtype.name}, actual"
    lines += [f'    print("{wanted}", {what})', "    sys.exit(1)"]
    return [], [*lines, f"actual = {plain}", ""]


class _Table:
    """The expected values of a script, with what remains to the exact ones and the errors allowed.

    The exact value is ``expected + rest``: in two floats it is good for float64 too.
    """

    def __init__(
        self,
        wanted: np.ndarray,
        exact: np.ndarray | None,
        allowed: np.ndarray | float | None,
        specified: bool | np.ndarray,
        signed_zero: bool,
    ) -> None:
        self.dtype = BY_NUMPY[wanted.dtype]
        self.shape = wanted.shape
        self.is_complex = self.dtype.is_complex
        self.bitwise = allowed is None or not (self.dtype.is_floating_point or self.is_complex)
        self.signed_zero = signed_zero
        chosen = np.broadcast_to(specified, wanted.shape)
        bounds = np.zeros(()) if self.bitwise or allowed is None else np.asarray(allowed)
        if bounds.shape != wanted.shape and bounds.shape == (int(chosen.sum()),):
            spread = np.full(wanted.shape, np.inf, bounds.dtype)
            spread[chosen] = bounds
            bounds = spread
        bounds = np.broadcast_to(bounds, wanted.shape)
        exact = wanted if exact is None else exact
        self.by_parts = self.is_complex and (self.bitwise or bounds.dtype.kind == "c")
        if self.by_parts:
            parts = (wanted, exact, bounds if bounds.dtype.kind == "c" else bounds * (1 + 1j))
            wanted, exact, bounds = (np.stack([part.real, part.imag], -1) for part in parts)
            chosen = np.stack([chosen, chosen], -1)
        self.wanted, self.exact, self.bounds = wanted, exact, bounds
        self.chosen = chosen & ~np.isinf(np.abs(bounds))

    @property
    def real(self) -> DType:
        return real_of(self.dtype)

    @property
    def is_float(self) -> bool:
        return self.dtype.is_floating_point or self.is_complex

    @property
    def shows_bits(self) -> bool:
        return self.real in _FORMATS and self.by_parts == self.is_complex

    @property
    def packs(self) -> bool:
        """Whether there are too many values to write in rows."""
        return self.chosen.size > _MANY and bool(self.chosen.all()) and self.wanted.dtype.kind != "c"

    @property
    def overflows(self) -> bool:
        """Whether infinity is near enough to be within the allowed error: it counts as the next power of two."""
        if self.bitwise or (self.is_complex and not self.by_parts):
            return False
        size, limit = np.abs(self.exact), finfo(self.real).max
        return bool((np.isfinite(size) & (size + np.abs(self.bounds) >= limit)).any())

    def source(self) -> str:
        """The table: a row for each element, or columns in bytes where there are many."""
        names = ["index", "expected"] if self.bitwise else ["index", "expected", "exact - expected", "allowed error"]
        columns = [self.wanted] if self.bitwise else [self.wanted, self._rest(), self._bounds()]
        if not self.packs:
            rows = [
                f"    ({', '.join([str(index), *(_number(column[index]) for column in columns)])}),"
                for index in map(_plain_index, np.argwhere(self.chosen))
            ]
            return "\n".join((f"EXPECTED = [  # {', '.join(names)}", *rows, "]"))
        code = "d" if self.is_float else "q"
        numbers = ", ".join(f'unpacked("{code}", {packed(column.astype(f"<{code}").tobytes())})' for column in columns)
        indices = f"itertools.product(*map(range, {tuple(self.wanted.shape)}))"
        return f"EXPECTED = zip({indices}, {numbers})  # {', '.join(names)}"

    def _rest(self) -> np.ndarray:
        with np.errstate(all="ignore"):
            wanted = self.wanted.astype(self.exact.dtype)
            if self.overflows:
                wanted = np.where(np.isinf(wanted), np.copysign(finfo(self.real).overflow, wanted.real), wanted)
            rest = self.exact - wanted
        return np.where(np.isfinite(rest), rest, 0).astype(np.complex128 if rest.dtype.kind == "c" else np.float64)

    def _bounds(self) -> np.ndarray:
        """The errors allowed; none where the exact value is no number."""
        return np.where(np.isfinite(self.exact), self.bounds.astype(np.float64), 0.0)

    def helpers(self) -> str:
        """The functions that the check needs."""
        found = []
        if self.packs:
            found.append(_UNPACKED)
        if self.shows_bits:
            cut = "[:4]" if self.real is BFLOAT16 else ""
            found.append(_BITS.format(code=_FORMATS[self.real], cut=cut))
        if not self.bitwise:
            info = finfo(self.real)
            found.append(_ULP.format(dtype=self.real.name, least=info.emin + 1, p=info.p))
        if self.overflows:
            found.append(_FINITE.format(limit=_infinity(self.real)))
        return "\n\n\n".join(textwrap.dedent(part).strip() for part in found)

    def loop(self, what: str) -> str:
        """The loop over the elements, and the verdict."""
        expected, actual = "{expected}", "{value}"
        if self.shows_bits:
            expected, actual = expected + " ({bits(expected)})", actual + " ({bits(value)})"
        message = f"f\"{what}{{list(index) or ''}}: expected {expected}, actual {actual}"
        lines = ["wrong = 0"]
        if self.bitwise:
            lines += ["for index, expected in EXPECTED:", "    value = actual[index].item()"]
            differs = "repr(value) != repr(expected)" if self.is_float else "value != expected"
            if self.is_float and not self.signed_zero:
                differs += " and value != expected"
            lines += [f"    if {differs}:"]
        else:
            lines += ["for index, expected, rest, allowed in EXPECTED:", "    value = actual[index].item()"]
            lines += self._within()
            message += self._distance()
        lines += ["        wrong += 1", f"        if wrong <= {_SHOWN}:", f'            print({message}")']
        return "\n".join((*lines, 'print(wrong, "wrong")', "sys.exit(1 if wrong else 0)"))

    def _within(self) -> list[str]:
        lines = ["    error = abs(value - expected - rest)"]
        if self.overflows:
            lines = ["    error = abs(finite(value) - finite(expected) - rest)"]
        zero = " or (value == expected == 0 and repr(value) != repr(expected))" if self.signed_zero else ""
        held = "value == expected or error <= allowed or (value != value and expected != expected)"
        if self.is_complex and not self.by_parts:
            # An infinite number has an infinite part; the other may be NaN.
            held = "value == expected or error <= allowed or abs(value) == abs(expected) == inf"
            held += " or not (abs(value) < inf or abs(expected) <= inf)"
        return [*lines, f"    if not ({held}){zero}:"]

    def _distance(self) -> str:
        return ", off by {error / ulp(expected):.4g} ulp, {allowed / ulp(expected):.4g} allowed"


_BITS = """
    def bits(value):
        return "0x" + struct.pack("{code}", value).hex(){cut}
"""
_ULP = """
    def ulp(value):
        \"\"\"The distance of neighbours in {dtype} at value.\"\"\"
        return 2.0 ** (max(math.frexp(abs(value) or 5e-324)[1], {least}) - {p})
"""
_FINITE = """
    def finite(value):
        \"\"\"Infinity as one step beyond the largest number.\"\"\"
        return math.copysign({limit}, value) if math.isinf(value) else value
"""
_UNPACKED = """
    def unpacked(code, data):
        return struct.unpack(f"<{len(data) // 8}{code}", data)
"""


def _infinity(dtype: DType) -> str:
    """The place of infinity among Python's numbers: the next power of two, where there is one."""
    return f"2.0**{finfo(dtype).emax + 1}" if dtype is not FLOAT64 else repr(float(finfo(dtype).max))


def _plain_index(index: np.ndarray) -> tuple[int, ...]:
    return tuple(int(i) for i in index)


def _number(element: Any) -> str:
    value = element.item() if hasattr(element, "item") else element
    if isinstance(value, complex):
        return f"complex({value.real!r}, {value.imag!r})"
    return repr(value) if isinstance(value, (bool, int)) else repr(float(value))
