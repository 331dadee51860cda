"""``arir search`` as a function: the right method, everything checked first, provenance behind."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from arir.artefacts import find_qrels, read_provenance
from arir.data.runs import Run, read_run
from arir.data.topics import read_topics
from arir.errors import (
    ArirError,
    ConfigError,
    DataError,
    EvaluationError,
    IndexMismatchError,
    ModelError,
    OutputError,
)
from arir.index.bm25 import build_bm25
from arir.index.bm25_config import IndexConfig
from arir.index.config import EncodeCorpusConfig
from arir.index.dense import encode_corpus
from arir.lucene.jvm import start_jvm
from arir.models.loading import load_encoder
from arir.search.bm25 import search_bm25
from arir.search.config import SearchConfig
from arir.search.dense import search_dense
from arir.search.hybrid import interpolate
from arir.search.qrels import qrels_of
from arir.search.service import search_topics
from tests.tiny import SENTENCES

Write = Callable[[str, str], Path]
IDS = ["007", "NA", *(f"d{number}" for number in range(len(SENTENCES) - 2))]
TOPICS = "01\tما هي عاصمة مصر ؟\nNA\tمن كتب المقدمة ؟\nlost\txyzzy\n"


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collection")
    records = [{"id": i, "contents": text} for i, text in zip(IDS, SENTENCES, strict=True)]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, records)))
    (folder / "topics.tsv").write_text(TOPICS)
    (folder / "qrels.txt").write_text("01 0 007 1\nNA 0 d2 1\n")
    return folder


@pytest.fixture(scope="module")
def bm25(collection: Path) -> Path:
    output = collection / "bm25"
    build_bm25(IndexConfig(corpus=collection / "corpus.jsonl", output=output))
    return output


@pytest.fixture(scope="module")
def dense(collection: Path, tiny_bi_encoder: Path) -> Path:
    output = collection / "dense"
    encode_corpus(
        EncodeCorpusConfig(
            corpus=collection / "corpus.jsonl", encoder=str(tiny_bi_encoder), output=output
        )
    )
    return output


def settings(collection: Path, tmp_path: Path, *index: Path, **values: Any) -> SearchConfig:
    given = {"topics": collection / "topics.tsv", "output": tmp_path / "run.trec", **values}
    return SearchConfig(index=index, **given)


def rankings(run: Path | Run) -> dict[str, list[tuple[str, float]]]:
    """Hits with their scores in single precision, which is what a run file holds."""
    read = read_run(run) if isinstance(run, Path) else run
    return {
        topic: [(hit.docid, float(np.float32(hit.score))) for hit in hits]
        for topic, hits in read.rankings()
    }


def test_dense_index_is_searched_with_the_encoder_that_it_names(
    collection: Path, dense: Path, tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    report = search_topics(settings(collection, tmp_path, dense, hits=5))
    topics = read_topics(collection / "topics.tsv")
    expected = search_dense(dense, topics, load_encoder(tiny_bi_encoder), hits=5)
    written = read_run(tmp_path / "run.trec")
    assert report.method == "dense"
    assert (report.topics, report.hits, report.topics_without_hits) == (3, 15, ())
    assert rankings(written) == rankings(expected)
    assert written.tag == "run"


def test_bm25_index_is_searched_with_bm25_and_topics_without_hits_are_named(
    collection: Path, bm25: Path, tmp_path: Path
) -> None:
    report = search_topics(settings(collection, tmp_path, bm25, k1=1.2, b=0.7))
    topics = read_topics(collection / "topics.tsv")
    expected = search_bm25(bm25, topics, k1=1.2, b=0.7)
    assert report.method == "bm25"
    assert report.encoder is None
    assert report.topics_without_hits == ("lost",)
    assert read_run(tmp_path / "run.trec").docids.tolist() == expected.docids.tolist()


def test_both_indexes_make_a_hybrid_run(
    collection: Path, bm25: Path, dense: Path, tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    report = search_topics(settings(collection, tmp_path, bm25, dense, hits=4, alpha=0.3))
    topics = read_topics(collection / "topics.tsv")
    parts = (
        search_dense(dense, topics, load_encoder(tiny_bi_encoder), hits=4),
        search_bm25(bm25, topics, hits=4),
    )
    expected = interpolate(*parts, alpha=0.3, hits=4)
    assert report.method == "hybrid"
    assert rankings(tmp_path / "run.trec") == rankings(expected)


def test_hybrid_with_both_flags_is_the_same_in_either_order_of_indexes(
    collection: Path, bm25: Path, dense: Path, tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    found = []
    for indexes in ((bm25, dense), (dense, bm25)):
        flags = {"bm25": True, "encoder": str(tiny_bi_encoder)}
        search_topics(settings(collection, tmp_path, *indexes, **flags))
        found.append(rankings(tmp_path / "run.trec"))
    assert found[0] == found[1]


def test_hybrid_ranks_as_pyserinis_hybrid_searcher_does_on_the_same_hits(
    collection: Path, bm25: Path, dense: Path, tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    """At depth of the whole collection and equal weights both add the same normalised scores."""
    start_jvm()
    from pyserini.search.faiss import FaissSearcher
    from pyserini.search.hybrid import HybridSearcher
    from pyserini.search.lucene import LuceneSearcher

    sparse = LuceneSearcher(str(bm25))
    sparse.set_language("ar")
    hybrid = HybridSearcher(FaissSearcher(str(dense), load_encoder(tiny_bi_encoder)), sparse)
    search_topics(settings(collection, tmp_path, bm25, dense))
    topics = read_topics(collection / "topics.tsv")
    for topic, hits in rankings(tmp_path / "run.trec").items():
        if topic == "lost":
            continue  # without sparse hits Pyserini divides by a made-up range
        theirs = hybrid.search(topics[topic], 100, 100, alpha=1.0, normalization=True)
        expected = {hit.docid: hit.score for hit in theirs}
        found = dict(hits)
        assert found.keys() == expected.keys()
        # Pyserini scales to [-1/2, 1/2] and adds; arir scales to [0, 1] and averages.
        for docid, score in found.items():
            assert 2 * score - 1 == pytest.approx(expected[docid], abs=1e-5)


def test_provenance_names_what_was_searched_and_the_qrels(
    collection: Path, bm25: Path, dense: Path, tmp_path: Path
) -> None:
    report = search_topics(settings(collection, tmp_path, bm25, dense))
    assert report.qrels == collection / "qrels.txt"
    assert find_qrels(tmp_path / "run.trec") is not None
    groups = read_provenance(tmp_path / "run.trec")
    assert groups is not None
    data = groups["data"]["test collection"]
    assert set(data) == {"topics", "qrels", "dense index", "bm25 index"}
    assert [step["name"] for step in groups["method"]["retrieval"]] == ["dense", "bm25", "hybrid"]
    assert groups["method"]["retrieval"][1]["k1"] == 0.9


def test_index_of_another_encoder_is_refused(
    collection: Path, dense: Path, tiny_cosine_encoder: Path, tmp_path: Path
) -> None:
    config = settings(collection, tmp_path, dense, encoder=str(tiny_cosine_encoder))
    with pytest.raises(IndexMismatchError, match=r"tiny-bi-encoder.* not by .*tiny-cosine"):
        search_topics(config)
    assert not (tmp_path / "run.trec").exists()


def test_pyserinis_index_is_searched_with_a_note(
    collection: Path, dense: Path, tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    bare = shutil.copytree(dense, tmp_path / "bare")
    (bare / "manifest.json").unlink()
    report = search_topics(settings(collection, tmp_path, bare, encoder=str(tiny_bi_encoder)))
    assert "cannot be verified" in report.notes[0]
    with pytest.raises(ConfigError, match="does not say which encoder built it; name it"):
        search_topics(settings(collection, tmp_path, bare))


def test_encoder_that_has_moved_is_looked_for_by_name(
    collection: Path, dense: Path, tmp_path: Path
) -> None:
    moved = shutil.copytree(dense, tmp_path / "moved")
    manifest = json.loads((moved / "manifest.json").read_text())
    manifest["properties"] |= {"encoder": "kd-aradrp", "encoder_path": "/no/such/folder"}
    (moved / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="no model 'kd-aradrp'; did you mean kd-aradpr"):
        search_topics(settings(collection, tmp_path, moved))


@pytest.mark.parametrize(
    ("indexes", "flags", "message"),
    [
        (("bm25",), {"encoder": "e"}, "--encoder needs a dense index, but .*bm25 is a BM25 index"),
        (("dense",), {"bm25": True}, "--bm25 needs a BM25 index, but .*dense is a dense index"),
        (("bm25", "dense"), {"bm25": True}, "dense is a dense index, which would not be searched"),
        (("bm25", "dense"), {"encoder": "e"}, "bm25 is a BM25 index, which would not be searched"),
        (("bm25", "bm25"), {}, "are both BM25 indexes; hybrid search takes one of each"),
    ],
)
def test_methods_and_indexes_that_do_not_fit_are_refused(
    collection: Path,
    bm25: Path,
    dense: Path,
    tmp_path: Path,
    indexes: tuple[str, ...],
    flags: dict[str, Any],
    message: str,
) -> None:
    folders = [{"bm25": bm25, "dense": dense}[name] for name in indexes]
    with pytest.raises(ConfigError, match=message):
        search_topics(settings(collection, tmp_path, *folders, **flags))


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"topics": Path("nowhere.tsv")}, DataError, "no such file"),
        ({"qrels": Path("nowhere.txt")}, DataError, "nowhere.txt: cannot read"),
        ({"index": (Path("nowhere"),)}, IndexMismatchError, "no such index folder"),
        ({"index": (Path(__file__).parent,)}, IndexMismatchError, "neither a Lucene index nor"),
        ({"output": Path(__file__).parent}, OutputError, "is a folder"),
        ({"encoder": "kd-aradrp"}, ModelError, "did you mean kd-aradpr"),
    ],
)
def test_wrong_input_is_told_before_anything_is_loaded(
    collection: Path,
    dense: Path,
    tmp_path: Path,
    values: dict[str, Any],
    error: type[ArirError],
    message: str,
) -> None:
    given = {"index": (dense,), **values}
    index = given.pop("index")
    with pytest.raises(error, match=message):
        search_topics(settings(collection, tmp_path, *index, **given))


def test_qrels_of_other_topics_are_refused(
    collection: Path, bm25: Path, tmp_path: Path, write: Write
) -> None:
    other = write("other.txt", "x 0 d1 1\n")
    with pytest.raises(EvaluationError, match=r"other\.txt: judges none of the 3 topics"):
        search_topics(settings(collection, tmp_path, bm25, qrels=other))


def test_run_without_any_hit_is_not_written(
    collection: Path, bm25: Path, tmp_path: Path, write: Write
) -> None:
    topics = write("none.tsv", "1\txyzzy\n")
    with pytest.raises(DataError, match="no topic has a hit"):
        search_topics(settings(collection, tmp_path, bm25, topics=topics))
    assert not (tmp_path / "run.trec").exists()


def test_threads_are_limited_for_the_search_alone(
    collection: Path, dense: Path, tmp_path: Path
) -> None:
    before = torch.get_num_threads()
    search_topics(settings(collection, tmp_path, dense, threads=1))
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"index": ()}, "index must be given, or corpus"),
        ({"index": ("a", "b", "c")}, "index must be given once, or twice"),
        ({"output": "run.trec.gz"}, r"must not end in \.gz"),
        ({"tag": "two words"}, "tag must be one word, not 'two words'"),
        ({"hits": 0}, "hits"),
        ({"alpha": 1.5}, "alpha"),
        ({"b": -0.1}, "b: "),
    ],
)
def test_wrong_settings_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SearchConfig(**{"index": ("i",), "topics": "t", "output": "o", **values})


@pytest.mark.parametrize(
    ("topics", "files", "expected"),
    [
        ("topics.tsv", ["qrels.txt"], "qrels.txt"),
        ("topics.test.ar.tsv", ["qrels.train.txt", "qrels.test.txt"], "qrels.test.txt"),
        ("topics.article.tsv.gz", ["qrels.txt", "qrels.article.txt"], "qrels.article.txt"),
        ("dev.tsv", ["dev.qrels.txt", "qrels.txt"], "dev.qrels.txt"),
        ("dev.tsv", ["train.qrels.txt"], None),
        ("topics.dev.tsv", [], None),
    ],
)
def test_qrels_beside_the_topics_are_found_by_name(
    tmp_path: Path, topics: str, files: list[str], expected: str | None
) -> None:
    for name in files:
        (tmp_path / name).write_text("q1 0 d 1\n")
    found = qrels_of(tmp_path / topics, {"q1"})
    assert found == (None if expected is None else tmp_path / expected)


def test_qrels_beside_the_topics_that_do_not_fit_are_passed_over(write: Write) -> None:
    write("qrels.txt", "other 0 d 1\n")
    write("topics.qrels.txt", "damaged\n")
    assert qrels_of(write("topics.tsv", "q1\tx\n"), {"q1"}) is None
