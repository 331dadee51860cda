"""Which pieces translate which, from bitext: IBM model 1 in both directions.

Brown, Della Pietra, Della Pietra and Mercer, "The Mathematics of Statistical Machine Translation",
Computational Linguistics 19(2), 1993: model 1 explains each token of a target sentence by one of
the source sentence, or by none (the empty word), whatever their places. Vectors of new pieces as
means over their translations follow WECHSEL (Minixhofer, Paischer and Rekabsaz, NAACL 2022), which
finds them through aligned static embeddings where here it is through alignment itself.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from arir.init_student.pieces import average_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.sparse import csr_array

__all__ = ["align_pieces", "ibm_model_1"]

#: links that are worked on at a time; bounds memory
BLOCK = 4_000_000
#: translations less likely than this share of the likeliest are left out
FAINT = 0.01


class _Block(NamedTuple):
    """The links between some sentences and their translations, those of a target token together."""

    #: place of each link's (source, target) among the cells of the table
    cells: NDArray[np.int32]
    #: how often the source piece stands in the sentence
    weights: NDArray[np.float32]
    #: where the links of each target token begin
    starts: NDArray[np.int64]
    #: the target piece, and how often it stands in the sentence
    targets: NDArray[np.int32]
    counts: NDArray[np.float64]


def ibm_model_1(source: csr_array, target: csr_array, iterations: int) -> csr_array:
    """Translation probabilities t(target | source) by expectation maximisation (model 1).

    Args:
        source: how often each piece stands in each sentence, shape (sentences, source pieces).
        target: the same of their translations, shape (sentences, target pieces).
        iterations: passes over all links; more sharpen the distribution.

    Returns:
        Shape (source pieces, target pieces). A row sums to 1, or is empty where the piece does not
        occur. The empty word has no row.

    >>> from scipy.sparse import csr_array
    >>> book, the, house = np.eye(3)
    >>> english = csr_array([the + house, the + book, book])
    >>> table = ibm_model_1(english, english, 20)
    >>> (table.diagonal() > 0.9).all()
    np.True_
    """
    both = (np.diff(source.indptr) > 0) & (np.diff(target.indptr) > 0)
    source, target = source[both], target[both]
    table: csr_array = source.T.tocsr() @ target
    table.sort_indices()
    blocks = [_link(source, target, table, part) for part in _parts(source, target)]
    if not blocks:
        return table
    rows = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    # Uniform at first, as Brown et al. start; any start leads to the same maximum.
    table.data = 1.0 / np.diff(table.indptr)[rows]
    empty = np.full(target.shape[1], 1.0 / target.shape[1])
    for _ in range(iterations):
        expected, by_empty = _expectation(blocks, table.data, empty)
        sums = np.bincount(rows, weights=expected, minlength=table.shape[0])
        table.data = expected / sums[rows]
        empty = by_empty / by_empty.sum()
    return table


def _parts(source: csr_array, target: csr_array) -> Iterator[slice]:
    """Sentences in file order, cut where a block has links enough."""
    links = np.cumsum(np.diff(source.indptr).astype(np.int64) * np.diff(target.indptr))
    total = int(links[-1]) if len(links) else 0
    marks = np.searchsorted(links, np.arange(BLOCK, total, BLOCK)) + 1
    bounds = np.unique([0, *marks, len(links)])
    return (slice(start, stop) for start, stop in pairwise(bounds.tolist()))


def _link(source: csr_array, target: csr_array, table: csr_array, part: slice) -> _Block:
    source, target = source[part], target[part]
    sentences = np.repeat(np.arange(target.shape[0]), np.diff(target.indptr))
    lengths = np.diff(source.indptr)[sentences].astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    within = np.arange(lengths.sum()) - np.repeat(starts, lengths)
    places = np.repeat(source.indptr[sentences].astype(np.int64), lengths) + within
    width = np.int64(table.shape[1])
    keys = source.indices[places] * width + np.repeat(target.indices, lengths)
    return _Block(
        cells=_places_of(keys, table),
        weights=source.data[places].astype(np.float32),
        starts=starts,
        targets=target.indices.astype(np.int32),
        counts=target.data.astype(np.float64),
    )


def _places_of(keys: NDArray[np.int64], table: csr_array) -> NDArray[np.int32]:
    """Where cells (row * width + column) lie in the data of a matrix whose indices are sorted."""
    rows = np.repeat(np.arange(table.shape[0], dtype=np.int64), np.diff(table.indptr))
    known = rows * table.shape[1] + table.indices
    # Asked in order, a search stays within what the processor's caches hold.
    order = np.argsort(keys)
    places = np.empty(len(keys), dtype=np.int32)
    places[order] = np.searchsorted(known, keys[order])
    return places


def _expectation(
    blocks: list[_Block], probabilities: NDArray[np.float64], empty: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected counts of each cell, and of each target piece with the empty word."""
    expected, by_empty = np.zeros_like(probabilities), np.zeros_like(empty)
    for block in blocks:
        likely = probabilities[block.cells] * block.weights
        nothing = empty[block.targets]
        shares = block.counts / (np.add.reduceat(likely, block.starts) + nothing)
        likely *= np.repeat(shares, np.diff(np.append(block.starts, len(likely))))
        expected += np.bincount(block.cells, weights=likely, minlength=len(expected))
        by_empty += np.bincount(block.targets, weights=nothing * shares, minlength=len(by_empty))
    return expected, by_empty


def align_pieces(teacher: csr_array, student: csr_array, iterations: int) -> csr_array:
    """What each piece of the student translates to, where both directions agree.

    One direction alone lets rare source pieces collect what else would go unexplained; a product of
    both does not (after Liang, Taskar and Klein, "Alignment by Agreement", NAACL 2006).

    Args:
        teacher: how often each piece stands in each sentence, shape (sentences, teacher's pieces).
        student: the same of the translations, shape (sentences, student's pieces).
        iterations: of model 1, in each direction.

    Returns:
        Shape (student's pieces, teacher's pieces); rows sum to 1, or are empty.
    """
    agreed = ibm_model_1(student, teacher, iterations)
    agreed = agreed.multiply(ibm_model_1(teacher, student, iterations).T).tocsr()
    highest = agreed.max(axis=1).toarray().ravel()
    faint = agreed.data < FAINT * np.repeat(highest, np.diff(agreed.indptr))
    agreed.data[faint] = 0.0
    agreed.eliminate_zeros()
    return average_rows(agreed)
