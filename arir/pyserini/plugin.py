"""Put arir's encoders into Pyserini's tables, ahead of its guesses by substring.

Pyserini has no entry point for encoders, only two dictionaries, and takes the first key that occurs
in the encoder string. A folder ``kd-aradpr`` would so become a DPR encoder, whose weights, not
being in the folder, would be random.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from arir.errors import ModelError
from arir.pyserini.known import is_known, keywords

__all__ = ["register"]

#: folders registered so far in this process, lower case, as Pyserini compares them
_folders: dict[str, None] = {}


def register(*folders: str | Path) -> None:
    """Make Pyserini in this process load arir's models through arir.

    Every bi-encoder of the registry, by short name and by hub id, goes into Pyserini's query and
    document encoder tables ahead of its own keywords; ``FaissSearcher(index, "kd-aradpr")`` loads
    it too; and Pyserini's DPR classes refuse a model that is none. Starts the JVM, which Pyserini
    needs on import. Calling it again changes nothing.

    Args:
        folders: model folders under other names that shall be loaded through arir as well.

    Raises:
        DependencyError: where Pyserini or Java is not there.
    """
    encode = _import_pyserini()
    from pyserini.search.faiss import FaissSearcher

    from arir.pyserini.encoders import document_class, query_class

    _folders.update((str(folder).lower(), None) for folder in folders)
    names: dict[str, str | None] = {**dict.fromkeys(_folders), **keywords()}
    _put_first(encode.query_encoder_class_map, {k: query_class(n) for k, n in names.items()})
    _put_first(encode.document_encoder_class_map, {k: document_class(n) for k, n in names.items()})
    _guard_guess(FaissSearcher)
    _guard_dpr(encode.DprQueryEncoder)
    _guard_dpr(encode.DprDocumentEncoder)


def _import_pyserini() -> Any:
    from arir.lucene.jvm import start_jvm

    start_jvm()
    import pyserini.encode

    return pyserini.encode


def _put_first(table: dict[str, Any], ours: dict[str, Any]) -> None:
    """Reorder the dictionary in place: other modules hold references to it."""
    others = {keyword: kind for keyword, kind in table.items() if keyword not in ours}
    table.clear()
    table.update(ours)
    table.update(others)


def _guard_guess(searcher: Any) -> None:
    """``FaissSearcher(index, "name")`` guesses by substring too: ask arir first."""
    guess = searcher._init_encoder_from_str
    if hasattr(guess, "__wrapped__"):
        return

    @functools.wraps(guess)
    def init(encoder: str) -> Any:
        from arir.models.loading import load_encoder

        if is_known(encoder) or encoder.lower() in _folders:
            return load_encoder(encoder)
        return guess(encoder)

    searcher._init_encoder_from_str = staticmethod(init)


def _guard_dpr(kind: Any) -> None:
    """Refuse what is no DPR model, rather than fill a DPR encoder with random weights."""
    build = kind.__init__
    if hasattr(build, "__wrapped__"):
        return

    @functools.wraps(build)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        given = args[0] if args else kwargs.get("encoder_dir") or kwargs.get("model_name")
        if given:
            _check_dpr(str(given))
        build(self, *args, **kwargs)

    kind.__init__ = init


def _check_dpr(name: str) -> None:
    """Read the architecture off the model's configuration.

    Raises:
        ModelError: where it is not DPR's.
    """
    from transformers import PretrainedConfig

    architecture = PretrainedConfig.get_config_dict(name)[0].get("model_type")
    if architecture not in (None, "dpr"):
        raise ModelError(
            f"is a {architecture} model: as a DPR encoder it would get random weights",
            where=name,
            fix="load it with arir.load_encoder, or name its --encoder-class",
        )
