"""BM25 search against Pyserini's own LuceneSearcher on the same index."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import arir.sample
from arir.data.runs import Run
from arir.data.topics import read_topics
from arir.errors import ConfigError, IndexMismatchError
from arir.index.bm25 import build_bm25
from arir.index.bm25_config import IndexConfig
from arir.lucene import start_jvm
from arir.search.bm25 import search_bm25
from arir.search.config import SearchConfig
from arir.search.service import search_topics

SAMPLE = Path(arir.sample.__file__).parent
TOPICS = read_topics(SAMPLE / "topics.test.ar.tsv") | read_topics(SAMPLE / "topics.train.ar.tsv")

Ranking = list[tuple[str, float]]


@pytest.fixture(scope="session")
def pyserini() -> Any:
    """Pyserini, imported behind arir's start of Java."""
    from arir.lucene import start_jvm

    start_jvm()
    import pyserini.index.lucene
    import pyserini.search.lucene

    return pyserini


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("bm25") / "index", SAMPLE / "corpus.ar.jsonl")


@pytest.fixture
def copy(index: Path, tmp_path: Path) -> Path:
    return shutil.copytree(index, tmp_path / "copy")


def build(output: Path, corpus: Path, **settings: Any) -> Path:
    build_bm25(IndexConfig(corpus=corpus, output=output, **settings))
    return output


def rankings(run: Run) -> dict[str, Ranking]:
    return {topic: [(hit.docid, hit.score) for hit in hits] for topic, hits in run.rankings()}


def by_pyserini(
    pyserini: Any, index: Path, topics: Mapping[str, str], language: str = "ar", **bm25: float
) -> dict[str, Ranking]:
    searcher = pyserini.search.lucene.LuceneSearcher(str(index))
    searcher.set_language(language)
    searcher.set_bm25(bm25.get("k1", 0.9), bm25.get("b", 0.4))
    found = searcher.batch_search(list(topics.values()), list(topics), k=1000, threads=2)
    return {
        topic: [(hit.docid, hit.score) for hit in found[topic]] for topic in topics if found[topic]
    }


@pytest.mark.parametrize("bm25", [{}, {"k1": 1.2, "b": 0.75}, {"k1": 0.0, "b": 0.0}])
def test_a_ranking_differs_from_pyserinis(
    pyserini: Any, index: Path, bm25: dict[str, float]
) -> None:
    expected = by_pyserini(pyserini, index, TOPICS, **bm25)
    assert len(expected) > 0.95 * len(TOPICS)
    assert rankings(search_bm25(index, TOPICS, **bm25)) == expected


def test_a_ranking_differs_from_pyserinis_on_real_text(
    pyserini: Any, shared_data: Path, tmp_path: Path
) -> None:
    index = build(tmp_path / "arcd", shared_data / "arcd" / "corpus.jsonl")
    topics = read_topics(shared_data / "arcd" / "topics.tsv")
    some = dict(list(topics.items())[::9])
    found = rankings(search_bm25(index, some))
    assert sum(map(len, found.values())) > 10_000
    assert found == by_pyserini(pyserini, index, some)


@pytest.mark.parametrize("language", ["en", "sw"])
def test_another_language_is_analysed_otherwise_than_pyserini_does(
    pyserini: Any, tmp_path: Path, language: str
) -> None:
    index = build(tmp_path / "en", SAMPLE / "corpus.en.jsonl", language=language)
    topics = read_topics(SAMPLE / "topics.test.en.tsv")
    found = rankings(search_bm25(index, topics))
    assert found == by_pyserini(pyserini, index, topics, language)


def test_an_index_that_pyserini_built_cannot_be_read(pyserini: Any, tmp_path: Path) -> None:
    index = tmp_path / "theirs"
    arguments = ["-index", str(index), "-language", "ar", "-storeRaw"]
    indexer = pyserini.index.lucene.LuceneIndexer(args=arguments, threads=2)
    with (SAMPLE / "corpus.ar.jsonl").open(encoding="utf-8") as lines:
        indexer.add_batch_raw(list(lines))
    indexer.close()
    expected = by_pyserini(pyserini, index, TOPICS)
    assert rankings(search_bm25(index, TOPICS, language="ar")) == expected
    settings = {"index": (index,), "topics": SAMPLE / "topics.test.ar.tsv"}
    report = search_topics(SearchConfig(**settings, output=tmp_path / "run", language="ar"))
    assert report.topics > len(report.topics_without_hits)
    with pytest.raises(ConfigError, match=r"theirs: has no manifest.json, so .*; name it with --l"):
        search_bm25(index, TOPICS)
    with pytest.raises(ConfigError, match=r"no Lucene analyser for language 'xx'"):
        search_bm25(index, TOPICS, language="xx")


def test_pyserini_cannot_read_our_index(pyserini: Any, index: Path) -> None:
    reader = pyserini.index.lucene.LuceneIndexReader(str(index))
    lines = (SAMPLE / "corpus.ar.jsonl").read_text(encoding="utf-8").splitlines()
    first = json.loads(lines[0])
    assert reader.stats()["documents"] == len(lines)
    assert json.loads(reader.doc(first["id"]).raw())["contents"] == first["contents"]
    assert sum(reader.get_document_vector(first["id"]).values()) > 5


def test_threads_or_company_change_a_ranking(index: Path) -> None:
    whole = rankings(search_bm25(index, TOPICS, threads=1))
    assert rankings(search_bm25(index, TOPICS, threads=5)) == whole
    for topic in list(TOPICS)[:3]:
        alone = search_bm25(index, {topic: TOPICS[topic]}, hits=4)
        assert rankings(alone) == {topic: whole[topic][:4]}


def test_topics_lose_their_order_or_those_without_hits_get_lines(index: Path) -> None:
    topics = {"z": "القاهرة", "stop": "من في على", "unknown": "ظظظظظ", "NA": "النيل", "007": "مصر"}
    assert search_bm25(index, topics, tag="mine").topic_ids == ("z", "NA", "007")
    assert search_bm25(index, topics, tag="mine").tag == "mine"
    assert len(search_bm25(index, {"stop": "من"})) == 0


def test_an_odd_query_ends_the_search(pyserini: Any, index: Path) -> None:
    topics = {
        "emoji": "القاهرة 😀 🏛️",
        "syntax": 'مصر AND (النيل OR "القاهرة" [*:* TO ~',
        "nul": "مصر\0النيل",
        "spaces": "\u2003مصر\u00a0",
    }
    found = rankings(search_bm25(index, topics))
    assert set(found) == set(topics)
    assert found == by_pyserini(pyserini, index, topics)
    passage = " ".join(f"كلمة{number}" for number in range(3000))
    assert search_bm25(index, {"long": f"{passage} مصر"}).topic_ids == ("long",)


def test_ids_are_read_as_numbers_or_lose_letters(tmp_path: Path) -> None:
    ids = ["007", "7", "NA", "1e3", "مقال#١", "😀-1", "x" * 300]
    corpus = tmp_path / "corpus.tsv"
    corpus.write_text("".join(f"{docid}\tكتاب نادر\n" for docid in ids), encoding="utf-8")
    run = search_bm25(build(tmp_path / "index", corpus), {"q": "كتاب"})
    assert run.docids.tolist() == sorted(ids)
    assert run.scores.tolist() == sorted(set(run.scores.tolist()), reverse=True)


def test_the_profile_of_the_index_is_not_applied_to_queries(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.tsv"
    corpus.write_text("d\tمُؤَسَّسَةٌ أُولى\n", encoding="utf-8")
    plain = build(tmp_path / "plain", corpus, language="whitespace")
    folded = build(tmp_path / "folded", corpus, language="whitespace", profile="lucene")
    topics = {"bare": "مؤسسه", "full": "مُؤَسَّسَةٌ", "other": "مؤسسة"}
    assert search_bm25(plain, topics).topic_ids == ("full",)
    assert search_bm25(folded, topics).topic_ids == ("bare", "full", "other")
    with pytest.raises(IndexMismatchError, match="built with profile 'lucene', not 'araelectra'"):
        search_bm25(folded, topics, profile="araelectra")


def test_an_index_is_searched_in_another_language(index: Path) -> None:
    with pytest.raises(IndexMismatchError, match="was built with language 'ar', not 'en'; leave"):
        search_bm25(index, TOPICS, language="en")
    asked = search_bm25(index, TOPICS, language="ar", profile="none")
    assert rankings(asked) == rankings(search_bm25(index, TOPICS))


def test_a_missing_index_is_a_java_error(tmp_path: Path) -> None:
    with pytest.raises(IndexMismatchError, match="gone: no such index; build it with arir index"):
        search_bm25(tmp_path / "gone", TOPICS)
    with pytest.raises(IndexMismatchError, match="holds no Lucene index, not a BM25 index"):
        search_bm25(tmp_path, TOPICS)


def test_a_dense_index_is_a_java_error(tmp_path: Path, copy: Path) -> None:
    (tmp_path / "docid").touch()
    with pytest.raises(IndexMismatchError, match="is a dense index, not a BM25 index"):
        search_bm25(tmp_path, TOPICS)
    (copy / "_0.vec").touch()
    with pytest.raises(IndexMismatchError, match="is a dense index, not a BM25 index"):
        search_bm25(copy, TOPICS)


@pytest.mark.parametrize("pattern", ["*.tim", "*.dvd", "segments_*", "*.nvd"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_index_is_a_java_error(copy: Path, pattern: str, damage: str) -> None:
    for file in copy.glob(pattern):
        if damage == "cut":
            file.write_bytes(file.read_bytes()[:20])
        else:
            file.unlink()
    with pytest.raises(IndexMismatchError, match=r"copy: (damaged Lucene|holds no Lucene) index"):
        search_bm25(copy, TOPICS)


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (99, "was built by a newer Lucene; upgrade Pyserini, or build it again"),
        (1, "was built by a Lucene too old to be read; build it again with arir index"),
    ],
)
def test_an_index_of_another_lucene_is_called_damaged(
    copy: Path, version: int, message: str
) -> None:
    (segments,) = copy.glob("segments_*")
    content = segments.read_bytes()
    place = content.index(b"segments") + len(b"segments")
    segments.write_bytes(content[:place] + version.to_bytes(4, "big") + content[place + 4 :])
    with pytest.raises(IndexMismatchError, match=message):
        search_bm25(copy, TOPICS)


def test_a_lucene_index_of_something_else_is_searched_in_vain(tmp_path: Path) -> None:
    from arir.lucene import java_class

    lucene = "org.apache.lucene"
    path = java_class("java.nio.file.Paths").get(str(tmp_path))
    directory = java_class(f"{lucene}.store.FSDirectory").open(path)
    config = java_class(f"{lucene}.index.IndexWriterConfig")()
    writer = java_class(f"{lucene}.index.IndexWriter")(directory, config)
    document = java_class(f"{lucene}.document.Document")()
    store = java_class(f"{lucene}.document.Field$Store")
    document.add(java_class(f"{lucene}.document.StringField")("name", "value", store.YES))
    writer.addDocument(document)
    writer.commit()
    with pytest.raises(IndexMismatchError, match="a Lucene index without a field 'contents'"):
        search_bm25(tmp_path, TOPICS, language="ar")
    text = java_class(f"{lucene}.document.TextField")("contents", "نص", store.YES)
    document.add(text)
    writer.addDocument(document)
    writer.close()
    with pytest.raises(IndexMismatchError, match="passage ids are not laid out as Anserini"):
        search_bm25(tmp_path, TOPICS, language="ar")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"manifest.json: damaged manifest: .*; build it again"),
        ('{"kind": "dense-index", "properties": {}}', "is a dense-index, not a bm25-index"),
        ('{"kind": "bm25-index", "properties": {}}', "manifest names no language or profile"),
    ],
)
def test_a_wrong_manifest_is_believed(copy: Path, content: str, message: str) -> None:
    (copy / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(IndexMismatchError, match=message):
        search_bm25(copy, TOPICS)


def test_java_looks_in_the_folder_that_it_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_jvm()
    monkeypatch.chdir(tmp_path)
    Path("corpus.tsv").write_text("d1\tالقاهرة مدينة كبيرة\n", encoding="utf-8")
    build_bm25(IndexConfig(corpus=Path("corpus.tsv"), output=Path("index")))
    run = search_bm25(Path("index"), {"q": "القاهرة"})
    assert list(run.docids) == ["d1"]
