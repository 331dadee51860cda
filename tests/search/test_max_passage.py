"""MaxP: documents by their best passage, as if every passage were scored, however one searches."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.artefacts import read_provenance
from arir.cli.main import main
from arir.data.runs import Hit, Run, read_run
from arir.errors import DataError
from arir.search.bm25 import search_bm25
from arir.search.dense import search_dense
from arir.search.hybrid import interpolate
from arir.search.max_passage import (
    best_documents,
    check_passages,
    max_passage,
    search_documents,
)
from arir.split.windows import document_id
from tests.tiny import SENTENCES

Rankings = dict[str, list[tuple[str, float]]]

#: few scores, so that ties are common; ids in which # occurs in odd places
SCORES = st.sampled_from([0.0, 1.0, 1.5, 2.0, -3.0])
IDS = st.builds(
    lambda document, number: f"{document}#{number}", st.sampled_from("abcde"), st.integers(0, 6)
)
PASSAGES = st.dictionaries(IDS, SCORES, min_size=1)


def brute_force(passages: dict[str, float]) -> list[Hit]:
    """Every document with the maximum over its passages, in trec_eval's order."""
    documents = {document_id(passage) for passage in passages}
    best = {d: max(s for p, s in passages.items() if document_id(p) == d) for d in documents}
    ranked = sorted(sorted(best, reverse=True), key=lambda d: -best[d])
    return [Hit(document, best[document]) for document in ranked]


def ranked(passages: dict[str, float]) -> list[tuple[str, float]]:
    ids = sorted(sorted(passages, reverse=True), key=lambda p: -passages[p])
    return [(passage, passages[passage]) for passage in ids]


@pytest.mark.parametrize("odd", ["#", "#1", "plain", ""])
def test_an_id_without_a_document_before_the_separator_stays_whole(odd: str) -> None:
    assert document_id(odd) == odd


@given(PASSAGES, st.randoms())
def test_best_documents_equal_brute_force_whatever_the_order_of_the_hits(
    passages: dict[str, float], shuffler: object
) -> None:
    hits = list(passages.items())
    shuffler.shuffle(hits)  # type: ignore[attr-defined]
    assert best_documents(hits) == brute_force(passages)


@given(
    st.dictionaries(st.sampled_from(["q1", "q2", "q3"]), PASSAGES, min_size=1), st.integers(1, 6)
)
def test_deepened_search_gives_the_documents_of_an_exhaustive_one(
    topics: dict[str, dict[str, float]], hits: int
) -> None:
    """A cut through tied passages must not decide which documents are found."""
    asked: list[int] = []

    def search(ids: Sequence[str], depth: int) -> Run:
        asked.append(depth)
        return Run.from_rankings({t: ranked(topics[t])[:depth] for t in ids}, "fake")

    found = dict(search_documents(search, list(topics), hits).rankings())
    assert found == {topic: brute_force(passages)[:hits] for topic, passages in topics.items()}
    assert asked[0] == 4 * hits


def test_only_topics_whose_documents_are_not_settled_are_searched_again() -> None:
    crowded = [(f"a#{n}", 9.0 - n / 100) for n in range(40)] + [("b#0", 1.0), ("c#0", 0.5)]
    plain = [(f"{letter}#0", 9.0 - n) for n, letter in enumerate("abcdefghijkl")]
    rankings = {"crowded": crowded, "plain": plain, "none": []}
    calls: list[tuple[list[str], int]] = []

    def search(ids: Sequence[str], depth: int) -> Run:
        calls.append((list(ids), depth))
        return Run.from_rankings({t: rankings[t][:depth] for t in ids}, "fake")

    found = search_documents(search, list(rankings), 2)
    assert calls == [(["crowded", "plain", "none"], 8), (["crowded"], 32), (["crowded"], 128)]
    assert found.topic_ids == ("crowded", "plain")
    assert [hit.docid for hit in found.hits(0)] == ["a", "b"]


def test_a_run_of_passages_becomes_one_of_documents() -> None:
    run = Run.from_rankings({"q": [("a#0", 2.0), ("b#1", 2.0), ("a#3", 5.0), ("c#0", 1.0)]}, "tag")
    documents = max_passage(run, hits=2)
    assert dict(documents.rankings()) == {"q": [Hit("a", 5.0), Hit("b", 2.0)]}
    assert documents.tag == "tag"


def test_ids_of_whole_documents_are_refused_since_nothing_would_be_aggregated() -> None:
    with pytest.raises(DataError, match="indexes/x: no id ends in # and a number, such as d1#0"):
        check_passages(["d1", "d2"], "indexes/x")
    check_passages(["d1", "d2#0"], "indexes/x")
    check_passages([], "indexes/x")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, tiny_bi_encoder: Path) -> Path:
    """Three documents of four sentences each, split, with an index of each kind."""
    folder = tmp_path_factory.mktemp("long")
    documents = [" . ".join(SENTENCES[start : start + 4]) for start in (0, 4, 8)]
    lines = (json.dumps({"id": f"d{n}", "contents": text}) for n, text in enumerate(documents))
    (folder / "corpus.jsonl").write_text("\n".join(lines))
    (folder / "topics.tsv").write_text("1\tعاصمة مصر\n2\tمن كتب المقدمة ؟\n3\tThe Nile\n")
    passages, encoder = folder / "passages.jsonl", tiny_bi_encoder
    run("split-corpus", folder / "corpus.jsonl", "--window=8", "--stride=4", "--output", passages)
    run("index", passages, "--output", folder / "bm25")
    run("encode-corpus", passages, "--encoder", encoder, "--output", folder / "dense")
    return folder


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(map(str, words)))
    return int(stopped.value.code or 0)


def documents(found: Run) -> Rankings:
    """MaxP by brute force over all passages, in single precision."""
    return {
        topic: [(hit.docid, float(np.float32(hit.score))) for hit in brute_force(dict(hits))]
        for topic, hits in found.rankings()
    }


def written(path: Path) -> Rankings:
    return {
        topic: [(hit.docid, float(np.float32(hit.score))) for hit in hits]
        for topic, hits in read_run(path).rankings()
    }


def topics_of(home: Path) -> dict[str, str]:
    return dict(line.split("\t") for line in (home / "topics.tsv").read_text().splitlines())


def exhaustive(home: Path, kind: str, encoder: Path) -> Run:
    from arir.models.loading import load_encoder

    topics = topics_of(home)
    if kind == "bm25":
        return search_bm25(home / "bm25", topics)
    return search_dense(home / "dense", topics, load_encoder(encoder))


@pytest.mark.parametrize("kind", ["bm25", "dense"])
@pytest.mark.parametrize("hits", [1, 3])
def test_search_ranks_documents_as_brute_force_over_all_passages(
    home: Path, tmp_path: Path, tiny_bi_encoder: Path, kind: str, hits: int
) -> None:
    output = tmp_path / "run.trec"
    words = ("--index", home / kind, "--topics", home / "topics.tsv", "--output", output)
    assert run("search", *words, "--max-passage", "--hits", hits) == 0
    every = documents(exhaustive(home, kind, tiny_bi_encoder))
    found = written(output)
    assert found.keys() == every.keys()
    for topic, expected in every.items():
        assert [docid for docid, _ in found[topic]] == [docid for docid, _ in expected[:hits]]
        scores = [score for _, score in expected[:hits]]
        np.testing.assert_allclose([score for _, score in found[topic]], scores, rtol=1e-5)
    provenance = read_provenance(output)
    assert provenance is not None
    step = provenance["method"]["retrieval"][0]
    assert step["aggregation"] == "maximum over a document's passages"


def test_hybrid_search_interpolates_documents(
    home: Path, tmp_path: Path, tiny_bi_encoder: Path
) -> None:
    output = tmp_path / "run.trec"
    indexes = ("--index", home / "bm25", "--index", home / "dense", "--alpha", 0.3)
    words = ("--topics", home / "topics.tsv", "--output", output, "--hits", 3, "--max-passage")
    assert run("search", *indexes, *words) == 0
    dense, sparse = (
        max_passage(exhaustive(home, kind, tiny_bi_encoder)) for kind in ("dense", "bm25")
    )
    expected = interpolate(dense, sparse, alpha=0.3, hits=3)
    found = written(output)
    for topic, hits in expected.rankings():
        assert [docid for docid, _ in found[topic]] == [hit.docid for hit in hits]
        np.testing.assert_allclose([s for _, s in found[topic]], [h.score for h in hits], atol=1e-5)


def test_search_of_whole_documents_says_that_nothing_is_a_passage(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = tmp_path / "whole"
    run("index", home / "corpus.jsonl", "--output", index)
    words = ("--index", index, "--topics", home / "topics.tsv", "--max-passage")
    assert run("search", *words, "--output", tmp_path / "run.trec") == DataError.exit_code
    assert "split the collection with arir split-corpus first" in capsys.readouterr().err
    assert not (tmp_path / "run.trec").exists()


@pytest.fixture
def reranked(home: Path, tmp_path: Path, tiny_cross_encoder: Path) -> Callable[..., Path]:
    """Rerank the passages that BM25 finds, with further words on the command line."""

    def rerank(name: str, *words: object) -> Path:
        source, output = tmp_path / "bm25.trec", tmp_path / f"{name}.trec"
        topics = ("--topics", home / "topics.tsv")
        run("search", "--index", home / "bm25", *topics, "--output", source)
        inputs = ("--run", source, "--corpus", home / "passages.jsonl", *topics)
        rerank = ("--reranker", tiny_cross_encoder, "--depth", 2, "--output", output)
        assert run("rerank", *inputs, *rerank, *words) == 0
        return output

    return rerank


def test_reranking_passages_gives_documents_by_their_best_new_score(
    reranked: Callable[..., Path],
) -> None:
    passages, found = reranked("passages"), reranked("documents", "--max-passage")
    assert written(found) == documents(read_run(passages))
    provenance = read_provenance(found)
    assert provenance is not None
    assert "aggregation" in provenance["method"]["reranking"][-1]
