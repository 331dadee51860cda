"""What a search will do: which index serves what, and with which encoder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from arir.artefacts import Manifest
from arir.errors import ConfigError, IndexMismatchError
from arir.index.bm25 import is_bm25_index
from arir.models.concatenated_name import stands
from arir.search.config import SearchConfig
from arir.search.dense_index import is_dense_index, read_dense_manifest
from arir.search.late_index import is_late_index, read_late_manifest

__all__ = ["Plan", "plan_search"]

Kind = Literal["BM25", "dense", "late-interaction"]


@dataclass(frozen=True)
class Plan:
    """The indexes that take part; both in a hybrid search.

    Attributes:
        bm25: a Lucene index, or ``None``.
        dense: a FAISS index, or ``None``.
        late: a multi-vector index, or ``None``.
        encoder: name or folder of the query encoder; ``None`` for BM25 alone.
    """

    bm25: Path | None = None
    dense: Path | None = None
    late: Path | None = None
    encoder: str | None = None

    @property
    def method(self) -> str:
        """``bm25``, ``dense``, ``late-interaction`` or ``hybrid``."""
        if self.bm25:
            return "hybrid" if self.encoder else "bm25"
        return "dense" if self.dense else "late-interaction"


def plan_search(config: SearchConfig) -> Plan:
    """Match the indexes with the methods asked for.

    Raises:
        IndexMismatchError: where a folder is no index.
        ConfigError: where a method lacks its index, or an index its method or encoder.
    """
    by_kind: dict[Kind, Path] = {}
    for path in config.index:
        kind = _kind(path)
        if kind in by_kind:
            raise ConfigError(
                f"{by_kind[kind]} and {path} are both {kind} indexes",
                fix="hybrid search takes one of each kind",
            )
        by_kind[kind] = path
    if len(by_kind) == 2 and "BM25" not in by_kind:
        raise ConfigError(
            "neither index is a BM25 one",
            fix="hybrid search takes a BM25 index and one of vectors; merge other runs with fuse",
        )
    _check_flags(config, by_kind)
    encoder = config.encoder or _recorded_encoder(by_kind)
    return Plan(by_kind.get("BM25"), by_kind.get("dense"), by_kind.get("late-interaction"), encoder)


def _kind(path: Path) -> Kind:
    if not path.is_dir():
        raise IndexMismatchError(
            "no such index folder", where=path, fix="build it with arir index or encode-corpus"
        )
    if is_dense_index(path):
        return "dense"
    if is_late_index(path):
        return "late-interaction"
    if is_bm25_index(path):
        return "BM25"
    raise IndexMismatchError(
        "holds neither a Lucene index nor a FAISS one ('index' and 'docid')", where=path
    )


def _check_flags(config: SearchConfig, by_kind: dict[Kind, Path]) -> None:
    vectors: Kind = "late-interaction" if "late-interaction" in by_kind else "dense"
    wanted: dict[Kind, bool] = {vectors: config.encoder is not None, "BM25": config.bm25}
    flags: dict[Kind, str] = {vectors: "--encoder", "BM25": "--bm25"}
    if not any(wanted.values()):
        return
    for kind in wanted:
        if wanted[kind] and kind not in by_kind:
            given = " and ".join(f"{path} is a {other} index" for other, path in by_kind.items())
            raise ConfigError(
                f"{flags[kind]} needs a {kind} index, but {given}",
                fix="add its folder with --index",
            )
    for kind, path in by_kind.items():
        if not wanted[kind]:
            raise ConfigError(
                f"{path} is a {kind} index, which would not be searched",
                fix=f"add {flags[kind]} for hybrid search, or drop that --index",
            )


def _recorded_encoder(by_kind: dict[Kind, Path]) -> str | None:
    """The encoder that an index was built with: its folder while that stands, else its name."""
    if "late-interaction" in by_kind:
        index = by_kind["late-interaction"]
        manifest: Manifest | None = read_late_manifest(index)
    elif "dense" in by_kind:
        index = by_kind["dense"]
        manifest = read_dense_manifest(index)
    else:
        return None
    properties = manifest.properties if manifest else {}
    folder, name = properties.get("encoder_path"), properties.get("encoder")
    if folder and stands(str(folder)):
        return str(folder)
    if not name:
        raise ConfigError(
            "the index does not say which encoder built it", where=index, fix="name it: --encoder"
        )
    return str(name)
