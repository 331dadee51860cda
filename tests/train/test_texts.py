"""Passages come in the languages asked for and words are switched on the sides asked for."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.data.teacher_join import MissingTextWarning
from arir.errors import DataError, ModelError
from arir.models.batches import Lists
from arir.train.config import ListsConfig
from arir.train.places import place_texts
from arir.train.texts import RankingTexts, mix_languages
from tests.train.material import ENGLISH, LEXICON, LISTS, PASSAGES, TOPICS, configured
from tests.train.preparing import examples, prepared

PLACES = 7
MIXINGS = st.sampled_from(["passages", "entries", "round-robin"])


def lists(count: int, nway: int, seed: int = 0) -> Lists:
    draw = np.random.default_rng(seed)
    return Lists(
        draw.integers(0, 5, count).astype(np.int32),
        draw.integers(0, PLACES, (count, nway)).astype(np.int32),
        draw.normal(size=(count, nway)).astype(np.float32),
    )


@given(st.integers(1, 20), st.integers(2, 5), st.integers(1, 4), MIXINGS, st.integers(0, 99))
def test_mixing_keeps_queries_passages_and_labels_together(
    count: int, nway: int, languages: int, mixing: str, seed: int
) -> None:
    plain = lists(count, nway)
    mixed, again = (mix_languages(plain, languages, mixing, PLACES, seed) for _ in range(2))
    np.testing.assert_array_equal(mixed.passages, again.passages)
    times = languages if mixing == "round-robin" else 1
    assert len(mixed) == times * count
    np.testing.assert_array_equal(mixed.query, np.tile(plain.query, times))
    np.testing.assert_array_equal(mixed.passages % PLACES, np.tile(plain.passages, (times, 1)))
    np.testing.assert_array_equal(mixed.labels, np.tile(plain.labels, (times, 1)))
    language = mixed.passages // PLACES
    assert set(language.reshape(-1)) <= set(range(languages))
    if mixing != "passages":
        assert (language == language[:, :1]).all()
    if mixing == "round-robin":
        assert Counter(language[:, 0].tolist()) == dict.fromkeys(range(languages), count)
    assert mixed.passages.dtype == np.int32


@pytest.mark.parametrize("mixing", ["passages", "entries"])
def test_languages_are_drawn_evenly_and_by_the_seed(mixing: str) -> None:
    plain = lists(2000, 3)
    mixed = mix_languages(plain, 4, mixing, PLACES, 1)
    language = mixed.passages // PLACES
    shares = np.bincount(language.reshape(-1)) / language.size
    np.testing.assert_allclose(shares, 0.25, atol=0.03)
    other = mix_languages(plain, 4, mixing, PLACES, 2).passages
    assert (other != mixed.passages).any()
    both = (language == language[:, :1]).all(axis=1).mean()
    assert both == (1 if mixing == "entries" else pytest.approx(1 / 16, abs=0.02))


@pytest.mark.parametrize("mixing", ["passages", "entries", "round-robin"])
@pytest.mark.parametrize("student", ["tiny_bi_encoder", "tiny_cross_encoder"])
def test_passages_of_every_language_reach_the_student(
    request: pytest.FixtureRequest, tmp_path: Path, mixing: str, student: str
) -> None:
    english = tmp_path / "english.jsonl"
    folder = str(request.getfixturevalue(student))
    config = configured(
        "lists", tmp_path, student=folder, translations=english, mixing=mixing, nway=3, draws=4
    )
    found = examples(prepared(config, tmp_path / "s"), TOPICS, PASSAGES, ENGLISH)
    languages = Counter(name.endswith("@1") for example in found for name in example.passages)
    assert len(languages) == 2
    for example in found:
        names = [name.removesuffix("@1") for name in example.passages]
        expected = [np.float32(LISTS[example.query][name]) for name in names]
        assert list(example.labels) == expected


def test_an_untranslated_passage_is_named(tmp_path: Path, tiny_bi_encoder: Path) -> None:
    english = tmp_path / "english.jsonl"
    config = configured("lists", tmp_path, student=str(tiny_bi_encoder), translations=english)
    kept = [line for line in english.read_text().splitlines() if '"p3"' not in line]
    english.write_text("\n".join(kept) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"english\.jsonl: passage p3 is missing; give a transl"):
        prepared(config, tmp_path / "s")


def switched(folder: Path, queries: float, passages: float, seed: int = 1) -> RankingTexts:
    lexicon = folder / "lexicon.tsv"
    config = configured(
        "lists",
        folder,
        lexicon=lexicon,
        switch_queries=queries,
        switch_passages=passages,
        seed=seed,
    )
    assert isinstance(config, ListsConfig)
    return place_texts(config, TOPICS, list(TOPICS), list(PASSAGES), "scores").texts


def has_switched(texts: list[str]) -> bool:
    return any(target in text for text in texts for _, target in LEXICON)


@pytest.mark.parametrize(("queries", "passages"), [(1, 0), (0, 1), (1, 1)])
def test_only_the_asked_side_is_switched(tmp_path: Path, queries: float, passages: float) -> None:
    texts = switched(tmp_path, queries, passages)
    found = [list(texts.queries()), list(texts.passages())]
    assert [has_switched(side) for side in found] == [bool(queries), bool(passages)]
    if not queries:
        assert found[0] == list(TOPICS.values())
    if not passages:
        assert found[1] == list(PASSAGES.values())


def test_switched_texts_are_the_seeds_alone_and_the_same_in_every_reading(tmp_path: Path) -> None:
    texts = switched(tmp_path, 0.5, 0.5)
    first = [*texts.queries(), *texts.passages()]
    assert [*texts.queries(), *texts.passages()] == first
    assert list(texts.everything()) == first
    again = switched(tmp_path, 0.5, 0.5)
    assert list(again.everything()) == first
    draws = {tuple(switched(tmp_path, 0.5, 0.5, seed=seed).everything()) for seed in range(6)}
    assert len(draws) > 1


def placed(folder: Path) -> ListsConfig:
    config = configured("lists", folder)
    assert isinstance(config, ListsConfig)
    return config


def test_places_lead_to_the_texts_of_the_ids(tmp_path: Path) -> None:
    config = placed(tmp_path)
    ids = ["NA", "p2", "007"]
    found = place_texts(config, TOPICS, ["q3", "01"], ids, "scores")
    queries, passages = list(found.texts.queries()), list(found.texts.passages())
    assert [queries[place] for place in found.query] == [TOPICS["q3"], TOPICS["01"]]
    assert [passages[place] for place in found.passage] == [PASSAGES[name] for name in ids]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> ListsConfig:
    return placed(tmp_path_factory.mktemp("shared"))


@given(st.permutations([*PASSAGES, "x", "y"]), st.permutations([*TOPICS, "lost"]))
def test_what_has_no_text_has_no_place_and_the_rest_keeps_its_own(
    shared: ListsConfig, passage_ids: list[str], query_ids: list[str]
) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = place_texts(shared, TOPICS, query_ids, passage_ids, "scores.tsv")
    [warning] = caught
    assert warning.category is MissingTextWarning
    assert "scores.tsv: 1 queries and 2 passages that it names have no text" in str(warning.message)
    queries, passages = list(found.texts.queries()), list(found.texts.passages())
    assert len(queries) == len(TOPICS)
    for name, place in zip(query_ids, found.query, strict=True):
        assert (place == -1) == (name not in TOPICS)
        assert place == -1 or queries[place] == TOPICS[name]
    for name, place in zip(passage_ids, found.passage, strict=True):
        assert (place == -1) == (name not in PASSAGES)
        assert place == -1 or passages[place] == PASSAGES[name]


@pytest.mark.parametrize(
    ("queries", "passages", "message"),
    [
        (["a", "b"], ["p1"], "no query that it names has a text; not found are a, b"),
        (["1"], ["x", "y", "z", "w"], "no passage that it names has a text; not found are x, y, z"),
    ],
)
def test_ids_of_another_collection_are_refused(
    tmp_path: Path, queries: list[str], passages: list[str], message: str
) -> None:
    with pytest.raises(DataError, match=f"scores: {message}; give the collection and topics"):
        place_texts(placed(tmp_path), TOPICS, queries, passages, "scores")


def test_texts_that_the_student_cannot_read_are_refused_with_the_rate(
    tmp_path: Path, tiny_bi_encoder: Path
) -> None:
    config = configured("lists", tmp_path, student=str(tiny_bi_encoder))
    assert isinstance(config, ListsConfig)
    chinese = [
        json.dumps({"id": name, "contents": "首都 是 开罗" if number % 2 else text}) + "\n"
        for number, (name, text) in enumerate(PASSAGES.items())
    ]
    config.corpus.write_text("".join(chinese), encoding="utf-8")
    with pytest.raises(ModelError, match=r"to the vocabulary of .*, \d+% of the training texts'"):
        prepared(config, tmp_path / "s")
