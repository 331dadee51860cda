"""Gaps are the same for the same batch, the loss falls, and the head stays behind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer

from arir import load_encoder
from arir.errors import ConfigError, DataError
from arir.models.bi_encoder.student import StudentShape, new_student
from arir.train import train
from arir.train.config import MaskedLmConfig
from arir.train.masked_lm import MaskedLmObjective
from arir.train.methods.masked_lm import read_texts
from arir.train.task import Task
from tests.train.material import BITEXT, PASSAGES, configured
from tests.train.preparing import prepared


def config_of(folder: Path, **changes: Any) -> MaskedLmConfig:
    config = configured("masked-lm", folder, **changes)
    assert isinstance(config, MaskedLmConfig)
    return config


def task_of(folder: Path, **changes: Any) -> Task:
    return prepared(config_of(folder, **changes), folder / "scratch")


STUDENTS = ["tiny_bert", "tiny_electra", "tiny_xlmr", "tiny_bi_encoder", "tiny_cosine_encoder"]


def test_texts_of_collections_and_of_both_sides_of_bitext(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    titled = [f"عنوان {name}\n{text}" for name, text in PASSAGES.items()]
    assert list(read_texts(config)) == titled
    bitext = config_of(tmp_path, text=tmp_path / "bitext.tsv")
    assert list(read_texts(bitext)) == [text for pair in BITEXT for text in pair]
    both = config_of(tmp_path, text=(*config.text, *bitext.text), max_texts=7)
    assert list(read_texts(both)) == [*titled, *BITEXT[0]]


def test_ids_of_a_table_are_no_text(tmp_path: Path) -> None:
    table = tmp_path / "corpus.tsv"
    table.write_text("".join(f"{name}\t{text}\n" for name, text in PASSAGES.items()), "utf-8")
    assert list(read_texts(config_of(tmp_path, text=table))) == list(PASSAGES.values())


def test_raw_text_has_a_text_a_line(tmp_path: Path) -> None:
    raw = tmp_path / "raw.txt"
    raw.write_text("نهر النيل\n\nسطر\tبعلامة\n", encoding="utf-8")
    assert list(read_texts(config_of(tmp_path, text=raw))) == ["نهر النيل", "سطر\tبعلامة"]


def test_files_without_any_text_are_refused(tmp_path: Path, tiny_bert: Path) -> None:
    raw = tmp_path / "raw.txt"
    raw.write_text("\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"raw\.txt: "):
        task_of(tmp_path, text=raw, student=str(tiny_bert), query_length=20, passage_length=40)


@pytest.mark.parametrize("whole_words", [True, False])
@pytest.mark.parametrize("student", STUDENTS)
def test_the_same_batch_has_the_same_gaps_and_only_text_is_hidden(
    request: pytest.FixtureRequest, tmp_path: Path, student: str, whole_words: bool
) -> None:
    folder = str(request.getfixturevalue(student))
    task = task_of(tmp_path, student=folder, masked=0.4, whole_words=whole_words)
    batch, again, other = (task.collator(rows) for rows in ([0, 3], [0, 3], [3, 1]))
    torch.testing.assert_close(batch["labels"], again["labels"], rtol=0, atol=0)
    for mine, theirs in zip(batch["groups"], again["groups"], strict=True):
        torch.testing.assert_close(mine[1], theirs[1], rtol=0, atol=0)
    assert [labels.tolist() for labels in batch["labels"]] != [x.tolist() for x in other["labels"]]
    tokenizer = task.student.learner.tokenizer
    special = set(tokenizer.all_special_ids)
    hidden = 0
    for (_, features), labels in zip(batch["groups"], batch["labels"], strict=True):
        gaps = labels != -100
        hidden += int((features["input_ids"][gaps] != labels[gaps]).sum())
        assert not special & set(labels[gaps].tolist())
        assert not gaps[features["attention_mask"] == 0].any()
    assert hidden > 0


@pytest.mark.parametrize("student", ["tiny_bert", "tiny_xlmr"])
def test_whole_words_are_hidden_together(
    request: pytest.FixtureRequest, tmp_path: Path, student: str
) -> None:
    task = task_of(
        tmp_path, student=str(request.getfixturevalue(student)), masked=0.5, whole_words=True
    )
    collator: Any = task.collator
    batch = collator(range(5))
    tokenizer = task.student.learner.tokenizer
    words = 0
    for (_, features), labels in zip(batch["groups"], batch["labels"], strict=True):
        original = features["input_ids"].where(labels == -100, labels)
        for row, gaps in zip(original.tolist(), (labels != -100).tolist(), strict=True):
            pieces = tokenizer.convert_ids_to_tokens(row)
            for at in range(2, len(pieces)):
                inner = pieces[at].startswith("##") or (
                    student == "tiny_xlmr" and not pieces[at].startswith("▁")
                )
                known = not {row[at], row[at - 1]} & set(tokenizer.all_special_ids)
                if inner and known:
                    words += 1
                    assert gaps[at] == gaps[at - 1]
    assert words > 5


def test_the_loss_is_that_of_transformers_with_the_same_head(
    tmp_path: Path, tiny_bert: Path
) -> None:
    """BERT's own head is the one that is trained here: its weights put in, both agree."""
    task = task_of(tmp_path, student=str(tiny_bert), masked=0.3)
    objective = task.objective
    assert isinstance(objective, MaskedLmObjective)
    objective.eval()
    model = AutoModelForMaskedLM.from_pretrained(tiny_bert).eval()
    transform = model.cls.predictions.transform
    transform.dense.load_state_dict(objective.head[0].state_dict())
    transform.LayerNorm.load_state_dict(objective.head[2].state_dict())
    torch.nn.init.normal_(objective.bias)
    model.cls.predictions.bias.data.copy_(objective.bias)
    model.bert.load_state_dict(objective.learner.body.state_dict(), strict=False)
    batch = task.collator([0, 1, 4])
    with torch.inference_mode():
        mine = objective(batch)
        total, gaps = 0.0, 0
        for (_, features), labels in zip(batch["groups"], batch["labels"], strict=True):
            count = int((labels != -100).sum())
            if count:
                total += float(model(**features, labels=labels).loss) * count
                gaps += count
    transform.LayerNorm.eps = objective.head[2].eps
    assert float(mine) == pytest.approx(total / gaps, rel=1e-4)


@pytest.mark.parametrize("student", STUDENTS)
def test_the_loss_falls_and_the_head_is_not_saved(
    request: pytest.FixtureRequest, tmp_path: Path, student: str
) -> None:
    folder = request.getfixturevalue(student)
    config = config_of(
        tmp_path, student=str(folder), steps=30, learning_rate=5e-3, masked=0.3, batch_size=5
    )
    report = train(config)
    lines = (report.output / "training/log.jsonl").read_text().splitlines()
    losses = [json.loads(line)["loss"] for line in lines]
    assert losses[-1] < 0.8 * losses[0]
    before, after = (load_encoder(path, device="cpu") for path in (folder, report.output))
    assert before.dimension == after.dimension
    from safetensors import safe_open

    [file] = report.output.rglob("model.safetensors")
    [original] = folder.rglob("model.safetensors")
    with safe_open(file, "pt") as saved, safe_open(original, "pt") as first:
        assert set(saved.keys()) == set(first.keys())
    assert "adapted to raw text" in (report.output / "README.md").read_text(encoding="utf-8")


def test_a_student_without_a_mask_is_refused(tmp_path: Path) -> None:
    maskless = tmp_path / "maskless"
    texts = [f"عنوان {name}\n{text}" for name, text in PASSAGES.items()]
    student = new_student(texts, StudentShape(width=16, heads=2))
    student.save(str(maskless), create_model_card=False)
    tokenizer = AutoTokenizer.from_pretrained(maskless)
    tokenizer.mask_token = None
    tokenizer.save_pretrained(maskless)
    with pytest.raises(ConfigError, match=r"the tokeniser of .*maskless has no mask token; choose"):
        task_of(tmp_path, student=str(maskless))


@pytest.mark.parametrize("name", ["raw.txt", "bitext.tsv", "folder"])
def test_every_kind_of_text_trains(tmp_path: Path, tiny_bert: Path, name: str) -> None:
    config = config_of(tmp_path, student=str(tiny_bert), query_length=20, passage_length=40)
    path = tmp_path / name
    if name == "raw.txt":
        path.write_text("\n".join(PASSAGES.values()), encoding="utf-8")
    if name == "folder":
        path.mkdir()
        config.text[0].rename(path / "corpus.jsonl")
    report = train(replace(config, text=(path,)))
    assert report.rows == (2 * len(BITEXT) if name == "bitext.tsv" else len(PASSAGES))
