"""Without a word about models, commands use the students that ship, and name them by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from arir.artefacts import read_manifest, read_provenance
from arir.cli.main import main
from arir.data.runs import read_run
from arir.errors import ConfigError, DataError, ModelError
from arir.index.config import EncodeCorpusConfig
from arir.models.fingerprint import fingerprint
from arir.models.loading import load_encoder, load_reranker
from arir.models.protocols import Candidate
from arir.models.registry import find_model
from arir.pyserini.known import choose_spec, is_known, keywords
from arir.rerank.config import RerankConfig
from arir.search.config import SearchConfig
from arir.search.service import search_topics
from tests.tiny import SENTENCES

Write = Callable[[str, str], Path]
QUERY = "ما هي عاصمة الجزائر ؟"


@pytest.fixture(autouse=True)
def _home(
    shipped: Path,
    tmp_path: Path,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A working directory with a collection and topics."""
    records = [
        {"id": f"d{n}", "contents": text, "title": f"عنوان {n}"} for n, text in enumerate(SENTENCES)
    ]
    write("corpus.jsonl", "\n".join(map(json.dumps, records)))
    write("topics.tsv", f"7\t{QUERY}\n12\tمن كتب المقدمة ؟\n")
    write("qrels.txt", "7 0 d2 1\n")
    monkeypatch.chdir(tmp_path)


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(map(str, words)))
    return int(stopped.value.code or 0)


def search(output: str, *words: object) -> dict[str, list[tuple[str, float]]]:
    assert run("search", "--topics", "topics.tsv", "--output", output, *words) == 0
    return {
        topic: [(hit.docid, hit.score) for hit in hits]
        for topic, hits in read_run(Path(output)).rankings()
    }


def test_defaults_are_the_shipped_students_and_help_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert EncodeCorpusConfig(corpus="c", output="o").encoder == "kd-mini"
    values = {"run": "r", "corpus": "c", "topics": "t", "output": "o"}
    assert RerankConfig(**values).reranker == "kd-mini-ce"
    for command, name in (("encode-corpus", "kd-mini"), ("rerank", "kd-mini-ce")):
        run(command, "--help")
        text = " ".join(capsys.readouterr().out.split())
        assert "the default ships with arir" in text
        assert f"[default: {name}]" in text
    run("search", "--help")
    assert "for --corpus kd-mini, which ships with arir" in " ".join(
        capsys.readouterr().out.split()
    )


def test_an_index_names_the_student_and_no_path_of_this_machine(shipped: Path) -> None:
    assert run("encode-corpus", "corpus.jsonl", "--output", "index") == 0
    manifest = read_manifest(Path("index"))
    assert manifest is not None
    assert manifest.properties["encoder"] == "kd-mini"
    assert manifest.properties["encoder_path"] is None
    spec = find_model("kd-mini")
    assert manifest.properties["encoder_fingerprint"] == fingerprint(shipped / "kd-mini", spec)
    texts = [path.read_text(encoding="utf-8") for path in Path("index").glob("*.json")]
    assert not any(str(shipped) in text for text in texts)


def test_an_index_called_as_its_encoder_is_searched_with_the_encoder() -> None:
    run("encode-corpus", "corpus.jsonl", "--output", "kd-mini")
    assert run("encode-corpus", "corpus.jsonl", "--output", "kd-mini", "--overwrite") == 0
    assert search("run.trec", "--index", "kd-mini")


def test_the_index_is_searched_with_or_without_its_encoder_named(shipped: Path) -> None:
    run("encode-corpus", "corpus.jsonl", "--output", "index")
    named = search("named.trec", "--index", "index", "--encoder", "kd-mini")
    assert search("run.trec", "--index", "index") == named
    text = Path("run.trec.meta.yaml").read_text(encoding="utf-8")
    assert "encoder: kd-mini\n" in text
    assert str(shipped) not in text


def test_reranking_without_a_name_uses_the_shipped_cross_encoder() -> None:
    search("first.trec", "--corpus", "corpus.jsonl")
    words = ("--run", "first.trec", "--corpus", "corpus.jsonl", "--topics", "topics.tsv")
    assert run("rerank", *words, "--output", "second.trec") == 0
    candidates = [Candidate(f"d{n}", text, 0.0) for n, text in enumerate(SENTENCES)]
    expected = load_reranker("kd-mini-ce", device="cpu").rerank(QUERY, candidates)
    hits = read_run(Path("second.trec")).hits(0)
    assert [hit.docid for hit in hits] == [candidate.docid for candidate in expected]
    groups = read_provenance(Path("second.trec"))
    assert groups is not None
    assert groups["method"]["reranking"][0]["name"] == "kd-mini-ce"


def test_a_corpus_is_searched_as_its_index_would_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = search("run.trec", "--corpus", "corpus.jsonl")
    error = capsys.readouterr().err
    assert "the vectors were not kept; to search again at once, make an index: " in error
    assert "arir encode-corpus corpus.jsonl --output DIR" in error
    run("encode-corpus", "corpus.jsonl", "--output", "index")
    assert search("other.trec", "--index", "index") == found
    assert not [path for path in tmp_path.iterdir() if "encoding" in path.name]


def test_the_run_over_a_corpus_says_what_was_searched_and_how() -> None:
    search("run.trec", "--corpus", "corpus.jsonl", "--with-title", "--hits", 3)
    groups = read_provenance(Path("run.trec"))
    assert groups is not None
    data = groups["data"]["test collection"]
    assert set(data) == {"topics", "qrels", "corpus"}
    step = groups["method"]["retrieval"][0]
    assert (step["name"], step["encoder"], step["hits"]) == ("dense", "kd-mini", 3)
    assert step["with title"] is True
    assert "arir-search-" not in Path("run.trec.meta.yaml").read_text(encoding="utf-8")


def test_a_corpus_is_searched_with_the_model_and_the_titles_asked_for(
    tiny_late_interaction: Path,
) -> None:
    plain = search("plain.trec", "--corpus", "corpus.jsonl")
    assert search("titled.trec", "--corpus", "corpus.jsonl", "--with-title") != plain
    config = SearchConfig(
        corpus="corpus.jsonl",
        topics="topics.tsv",
        output="late.trec",
        encoder=str(tiny_late_interaction),
    )
    report = search_topics(config)
    assert (report.method, report.topics) == ("late-interaction", 2)
    assert f"--encoder {tiny_late_interaction} --output DIR" in report.notes[-1]


def test_documents_are_ranked_by_their_passages_without_an_index(write: Write) -> None:
    records = [{"id": f"d{n // 2}#{n % 2}", "contents": t} for n, t in enumerate(SENTENCES)]
    write("passages.jsonl", "\n".join(map(json.dumps, records)))
    found = search("run.trec", "--corpus", "passages.jsonl", "--max-passage", "--hits", 2)
    assert [len(hits) for hits in found.values()] == [2, 2]
    assert all("#" not in docid for hits in found.values() for docid, _ in hits)


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--corpus", "corpus.jsonl", "--index", "i"], ConfigError, "corpus and index exclude"),
        (["--corpus", "corpus.jsonl", "--bm25"], ConfigError, "bm25 needs an index: build it"),
        (["--index", "i", "--with-title"], ConfigError, "with-title goes with corpus"),
        (["--index", "a", "--index", "b", "--index", "c"], ConfigError, "once, or twice for"),
        ([], ConfigError, "index must be given, or corpus"),
        (["--corpus", "nowhere.jsonl"], DataError, "nowhere.jsonl"),
        (["--corpus", "topics.tsv", "--encoder", "kd-mimi"], ModelError, "did you mean kd-mini"),
        (["--corpus", "topics.tsv", "--encoder", "kd-mini-ce"], ModelError, "gives no vectors"),
        (["--corpus", "corpus.jsonl", "--max-passage"], DataError, "corpus.jsonl: no id ends in #"),
    ],
)
def test_what_cannot_be_searched_is_refused(
    words: list[str],
    status: type[ConfigError],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ("search", "--topics", "topics.tsv", "--output", "run.trec", *words)
    assert run(*given) == status.exit_code
    assert message in capsys.readouterr().err.splitlines()[-1]
    assert not Path("run.trec").exists()


def test_pyserini_knows_shipped_bi_encoders_by_name(shipped: Path) -> None:
    assert keywords()["kd-mini"] == "kd-mini"
    assert "kd-mini-ce" not in keywords()
    assert is_known("kd-mini")
    assert is_known(shipped / "kd-mini")
    assert choose_spec("kd-mini", "kd-mini") == "kd-mini"


def test_pyserini_loads_a_shipped_student_for_queries_and_documents() -> None:
    from arir.pyserini.encoders import document_class, query_class

    expected = load_encoder("kd-mini", device="cpu")
    query = query_class("kd-mini")("kd-mini").encode(QUERY)
    passages = document_class("kd-mini")("kd-mini").encode([QUERY])
    assert query.tolist() == expected.encode(QUERY).tolist()
    assert passages.tolist() == expected.encode_passages([QUERY]).tolist()
