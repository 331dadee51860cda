"""Lay finished chunks out as an index under its final name."""

from __future__ import annotations

import shutil
from typing import Any

from arir.artefacts import Manifest, atomic_directory, write_manifest
from arir.index.chunks import Store
from arir.index.config import EncodeCorpusConfig
from arir.index.job import Job
from arir.models.concatenated_name import located
from arir.models.protocols import Encoder, LateEncoder

__all__ = ["put_together"]


def put_together(
    encoder: Encoder | LateEncoder, chunks: Store[Any], config: EncodeCorpusConfig, job: Job
) -> None:
    """Lay the index out under its final name: all of it, or nothing.

    Raises:
        OutputError: where the folder exists and may not be replaced, or cannot be written.
    """
    with atomic_directory(config.output, overwrite=config.overwrite) as folder:
        chunks.write_index(folder)
        shutil.copyfile(chunks.folder / "docid", folder / "docid")
        write_manifest(folder, _manifest(encoder, chunks, config, job), config)


def _manifest(
    encoder: Encoder | LateEncoder, chunks: Store[Any], config: EncodeCorpusConfig, job: Job
) -> Manifest:
    return Manifest(
        kind=chunks.kind,
        properties={
            "encoder": encoder.name,
            "encoder_path": located(config.encoder),
            "encoder_fingerprint": encoder.fingerprint,
            "profile": encoder.profile,
            "dimension": chunks.dimension,
            **chunks.properties(encoder),
            "precision": config.precision,
            "passages": chunks.passages,
            "with_title": config.with_title,
        },
        inputs={"corpus": {"path": str(config.corpus), "sha256": job.corpus}},
    )
