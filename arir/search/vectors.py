"""An index of vectors opened with the encoder of its queries: dense, or a vector a token."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from arir.data.runs import Run
from arir.models.protocols import Encoder, LateEncoder, TokenVectors
from arir.search.config import SearchConfig
from arir.search.dense import search_vectors
from arir.search.dense_index import (
    DenseIndex,
    open_dense_index,
    read_dense_manifest,
    verify_encoder,
)
from arir.search.late_index import LateIndex, open_late_index
from arir.search.plan import Plan

__all__ = ["DenseSearch", "LateSearch", "Ranker", "open_vectors"]

#: ranks the passages of an index for some of the topics, at most so many hits each
Ranker = Callable[[Sequence[str], int], Run]


@dataclass(frozen=True)
class DenseSearch:
    """A FAISS index and the bi-encoder that built it."""

    name: ClassVar[str] = "dense"
    method: ClassVar[str] = "inner product of bi-encoder vectors"

    index: DenseIndex
    encoder: Encoder

    @property
    def path(self) -> Path:
        """The folder of the index."""
        return self.index.path

    def note(self) -> str | None:
        """What the user should know of index and encoder.

        Raises:
            IndexMismatchError: where they do not belong together.
        """
        return self.index.check_encoder(self.encoder)

    def details(self) -> dict[str, Any]:
        """What a run says of the index beside its encoder."""
        return {}

    def ranker(self, topics: Mapping[str, str], config: SearchConfig, tag: str) -> Ranker:
        """Encode the topics once, for any number of searches."""
        vectors = self.encoder.encode_queries(list(topics.values()))
        rows = {topic: row for row, topic in enumerate(topics)}

        def search(ids: Sequence[str], hits: int) -> Run:
            chosen = vectors[[rows[topic] for topic in ids]]
            threads = config.threads
            return search_vectors(self.index, tuple(ids), chosen, hits, tag=tag, threads=threads)

        return search


@dataclass(frozen=True)
class LateSearch:
    """A multi-vector index and a late-interaction model of the same dimension."""

    name: ClassVar[str] = "late-interaction"
    method: ClassVar[str] = "exact MaxSim of token vectors"

    index: LateIndex
    encoder: LateEncoder

    @property
    def path(self) -> Path:
        """The folder of the index."""
        return self.index.path

    def note(self) -> str | None:
        """What the user should know of index and encoder.

        Raises:
            IndexMismatchError: where they do not belong together.
        """
        return self.index.check_encoder(self.encoder)

    def details(self) -> dict[str, Any]:
        """The encoder of the passages, which may be another one."""
        built = self.index.manifest.properties
        return {
            "passage encoder": built.get("encoder"),
            "passage encoder fingerprint": built.get("encoder_fingerprint"),
        }

    def ranker(
        self,
        topics: Mapping[str, str],
        config: SearchConfig,  # noqa: ARG002 - PyTorch's threads are set for the whole search
        tag: str,
    ) -> Ranker:
        """Encode the topics once, for any number of searches."""
        from arir.search.late import search_token_vectors

        queries = self.encoder.encode_queries(list(topics.values()))
        rows = {topic: row for row, topic in enumerate(topics)}
        device = getattr(self.encoder, "device", None)

        def search(ids: Sequence[str], hits: int) -> Run:
            matrices = [queries[rows[topic]] for topic in ids]
            offsets = np.cumsum([0, *map(len, matrices)], dtype=np.int64)
            chosen = TokenVectors(np.concatenate(matrices), offsets)
            return search_token_vectors(
                self.index, tuple(ids), chosen, hits, tag=tag, device=device
            )

        return search


def open_vectors(plan: Plan, config: SearchConfig) -> DenseSearch | LateSearch | None:
    """Load what a search of vectors needs; ``None`` where only BM25 takes part.

    The manifest is asked before the vectors are read, of which there may be gigabytes.

    Raises:
        IndexMismatchError: where an index is damaged, or another encoder's.
        ModelError: where the encoder cannot be loaded, or is of another family.
    """
    if plan.encoder is None:
        return None
    from arir.models.loading import load_encoder, load_late_encoder

    settings: dict[str, Any] = {"device": config.device, "precision": config.precision}
    if plan.dense:
        encoder = load_encoder(plan.encoder, **settings)
        verify_encoder(plan.dense, read_dense_manifest(plan.dense), encoder)
        return DenseSearch(open_dense_index(plan.dense), encoder)
    if plan.late:
        index = open_late_index(plan.late)
        return LateSearch(index, load_late_encoder(plan.encoder, **settings))
    return None
