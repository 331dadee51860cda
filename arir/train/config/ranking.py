"""Settings of the methods that learn from queries and passages."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from arir.config import configuration, option
from arir.train.config.common import Paths, StudentConfig

__all__ = ["RankingConfig"]


@configuration
class RankingConfig(StudentConfig):
    """Queries and passages, their languages, and code-switching."""

    corpus: Path = option("Collection in the student's language: JSONL or TSV, or a folder of such")
    topics: Paths = option(
        "TSV of training queries in the student's language; may be given several times",
        metavar="FILE",
    )
    with_title: bool = option("Put the title before the contents of a passage", default=False)
    translations: Paths = option(
        "The same collection in another language, under the same ids; may be given several times",
        default=(),
    )
    mixing: Literal["passages", "entries", "round-robin"] = option(
        "How languages share the training: drawn for each passage, for each query, or every query"
        " once in each (Yang et al., multilingual Translate-Distill)",
        default="passages",
    )
    lexicon: Paths = option(
        "Dictionary (source, tab, target) to code-switch with; may be given several times",
        default=(),
        metavar="FILE",
    )
    switch_queries: float = option(
        "Probability that a query's word is replaced from the lexicon",
        default=0.0,
        at_least=0,
        at_most=1,
    )
    switch_passages: float = option(
        "Probability that a passage's word is replaced from the lexicon",
        default=0.0,
        at_least=0,
        at_most=1,
    )

    def contradictions(self) -> list[str]:
        """What the settings say against each other, a sentence each."""
        faults = super().contradictions()
        switches = self.switch_queries or self.switch_passages
        if not self.topics:
            faults.append("topics names no file")
        if switches and not self.lexicon:
            faults.append("switch-queries and switch-passages need a lexicon")
        if self.lexicon and not switches:
            faults.append("a lexicon needs switch-queries or switch-passages above 0")
        return faults
