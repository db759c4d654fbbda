"""Casts. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html"""

from __future__ import annotations

from conformance.accuracy import GradientOf
from conformance.choices import Choices
from conformance.dtype_parameters import DTypeOption
from conformance.model.case import Argument, DTypeName, Layout
from conformance.model.verdict import Documented
from conformance.operation import OMITTED, STORED, Effect, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Flag
from conformance.strategies.drawing import Drawing
from conformance.strategies.layouts import CHANNELS_LAST, format_of_another_rank
from reference import casts, conversion

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _memory_format(choices: Choices, drawing: Drawing) -> Argument:
    """Any that the tensor's rank allows."""
    given = drawing.given("input")
    options = [Layout("preserve"), Layout("contiguous")]
    if given is not None and len(given.shape) in CHANNELS_LAST:
        options += [CHANNELS_LAST[len(given.shape)]] * 2
    return choices.choose(options)


def _of_another_rank(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    given = drawing.given("input")
    return OMITTED if given is None else format_of_another_rank(len(given.shape))


def _to_lie_in(choices: Choices, drawing: Drawing) -> Argument:
    """``preserve`` is no format that a tensor lies in."""
    drawn = _memory_format(choices, drawing)
    return Layout("contiguous") if drawn == Layout("preserve") else drawn


def _wanted(choices: Choices, drawing: Drawing) -> Argument:
    """Any dtype; often that which the tensor has, of which no copy is made unless it is asked for."""
    return DTypeName((drawing.dtype if choices.flag(35) else choices.choose(drawing.among(STORED))).name)


MEMORY_FORMAT_TO_LIE_IN = Computed("memory_format", _to_lie_in, _of_another_rank, keyword=True, required=False)
NOT_WAITED = Flag("non_blocking")
MEMORY_FORMAT = Computed("memory_format", _memory_format, _of_another_rank, keyword=True, required=False)

OPERATIONS = [
    Operation(
        name="to",
        reference=conversion.to,
        spellings=spelled(method="Tensor.to"),
        parameters=(AnyTensor(), Computed("dtype", _wanted), NOT_WAITED, Flag("copy", keyword=True), MEMORY_FORMAT),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.MAY_VIEW,
        basis=Documented(
            MANUAL.format("Tensor.to"),
            "If the self Tensor already has the correct torch.dtype and torch.device, then self is returned. Otherwise,"
            " the returned tensor is a copy of self with the desired torch.dtype and torch.device. If copy is set, a"
            " new Tensor is created even when the Tensor already matches the desired conversion.",
        ),
    ),
    Operation(
        name="to_other",
        reference=conversion.to,
        spellings=spelled(method="Tensor.to"),
        parameters=(
            AnyTensor(),
            AnyTensor("other", dtypes=STORED),
            NOT_WAITED,
            Flag("copy", keyword=True),
            MEMORY_FORMAT,
        ),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.MAY_VIEW,
        basis=Documented(
            MANUAL.format("Tensor.to"),
            "Returns a Tensor with same torch.dtype and torch.device as the Tensor other.",
        ),
    ),
    Operation(
        name="type_as",
        reference=casts.type_as,
        spellings=spelled(method="Tensor.type_as"),
        parameters=(AnyTensor(), AnyTensor("other", dtypes=STORED)),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.MAY_VIEW,
        basis=Documented(
            MANUAL.format("Tensor.type_as"),
            "This is a no-op if the tensor is already of the correct type. This is equivalent to"
            " self.type(tensor.type()).",
        ),
    ),
    Operation(
        name="type",
        reference=casts.type,
        spellings=spelled(method="Tensor.type"),
        parameters=(AnyTensor(), DTypeOption("dtype", STORED)),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.MAY_VIEW,
        basis=Documented(
            MANUAL.format("Tensor.type"),
            "If this is already of the correct type, no copy is performed and the original object is returned.",
        ),
    ),
    Operation(
        name="type_by_name",
        reference=casts.type,
        spellings=spelled(method="Tensor.type"),
        parameters=(
            AnyTensor(),
            Choice(
                "dtype",
                ("torch.DoubleTensor", "torch.LongTensor", "torch.BoolTensor", "torch.HalfTensor", "torch.FloatTensor"),
                forbidden="torch.NoTensor",
            ),
        ),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.MAY_VIEW,
        basis=Documented(MANUAL.format("Tensor.type"), "dtype (dtype or string) - The desired type"),
    ),
    Operation(
        name="type_name",
        reference=casts.type,
        spellings=spelled(method="Tensor.type"),
        parameters=(AnyTensor(),),
        dtypes=STORED,
        effect=Effect.READS,
        basis=Documented(
            MANUAL.format("Tensor.type"), "Returns the type if dtype is not provided, else casts this object."
        ),
    ),
    *(
        Operation(
            name=name,
            reference=function,
            spellings=spelled(method=f"Tensor.{name}"),
            parameters=(AnyTensor(), MEMORY_FORMAT),
            dtypes=STORED,
            gradient=GradientOf(0),
            effect=Effect.MAY_VIEW,
            basis=Documented(
                MANUAL.format(f"Tensor.{name}"), f"self.{name}() is equivalent to self.to() of that dtype. See to()."
            ),
        )
        for name, function in casts.CASTS.items()
    ),
]
