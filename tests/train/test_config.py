"""Settings that contradict each other are refused at once, all of them, whatever the method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from arir.config import from_mapping, to_dict
from arir.errors import ConfigError
from arir.train import METHODS, TrainConfig
from arir.train.config import ContrastConfig, StudentConfig

NEEDED: dict[str, Any] = {
    "teacher_scores": "s.tsv",
    "corpus": "c",
    "topics": "t.tsv",
    "output": "o",
    "student": "new",
}


STUDENT = {"student": "new", "output": "o"}
TEXTS = {**STUDENT, "corpus": "c", "topics": "t.tsv"}
#: of each method the settings that it cannot do without
LEAST: dict[str, dict[str, Any]] = {
    "margins": NEEDED,
    "lists": {**TEXTS, "teacher_scores": "s"},
    "contrast": {**TEXTS, "qrels": "q"},
    "bitext": {**STUDENT, "bitext": "b", "teacher": "t", "embedding_mse": 1},
    "masked-lm": {**STUDENT, "text": "t"},
}


def made(**changes: Any) -> TrainConfig:
    return TrainConfig(**{**NEEDED, **changes})


def of_method(method: str, **changes: Any) -> StudentConfig:
    config = METHODS[method](**{**LEAST[method], **changes})
    assert isinstance(config, StudentConfig)
    return config


def test_the_defaults_are_the_published_ones() -> None:
    config = made()
    assert (config.learning_rate, config.epochs, config.weight_decay) == (7e-5, 3, 0)
    assert config.batch_size * config.accumulation == 128
    assert (config.warmup_ratio, config.loss, config.similarity) == (0.07, "margin-mse-l1", "dot")


def test_one_file_of_topics_or_several(tmp_path: Path) -> None:
    assert made(topics="a.tsv").topics == (Path("a.tsv"),)
    assert made(topics=Path("a.tsv")).topics == (Path("a.tsv"),)
    assert made(topics=["a.tsv", "b.tsv"]).topics == (Path("a.tsv"), Path("b.tsv"))


def test_saved_settings_come_back() -> None:
    config = made(held_out=30, scale=5, layers=3, topics=("a", "b"), teacher_range=(-1, 2.5))
    assert from_mapping(TrainConfig, to_dict(config)) == config


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"student": "e5", "layers": 2, "heads": 1}, "layers, heads shape a new student only"),
        ({"width": 130, "heads": 4}, "width 130 is no multiple of heads 4"),
        ({"heads": 3}, "width 128 is no multiple of heads 3"),
        ({"batch_size": 1}, "margin-mse-l1 teaches nothing in batches of one triple"),
        ({"topics": ()}, "topics names no file"),
        ({"held_out": 0}, "held-out must be at least 1"),
        ({"learning_rate": 0}, "learning_rate: input should be greater than 0"),
        ({"warmup_ratio": 1.5}, "warmup_ratio: input should be less than or equal to 1"),
        ({"labels": "soft"}, "labels: input should be 'teacher' or 'hard'"),
        ({"step": 4}, "unknown key 'step' (did you mean steps?)"),
    ],
)
def test_contradictions_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        made(**changes)
    assert message in str(caught.value)


def test_all_contradictions_are_named_at_once() -> None:
    with pytest.raises(ConfigError, match=r"width 9 .*; margin-mse-l1 .*; held-out"):
        made(width=9, batch_size=1, held_out="0")


@pytest.mark.parametrize("method", LEAST)
def test_settings_of_every_method_survive_a_file(method: str) -> None:
    config = of_method(method, seed=7, steps=3, lora_rank=2)
    assert from_mapping(METHODS[method], to_dict(config)) == config


@pytest.mark.parametrize(
    ("method", "changes", "message"),
    [
        ("margins", {"held_out_dev": True}, "held-out-dev needs held-out"),
        ("margins", {"teacher_range": (3, 3)}, "teacher-range must rise"),
        (
            "margins",
            {"max_triples": 3, "sample_triples": 3},
            "max-triples and sample-triples exclude each other",
        ),
        (
            "margins",
            {
                "held_out": 3,
                "held_out_dev": True,
                "dev_run": "r",
                "dev_topics": "t",
                "dev_qrels": "q",
            },
            "held-out-dev and dev-run are two dev sets",
        ),
        ("margins", {"dev_run": "r"}, "a dev set also needs dev-topics and dev-qrels"),
        ("margins", {"patience": 2}, "patience needs a dev set"),
        ("margins", {"switch_queries": 0.5}, "need a lexicon"),
        ("margins", {"lexicon": "l.tsv"}, "a lexicon needs switch-queries or switch-passages"),
        ("lists", {"teacher_scores": None}, "labels teacher needs teacher-scores"),
        ("lists", {"labels": "hard"}, "labels hard needs mined, or teacher-scores and qrels"),
        ("lists", {"loss": "cross-entropy"}, "loss cross-entropy needs labels hard"),
        ("lists", {"labels": "hard", "mined": "m"}, "loss kl needs labels teacher"),
        (
            "lists",
            {"family": "cross-encoder", "in_batch_weight": 1},
            "a cross-encoder has no in-batch scores: in-batch-weight must be 0",
        ),
        ("contrast", {"family": "cross-encoder"}, "no in-batch scores; use method lists"),
        ("contrast", {"scale": 2}, "contrast has a temperature in place of a scale"),
        ("contrast", {"batch_size": 1}, "batch_size: input should be greater than or equal to 2"),
        ("contrast", {"family": "late-interaction", "token_contrast": 1}, "are of bi-encoders"),
        ("contrast", {"similarity": "dot", "self_distil": 1}, "need similarity cosine"),
        ("contrast", {"symmetric": True, "self_distil": 1}, "have no symmetric form"),
        ("contrast", {"dropout": 1}, "dropout: input should be less than or equal to 0.9"),
        ("contrast", {"together": 0}, "together: input should be greater than or equal to 1"),
        ("contrast", {"temperature": 0}, "temperature: input should be greater than 0"),
        ("bitext", {"bitext": ()}, "bitext names no file"),
        ("bitext", {"embedding_mse": 0}, "give a weight to one of embedding-mse, "),
        ("bitext", {"teacher": None}, "labels teacher needs a teacher"),
        ("bitext", {"labels": "hard"}, "embedding-mse need a teacher; hard labels have contrast"),
        ("bitext", {"family": "late-interaction"}, "a late-interaction has no embedding-mse"),
        ("bitext", {"transport": 1, "family": "bi-encoder"}, "a bi-encoder has no transport"),
        ("bitext", {"teacher": ("a", "b")}, "several teachers are for relational-kl alone"),
        ("bitext", {"contrast": 1, "batch_size": 1}, "need a batch-size of 2 or more"),
        ("bitext", {"scale": 2}, "bitext has temperatures in place of a scale"),
        ("masked-lm", {"scale": 2}, "masked-lm scores no passages, and so has no scale"),
        ("bitext", {"beta": 1, "solver": "sinkhorn"}, "beta is a setting of solver ipot"),
        ("bitext", {"epsilon": 1}, "epsilon is a setting of solver sinkhorn"),
        ("masked-lm", {"text": ()}, "text names no file"),
        ("masked-lm", {"family": "cross-encoder"}, "not a cross-encoder"),
        ("masked-lm", {"dev_run": "r", "dev_topics": "t", "dev_qrels": "q"}, "needs dev-corpus"),
        ("lists", {"family": "cross-encoder", "query_length": 9}, "in place of query-length"),
        ("lists", {"family": "bi-encoder", "pair_length": 9}, "a bi-encoder has no pair-length"),
        ("lists", {"family": "bi-encoder", "dimension": 9}, "a bi-encoder has no dimension to set"),
    ],
)
def test_contradictions_of_every_method_are_named(
    method: str, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        of_method(method, **changes)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("value", "count"), [(300, 300), ("300", 300), ("dev.txt", None), (None, None)]
)
def test_held_out_is_a_number_or_a_file(value: str | int | None, count: int | None) -> None:
    assert made(held_out=value).held_out_count == count


def test_cosines_are_scaled_to_the_size_of_logits_unless_told_otherwise() -> None:
    assert made().score_scale == 1
    assert made(similarity="cosine").score_scale == 20
    assert made(similarity="cosine", scale=3).score_scale == 3


@pytest.mark.parametrize(
    ("changes", "temperature"),
    [
        ({}, 0.05),
        ({"family": "bi-encoder"}, 0.05),
        ({"similarity": "dot"}, 1),
        ({"family": "late-interaction"}, 1),
        ({"family": "late-interaction", "temperature": 0.5}, 0.5),
        ({"temperature": 0.01}, 0.01),
    ],
)
def test_only_cosines_get_a_small_temperature_by_themselves(
    changes: dict[str, Any], temperature: float
) -> None:
    config = of_method("contrast", **changes)
    assert isinstance(config, ContrastConfig)
    assert config.softmax_temperature == temperature


def test_a_maxsim_sum_is_no_cosine_to_be_scaled() -> None:
    assert of_method("lists", similarity="cosine", family="late-interaction").score_scale == 1
