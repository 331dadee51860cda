"""The classes that Pyserini constructs: its keywords in, arir's encoders behind.

Pyserini asks for no base class, so that these have none and import without it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arir.data.collection import Passage
from arir.errors import ConfigError
from arir.models.loading import load_encoder
from arir.models.protocols import Encoder, Vectors
from arir.pyserini.known import choose_spec

__all__ = ["ArirDocumentEncoder", "ArirQueryEncoder", "document_class", "query_class"]

logger = logging.getLogger("arir.pyserini")
#: what Pyserini passes when the user says nothing
DEFAULT_MAX_LENGTH = 256


class ArirQueryEncoder:
    """A bi-encoder of arir where Pyserini expects a query encoder.

    Args:
        encoder_dir: registry name, hub id or folder.
        tokenizer_name: must be left out; a model comes with its tokeniser.
        device: ``cpu`` or ``cuda:N``.
        prefix: must be left out; a model's own prefix is used.
        fp16: half precision.
        kwargs: Pyserini's pooling and normalisation flags, which a model's own settings replace.

    Raises:
        ConfigError: for another tokeniser or prefix.
        ModelError: where the model cannot be opened, or any of its weights are missing.
    """

    #: the registry entry that the class was asked for by; ``None`` takes the model as it declares
    registered: str | None = None

    def __init__(
        self,
        encoder_dir: str,
        tokenizer_name: str | None = None,
        device: str = "cpu",
        prefix: str | None = None,
        fp16: bool = False,
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        _refuse("--tokenizer", tokenizer_name if tokenizer_name != encoder_dir else None)
        _refuse("--query-prefix", prefix)
        self.encoder = _load(encoder_dir, self.registered, device, fp16=fp16)
        self.has_model = True

    def encode(self, query: str, **kwargs: Any) -> NDArray[np.float32]:  # noqa: ARG002
        """Encode one query; shape (dimension,)."""
        return self.encoder.encode(query)

    def encode_batch(self, queries: Sequence[str]) -> Vectors:
        """Encode queries; shape (queries, dimension). Pyserini's batch search looks for it."""
        return self.encoder.encode_queries(queries)


class ArirDocumentEncoder:
    """A bi-encoder of arir where Pyserini expects a document encoder; arguments as for queries."""

    registered: str | None = None

    def __init__(
        self,
        model_name: str,
        tokenizer_name: str | None = None,
        device: str = "cpu",
        prefix: str | None = None,
        fp16: bool = False,
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        _refuse("--tokenizer", tokenizer_name if tokenizer_name != model_name else None)
        _refuse("--prefix", prefix)
        self.encoder = _load(model_name, self.registered, device, fp16=fp16)
        self.has_model = True

    def encode(
        self,
        texts: Sequence[str],
        titles: Sequence[str | None] | None = None,
        max_length: int | None = None,
        fp16: bool = False,  # noqa: ARG002 - on a GPU the encoder runs in fp16 anyway
        add_sep: bool = False,
        **kwargs: Any,  # noqa: ARG002
    ) -> Vectors:
        """Encode passages, with their titles as ``arir encode-corpus --with-title`` joins them.

        The model's own maximum length holds.

        Raises:
            ConfigError: for ``add_sep``, which would put titles in as a separate segment.
        """
        if add_sep:
            _refuse("--add-sep", "true")
        if max_length not in (None, DEFAULT_MAX_LENGTH):
            logger.warning("--max-length %s is ignored: the model's own holds", max_length)
        if titles is None:
            return self.encoder.encode_passages(texts)
        pairs = zip(texts, titles, strict=True)
        return self.encoder.encode_passages(
            [Passage(id="", contents=text, title=title or "").text for text, title in pairs]
        )


def query_class(name: str | None) -> type[ArirQueryEncoder]:
    """The query encoder class for a registry entry, or for any model as it declares itself."""
    return type("ArirQueryEncoder", (ArirQueryEncoder,), {"registered": name})


def document_class(name: str | None) -> type[ArirDocumentEncoder]:
    """The document encoder class for a registry entry, or for any model as it declares itself."""
    return type("ArirDocumentEncoder", (ArirDocumentEncoder,), {"registered": name})


def _load(encoder: str, name: str | None, device: str, *, fp16: bool) -> Encoder:
    precision = "fp16" if fp16 else "auto"
    return load_encoder(choose_spec(encoder, name), device=device, precision=precision)


def _refuse(flag: str, value: str | None) -> None:
    if value is not None:
        raise ConfigError(f"{flag} does not go with arir's encoders", fix="leave it out")
