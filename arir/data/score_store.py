"""Teacher scores keyed by query id and passage id, in a folder that says whose they are.

The folder holds ``part-00000.parquet`` and so on, with the columns ``qid``, ``pid`` and ``score``
(float32), the pairs of a query beside each other in the order in which the passages were selected,
and ``manifest.json``. Ids join it with any translation of the same collection, as Translate-Distill
does (Yang et al., ECIR 2024, arXiv 2401.04810).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from arir.artefacts import Manifest, atomic_directory, read_manifest, sha256_of, write_manifest
from arir.data.score_store_columns import (
    ScoreColumns,
    ScoredList,
    checked_lists,
    columns_of,
    pairs_of,
)
from arir.data.score_store_lines import LINE_SUFFIXES, ScoreLines, open_score_lines
from arir.data.score_store_parts import Pairs, part_name, part_paths, read_part, write_part
from arir.data.score_store_summary import Summary, summarise
from arir.data.teacher import Teacher
from arir.errors import DataError

__all__ = [
    "KIND",
    "PART_PAIRS",
    "ScoreStore",
    "open_score_store",
    "read_scores",
    "seal_store",
    "write_scores",
]

KIND = "teacher-scores"
#: pairs in a part: minutes of a large teacher's work, and a file of about a megabyte
PART_PAIRS = 16_384


@dataclass(frozen=True)
class ScoreStore:
    """An open store; scores are read when they are asked for.

    Attributes:
        path: its folder.
        manifest: how it came about; ``manifest.properties`` has counts, range and content hash.
        teacher: whose scores they are, and what a score is.
    """

    path: Path
    manifest: Manifest
    teacher: Teacher

    def __len__(self) -> int:
        return int(self.manifest.properties["pairs"])

    def lists(self) -> Iterator[ScoredList]:
        """Every query id with its passage ids and scores, one part in memory at a time.

        Raises:
            DataError: where a part is missing or damaged.
        """
        waiting: ScoredList | None = None
        for part in self._parts():
            for query, listed in part.lists():
                if waiting is not None and waiting[0] == query:
                    waiting[1].extend(listed)
                    continue
                if waiting is not None:
                    yield waiting
                waiting = query, listed
        if waiting is not None:
            yield waiting

    def columns(self) -> ScoreColumns:
        """All pairs in columns: 12 bytes a pair, and the distinct ids.

        Raises:
            DataError: where a part is missing or damaged.
        """
        return columns_of(self._parts())

    def _parts(self) -> Iterator[Pairs]:
        for entry in self.manifest.properties["parts"]:
            yield read_part(self.path / entry["file"], entry["sha256"])


def open_score_store(path: Path) -> ScoreStore:
    """Open the store in a folder.

    Raises:
        DataError: where there is none, it is unfinished, or a part is missing.
    """
    manifest = read_manifest(path)
    if manifest is None or manifest.kind != KIND or "parts" not in manifest.properties:
        held = "no manifest" if manifest is None else f"a {manifest.kind}"
        what = f"the folder holds {held}, not finished teacher scores"
        raise DataError(what, where=path, fix="name a folder that arir score-teacher finished")
    for entry in manifest.properties["parts"]:
        if not (path / entry["file"]).is_file():
            fix = "copy the whole folder again"
            raise DataError(
                "this part of the store is missing", where=path / entry["file"], fix=fix
            )
    told = {field.name for field in fields(Teacher)} & set(manifest.properties)
    named = {key: manifest.properties[key] for key in told}
    return ScoreStore(path, manifest, Teacher(**named, name=manifest.properties.get("teacher")))


def read_scores(path: Path) -> ScoreStore | ScoreLines:
    """Open teacher scores of either form: a store, or lines of JSON (gzip too).

    Raises:
        DataError: where there is nothing of either form.
    """
    if path.is_dir():
        return open_score_store(path)
    if path.name.endswith(LINE_SUFFIXES):
        return open_score_lines(path)
    what = "no such file" if not path.exists() else "neither a folder nor .jsonl"
    fix = 'give a folder of arir score-teacher, or lines of ["qid", ["pid", score], ...]'
    raise DataError(what, where=path, fix=fix)


def write_scores(
    path: Path,
    lists: Iterable[ScoredList],
    teacher: Teacher,
    *,
    inputs: dict[str, dict[str, str]] | None = None,
    part_pairs: int = PART_PAIRS,
    overwrite: bool = False,
) -> ScoreStore:
    """Write a store; the folder appears when all scores are in it.

    Args:
        lists: each query once, with its passages.
        inputs: what the scores were made from; see :func:`arir.artefacts.describe_input`.

    Raises:
        DataError: for a score that is not finite, a pair with two scores, or no pair at all.
        OutputError: where the folder exists or cannot be written.
    """
    with atomic_directory(path, overwrite=overwrite) as folder:
        for number, pairs in enumerate(pairs_of(checked_lists(lists, path), part_pairs)):
            write_part(folder / part_name(number), pairs)
        seal_store(folder, teacher, inputs=inputs, where=path)
    return open_score_store(path)


def seal_store(
    folder: Path,
    teacher: Teacher,
    *,
    inputs: dict[str, dict[str, str]] | None = None,
    config: Any = None,
    where: Path | None = None,
) -> Summary:
    """Describe the parts that lie in a folder in its manifest, which makes a store of it.

    Args:
        config: settings to keep beside the manifest.
        where: what a message names, in place of ``folder``.

    Raises:
        DataError: where there is no part, or one is damaged.
    """
    files = part_paths(folder)
    if not files:
        raise DataError("no pair was scored", where=where or folder)
    summary = summarise(read_part(file) for file in files)
    described = asdict(teacher)
    described["teacher"] = described.pop("name")
    properties = {
        **described,
        **asdict(summary),
        "parts": [{"file": file.name, "sha256": sha256_of(file)} for file in files],
    }
    manifest = Manifest(kind=KIND, properties=properties, inputs=inputs or {})
    write_manifest(folder, manifest, config)
    return summary
