"""Search a collection that has no index: encode it into a temporary one, and search that."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from arir.config import as_command
from arir.data.collection import read_collection
from arir.index.config import EncodeCorpusConfig
from arir.search.config import SearchConfig
from arir.search.max_passage import check_passages
from arir.search.threads import torch_threads
from arir.students.find import ENCODER

__all__ = ["indexed"]


@contextmanager
def indexed(config: SearchConfig) -> Iterator[tuple[SearchConfig, tuple[str, ...]]]:
    """The settings of a search of indexes, and notes for the user.

    Where the settings name a collection, it is encoded first; its index goes with the block.

    Raises:
        DataError: for a bad line of the collection, before anything is encoded.
        ModelError: where the encoder cannot be loaded.
        OutputError: where there is no room for the vectors.
    """
    if config.corpus is None:
        yield config, ()
        return
    if config.max_passage:
        check_passages((passage.id for passage in read_collection(config.corpus)), config.corpus)
    with tempfile.TemporaryDirectory(prefix="arir-search-") as folder:
        encoding = _encoding(config, config.corpus, Path(folder) / "index")
        _encode(encoding, config.threads)
        kept = as_command("encode-corpus", replace(encoding, output=Path("DIR")))
        note = f"the vectors were not kept; to search again at once, make an index: {kept}"
        search = replace(
            config,
            corpus=None,
            with_title=False,
            index=(encoding.output,),
            encoder=encoding.encoder,
        )
        yield search, (note,)


def _encoding(config: SearchConfig, corpus: Path, output: Path) -> EncodeCorpusConfig:
    return EncodeCorpusConfig(
        corpus=corpus,
        encoder=config.encoder or ENCODER,
        output=output,
        with_title=config.with_title,
        device=config.device,
        precision=config.precision,
    )


def _encode(encoding: EncodeCorpusConfig, threads: int | None) -> None:
    from arir.index.dense import encode_corpus

    with torch_threads(threads):
        encode_corpus(encoding)
