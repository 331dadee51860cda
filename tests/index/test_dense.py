"""Encoding a collection: the index is Pyserini's, and a failure costs nothing that is done."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from arir.artefacts import read_manifest, sha256_of
from arir.errors import ConfigError, DataError, DependencyError, ModelError, OutputError
from arir.index import flat
from arir.index.chunks import Chunks
from arir.index.config import EncodeCorpusConfig
from arir.index.dense import EncodeReport, encode_collection, encode_corpus
from arir.index.flat import write_flat_index
from arir.models.loading import load_encoder
from arir.models.protocols import Vectors
from tests.fakes import HashEncoder

Write = Callable[[str, str], Path]
#: ids that a careless reader would turn into numbers or missing values
IDS = ["007", "NA", "null", "1e5", "٣", *(f"p{number}" for number in range(45))]


class FailingEncoder(HashEncoder):
    """Fails on its n-th chunk, as a killed process would."""

    def __init__(self, chunk: int, error: BaseException) -> None:
        super().__init__()
        self.left = chunk
        self.error = error

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        self.left -= 1
        if self.left == 0:
            raise self.error
        return super().encode_passages(passages)


@pytest.fixture
def corpus(write: Write) -> Path:
    lines = [json.dumps({"id": i, "contents": f"passage {i}", "title": f"t{i}"}) for i in IDS]
    return write("corpus.jsonl", "\n".join(lines) + "\n")


@pytest.fixture
def config(corpus: Path, tmp_path: Path) -> EncodeCorpusConfig:
    return EncodeCorpusConfig(corpus=corpus, encoder="hash", output=tmp_path / "index")


def changed(config: EncodeCorpusConfig, **values: Any) -> EncodeCorpusConfig:
    return EncodeCorpusConfig(**{**vars(config), **values})


def encode(config: EncodeCorpusConfig, chunk: int = 8, **values: Any) -> EncodeReport:
    return encode_collection(HashEncoder(), changed(config, **values), chunk=chunk)


def test_index_is_the_one_that_faiss_itself_would_write(
    config: EncodeCorpusConfig, tmp_path: Path
) -> None:
    report = encode(config)
    expected = faiss.IndexFlatIP(8)
    expected.add(HashEncoder().encode_passages([f"passage {i}" for i in IDS]))
    faiss.write_index(expected, str(tmp_path / "expected"))
    assert (config.output / "index").read_bytes() == (tmp_path / "expected").read_bytes()
    assert report.passages == report.encoded == len(IDS)
    assert report.complete


def test_ids_stay_the_strings_that_they_were(config: EncodeCorpusConfig) -> None:
    encode(config)
    assert (config.output / "docid").read_text(encoding="utf-8").split("\n") == [*IDS, ""]


@pytest.mark.parametrize("chunk", [1, 7, 50, 64])
def test_chunk_size_changes_nothing(config: EncodeCorpusConfig, chunk: int) -> None:
    encode(config, chunk=16)
    before = (config.output / "index").read_bytes()
    encode(config, chunk=chunk, overwrite=True)
    assert (config.output / "index").read_bytes() == before


@pytest.mark.parametrize("error", [RuntimeError("killed"), KeyboardInterrupt()])
def test_an_interrupted_run_goes_on_where_it_stopped(
    config: EncodeCorpusConfig, error: BaseException
) -> None:
    with pytest.raises(type(error)):
        encode_collection(FailingEncoder(4, error), config, chunk=8)
    assert not config.output.exists()
    encoder = HashEncoder()
    report = encode_collection(encoder, config, chunk=8)
    assert (report.resumed, report.encoded) == (24, 26)
    assert encoder.encoded == [f"passage {i}" for i in IDS[24:]]
    resumed = sha256_of(config.output / "index")
    encode(config, overwrite=True)
    assert sha256_of(config.output / "index") == resumed


def test_nothing_is_left_beside_a_finished_index(config: EncodeCorpusConfig) -> None:
    encode(config)
    names = {path.name for path in config.output.parent.iterdir()}
    assert names == {"corpus.jsonl", "index"}
    assert {path.name for path in config.output.iterdir()} == {
        "config.json",
        "docid",
        "index",
        "manifest.json",
    }


def test_a_chunk_that_was_cut_short_is_encoded_again(config: EncodeCorpusConfig) -> None:
    with pytest.raises(RuntimeError, match="killed"):
        encode_collection(FailingEncoder(4, RuntimeError("killed")), config, chunk=8)
    chunk = config.output.parent / ".index.encoding" / "00001.npy"
    chunk.write_bytes(chunk.read_bytes()[:-10])
    assert encode(config).resumed == 16
    assert faiss.read_index(str(config.output / "index")).ntotal == len(IDS)


def test_unfinished_work_of_other_settings_is_not_mixed_in_nor_lost(
    config: EncodeCorpusConfig,
) -> None:
    with pytest.raises(RuntimeError, match="killed"):
        encode_collection(FailingEncoder(4, RuntimeError("killed")), config, chunk=8)
    with pytest.raises(OutputError, match=r"another encoder and fingerprint .encoder hash."):
        encode_collection(HashEncoder("other"), config, chunk=8)
    assert encode(config).resumed == 24


def test_overwrite_discards_unfinished_work_of_other_settings(config: EncodeCorpusConfig) -> None:
    with pytest.raises(RuntimeError, match="killed"):
        encode_collection(FailingEncoder(4, RuntimeError("killed")), config, chunk=8)
    report = encode(config, with_title=True, overwrite=True)
    assert report.resumed == 0
    expected = HashEncoder().encode_passages([f"t{i}\npassage {i}" for i in IDS])
    index = faiss.read_index(str(config.output / "index"))
    assert np.array_equal(index.reconstruct_n(0, len(IDS)), expected)


def test_a_corrected_collection_starts_anew_when_nothing_was_encoded(
    config: EncodeCorpusConfig,
) -> None:
    with pytest.raises(RuntimeError, match="killed"):
        encode_collection(FailingEncoder(1, RuntimeError("killed")), config, chunk=8)
    config.corpus.write_text('{"id": "a", "contents": "b"}\n')
    assert encode(config).passages == 1


def test_shards_make_the_index_that_one_process_makes(config: EncodeCorpusConfig) -> None:
    encode(config)
    alone = sha256_of(config.output / "index")
    shutil.rmtree(config.output)
    for number in (3, 1, 2):
        report = encode(config, shard=f"{number}/3")
        assert not report.complete
        assert not config.output.exists()
    report = encode(config)
    assert (report.resumed, report.encoded) == (len(IDS), 0)
    assert sha256_of(config.output / "index") == alone


def test_two_processes_cannot_encode_into_the_same_folder(config: EncodeCorpusConfig) -> None:
    class Nested(HashEncoder):
        def encode_passages(self, passages: Sequence[str]) -> Vectors:
            encode(config)
            return super().encode_passages(passages)

    with pytest.raises(OutputError, match="another process is encoding into it"):
        encode_collection(Nested(), config, chunk=8)


def test_manifest_tells_what_a_search_must_check(config: EncodeCorpusConfig) -> None:
    encode(config, with_title=True)
    manifest = read_manifest(config.output)
    assert manifest is not None
    assert manifest.kind == "dense-index"
    assert manifest.inputs["corpus"]["sha256"] == sha256_of(config.corpus)
    expected = {
        "encoder": "hash",
        "encoder_fingerprint": HashEncoder().fingerprint,
        "profile": "none",
        "dimension": 8,
        "passages": len(IDS),
        "with_title": True,
    }
    assert manifest.properties.items() >= expected.items()
    saved = json.loads((config.output / "config.json").read_text())
    assert EncodeCorpusConfig(**saved) == changed(config, with_title=True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "p3", "contents": "x"}', "p3 is given twice"),
        ('{"id": "a b", "contents": "x"}', "holds white space"),
        ('{"id": "x", "contents": " "}', "passage x is empty"),
        ('{"id": "x", "contents": ', "malformed JSON"),
    ],
)
def test_a_bad_last_line_is_found_before_anything_is_encoded(
    config: EncodeCorpusConfig, line: str, message: str
) -> None:
    with config.corpus.open("a") as stream:
        stream.write(line + "\n")
    encoder = HashEncoder()
    with pytest.raises(DataError, match=rf"corpus.jsonl:{len(IDS) + 1}: .*{message}"):
        encode_collection(encoder, config, chunk=8)
    assert encoder.encoded == []
    assert {path.name for path in config.output.parent.iterdir()} == {"corpus.jsonl"}


def test_titles_that_no_passage_has_are_not_silently_left_out(
    config: EncodeCorpusConfig, write: Write
) -> None:
    bare = write("bare.jsonl", '{"id": "1", "contents": "x"}\n')
    with pytest.raises(DataError, match="no passage has a title"):
        encode(config, corpus=bare, with_title=True)


def test_a_full_disk_keeps_the_finished_chunks(
    config: EncodeCorpusConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = np.save

    def full(stream: Any, vectors: Vectors, **options: Any) -> None:
        if "00003" in stream.name:
            stream.write(b"half a chunk")
            raise OSError(errno.ENOSPC, "No space left on device")
        save(stream, vectors, **options)

    with monkeypatch.context() as patch:
        patch.setattr("arir.index.chunks.np.save", full)
        with pytest.raises(OutputError, match=r"no space left on device; .* goes on where"):
            encode(config)
    assert not config.output.exists()
    assert not list(config.output.parent.glob(".index.encoding/*.partial"))
    assert encode(config).resumed == 24


def test_a_full_disk_at_the_very_end_leaves_no_index(
    config: EncodeCorpusConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*paths: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("arir.index.assembly.shutil.copyfile", full)
        with pytest.raises(OutputError, match="index: cannot be written: no space left"):
            encode(config)
    assert not config.output.exists()
    assert encode(config).encoded == 0


def test_an_existing_index_is_kept_unless_told_otherwise(config: EncodeCorpusConfig) -> None:
    encode(config)
    before = sha256_of(config.output)
    with pytest.raises(OutputError, match="already exists"):
        encode(config)
    assert sha256_of(config.output) == before


@pytest.mark.parametrize(("value", "passage"), [(np.nan, "007"), (np.inf, "007")])
def test_vectors_that_cannot_be_ranked_are_refused(
    config: EncodeCorpusConfig, value: float, passage: str
) -> None:
    class Broken(HashEncoder):
        def encode_passages(self, passages: Sequence[str]) -> Vectors:
            vectors = super().encode_passages(passages)
            vectors[0, 0] = value
            return vectors

    with pytest.raises(ModelError, match=f"hash: the vector of passage {passage} is not finite"):
        encode_collection(Broken(), config, chunk=8)


def test_vectors_of_another_shape_are_refused(config: EncodeCorpusConfig) -> None:
    encoder = HashEncoder()
    encoder.dimension = 9
    encoder.encode_passages = HashEncoder().encode_passages  # type: ignore[method-assign]
    with pytest.raises(ModelError, match=r"shape \(8, 8\) for 8 passages of dimension 9"):
        encode_collection(encoder, config, chunk=8)


def test_another_layout_of_faiss_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flat, "COUNT_AT", 4)
    with pytest.raises(DependencyError, match="lays flat indexes out in a way"):
        write_flat_index(tmp_path / "index", [], 0, 8)


def test_last_chunk_holds_the_rest(tmp_path: Path) -> None:
    chunks = Chunks(tmp_path, size=8, dimension=2, passages=50)
    assert [chunks.rows(number) for number in range(len(chunks))] == [8, 8, 8, 8, 8, 8, 2]


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2"])
def test_shards_that_make_no_sense_are_refused(config: EncodeCorpusConfig, shard: str) -> None:
    with pytest.raises(ConfigError, match="shard must be I/N"):
        changed(config, shard=shard)


def test_missing_collection_is_told_before_a_model_is_loaded(config: EncodeCorpusConfig) -> None:
    with pytest.raises(DataError, match="no such collection"):
        encode_corpus(changed(config, corpus=Path("nowhere"), encoder="no such model"))


def test_a_real_encoder_gives_what_encoding_everything_at_once_gives(
    config: EncodeCorpusConfig, tiny_bi_encoder: Path
) -> None:
    encoder = load_encoder(tiny_bi_encoder)
    encode_collection(encoder, config, chunk=16)
    index = faiss.read_index(str(config.output / "index"))
    expected = encoder.encode_passages([f"passage {i}" for i in IDS])
    assert np.allclose(index.reconstruct_n(0, len(IDS)), expected, atol=1e-5)


def test_a_real_encoder_resumes_to_the_same_bytes(
    config: EncodeCorpusConfig, tiny_bi_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = load_encoder(tiny_bi_encoder)
    encode_collection(encoder, config, chunk=16)
    alone = sha256_of(config.output / "index")
    with monkeypatch.context() as patch:
        save, limit = Chunks.save, 2

        def stop(self: Chunks, number: int, vectors: Vectors) -> None:
            if number == limit:
                raise KeyboardInterrupt
            save(self, number, vectors)

        patch.setattr(Chunks, "save", stop)
        with pytest.raises(KeyboardInterrupt):
            encode_collection(encoder, changed(config, overwrite=True), chunk=16)
    assert encode_collection(encoder, changed(config, overwrite=True), chunk=16).resumed == 32
    assert sha256_of(config.output / "index") == alone
