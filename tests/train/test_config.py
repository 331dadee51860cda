"""Settings that contradict each other are refused at once, all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from arir.config import from_mapping, to_dict
from arir.errors import ConfigError
from arir.train import TrainConfig

NEEDED: dict[str, Any] = {
    "teacher_scores": "s.tsv",
    "corpus": "c",
    "topics": "t.tsv",
    "output": "o",
    "student": "new",
}


def made(**changes: Any) -> TrainConfig:
    return TrainConfig(**{**NEEDED, **changes})


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
    config = made(held_out=30, scale=5, layers=3, topics=("a", "b"))
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


@pytest.mark.parametrize(
    ("value", "count"), [(300, 300), ("300", 300), ("dev.txt", None), (None, None)]
)
def test_held_out_is_a_number_or_a_file(value: str | int | None, count: int | None) -> None:
    assert made(held_out=value).held_out_count == count


def test_cosines_are_scaled_to_the_size_of_logits_unless_told_otherwise() -> None:
    assert made().score_scale == 1
    assert made(similarity="cosine").score_scale == 20
    assert made(similarity="cosine", scale=3).score_scale == 3
