"""A folder tells what it is, and a damaged manifest is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from arir.artefacts import Manifest, describe_input, read_manifest, sha256_of, write_manifest
from arir.errors import DataError


def test_a_manifest_survives_the_disk(tmp_path: Path) -> None:
    manifest = Manifest("dense-index", {"encoder": "kd-aradpr"}, seed=3)
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest


def test_a_folder_of_another_tool_has_no_manifest(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None


@pytest.mark.parametrize("text", ["{", "{}", '{"kind": "x", "properties": {}, "odd": 1}', "[]"])
def test_a_damaged_manifest_is_a_data_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(DataError, match="damaged manifest"):
        read_manifest(tmp_path)


def test_a_folder_hash_sees_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    before = sha256_of(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    renamed = sha256_of(tmp_path)
    (tmp_path / "b").write_text("2")
    assert len({before, renamed, sha256_of(tmp_path)}) == 3


def test_an_input_is_named_with_its_hash(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert describe_input(tmp_path / "a")["sha256"] == digest
