"""The order of hits is trec_eval's own, so that the ranks in a run are the ranks measured."""

from __future__ import annotations

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from arir.search.order import topic_order

DOCIDS = st.text(alphabet="aZ09é٣字😀-", min_size=1, max_size=4)
HITS = st.dictionaries(DOCIDS, st.sampled_from([0.0, 1.0, 1.5, -2.0, 1.0 + 1e-9]), min_size=1)


@given(HITS)
@settings(max_examples=60, deadline=None)
def test_order_is_that_in_which_trec_eval_ranks(hits: dict[str, float]) -> None:
    docids = np.array(list(hits), dtype=object)
    order = topic_order(np.array(list(hits.values())), docids)
    for rank, position in enumerate(order, 1):
        evaluator = pytrec_eval.RelevanceEvaluator({"q": {docids[position]: 1}}, {"recip_rank"})
        value = evaluator.evaluate({"q": hits})["q"]["recip_rank"]
        assert value == pytest.approx(1 / rank)


@given(HITS)
def test_ordered_scores_need_no_sorting(hits: dict[str, float]) -> None:
    docids = np.array(list(hits), dtype=object)
    scores = np.array(list(hits.values()), dtype=np.float32)
    order = topic_order(scores, docids)
    again = topic_order(scores[order], docids[order], ordered=True)
    assert again.tolist() == list(range(len(hits)))


def test_no_hits_have_no_order() -> None:
    assert topic_order(np.array([]), np.array([], dtype=object)).tolist() == []
