"""Concatenated encoders equal numpy on the parts' vectors, in Python, by name, and in an index."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from arir.artefacts import read_manifest
from arir.data.runs import read_run
from arir.errors import IndexMismatchError, ModelError
from arir.index.config import EncodeCorpusConfig
from arir.index.dense import encode_corpus
from arir.models.bi_encoder.concatenation import ConcatenatedEncoder
from arir.models.loading import load_encoder, load_reranker
from arir.models.protocols import Candidate, Encoder, Vectors
from arir.search.config import SearchConfig
from arir.search.service import search_topics
from tests.fakes import HashEncoder
from tests.tiny import SENTENCES, make_bi_encoder

TEXTS = list(SENTENCES)


def unit(vectors: Vectors) -> Vectors:
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


def raw(folder: Path) -> Vectors:
    """What the model itself gives, as the authors of the published students store it."""
    vectors: Vectors = SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    return vectors


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two cosine models of different dimension, neither of which scales its own vectors."""
    home = tmp_path_factory.mktemp("parts")
    first = make_bi_encoder(home / "first", similarity="cosine")
    second = make_bi_encoder(home / "second", "xlmr", dense=12, similarity="cosine", seed=3)
    return first, second


def test_a_name_with_a_plus_concatenates_what_the_models_give_and_scales_once(
    folders: tuple[Path, Path],
) -> None:
    first, second = folders
    encoder = load_encoder(f"{first}+{second}")
    expected = unit(np.concatenate([raw(first), raw(second)], axis=1))
    assert encoder.dimension == expected.shape[1] == 32 + 12
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), expected, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_queries(TEXTS), expected, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(TEXTS[0]), expected[0], atol=1e-5)
    # The test would say nothing if the order of the two steps made no difference.
    scaled_first = unit(np.concatenate([unit(raw(first)), unit(raw(second))], axis=1))
    assert np.abs(scaled_first - expected).max() > 0.01


def test_weights_in_a_name_are_factors_of_the_vectors(folders: tuple[Path, Path]) -> None:
    first, second = folders
    encoder = load_encoder(f"{first}+2.5*{second}")
    expected = unit(np.concatenate([raw(first), 2.5 * raw(second)], axis=1))
    np.testing.assert_allclose(encoder.encode_batch(TEXTS), expected, atol=1e-5)


def test_encoders_of_unit_vectors_give_the_weighted_mean_of_their_cosines(
    folders: tuple[Path, Path],
) -> None:
    parts = [load_encoder(folder) for folder in folders]
    encoder = ConcatenatedEncoder(parts, weights=[3.0, 1.0])
    vectors = encoder.encode_passages(TEXTS)
    cosines = [part.encode_passages(TEXTS) @ part.encode_passages(TEXTS).T for part in parts]
    np.testing.assert_allclose(vectors @ vectors.T, (9 * cosines[0] + cosines[1]) / 10, atol=1e-5)


def test_it_is_an_encoder_and_tells_itself_from_every_other() -> None:
    a, b = HashEncoder("a"), HashEncoder("b", 3)
    encoder = ConcatenatedEncoder([a, b])
    assert isinstance(encoder, Encoder)
    assert (encoder.name, encoder.dimension, encoder.profile) == ("a+b", 11, "none")
    others = [
        ConcatenatedEncoder([b, a]),
        ConcatenatedEncoder([a, HashEncoder("c", 3)]),
        ConcatenatedEncoder([a, b], weights=[1, 2]),
        ConcatenatedEncoder([a, b, b]),
    ]
    assert len({encoder.fingerprint, a.fingerprint, *(o.fingerprint for o in others)}) == 6
    assert ConcatenatedEncoder([a, b], weights=[1, 1]).fingerprint == encoder.fingerprint
    assert ConcatenatedEncoder([a, HashEncoder("d", profile="lucene")]).profile == "none+lucene"


@pytest.mark.parametrize(
    ("parts", "weights", "message"),
    [
        (1, None, "two encoders or more"),
        (2, [1.0], "1 weights for 2 encoders"),
        (2, [1.0, 0.0], "above 0"),
        (2, [1.0, float("nan")], "above 0"),
    ],
)
def test_what_is_no_concatenation_is_refused(
    parts: int, weights: list[float] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ConcatenatedEncoder([HashEncoder()] * parts, weights)


def test_each_part_must_be_a_bi_encoder_with_a_known_name(
    folders: tuple[Path, Path], tiny_cross_encoder: Path
) -> None:
    with pytest.raises(ModelError, match="is a cross-encoder; it gives no vectors"):
        load_encoder(f"{folders[0]}+{tiny_cross_encoder}")
    with pytest.raises(ModelError, match="no model 'kd-aradrp'; did you mean kd-aradpr"):
        load_encoder(f"{folders[0]}+kd-aradrp")


def test_a_concatenation_reranks_by_its_own_cosine(folders: tuple[Path, Path]) -> None:
    name = "+".join(map(str, folders))
    vectors = load_encoder(name).encode_passages(TEXTS)
    candidates = [Candidate(str(number), text) for number, text in enumerate(TEXTS)]
    reranked = load_reranker(name).rerank(TEXTS[0], candidates)
    scores = vectors @ vectors[0]
    assert [int(c.docid) for c in reranked] == np.argsort(-scores, kind="stable").tolist()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, folders: tuple[Path, Path]) -> Path:
    """A collection, topics, and an index that a concatenation of two folders built."""
    home = tmp_path_factory.mktemp("home")
    records = ({"id": f"d{n}", "contents": text} for n, text in enumerate(TEXTS))
    (home / "corpus.jsonl").write_text("\n".join(map(json.dumps, records)))
    (home / "topics.tsv").write_text(f"q\t{TEXTS[3]}\n")
    encoder = f"{folders[0]}+2*{folders[1]}"
    encode_corpus(
        EncodeCorpusConfig(corpus=home / "corpus.jsonl", encoder=encoder, output=home / "index")
    )
    return home


def search(home: Path, output: Path, encoder: str | None) -> list[tuple[str, float]]:
    topics = home / "topics.tsv"
    search_topics(
        SearchConfig(index=(home / "index",), topics=topics, output=output, encoder=encoder)
    )
    return [(hit.docid, hit.score) for hit in read_run(output).hits(0)]


def test_index_records_the_concatenation_and_search_reopens_it(
    home: Path, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    manifest = read_manifest(home / "index")
    assert manifest is not None
    name = f"{folders[0]}+2*{folders[1]}"
    encoder = load_encoder(name)
    built = manifest.properties
    assert (built["encoder"], built["encoder_path"]) == (name, name)
    assert built["encoder_fingerprint"] == encoder.fingerprint
    assert (built["similarity"], built["dimension"]) == ("cosine", 44)
    found = search(home, tmp_path / "a.trec", None)
    vectors = unit(np.concatenate([raw(folders[0]), 2 * raw(folders[1])], axis=1))
    scores = vectors @ vectors[3]
    assert [docid for docid, _ in found] == [f"d{n}" for n in np.argsort(-scores)]
    np.testing.assert_allclose([score for _, score in found], np.sort(scores)[::-1], atol=1e-5)


def test_index_of_one_concatenation_refuses_a_part_of_it_and_other_weights(
    home: Path, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    first, second = folders
    for other in (str(first), f"{first}+{second}", f"2*{second}+{first}"):
        with pytest.raises(IndexMismatchError, match="was built by"):
            search(home, tmp_path / "b.trec", other)
