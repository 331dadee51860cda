"""A multi-vector index holds what the encoder gave, however it was interrupted or shared."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arir.artefacts import read_manifest, sha256_of
from arir.errors import ModelError, OutputError
from arir.index.config import EncodeCorpusConfig
from arir.index.dense import EncodeReport, encode_collection, encode_corpus
from arir.index.late import TokenChunks, write_rows
from arir.models.loading import load_late_encoder
from arir.models.protocols import LateEncoder, TokenVectors
from tests.fakes import HashLateEncoder
from tests.tiny import SENTENCES, make_late_interaction

Write = Callable[[str, str], Path]
PASSAGES = {f"{number:03}": "كلمة " * (1 + number % 7) + f"w{number}" for number in range(50)}


@pytest.fixture
def config(write: Write, tmp_path: Path) -> EncodeCorpusConfig:
    lines = [json.dumps({"id": i, "contents": text}) for i, text in PASSAGES.items()]
    corpus = write("corpus.jsonl", "\n".join(lines))
    return EncodeCorpusConfig(corpus=corpus, encoder="hash", output=tmp_path / "index")


def encode(
    config: EncodeCorpusConfig, encoder: LateEncoder | None = None, **changes: Any
) -> EncodeReport:
    config = replace(config, **changes)
    return encode_collection(encoder or HashLateEncoder(), config, chunk=8, store=TokenChunks)


class Killed(HashLateEncoder):
    """Ends the process in the middle of a collection."""

    def encode_passages(self, passages: Sequence[str]) -> TokenVectors:
        if len(self.encoded) >= 24:
            raise RuntimeError("killed")
        return super().encode_passages(passages)


def test_the_index_holds_the_vectors_of_every_passage(config: EncodeCorpusConfig) -> None:
    encode(config)
    vectors = np.load(config.output / "vectors.npy", allow_pickle=False)
    offsets = np.load(config.output / "offsets.npy", allow_pickle=False)
    expected = HashLateEncoder().encode_passages(list(PASSAGES.values()))
    assert vectors.dtype == np.float16
    assert np.array_equal(vectors, expected.values.astype(np.float16))
    assert np.array_equal(offsets, expected.offsets)
    assert (config.output / "docid").read_text().split() == list(PASSAGES)
    assert {path.name for path in config.output.iterdir()} == {
        "config.json",
        "docid",
        "manifest.json",
        "offsets.npy",
        "vectors.npy",
    }


def test_the_manifest_says_what_built_it(config: EncodeCorpusConfig) -> None:
    encode(config)
    manifest = read_manifest(config.output)
    assert manifest is not None
    assert manifest.kind == "late-interaction-index"
    facts = manifest.properties
    assert facts["encoder_fingerprint"] == HashLateEncoder().fingerprint
    assert (facts["dimension"], facts["passages"], facts["score"]) == (8, 50, "maxsim")
    assert facts["token_vectors"] == sum(len(text.split()) for text in PASSAGES.values())
    assert manifest.inputs["corpus"]["sha256"] == sha256_of(config.corpus)


def test_a_killed_encoding_goes_on_to_the_same_bytes(config: EncodeCorpusConfig) -> None:
    encode(config)
    whole = {name: sha256_of(config.output / name) for name in ("vectors.npy", "offsets.npy")}
    with pytest.raises(RuntimeError, match="killed"):
        encode(config, Killed(), overwrite=True)
    encoder = HashLateEncoder()
    report = encode(config, encoder, overwrite=True)
    assert (report.resumed, report.encoded) == (24, 26)
    assert len(encoder.encoded) == 26
    assert {name: sha256_of(config.output / name) for name in whole} == whole


@pytest.mark.parametrize("damaged", ["00001.npy", "00001.lengths.npy"])
def test_a_chunk_that_was_cut_short_is_encoded_again(
    damaged: str, config: EncodeCorpusConfig
) -> None:
    with pytest.raises(RuntimeError, match="killed"):
        encode(config, Killed())
    chunk = config.output.parent / ".index.encoding" / damaged
    chunk.write_bytes(chunk.read_bytes()[:-10])
    assert encode(config).resumed == 16


def test_shards_make_the_same_index(config: EncodeCorpusConfig, tmp_path: Path) -> None:
    encode(config)
    other = tmp_path / "shared"
    for shard in ("1/3", "2/3", "3/3"):
        assert not encode(config, output=other, shard=shard).complete
    assert encode(config, output=other).encoded == 0
    for name in ("vectors.npy", "offsets.npy", "docid"):
        assert sha256_of(other / name) == sha256_of(config.output / name)


@pytest.mark.parametrize("value", [np.nan, np.inf, 70_000.0])
def test_vectors_that_half_precision_cannot_hold_are_refused(
    value: float, config: EncodeCorpusConfig
) -> None:
    class Broken(HashLateEncoder):
        def encode_passages(self, passages: Sequence[str]) -> TokenVectors:
            vectors = super().encode_passages(passages)
            vectors.values[vectors.offsets[2], 0] = value
            return vectors

    with pytest.raises(ModelError, match="hash: the vector of passage 002 is not finite"):
        encode(config, Broken())
    assert not config.output.exists()


def test_vectors_of_another_shape_are_refused(config: EncodeCorpusConfig) -> None:
    encoder = HashLateEncoder()
    encoder.dimension = 9
    with pytest.raises(ModelError, match=r"made 8 matrices .* 8 passages of dimension 9"):
        encode(config, encoder)


def test_an_existing_index_is_kept_unless_told_otherwise(config: EncodeCorpusConfig) -> None:
    encode(config)
    with pytest.raises(OutputError, match="already exists"):
        encode(config)


def test_rows_are_written_as_numpy_writes_them(tmp_path: Path) -> None:
    rows = np.arange(21, dtype=np.float16).reshape(7, 3)
    write_rows(tmp_path / "ours.npy", [rows[:2], rows[2:2], rows[2:]], 7, 3)
    np.save(tmp_path / "numpys.npy", rows)
    assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "numpys.npy").read_bytes()


def test_a_model_is_dispatched_by_its_family(
    config: EncodeCorpusConfig, tiny_late_interaction: Path, write: Write
) -> None:
    lines = [json.dumps({"id": f"d{n}", "contents": text}) for n, text in enumerate(SENTENCES)]
    corpus = write("sentences.jsonl", "\n".join(lines))
    report = encode_corpus(replace(config, corpus=corpus, encoder=str(tiny_late_interaction)))
    assert report.dimension == 16
    expected = load_late_encoder(tiny_late_interaction).encode_passages(SENTENCES)
    vectors = np.load(config.output / "vectors.npy")
    np.testing.assert_allclose(vectors, expected.values, atol=2e-3)


def test_a_model_without_a_projection_is_encoded_too(
    config: EncodeCorpusConfig, tmp_path: Path
) -> None:
    folder = make_late_interaction(tmp_path / "m", dimension=None)
    assert encode_corpus(replace(config, encoder=str(folder))).dimension == 32
