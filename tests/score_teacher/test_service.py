"""Stored scores are the teacher's own, on its own scale, and say where they come from."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from arir.data.score_store import ScoreStore, open_score_store
from arir.errors import ConfigError, DataError, ModelError, OutputError
from arir.losses.teacher_scores import TeacherScoreWarning
from arir.score_teacher.config import ScoreTeacherConfig
from arir.score_teacher.service import score_teacher
from arir.score_teacher.texts import MissingIdWarning
from tests.score_teacher.conftest import PASSAGES, QUERIES
from tests.tiny import make_bi_encoder

TOLERANCE = 1e-5


def pairs_of(store: ScoreStore) -> tuple[list[tuple[str, str]], list[float]]:
    rows = [(q, p, s) for q, listed in store.lists() for p, s in listed]
    return [(QUERIES[q], PASSAGES[p]) for q, p, _ in rows], [s for _, _, s in rows]


def scored(config: ScoreTeacherConfig) -> ScoreStore:
    report = score_teacher(config)
    store = open_score_store(report.output)
    assert len(store) == report.summary.pairs
    return store


def test_cross_encoder_scores_are_raw_logits_of_the_pair_alone(config: ScoreTeacherConfig) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    pairs, scores = pairs_of(scored(replace(config, part_pairs=4)))
    model = AutoModelForSequenceClassification.from_pretrained(config.teacher).eval()
    tokenizer = AutoTokenizer.from_pretrained(config.teacher)
    with torch.no_grad():
        expected = [
            float(model(**tokenizer(*pair, return_tensors="pt")).logits[0, 0]) for pair in pairs
        ]
    assert len(pairs) == 15
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(scores, expected, atol=TOLERANCE)


@pytest.mark.parametrize("similarity", ["dot", "cosine"])
def test_bi_encoder_scores_are_the_similarity_of_sentence_transformers(
    settings: dict[str, Any], tmp_path: Path, similarity: str
) -> None:
    from sentence_transformers import SentenceTransformer

    folder = make_bi_encoder(tmp_path / "m", similarity=similarity, pooling="cls")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TeacherScoreWarning)
        store = scored(ScoreTeacherConfig(teacher=str(folder), **settings))
    pairs, scores = pairs_of(store)
    model = SentenceTransformer(str(folder), device="cpu")
    left = model.encode([q for q, _ in pairs], convert_to_tensor=True)
    right = model.encode([p for _, p in pairs], convert_to_tensor=True)
    expected = model.similarity_pairwise(left, right).numpy()
    np.testing.assert_allclose(scores, expected, rtol=1e-4)
    assert store.teacher.scale == similarity
    assert store.teacher.family == "bi-encoder"


def test_chunks_of_texts_change_nothing(
    settings: dict[str, Any], tiny_bi_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ScoreTeacherConfig(teacher=str(tiny_bi_encoder), **settings)
    whole = scored(config).columns().scores
    monkeypatch.setattr("arir.score_teacher.scorers.CHUNK", 2)
    cut = scored(replace(config, part_pairs=3, overwrite=True)).columns().scores
    np.testing.assert_allclose(cut, whole, rtol=1e-4)


def test_every_distinct_text_is_encoded_once(
    settings: dict[str, Any], tiny_bi_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from arir.models.bi_encoder.encoder import BiEncoder

    seen: list[str] = []
    encode = BiEncoder.encode_passages

    def counted(self: BiEncoder, texts: Any) -> Any:
        seen.extend(texts)
        return encode(self, texts)

    monkeypatch.setattr(BiEncoder, "encode_passages", counted)
    scored(ScoreTeacherConfig(teacher=str(tiny_bi_encoder), part_pairs=2, **settings))
    assert len(seen) == len(set(seen)) == 11


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ({"teacher_kind": "monot5"}, "log-probability"),
        ({"teacher_kind": "monot5", "true_score": "log-odds"}, "log-odds"),
        ({"teacher_kind": "query-generator"}, "log-likelihood"),
        ({"teacher_kind": "query-generator", "likelihood": "mean"}, "mean log-likelihood"),
    ],
)
def test_sequence_to_sequence_teachers_declare_their_scale(
    settings: dict[str, Any], tiny_seq2seq: Path, values: dict[str, Any], scale: str
) -> None:
    from arir.models.seq2seq.model import open_seq2seq
    from arir.models.seq2seq.query_generator import QueryGeneratorScorer
    from arir.models.seq2seq.scorer import Answer, MonoT5Scorer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TeacherScoreWarning)
        store = scored(ScoreTeacherConfig(teacher=str(tiny_seq2seq), **values, **settings))
    assert (store.teacher.family, store.teacher.scale) == (values["teacher_kind"], scale)
    model = open_seq2seq(tiny_seq2seq, torch.device("cpu"), torch.float32)
    if values["teacher_kind"] == "monot5":
        answer = Answer(scale=values.get("true_score", "log-probability"))
        reader: Any = MonoT5Scorer("m", model, answer, 512)
    else:
        likelihood = values.get("likelihood", "sum")
        reader = QueryGeneratorScorer("m", model, 512, likelihood=likelihood)
    pairs, scores = pairs_of(store)
    np.testing.assert_allclose(scores, reader.score_pairs(pairs), atol=1e-4)


def test_late_interaction_scores_are_maxsim(
    settings: dict[str, Any], tiny_late_interaction: Path
) -> None:
    from arir.models.loading import load_reranker
    from arir.models.protocols import Candidate

    store = scored(ScoreTeacherConfig(teacher=str(tiny_late_interaction), part_pairs=4, **settings))
    assert (store.teacher.family, store.teacher.scale) == ("late-interaction", "maxsim")
    reranker = load_reranker(tiny_late_interaction, device="cpu")
    for (query, passage), score in zip(*pairs_of(store), strict=True):
        alone = reranker.rerank(query, [Candidate("p", passage)])[0].score
        assert score == pytest.approx(alone, abs=1e-4)


def test_manifest_has_all_that_a_training_must_know(config: ScoreTeacherConfig) -> None:
    told = replace(config, query_language="en", passage_language="ar", licence="mit")
    store = scored(told)
    assert store.teacher.name == config.teacher
    assert (store.teacher.query_language, store.teacher.passage_language) == ("en", "ar")
    assert (store.teacher.scale, store.teacher.licence) == ("logit", "mit")
    assert set(store.manifest.inputs) == {"topics", "corpus", "run"}
    assert all(len(entry["sha256"]) == 64 for entry in store.manifest.inputs.values())
    saved = json.loads((config.output / "config.json").read_text())
    assert ScoreTeacherConfig(**saved) == told
    assert sorted(file.name for file in config.output.iterdir()) == [
        "config.json",
        "manifest.json",
        "part-00000.parquet",
    ]


def test_title_goes_in_when_asked_for(config: ScoreTeacherConfig) -> None:
    without = scored(config).columns().scores
    titled = scored(replace(config, with_title=True, overwrite=True)).columns().scores
    assert not np.allclose(titled, without)


def test_missing_ids_are_counted_and_told(config: ScoreTeacherConfig) -> None:
    config.topics[0].write_text(f"007\t{QUERIES['007']}\n7\t{QUERIES['7']}\n")
    lines = config.corpus.read_text().splitlines()
    config.corpus.write_text("\n".join(line for line in lines if '"d00"' not in line))
    with pytest.warns(
        MissingIdWarning, match="6 of 15 pairs are left out, since 1 queries are not"
    ):
        report = score_teacher(config)
    assert (report.missing, report.missing_queries, report.missing_passages) == (6, 1, 1)
    assert report.summary.pairs == 9


def test_nothing_that_joins_is_an_error_with_examples(config: ScoreTeacherConfig) -> None:
    config.topics[0].write_text("other\tx\n")
    with pytest.raises(DataError, match=r"none of the 15 selected pairs.*query 007, 7, NA"):
        score_teacher(config)


def test_several_topic_files_must_agree(config: ScoreTeacherConfig, tmp_path: Path) -> None:
    more = tmp_path / "more.tsv"
    more.write_text("007\tanother text\n")
    with pytest.raises(DataError, match="query 007 has another text than in an earlier file"):
        score_teacher(replace(config, topics=(*config.topics, more)))


def test_small_margins_are_told_with_the_factor(
    config: ScoreTeacherConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cosines of a narrow cone train a student to give every passage the same score."""
    from arir.models.cross_encoder.reranker import CrossEncoderReranker

    def narrow(_: CrossEncoderReranker, pairs: Any) -> Any:
        return np.array([0.8 + 0.01 * (n % 2) for n in range(len(pairs))], dtype=np.float32)

    monkeypatch.setattr(CrossEncoderReranker, "score_pairs", narrow)
    # Of five scores two or three are higher: a mean squared margin of 0.6 * 0.01^2.
    expected = r"by only 0\.0077 .*MarginMSE vanishes; train with --teacher-scale 30$"
    with pytest.warns(TeacherScoreWarning, match=expected) as caught:
        store = scored(config)
    assert len(caught) == 1
    deviation = store.manifest.properties["spread"]["margin_deviation"]
    assert deviation == pytest.approx(0.01 * 0.6**0.5, rel=1e-3)


def test_the_scale_is_judged_once_and_early(
    config: ScoreTeacherConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from arir.models.cross_encoder.reranker import CrossEncoderReranker

    monkeypatch.setattr("arir.score_teacher.service.ENOUGH", 1)
    monkeypatch.setattr(
        CrossEncoderReranker, "score_pairs", lambda _, pairs: np.linspace(0, 0.01, len(pairs))
    )
    with pytest.warns(TeacherScoreWarning) as caught:
        scored(replace(config, part_pairs=5))
    assert len(caught) == 1


def test_constant_scores_are_refused(
    config: ScoreTeacherConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from arir.models.cross_encoder.reranker import CrossEncoderReranker

    monkeypatch.setattr(
        CrossEncoderReranker, "score_pairs", lambda _, pairs: np.zeros(len(pairs), np.float32)
    )
    with pytest.raises(DataError, match="constant within each of 3 queries"):
        score_teacher(config)
    assert not config.output.exists()


def test_constant_scores_stop_after_the_first_part(
    config: ScoreTeacherConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from arir.models.cross_encoder.reranker import CrossEncoderReranker

    monkeypatch.setattr("arir.score_teacher.service.ENOUGH", 1)
    monkeypatch.setattr(
        CrossEncoderReranker, "score_pairs", lambda _, pairs: np.zeros(len(pairs), np.float32)
    )
    with pytest.raises(DataError, match="constant within each of 1 queries"):
        score_teacher(replace(config, part_pairs=5))


def test_single_passages_teach_no_order(config: ScoreTeacherConfig) -> None:
    with pytest.warns(TeacherScoreWarning, match="every query has a single passage"):
        score_teacher(replace(config, depth=1))


def test_score_that_is_not_finite_is_named(
    config: ScoreTeacherConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from arir.models.cross_encoder.reranker import CrossEncoderReranker

    def broken(_: CrossEncoderReranker, pairs: Any) -> Any:
        return np.array([np.nan if n == 6 else n for n in range(len(pairs))], dtype=np.float32)

    monkeypatch.setattr(CrossEncoderReranker, "score_pairs", broken)
    with pytest.raises(ModelError, match="query 7 and passage d04 is nan, not finite"):
        score_teacher(config)


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        ({"run": ()}, ConfigError, "nothing says which pairs to score"),
        ({"topics": ()}, ConfigError, "topics names no file"),
        ({"true_word": "yes"}, ConfigError, "true-word is for --teacher-kind monot5 only"),
        ({"max_length": 64}, ConfigError, "max-length is for --teacher-kind monot5 or query-"),
        ({"prompt": "x", "teacher_kind": "monot5"}, ConfigError, "must hold {query} and {passage}"),
        (
            {"prompt": "{query}{passage}", "teacher_kind": "query-generator"},
            ConfigError,
            "must hold {passage} and no other",
        ),
        (
            {"true_word": "a", "false_word": "a", "teacher_kind": "monot5"},
            ConfigError,
            "true-word and false-word are the same",
        ),
        ({"teacher": "kd-aradrp"}, ModelError, "did you mean kd-aradpr"),
        (
            {"teacher": "x", "teacher_kind": "monot5"},
            ModelError,
            "no sequence-to-sequence model 'x'",
        ),
        ({"run": Path("no.trec")}, DataError, "no.trec: no such file"),
        ({"corpus": Path("no.jsonl")}, DataError, "no such collection"),
    ],
)
def test_each_fault_has_its_message_before_any_work(
    config: ScoreTeacherConfig, values: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as caught:
        score_teacher(ScoreTeacherConfig(**{**vars(config), **values}))
    assert message in str(caught.value)
    assert not config.output.with_name("scores.partial").exists()


def test_sequence_to_sequence_model_must_say_how_it_scores(
    config: ScoreTeacherConfig, tiny_seq2seq: Path
) -> None:
    with pytest.raises(ConfigError, match="--teacher-kind monot5 or query-generator"):
        score_teacher(replace(config, teacher=str(tiny_seq2seq)))


def test_ranker_of_another_kind_is_no_monot5(config: ScoreTeacherConfig) -> None:
    with pytest.raises(ModelError, match="is no sequence-to-sequence model"):
        score_teacher(replace(config, teacher_kind="monot5"))


def test_output_that_exists_is_refused(config: ScoreTeacherConfig) -> None:
    score_teacher(config)
    with pytest.raises(OutputError, match="already exists"):
        score_teacher(config)
