"""Teacher rows joined with translated texts: arir, and the way that training scripts do it.

    python -m bench.join [ROWS]

A million rows (100,000 queries, 500,000 passages of 60 Arabic words, MS MARCO's numbering) are read
from a plain and from a gzip file. The plain way holds the collection in a dictionary, loops over
the rows and hands the texts to ``datasets.Dataset``, as sentence-transformers' examples do. Each
way runs in a process of its own, so that its peak memory can be told. arir's time includes reading
every distinct text once in the order in which a training tokenises it.
"""

from __future__ import annotations

import csv
import gzip
import json
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROWS = 1_000_000
WORDS = 60
LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهويةى"
#: frequencies of the Arabic words, as Zipf has them
VOCABULARY = 50_000


class Result(NamedTuple):
    """Rows joined, seconds, bytes of memory beyond those before, and of an index of the ids."""

    rows: int
    seconds: float
    memory: int
    ids: int


def make_data(folder: Path, rows: int) -> None:
    """Topics, a collection, and a teacher file; one id in a thousand has no text."""
    draw = np.random.default_rng(0)
    queries, passages = max(rows // 10, 2), max(rows // 2, 4)
    letters = np.array(list(LETTERS))
    words = np.array(
        ["".join(draw.choice(letters, length)) for length in draw.integers(2, 9, VOCABULARY)],
        dtype=object,
    )
    ranks = 1 / np.arange(1, VOCABULARY + 1)
    # Texts are cut from a long one, since drawing each word of each passage takes a minute.
    text = draw.choice(words, 20 * VOCABULARY, p=ranks / ranks.sum()).tolist()

    def cut(length: int) -> str:
        start = int(draw.integers(len(text) - length))
        return " ".join(text[start : start + length])

    query_ids = draw.choice(1_200_000, queries, replace=False)
    passage_ids = np.sort(draw.choice(8_841_823, passages, replace=False))
    with (folder / "topics.tsv").open("w", encoding="utf-8") as topics:
        topics.writelines(f"{name}\t{cut(6)}\n" for name in query_ids[1:].tolist())
    with (folder / "collection.jsonl").open("w", encoding="utf-8") as collection:
        for number, name in enumerate(passage_ids.tolist()):
            if number % 1000:
                passage = {"id": str(name), "contents": cut(WORDS)}
                collection.write(json.dumps(passage, ensure_ascii=False) + "\n")
    columns = (
        draw.normal(9, 2, rows).tolist(),
        draw.normal(2, 4, rows).tolist(),
        query_ids[draw.integers(queries, size=rows)].tolist(),
        passage_ids[draw.integers(passages, size=rows)].tolist(),
        passage_ids[draw.integers(passages, size=rows)].tolist(),
    )
    with (folder / "rows.tsv").open("w", encoding="utf-8") as file:
        for high, low, *ids in zip(*columns, strict=True):
            file.write("\t".join((f"{high:.14f}", f"{low:.14f}", *map(str, ids))) + "\n")
    with (
        (folder / "rows.tsv").open("rb") as plain,
        gzip.open(folder / "rows.tsv.gz", "wb", 1) as out,
    ):
        shutil.copyfileobj(plain, out)


def by_arir(folder: Path, scores: Path) -> tuple[int, int]:
    from arir.data.teacher_join import MissingTextWarning, join_teacher_rows
    from arir.data.topics import read_topics

    warnings.simplefilter("ignore", MissingTextWarning)
    joined = join_teacher_rows(
        scores,
        topics=read_topics(folder / "topics.tsv"),
        corpora=[folder / "collection.jsonl"],
        scratch=folder / f"scratch-{scores.name}",
    )
    texts = sum(1 for _ in joined.passage_texts())
    if texts != len(joined.passage_ids):
        raise RuntimeError(f"{texts} texts of {len(joined.passage_ids)} passages")
    return len(joined), _size(joined.passage_ids) + _size(joined.query_ids)


def _size(ids: Sequence[str]) -> int:
    """Bytes of a dictionary from ids to numbers."""
    index = {name: number for number, name in enumerate(ids)}
    return sys.getsizeof(index) + sum(sys.getsizeof(name) + 32 for name in index)


def by_dictionaries(folder: Path, scores: Path) -> tuple[int, int]:
    from datasets import Dataset

    with (folder / "topics.tsv").open(encoding="utf-8") as topics:
        queries = dict(line.rstrip("\n").split("\t") for line in topics)
    passages = {}
    with (folder / "collection.jsonl").open(encoding="utf-8") as collection:
        for line in collection:
            record = json.loads(line)
            passages[record["id"]] = record["contents"]
    columns: dict[str, list[str | float]] = {
        name: [] for name in ("query", "positive", "negative", "label")
    }
    with (gzip.open if scores.suffix == ".gz" else open)(scores, "rt", encoding="utf-8") as file:
        for high, low, query, positive, negative in csv.reader(file, delimiter="\t"):
            if query in queries and positive in passages and negative in passages:
                columns["query"].append(queries[query])
                columns["positive"].append(passages[positive])
                columns["negative"].append(passages[negative])
                columns["label"].append(float(high) - float(low))
    data = Dataset.from_dict(columns)
    return len(data), 0


def measure(way: Callable[[Path, Path], tuple[int, int]], folder: Path, scores: Path) -> Result:
    """Run a way once, in a fresh process."""
    import datasets  # noqa: F401  (both ways start with the libraries loaded)
    import pyarrow.csv
    import pyarrow.json  # noqa: F401

    before = _memory("VmRSS")
    started = time.perf_counter()
    rows, index = way(folder, scores)
    seconds = time.perf_counter() - started
    return Result(rows, seconds, _memory("VmHWM") - before, index)


def _memory(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(folder, count)
        for scores in (folder / "rows.tsv", folder / "rows.tsv.gz"):
            results = []
            for way in (by_dictionaries, by_arir):
                with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                    results.append(pool.submit(measure, way, folder, scores).result())
            plain, fast = results
            if plain.rows != fast.rows:
                raise RuntimeError(f"{plain.rows} and {fast.rows} rows joined")
            beyond = fast.memory - fast.ids
            print(
                f"{scores.name:12} arir {count / fast.seconds:,.0f} rows/s,"
                f" {beyond / 1e6:,.0f} MB beyond the id index of {fast.ids / 1e6:,.0f} MB;"
                f" dictionaries and Dataset {count / plain.seconds:,.0f} rows/s,"
                f" {plain.memory / 1e6:,.0f} MB: {plain.seconds / fast.seconds:.1f} x as fast,"
                f" {plain.memory / fast.memory:.1f} x less memory"
            )


if __name__ == "__main__":
    main()
