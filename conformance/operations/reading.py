"""What a tensor tells as a Python object. https://docs.pytorch.org/docs/stable/tensors.html"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.choices import Choices
from conformance.dtype_parameters import DTypeOption
from conformance.model.case import Argument, Layout
from conformance.model.verdict import Derived, Documented
from conformance.operation import ALL, OMITTED, Effect, Omitted, Operation, Parameter, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Dim, Operand, reshape_input
from conformance.strategies.drawing import Drawing
from conformance.strategies.layouts import CHANNELS_LAST
from conformance.strategies.shapes import draw_broadcastable, draw_shape
from reference import promotion, reading
from reference.broadcasting import broadcast_shapes
from reference.dtypes import DType
from reference.tensor import Tensor

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


@dataclass(frozen=True, slots=True)
class Axis(Dim):
    """A dimension that exists: a tensor without any has none, not even the first."""

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        given = drawing.given(self.of)
        # Zero-argument super does not work in a class with slots.
        return Dim.draw(self, choices, drawing) if given is not None and given.shape else OMITTED


def _result_type(tensor1: Any, tensor2: Any) -> DType:
    """The dtype of an arithmetic operation on two operands."""
    return promotion.result_type([tensor1, tensor2])


def _one_element(choices: Choices, drawing: Drawing) -> Argument:
    return drawing.tensor("input", choices.choose(((), (1,), (1, 1))))


def _several_elements(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """None or two, none of which is the one that is asked for."""
    return OMITTED if drawing.given("input") is None else reshape_input(drawing, "input", (choices.choose((0, 2)),))


ONE = Computed("input", _one_element, _several_elements)


def _sizes(choices: Choices, drawing: Drawing) -> Argument:
    return draw_shape(choices, max_ndim=3)


def _sizes_beside(choices: Choices, drawing: Drawing) -> Argument:
    """Sizes that broadcast with the first, at times with one dimension more."""
    first = drawing.arguments["first"]
    assert isinstance(first, tuple), "sizes are a tuple"
    sizes = draw_broadcastable(choices, tuple(size for size in first if isinstance(size, int)))
    return (2, *sizes) if len(sizes) == len(first) and choices.flag(30) else sizes


def _sizes_that_differ(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    first = drawing.arguments["first"]
    return (7,) if isinstance(first, tuple) and first and first[-1] not in (1, 7) else OMITTED


def _reads(
    name: str,
    reference: Callable[..., Any],
    sentence: str,
    *,
    function: str = "",
    method: str = "",
    parameters: tuple[Parameter, ...] = (AnyTensor(),),
    effect: Effect = Effect.READS,
) -> Operation:
    """An operation that returns a Python object."""
    spelling = method or f"Tensor.{name}"
    return Operation(
        name=name,
        reference=reference,
        spellings=spelled(function, spelling),
        parameters=parameters,
        dtypes=ALL,
        effect=effect,
        basis=Documented(MANUAL.format(function.removeprefix("torch.") or spelling), sentence),
    )


def _converts(name: str, spelling: str, reference: Callable[..., Any], reason: str) -> Operation:
    """A conversion of the only element by a builtin of Python's."""
    return Operation(
        name=name,
        reference=reference,
        spellings=spelled(spelling),
        parameters=(ONE,),
        dtypes=ALL,
        effect=Effect.EXTRACTS,
        basis=Derived(reason),
    )


OPERATIONS = [
    _reads(
        "item",
        Tensor.item,
        "Returns the value of this tensor as a standard Python number. This only works for tensors with one element.",
        parameters=(ONE,),
        effect=Effect.EXTRACTS,
    ),
    _reads(
        "tolist",
        reading.tolist,
        "Returns the tensor as a (nested) list. For scalars, a standard Python number is returned, just like with"
        " item().",
        effect=Effect.EXTRACTS,
    ),
    _reads(
        "is_nonzero",
        reading.is_nonzero,
        "Returns True if the input is a single element tensor which is not equal to zero after type conversions.",
        function="torch.is_nonzero",
        parameters=(ONE,),
        effect=Effect.EXTRACTS,
    ),
    _converts("as_bool", "builtins.bool", reading.as_bool, "bool(x) is x.is_nonzero()."),
    _converts("as_int", "builtins.int", reading.as_int, "int(x) is int(x.item()), as Python converts numbers."),
    _converts(
        "as_float", "builtins.float", reading.as_float, "float(x) is float(x.item()), as Python converts numbers."
    ),
    _converts("as_complex", "builtins.complex", reading.as_complex, "complex(x) is complex(x.item())."),
    Operation(
        name="as_index",
        reference=reading.as_index,
        spellings=spelled("operator.index"),
        parameters=(ONE,),
        dtypes=ALL,
        effect=Effect.EXTRACTS,
        basis=Derived("A tensor is an index as its only element is; of Python's numbers, only integers are."),
    ),
    Operation(
        name="contains",
        reference=reading.contains,
        spellings=spelled(operator="in"),
        parameters=(Operand("input"), Operand("element", number=True)),
        dtypes=ALL,
        effect=Effect.EXTRACTS,
        basis=Derived("element in x is any(x == element), as for Python's sequences."),
    ),
    _reads(
        "numel",
        reading.numel,
        "Returns the total number of elements in the input tensor.",
        function="torch.numel",
    ),
    _reads("nelement", reading.numel, "Alias for numel()."),
    _reads("dim", reading.dim, "Returns the number of dimensions of self tensor."),
    _reads("ndimension", reading.dim, "Alias for dim()."),
    _reads(
        "size",
        reading.size,
        "If dim is not specified, the returned value is a torch.Size, a subclass of tuple. If dim is specified, returns"
        " an int holding the size of that dimension.",
        parameters=(AnyTensor(), Axis(required=False)),
    ),
    _reads(
        "stride",
        reading.stride,
        "A tuple of all strides is returned when no argument is passed in. Otherwise,"
        " an integer value is returned as the stride in the particular dimension dim.",
        parameters=(AnyTensor(), Axis(required=False)),
    ),
    _reads(
        "storage_offset",
        reading.storage_offset,
        "Returns self tensor's offset in the underlying storage in terms of number of storage elements (not bytes).",
    ),
    _reads("element_size", reading.element_size, "Returns the size in bytes of an individual element."),
    _reads(
        "is_contiguous",
        reading.is_contiguous,
        "Returns True if self tensor is contiguous in memory in the order specified by memory format.",
        parameters=(
            AnyTensor(),
            Choice("memory_format", (Layout("contiguous"), *CHANNELS_LAST.values()), keyword=True, required=False),
        ),
    ),
    _reads(
        "is_floating_point",
        reading.is_floating_point,
        "Returns True if the data type of input is a floating point data type.",
        function="torch.is_floating_point",
    ),
    _reads(
        "is_complex",
        reading.is_complex,
        "Returns True if the data type of input is a complex data type i.e., one of torch.complex64, and"
        " torch.complex128.",
        function="torch.is_complex",
    ),
    _reads("is_signed", reading.is_signed, "Returns True if the data type of self is a signed data type."),
    _reads(
        "is_set_to",
        reading.is_set_to,
        "Returns True if both tensors are pointing to the exact same memory (same storage, offset, size and stride).",
        parameters=(AnyTensor(), AnyTensor("tensor")),
    ),
    Operation(
        name="tensor_length",
        reference=reading.length,
        spellings=spelled("builtins.len"),
        parameters=(AnyTensor(min_ndim=1),),
        dtypes=ALL,
        effect=Effect.READS,
        basis=Derived("A tensor is a sequence of its rows; x[i] for i in range(len(x)) are all of them."),
    ),
    Operation(
        name="broadcast_shapes",
        reference=broadcast_shapes,
        spellings=spelled("torch.broadcast_shapes"),
        parameters=(
            Computed("first", _sizes),
            Computed("second", _sizes_beside, _sizes_that_differ, by_place=True),
        ),
        dtypes=ALL,
        effect=Effect.READS,
        basis=Documented(
            MANUAL.format("broadcast_shapes"), "This is equivalent to broadcasting empty tensors of these shapes."
        ),
    ),
    Operation(
        name="promote_types",
        reference=promotion.promote_types,
        spellings=spelled("torch.promote_types"),
        parameters=(DTypeOption("type1", ALL), DTypeOption("type2", ALL, by_place=True)),
        dtypes=ALL,
        effect=Effect.READS,
        basis=Documented(
            MANUAL.format("promote_types"),
            "Returns the torch.dtype with the smallest size and scalar kind that is not smaller nor of lower kind than"
            " either type1 or type2.",
        ),
    ),
    Operation(
        name="can_cast",
        reference=promotion.can_cast,
        spellings=spelled("torch.can_cast"),
        parameters=(DTypeOption("from_", ALL), DTypeOption("to", ALL, by_place=True)),
        dtypes=ALL,
        effect=Effect.READS,
        basis=Documented(
            MANUAL.format("can_cast"),
            "Determines if a type conversion is allowed under PyTorch casting rules described in the type promotion"
            " documentation.",
        ),
    ),
    Operation(
        name="result_type",
        reference=_result_type,
        spellings=spelled("torch.result_type"),
        parameters=(Operand("tensor1", number=True), Operand("tensor2", number=True, by_place=True)),
        dtypes=ALL,
        effect=Effect.READS,
        basis=Documented(
            MANUAL.format("result_type"),
            "Returns the torch.dtype that would result from performing an arithmetic operation on the provided input"
            " tensors.",
        ),
    ),
]
