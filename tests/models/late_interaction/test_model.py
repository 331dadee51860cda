"""A late-interaction model is what sentence-transformers opens, and a bad folder is refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import MultiVectorEncoder

from arir.errors import ModelError
from arir.models.batching import Features, pad, tokenise
from arir.models.folders import detect_family, spec_from_folder, write_model_manifest
from arir.models.late_interaction.model import (
    Role,
    new_late_interaction,
    open_late_interaction,
    token_vectors,
)
from arir.models.late_interaction.punctuation import PUNCTUATION, punctuation_pieces
from arir.models.loading import load_encoder, load_late_encoder
from tests.tiny import MAX_LENGTH, SENTENCES, make_bi_encoder, make_late_interaction

CPU = torch.device("cpu")
LENGTHS: dict[str, Any] = {"query_length": 24, "passage_length": 64, "seed": 5}


def _open(folder: Path) -> MultiVectorEncoder:
    return open_late_interaction(spec_from_folder(folder), folder, CPU)


def _features(model: Any, texts: list[str], limit: int = MAX_LENGTH) -> Features:
    tokens = tokenise(model.tokenizer, texts, limit)
    return pad(tokens, np.arange(len(texts)), model.tokenizer)


class TestNewModel:
    """What a student is made of."""

    @pytest.mark.parametrize("fixture", ["tiny_bert", "tiny_electra", "tiny_xlmr"])
    def test_keeps_the_body_and_adds_a_seeded_projection(
        self, fixture: str, request: pytest.FixtureRequest
    ) -> None:
        from transformers import AutoModel

        folder: Path = request.getfixturevalue(fixture)
        model = new_late_interaction(folder, dimension=8, **LENGTHS)
        body = AutoModel.from_pretrained(folder).eval()
        features = _features(model, [SENTENCES[0]])
        with torch.no_grad():
            hidden = body(**features).last_hidden_state
            projected = hidden @ model[1].linear.weight.T
            vectors, mask = token_vectors(model, features, "query")
        expected = torch.nn.functional.normalize(projected, dim=-1)
        torch.testing.assert_close(vectors, expected, atol=1e-5, rtol=0)
        assert model[1].linear.bias is None
        assert mask.all()

    def test_of_a_bi_encoder_takes_its_body_without_the_pooling(
        self, tiny_bi_encoder: Path
    ) -> None:
        model = new_late_interaction(tiny_bi_encoder, **LENGTHS)
        assert [type(module).__name__ for module in model] == [
            "Transformer",
            "Dense",
            "MultiVectorMask",
            "Normalize",
        ]
        assert model.get_embedding_dimension() == 128

    def test_without_a_projection_keeps_the_width_of_the_body(self, tiny_bert: Path) -> None:
        model = new_late_interaction(tiny_bert, dimension=None, **LENGTHS)
        vectors, _ = token_vectors(model, _features(model, [SENTENCES[0]]), "query")
        assert vectors.shape[-1] == 32

    def test_is_the_same_for_a_seed_and_leaves_the_generator_alone(self, tiny_bert: Path) -> None:
        torch.manual_seed(0)
        state = torch.get_rng_state()
        first, second = (new_late_interaction(tiny_bert, **LENGTHS) for _ in range(2))
        assert torch.equal(torch.get_rng_state(), state)
        assert torch.equal(first[1].linear.weight, second[1].linear.weight)
        other = new_late_interaction(tiny_bert, **{**LENGTHS, "seed": 6})
        assert not torch.equal(first[1].linear.weight, other[1].linear.weight)

    @pytest.mark.parametrize("expansion", ["none", "fixed", "attended"])
    def test_comes_back_from_its_folder_with_lengths_prefixes_and_expansion(
        self, expansion: Any, tiny_bert: Path, tmp_path: Path
    ) -> None:
        prefixes = {"query_prefix": "q: ", "passage_prefix": "p: "}
        model = new_late_interaction(tiny_bert, expansion=expansion, **prefixes, **LENGTHS)
        model.save(str(tmp_path / "m"), create_model_card=False)
        spec = spec_from_folder(tmp_path / "m")
        assert (spec.family, spec.query_length, spec.passage_length) == ("late-interaction", 24, 64)
        assert (spec.query_prefix, spec.passage_prefix) == ("q: ", "p: ")
        plain = MultiVectorEncoder(str(tmp_path / "m"), device="cpu")
        for ours, theirs in zip(
            load_late_encoder(tmp_path / "m").encode_queries(SENTENCES),
            plain.encode_query(list(SENTENCES)),
            strict=True,
        ):
            np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-5)
            assert expansion == "none" or len(ours) == 24

    def test_of_too_few_positions_is_refused(self, tiny_bert: Path) -> None:
        with pytest.raises(ModelError, match="reads 96 tokens at most, not 128"):
            new_late_interaction(tiny_bert, query_length=32, passage_length=128, seed=1)

    def test_of_another_family_is_refused(
        self, tiny_cross_encoder: Path, tiny_late_interaction: Path, tmp_path: Path
    ) -> None:
        with pytest.raises(ModelError, match="holds a cross-encoder model already"):
            new_late_interaction(tiny_cross_encoder, **LENGTHS)
        with pytest.raises(ModelError, match="holds a late-interaction model already"):
            new_late_interaction(tiny_late_interaction, **LENGTHS)
        with pytest.raises(ModelError, match="holds no model"):
            new_late_interaction(tmp_path, **LENGTHS)


class TestPunctuation:
    """Marks of both scripts do not count in passages, and do in queries."""

    TEXT = "من كتب المقدمة ؟ ، ؛ who ? !"

    def test_is_masked_in_passages_alone(self, tiny_late_interaction: Path) -> None:
        model = _open(tiny_late_interaction)
        features = _features(model, [self.TEXT])
        pieces = model.tokenizer.convert_ids_to_tokens(features["input_ids"][0].tolist())
        _, passage = token_vectors(model, features, "passage")
        _, query = token_vectors(model, features, "query")
        marks = {"؟", "،", "؛", "?", "!"}
        masked = {piece for piece, real in zip(pieces, passage[0], strict=True) if not real}
        assert masked == marks
        assert query.all()

    @pytest.mark.parametrize("fixture", ["tiny_bert", "tiny_xlmr"])
    def test_pieces_are_of_the_vocabulary_and_never_a_letter_or_the_unknown(
        self, fixture: str, request: pytest.FixtureRequest
    ) -> None:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(request.getfixturevalue(fixture))
        pieces = punctuation_pieces(tokenizer)
        vocabulary = tokenizer.get_vocab()
        assert {"؟", "،", "?"} <= set(pieces)
        assert len(set(pieces)) == len(pieces)
        for piece in pieces:
            assert piece in vocabulary
            assert set(piece.removeprefix("##").removeprefix("▁")) <= set(PUNCTUATION)
        assert tokenizer.unk_token not in pieces

    def test_of_a_byte_level_vocabulary_is_found_in_its_own_alphabet(self) -> None:
        from tokenizers import Tokenizer, models, pre_tokenizers
        from transformers import PreTrainedTokenizerFast

        letters = sorted(pre_tokenizers.ByteLevel.alphabet())
        question = "".join(
            piece for piece, _ in pre_tokenizers.ByteLevel(False).pre_tokenize_str("؟")
        )
        pieces = [*letters, question]
        vocabulary = {piece: number for number, piece in enumerate(pieces)}
        core = Tokenizer(models.BPE(vocabulary, [(question[0], question[1])]))
        core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        found = punctuation_pieces(PreTrainedTokenizerFast(tokenizer_object=core))
        assert question in found
        assert "?" in found
        # The two bytes of other Arabic marks are bytes of letters too.
        assert not {question[0], question[1]} & set(found)


class TestTokenVectors:
    """What training and inference share."""

    @pytest.mark.parametrize("role", ["query", "passage"])
    def test_padding_changes_nothing(self, role: Role, tiny_late_interaction: Path) -> None:
        model = _open(tiny_late_interaction)
        together, masks = token_vectors(model, _features(model, list(SENTENCES)), role)
        for row, text in enumerate(SENTENCES):
            alone, mask = token_vectors(model, _features(model, [text]), role)
            kept = together[row][masks[row]]
            torch.testing.assert_close(kept, alone[0][mask[0]], atol=1e-5, rtol=0)

    def test_are_of_unit_length_and_carry_gradients_to_body_and_projection(
        self, tiny_late_interaction: Path
    ) -> None:
        model = _open(tiny_late_interaction)
        features = _features(model, list(SENTENCES[:3]))
        before = {name: values.clone() for name, values in features.items()}
        vectors, mask = token_vectors(model, features, "passage")
        torch.testing.assert_close(vectors[mask].norm(dim=-1), torch.ones(int(mask.sum())))
        (vectors[..., 0] * mask).sum().backward()
        assert model[1].linear.weight.grad.abs().sum() > 0
        embeddings = model[0].model.get_input_embeddings().weight
        assert embeddings.grad.abs().sum() > 0
        assert all(torch.equal(values, before[name]) for name, values in features.items())

    @pytest.mark.parametrize("expansion", ["fixed", "attended"])
    def test_expansion_fills_every_query_and_no_passage(
        self, expansion: Any, tmp_path: Path
    ) -> None:
        model = _open(make_late_interaction(tmp_path / "m", expansion=expansion))
        features = _features(model, ["من", "من كتب"], 24)
        vectors, mask = token_vectors(model, features, "query")
        assert vectors.shape[:2] == mask.shape == (2, 24)
        assert mask.all()
        _, passage = token_vectors(model, features, "passage")
        assert passage.shape == features["input_ids"].shape

    def test_a_longer_floor_than_the_query_length_is_lowered(self, tmp_path: Path) -> None:
        folder = make_late_interaction(tmp_path / "m", expansion="fixed")
        spec = replace(spec_from_folder(folder), query_length=12)
        model = open_late_interaction(spec, folder, CPU)
        _, mask = token_vectors(model, _features(model, ["من"]), "query")
        assert mask.shape == (1, 12)


def _edit(path: Path, **values: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.fixture
def copy(tiny_late_interaction: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_late_interaction, tmp_path / "copy"))


def test_what_is_saved_under_other_settings_opens_alike_elsewhere(
    copy: Path, tmp_path: Path
) -> None:
    spec = replace(spec_from_folder(copy), query_length=8, passage_length=12, passage_prefix="نص: ")
    open_late_interaction(spec, copy, CPU).save(str(tmp_path / "saved"), create_model_card=False)
    write_model_manifest(copy, spec)
    ours = load_late_encoder(copy)
    plain = MultiVectorEncoder(str(tmp_path / "saved"), device="cpu")
    long = " ".join(SENTENCES)
    for mine, theirs in (
        (ours.encode_queries([long])[0], plain.encode_query(long)),
        (ours.encode_passages([long])[0], plain.encode_document(long)),
    ):
        np.testing.assert_allclose(mine, theirs.numpy(), atol=1e-5)


def test_missing_weights_are_refused(copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = copy / "model.safetensors"
    kept = {name: value for name, value in load_file(file).items() if "layer.1" not in name}
    save_file(kept, file, metadata={"format": "pt"})
    with pytest.raises(ModelError, match="lacks weights of BertModel, which would be random"):
        load_late_encoder(copy)


@pytest.mark.parametrize("name", ["model.safetensors", "1_Dense/model.safetensors"])
def test_damaged_weights_are_refused(name: str, copy: Path) -> None:
    (copy / name).write_bytes(b"damaged")
    with pytest.raises(ModelError, match="the model cannot be opened"):
        load_late_encoder(copy)


def test_a_missing_projection_is_refused(copy: Path) -> None:
    (copy / "1_Dense" / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="the model cannot be opened"):
        load_late_encoder(copy)


def test_a_folder_without_the_mask_is_refused(copy: Path) -> None:
    modules = json.loads((copy / "modules.json").read_text())
    kept = [module for module in modules if "Mask" not in module["type"]]
    (copy / "modules.json").write_text(json.dumps(kept))
    with pytest.raises(ModelError, match="has no MultiVectorMask"):
        load_late_encoder(copy)


def test_expansion_with_a_tokeniser_that_pads_on_the_left_is_refused(tmp_path: Path) -> None:
    folder = make_late_interaction(tmp_path / "m", expansion="fixed")
    _edit(folder / "tokenizer_config.json", padding_side="left")
    with pytest.raises(ModelError, match="needs a tokeniser that pads on the right"):
        load_late_encoder(folder)


def test_a_stanford_folder_is_told_apart_and_refused_with_a_way_out(copy: Path) -> None:
    (copy / "modules.json").unlink()
    (copy / "config_sentence_transformers.json").unlink()
    _edit(copy / "config.json", architectures=["HF_ColBERT"])
    assert detect_family(copy) == "late-interaction"
    with pytest.raises(ModelError, match=r"Stanford ColBERT's layout; open it with sentence"):
        load_late_encoder(copy)


def test_a_pylate_folder_is_read_as_sentence_transformers_reads_it(copy: Path) -> None:
    """PyLate lists body and projection only, and keeps lengths and markers at the top."""
    modules = json.loads((copy / "modules.json").read_text())
    (copy / "modules.json").write_text(json.dumps(modules[:2]))
    _edit(copy / "sentence_bert_config.json", query_length=None, document_length=None)
    _edit(
        copy / "config_sentence_transformers.json",
        model_type="ColBERT",
        prompts={},
        query_prefix="q ",
        document_prefix="d ",
        query_length=20,
        document_length=40,
    )
    spec = spec_from_folder(copy)
    assert (spec.query_prefix, spec.passage_prefix) == ("q ", "d ")
    assert (spec.query_length, spec.passage_length) == (20, 40)
    plain = MultiVectorEncoder(str(copy), device="cpu")
    ours = load_late_encoder(copy)
    texts = ["من كتب المقدمة ?", "Who wrote the Muqaddimah ?"]
    for mine, theirs in (
        (ours.encode_queries(texts), plain.encode_query(texts)),
        (ours.encode_passages(texts), plain.encode_document(texts)),
    ):
        for one, other in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(one, other.numpy(), atol=1e-5)


def test_each_family_is_sent_to_its_own_loader(
    tiny_late_interaction: Path, tiny_cross_encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r"gives a vector a token, not a text; open it with"):
        load_encoder(tiny_late_interaction)
    with pytest.raises(ModelError, match="is a bi-encoder; it gives one vector a text"):
        load_late_encoder(make_bi_encoder(tmp_path / "m"))
    with pytest.raises(ModelError, match="gives no vectors; rerank with it"):
        load_late_encoder(tiny_cross_encoder)


def test_a_similarity_is_no_setting_of_the_family() -> None:
    from arir.errors import ConfigError
    from arir.models.spec import ModelSpec

    common: dict[str, Any] = {"name": "m", "family": "late-interaction"}
    with pytest.raises((ValueError, ConfigError), match="has no similarity and no pair_length"):
        ModelSpec(query_length=8, passage_length=8, similarity="dot", pair_length=9, **common)
    with pytest.raises((ValueError, ConfigError), match="needs query_length and passage_length"):
        ModelSpec(**common)
