"""BM25 straight on Lucene, as Anserini's ``SimpleSearcher`` ranks, without what makes it slow.

``SimpleSearcher`` reads the stored text of every hit, and every hit becomes a Python object. Here
Lucene sorts by score and id, which it keeps in a column of its own, and hands a whole ranking over
as one JSON string.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

from arir.data.runs import Hit
from arir.errors import IndexMismatchError
from arir.lucene.jvm import java_class
from arir.lucene.languages import analyser
from arir.lucene.reader import LUCENE, REBUILD, java_reason, open_reader
from arir.lucene.ties import adjust_ties

__all__ = ["BM25Searcher"]

#: the fields of every Anserini index
CONTENTS, ID = "contents", "id"
#: Lucene refuses a query of more terms than this; its own limit of 1,024 is short for a passage
LONGEST_QUERY = 65_536


class BM25Searcher:
    """A Lucene index opened for BM25; several threads may search it at once.

    Args:
        index: the folder.
        language: the code of the analyser that built the index.
        k1: term frequency saturation.
        b: length normalisation, from 0 to 1.

    Raises:
        IndexMismatchError: where the folder is no Lucene index of passages, or is damaged.
        ConfigError: where the language is unknown.
    """

    def __init__(self, index: Path, language: str, k1: float = 0.9, b: float = 0.4) -> None:
        self.index = index
        self._analyser = analyser(language)
        self._reader = open_reader(index)
        try:
            _check_fields(index, self._reader)
        except IndexMismatchError:
            self.close()
            raise
        self._searcher = _index_searcher(self._reader, k1, b)
        self._generator = java_class("io.anserini.search.query.BagOfWordsQueryGenerator")()
        self._mapper = java_class("com.fasterxml.jackson.databind.ObjectMapper")()
        self._order = _by_score_and_id()

    def __len__(self) -> int:
        return int(self._reader.numDocs())

    def search(self, query: str, hits: int) -> list[Hit]:
        """The passages that score best, with Anserini's tie order and its rounded scores.

        A query of which the analyser leaves nothing, or only unknown words, has no hits.

        Raises:
            IndexMismatchError: where the index turns out to be damaged.
        """
        import jnius

        try:
            parsed = self._generator.buildQuery(CONTENTS, self._analyser, query)
            found = self._searcher.search(parsed, hits, self._order, True)
            ranking = json.loads(self._mapper.writeValueAsString(found))["scoreDocs"]
        except jnius.JavaException as error:
            raise IndexMismatchError(
                f"Lucene cannot search it ({java_reason(error)})", where=self.index, fix=REBUILD
            ) from error
        scores = np.array([hit["score"] for hit in ranking], dtype=np.float32)
        docids = (_docid(hit["fields"][1]) for hit in ranking)
        return list(map(Hit, docids, adjust_ties(scores).tolist()))

    def close(self) -> None:
        """Let go of the index's files."""
        self._reader.close()


def _docid(value: dict[str, Any]) -> str:
    """A Lucene ``BytesRef``, a window on bytes, as Jackson writes it."""
    start = value["offset"]
    return base64.b64decode(value["bytes"])[start : start + value["length"]].decode("utf-8")


def _index_searcher(reader: Any, k1: float, b: float) -> Any:
    import jnius

    kind = java_class(f"{LUCENE}.search.IndexSearcher")
    kind.setMaxClauseCount(LONGEST_QUERY)
    searcher = kind(jnius.cast(f"{LUCENE}.index.IndexReader", reader))
    searcher.setSimilarity(java_class(f"{LUCENE}.search.similarities.BM25Similarity")(k1, b))
    return searcher


def _by_score_and_id() -> Any:
    field = java_class(f"{LUCENE}.search.SortField")
    by_id = field(ID, java_class(f"{LUCENE}.search.SortField$Type").STRING_VAL)
    return java_class(f"{LUCENE}.search.Sort")(field.FIELD_SCORE, by_id)


def _check_fields(index: Path, reader: Any) -> None:
    """Make sure that the index holds analysed text and ids in a column."""
    infos = java_class(f"{LUCENE}.index.FieldInfos").getMergedFieldInfos(reader)
    if infos.fieldInfo(CONTENTS) is None:
        what = f"a Lucene index without a field '{CONTENTS}', so not one of passages"
        raise IndexMismatchError(what, where=index, fix="BM25 searches what arir index builds")
    ids = infos.fieldInfo(ID)
    if ids is None or str(ids.getDocValuesType().toString()) != "BINARY":
        what = "its passage ids are not laid out as Anserini has done since Lucene 9"
        raise IndexMismatchError(what, where=index, fix=REBUILD)
