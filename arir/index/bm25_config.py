"""Settings of ``arir index``."""

from __future__ import annotations

from pathlib import Path

from arir.config import argument, configuration, option
from arir.lucene.languages import check_language
from arir.text import get_profile

__all__ = ["IndexConfig"]


@configuration
class IndexConfig:
    """Build a BM25 index with Lucene, which Pyserini can search as well.

    The analyser of the language splits the text into tokens, drops stop words and stems; searches
    treat their queries alike. Codes: ar, bn, da, de, en, es, fa, fi, fr, hi, hu, id, it, ja, ko,
    nl, no, pl, pt, ru, sv, te, th, tr, uk, zh; ha, so, sw, yo and whitespace split at white space
    only.
    """

    corpus: Path = argument("Collection: JSONL or TSV, gzip too, or a folder of such")
    output: Path = option("Folder of the index", metavar="DIR")
    language: str = option("Language of the analyser", default="ar", metavar="CODE")
    profile: str = option(
        "Normalisation before the analyser: none, lucene or araelectra", default="none"
    )
    with_title: bool = option("Put the title before the contents of a passage", default=False)
    threads: int | None = option("CPU threads; all cores by default", default=None, at_least=1)
    overwrite: bool = option("Replace an index", default=False)

    def __post_init__(self) -> None:
        """Check language and profile.

        Raises:
            ConfigError: where there is no such analyser or profile.
        """
        check_language(self.language)
        get_profile(self.profile)
