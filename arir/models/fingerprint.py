"""Tell encoders apart by content, so that an index knows which one built it."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path

from arir.artefacts import sha256_of
from arir.models.folders import module_folders
from arir.models.hub import wanted_files
from arir.models.spec import ModelSpec

__all__ = ["fingerprint"]

#: small files that decide what a model computes; a README or a log beside them does not
DECISIVE = frozenset(
    {
        "added_tokens.json",
        "config.json",
        "config_sentence_transformers.json",
        "merges.txt",
        "modules.json",
        "sentence_bert_config.json",
        "sentencepiece.bpe.model",
        "special_tokens_map.json",
        "spiece.model",
        "tokenizer.json",
        "tokenizer.model",
        "tokenizer_config.json",
        "unigram.json",
        "vocab.json",
        "vocab.txt",
    }
)


def fingerprint(folder: Path, spec: ModelSpec) -> str:
    """A hash of an encoder that is the same wherever its folder lies, in hexadecimal.

    It covers weights, tokeniser and modules by content, and the settings that decide how a passage
    becomes a vector; what concerns queries alone leaves an index valid and is not in it.
    """
    settings = {
        "profile": spec.profile,
        "passage_prefix": spec.passage_prefix,
        "passage_length": spec.passage_length,
        "similarity": spec.similarity,
        "pooling": None if (folder / "modules.json").is_file() else spec.pooling,
    }
    whole = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for name in _decisive_files(folder):
        path = folder / name
        state = path.stat()
        content = _sha256(path, state.st_size, state.st_mtime_ns)
        whole.update(f"{name}\0{content}\n".encode())
    return whole.hexdigest()


def _decisive_files(folder: Path) -> list[str]:
    """Weights and settings of the modules; a checkpoint of the training beside them is none."""
    names = sorted(
        path.relative_to(folder).as_posix()
        for module in module_folders(folder)
        for path in module.glob("*")
        if path.is_file()
    )
    return [
        name
        for name in wanted_files(names)
        if name.endswith((".safetensors", ".bin")) or Path(name).name in DECISIVE
    ]


@functools.lru_cache(maxsize=256)
def _sha256(path: Path, size: int, modified: int) -> str:  # noqa: ARG001 - parts of the cache key
    return sha256_of(path)
