"""The public names are those that are documented, and cost nothing until they are used."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import arir
from arir.cli.main import COMMANDS

HEAVY = ("torch", "transformers", "faiss", "pyserini", "jnius", "pandas", "scipy.stats", "sklearn")
LIGHT = (
    "arir",
    "arir.cli",
    "arir.cli.encode_corpus",
    "arir.cli.rerank",
    "arir.cli.search",
    "arir.pyserini",
)


@pytest.mark.parametrize("name", arir.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(arir, name) is not None
    assert name in dir(arir)


def test_names_for_type_checkers_are_those_at_run_time() -> None:
    tree = ast.parse(Path(arir.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported = {alias.asname or alias.name for node in imports for alias in node.names}
    assert set(arir.__all__) == imported - {"annotations", "TYPE_CHECKING", "Any"}


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "models"])
def test_settings_of_every_command_are_public(name: str) -> None:
    module = importlib.import_module(f"arir.cli.{COMMANDS[name][0]}")
    settings = {name for name in vars(module) if name.endswith("Config")}
    assert settings
    assert settings <= set(arir.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'serach'"):
        arir.serach  # noqa: B018


def test_importing_arir_imports_nothing_heavy() -> None:
    modules = ", ".join(LIGHT)
    code = f"import sys, {modules}; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
