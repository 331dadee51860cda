"""Groups of one article: every example once, different passages first."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from arir.split.windows import document_id
from arir.train.together import GroupCollator, article_groups

IDS = st.lists(st.from_regex(r"[1-4]#[0-3]|lead[1-3]", fullmatch=True), min_size=1, max_size=60)


@given(IDS, st.integers(1, 5), st.integers(0, 3))
def test_every_example_comes_once_and_only_the_last_group_is_short(
    ids: list[str], size: int, seed: int
) -> None:
    groups = article_groups(ids, size, seed)
    assert sorted(np.concatenate(groups).tolist()) == list(range(len(ids)))
    assert [len(group) for group in groups[:-1]] == [size] * (len(groups) - 1)
    assert len(groups[-1]) <= size


@given(IDS, st.integers(2, 5), st.integers(0, 3))
def test_articles_fill_as_many_groups_as_they_can(ids: list[str], size: int, seed: int) -> None:
    groups = article_groups(ids, size, seed)
    articles = [document_id(docid) for docid in ids]
    alike = [{articles[n] for n in group} for group in groups if len(group) == size]
    wanted = sum(articles.count(article) // size for article in set(articles))
    assert sum(len(group) == 1 for group in alike) >= wanted


def test_different_passages_of_an_article_meet_before_the_same_one_twice() -> None:
    ids = ["7#0"] * 5 + ["7#1"] * 5 + ["7#2"] * 5
    for group in article_groups(ids, 3, seed=1):
        assert sorted(ids[n] for n in group) == ["7#0", "7#1", "7#2"]


def test_the_seed_alone_decides() -> None:
    ids = [f"{n % 7}#{n % 5}" for n in range(50)]
    first, again, other = ([g.tolist() for g in article_groups(ids, 4, s)] for s in (1, 1, 2))
    assert first == again != other


def test_a_batch_of_groups_is_the_batch_of_their_examples() -> None:
    def collator(rows: object) -> dict[str, torch.Tensor]:
        return {"rows": torch.as_tensor(rows)}

    groups = [np.array([4, 2]), np.array([0, 1]), np.array([3])]
    assert GroupCollator(collator, groups)([2, 0])["rows"].tolist() == [3, 4, 2]
