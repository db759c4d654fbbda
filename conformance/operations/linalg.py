"""Products of vectors and matrices. https://docs.pytorch.org/docs/stable/torch.html#blas-and-lapack-operations"""

from __future__ import annotations

from conformance.accuracy import GradientOf, Rounded, Summation
from conformance.model.verdict import Documented
from conformance.operation import ALL, NUMERIC, Operation, spelled
from conformance.parameters import Shaped
from reference import linalg

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"

OPERATIONS = [
    Operation(
        name="mm",
        reference=linalg.mm,
        spellings=spelled("torch.mm", "Tensor.mm", out=True),
        parameters=(Shaped("input", ("n", "k")), Shaped("mat2", ("k", "m"))),
        dtypes=NUMERIC,
        accuracy=Summation(),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("mm"), "Performs a matrix multiplication of the matrices input and mat2."),
    ),
    Operation(
        name="mv",
        reference=linalg.mv,
        spellings=spelled("torch.mv", "Tensor.mv", out=True),
        parameters=(Shaped("input", ("n", "k")), Shaped("vec", ("k",))),
        dtypes=NUMERIC,
        accuracy=Summation(),
        gradient=GradientOf(2),
        basis=Documented(
            MANUAL.format("mv"), "Performs a matrix-vector product of the matrix input and the vector vec."
        ),
    ),
    Operation(
        name="dot",
        reference=linalg.dot,
        spellings=spelled("torch.dot", "Tensor.dot", out=True),
        parameters=(Shaped("input", ("k",)), Shaped("tensor", ("k",))),
        dtypes=NUMERIC,
        accuracy=Summation(),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("dot"), "Computes the dot product of two 1D tensors."),
    ),
    Operation(
        name="bmm",
        reference=linalg.bmm,
        spellings=spelled("torch.bmm", "Tensor.bmm", out=True),
        parameters=(Shaped("input", ("b", "n", "k")), Shaped("mat2", ("b", "k", "m"))),
        dtypes=NUMERIC,
        accuracy=Summation(),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("bmm"), "Performs a batch matrix-matrix product of matrices in input and mat2."),
    ),
    Operation(
        name="outer",
        reference=linalg.outer,
        spellings=spelled("torch.outer", "Tensor.outer", out=True),
        parameters=(Shaped("input", ("n",)), Shaped("vec2", ("m",))),
        dtypes=ALL,
        accuracy=Rounded(complex_units=2.24),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("outer"), "Outer product of input and vec2."),
        aliases=("ger",),
    ),
    *(
        Operation(
            name=f"matmul_{len(left)}d_{len(right)}d",
            reference=linalg.matmul,
            spellings=spelled(
                "torch.matmul", "Tensor.matmul", operator="@", out=True, reflected=False, in_place_operator=False
            ),
            parameters=(Shaped("input", left, low=1), Shaped("other", right, low=1)),
            dtypes=NUMERIC,
            accuracy=Summation(),
            gradient=GradientOf(2),
            basis=Documented(MANUAL.format("matmul"), "Matrix product of two tensors."),
        )
        for left, right in (
            (("k",), ("k",)),
            (("n", "k"), ("k",)),
            (("k",), ("k", "m")),
            (("n", "k"), ("k", "m")),
            (("b", "n", "k"), ("k", "m")),
            (("n", "k"), ("b", "k", "m")),
            (("b", "n", "k"), ("b", "k", "m")),
            (("b", "c", "n", "k"), ("c", "k", "m")),
            (("k",), ("b", "k", "m")),
            (("b", "n", "k"), ("k",)),
        )
    ),
]
