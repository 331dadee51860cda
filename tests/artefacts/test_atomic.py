"""Nothing half-written ever stands under a final name."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import IO

import pytest

from arir.artefacts import atomic_bytes, atomic_directory, atomic_file
from arir.errors import OutputError


class FaultError(Exception):
    """Something goes wrong while writing."""


def _write_half(stream: IO[str], stop: type[BaseException]) -> None:
    with stream:
        stream.write("half")
        raise stop


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "run.trec"
    path.write_text("old")
    with pytest.raises(FaultError), atomic_file(path) as stream:
        _write_half(stream, FaultError)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, FaultError])
def test_an_interrupted_folder_is_removed(tmp_path: Path, stop: type[BaseException]) -> None:
    with pytest.raises(stop), atomic_directory(tmp_path / "index") as folder:
        _write_half((folder / "segments").open("w"), stop)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_an_output_error_that_names_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    path = tmp_path / "run.trec"
    with pytest.raises(OutputError, match="no space left") as caught, atomic_file(path) as stream:
        stream.write("x")
    assert str(path) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_result_is_kept_unless_told(tmp_path: Path) -> None:
    target = tmp_path / "index"
    target.mkdir()
    (target / "old").write_text("old")
    with pytest.raises(OutputError, match="--overwrite"), atomic_directory(target):
        pytest.fail("the block must not run")
    with atomic_directory(target, overwrite=True) as folder:
        (folder / "new").write_text("new")
        assert (target / "old").exists()
    assert [file.name for file in target.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_fault_of_an_input_is_not_blamed_on_the_output(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_directory(tmp_path / "index"):
        (tmp_path / "no such input").read_text()


def test_an_output_below_a_file_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError), atomic_file(tmp_path / "file" / "run.trec"):
        pytest.fail("the block must not run")


@pytest.mark.parametrize("missing", ["", "new/folders"])
def test_a_read_only_disk_is_an_output_error_for_files_and_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    def read_only(path: object, *_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(os, "mkdir", read_only)
    monkeypatch.setattr(os, "open", read_only)
    path = tmp_path / missing / "index"
    with pytest.raises(OutputError, match="index: cannot be written: read-only"):
        atomic_directory(path).__enter__()
    with pytest.raises(OutputError, match="index: cannot be written: read-only"):
        atomic_bytes(path, b"x")


def test_files_are_readable_by_others_as_the_umask_allows(tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.write_text("")
    with atomic_file(tmp_path / "run.trec") as stream:
        stream.write("x")
    assert (tmp_path / "run.trec").stat().st_mode == ordinary.stat().st_mode


def test_bytes_are_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plots" / "means.png"
    atomic_bytes(path, b"old\r\n")
    assert path.read_bytes() == b"old\r\n"

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="no space left"):
        atomic_bytes(path, b"new")
    assert path.read_bytes() == b"old\r\n"
    assert list(path.parent.iterdir()) == [path]
