"""Dense search finds what Pyserini's searcher finds, and refuses what it would get wrong."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import pytest

from arir.data.runs import Run, read_run, write_run
from arir.errors import IndexMismatchError, ModelError
from arir.index.config import EncodeCorpusConfig
from arir.index.dense import encode_collection
from arir.lucene.jvm import start_jvm
from arir.search.dense import search_dense, search_vectors
from arir.search.dense_index import DenseIndex, open_dense_index
from arir.search.threads import tuned_faiss
from tests.fakes import HashEncoder

Write = Callable[[str, str], Path]
TOPICS = {f"q{number}": f"question {number}" for number in range(40)} | {"007": "x", "NA": "y"}
PASSAGES = 700


@pytest.fixture
def index(write: Write, tmp_path: Path) -> Path:
    ids = ["007", "NA", *(f"d{number}" for number in range(PASSAGES - 2))]
    lines = [json.dumps({"id": i, "contents": f"passage {i}"}) for i in ids]
    corpus = write("corpus.jsonl", "\n".join(lines))
    config = EncodeCorpusConfig(corpus=corpus, encoder="hash", output=tmp_path / "index")
    encode_collection(HashEncoder(dimension=32), config)
    return config.output


@pytest.fixture
def encoder() -> HashEncoder:
    return HashEncoder(dimension=32)


def foreign(folder: Path, index: faiss.Index, docids: list[str]) -> Path:
    """An index without a manifest, as Pyserini writes it."""
    folder.mkdir()
    faiss.write_index(index, str(folder / "index"))
    (folder / "docid").write_text("".join(f"{docid}\n" for docid in docids), encoding="utf-8")
    return folder


def flat(vectors: np.ndarray) -> faiss.Index:
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.asarray(vectors, dtype=np.float32))
    return index


def quiet_search(folder: Path, encoder: HashEncoder, **options: int) -> Run:
    with warnings.catch_warnings(action="ignore"):
        return search_dense(folder, TOPICS, encoder, **options)


def test_ranking_is_that_of_pyserini(index: Path, encoder: HashEncoder) -> None:
    start_jvm()
    from pyserini.search.faiss import FaissSearcher

    searcher = FaissSearcher(str(index), encoder)
    expected = searcher.batch_search(list(TOPICS.values()), list(TOPICS), k=100)
    run = search_dense(index, TOPICS, encoder, hits=100)
    assert run.topic_ids == tuple(TOPICS)
    for topic, hits in run.rankings():
        assert [hit.docid for hit in hits] == [hit.docid for hit in expected[topic]]
        assert [hit.score for hit in hits] == pytest.approx([h.score for h in expected[topic]])
        one = searcher.search(TOPICS[topic], k=100)
        assert [hit.docid for hit in hits] == [hit.docid for hit in one]


@pytest.mark.parametrize("dimension", [3, 32, 384])
def test_a_topic_scores_the_same_alone_and_in_company(tmp_path: Path, dimension: int) -> None:
    rng = np.random.default_rng(5)
    vectors = rng.standard_normal((3000, dimension), dtype=np.float32)
    folder = foreign(tmp_path / "index", flat(vectors), [f"d{n}" for n in range(3000)])
    opened = open_dense_index(folder)
    queries = rng.standard_normal((45, dimension), dtype=np.float32)
    names = tuple(map(str, range(45)))
    together = search_vectors(opened, names, queries, 50)
    for number in (0, 7, 44):
        alone = search_vectors(opened, ("q",), queries[[number]], 50)
        assert [hit.docid for hit in alone.hits(0)] == [h.docid for h in together.hits(number)]
        part = slice(together.offsets[number], together.offsets[number + 1])
        assert np.allclose(alone.scores, together.scores[part], rtol=1e-6, atol=1e-6)


def test_equal_scores_stand_in_trec_evals_order(tmp_path: Path) -> None:
    same = np.ones((6, 16), dtype=np.float32)
    folder = foreign(tmp_path / "index", flat(same), ["b", "d10", "d9", "a", "007", "NA"])
    run = quiet_search(folder, HashEncoder(dimension=16))
    assert [hit.docid for hit in run.hits(0)] == ["d9", "d10", "b", "a", "NA", "007"]


def test_a_tie_across_the_depth_is_cut_in_the_same_order(tmp_path: Path) -> None:
    same = np.ones((60, 16), dtype=np.float32)
    folder = foreign(tmp_path / "index", flat(same), [f"d{n:02}" for n in range(60)])
    run = quiet_search(folder, HashEncoder(dimension=16), hits=3)
    assert [hit.docid for hit in run.hits(0)] == ["d59", "d58", "d57"]


def test_ids_survive_from_the_collection_to_the_run_file(
    index: Path, encoder: HashEncoder, tmp_path: Path
) -> None:
    run = search_dense(str(index), TOPICS, encoder, hits=PASSAGES)
    write_run(tmp_path / "run.trec", run)
    again = read_run(tmp_path / "run.trec")
    assert again.topic_ids == tuple(TOPICS)
    assert {"007", "NA"} < {hit.docid for hit in again.hits(0)}


def test_fewer_passages_than_hits_are_all_ranked(index: Path, encoder: HashEncoder) -> None:
    run = search_dense(index, TOPICS, encoder, hits=5000)
    assert len(run.scores) == PASSAGES * len(TOPICS)


def test_approximate_index_leaves_out_what_it_did_not_find(tmp_path: Path) -> None:
    vectors = np.random.default_rng(1).standard_normal((200, 16), dtype=np.float32)
    quantiser = faiss.IndexFlatIP(16)
    index = faiss.IndexIVFFlat(quantiser, 16, 8, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors)
    index.add(vectors)
    folder = foreign(tmp_path / "index", index, [f"d{n}" for n in range(200)])
    run = quiet_search(folder, HashEncoder(dimension=16), hits=150)
    lengths = np.diff(run.offsets)
    assert (lengths > 0).all()
    assert (lengths < 150).all()
    assert len(set(run.ids_between(0, int(lengths[0])))) == lengths[0]


def test_index_of_another_encoder_is_refused_by_both_names(index: Path) -> None:
    message = r"built by hash \(profile none\), not by other \(profile lucene\); .*--encoder hash"
    with pytest.raises(IndexMismatchError, match=message):
        search_dense(index, TOPICS, HashEncoder("other", 32, "lucene"))


def test_index_of_another_profile_is_refused(index: Path) -> None:
    encoder = HashEncoder(dimension=32, profile="araelectra")
    message = r"\(profile none\), not by another version of hash \(profile araelectra\)"
    with pytest.raises(IndexMismatchError, match=message):
        search_dense(index, TOPICS, encoder)


def test_wrong_dimension_is_refused_with_both_numbers(tmp_path: Path) -> None:
    folder = foreign(tmp_path / "index", flat(np.ones((2, 16))), ["a", "b"])
    with pytest.raises(IndexMismatchError, match="16 dimensions, but hash makes 8"):
        search_dense(folder, TOPICS, HashEncoder())


def test_index_without_a_manifest_is_searched_with_a_warning(tmp_path: Path) -> None:
    folder = foreign(tmp_path / "index", flat(np.eye(8)), list("abcdefgh"))
    with pytest.warns(UserWarning, match="whether hash built it cannot be verified"):
        run = search_dense(folder, TOPICS, HashEncoder())
    assert len(run) == len(TOPICS)


def test_distances_are_not_taken_for_similarities(tmp_path: Path) -> None:
    index = faiss.IndexFlatL2(8)
    index.add(np.eye(8, dtype=np.float32))
    with pytest.raises(IndexMismatchError, match="ranks by a distance, not by inner product"):
        open_dense_index(foreign(tmp_path / "index", index, list("abcdefgh")))


@pytest.mark.parametrize(
    ("docids", "message"),
    [
        (["a"], "holds 2 vectors, but 'docid' has 1 ids"),
        (["a", "a"], "id a is listed twice"),
        (["a", "b c"], "docid:2: id 'b c' is empty or holds white space"),
        (["", "b"], "docid:1: id '' is empty"),
    ],
)
def test_ids_that_do_not_fit_the_vectors_are_refused(
    tmp_path: Path, docids: list[str], message: str
) -> None:
    with pytest.raises(IndexMismatchError, match=message):
        open_dense_index(foreign(tmp_path / "index", flat(np.ones((2, 4))), docids))


def test_missing_file_is_named(index: Path) -> None:
    (index / "docid").unlink()
    with pytest.raises(IndexMismatchError, match="has no file 'docid'"):
        open_dense_index(index)


def test_damaged_index_is_told_apart_from_a_defect(index: Path) -> None:
    file = index / "index"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(IndexMismatchError, match=r"damaged index: .*build it again"):
        open_dense_index(index)


def test_ids_that_are_not_utf8_are_refused(index: Path) -> None:
    (index / "docid").write_bytes("café\n".encode("latin-1"))
    with pytest.raises(IndexMismatchError, match="is not UTF-8"):
        open_dense_index(index)


def test_folder_of_another_kind_is_refused(index: Path) -> None:
    manifest = index / "manifest.json"
    manifest.write_text(manifest.read_text().replace("dense-index", "multi-vector-index"))
    with pytest.raises(IndexMismatchError, match="is a multi-vector-index, not a dense-index"):
        open_dense_index(index)


def test_a_query_without_a_finite_vector_is_named(index: Path) -> None:
    opened: DenseIndex = open_dense_index(index)
    vectors = np.ones((2, 32), dtype=np.float32)
    vectors[1, 3] = np.nan
    with pytest.raises(ModelError, match="q2: the query's vector is not finite"):
        search_vectors(opened, ("q1", "q2"), vectors)


def test_faiss_is_left_as_it_was_found() -> None:
    before = faiss.omp_get_max_threads(), faiss.cvar.distance_compute_blas_threshold
    with tuned_faiss(queries=50, threads=1):
        assert faiss.omp_get_max_threads() == 1
    assert (faiss.omp_get_max_threads(), faiss.cvar.distance_compute_blas_threshold) == before
