"""Two processes of torchrun train one student, and only the first of them speaks and writes."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sentence_transformers import SentenceTransformer

from arir.progress import progress, progress_bar
from arir.train import train
from tests.tiny import make_bi_encoder
from tests.train.loop.commands import finish, read_log, start, write_recipe
from tests.train.loop.world import mean_distance
from tests.train.material import ROWS, settings, write_scores
from tests.train.test_dev import dev_files


@pytest.fixture
def student(tmp_path: Path) -> Path:
    """A student without dropout, whose losses are those of the examples alone."""
    folder = make_bi_encoder(tmp_path / "model")
    file = folder / "config.json"
    body = json.loads(file.read_text(encoding="utf-8"))
    body |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    file.write_text(json.dumps(body), encoding="utf-8")
    return folder


def test_two_processes_are_one_training_of_twice_the_batch(student: Path, tmp_path: Path) -> None:
    config = settings(
        tmp_path,
        **dev_files(tmp_path),
        student=str(student),
        loss="margin-mse",
        batch_size=2,
        steps=4,
        warmup_ratio=0.0,
        checkpoint_every=2,
        evaluate_every=2,
        learning_rate=1e-4,
    )
    # One row is left out, with a note.
    write_scores(config.teacher_scores, [*ROWS, (1.0, 0.5, "lost", "p1", "p2")])
    process = start("train", write_recipe(tmp_path / "recipe.yaml", config), processes=2)
    status, out, err = finish(process)
    assert status == 0, err
    assert len(out.splitlines()) == 2
    assert out.startswith("8 triples, 4 steps in")
    assert err.count("1 of 9 rows are left out") == 1
    assert err.splitlines() == [line for line in err.splitlines() if line.startswith("arir: note")]

    with pytest.warns(UserWarning, match="1 of 9 rows"):
        train(replace(config, batch_size=4, output=tmp_path / "single"))
    logs = [read_log(folder) for folder in (config.output, tmp_path / "single")]
    for key in ("step", "loss", "lr", "dev"):
        double, single = ([entry.get(key, 0.0) for entry in log] for log in logs)
        assert double == pytest.approx(single, rel=1e-3)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [
        "model",
        "single",
        "student",
    ]
    ours, theirs, before = (
        SentenceTransformer(str(folder), device="cpu").state_dict()
        for folder in (config.output, tmp_path / "single", student)
    )
    # Adam makes a whole step of a gradient that is zero but for rounding, so single weights differ.
    assert mean_distance(ours, theirs) < 0.05 * mean_distance(theirs, before)
    events = list((config.output / "training/tensorboard").iterdir())
    assert len(events) == 1


@pytest.mark.parametrize(("rank", "shown"), [("0", True), ("1", False)])
def test_only_the_first_process_shows_bars(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], rank: str, shown: bool
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("RANK", rank)
    with progress_bar("train", total=1) as bar:
        bar.update()
    assert list(progress(range(2), "reading")) == [0, 1]
    assert ("train" in capsys.readouterr().err) == shown
