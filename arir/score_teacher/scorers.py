"""Scores of numbered pairs, whatever the family of the teacher."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from arir.models.protocols import Candidate, Encoder, Reranker, Vectors
from arir.score_teacher.selectors import Codes
from arir.score_teacher.texts import PairTexts

__all__ = ["ListScorer", "PairReader", "PairScorer", "Scorer", "VectorScorer"]

#: texts that are encoded together; fixed, so that a resumed run repeats the same batches
CHUNK = 8_192


class Scorer(Protocol):
    """Scores pairs that are places in the texts that it was made for."""

    def score(self, query: Codes, passage: Codes) -> NDArray[np.float32]:
        """The teacher's scores; all of shape (pairs,)."""


@runtime_checkable
class PairReader(Protocol):
    """A model that reads pairs of texts, of any number of queries at a time."""

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Score pairs of a query and a passage; shape (pairs,)."""


class PairScorer:
    """Scores with a model that reads query and passage together."""

    def __init__(self, reader: PairReader, texts: PairTexts) -> None:
        self.reader = reader
        self.texts = texts

    def score(self, query: Codes, passage: Codes) -> NDArray[np.float32]:
        """The teacher's scores; all of shape (pairs,)."""
        texts = self.texts
        places = zip(query.tolist(), passage.tolist(), strict=True)
        return self.reader.score_pairs([(texts.queries[q], texts.passages[p]) for q, p in places])


class ListScorer:
    """Scores with any reranker, a list at a time.

    Args:
        make: a reranker that remembers nothing. One that keeps passages of earlier calls would
            batch the others differently after a resumption, and so change the last digits.
    """

    def __init__(self, make: Callable[[], Reranker], texts: PairTexts) -> None:
        self.make = make
        self.texts = texts

    def score(self, query: Codes, passage: Codes) -> NDArray[np.float32]:
        """The teacher's scores; all of shape (pairs,)."""
        reranker = self.make()
        scores = np.empty(len(query), dtype=np.float32)
        rows = range(len(query))
        for place, listed in groupby(rows, key=lambda row: int(query[row])):
            candidates = [
                Candidate(str(row), self.texts.passages[int(passage[row])]) for row in listed
            ]
            for found in reranker.rerank(self.texts.queries[place], candidates):
                scores[int(found.docid)] = found.score
        return scores


class VectorScorer:
    """Scores with a bi-encoder's inner product; every distinct text is encoded once.

    Args:
        folder: where the vectors lie in the meantime, as a file without a name.
    """

    def __init__(self, encoder: Encoder, texts: PairTexts, folder: Path) -> None:
        width = encoder.dimension
        self._queries = _Shelf(encoder.encode_queries, texts.queries, width, folder)
        self._passages = _Shelf(encoder.encode_passages, texts.passages, width, folder)

    def score(self, query: Codes, passage: Codes) -> NDArray[np.float32]:
        """The teacher's scores; all of shape (pairs,)."""
        left, right = self._queries.take(query), self._passages.take(passage)
        scores: NDArray[np.float32] = np.einsum("nd,nd->n", left, right)
        return scores


class _Shelf:
    """Vectors of many texts, made in chunks when one of a chunk is first asked for."""

    def __init__(
        self,
        encode: Callable[[Sequence[str]], Vectors],
        texts: Sequence[str],
        width: int,
        folder: Path,
    ) -> None:
        self._encode = encode
        self._texts = texts
        self._done = np.zeros(-(-len(texts) // CHUNK), dtype=bool)
        shape = (len(texts), width)
        # On disk, since millions of vectors need more memory than a machine may have; the map
        # keeps the file, which has no name, until it goes itself.
        with tempfile.TemporaryFile(dir=folder) as file:
            if hasattr(os, "posix_fallocate"):
                # A full disk shows here, as an error, and not when a page is written.
                os.posix_fallocate(file.fileno(), 0, 4 * len(texts) * width)
            self._vectors: NDArray[np.float32] = np.memmap(file, np.float32, "w+", shape=shape)

    def take(self, places: Codes) -> Vectors:
        """The vectors at some places; shape (places, width)."""
        for chunk in np.unique(places // CHUNK).tolist():
            if not self._done[chunk]:
                part = slice(chunk * CHUNK, (chunk + 1) * CHUNK)
                self._vectors[part] = self._encode(self._texts[part])
                self._done[chunk] = True
        taken: Vectors = self._vectors[places]
        return taken
