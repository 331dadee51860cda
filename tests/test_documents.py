"""The commands in the documents run as they stand, and links lead somewhere."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from arir.cli.main import main
from arir.data.topics import read_topics
from arir.sample import sample_path
from tests.tiny import make_bi_encoder, make_cross_encoder, make_seq2seq

REPOSITORY = Path(__file__).parent.parent
DOCUMENTS = sorted([REPOSITORY / "README.md", *REPOSITORY.glob("docs/*.md")])
#: documents whose arir commands follow each other in one folder with a collection in my/
RUNNABLE = ["README.md", "docs/teachers.md", "docs/training.md"]


def commands(document: Path) -> list[list[str]]:
    """The words of every arir command in the document's shell blocks, in order."""
    blocks = re.findall(r"```bash\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("arir ")]


def expanded(word: str) -> list[str]:
    """What a shell makes of a word: the files that it matches, or the word."""
    return sorted(str(path) for path in Path().glob(word)) if "*" in word else [word]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a collection in my/, and tiny models by shipped and published names."""
    monkeypatch.chdir(tmp_path)
    models = tmp_path / "models-at-hand"
    monkeypatch.setenv("ARIR_MODELS", str(models))
    for name in ("kd-mini", "kd-aradpr"):
        make_bi_encoder(models / name)
        make_cross_encoder(models / f"{name}-ce")
    for name in ("castorini/monot5-base-msmarco", "my/query-generator"):
        make_seq2seq(models / name)
    names = {
        "corpus.ar.jsonl": "corpus.jsonl",
        "topics.test.ar.tsv": "topics.tsv",
        "qrels.test.txt": "qrels.txt",
        "qrels.train.txt": "qrels.train.txt",
        "topics.train.ar.tsv": "topics.train.tsv",
        "teacher_scores.tsv": "teacher_scores.tsv",
        "topics.pseudo.ar.tsv": "topics.pseudo.tsv",
    }
    (tmp_path / "my").mkdir()
    for name, mine in names.items():
        shutil.copyfile(sample_path(name), tmp_path / "my" / mine)
    make_bi_encoder(tmp_path / "my" / "english-teacher")
    english, arabic = (
        read_topics(sample_path(f"topics.train.{code}.tsv")) for code in ("en", "ar")
    )
    pairs = [f"{text}\t{arabic[query]}\n" for query, text in english.items()]
    (tmp_path / "my" / "bitext.tsv").write_text("".join(pairs), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", RUNNABLE)
def test_every_command_of_the_document_succeeds(name: str, workplace: Path) -> None:
    found = commands(REPOSITORY / name)
    assert found
    for words in found:
        spread = [part for word in words[1:] for part in expanded(word)]
        with pytest.raises(SystemExit) as stopped:
            main(spread)
        assert stopped.value.code == 0, shlex.join(words)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_lead_to_files(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []
