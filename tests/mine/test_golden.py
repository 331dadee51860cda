"""The margins choose what sentence-transformers' ``mine_hard_negatives`` chooses."""

from __future__ import annotations

import numpy as np
import pytest

from arir.mine.config import MineConfig
from arir.mine.select import judged, select_negatives
from tests.mine.reference import VectorModel, reference_negatives

MARGINS = [
    {},
    {"margin": 0.0},
    {"margin": 0.8},
    {"margin": -0.5},
    {"relative_margin": 0.05},
    {"relative_margin": 0.6},
    {"margin": 0.4, "relative_margin": 0.3},
]


def sample(seed: int) -> tuple[VectorModel, dict[str, list[str]]]:
    """Queries with one positive or two, on vectors whose inner products are of either sign."""
    draw = np.random.default_rng(seed)
    passages = {f"d{n}": draw.standard_normal(4, dtype=np.float32) for n in range(30)}
    queries = {f"q{n}": draw.standard_normal(4, dtype=np.float32) for n in range(12)}
    chosen = {
        query: [f"d{n}" for n in draw.choice(30, 1 + (at % 2), replace=False)]
        for at, query in enumerate(queries)
    }
    return VectorModel(queries, passages), chosen


@pytest.mark.parametrize("margins", MARGINS, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_negatives_are_those_of_sentence_transformers(margins: dict[str, float], seed: int) -> None:
    model, positives = sample(seed)
    names = {"margin": "absolute_margin", "relative_margin": "relative_margin"}
    renamed: dict[str, float | None] = {names[key]: value for key, value in margins.items()}
    expected = reference_negatives(model, positives, 5, **renamed)
    config = MineConfig(runs=("a",), qrels="q", output="o", negatives=5, depth=30, **margins)
    found, dropped, below_zero = {}, 0, 0
    for query, vector in model.queries.items():
        scores = {docid: float(other @ vector) for docid, other in model.passages.items()}
        ranking = sorted(scores, key=lambda docid: -scores[docid])
        known = judged(dict.fromkeys(positives[query], 1))
        sources = [scores] if margins else []
        selection = select_negatives(query, known, [ranking], sources, config)
        found[query] = list(selection.negatives)
        dropped += selection.dropped
        below_zero += min(scores[docid] for docid in positives[query]) < 0
    assert found == expected
    # Without these the comparison would be an empty one.
    assert bool(dropped) == bool(margins)
    assert below_zero > 1
