"""Names of concatenated encoders: what is one, what is none, and folders that move."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from arir.errors import ModelError
from arir.models.concatenated_name import Part, located, parts_of, stands


def _model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "bert"}')
    return folder


def test_weights_stand_before_the_names_and_default_to_one() -> None:
    assert parts_of("2*a+org/b+0.5*c") == (Part("a", 2.0), Part("org/b"), Part("c", 0.5))
    assert "+".join(map(str, parts_of("2*a + 1*b") or ())) == "2*a+b"


def test_a_folder_with_a_plus_in_its_name_is_one_model(tmp_path: Path) -> None:
    folder = _model(tmp_path / "c++")
    assert parts_of(folder) is None
    assert located(str(folder)) == str(folder)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a+", r"'a\+' has an encoder without a name; write a\+b, or with weights 2\*a\+b"),
        ("+a", "without a name"),
        ("a+0*b", r"'a\+0\*b' weighs b with 0; leave it out"),
    ],
)
def test_half_a_name_is_refused(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        parts_of(name)


def test_folders_are_recorded_so_that_another_process_finds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _model(tmp_path / "a")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    recorded = located("2*a+kd-aradpr")
    assert recorded == f"2*{tmp_path}/a+kd-aradpr"
    assert located("kd-aradpr+kd-mminilm") is None
    assert located("kd-aradpr") is None
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert stands(recorded)
    shutil.rmtree(tmp_path / "a")
    assert not stands(recorded)


def test_a_folder_without_a_model_is_not_recorded_for_the_model_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kd-aradpr").mkdir()
    (tmp_path / "kd-aradpr" / "config.json").write_text('{"corpus": "the settings of an index"}')
    monkeypatch.chdir(tmp_path)
    assert located("kd-aradpr") is None


def test_folders_that_a_concatenation_could_not_name_are_not_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _model(tmp_path / "c++" / "a")
    monkeypatch.chdir(tmp_path / "c++")
    assert located("a+kd-aradpr") is None
    assert not stands("/nowhere/c++/a")
