"""Fixtures that every folder of tests may use."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.tiny import (
    make_bi_encoder,
    make_checkpoint,
    make_cross_encoder,
    make_late_interaction,
    make_seq2seq,
)

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared" / "data"

# The same examples in every run, however slow the machine is.
settings.register_profile("arir", deadline=None, derandomize=True)
settings.load_profile("arir")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real collections beside the repository; the test is skipped where they are absent."""
    if not SHARED.is_dir():
        pytest.skip("needs the shared data folder beside the repository")
    return SHARED


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a small text file below the test's folder and give its path."""

    def _write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return _write


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Variables with which bin/environment finds its requirements met by this interpreter."""
    venv = tmp_path / "venv"
    venv.mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (venv / name).symlink_to(Path(sys.prefix) / name)
    wanted = "cat setup.cfg constraints.txt pyproject.toml | cksum"
    wanted = subprocess.run(wanted, shell=True, cwd=REPOSITORY, capture_output=True).stdout
    (venv / ".installed").write_bytes(wanted)
    names = {"ARIR_VENV": str(venv), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    return {**os.environ, **names}


def _session_model(name: str, make: Callable[[Path], Path]) -> Any:
    """A session-scoped fixture: the folder of a tiny model, which tests must not write to."""

    @pytest.fixture(scope="session", name=name)
    def fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
        return make(tmp_path_factory.mktemp(name) / name.replace("_", "-"))

    return fixture


#: plain Hugging Face checkpoints, without pooling or head
tiny_bert = _session_model("tiny_bert", partial(make_checkpoint, architecture="bert"))
tiny_electra = _session_model("tiny_electra", partial(make_checkpoint, architecture="electra"))
tiny_xlmr = _session_model("tiny_xlmr", partial(make_checkpoint, architecture="xlmr"))
#: sentence-transformers folders: mean pooling and inner product; CLS pooling and cosine
tiny_bi_encoder = _session_model("tiny_bi_encoder", make_bi_encoder)
tiny_cosine_encoder = _session_model(
    "tiny_cosine_encoder",
    partial(make_bi_encoder, architecture="xlmr", pooling="cls", similarity="cosine"),
)
#: a sequence classifier with one label
tiny_cross_encoder = _session_model("tiny_cross_encoder", make_cross_encoder)
#: token vectors of unit length and dimension 16; punctuation of passages masked
tiny_late_interaction = _session_model("tiny_late_interaction", make_late_interaction)
#: a T5 that answers true or false, or writes queries
tiny_seq2seq = _session_model("tiny_seq2seq", make_seq2seq)
