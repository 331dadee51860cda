"""Frozen teachers on the English side of bitext: each sentence is encoded once, into a file."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from arir.artefacts.atomic import atomic_bytes
from arir.data.flat_file import FlatFile
from arir.errors import ModelError
from arir.models.batches import pass_budget
from arir.models.batching import Tokens, pad, token_batches
from arir.models.late_interaction.expansion import expansion_of
from arir.models.protocols import Encoder
from arir.models.registry import find_model
from arir.models.token_store import TokenStore, tokenise_texts
from arir.progress import progress
from arir.text import get_profile

__all__ = ["TeacherTokens", "refuse_expansion", "teacher_tokens", "teacher_vectors"]

#: sentences encoded together
BLOCK = 4096


def teacher_vectors(
    folder: Path, texts: Sequence[str], scratch: Path, name: str, cache: Path | None = None
) -> NDArray[Any]:
    """The vectors of a bi-encoder, as it encodes passages; shape (texts, dimension).

    Args:
        folder: of the teacher.
        texts: the distinct English sentences.
        scratch: where the vectors go, in a file.
        name: of that file.
        cache: a folder where vectors are kept and looked for, by teacher and texts.

    Raises:
        ModelError: where the folder holds no bi-encoder.
        OutputError: where the cache cannot be written.
    """
    from arir.models.loading import load_encoder

    encoder = load_encoder(folder, precision="fp32")
    if cache is None:
        return _encoded(encoder, texts, scratch, name)
    key = hashlib.sha256("\0".join([encoder.fingerprint, *texts]).encode()).hexdigest()
    kept = cache / f"{key[:32]}.npy"
    if not kept.is_file():
        vectors = _encoded(encoder, texts, scratch, name)
        buffer = io.BytesIO()
        np.save(buffer, vectors, allow_pickle=False)
        cache.mkdir(parents=True, exist_ok=True)
        atomic_bytes(kept, buffer.getvalue())
    found: NDArray[Any] = np.load(kept, mmap_mode="r", allow_pickle=False)
    return found


def _encoded(encoder: Encoder, texts: Sequence[str], scratch: Path, name: str) -> NDArray[Any]:
    file = FlatFile(scratch / f"{name}.vectors", np.dtype(np.float32))
    blocks = [texts[start : start + BLOCK] for start in range(0, len(texts), BLOCK)]
    with closing(file):
        for block in progress(blocks, "teacher", unit="block"):
            file.append(encoder.encode_passages(block).reshape(-1))
    return file.mapped().reshape(len(texts), encoder.dimension)


@dataclass(frozen=True)
class TeacherTokens:
    """The token vectors of a late-interaction teacher, one text after the other.

    Attributes:
        values: unit vectors in half precision, shape (T * D,), a memory map.
        ids: the vocabulary's number of each token, shape (T,).
        offsets: shape (N + 1,); text ``i`` has tokens ``offsets[i]`` to ``offsets[i + 1]``.
        dimension: D.
    """

    values: NDArray[np.float16]
    ids: NDArray[np.int64]
    offsets: NDArray[np.int64]
    dimension: int

    def rows(self, places: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Some texts, padded.

        Returns:
            Vectors, float32 of shape (B, n, D); the mask and the token ids, both of shape (B, n).
        """
        starts, stops = self.offsets[places], self.offsets[places + 1]
        lengths = stops - starts
        mask = np.arange(max(1, lengths.max(initial=1))) < lengths[:, None]
        flat = np.concatenate([np.arange(a, b) for a, b in zip(starts, stops, strict=True)])
        vectors = np.zeros((*mask.shape, self.dimension), np.float32)
        vectors[mask] = self.values.reshape(-1, self.dimension)[flat]
        ids = np.zeros(mask.shape, np.int64)
        ids[mask] = self.ids[flat]
        return torch.from_numpy(vectors), torch.from_numpy(mask), torch.from_numpy(ids)


@torch.inference_mode()
def teacher_tokens(folder: Path, texts: Sequence[str], scratch: Path, name: str) -> TeacherTokens:
    """Run a late-interaction teacher's query encoder over texts.

    Raises:
        ModelError: where the model in the folder cannot be opened, or expands queries.
    """
    from arir.models.devices import choose_device
    from arir.models.hub import fetch_model
    from arir.models.late_interaction.model import open_late_interaction

    spec = find_model(folder)
    device = choose_device("auto")
    model = open_late_interaction(spec, fetch_model(spec), device)
    refuse_expansion(model, folder)
    normalise = get_profile(spec.profile)
    prepared = (spec.query_prefix + normalise(text) for text in texts)
    store = tokenise_texts(model.tokenizer, prepared, spec.query_length or 0)
    values = FlatFile(scratch / f"{name}.vectors", np.dtype(np.float16))
    ids, lengths = [np.empty(0, np.int64)], [np.zeros(1, np.int64)]
    with closing(values):
        blocks = range(0, len(store), BLOCK)
        for start in progress(blocks, "teacher", unit="block"):
            places = np.arange(start, min(start + BLOCK, len(store)))
            for vectors, pieces in _encode_block(model, store, places, device):
                values.append(vectors.reshape(-1))
                ids.append(pieces)
                lengths.append(np.array([len(pieces)]))
    offsets = np.cumsum(np.concatenate(lengths))
    dimension = len(values.mapped()) // max(1, int(offsets[-1]))
    return TeacherTokens(values.mapped(), np.concatenate(ids), offsets, dimension)


def refuse_expansion(model: Any, name: object) -> None:
    """Stop where queries are filled up with tokens that no sentence has.

    Raises:
        ModelError: where they are.
    """
    if expansion_of(model[0]) is not None:
        what = "it expands queries by tokens that have no counterpart in a translation"
        raise ModelError(what, where=name, fix="take a model without query expansion")


def _encode_block(
    model: Any, store: TokenStore, places: NDArray[np.int64], device: torch.device
) -> list[tuple[NDArray[np.float16], NDArray[np.int64]]]:
    """Vectors and ids of each text's tokens that count, in the order of the texts."""
    from arir.models.late_interaction.model import token_vectors

    rows = store.rows(places)
    types = "token_type_ids" in model.tokenizer.model_input_names
    tokens = Tokens(rows, [[0] * len(row) for row in rows] if types else None, 0)
    found: list[Any] = [None] * len(rows)
    for batch in token_batches(tokens.lengths, pass_budget(device)):
        features = {k: v.to(device) for k, v in pad(tokens, batch, model.tokenizer).items()}
        vectors, mask = token_vectors(model, features, "query")
        for row, place in enumerate(batch):
            kept = mask[row]
            pieces = features["input_ids"][row][kept].cpu().numpy()
            found[place] = (vectors[row][kept].half().cpu().numpy(), pieces)
    return found
