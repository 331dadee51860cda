"""Inside Pyserini arir's models are arir's models: same vectors, and never random weights."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from arir.data.runs import read_run
from arir.errors import ConfigError, ModelError
from arir.index.bm25 import build_bm25
from arir.index.bm25_config import IndexConfig
from arir.index.config import EncodeCorpusConfig
from arir.index.dense import encode_corpus
from arir.lucene.jvm import start_jvm
from arir.models.folders import write_model_manifest
from arir.models.loading import load_encoder, load_reranker
from arir.models.protocols import Candidate
from arir.models.registry import find_model, list_models
from arir.pyserini import register, rerank_hits
from arir.pyserini.__main__ import main
from arir.pyserini.known import is_known, keywords
from arir.search.config import SearchConfig
from arir.search.service import search_topics
from tests.tiny import SENTENCES, make_bi_encoder, make_checkpoint

Write = Callable[[str, str], Path]
QUERY = "ما هي عاصمة الجزائر ؟"


@pytest.fixture(autouse=True)
def tables() -> Iterator[Any]:
    """Pyserini's tables, put back afterwards: other tests shall find them as they were."""
    start_jvm()
    # runpy warns of a module that it is to run and that was imported before.
    for name in [name for name in sys.modules if name.startswith("pyserini.")]:
        if name.endswith(".__main__"):
            del sys.modules[name]
    import pyserini.encode as encode

    kept = [encode.query_encoder_class_map, encode.document_encoder_class_map]
    before = [dict(table) for table in kept]
    yield encode
    for table, content in zip(kept, before, strict=True):
        table.clear()
        table.update(content)


@pytest.fixture(scope="module")
def kd_aradpr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT encoder in a folder whose name Pyserini takes for DPR's."""
    return make_bi_encoder(tmp_path_factory.mktemp("models") / "kd-aradpr")


@pytest.fixture
def collection(write: Write) -> tuple[Path, Path]:
    records = [{"id": f"d{n}", "contents": text} for n, text in enumerate(SENTENCES)]
    corpus = write("data/corpus.jsonl", "\n".join(map(json.dumps, records)))
    topics = write("data/topics.tsv", f"7\t{QUERY}\n12\tمن كتب المقدمة ؟\n")
    return corpus, topics


@pytest.fixture
def index(collection: tuple[Path, Path], kd_aradpr: Path, tmp_path: Path) -> Path:
    output = tmp_path / "index"
    encode_corpus(EncodeCorpusConfig(corpus=collection[0], encoder=str(kd_aradpr), output=output))
    return output


def guess(encoder: str, encoder_class: str | None = None) -> Any:
    """What ``pyserini.search.faiss --encoder ENCODER`` makes."""
    from pyserini.search.faiss.__main__ import init_query_encoder

    return init_query_encoder(
        encoder, encoder_class, None, "topics", None, "cpu", 256, "cls", False, None
    )


def ranking(path: Path) -> dict[str, list[str]]:
    return {topic: [hit.docid for hit in hits] for topic, hits in read_run(path).rankings()}


def test_every_bi_encoder_of_the_registry_goes_before_pyserinis_own(tables: Any) -> None:
    own = list(tables.query_encoder_class_map)
    register()
    keys = list(tables.query_encoder_class_map)
    ours = keys[: len(keys) - len(own)]
    assert keys[len(ours) :] == own
    assert {spec.name for spec in list_models("bi-encoder")} < set(ours)
    assert list(tables.document_encoder_class_map)[: len(ours)] == ours


def test_registering_twice_changes_nothing(tables: Any) -> None:
    register()
    before = list(tables.query_encoder_class_map)
    build = tables.DprQueryEncoder.__init__
    register()
    assert list(tables.query_encoder_class_map) == before
    assert tables.DprQueryEncoder.__init__ is build


def test_no_keyword_hides_a_longer_one() -> None:
    seen: list[str] = []
    for keyword in keywords():
        assert not any(earlier in keyword for earlier in seen)
        seen.append(keyword)


def test_folder_that_looks_like_dpr_is_loaded_with_its_own_weights(kd_aradpr: Path) -> None:
    register()
    expected = load_encoder(kd_aradpr, device="cpu").encode(QUERY)
    for encoder in (guess(str(kd_aradpr)), guess(str(kd_aradpr), "kd-aradpr")):
        assert np.allclose(encoder.encode(QUERY), expected, atol=1e-6)


def test_missing_weights_are_refused_where_pyserini_draws_random_ones(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "kd-aradpr")
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    kept = {name: tensor for name, tensor in weights.items() if "layer.1" not in name}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    register()
    with pytest.raises(ModelError, match="weights"):
        guess(str(folder))


def test_dpr_classes_refuse_a_model_that_is_none(tables: Any, tiny_bert: Path) -> None:
    register()
    for build in (tables.DprQueryEncoder, tables.DprDocumentEncoder):
        with pytest.raises(ModelError, match=r"is a bert model: .* random weights"):
            build(str(tiny_bert))
        with pytest.raises(ModelError, match="random weights"):
            guess(str(tiny_bert), "dpr")


def test_real_dpr_models_still_load(tables: Any, tmp_path: Path, tiny_bert: Path) -> None:
    from transformers import AutoTokenizer, BertConfig, DPRConfig, DPRQuestionEncoder

    body = BertConfig.from_pretrained(tiny_bert).to_dict()
    model = DPRQuestionEncoder(DPRConfig(**{**body, "model_type": "dpr"}))
    model.save_pretrained(tmp_path / "dpr")
    AutoTokenizer.from_pretrained(tiny_bert).save_pretrained(tmp_path / "dpr")
    register()
    assert tables.DprQueryEncoder(str(tmp_path / "dpr")).has_model


def test_folder_that_arir_saved_is_known_under_any_name(tmp_path: Path, kd_aradpr: Path) -> None:
    folder = tmp_path / "finance-student"
    shutil.copytree(kd_aradpr, folder)
    assert not is_known(folder)
    write_model_manifest(folder, find_model(kd_aradpr))
    assert is_known(folder)
    register(folder)
    assert type(guess(str(folder))).__name__ == "ArirQueryEncoder"


def test_explicit_class_brings_its_settings_to_a_folder_of_another_name(
    tmp_path: Path, kd_aradpr: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(kd_aradpr, folder)
    register()
    assert guess(str(folder), "kd-aradpr").encoder.profile == "araelectra"
    assert load_encoder(folder).profile == "none"


def test_searcher_made_with_a_name_alone_asks_arir_first(index: Path, kd_aradpr: Path) -> None:
    register()
    from pyserini.search.faiss import FaissSearcher

    by_name = FaissSearcher(str(index), str(kd_aradpr)).search(QUERY, k=5)
    by_encoder = FaissSearcher(str(index), load_encoder(kd_aradpr)).search(QUERY, k=5)
    assert [hit.docid for hit in by_name] == [hit.docid for hit in by_encoder]


@pytest.mark.parametrize(
    ("keywords", "flag"),
    [({"prefix": "query: "}, "prefix"), ({"tokenizer_name": "x"}, "tokenizer")],
)
def test_settings_that_a_model_brings_itself_are_not_silently_ignored(
    tables: Any, kd_aradpr: Path, keywords: dict[str, str], flag: str
) -> None:
    register()
    for table, argument in (
        (tables.query_encoder_class_map, "encoder_dir"),
        (tables.document_encoder_class_map, "model_name"),
    ):
        with pytest.raises(ConfigError, match=f"{flag} does not go with"):
            table["kd-aradpr"](**{argument: str(kd_aradpr)}, **keywords)


def test_documents_are_encoded_as_by_encode_corpus(tables: Any, kd_aradpr: Path) -> None:
    register()
    encoder = tables.document_encoder_class_map["kd-aradpr"](str(kd_aradpr), device="cpu")
    mine = load_encoder(kd_aradpr, device="cpu")
    plain = encoder.encode(["النيل"], max_length=256, fp16=False, add_sep=False)
    assert np.allclose(plain, mine.encode_passages(["النيل"]), atol=1e-6)
    titled = encoder.encode(["النيل", "مصر"], titles=["نهر", None])
    assert np.allclose(titled, mine.encode_passages(["نهر\nالنيل", "مصر"]), atol=1e-5)
    with pytest.raises(ConfigError, match="--add-sep"):
        encoder.encode(["النيل"], titles=["نهر"], add_sep=True)


def test_another_maximum_length_is_not_ignored_in_silence(
    tables: Any, kd_aradpr: Path, caplog: pytest.LogCaptureFixture
) -> None:
    register()
    encoder = tables.document_encoder_class_map["kd-aradpr"](str(kd_aradpr), device="cpu")
    encoder.encode(["النيل"], max_length=32)
    assert "--max-length 32 is ignored" in caplog.text


def test_pyserinis_command_line_ranks_as_arir_search(
    index: Path, collection: tuple[Path, Path], kd_aradpr: Path, tmp_path: Path
) -> None:
    mine, theirs = tmp_path / "mine.trec", tmp_path / "theirs.trec"
    search_topics(SearchConfig(index=(index,), topics=collection[1], output=mine))
    common = ["--index", str(index), "--topics", str(collection[1]), "--output", str(theirs)]
    for extra in (["--encoder-class", "kd-aradpr"], [], ["--batch-size", "8"]):
        main(["search.faiss", *common, "--encoder", str(kd_aradpr), *extra])
        assert ranking(theirs) == ranking(mine)


def test_ids_of_topics_are_not_read_as_numbers(
    index: Path, write: Write, kd_aradpr: Path, tmp_path: Path
) -> None:
    topics = write("topics.tsv", f"007\t{QUERY}\n7\tمن كتب المقدمة ؟\nNA\t{QUERY}\n")
    output = tmp_path / "theirs.trec"
    common = ["--index", str(index), "--topics", str(topics), "--output", str(output)]
    main(["search.faiss", *common, "--encoder-class", "kd-aradpr", "--encoder", str(kd_aradpr)])
    assert list(ranking(output)) == ["007", "7", "NA"]


def test_module_runs_as_a_program_of_its_own(
    index: Path, collection: tuple[Path, Path], kd_aradpr: Path, tmp_path: Path
) -> None:
    mine, theirs = tmp_path / "mine.trec", tmp_path / "theirs.trec"
    search_topics(SearchConfig(index=(index,), topics=collection[1], output=mine))
    common = ["--index", index, "--topics", collection[1], "--output", theirs]
    model = ["--encoder-class", "kd-aradpr", "--encoder", kd_aradpr]
    program = [sys.executable, "-m", "arir.pyserini", "search.faiss"]
    done = subprocess.run([*program, *common, *model], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ranking(theirs) == ranking(mine)


def test_pyserinis_encoder_makes_the_vectors_of_encode_corpus(
    index: Path, collection: tuple[Path, Path], kd_aradpr: Path, tmp_path: Path
) -> None:
    embeddings = ["--embeddings", str(tmp_path / "theirs"), "--to-faiss"]
    model = ["--encoder", str(kd_aradpr), "--encoder-class", "kd-aradpr", "--dimension", "32"]
    source = ["input", "--corpus", str(collection[0])]
    main(["encode", *source, "output", *embeddings, "encoder", *model, "--device", "cpu"])
    mine, theirs = (faiss.read_index(str(f / "index")) for f in (index, tmp_path / "theirs"))
    count = len(SENTENCES)
    assert np.allclose(mine.reconstruct_n(0, count), theirs.reconstruct_n(0, count), atol=1e-5)
    assert (tmp_path / "theirs" / "docid").read_text() == (index / "docid").read_text()


@pytest.fixture
def bm25(collection: tuple[Path, Path], tmp_path: Path) -> Path:
    output = tmp_path / "bm25"
    build_bm25(IndexConfig(corpus=collection[0], output=output))
    return output


def test_pyserinis_hybrid_search_takes_the_encoder(
    index: Path, bm25: Path, collection: tuple[Path, Path], kd_aradpr: Path, tmp_path: Path
) -> None:
    mine, theirs = tmp_path / "mine.trec", tmp_path / "theirs.trec"
    search_topics(SearchConfig(index=(index, bm25), topics=collection[1], output=mine))
    model = ["--encoder-class", "kd-aradpr", "--encoder", str(kd_aradpr)]
    dense = ["dense", "--index", str(index), *model]
    sparse = ["sparse", "--index", str(bm25), "--language", "ar"]
    fusion = ["fusion", "--alpha", "1", "--normalization"]
    output = ["run", "--topics", str(collection[1]), "--output", str(theirs)]
    main(["search.hybrid", *dense, *sparse, *fusion, *output])
    assert ranking(theirs) == ranking(mine)


def test_hits_of_both_searchers_are_reranked(
    index: Path, bm25: Path, kd_aradpr: Path, tiny_cross_encoder: Path
) -> None:
    register()
    from pyserini.search.faiss import FaissSearcher
    from pyserini.search.lucene import LuceneSearcher

    reranker = load_reranker(tiny_cross_encoder, device="cpu")
    lucene = LuceneSearcher(str(bm25))
    lucene.set_language("ar")
    texts = {f"d{number}": text for number, text in enumerate(SENTENCES)}
    sparse = lucene.search(QUERY, k=5)
    dense = FaissSearcher(str(index), str(kd_aradpr)).search(QUERY, k=5)
    for hits, source in ((sparse, None), (sparse, texts), (dense, lucene), (dense, texts)):
        found = rerank_hits(reranker, QUERY, hits, source)
        given = [Candidate(hit.docid, texts[hit.docid], 0.0) for hit in hits]
        expected = reranker.rerank(QUERY, given)
        assert [hit.docid for hit in found] == [hit.docid for hit in expected]
        assert [hit.score for hit in found] == pytest.approx([hit.score for hit in expected])


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["search.fais"], 3, "no module pyserini.search.fais; did you mean search.faiss"),
        (["search.faiss", "--encoder", "kd-aradpr", "--index", "x"], 2, ""),
    ],
)
def test_errors_are_one_line_and_an_exit_code(
    arguments: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == status
    assert message in capsys.readouterr().err


def test_model_that_cannot_be_had_is_one_line(
    index: Path,
    collection: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    common = ["--index", str(index), "--topics", str(collection[1]), "--output", "unused"]
    with pytest.raises(SystemExit) as stopped:
        main(["search.faiss", *common, "--encoder-class", "kd-aradpr"])
    assert stopped.value.code == ModelError.exit_code
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[-1].startswith("arir: error: ")
    assert "local copy" in lines[-1]


def test_help_says_how_to_call_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    assert "--encoder-class kd-aradpr" in capsys.readouterr().out
