"""Tell a Lucene index from other folders by its files, without Java."""

from __future__ import annotations

from pathlib import Path

from arir.errors import IndexMismatchError

__all__ = ["check_layout", "holds_vectors", "is_lucene_index"]


def is_lucene_index(path: Path) -> bool:
    """Whether a folder holds a committed Lucene index, of whatever kind."""
    return path.is_dir() and any(path.glob("segments_*"))


def holds_vectors(path: Path) -> bool:
    """Whether a Lucene index is one of vectors (HNSW or flat)."""
    return any(path.glob("*.vec")) or any(path.glob("*.veq"))


def check_layout(path: Path) -> None:
    """Make sure that a folder can be a BM25 index.

    Raises:
        IndexMismatchError: where it is missing, a dense index, or something else.
    """
    if not path.is_dir():
        raise IndexMismatchError("no such index", where=path, fix="build it with arir index")
    if is_lucene_index(path) and not holds_vectors(path):
        return
    dense = (path / "docid").is_file() or holds_vectors(path)
    raise IndexMismatchError(
        f"{'is a dense index' if dense else 'holds no Lucene index'}, not a BM25 index",
        where=path,
        fix="BM25 searches what arir index builds",
    )
