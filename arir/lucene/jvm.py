"""Start the Java VM in this process, so that Lucene, Anserini and Pyserini work from then on.

Pyserini starts the VM itself when it is first imported, but only from an installed JDK with the
incubating vector module, and ends the process where there is none. So it is started here first;
Pyserini finds it running and carries on. The heap is a quarter of the machine's memory, as ever;
``JAVA_TOOL_OPTIONS=-Xmx8g`` in the environment changes it.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from arir.errors import DependencyError
from arir.lucene.java import Java, find_java

__all__ = ["find_anserini", "java_class", "jvm_options", "start_jvm"]

VECTOR_MODULE = "jdk.incubator.vector"
#: they tell at every start that Lucene would like another Java
CHATTERING = (
    "org.apache.lucene.store.MMapDirectory",
    "org.apache.lucene.store.MemorySegmentIndexInputProvider",
    "org.apache.lucene.internal.vectorization.VectorizationProvider",
    "org.apache.lucene.internal.vectorization.PanamaVectorizationProvider",
)
_starting = threading.Lock()
#: java.util.logging forgets the level of a logger that nobody holds
_loggers: list[Any] = []


def start_jvm() -> None:
    """Start the VM with Anserini on its class path; does nothing where that has been done.

    ``JAVA_HOME`` is set only while the VM starts. ``OPENAI_API_KEY`` is given a value of no use,
    and only where Pyserini's import would fail for want of one.

    Raises:
        DependencyError: where there is no fitting Java, where Pyserini is missing, or where a VM
            already runs without Anserini.
    """
    with _starting:
        if _loggers:
            return
        jar = find_anserini()
        _ensure_openai_key()
        _boot(jar)
        _quieten_lucene()


@functools.cache
def java_class(name: str) -> Any:
    """A Java class by its full name, the VM started if need be."""
    start_jvm()
    import jnius

    return jnius.autoclass(name, include_protected=False, include_private=False)


def find_anserini() -> Path:
    """Anserini's jar inside Pyserini, found without importing Pyserini.

    Raises:
        DependencyError: where Pyserini is not installed, or came without its jar.
    """
    found = importlib.util.find_spec("pyserini")
    if found is None or found.origin is None:
        raise DependencyError("Pyserini is not installed", fix="pip install pyserini")
    folder = Path(found.origin).parent / "resources" / "jars"
    jars = sorted(folder.glob("anserini-*-fatjar.jar"), key=lambda jar: jar.stat().st_mtime)
    if not jars:
        raise DependencyError(
            "Pyserini lacks its Anserini jar",
            where=folder,
            fix="pip install --force-reinstall --no-deps pyserini",
        )
    return jars[-1]


def jvm_options(java: Java) -> list[str]:
    """The options that this Java needs to run Anserini, and to do so without warnings.

    >>> jvm_options(Java(Path("/java"), "21.0.5", frozenset({"jdk.incubator.vector"}), "PATH"))
    ['-Xrs', '--add-modules=jdk.incubator.vector']
    >>> jvm_options(Java(Path("/java"), "22", frozenset(), "PATH"))
    ['-Xrs', '--enable-native-access=ALL-UNNAMED']
    """
    # -Xrs leaves Ctrl-C to Python: without it the VM ends the process and nothing is cleaned up.
    options = ["-Xrs"]
    if VECTOR_MODULE in java.modules:
        options.append(f"--add-modules={VECTOR_MODULE}")
    if java.major >= 22:
        options.append("--enable-native-access=ALL-UNNAMED")
    if java.major >= 23:
        options.append("--sun-misc-unsafe-memory-access=allow")
    return options


def _boot(jar: Path) -> None:
    import jnius_config

    if jnius_config.vm_running:
        _check_running(jar, jnius_config.get_classpath())
        return
    java = find_java()
    jnius_config.add_classpath(str(jar))
    jnius_config.add_options(*jvm_options(java))
    with _environment(JAVA_HOME=str(java.home), JVM_PATH=None):
        try:
            import jnius

            jnius.autoclass("java.lang.System")
        except Exception as error:
            raise DependencyError(
                f"the Java VM does not start: {error}", where=java.home, fix="see arir doctor"
            ) from error


def _check_running(jar: Path, classpath: list[str]) -> None:
    """Accept a VM that somebody else started only if Anserini is on its class path."""
    if any(Path(entry).name == jar.name for entry in classpath):
        return
    raise DependencyError(
        "a Java VM without Anserini already runs in this process",
        fix="call arir.lucene.start_jvm() before anything else that uses pyjnius",
    )


def _quieten_lucene() -> None:
    import jnius

    level = jnius.autoclass("java.util.logging.Level").SEVERE
    manager = jnius.autoclass("java.util.logging.Logger")
    for name in CHATTERING:
        logger = manager.getLogger(name)
        logger.setLevel(level)
        _loggers.append(logger)


def _ensure_openai_key() -> None:
    """Pyserini 1 makes an OpenAI client at import, which openai 2.34 refuses without a key."""
    try:
        pyserini, openai = (_version(name) for name in ("pyserini", "openai"))
    except metadata.PackageNotFoundError:
        return
    if pyserini < (2,) and openai >= (2, 34):
        os.environ.setdefault("OPENAI_API_KEY", "unused")


def _version(package: str) -> tuple[int, ...]:
    numbers = metadata.version(package).split(".")[:2]
    return tuple(int(number) for number in numbers if number.isdecimal())


@contextmanager
def _environment(**values: str | None) -> Iterator[None]:
    """Set environment variables (``None`` removes one) and put the old values back."""
    before = {name: os.environ.pop(name, None) for name in values}
    os.environ.update({name: value for name, value in values.items() if value is not None})
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
