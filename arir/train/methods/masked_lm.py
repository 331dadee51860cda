"""``method: masked-lm``: the student's body learns to fill gaps in raw text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arir.data.bitext import read_bitext
from arir.data.collection import read_collection
from arir.data.lines import numbered_lines
from arir.errors import DataError
from arir.train.config import MaskedLmConfig
from arir.train.dev import load_dev_set
from arir.train.task import Task

if TYPE_CHECKING:
    from arir.train.methods import OpenStudent

__all__ = ["prepare", "read_texts"]

#: lines of a TSV that tell whether its first column holds ids
TRIED = 1000


def read_texts(config: MaskedLmConfig) -> Iterator[str]:
    """The texts of all files: passages of collections, both sides of bitext, lines of raw text.

    Raises:
        DataError: for an unusable file.
    """
    texts = (text for path in config.text for text in _texts_of(path))
    return islice(texts, config.max_texts)


def _texts_of(path: Path) -> Iterator[str]:
    kinds = {suffix.lower() for suffix in path.suffixes}
    if ".txt" in kinds:
        yield from (line for _, line in numbered_lines(path))
    elif path.is_dir() or ".tsv" not in kinds or _is_collection(path):
        yield from (passage.text for passage in read_collection(path))
    else:
        for line in read_bitext(path, targets=None):
            yield from (text for text in (line.source, *line.targets) if text)


def _is_collection(path: Path) -> bool:
    """Whether the first column of a TSV holds ids, which no line repeats and no space is in."""
    first = [line.split("\t")[0] for _, line in islice(numbered_lines(path), TRIED)]
    return len(set(first)) == len(first) and not any(" " in cell.strip() for cell in first)


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
