"""The tiny models of the test suite are real, distinct and reproducible."""

from __future__ import annotations

from pathlib import Path

import pytest

from arir.artefacts import sha256_of
from tests.tiny import Architecture, make_bi_encoder, make_checkpoint, make_cross_encoder


@pytest.mark.parametrize("architecture", ["bert", "electra", "xlmr"])
def test_a_model_made_twice_is_the_same(architecture: Architecture, tmp_path: Path) -> None:
    for make in (make_checkpoint, make_bi_encoder, make_cross_encoder):
        first = make(tmp_path / f"{make.__name__}-1", architecture)
        second = make(tmp_path / f"{make.__name__}-2", architecture)
        weights = "model.safetensors"
        assert sha256_of(first / weights) == sha256_of(second / weights)


def test_fixtures_give_folders_of_their_kind(
    tiny_bert: Path, tiny_electra: Path, tiny_xlmr: Path, tiny_bi_encoder: Path
) -> None:
    for folder in (tiny_bert, tiny_electra, tiny_xlmr):
        assert (folder / "tokenizer.json").is_file()
        assert not (folder / "modules.json").exists()
    assert (tiny_bi_encoder / "modules.json").is_file()
