"""Copies, casts and what shares a storage outside the graph. https://docs.pytorch.org/docs/stable/tensors.html"""

from __future__ import annotations

from conformance.accuracy import GradientOf
from conformance.model.verdict import Documented
from conformance.operation import ALL, STORED, Effect, Operation, spelled
from conformance.operations.casts import MEMORY_FORMAT, MEMORY_FORMAT_TO_LIE_IN
from conformance.parameters import AnyTensor, LikeTensor, Number
from reference import conversion, masking
from reference.dtypes import BOOL

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"

OPERATIONS = [
    Operation(
        name="clone",
        reference=conversion.clone,
        spellings=spelled("torch.clone", "Tensor.clone"),
        parameters=(
            AnyTensor(),
            MEMORY_FORMAT,
        ),
        dtypes=STORED,
        gradient=GradientOf(0),
        basis=Documented(MANUAL.format("clone"), "Returns a copy of input. This function is differentiable."),
    ),
    Operation(
        name="contiguous",
        reference=conversion.contiguous,
        spellings=spelled(method="Tensor.contiguous"),
        parameters=(AnyTensor(), MEMORY_FORMAT_TO_LIE_IN),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.MAY_VIEW,
        basis=Documented(
            MANUAL.format("Tensor.contiguous"),
            "If self tensor is already in the specified memory format, this function returns the self tensor.",
        ),
    ),
    Operation(
        name="detach",
        reference=conversion.detach,
        spellings=spelled(method="Tensor.detach"),
        parameters=(AnyTensor(),),
        dtypes=STORED,
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("Tensor.detach"),
            "Returns a new Tensor, detached from the current graph. Returned Tensor shares the same storage with the"
            " original one.",
        ),
    ),
    Operation(
        name="masked_fill",
        reference=masking.masked_fill,
        spellings=spelled("torch.masked_fill", "Tensor.masked_fill", in_place="Tensor.masked_fill_"),
        written=masking.masked_fill_,
        parameters=(
            AnyTensor(),
            LikeTensor("mask", broadcast=True, dtypes=(BOOL,)),
            Number("value", (1, 0, 3, True, 2), beyond=True, precise=True, held=True),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("Tensor.masked_fill_"), "Fills elements of self tensor with value where mask is True."
        ),
    ),
]
