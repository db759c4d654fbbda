"""Distances between rows, and powers. https://docs.pytorch.org/docs/stable/generated/torch.cdist.html"""

from __future__ import annotations

from conformance.accuracy import GradientOf, Product, Summation
from conformance.model.verdict import Documented
from conformance.operation import ALL, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Flag, Shaped
from reference import distances
from reference.dtypes import FLOAT32, FLOAT64

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
INFINITY = float("inf")
MODES = ("use_mm_for_euclid_dist_if_necessary", "donot_use_mm_for_euclid_dist")

OPERATIONS = [
    *(
        Operation(
            name=name,
            reference=distances.cdist,
            spellings=spelled("torch.cdist"),
            parameters=(
                Shaped("x1", (*batch, "p", "m")),
                Shaped("x2", (*batch, "r", "m")),
                Choice("p", (2.0, 1.0, 3.0, 0.0, INFINITY, 0.5, 5.0), keyword=True, required=False, forbidden=-1.0),
                Choice("compute_mode", MODES, keyword=True, required=False),
            ),
            dtypes=(FLOAT32, FLOAT64),
            accuracy=Summation(integers=False),
            gradient=GradientOf(16, cancels=16),
            values=("normal", "small", "gaps"),
            basis=Documented(
                MANUAL.format("cdist"),
                "Computes batched the p-norm distance between each pair of the two collections of row vectors.",
            ),
        )
        for name, batch in (("cdist", ()), ("cdist_of_batches", ("b",)))
    ),
    Operation(
        name="vander",
        reference=distances.vander,
        spellings=spelled("torch.vander"),
        parameters=(
            AnyTensor("x", min_ndim=1, max_ndim=1, many=False),
            Choice("N", (3, 0, 1, 5), required=False, forbidden=-1),
            Flag("increasing", keyword=True),
        ),
        dtypes=ALL,
        accuracy=Product(factors=9, running=True),
        values=("small", "normal", "gaps"),
        basis=Documented(
            MANUAL.format("vander"),
            "The columns of the output matrix are elementwise powers of the input vector x^(N-1), x^(N-2), ..., x^0.",
        ),
    ),
]
