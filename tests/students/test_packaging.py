"""A student's folder goes wherever the package goes: into wheel and source distribution."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
FILES = (
    "README.md",
    "manifest.json",
    "config.json",
    "tokenizer.json",
    "vocab.txt",
    "model.safetensors",
    "1_Pooling/config.json",
    "2_Dense/model.safetensors",
    "training/config.json",
    "training/log.jsonl",
    "training/held_out.txt",
    "training/stages/first/log.jsonl",
)
BUILD = "from setuptools import build_meta as b; print(b.{0}('out'))"


pytest.importorskip("setuptools", minversion="77", reason="the build backend")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with no more code than its students' place, and a student in it."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, folder / name)
    for name in ("__init__.py", "version.py", "students/__init__.py", "students/find.py"):
        (folder / "arir" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / "arir" / name, folder / "arir" / name)
    for name in (*FILES, "__pycache__/junk.pyc", "training/tensorboard/events"):
        path = folder / "arir" / "students" / "kd-mini" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return folder


def build(source: Path, what: str) -> Path:
    """Call the build backend as pip does, without an environment of its own."""
    (source / "out").mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", BUILD.format(what)],
        cwd=source,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return source / "out" / done.stdout.split()[-1]


def students_of(names: list[str]) -> set[str]:
    place = "arir/students/kd-mini/"
    return {name.partition(place)[2] for name in names if place in name}


def test_wheel_and_source_distribution_hold_the_whole_folder_and_nothing_else(
    source: Path,
) -> None:
    with zipfile.ZipFile(build(source, "build_wheel")) as wheel:
        assert students_of(wheel.namelist()) == set(FILES)
    with tarfile.open(build(source, "build_sdist")) as archive:
        names = [member.name for member in archive.getmembers() if member.isfile()]
        assert students_of(names) == set(FILES)
