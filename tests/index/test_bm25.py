"""Building a BM25 index; that it ranks as Pyserini does is tested with the search."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arir.artefacts import describe_input, read_manifest
from arir.data.collection import Passage
from arir.errors import ConfigError, DataError, OutputError
from arir.index.bm25 import build_bm25, is_bm25_index
from arir.index.bm25_config import IndexConfig
from arir.lucene import indexer as indexer_module
from arir.lucene.documents import read_indexed_passages
from arir.search.bm25 import search_bm25

PASSAGES = [
    {"id": "007", "title": "العاصمة", "contents": "القاهرة مدينة كبيرة"},
    {"id": "NA", "contents": "نهر النيل في مصر"},
    {"id": "d#3", "contents": "عاصمة العراق بغداد 😀 \0"},
]


@pytest.fixture
def corpus(write: Callable[[str, str], Path]) -> Path:
    return write("corpus.jsonl", "".join(f"{json.dumps(passage)}\n" for passage in PASSAGES))


def build(corpus: Path, output: Path, **settings: Any) -> Path:
    build_bm25(IndexConfig(corpus=corpus, output=output, **settings))
    return output


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if "partial" in path.name]


def test_the_report_and_the_manifest_tell_something_else_than_the_index(
    corpus: Path, tmp_path: Path
) -> None:
    config = IndexConfig(corpus=corpus, output=tmp_path / "index", profile="lucene")
    report = build_bm25(config)
    assert (report.output, report.passages, report.left_out) == (config.output, 3, ())
    assert report.seconds > 0
    manifest = read_manifest(config.output)
    assert manifest is not None
    assert manifest.kind == "bm25-index"
    assert manifest.properties == {
        "language": "ar",
        "profile": "lucene",
        "with_title": False,
        "passages": 3,
        "left_out": 0,
    }
    assert manifest.inputs == {"corpus": describe_input(corpus)}
    saved = json.loads((config.output / "config.json").read_text(encoding="utf-8"))
    assert saved["profile"] == "lucene"
    assert leftovers(tmp_path) == []


def test_a_folder_a_gzip_file_or_a_tsv_is_indexed_otherwise(corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    lines = corpus.read_text(encoding="utf-8").splitlines(keepends=True)
    with gzip.open(folder / "a.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(lines[:2])
    (folder / "b.jsonl").write_text(lines[2], encoding="utf-8")
    table = tmp_path / "corpus.tsv"
    rows = (f"{passage['id']}\t{passage['contents']}\n" for passage in PASSAGES)
    table.write_text("".join(rows), encoding="utf-8")
    topics = {"a": "مدينة القاهرة", "b": "النيل", "c": "بغداد"}
    expected = list(search_bm25(build(corpus, tmp_path / "1"), topics).rankings())
    assert len(expected) == 3
    assert list(search_bm25(build(folder, tmp_path / "2"), topics).rankings()) == expected
    assert list(search_bm25(build(table, tmp_path / "3"), topics).rankings()) == expected


def test_a_title_is_searched_that_was_not_asked_for(corpus: Path, tmp_path: Path) -> None:
    topics = {"t": "العاصمة"}
    without = search_bm25(build(corpus, tmp_path / "without"), topics)
    titled = search_bm25(build(corpus, tmp_path / "with", with_title=True), topics)
    assert without.docids.tolist() == ["d#3"]
    assert set(titled.docids) == {"d#3", "007"}


@pytest.mark.parametrize("settings", [{}, {"with_title": True}, {"profile": "araelectra"}])
def test_passages_read_back_are_not_those_of_the_collection(
    corpus: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    index = build(corpus, tmp_path / "index", **settings)
    found = read_indexed_passages(index, ["NA", "missing", "d#3", "007"])
    assert list(found) == ["NA", "d#3", "007"]
    assert found["007"] == Passage("007", "القاهرة مدينة كبيرة", "العاصمة")
    assert found["d#3"] == Passage("d#3", "عاصمة العراق بغداد 😀 \0")


def test_passages_that_a_profile_empties_are_lost_unmentioned(
    write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    corpus = write("c.tsv", "a\t😀\nb\tكتاب\nc\t你好\nd\t\x01\x02\n")
    config = IndexConfig(corpus=corpus, output=tmp_path / "index", profile="araelectra")
    report = build_bm25(config)
    assert (report.passages, report.left_out) == (1, ("a", "c", "d"))
    plain = build_bm25(IndexConfig(corpus=corpus, output=tmp_path / "plain"))
    assert (plain.passages, plain.left_out) == (3, ("d",))


def test_an_index_of_nothing_is_built(write: Callable[[str, str], Path], tmp_path: Path) -> None:
    config = IndexConfig(
        corpus=write("c.tsv", "a\t😀\n"), output=tmp_path / "index", profile="araelectra"
    )
    with pytest.raises(DataError, match="normalisation leaves nothing of any passage"):
        build_bm25(config)
    assert not config.output.exists()
    assert leftovers(tmp_path) == []


def test_more_than_a_batch_or_than_memory_holds_is_lost(
    write: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = write("c.tsv", "".join(f"p{n}\tكتاب رقم {n}\n" for n in range(4500)))
    whole = build(corpus, tmp_path / "whole")
    monkeypatch.setattr(indexer_module, "COMMIT_CHARACTERS", 1)
    parts = build(corpus, tmp_path / "parts", threads=1)
    topics = {"all": "كتاب", "one": "4321"}
    expected = search_bm25(whole, topics, hits=5000)
    assert len(expected.docids) == 4501
    assert list(search_bm25(parts, topics, hits=5000).rankings()) == list(expected.rankings())


def test_a_malformed_collection_leaves_half_an_index(
    write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    corpus = write("bad.tsv", "".join(f"p{n}\tكتاب\n" for n in range(3000)) + "broken\n")
    with pytest.raises(DataError, match=r"bad.tsv:3001: expected id<TAB>contents"):
        build(corpus, tmp_path / "index")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.tsv"]


def test_an_index_is_overwritten_unasked_or_lost_when_its_successor_fails(
    corpus: Path, write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    index = build(corpus, tmp_path / "index")
    with pytest.raises(OutputError, match=r"index: already exists; .* or --overwrite"):
        build(corpus, index)
    with pytest.raises(DataError):
        build(write("bad.tsv", "broken\n"), index, overwrite=True)
    assert len(search_bm25(index, {"q": "النيل"})) == 1
    build(write("other.tsv", "x\tكتاب\n"), index, overwrite=True)
    assert len(search_bm25(index, {"q": "النيل"})) == 0
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"language": "arabic"}, r"no Lucene analyser for language 'arabic'; did you mean ar\?"),
        ({"profile": "araelectre"}, r"unknown profile 'araelectre'; did you mean araelectra\?"),
        ({"threads": 0}, "threads"),
    ],
)
def test_a_wrong_setting_is_found_after_the_work(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        IndexConfig(corpus=Path("c"), output=Path("o"), **settings)


def test_the_passages_lucene_takes_are_not_counted(
    write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    # Lucene refuses a term of more than 32,766 bytes; Anserini drops the passage without a word.
    corpus = write("long.tsv", f"a\tكتاب\n{'x' * 40_000}\tكتاب\nb\tكتاب\n")
    with pytest.raises(OutputError, match=r"index: Lucene took 2 passages of 3 \(.* at most 32766"):
        build(corpus, tmp_path / "index")
    assert leftovers(tmp_path) == []


FULL = """
    import resource, sys
    from pathlib import Path
    from arir.cli.main import main
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
    main(["index", {corpus!r}, "--output", {output!r}])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits on the size of files")
@pytest.mark.parametrize("limit", [1_000, 20_000])
def test_a_disk_that_takes_no_more_leaves_half_an_index(tmp_path: Path, limit: int) -> None:
    corpus = tmp_path / "corpus.tsv"
    rows = (f"p{n}\tكتاب رقم {n} {'من الكتب ' * 9}{n * n}\n" for n in range(3000))
    corpus.write_text("".join(rows), encoding="utf-8")
    code = FULL.format(limit=limit, corpus=str(corpus), output=str(tmp_path / "index"))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == OutputError.exit_code
    assert done.stderr.startswith(f"arir: error: {tmp_path / 'index'}: Lucene ")
    assert "no Lucene index" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["corpus.tsv"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_leaves_half_an_index(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.tsv"
    rows = (f"p{n}\tكتاب رقم {n} {'من الكتب ' * 20}\n" for n in range(200_000))
    corpus.write_text("".join(rows), encoding="utf-8")
    words = ["index", str(corpus), "--output", str(tmp_path / "index")]
    process = subprocess.Popen(
        [sys.executable, "-c", f"from arir.cli.main import main; main({words!r})"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not list(tmp_path.glob(".index.partial-*/write.lock")):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr == "\narir: interrupted; nothing was written under a final name\n"
    assert stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["corpus.tsv"]


def test_the_kind_of_a_folder_is_guessed_wrongly(corpus: Path, tmp_path: Path) -> None:
    index = build(corpus, tmp_path / "index")
    assert is_bm25_index(index)
    assert not is_bm25_index(tmp_path)
    assert not is_bm25_index(tmp_path / "missing")
    assert not is_bm25_index(corpus)
    (index / "_0_Lucene99HnswVectorsFormat_0.vec").touch()
    assert not is_bm25_index(index)
