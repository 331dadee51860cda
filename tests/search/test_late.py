"""MaxSim search is exact whatever the blocks, and refuses what it would get wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from arir.artefacts import read_provenance
from arir.cli.main import main
from arir.data.runs import Run, read_run
from arir.errors import ConfigError, IndexMismatchError, ModelError
from arir.index.config import EncodeCorpusConfig
from arir.index.dense import encode_collection
from arir.index.late import TokenChunks
from arir.losses.maxsim import maxsim
from arir.models.loading import load_late_encoder
from arir.models.protocols import TokenVectors
from arir.search import late
from arir.search.late import maxsim_ragged, search_late, search_token_vectors
from arir.search.late_index import open_late_index
from tests.fakes import HashLateEncoder
from tests.tiny import SENTENCES, make_late_interaction

Write = Callable[[str, str], Path]
Options = dict[str, int]
TOPICS = {f"q{n}": " ".join(f"w{n * k % 97}" for k in range(1, 2 + n % 5)) for n in range(23)}
PASSAGES = 300


@pytest.fixture
def index(write: Write, tmp_path: Path) -> Path:
    texts = [
        " ".join(f"w{(n * 7 + k * k) % 97}" for k in range(1 + n % 11)) for n in range(PASSAGES)
    ]
    return _encoded(write, tmp_path / "index", {f"d{n:03}": text for n, text in enumerate(texts)})


def _encoded(
    write: Write,
    output: Path,
    passages: dict[str, str],
    encoder: HashLateEncoder | None = None,
) -> Path:
    lines = [json.dumps({"id": i, "contents": text}) for i, text in passages.items()]
    corpus = write("corpus.jsonl", "\n".join(lines))
    config = EncodeCorpusConfig(corpus=corpus, encoder="hash", output=output)
    encode_collection(encoder or HashLateEncoder(), config, store=TokenChunks)
    return output


def _scores(run: Run) -> dict[str, dict[str, float]]:
    return {topic: {hit.docid: hit.score for hit in hits} for topic, hits in run.rankings()}


def test_scores_equal_padded_maxsim_of_every_passage(index: Path) -> None:
    from sentence_transformers.util import maxsim as reference

    opened = open_late_index(index)
    queries = HashLateEncoder().encode_queries(list(TOPICS.values()))
    ends = opened.offsets[1:-1]
    passages = [torch.from_numpy(p.astype(np.float32)) for p in np.split(opened.vectors, ends)]
    expected = reference([torch.from_numpy(matrix) for matrix in queries], passages)
    found = _scores(search_late(index, TOPICS, HashLateEncoder(), hits=PASSAGES))
    for row, topic in enumerate(TOPICS):
        ours = [found[topic][docid] for docid in opened.docids]
        np.testing.assert_allclose(ours, expected[row].numpy(), atol=1e-5)


@pytest.mark.parametrize(
    "sizes",
    [
        {"QUERY_TOKENS": 1},
        {"QUERY_TOKENS": 7, "PRODUCTS": 1},
        {"PRODUCTS": 500},
        {"SLAB": 1},
        {"SLAB": 37, "PRODUCTS": 300, "QUERY_TOKENS": 20},
    ],
)
def test_blocks_change_nothing(
    index: Path, sizes: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, first = (search_late(index, TOPICS, HashLateEncoder(), hits) for hits in (PASSAGES, 40))
    for name, value in sizes.items():
        monkeypatch.setattr(late, name, value)
    assert search_late(index, TOPICS, HashLateEncoder(), 40).scores == pytest.approx(
        first.scores, abs=1e-5
    )
    parts = _scores(search_late(index, TOPICS, HashLateEncoder(), PASSAGES))
    assert list(parts) == list(TOPICS)
    for topic, scores in _scores(whole).items():
        assert parts[topic] == pytest.approx(scores, abs=1e-5)


def test_a_topic_scores_the_same_alone_and_in_company(index: Path) -> None:
    together = search_late(index, TOPICS, HashLateEncoder(), hits=20)
    for row, topic in enumerate(TOPICS):
        alone = search_late(index, {topic: TOPICS[topic]}, HashLateEncoder(), hits=20)
        assert [hit.docid for hit in alone.hits(0)] == [hit.docid for hit in together.hits(row)]


def test_ragged_maxsim_equals_padded_maxsim_with_empty_passages_and_queries() -> None:
    rng = np.random.default_rng(3)
    query_lengths, lengths = [3, 0, 1, 5], [4, 0, 1, 9, 2]
    queries, passages = (
        [torch.from_numpy(rng.standard_normal((n, 6), dtype=np.float32)) for n in sizes]
        for sizes in (query_lengths, lengths)
    )
    owner = torch.repeat_interleave(torch.arange(4), torch.tensor(query_lengths))
    ours = maxsim_ragged(torch.cat(queries), owner, 4, torch.cat(passages), torch.tensor(lengths))
    padded = [
        torch.nn.utils.rnn.pad_sequence(items, batch_first=True) for items in (queries, passages)
    ]
    masks = [
        torch.arange(p.shape[1]) < torch.tensor(n)[:, None]
        for p, n in zip(padded, (query_lengths, lengths), strict=True)
    ]
    torch.testing.assert_close(ours, maxsim(*padded, *masks))


def test_equal_scores_stand_and_are_cut_in_trec_evals_order(write: Write, tmp_path: Path) -> None:
    index = _encoded(write, tmp_path / "index", {f"d{n:02}": "same words" for n in range(60)})
    run = search_late(index, {"q": "same"}, HashLateEncoder(), hits=3)
    assert [hit.docid for hit in run.hits(0)] == ["d59", "d58", "d57"]


def test_a_passage_without_tokens_is_never_found(write: Write, tmp_path: Path) -> None:
    class Masking(HashLateEncoder):
        def encode_passages(self, passages: Sequence[str]) -> TokenVectors:
            return super().encode_passages([text.replace("-", "") for text in passages])

    texts = {"a": "x", "b": "-", "c": "y z", "d": "- -"}
    index = _encoded(write, tmp_path / "index", texts, Masking())
    assert open_late_index(index).offsets.tolist() == [0, 1, 1, 3, 3]
    run = search_late(index, {"q": "x y"}, HashLateEncoder(), hits=10)
    assert {hit.docid for hit in run.hits(0)} == {"a", "c"}


def test_a_query_that_is_not_finite_is_named(index: Path) -> None:
    values = np.zeros((2, 8), dtype=np.float32)
    values[1, 3] = np.nan
    queries = TokenVectors(values, np.array([0, 1, 2]))
    with pytest.raises(ModelError, match="q2: the query's vectors are not finite"):
        search_token_vectors(open_late_index(index), ("q1", "q2"), queries)


class TestOtherEncoders:
    """A student's queries may search a teacher's passages; another dimension may not."""

    def test_of_the_same_dimension_are_allowed_with_a_note(self, index: Path) -> None:
        with pytest.warns(UserWarning, match="was built by hash: .* only if student was trained"):
            run = search_late(index, TOPICS, HashLateEncoder("student"), hits=5)
        assert run.topic_ids == tuple(TOPICS)

    def test_of_another_dimension_are_refused(self, index: Path) -> None:
        encoder = HashLateEncoder(dimension=9)
        with pytest.raises(IndexMismatchError, match="vectors of 8 dimensions, but hash makes 9"):
            search_late(index, TOPICS, encoder)


class TestDamagedIndex:
    """Every broken file is named."""

    @pytest.mark.parametrize("name", ["vectors.npy", "offsets.npy", "docid"])
    def test_a_missing_file(self, name: str, index: Path) -> None:
        (index / name).unlink()
        with pytest.raises(IndexMismatchError, match=f"has no file '{name}'"):
            open_late_index(index)

    @pytest.mark.parametrize("name", ["vectors.npy", "offsets.npy"])
    @pytest.mark.parametrize("left", [0, 50, 400])
    def test_a_file_that_was_cut_short(self, name: str, left: int, index: Path) -> None:
        (index / name).write_bytes((index / name).read_bytes()[:left])
        with pytest.raises(IndexMismatchError, match=rf"{name}: damaged index"):
            open_late_index(index)

    def test_numbers_of_another_kind(self, index: Path) -> None:
        np.save(index / "vectors.npy", np.zeros((4, 8)))
        with pytest.raises(IndexMismatchError, match=r"float64 numbers of shape \(4, 8\)"):
            open_late_index(index)

    def test_pickled_objects_are_never_loaded(self, index: Path) -> None:
        np.save(index / "offsets.npy", np.array([{}], dtype=object), allow_pickle=True)
        with pytest.raises(IndexMismatchError, match="damaged index"):
            open_late_index(index)

    def test_offsets_that_do_not_divide_the_vectors(self, index: Path) -> None:
        offsets = np.load(index / "offsets.npy")
        offsets[3] = offsets[-1] + 1
        np.save(index / "offsets.npy", offsets)
        with pytest.raises(IndexMismatchError, match="does not divide the"):
            open_late_index(index)

    def test_ids_that_are_too_few(self, index: Path) -> None:
        (index / "docid").write_text("a\nb\n")
        with pytest.raises(IndexMismatchError, match="300 passages, but 'docid' has 2 ids"):
            open_late_index(index)

    def test_a_missing_manifest(self, index: Path) -> None:
        (index / "manifest.json").unlink()
        with pytest.raises(IndexMismatchError, match=r"has no manifest\.json; build it again"):
            open_late_index(index)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, tiny_late_interaction: Path) -> Path:
    """A collection, topics, and an index of each kind."""
    folder = tmp_path_factory.mktemp("late-home")
    lines = (json.dumps({"id": f"{n:03}", "contents": text}) for n, text in enumerate(SENTENCES))
    (folder / "corpus.jsonl").write_text("\n".join(lines))
    (folder / "topics.tsv").write_text("007\tمن كتب المقدمة ؟\nNA\tالجزائر\n")
    corpus, encoder = str(folder / "corpus.jsonl"), str(tiny_late_interaction)
    assert run("index", corpus, "--output", folder / "bm25") == 0
    assert run("encode-corpus", corpus, "--encoder", encoder, "--output", folder / "late") == 0
    return folder


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(map(str, words)))
    return int(stopped.value.code or 0)


def search(home: Path, output: Path, *words: object) -> int:
    return run("search", "--topics", home / "topics.tsv", "--output", output, *words)


class TestCommands:
    """From the shell, where the families meet."""

    def test_the_index_names_its_encoder(
        self,
        home: Path,
        tiny_late_interaction: Path,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        from sentence_transformers import MultiVectorEncoder

        output = tmp_path / "late.trec"
        assert search(home, output, "--index", home / "late") == 0
        captured = capsys.readouterr()
        assert f"(late-interaction, {tiny_late_interaction}" in captured.out
        assert "note" not in captured.err
        model = MultiVectorEncoder(str(tiny_late_interaction), device="cpu")
        expected = model.similarity(
            model.encode_query(["من كتب المقدمة ؟"]), model.encode_document(list(SENTENCES))
        )[0]
        found = {hit.docid: hit.score for hit in read_run(output).hits(0)}
        for number, score in enumerate(expected.tolist()):
            assert found[f"{number:03}"] == pytest.approx(score, abs=5e-3)
        (step,) = (read_provenance(output) or {})["method"]["retrieval"]
        assert step["name"] == "late-interaction"
        assert step["passage encoder"] == str(tiny_late_interaction)

    def test_it_searches_with_bm25_as_dense_search_does(self, home: Path, tmp_path: Path) -> None:
        output = tmp_path / "hybrid.trec"
        assert search(home, output, "--index", home / "bm25", "--index", home / "late") == 0
        steps = (read_provenance(output) or {})["method"]["retrieval"]
        assert [step["name"] for step in steps] == ["late-interaction", "bm25", "hybrid"]
        assert steps[2]["interpolates"] == ["late-interaction", "bm25"]
        assert all(0 <= hit.score <= 1 for _, hits in read_run(output).rankings() for hit in hits)

    def test_another_query_encoder_is_noted(
        self, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        student = make_late_interaction(tmp_path / "student", "xlmr", seed=9)
        words = ("--index", home / "late", "--encoder", student)
        assert search(home, tmp_path / "clir.trec", *words) == 0
        assert "arir: note: " in (err := capsys.readouterr().err)
        assert f"only if {student} was trained towards its vectors" in err
        (step,) = (read_provenance(tmp_path / "clir.trec") or {})["method"]["retrieval"]
        assert step["encoder"] == str(student)
        assert step["passage encoder"] != str(student)

    def test_what_does_not_fit_is_refused(
        self,
        home: Path,
        tiny_bi_encoder: Path,
        tiny_late_interaction: Path,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        corpus, output = home / "corpus.jsonl", tmp_path / "run.trec"
        late, dense, bm25 = home / "late", tmp_path / "dense", home / "bm25"
        assert (
            run(
                "encode-corpus",
                corpus,
                "--encoder",
                tiny_bi_encoder,
                "--output",
                tmp_path / "dense",
            )
            == 0
        )
        wide = make_late_interaction(tmp_path / "wide", dimension=24)
        capsys.readouterr()
        both = ("--index", late, "--index", dense)
        cases = [
            (("--index", late, "--encoder", tiny_bi_encoder), ModelError, "one vector a text"),
            (("--index", late, "--encoder", wide), IndexMismatchError, "makes 24"),
            (("--index", dense, "--encoder", tiny_late_interaction), ModelError, "a vector a"),
            (both, ConfigError, "neither index is a BM25 one"),
            (("--index", late, "--bm25"), ConfigError, "is a late-interaction index"),
            (("--index", bm25, "--encoder", wide), ConfigError, "--encoder needs a"),
        ]
        for words, error, message in cases:
            assert search(home, output, *words) == error.exit_code
            assert message in capsys.readouterr().err.splitlines()[-1]
            assert not output.exists()

    def test_a_run_is_reranked(
        self, home: Path, tiny_late_interaction: Path, tmp_path: Path
    ) -> None:
        first, second = tmp_path / "bm25.trec", tmp_path / "second.trec"
        assert search(home, first, "--index", home / "bm25") == 0
        words = ("--corpus", home / "corpus.jsonl", "--topics", home / "topics.tsv")
        assert (
            run(
                "rerank",
                "--run",
                first,
                "--reranker",
                tiny_late_interaction,
                "--output",
                second,
                *words,
            )
            == 0
        )
        encoder = load_late_encoder(tiny_late_interaction)
        hit = read_run(second).hits(0)[0]
        vectors = encoder.encode_queries(["من كتب المقدمة ؟"])[0]
        passage = encoder.encode_passages([SENTENCES[int(hit.docid)]])[0]
        assert hit.score == pytest.approx(float((vectors @ passage.T).max(1).sum()), abs=1e-4)

    def test_documents_are_ranked_by_their_best_passage(
        self, home: Path, tiny_late_interaction: Path, tmp_path: Path
    ) -> None:
        lines = (
            json.dumps({"id": f"d{n // 4}#{n % 4}", "contents": text})
            for n, text in enumerate(SENTENCES)
        )
        (tmp_path / "passages.jsonl").write_text("\n".join(lines))
        words = ("--encoder", tiny_late_interaction, "--output", tmp_path / "index")
        assert run("encode-corpus", tmp_path / "passages.jsonl", *words) == 0
        options = ("--index", tmp_path / "index", "--max-passage", "--hits", 1)
        assert search(home, tmp_path / "documents.trec", *options) == 0
        assert search(home, tmp_path / "passages.trec", "--index", tmp_path / "index") == 0
        documents, passages = (read_run(tmp_path / f"{n}.trec") for n in ("documents", "passages"))
        assert documents.topic_ids == passages.topic_ids == ("007", "NA")
        for row in range(2):
            (best,), first = documents.hits(row), passages.hits(row)[0]
            assert (best.docid, best.score) == (first.docid.partition("#")[0], first.score)

    def test_an_index_that_names_no_encoder_asks_for_one(self, home: Path, tmp_path: Path) -> None:
        shutil.copytree(home / "late", tmp_path / "copy")
        manifest = tmp_path / "copy" / "manifest.json"
        facts = json.loads(manifest.read_text())
        facts["properties"] |= {"encoder_path": None, "encoder": None}
        manifest.write_text(json.dumps(facts))
        words = ("--index", tmp_path / "copy")
        assert search(home, tmp_path / "run.trec", *words) == ConfigError.exit_code
