"""``arir init-student``: open the body, learn a vocabulary, find its vectors, save the student."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arir.artefacts import atomic_directory
from arir.artefacts.atomic import refuse_existing
from arir.data.text_source import TextSource, find_sources
from arir.errors import ConfigError, DataError, ModelError
from arir.init_student.config import InitStudentConfig
from arir.models.folders import within_positions
from arir.models.registry import find_model
from arir.models.spec import ModelSpec
from arir.progress import progress
from arir.text import get_profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sentence_transformers import SentenceTransformer

__all__ = ["InitStudentReport", "init_student"]

#: texts of each file on which the vocabulary is tried
TRIED = 500


@dataclass(frozen=True)
class InitStudentReport:
    """What was made.

    Attributes:
        output: the folder of the student.
        pieces: size of its vocabulary.
        vectors: origin of the pieces' vectors -> how many; all are kept under ``own``.
        layers: numbers of the body's layers that it has.
        unknown_rate: share of unknown pieces in a sample of the texts in the new language.
        parameters: of the whole student.
    """

    output: Path
    pieces: int
    vectors: dict[str, int]
    layers: tuple[int, ...]
    unknown_rate: float
    parameters: int


def init_student(config: InitStudentConfig) -> InitStudentReport:
    """Make a student from an encoder's body and a vocabulary for another language.

    The output folder appears when all is done. The same settings, files and versions of libraries
    give the same weights and tokeniser, byte for byte.

    Raises:
        ConfigError: for settings that contradict each other, the texts or the body.
        DataError: for unusable texts, bitext or lexicons.
        ModelError: where the body cannot be opened or used, or the vocabulary does not cover the
            texts.
        OutputError: where the output exists or cannot be written.
    """
    refuse_existing(config.output, config.overwrite)
    normalise = get_profile(config.profile)
    sources = find_sources(config.text, config.max_texts)
    find_sources((*config.bitext, *config.lexicon), None)
    spec, folder = _body_spec(config)
    model = _open(spec, folder, config.seed)
    tokenizer = _tokenizer(config, sources, model.tokenizer)
    sample = chain.from_iterable(islice(source.target_texts(), TRIED) for source in sources)
    rate = _unknown_rate(tokenizer, [normalise(text) for text in sample], config)
    vectors = _give_vocabulary(model, tokenizer, config)
    layers = _give_layers(model, config.layers)
    student = _finished(model, tokenizer, spec, config)
    report = InitStudentReport(
        output=config.output,
        pieces=sum(vectors.values()),
        vectors=vectors,
        layers=layers,
        unknown_rate=rate,
        parameters=sum(weight.numel() for weight in student.parameters()),
    )
    _write(student, spec, folder, config, report)
    return report


def _body_spec(config: InitStudentConfig) -> tuple[ModelSpec, Path]:
    """The settings of the student, and the folder of its body."""
    from arir.models.hub import fetch_model

    base = find_model(config.body)
    if base.family != "bi-encoder":
        fix = "start from a bi-encoder or a plain encoder"
        raise ModelError(f"{config.body} is a {base.family}", fix=fix)
    folder = fetch_model(base)
    base = within_positions(base, folder)
    if config.max_length is None:
        return replace(base, profile=config.profile), folder
    lengths = {"query_length": config.max_length, "passage_length": config.max_length}
    spec = replace(base, profile=config.profile, **lengths)  # type: ignore[arg-type]  # ints only
    allowed = within_positions(spec, folder).passage_length
    if allowed != config.max_length:
        what = f"{config.body} reads {allowed} tokens at most, not {config.max_length}"
        raise ConfigError(what, fix="lower --max-length")
    return spec, folder


def _open(spec: ModelSpec, folder: Path, seed: int) -> SentenceTransformer:
    import torch

    from arir.models.bi_encoder.model import open_bi_encoder

    # A checkpoint without the pooler, which nothing reads, gets one of random weights.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return open_bi_encoder(spec, folder, torch.device("cpu"))


def _tokenizer(config: InitStudentConfig, sources: Sequence[TextSource], own: Any) -> Any:
    if config.vocabulary == "own":
        return own
    from arir.init_student.vocabulary import extend_tokenizer, joint_tokenizer

    normalise = get_profile(config.profile)

    def texts() -> Iterator[str]:
        read = chain.from_iterable(source.texts() for source in sources)
        return map(normalise, progress(read, "learn the vocabulary", unit="text"))

    make = joint_tokenizer if config.vocabulary == "joint" else extend_tokenizer
    return make(texts, config.vocabulary_size, config.profile, own)


def _unknown_rate(tokenizer: Any, texts: Iterable[str], config: InitStudentConfig) -> float:
    from arir.models.bi_encoder.student import MOST_UNKNOWN, unknown_rate

    sample = list(texts)
    if not sample:
        raise DataError("there is no text to learn from", where=config.text[0])
    rate = unknown_rate(tokenizer, sample, limit=len(sample))
    if rate > MOST_UNKNOWN:
        what = f"{rate:.0%} of the pieces of the texts are unknown to the vocabulary"
        fix = "use --vocabulary joint, or give more texts with --text"
        raise ModelError(what, fix=fix)
    return rate


def _give_vocabulary(
    model: SentenceTransformer, tokenizer: Any, config: InitStudentConfig
) -> dict[str, int]:
    """Put the vectors of a tokeniser's pieces into the body; gives their number by origin."""
    from arir.init_student.body import input_vectors, ordinary_pieces, replace_vocabulary
    from arir.init_student.embeddings import new_embeddings
    from arir.init_student.evidence import gather_evidence
    from arir.init_student.pieces import pieces_of, shared_pieces

    own, body = model.tokenizer, model[0].model
    if config.vocabulary == "own":
        return {"kept": len(pieces_of(own))}
    made = new_embeddings(
        shared_pieces(tokenizer, own),
        gather_evidence(config, tokenizer, own),
        input_vectors(body, own),
        ordinary_pieces(own),
        config.seed,
    )
    replace_vocabulary(body, made.vectors, tokenizer)
    return made.counts


def _give_layers(model: SentenceTransformer, kept: int | None) -> tuple[int, ...]:
    from arir.init_student.layers import keep_layers

    body: Any = model[0].model
    if kept is None:
        return tuple(range(body.config.num_hidden_layers))
    return tuple(keep_layers(body, kept))


def _finished(
    model: SentenceTransformer, tokenizer: Any, spec: ModelSpec, config: InitStudentConfig
) -> SentenceTransformer:
    from arir.init_student.body import assemble

    length = spec.passage_length or 0
    student = model if config.vocabulary == "own" else assemble(model, tokenizer)
    student.max_seq_length = length
    student.similarity_fn_name = spec.similarity
    return student


def _write(
    student: SentenceTransformer,
    spec: ModelSpec,
    body: Path,
    config: InitStudentConfig,
    report: InitStudentReport,
) -> None:
    from arir.init_student.output import write_folder

    facts = {
        "pieces": report.pieces,
        "vectors": report.vectors,
        "layers": list(report.layers),
        "unknown_rate": report.unknown_rate,
        "parameters": report.parameters,
    }
    with atomic_directory(config.output, overwrite=config.overwrite) as folder:
        write_folder(folder, student, spec, body, config, facts)
