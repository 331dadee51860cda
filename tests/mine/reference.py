"""What sentence-transformers' ``mine_hard_negatives`` chooses, with an encoder made of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from sentence_transformers.util import dot_score, mine_hard_negatives, pairwise_dot_score

Matrix = NDArray[np.float32]


class VectorModel:
    """As much of a SentenceTransformer as mining asks for; scores are inner products."""

    device = torch.device("cpu")
    similarity = staticmethod(dot_score)
    similarity_pairwise = staticmethod(pairwise_dot_score)

    def __init__(self, queries: dict[str, Matrix], passages: dict[str, Matrix]) -> None:
        self.queries, self.passages = queries, passages

    def encode_document(self, texts: list[str], **_: Any) -> Matrix:
        return np.stack([self.passages[text] for text in texts])

    def encode_query(self, texts: list[str], **_: Any) -> Matrix:
        return np.stack([self.queries[text] for text in texts])


def reference_negatives(
    model: VectorModel, positives: dict[str, list[str]], number: int, **margins: float | None
) -> dict[str, list[str]]:
    """The negatives of each query, the nearest first; every passage is a candidate."""
    pairs = [(query, passage) for query, listed in positives.items() for passage in listed]
    most = max(map(len, positives.values()))
    mined = mine_hard_negatives(
        Dataset.from_dict({"query": [q for q, _ in pairs], "positive": [p for _, p in pairs]}),
        model,  # type: ignore[arg-type]  # duck-typed
        corpus=list(model.passages),
        range_max=len(model.passages) - most,
        num_negatives=number,
        output_format="triplet",
        verbose=False,
        **margins,
    )
    found: dict[str, dict[str, None]] = {query: {} for query in positives}
    for row in mined:
        found[row["query"]][row["negative"]] = None
    return {query: list(negatives) for query, negatives in found.items()}
