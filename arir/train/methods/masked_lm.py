"""``method: masked-lm``: the student's body learns to fill gaps in raw text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arir.data.text_source import TextSource
from arir.errors import DataError
from arir.train.config import MaskedLmConfig
from arir.train.dev import load_dev_set
from arir.train.task import Task

if TYPE_CHECKING:
    from arir.train.methods import OpenStudent

__all__ = ["prepare", "read_texts"]


def read_texts(config: MaskedLmConfig) -> Iterator[str]:
    """The texts of all files: passages of collections, both sides of bitext, lines of raw text.

    Raises:
        DataError: for an unusable file.
    """
    texts = (text for path in config.text for text in TextSource(path).texts())
    return islice(texts, config.max_texts)


def prepare(config: MaskedLmConfig, open_student: OpenStudent, scratch: Path) -> Task:
    """Tokenise the texts.

    Raises:
        ConfigError: where the student's tokeniser has no mask.
        DataError: for an unusable file, or where there is no text.
    """
    from arir.models.batches import pass_budget
    from arir.models.bi_encoder.student import refuse_unknowns
    from arir.models.token_store import tokenise_texts
    from arir.train.masked_lm import MaskedLmCollator, MaskedLmObjective

    student = open_student(lambda: read_texts(config))
    tokenizer = student.learner.tokenizer
    prepare_text = student.prepare_passage
    refuse_unknowns(
        tokenizer, [prepare_text(text) for text in islice(read_texts(config), 1000)], config.student
    )
    texts = (prepare_text(text) for text in read_texts(config))
    tokens = tokenise_texts(
        tokenizer, texts, student.trained_on(student.spec.passage_length), scratch, "texts"
    )
    if not len(tokens):
        raise DataError("there is no text to adapt to", where=config.text[0])
    budget = pass_budget(next(student.learner.parameters()).device)
    facts: dict[str, Any] = {
        "labels": "masked tokens",
        "teacher": {},
        "texts": len(tokens),
        "tokens": int(tokens.offsets[-1]),
    }
    return Task(
        student=student,
        objective=MaskedLmObjective(student.learner, config.seed),
        rows=len(tokens),
        unit="texts",
        collator=MaskedLmCollator(tokens, tokenizer, config, budget),
        facts=facts,
        dev=load_dev_set(config),
    )
