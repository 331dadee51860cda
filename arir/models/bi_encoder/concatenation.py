"""Several bi-encoders as one: their vectors side by side, scaled to unit length.

Hatem, Azouaou and Batata ("combine", TALLIP 2026) concatenate the vectors of two students as the
models give them and search the concatenation with the cosine. For a query and a passage with the
vectors ``q_i`` and ``p_i`` of part ``i`` and its weight ``w_i`` the score is

    sum_i w_i^2 <q_i, p_i> / (|q| |p|),    |x| = sqrt(sum_i w_i^2 |x_i|^2).

A part therefore counts by the length of its vectors. Among parts whose vectors are of unit length
the score is the weighted mean of their cosines, with the weights ``w_i^2``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from arir.models.bi_encoder.encoder import unit_rows
from arir.models.protocols import Encoder, Vectors

__all__ = ["ConcatenatedEncoder", "concatenated"]


def concatenated(vectors: Sequence[Vectors], weights: Sequence[float]) -> Vectors:
    """Weighted vectors side by side, every row of unit length.

    Args:
        vectors: of each part, shape (texts, dimension of the part).
        weights: of each part.

    >>> parts = [np.array([[3.0]], dtype=np.float32), np.array([[2.0]], dtype=np.float32)]
    >>> concatenated(parts, [1.0, 2.0]).tolist()
    [[0.6000000238418579, 0.800000011920929]]
    """
    scaled = [np.float32(w) * part for w, part in zip(weights, vectors, strict=True)]
    return unit_rows(np.concatenate(scaled, axis=1))


class ConcatenatedEncoder:
    """Bi-encoders side by side; implements :class:`arir.models.protocols.Encoder`.

    Each part normalises and prefixes the texts in its own way. Its vectors are taken as it gives
    them: those of a :class:`~arir.models.bi_encoder.encoder.BiEncoder` of cosine similarity are of
    unit length. :func:`arir.models.loading.load_encoder` opens the parts of a name ``a+b`` without
    that step, as the authors do.

    Args:
        encoders: two or more.
        weights: factor of each part's vectors; 1 by default.
        name: by default the names of the parts, joined by ``+``.

    Raises:
        ValueError: for a single encoder, or weights that are not positive or not one for each.
    """

    similarity: Literal["cosine"] = "cosine"

    def __init__(
        self,
        encoders: Sequence[Encoder],
        weights: Sequence[float] | None = None,
        name: str | None = None,
    ) -> None:
        self.encoders = tuple(encoders)
        self.weights = tuple(weights or (1.0,) * len(self.encoders))
        if len(self.encoders) < 2:
            raise ValueError("a concatenation has two encoders or more")
        if len(self.weights) != len(self.encoders):
            raise ValueError(f"{len(self.weights)} weights for {len(self.encoders)} encoders")
        if not all(0 < weight < float("inf") for weight in self.weights):
            raise ValueError("weights must be above 0")
        self._name = name

    @property
    def name(self) -> str:
        """What it was asked for with, or the parts' names."""
        return self._name or "+".join(encoder.name for encoder in self.encoders)

    @property
    def profile(self) -> str:
        """The parts' normalisation profile; several are joined by ``+``, in the parts' order."""
        return "+".join(dict.fromkeys(encoder.profile for encoder in self.encoders))

    @property
    def dimension(self) -> int:
        """The sum of the parts' dimensions."""
        return sum(encoder.dimension for encoder in self.encoders)

    @property
    def device(self) -> object:
        """Where the first part computes; ``None`` where it does not say."""
        return getattr(self.encoders[0], "device", None)

    @property
    def fingerprint(self) -> str:
        """Hash of the parts' fingerprints in their order, and of the weights."""
        parts = [encoder.fingerprint for encoder in self.encoders]
        settings = {"concatenation": parts, "weights": [float(weight) for weight in self.weights]}
        return hashlib.sha256(json.dumps(settings).encode()).hexdigest()

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Encode queries; shape (queries, dimension)."""
        return self._side_by_side(lambda encoder: encoder.encode_queries(queries))

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode passages; shape (passages, dimension)."""
        return self._side_by_side(lambda encoder: encoder.encode_passages(passages))

    def encode(self, query: str) -> NDArray[np.float32]:
        """Encode one query; shape (dimension,)."""
        vector: NDArray[np.float32] = self.encode_queries([query])[0]
        return vector

    def encode_batch(self, queries: Sequence[str]) -> Vectors:
        """The same as :meth:`encode_queries`, under the name that Pyserini looks for."""
        return self.encode_queries(queries)

    def _side_by_side(self, encode: Callable[[Encoder], Vectors]) -> Vectors:
        return concatenated([encode(encoder) for encoder in self.encoders], self.weights)
