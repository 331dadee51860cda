"""A model that would not be what was asked for is refused, with the reason in one line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from arir.errors import ModelError
from arir.models.bi_encoder.encoder import BiEncoder
from arir.models.bi_encoder.reranker import BiEncoderReranker
from arir.models.cross_encoder.reranker import CrossEncoderReranker
from arir.models.folders import spec_from_folder
from arir.models.loading import load_encoder, load_reranker
from arir.models.protocols import Candidate
from tests.tiny import Architecture, make_bi_encoder, make_checkpoint, make_cross_encoder


def _drop(folder: Path, part: str) -> Path:
    """Take the weights with ``part`` in their name out of a checkpoint."""
    from safetensors.torch import load_file, save_file

    file = folder / "model.safetensors"
    kept = {name: value for name, value in load_file(file).items() if part not in name}
    assert len(kept) < len(load_file(file))
    save_file(kept, file, metadata={"format": "pt"})
    return folder


def test_each_family_gets_its_own_reranker(tiny_bi_encoder: Path, tiny_cross_encoder: Path) -> None:
    assert isinstance(load_reranker(tiny_cross_encoder), CrossEncoderReranker)
    bi_encoder = load_reranker(tiny_bi_encoder)
    assert isinstance(bi_encoder, BiEncoderReranker)
    assert isinstance(bi_encoder.encoder, BiEncoder)


def test_a_cross_encoder_is_no_encoder(tiny_cross_encoder: Path) -> None:
    with pytest.raises(ModelError, match=r"gives no vectors; rerank with it \(load_reranker"):
        load_encoder(tiny_cross_encoder)
    with pytest.raises(ModelError, match="kd-aradpr-ce is a cross-encoder"):
        load_encoder("kd-aradpr-ce")


@pytest.mark.parametrize("fixture", ["tiny_bert", "tiny_electra", "tiny_xlmr"])
def test_a_cross_encoder_without_its_head_is_refused(
    fixture: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = Path(shutil.copytree(request.getfixturevalue(fixture), tmp_path / "m"))
    config = json.loads((folder / "config.json").read_text())
    backbone = config["architectures"][0].removesuffix("Model")
    config["architectures"] = [f"{backbone}ForSequenceClassification"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(
        ModelError, match=r"lacks weights of \w+, which would be random: classifier"
    ):
        load_reranker(folder)


def test_an_encoder_with_a_missing_layer_is_refused(tmp_path: Path) -> None:
    folder = _drop(make_bi_encoder(tmp_path / "m"), "layer.1.attention")
    with pytest.raises(ModelError, match=r"would be random: .*attention.* and \d+ more"):
        load_encoder(folder)


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path: Path) -> None:
    """A BERT folder read as DPR is the mistake that gives random vectors elsewhere."""
    folder = make_checkpoint(tmp_path / "m")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "dpr", "architectures": ["DPRContextEncoder"]}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="which would be random"):
        load_encoder(folder)


def test_an_encoder_without_a_pooler_is_whole(tmp_path: Path) -> None:
    """Nothing reads the pooler of a bi-encoder's backbone, and many are published without one."""
    folder = make_checkpoint(tmp_path / "m")
    whole = load_encoder(folder).encode("القاهرة")
    _drop(folder, "pooler")
    assert load_encoder(folder).encode("القاهرة").tolist() == whole.tolist()


def test_a_cross_encoder_without_a_pooler_is_refused(tmp_path: Path) -> None:
    folder = _drop(make_cross_encoder(tmp_path / "m"), "pooler")
    with pytest.raises(ModelError, match=r"would be random: bert\.pooler"):
        load_reranker(folder)


def test_three_labels_are_no_relevance(tmp_path: Path) -> None:
    folder = make_cross_encoder(tmp_path / "m", labels=3)
    with pytest.raises(ModelError, match="its head has 3 labels; a reranker has one, or two"):
        load_reranker(folder)


def test_damaged_weights_are_named(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_bi_encoder, tmp_path / "m"))
    (folder / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(ModelError, match=f"{folder}: the model cannot be opened") as caught:
        load_encoder(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("make", [make_checkpoint, make_bi_encoder, make_cross_encoder])
def test_code_that_comes_with_a_model_is_neither_run_nor_asked_for(
    make: Callable[[Path], Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = make(tmp_path / "m")
    config = json.loads((folder / "config.json").read_text())
    classes = ("AutoModel", "AutoModelForSequenceClassification")
    custom = {"AutoConfig": "code.Config", **dict.fromkeys(classes, "code.Model")}
    (folder / "config.json").write_text(
        json.dumps({**config, "model_type": "custom", "auto_map": custom})
    )
    (folder / "code.py").write_text('raise SystemExit("was run")\n')
    with pytest.raises(ModelError, match="brings code of its own, and arir runs no code"):
        load_reranker(folder)
    assert "y/N" not in capfd.readouterr().out


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize("kind", ["bi", "cross"])
def test_a_missing_file_is_refused(name: str, kind: str, tmp_path: Path) -> None:
    make = {"bi": make_bi_encoder, "cross": make_cross_encoder}[kind]
    folder = make(tmp_path / "m")
    (folder / name).unlink()
    with pytest.raises(ModelError, match="the model cannot be opened"):
        load_reranker(folder)


def test_a_plain_copy_of_a_model_with_layers_of_its_own_is_refused(
    tiny_bert: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_bert, tmp_path / "labse"))
    with pytest.raises(ModelError, match="nothing says how labse pools tokens; copy the whole"):
        load_encoder(folder)


def test_a_first_module_that_is_no_transformer_is_refused(tiny_bert: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tiny_bert / "tokenizer.json"))
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu")
    model.save(str(tmp_path / "m"), create_model_card=False)
    with pytest.raises(ModelError, match="first module is StaticEmbedding"):
        load_encoder(tmp_path / "m")


def test_a_backbone_that_pools_by_itself_is_refused(tmp_path: Path) -> None:
    from transformers import AutoTokenizer, DPRConfig, DPRQuestionEncoder

    folder = make_checkpoint(tmp_path / "m")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    shape = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    DPRQuestionEncoder(DPRConfig(vocab_size=len(tokenizer), **shape)).save_pretrained(folder)
    with pytest.raises(ModelError, match="DPRQuestionEncoder gives no vector for each token"):
        load_encoder(folder)


def test_a_pooling_that_leaves_out_the_prompt_is_refused(tmp_path: Path) -> None:
    folder = make_bi_encoder(tmp_path / "m", prompts={"query": "q: "})
    pooling = folder / "1_Pooling" / "config.json"
    pooling.write_text(json.dumps({**json.loads(pooling.read_text()), "include_prompt": False}))
    with pytest.raises(ModelError, match="leaves out the prompt"):
        load_encoder(folder)


@pytest.mark.parametrize("architecture", ["bert", "xlmr"])
def test_a_short_model_under_a_published_name_reads_long_texts(
    architecture: Architecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARIR_MODELS", str(tmp_path))
    make_bi_encoder(tmp_path / "kd-aradpr", architecture)
    make_cross_encoder(tmp_path / "kd-aradpr-ce", architecture)
    long = "نهر النيل أطول أنهار العالم " * 99
    assert load_encoder("kd-aradpr").encode_passages([long]).shape[0] == 1
    assert len(load_reranker("kd-aradpr-ce").rerank("النيل", [Candidate("d", long)])) == 1


def test_loading_is_silent(
    tiny_bi_encoder: Path, tiny_cross_encoder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    load_encoder(tiny_bi_encoder)
    load_reranker(tiny_cross_encoder)
    assert capfd.readouterr() == ("", "")
    assert spec_from_folder(tiny_bi_encoder).folder == tiny_bi_encoder
