"""Error bounds by class of operation: how far from the exact value a correct result may be.

A bound is in absolute terms, for each element, against the unrounded r of the reference. Throughout,
u = 2^-p is the relative error of one rounding, 16-bit operations compute in float32 and round once, and
a bound never asks for more than r itself offers: half a unit of the wider dtype it was computed in.
"""

from __future__ import annotations

from conformance.accuracy.bound import Accuracy, Judged
from conformance.accuracy.covariances import Correlation, Covariance
from conformance.accuracy.elementwise import (
    Exact,
    Fused,
    Gelu,
    LogAddExp,
    Reduced,
    Rounded,
    Scaled,
    Selected,
    Spaced,
    Ulps,
    Unspecified,
    WholeQuotient,
)
from conformance.accuracy.gradients import GradientOf
from conformance.accuracy.network import Network
from conformance.accuracy.statistics import Average, Divided, Interpolated, Normalised, Ranked, Several, Shares, Slopes
from conformance.accuracy.sums import (
    Areas,
    CrossProduct,
    LogSumExp,
    Loss,
    Product,
    Softmax,
    Summation,
    Variance,
)
from conformance.judging import ValueVerdict, judge

__all__ = [
    "Accuracy",
    "Areas",
    "Average",
    "Correlation",
    "Covariance",
    "CrossProduct",
    "Divided",
    "Exact",
    "Fused",
    "Gelu",
    "GradientOf",
    "Interpolated",
    "Judged",
    "LogAddExp",
    "LogSumExp",
    "Loss",
    "Network",
    "Normalised",
    "Product",
    "Ranked",
    "Reduced",
    "Rounded",
    "Scaled",
    "Selected",
    "Several",
    "Shares",
    "Slopes",
    "Softmax",
    "Spaced",
    "Summation",
    "Ulps",
    "Unspecified",
    "ValueVerdict",
    "Variance",
    "WholeQuotient",
    "judge",
]
