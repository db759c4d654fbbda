"""Sums of products by named dimensions. https://docs.pytorch.org/docs/stable/generated/torch.einsum.html

Operands get one dimension for every name, those of the result first, and are contracted pairwise from left to right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod
from string import ascii_letters, ascii_lowercase, ascii_uppercase
from typing import Any

from reference.errors import refuse, refuse_value
from reference.function import function
from reference.linalg import bmm
from reference.reduction import sum
from reference.slicing import diagonal, unsqueeze
from reference.tensor import Tensor
from reference.views import movedim, permute, reshape, view

Label = str | int
"""A letter, or one of the dimensions that ``...`` covers, counted from the left."""
_NUMBERED = ascii_uppercase + ascii_lowercase


@function()
def einsum(equation: str, *operands: Tensor | Sequence[Tensor]) -> Tensor:
    """The sums of products of the operands' elements that ``equation`` describes in Einstein's notation.

    Each operand has a term, which names its dimensions; those that are not in the output, behind ``->``, are summed.
    Without an output, the names that appear once are it, in alphabetical order. Equal names in one term take the
    diagonal; ``...`` stands for dimensions that are broadcast, as are sizes of one.
    https://docs.pytorch.org/docs/stable/generated/torch.einsum.html
    """
    given = [tensor for one in operands for tensor in ([one] if isinstance(one, Tensor) else one)]
    terms, output = parse(equation, [tensor.ndim for tensor in given])
    names = {name for term in terms for name in term}
    summed = sorted((name for name in names if name not in output), key=_summing_order)
    arranged = [_arranged(one, term, (*output, *summed)) for one, term in zip(given, terms, strict=True)]
    _refuse_other_sizes(arranged)
    if len(arranged) == 1:
        positions = tuple(range(len(output), len(output) + len(summed)))
        result: Tensor = sum(arranged[0], positions) if summed else arranged[0]
        return result
    return _contracted(arranged, len(output))


@function()
def einsum_by_sublists(*given: Tensor | Sequence[Any]) -> Tensor:
    """The same of operands each with a list of numbers, one for a dimension; that of the result, if given, comes last.

    A number below 52 is a letter, capitals first, and Ellipsis is ``...``.
    https://docs.pytorch.org/docs/stable/generated/torch.einsum.html
    """
    count = len(given) // 2
    equation = ",".join(map(_term, given[1 : 2 * count : 2]))
    output = f"->{_term(given[-1])}" if len(given) % 2 else ""
    result: Tensor = einsum(equation + output, *given[: 2 * count : 2])
    return result


def _term(sublist: Any) -> str:
    """The letters of a list of numbers.

    >>> _term([0, ..., 26])
    'A...a'
    """
    if any(one is not Ellipsis and one not in range(len(_NUMBERED)) for one in sublist):
        refuse_value("einsum(): subscript in subscript list is not within the valid range [0, 52)")
    return "".join("..." if one is Ellipsis else _NUMBERED[one] for one in sublist)


def parse(equation: str, ranks: Sequence[int]) -> tuple[list[tuple[Label, ...]], tuple[Label, ...]]:
    """The names of each operand's dimensions, and those of the result.

    >>> parse("ij, j", [2, 1])
    ([('i', 'j'), ('j',)], ('i',))
    """
    inputs, arrow, result = equation.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ranks):
        refuse(f"einsum(): {len(terms)} subscripts for {len(ranks)} operands")
    for term in [*terms, result]:
        letters = term.replace("...", "", 1)
        if any(letter not in ascii_letters for letter in letters):
            refuse(f"einsum(): invalid subscript in {term!r}, subscripts must be letters")
    covered = [_covered(term, rank) for term, rank in zip(terms, ranks, strict=True)]
    most = max(covered)
    labels = [_labels(term, range(most - count, most)) for term, count in zip(terms, covered, strict=True)]
    if not arrow:
        times = Counter(name for term in labels for name in term if isinstance(name, str))
        return labels, (*range(most), *sorted(name for name, count in times.items() if count == 1))
    output = _labels(result, range(most))
    known = {name for term in labels for name in term}
    if len(set(output)) != len(output) or not known >= set(output):
        refuse(f"einsum(): output {result!r} repeats a subscript or has one that no operand has")
    return labels, output


def _covered(term: str, rank: int) -> int:
    """How many dimensions ``...`` covers."""
    count = rank - len(term.replace("...", ""))
    if count < 0 or (count and "..." not in term):
        refuse(f"einsum(): the number of subscripts in {term!r} does not match the {rank} dimensions of the operand")
    return count


def _labels(term: str, covered: Sequence[int]) -> tuple[Label, ...]:
    before, dots, behind = term.partition("...")
    return (*before, *(covered if dots else ()), *behind)


def _summing_order(name: Label) -> tuple[bool, Label]:
    return isinstance(name, str), name


def _arranged(operand: Tensor, term: tuple[Label, ...], order: tuple[Label, ...]) -> Tensor:
    """A view with one dimension for each name of ``order``, of size one where the term has none."""
    names = list(term)
    while len(set(names)) < len(names):
        second = next(place for place, name in enumerate(names) if name in names[:place])
        first = names.index(names[second])
        if operand.shape[first] != operand.shape[second]:
            refuse(f"einsum(): subscript {names[second]} is repeated for sizes that differ: {list(operand.shape)}")
        operand = movedim(diagonal(operand, 0, first, second), -1, first)
        del names[second]
    for name in order:
        if name not in names:
            operand = unsqueeze(operand, operand.ndim)
            names.append(name)
    result: Tensor = permute(operand, tuple(names.index(name) for name in order))
    return result


def _refuse_other_sizes(operands: Sequence[Tensor]) -> None:
    for sizes in zip(*(operand.shape for operand in operands), strict=True):
        if len({size for size in sizes if size != 1}) > 1:
            refuse(f"einsum(): operands do not broadcast with sizes {sizes} of one subscript")


def _contracted(operands: Sequence[Tensor], kept: int) -> Tensor:
    """The operands multiplied from left to right; a dimension is summed as soon as no other operand has it."""
    ndim = operands[0].ndim
    remaining = {dim: len([one for one in operands if one.shape[dim] != 1]) for dim in range(kept, ndim)}
    result = operands[0]
    for other in operands[1:]:
        together: list[int] = []
        alone: tuple[list[int], list[int]] = [], []
        for dim in range(kept, ndim):
            wide = [side for side, one in enumerate((result, other)) if one.shape[dim] != 1]
            if len(wide) == 2:
                remaining[dim] -= 1
                if remaining[dim] == 1:
                    together.append(dim)
                    remaining[dim] = 0
            elif wide and remaining[dim] == 1:
                alone[wide[0]].append(dim)
                remaining[dim] = 0
        left, right = (
            sum(one, dims, keepdim=True) if dims else one for one, dims in zip((result, other), alone, strict=True)
        )
        result = _sum_of_products(left, right, together) if together else left * right
    flat: Tensor = view(result, result.shape[:kept]) if ndim > kept else result
    return flat


def _summed(operand: Tensor, dims: list[int]) -> Tensor:
    result: Tensor = sum(operand, dims, keepdim=True) if dims else operand
    return result


def _sum_of_products(left: Tensor, right: Tensor, summed: list[int]) -> Tensor:
    """The product summed over some dimensions, which stay as sizes of one: a matrix product for each of the rest.

    Where all dimensions of the right operand alone come before those of the left, the second comes first.
    """
    both: list[int] = []
    rows: list[int] = []
    columns: list[int] = []
    for dim, (a, b) in enumerate(zip(left.shape, right.shape, strict=True)):
        if dim not in summed:
            (both if a != 1 and b != 1 else rows if a != 1 else columns).append(dim)
    if rows and columns and columns[-1] < rows[0]:
        left, right, rows, columns = right, left, columns, rows
    first = reshape(permute(left, (*both, *rows, *summed, *columns)), _sizes(left, both, rows, summed))
    second = reshape(permute(right, (*both, *summed, *columns, *rows)), _sizes(right, both, summed, columns))
    order = (*both, *rows, *summed, *columns)
    sizes = [left.shape[dim] for dim in (*both, *rows)] + [1] * len(summed) + [right.shape[dim] for dim in columns]
    product = view(bmm(first, second), sizes)
    result: Tensor = permute(product, tuple(order.index(dim) for dim in range(left.ndim)))
    return result


def _sizes(operand: Tensor, *groups: list[int]) -> tuple[int, ...]:
    """The sizes of the operand when each group of dimensions is one."""
    return tuple(prod(operand.shape[dim] for dim in dims) for dims in groups)
