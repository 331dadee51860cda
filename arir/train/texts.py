"""The texts of a training as the student reads them: in its languages, switched, tokenised."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from arir.data.passage_index import PassageIndex
from arir.errors import DataError
from arir.train.config import RankingConfig
from arir.train.student import Student

if TYPE_CHECKING:
    from arir.augment.code_switch import CodeSwitcher
    from arir.models.batches import Lists, Role
    from arir.models.token_store import TokenStore

__all__ = ["RankingTexts", "make_collator", "mix_languages"]

#: texts on which a vocabulary is tried
TRIED = 1000

#: makes a batch of the numbers of some examples
Collator = Callable[[Sequence[int]], dict[str, object]]


class RankingTexts:
    """Queries, and passages in each language: passage ``p`` in language ``l`` is ``l * P + p``.

    Args:
        config: files, titles, languages and code-switching.
        query_ids: the queries in the order of their places.
        queries: their texts.
        index: the places of the passages, in the order of the first collection.
    """

    def __init__(
        self,
        config: RankingConfig,
        query_ids: Sequence[str],
        queries: Sequence[str],
        index: PassageIndex,
    ) -> None:
        self.config = config
        self.query_ids = query_ids
        self._queries = queries
        self.index = index
        self.languages = 1 + len(config.translations)
        self._switcher = _switcher(config)

    def queries(self) -> Iterator[str]:
        """The texts of the queries, code-switched where the settings say so."""
        if self._switcher is None:
            yield from self._queries
            return
        for identifier, text in zip(self.query_ids, self._queries, strict=True):
            yield self._switcher.query(identifier, text)

    def passages(self) -> Iterator[str]:
        """The passages, one language after the other, streamed from the collections."""
        for corpus in (self.config.corpus, *self.config.translations):
            texts = self._texts_of(corpus)
            if self._switcher is None:
                yield from texts
                continue
            for identifier, text in zip(self.index.ids(), texts, strict=True):
                yield self._switcher.passage(identifier, text)

    def _texts_of(self, corpus: Path) -> Iterator[str]:
        titled = self.config.with_title
        if corpus == self.config.corpus:
            yield from self.index.texts_in_order([corpus], with_title=titled)
            return
        texts = self.index.texts_of([corpus], with_title=titled)
        for identifier, text in zip(self.index.ids(), texts, strict=True):
            if text is None:
                fix = f"give a translation of every passage of {self.config.corpus}"
                raise DataError(f"passage {identifier} is missing", where=corpus, fix=fix)
            yield text

    def everything(self) -> Iterator[str]:
        """All texts, for a vocabulary to be learned from."""
        return chain(self.queries(), self.passages())


def _switcher(config: RankingConfig) -> CodeSwitcher | None:
    if not config.lexicon:
        return None
    from arir.augment.code_switch import CodeSwitcher
    from arir.augment.phrases import ENGLISH_STOP_WORDS, PhraseTable
    from arir.data.lexicon import read_lexicon

    table = PhraseTable.build(read_lexicon(*config.lexicon), without=ENGLISH_STOP_WORDS)
    return CodeSwitcher((table,), config.switch_queries, config.switch_passages, config.seed)


def mix_languages(lists: Lists, languages: int, mixing: str, passages: int, seed: int) -> Lists:
    """Realise passages in one of several languages (multilingual Translate-Distill).

    Args:
        lists: examples on passages of the first language.
        mixing: ``passages`` draws a language for each passage, ``entries`` one for each example,
            ``round-robin`` repeats every example in each language.
        passages: how many passages a language has.

    Reference:
        Yang, Lawrie and Mayfield, "Distillation for Multilingual Information Retrieval", SIGIR 2024
        (arXiv 2405.00977), section 3.
    """
    from arir.models.batches import Lists

    if languages == 1:
        return lists
    generator = np.random.default_rng(seed)
    shape: tuple[int, ...] = lists.passages.shape
    query, labels, places = lists.query, lists.labels, lists.passages
    if mixing == "round-robin":
        language: NDArray[np.int64] = np.repeat(np.arange(languages), len(lists))[:, None]
        query, labels = np.tile(query, languages), np.tile(labels, (languages, 1))
        places = np.tile(places, (languages, 1))
    elif mixing == "entries":
        language = generator.integers(0, languages, size=(shape[0], 1))
    else:
        language = generator.integers(0, languages, size=shape)
    return Lists(query, (places + language * passages).astype(np.int32), labels)


def make_collator(
    student: Student,
    lists: Lists,
    texts: RankingTexts,
    scratch: Path,
    relevant: dict[int, frozenset[int]] | None = None,
) -> Collator:
    """Tokenise all texts, each once, and make what cuts batches from them.

    Args:
        relevant: passages of the first language that answer a query; given, the batches serve
            in-batch losses. Their translations answer it too.

    Raises:
        ModelError: where the student cannot read the texts.
    """
    from arir.models.batches import InBatchCollator, ListCollator, pass_budget

    tokenizer, family = student.learner.tokenizer, student.spec.family
    queries = _tokens(student, texts.queries(), "query", scratch)
    passages = _tokens(student, texts.passages(), "passage", scratch)
    budget = pass_budget(next(student.learner.parameters()).device)
    if family == "cross-encoder":
        from arir.models.cross_encoder.batches import PairCollator

        length = student.trained_on(student.spec.pair_length)
        return PairCollator(lists, queries, passages, tokenizer, length, budget)
    apart = family == "late-interaction"
    if relevant is None:
        return ListCollator(lists, queries, passages, tokenizer, budget, apart=apart)
    everywhere = {
        query: frozenset(
            place + language * len(texts.index)
            for place in places
            for language in range(texts.languages)
        )
        for query, places in relevant.items()
    }
    return InBatchCollator(
        lists, queries, passages, tokenizer, budget, apart=apart, relevant=everywhere
    )


def _tokens(student: Student, texts: Iterable[str], role: Role, scratch: Path) -> TokenStore:
    from arir.models.bi_encoder.student import refuse_unknowns
    from arir.models.token_store import tokenise_texts

    spec, tokenizer = student.spec, student.learner.tokenizer
    prepare = student.prepare_query if role == "query" else student.prepare_passage
    prepared = (prepare(text) for text in texts)
    first = list(islice(prepared, TRIED))
    refuse_unknowns(tokenizer, first, spec.name)
    length = spec.pair_length or (spec.query_length if role == "query" else spec.passage_length)
    return tokenise_texts(
        tokenizer,
        chain(first, prepared),
        student.trained_on(length),
        scratch,
        role,
        special=spec.pair_length is None,
    )
