"""Lay finished chunks out as a dense index under its final name."""

from __future__ import annotations

import shutil
from pathlib import Path

from arir.artefacts import Manifest, atomic_directory, write_manifest
from arir.index.chunks import Chunks
from arir.index.config import EncodeCorpusConfig
from arir.index.flat import write_flat_index
from arir.index.job import Job
from arir.models.protocols import Encoder

__all__ = ["put_together"]


def put_together(encoder: Encoder, chunks: Chunks, config: EncodeCorpusConfig, job: Job) -> None:
    """Lay the index out under its final name: all of it, or nothing.

    Raises:
        OutputError: where the folder exists and may not be replaced, or cannot be written.
    """
    with atomic_directory(config.output, overwrite=config.overwrite) as folder:
        loaded = (chunks.load(number) for number in range(len(chunks)))
        write_flat_index(folder / "index", loaded, chunks.passages, chunks.dimension)
        shutil.copyfile(chunks.folder / "docid", folder / "docid")
        write_manifest(folder, _manifest(encoder, chunks, config, job), config)


def _manifest(encoder: Encoder, chunks: Chunks, config: EncodeCorpusConfig, job: Job) -> Manifest:
    path = Path(config.encoder)
    return Manifest(
        kind="dense-index",
        properties={
            "encoder": encoder.name,
            "encoder_path": str(path.resolve()) if path.is_dir() else None,
            "encoder_fingerprint": encoder.fingerprint,
            "profile": encoder.profile,
            "dimension": chunks.dimension,
            "similarity": _similarity(encoder),
            "precision": config.precision,
            "passages": chunks.passages,
            "with_title": config.with_title,
        },
        inputs={"corpus": {"path": str(config.corpus), "sha256": job.corpus}},
    )


def _similarity(encoder: Encoder) -> str | None:
    """What the inner product of the vectors means; ``None`` where the encoder does not say."""
    similarity: str | None = getattr(getattr(encoder, "spec", None), "similarity", None)
    return similarity
