"""``arir encode-corpus``: a collection becomes an index of vectors.

A bi-encoder's is a dense index, which Pyserini searches too; a late-interaction model's holds a
vector a token.

The collection is checked first, which is cheap; then it is encoded in chunks that outlive a killed
run; then the chunks become one index. Nothing stands under the final name before that.
"""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arir.artefacts import atomic_file, sha256_of
from arir.artefacts.atomic import refuse_existing
from arir.data.collection import Passage, collection_files, read_collection
from arir.errors import DataError
from arir.index.assembly import put_together
from arir.index.chunks import Chunks, Store
from arir.index.config import EncodeCorpusConfig
from arir.index.job import Job, record_job, work_folder
from arir.index.late import TokenChunks
from arir.models.protocols import Encoder, LateEncoder
from arir.progress import progress, progress_bar

__all__ = ["EncodeReport", "encode_collection", "encode_corpus"]

#: passages in a chunk: enough for full batches of like length, few enough for some ten seconds
CPU_CHUNK = 512
GPU_CHUNK = 8192


@dataclass(frozen=True)
class EncodeReport:
    """What an encoding did.

    Attributes:
        output: the folder of the index.
        encoder: its name.
        passages: in the collection.
        dimension: of the vectors.
        encoded: passages encoded now.
        resumed: passages that stood already from an earlier run or another shard.
        seconds: spent on encoding.
        complete: the index stands; false while other shards are missing.
    """

    output: Path
    encoder: str
    passages: int
    dimension: int
    encoded: int
    resumed: int
    seconds: float
    complete: bool


def encode_corpus(config: EncodeCorpusConfig) -> EncodeReport:
    """Encode a collection with a model named in the settings.

    Raises:
        DataError: for a bad line of the collection, before anything is encoded.
        ModelError: where the encoder cannot be loaded.
        OutputError: where the index exists, or cannot be written.
    """
    refuse_existing(config.output, config.overwrite)
    collection_files(config.corpus)
    from arir.models.concatenated_name import parts_of
    from arir.models.loading import load_encoder, load_late_encoder
    from arir.models.registry import find_model
    from arir.models.spec import ModelSpec

    # The parts of a concatenation are opened one by one; any other model is looked up once.
    found = config.encoder if parts_of(config.encoder) else find_model(config.encoder)
    settings: dict[str, Any] = {
        "device": config.device,
        "precision": config.precision,
        "batch_tokens": config.batch_tokens,
    }
    if isinstance(found, ModelSpec) and found.family == "late-interaction":
        return encode_collection(load_late_encoder(found, **settings), config, store=TokenChunks)
    return encode_collection(load_encoder(found, **settings), config)


def encode_collection(
    encoder: Encoder | LateEncoder,
    config: EncodeCorpusConfig,
    *,
    chunk: int | None = None,
    store: type[Store[Any]] = Chunks,
) -> EncodeReport:
    """Encode a collection with an encoder that is loaded already.

    Args:
        encoder: any :class:`~arir.models.protocols.Encoder`, or, for ``TokenChunks``, any
            :class:`~arir.models.protocols.LateEncoder`.
        config: the settings; those of the model are only recorded.
        chunk: passages that are encoded and stored at a time; by default what suits the device.
        store: how the vectors are kept; ``TokenChunks`` makes a multi-vector index.
    """
    refuse_existing(config.output, config.overwrite)
    chunk = chunk or _chunk_size(encoder)
    job = _job(encoder, config, chunk)
    alone = config.shard is None
    with work_folder(config.output, job, shared=not alone, discard=config.overwrite) as folder:
        passages = _checked(folder, job, config)
        chunks = store(folder, chunk, encoder.dimension, passages)
        report = _encode_missing(encoder, chunks, config)
        if alone:
            put_together(encoder, chunks, config, job)
            shutil.rmtree(folder)
    return report


def _chunk_size(encoder: Encoder | LateEncoder) -> int:
    device = getattr(encoder, "device", None)
    return CPU_CHUNK if device is None or device.type == "cpu" else GPU_CHUNK


def _job(encoder: Encoder | LateEncoder, config: EncodeCorpusConfig, chunk: int) -> Job:
    return Job(
        corpus=sha256_of(config.corpus),
        encoder=encoder.name,
        fingerprint=encoder.fingerprint,
        profile=encoder.profile,
        precision=config.precision,
        with_title=config.with_title,
        size=chunk,
    )


def _checked(folder: Path, job: Job, config: EncodeCorpusConfig) -> int:
    """Read the whole collection once, write its ids, and count them; a resumed job has them."""
    if not (folder / "job.json").is_file():
        titles = False
        with atomic_file(folder / "docid") as stream:
            name = f"checking {config.corpus.name}"
            for passage in progress(read_collection(config.corpus), name, unit="passage"):
                stream.write(f"{passage.id}\n")
                titles = titles or bool(passage.title)
        if config.with_title and not titles:
            raise DataError("no passage has a title", where=config.corpus, fix="drop --with-title")
        record_job(folder, job)
    with (folder / "docid").open(encoding="utf-8") as lines:
        return sum(1 for _ in lines)


def _encode_missing(
    encoder: Encoder | LateEncoder, chunks: Store[Any], config: EncodeCorpusConfig
) -> EncodeReport:
    """Encode this process's share of the chunks that are not there yet."""
    part, whole = config.share
    finished = set(chunks.finished())
    mine = {number for number in range(len(chunks)) if number % whole == part - 1}
    resumed = sum(chunks.rows(number) for number in finished)
    started, done = time.perf_counter(), 0
    with progress_bar("encoding", total=sum(map(chunks.rows, mine)), unit="passage") as bar:
        bar.update(sum(map(chunks.rows, mine & finished)))
        if mine & finished:
            bar.set_postfix_str("resumed")
        for number, passages in _missing(chunks, mine - finished, config):
            texts = [
                passage.text if config.with_title else passage.contents for passage in passages
            ]
            encoded = encoder.encode_passages(texts)
            chunks.save(number, chunks.check(encoded, passages, encoder.name))
            done += len(passages)
            bar.update(len(passages))
    return EncodeReport(
        output=config.output,
        encoder=encoder.name,
        passages=chunks.passages,
        dimension=encoder.dimension,
        encoded=done,
        resumed=resumed,
        seconds=time.perf_counter() - started,
        complete=config.shard is None,
    )


def _missing(
    chunks: Store[Any], wanted: set[int], config: EncodeCorpusConfig
) -> Iterator[tuple[int, list[Passage]]]:
    """The wanted chunks with their passages, in one pass over the collection."""
    if not wanted:
        return
    passages = read_collection(config.corpus)
    for number in range(max(wanted) + 1):
        chunk = list(itertools.islice(passages, chunks.size))
        if number in wanted:
            yield number, chunk
