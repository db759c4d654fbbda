"""Circumstances of the strides that were seen in the place of others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.deviations.met import Met, expected_of
from conformance.examine import REFERENCE
from conformance.model.case import Ref, Step
from conformance.operation import Form
from reference.layout import Shape, Strides, contiguous_strides, is_non_overlapping_and_dense


def _it_is_laid_out_like_an_input(met: Met) -> bool:
    """As a dense copy of one of the inputs of its shape would be, whatever the strides of its sizes of one."""
    dense = (
        REFERENCE.run(replace(met.call, steps=(Step("clone", Form.FUNCTION, (Ref(given.name),), (), ("copy",)),)))
        for given in met.call.inputs
    )
    copies = (trace.last.variables["copy"] for trace in dense)
    return any(_lie_alike(copy.shape or (), copy.strides or (), met.difference.actual) for copy in copies)


def _it_is_contiguous(met: Met) -> bool:
    seen = expected_of(met, met.call)
    return seen is not None and contiguous_strides(seen.shape or ()) == met.difference.actual


def _it_is_dense(met: Met) -> bool:
    """In whatever order its dimensions lie."""
    seen = expected_of(met, met.call)
    return seen is not None and is_non_overlapping_and_dense(seen.shape or (), met.difference.actual)


def _strides_of_single_elements_differ(met: Met) -> bool:
    """And no others, so that the elements are the same."""
    seen = expected_of(met, met.call)
    return _lie_alike((seen and seen.shape) or (), met.difference.expected, met.difference.actual)


def _lie_alike(shape: Shape, first: Strides, second: Strides) -> bool:
    """Whether strides differ for sizes of one alone."""
    if not len(shape) == len(first) == len(second):
        return False
    return all(size < 2 or one == other for size, one, other in zip(shape, first, second, strict=True))


STRIDES: dict[str, Callable[[Met], bool]] = {
    "it is laid out like an input": _it_is_laid_out_like_an_input,
    "it is contiguous": _it_is_contiguous,
    "it is dense": _it_is_dense,
    "strides of single elements differ": _strides_of_single_elements_differ,
}
