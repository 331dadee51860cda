"""What is opened to be trained is whole, in single precision, and can be trained."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from arir.models.bi_encoder.model import open_bi_encoder
from arir.models.folders import spec_from_folder

CPU = torch.device("cpu")


@pytest.mark.parametrize("fixture", ["tiny_bi_encoder", "tiny_electra"])
def test_every_weight_of_an_opened_model_gets_a_gradient(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    """Layers packed for inference would stay as they are while the loss of the others falls."""
    folder: Path = request.getfixturevalue(fixture)
    model = open_bi_encoder(spec_from_folder(folder), folder, CPU)
    model(model.tokenize(["القاهرة عاصمة مصر"]))["sentence_embedding"].sum().backward()
    linear = [module for module in model.modules() if isinstance(module, torch.nn.Linear)]
    assert len(linear) >= 12
    without = [name for name, value in model.named_parameters() if value.grad is None]
    assert all("pooler" in name for name in without)


def test_a_half_precision_checkpoint_is_opened_in_single_precision(
    tiny_bert: Path, tmp_path: Path
) -> None:
    from transformers import AutoModel, AutoTokenizer

    AutoModel.from_pretrained(tiny_bert).to(torch.bfloat16).save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(tiny_bert).save_pretrained(tmp_path)
    model = open_bi_encoder(spec_from_folder(tmp_path), tmp_path, CPU)
    assert {value.dtype for value in model.parameters()} == {torch.float32}
