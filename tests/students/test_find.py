"""A shipped student is found by its name alone, and whatever is wrong with it is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from arir.cli import main
from arir.errors import ModelError
from arir.models.hub import fetch_model
from arir.models.loading import load_encoder, load_reranker
from arir.models.registry import find_model, list_models, registry
from arir.students import find_student, student_names
from tests.students.students import PROFILE, move_shipped_place, ship

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 46572864\n"


@pytest.fixture
def own(tmp_path: Path, tiny_bi_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shipped place that the test may damage; the student's folder in it."""
    root = move_shipped_place(monkeypatch, tmp_path / "shipped")
    return ship(root, "kd-mini", tiny_bi_encoder)


def run(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(words)
    output = capsys.readouterr()
    return int(stopped.value.code or 0), output.out, output.err


def test_a_name_gives_the_settings_of_its_folder_and_its_vectors(
    shipped: Path, tiny_bi_encoder: Path
) -> None:
    spec = find_model("kd-mini")
    assert (spec.name, spec.folder, spec.profile) == ("kd-mini", shipped / "kd-mini", PROFILE)
    found = load_encoder("kd-mini", device="cpu").encode("النيل")
    assert found == pytest.approx(load_encoder(tiny_bi_encoder, device="cpu").encode("النيل"))
    assert load_reranker("kd-mini-ce", device="cpu").name == "kd-mini-ce"


def test_names_are_those_of_folders_with_a_manifest(shipped: Path) -> None:
    assert student_names() == ["kd-mini", "kd-mini-ce"]
    assert [spec.name for spec in list_models()][:3] == ["kd-mini", "kd-mini-ce", "kd-aradpr"]
    assert list_models("cross-encoder")[0].name == "kd-mini-ce"


@pytest.mark.parametrize("name", ["nowhere", "../students/kd-mini", "__pycache__", ".", "..", ""])
def test_what_is_no_students_name_is_passed_over(shipped: Path, name: str) -> None:
    (shipped / "__pycache__").mkdir(exist_ok=True)
    assert find_student(name) is None


def test_a_local_folder_goes_first_then_arir_models_then_what_ships(
    shipped: Path, tiny_cosine_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kd-mini").mkdir()  # a folder without a model does not hide a student
    assert find_model("kd-mini").folder == shipped / "kd-mini"
    shelf = tmp_path / "shelf"
    shutil.copytree(tiny_cosine_encoder, shelf / "kd-mini")
    monkeypatch.setenv("ARIR_MODELS", str(shelf))
    assert find_model("kd-mini").folder == shelf / "kd-mini"
    (tmp_path / "kd-mini").rmdir()
    shutil.copytree(tiny_cosine_encoder, tmp_path / "kd-mini")
    assert find_model("kd-mini").folder == Path("kd-mini")


def test_a_shipped_student_goes_before_the_registry(own: Path, tiny_bi_encoder: Path) -> None:
    ship(own.parent, "kd-mini-ce", tiny_bi_encoder).rename(own.parent / "kd-aradpr")
    assert "kd-aradpr" in registry()
    assert find_model("kd-aradpr").folder == own.parent / "kd-aradpr"


def test_a_mistyped_name_gets_the_shipped_ones_too(shipped: Path) -> None:
    with pytest.raises(ModelError, match=r"no model 'kd-mimi'; did you mean kd-mini"):
        find_model("kd-mimi")


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_git_lfs_pointer_is_told_from_a_model(own: Path, name: str) -> None:
    (own / name).write_text(POINTER)
    message = f"{name}: a Git LFS pointer in place of the file; run 'git lfs install' and"
    with pytest.raises(ModelError, match=message):
        find_model("kd-mini")


def test_a_git_lfs_pointer_in_a_folder_of_ones_own_is_told_too(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_bi_encoder, tmp_path / "model")
    (folder / "model.safetensors").write_text(POINTER)
    with pytest.raises(ModelError, match=r"model\.safetensors: a Git LFS pointer"):
        fetch_model(find_model(folder))


@pytest.mark.parametrize(
    "name", ["manifest.json", "config.json", "tokenizer.json", "model.safetensors", "1_Pooling"]
)
def test_an_incomplete_student_says_what_it_lacks(own: Path, name: str) -> None:
    path = own / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    message = f"kd-mini: incomplete model: it lacks {name}/?; install arir again"
    with pytest.raises(ModelError, match=message):
        find_model("kd-mini")


def test_an_incomplete_student_does_not_stand_in_the_way_of_other_models(own: Path) -> None:
    (own / "model.safetensors").write_text(POINTER)
    assert list_models()[0].name == "kd-mini"
    assert find_model("kd-aradpr").hub_id is not None
    (own / "manifest.json").unlink()
    assert list_models()[0].name == "kd-aradpr"


def test_the_list_begins_with_what_ships_and_says_so(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, output, _ = run(["models", "list", "--format", "csv"], capsys)
    rows = [line.split(",") for line in output.splitlines()]
    assert [(row[0], row[-1]) for row in rows[1:3]] == [
        ("kd-mini", "shipped"),
        ("kd-mini-ce", "shipped"),
    ]
    assert rows[3][-1] != "shipped"
    _, output, _ = run(["models", "list"], capsys)
    size = sum(p.stat().st_size for p in (shipped / "kd-mini").rglob("*") if p.is_file()) / 1e6
    assert f"Shipped with arir, for use offline: kd-mini ({size:.1f} MB), " in output


def test_a_students_settings_are_shown_without_a_path_of_this_machine(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, output, _ = run(["models", "show", "kd-mini", "--format", "json"], capsys)
    shown = json.loads(output)
    assert (shown["name"], shown["family"], shown["passage_length"]) == (
        "kd-mini",
        "bi-encoder",
        64,
    )
    assert (shown["languages"], shown["licence"]) == (["ar", "en"], "Apache-2.0")
    assert shown["note"] == "Made by a test."
    assert shown["megabytes"] > 0
    assert shown["loaded_from"] == "arir itself: it ships, and works offline"
    assert str(shipped) not in output


def test_a_copy_on_the_shelf_is_not_called_shipped(
    shipped: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(shipped / "kd-mini", tmp_path / "kd-mini")
    monkeypatch.setenv("ARIR_MODELS", str(tmp_path))
    _, output, _ = run(["models", "list", "--format", "csv"], capsys)
    assert output.splitlines()[1].endswith(",yes")
