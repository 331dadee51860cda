"""Data and recipes that cannot work end in one line, before any step, and leave nothing behind."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from arir.cli.train import command
from arir.data.teacher_join import MissingTextWarning
from arir.errors import ArirError, ConfigError, DataError, ModelError
from arir.losses.teacher_scores import TeacherScoreWarning
from arir.train import train
from tests.tiny import make_bi_encoder
from tests.train.material import PASSAGES, ROWS, configured, write_all

#: changes the material's files in a folder, and gives settings
Spoil = Callable[[Path], dict[str, Any]]


@dataclass(frozen=True)
class Fault:
    name: str
    method: str
    spoil: Spoil
    error: type[ArirError]
    message: str
    student: str = "tiny_bi_encoder"


def text(name: str, content: str, **settings: Any) -> Spoil:
    """Write a file, and name it in the settings."""

    def spoil(folder: Path) -> dict[str, Any]:
        path = folder / name
        path.write_text(content, encoding="utf-8")
        return {key: path if value == "HERE" else value for key, value in settings.items()}

    return spoil


def given(**settings: Any) -> Spoil:
    return lambda _: settings


def scores(rows: list[tuple[Any, ...]]) -> str:
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


def wide_teacher(folder: Path) -> dict[str, Any]:
    return {"teacher": make_bi_encoder(folder / "wide", dense=48), "embedding_mse": 1.0}


FAULTS = [
    Fault(
        "NaN score of a triple",
        "margins",
        text("bad.tsv", scores([*ROWS[:2], ("nan", 1.0, "1", "p1", "p2")]), teacher_scores="HERE"),
        DataError,
        r"bad\.tsv:3: .*nan",
    ),
    Fault(
        "infinite score of a triple",
        "margins",
        text("bad.tsv", scores([("1e99", "-inf", "1", "p1", "p2")]), teacher_scores="HERE"),
        DataError,
        r"bad\.tsv:1: ",
    ),
    Fault(
        "constant margins",
        "margins",
        text("bad.tsv", scores([(2.0, 1.0, *row[2:]) for row in ROWS]), teacher_scores="HERE"),
        DataError,
        "the teacher's margin is 1 in all 8 triples, so there is nothing to distil",
    ),
    Fault(
        "constant scores of lists",
        "lists",
        text(
            "bad.jsonl",
            json.dumps(["1", *([name, 2.0] for name in PASSAGES)]) + "\n",
            teacher_scores="HERE",
        ),
        DataError,
        "the teacher's scores are the same within every list",
    ),
    Fault(
        "ids of another collection",
        "margins",
        text("bad.tsv", scores([(2.0, 1.0, "x", "y", "z")]), teacher_scores="HERE"),
        DataError,
        r"none of its 1 rows joins with .*; not found are query x and passage y, z; give the t",
    ),
    Fault(
        "scores that miss pairs",
        "lists",
        text("bad.jsonl", '["1", ["p1", 3.0], ["p2", 1.0]]\n', teacher_scores="HERE"),
        DataError,
        "no query has the 4 passages that a list needs; lower --nway",
    ),
    Fault(
        "a passage given twice",
        "contrast",
        text(
            "bad.jsonl",
            '{"id": "p1", "contents": "ا"}\n{"id": "p1", "contents": "ب"}\n',
            corpus="HERE",
        ),
        DataError,
        r"bad\.jsonl:2: passage id p1 is given twice, first at .*bad\.jsonl:1",
    ),
    Fault(
        "a script that the vocabulary lacks",
        "bitext",
        text(
            "bad.tsv",
            "one\t漢字 汉字\ntwo\tかな カナ\n",
            bitext="HERE",
            contrast=1.0,
            labels="hard",
        ),
        ModelError,
        r"\d+% of the training texts' tokens are unknown; choose a student whose vocabulary covers",
    ),
    Fault(
        "vectors of different lengths",
        "bitext",
        wide_teacher,
        ConfigError,
        "the student's vectors have length 32, the teacher's 48; use --projection",
    ),
    Fault(
        "a teacher that is not there",
        "bitext",
        lambda folder: {"teacher": folder / "missing", "embedding_mse": 1.0},
        ModelError,
        "missing",
    ),
    Fault(
        "a family that a model cannot become",
        "contrast",
        given(family="late-interaction"),
        ModelError,
        "is a cross-encoder, not a late-interaction",
        student="tiny_cross_encoder",
    ),
    Fault(
        "in-batch losses of a cross-encoder",
        "contrast",
        given(),
        ConfigError,
        "a cross-encoder has no in-batch scores; use method lists",
        student="tiny_cross_encoder",
    ),
    Fault(
        "a loss of vectors for token vectors",
        "bitext",
        given(embedding_mse=1.0, teacher="x"),
        ConfigError,
        "a late-interaction has no embedding-mse",
        student="tiny_late_interaction",
    ),
    Fault(
        "texts longer than the positions",
        "contrast",
        given(passage_length=200),
        ConfigError,
        "reads 96 tokens at most, not 200; lower --query-length and --passage-length",
    ),
    Fault(
        "an empty text to adapt to",
        "masked-lm",
        text("bad.txt", "\n", text="HERE"),
        DataError,
        r"bad\.txt: ",
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_what_cannot_work_is_said_before_any_step_and_nothing_is_left(
    fault: Fault, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("arir.train.service._fit", fail)
    for category in (MissingTextWarning, TeacherScoreWarning):
        warnings.simplefilter("ignore", category)  # pytest restores the filters
    write_all(tmp_path)
    settings = fault.spoil(tmp_path)
    student = str(request.getfixturevalue(fault.student))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(fault.error, match=fault.message) as caught:
        train(configured(fault.method, tmp_path, student=student, **settings))
    assert "\n" not in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before


def test_every_fault_of_a_recipe_is_named_at_once_with_the_nearest_key(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "method: lists\nstudnet: new\nloss: kld\nnway: 1\nlerning_rate: 1e-5\ncorpus: c\n", "utf-8"
    )
    with pytest.raises(ConfigError) as caught:
        CliRunner().invoke(command, [str(recipe)], catch_exceptions=False, standalone_mode=False)
    for part in (
        "recipe.yaml",
        "'studnet' (did you mean student?)",
        "'lerning_rate' (did you mean learning_rate?)",
        "missing key 'topics'",
        "loss: input should be 'kl'",
        "nway: input should be greater than or equal to 2",
    ):
        assert part in str(caught.value)


def test_an_unknown_method_names_the_nearest(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("method: contrastive\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"no method 'contrastive'; .*contrast"):
        CliRunner().invoke(command, [str(recipe)], catch_exceptions=False, standalone_mode=False)
