from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import arir
from arir.cli.main import main
from arir.sample import sample_path
from tests.init_student.material import write_bitext, write_lexicon
from tests.test_documents import REPOSITORY, commands
from tests.tiny import make_bi_encoder


def test_commands_of_the_document_succeed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARIR_MODELS", str(tmp_path / "models"))
    make_bi_encoder(tmp_path / "models" / "sentence-transformers" / "all-MiniLM-L6-v2")
    my = tmp_path / "my"
    my.mkdir()
    shutil.copyfile(sample_path("corpus.ar.jsonl"), my / "corpus.jsonl")
    write_bitext(my / "bitext.tsv")
    write_lexicon(my / "lexicon.tsv")
    (my / "topics.tsv").write_text("q1\tما هي عاصمة مصر ؟\n", encoding="utf-8")
    (tmp_path / "runs").mkdir()
    run = "q1 Q0 a001 1 2.0 bm25\nq1 Q0 a041 2 1.0 bm25\n"
    (tmp_path / "runs" / "bm25.trec").write_text(run, encoding="utf-8")
    found = commands(REPOSITORY / "docs" / "students.md")
    assert found
    for words in found:
        with pytest.raises(SystemExit) as stopped:
            main(words[1:])
        assert stopped.value.code == 0
    reranked = (tmp_path / "runs/late.trec").read_text(encoding="utf-8").splitlines()
    assert {line.split()[2] for line in reranked} == {"a001", "a041"}
    assert arir.find_model(tmp_path / "students" / "minilm-ar").profile == "lucene"
