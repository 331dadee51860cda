"""``method: bitext``: an English teacher's vectors, learned on translated sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arir.augment.code_switch import text_rng
from arir.data.bitext import read_bitext
from arir.data.lexicon import read_lexicon
from arir.errors import ConfigError, DataError, ModelError
from arir.models.registry import find_model
from arir.train.config import BitextConfig
from arir.train.dev import load_dev_set
from arir.train.student import Student
from arir.train.task import Task

if TYPE_CHECKING:
    import torch

    from arir.models.token_store import TokenStore
    from arir.train.methods import OpenStudent

__all__ = ["Bitext", "load_bitext", "prepare"]


@dataclass(frozen=True)
class Bitext:
    """N pairs of distinct sentences.

    Attributes:
        sources: the distinct English sentences.
        targets: the distinct translations.
        source: each pair's English sentence, shape (N,).
        target: each pair's translation, shape (N,).
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    source: NDArray[np.int64]
    target: NDArray[np.int64]


def load_bitext(config: BitextConfig) -> Bitext:
    """Read all files as one, without repeated pairs; of more than ``max_pairs`` draw that many.

    Entries of lexica come after the sentences.

    Raises:
        DataError: for an unusable file, or where no pair is left.
    """
    pairs: dict[tuple[str, str], None] = {}
    for path in config.bitext:
        lines = read_bitext(path, min_chars=config.min_chars, max_chars=config.max_chars)
        pairs.update({(line.source, line.targets[0]): None for line in lines})
    if not pairs:
        fix = "check --min-chars and --max-chars"
        raise DataError("no pair of sentences is left", where=config.bitext[0], fix=fix)
    pairs.update(dict.fromkeys(_lexicon_pairs(config)))
    chosen = list(pairs)
    if config.max_pairs is not None and config.max_pairs < len(chosen):
        drawn = np.random.default_rng(config.seed).permutation(len(chosen))[: config.max_pairs]
        chosen = [chosen[at] for at in np.sort(drawn)]
    sources = {source: None for source, _ in chosen}
    targets = {target: None for _, target in chosen}
    source_places = {text: place for place, text in enumerate(sources)}
    target_places = {text: place for place, text in enumerate(targets)}
    return Bitext(
        tuple(sources),
        tuple(targets),
        np.array([source_places[source] for source, _ in chosen]),
        np.array([target_places[target] for _, target in chosen]),
    )


def _lexicon_pairs(config: BitextConfig) -> Iterator[tuple[str, str]]:
    """Every entry of the lexica with one of its translations, in whatever order files list them.

    Word nets list the words of all senses, most of them rare, which would outweigh the sentences.
    """
    for source, translations in sorted(read_lexicon(*config.lexicon or ()).items()):
        draw = text_rng(config.seed, "lexicon", source)
        yield source, draw.choice(sorted(translations))


def prepare(config: BitextConfig, open_student: OpenStudent, scratch: Path) -> Task:
    """Encode the English side with the teacher, and tokenise.

    Raises:
        ConfigError: where student and teacher have vectors of different lengths.
        DataError: for unusable bitext.
        ModelError: where a teacher cannot be opened or is of another family than the student, or
            token vectors are to be compared of a model that expands queries.
    """
    from arir.models.batches import pass_budget
    from arir.train.bitext_batches import BitextCollator
    from arir.train.teacher_vectors import refuse_expansion

    _check_teachers(config)
    bitext = load_bitext(config)
    student = open_student(lambda: [*bitext.sources, *bitext.targets])
    late = student.spec.family == "late-interaction"
    if late:
        refuse_expansion(student.learner.model, config.student)
    _check_dimensions(config, student)
    sources = _tokens(student, bitext.sources, scratch, "source")
    targets = _tokens(student, bitext.targets, scratch, "target")
    taught = _teach(config, bitext, scratch, late)
    collator = BitextCollator(
        sources,
        targets,
        bitext.source,
        bitext.target,
        student.learner.tokenizer,
        pass_budget(next(student.learner.parameters()).device),
        with_source=_reads_source(config),
        **taught,
    )
    return Task(
        student=student,
        objective=_objective(config, student, taught, sources, targets),
        rows=len(bitext.source),
        unit="pairs",
        collator=collator,
        facts=_facts(config, bitext),
        dev=load_dev_set(config),
    )


def _tokens(student: Student, texts: Sequence[str], scratch: Path, name: str) -> TokenStore:
    """Sentences as the student will read them in search: as queries."""
    from arir.models.bi_encoder.student import refuse_unknowns
    from arir.models.token_store import tokenise_texts

    prepare_text = student.prepare_query
    prepared: Iterable[str] = (prepare_text(text) for text in texts)
    refuse_unknowns(
        student.learner.tokenizer, [prepare_text(text) for text in texts[:1000]], student.spec.name
    )
    spec = student.spec
    longest = spec.passage_length if spec.family == "bi-encoder" else None
    length = student.trained_on(spec.query_length, longest)
    return tokenise_texts(student.learner.tokenizer, prepared, length, scratch, name)


def _teach(config: BitextConfig, bitext: Bitext, scratch: Path, late: bool) -> dict[str, Any]:
    """What the teachers give of the English side, as the collator takes it."""
    from arir.train.teacher_vectors import teacher_tokens, teacher_vectors

    if config.labels == "hard" or config.teacher is None:
        return {}
    if late:
        return {"tokens": teacher_tokens(config.teacher[0], bitext.sources, scratch, "teacher")}
    vectors = [
        teacher_vectors(folder, bitext.sources, scratch, f"teacher-{number}", config.teacher_cache)
        for number, folder in enumerate(config.teacher)
    ]
    return {"vectors": vectors}


def _check_teachers(config: BitextConfig) -> None:
    """Vectors teach vectors, and token vectors teach token vectors."""
    student = config.family or "bi-encoder"
    for folder in config.teacher or ():
        family = find_model(folder).family
        if family != student:
            what = f"a {student} student learns from a {student} teacher, and this is a {family}"
            raise ModelError(what, where=folder, fix=f"give a {student}, or set --family {family}")


def _check_dimensions(config: BitextConfig, student: Student) -> None:
    """Compare the lengths of vectors before the teacher encodes anything; project where asked."""
    if config.labels == "hard" or config.teacher is None or config.used == ["relational_kl"]:
        return
    from arir.train.projection import dimension_of, project

    taught = dimension_of(config.teacher[0])
    own = student.learner.dimension
    if taught == own:
        return
    late = student.spec.family == "late-interaction"
    if late or not config.projection:
        what = f"the student's vectors have length {own}, the teacher's {taught}"
        fix = "use --projection, which puts a linear layer on the student, or --relational-kl alone"
        if late:
            fix = f"start from a bi-encoder or plain encoder with --dimension {taught}"
        raise ConfigError(what, fix=fix)
    project(student.learner, taught, config.seed)


def _reads_source(config: BitextConfig) -> bool:
    """Whether the student reads the English side; without a teacher, translations need it."""
    return config.source or config.labels == "hard"


def _objective(
    config: BitextConfig,
    student: Student,
    taught: dict[str, Any],
    sources: TokenStore,
    targets: TokenStore,
) -> torch.nn.Module:
    from arir.train.bitext_objectives import TokenObjective, VectorObjective

    if student.spec.family != "late-interaction":
        return VectorObjective(student.learner, config)
    if config.marginals == "uniform" or "tokens" not in taught:
        return TokenObjective(student.learner, config)
    tokens = taught["tokens"]
    read = [targets, sources] if _reads_source(config) else [targets]
    return TokenObjective(
        student.learner,
        config,
        _idf([(tokens.ids, tokens.offsets)], int(tokens.ids.max(initial=0)) + 1),
        # Padding is looked up too, so that every piece needs a weight.
        _idf([(store.tokens, store.offsets) for store in read], len(student.learner.tokenizer)),
    )


def _idf(sides: Sequence[tuple[NDArray[Any], NDArray[np.int64]]], size: int) -> torch.Tensor:
    """The smoothed idf of every piece over the sentences of all sides; shape (size,)."""
    import torch

    from arir.losses.marginals import smoothed_idf

    frequencies = np.zeros(size, np.int64)
    for ids, offsets in sides:
        sentences = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        pairs = np.unique(sentences * size + np.asarray(ids, np.int64))
        frequencies += np.bincount(pairs % size, minlength=size)
    documents = sum(len(offsets) - 1 for _, offsets in sides)
    return smoothed_idf(torch.from_numpy(frequencies), documents).float()


def _facts(config: BitextConfig, bitext: Bitext) -> dict[str, Any]:
    names = [find_model(folder).name for folder in config.teacher or ()]
    return {
        "labels": config.labels,
        "teacher": {} if config.labels == "hard" else {"name": ", ".join(names), "language": "en"},
        "pairs": len(bitext.source),
        "source sentences": len(bitext.sources),
        "translations": len(bitext.targets),
        "losses": {key: weight for key, weight in config.loss_weights.items() if weight},
    }
