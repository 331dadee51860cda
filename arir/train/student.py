"""The student before its training: an existing model, or a new one made from the training texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arir.errors import ConfigError, ModelError
from arir.models.folders import body_folder, positions
from arir.models.registry import find_model
from arir.models.saving import saving_weights
from arir.models.spec import Family, ModelSpec
from arir.text import get_profile
from arir.train.config import NEW, StudentConfig

if TYPE_CHECKING:
    import torch

    from arir.models.learner import Learner

__all__ = ["Student", "fetch_student", "open_student", "plan_student"]

NEW_QUERY_LENGTH = 64
NEW_PASSAGE_LENGTH = 128
PAIR_LENGTH = 256
TOKEN_DIMENSION = 128
#: what the body of a family can become: a cross-encoder takes its layers and gets a new head
CONVERSIONS: dict[Family, tuple[Family, ...]] = {
    "bi-encoder": ("cross-encoder", "late-interaction"),
    "late-interaction": ("cross-encoder",),
}


@dataclass(frozen=True)
class Student:
    """A student to be trained.

    Attributes:
        spec: what it will be: family, lengths, normalisation.
        learner: the open model, on its device.
        train_length: most tokens of a text, or pair, in training; ``None`` for all it reads.
    """

    spec: ModelSpec
    learner: Learner
    train_length: int | None = None

    @property
    def prepare_query(self) -> Callable[[str], str]:
        """Normalise a query and put the prefix before it."""
        return _preparation(self.spec, self.spec.query_prefix)

    @property
    def prepare_passage(self) -> Callable[[str], str]:
        """Normalise a passage and put the prefix before it."""
        return _preparation(self.spec, self.spec.passage_prefix)

    def trained_on(self, *lengths: int | None) -> int:
        """The most tokens in training of a text that the student reads up to these lengths."""
        longest = max(length or 0 for length in lengths)
        return longest if self.train_length is None else min(longest, self.train_length)


def _preparation(spec: ModelSpec, prefix: str) -> Callable[[str], str]:
    normalise = get_profile(spec.profile)
    return lambda text: prefix + normalise(text)


def plan_student(config: StudentConfig, base: ModelSpec | None = None) -> ModelSpec:
    """The settings that the trained student will have; nothing is loaded.

    Args:
        base: what it starts from, where that is yet to be trained.

    Raises:
        ConfigError: for an unknown profile, or losses that the student's family does not have.
        ModelError: for an unknown model, or one that cannot become what is asked for.
    """
    if base is None:
        base = _new_spec(config.family) if config.student == NEW else find_model(config.student)
    family = config.family or base.family
    if family != base.family and family not in CONVERSIONS.get(base.family, ()):
        fix = "start from a bi-encoder or a plain encoder"
        raise ModelError(f"{config.student} is a {base.family}, not a {family}", fix=fix)
    replace(config, family=family)  # what settings say against each other may depend on the family
    spec = _as_family(base, family, config)
    get_profile(spec.profile)
    return spec


def _as_family(base: ModelSpec, family: Family, config: StudentConfig) -> ModelSpec:
    lengths: dict[str, Any] = {
        "query_length": config.query_length or base.query_length,
        "passage_length": config.passage_length or base.passage_length,
        "pair_length": None,
    }
    if family == "cross-encoder":
        pair = config.pair_length or base.pair_length or PAIR_LENGTH
        lengths = {"query_length": None, "passage_length": None, "pair_length": pair}
    return replace(
        base,
        family=family,
        similarity=config.similarity if family == "bi-encoder" else None,
        profile=config.profile or base.profile,
        pooling=base.pooling if family == "bi-encoder" else None,
        **lengths,
    )


def _new_spec(family: Family | None) -> ModelSpec:
    bi = family in {None, "bi-encoder"}
    cross = family == "cross-encoder"
    return ModelSpec(
        name=NEW,
        family=family or "bi-encoder",
        pooling="mean" if bi else None,
        similarity="dot" if bi else None,
        profile="lucene",
        query_length=None if cross else NEW_QUERY_LENGTH,
        passage_length=None if cross else NEW_PASSAGE_LENGTH,
        pair_length=PAIR_LENGTH if cross else None,
    )


def fetch_student(config: StudentConfig, spec: ModelSpec) -> None:
    """Fetch a student that exists, and compare the lengths with its positions; nothing is loaded.

    Raises:
        ConfigError: where a length goes beyond the student's positions.
        ModelError: where it cannot be fetched.
    """
    from arir.models.hub import fetch_model

    if config.student == NEW:
        return
    limit = positions(body_folder(fetch_model(find_model(config.student))))
    longest = max(spec.query_length or 0, spec.passage_length or 0, spec.pair_length or 0)
    if limit is not None and longest > limit:
        named = "--pair-length" if spec.pair_length else "--query-length and --passage-length"
        what = f"{config.student} reads {limit} tokens at most, not {longest}"
        raise ConfigError(what, fix=f"lower {named}")


def open_student(
    config: StudentConfig,
    spec: ModelSpec,
    device: torch.device,
    texts: Callable[[], Iterable[str]],
    scratch: Path,
) -> Student:
    """Open an existing student on the device, or make a new one.

    Args:
        texts: what a new student's vocabulary is learned from; called for a new one only.
        scratch: a folder for files that are needed on the way.

    Raises:
        ModelError: where it cannot be fetched or opened.
    """
    from arir.models.hub import fetch_model

    if config.student == NEW:
        base, folder = _new_spec("bi-encoder"), _make_new(config, spec, texts(), scratch / "new")
    else:
        base = find_model(config.student)
        folder = fetch_model(base)
    learner = _openers()[spec.family](config, spec, base, folder, device)
    return Student(spec, learner, config.train_length)


def _make_new(config: StudentConfig, spec: ModelSpec, texts: Iterable[str], folder: Path) -> Path:
    """Make a new bi-encoder whose vocabulary is learned from the training texts."""
    from arir.models.bi_encoder.student import StudentShape, new_student

    lengths = (spec.query_length, spec.passage_length, spec.pair_length)
    wishes = {
        "vocabulary_size": config.vocabulary_size,
        "layers": config.layers,
        "width": config.width,
        "heads": config.heads,
        "max_length": max(length or 0 for length in lengths),
    }
    shape = StudentShape(**{key: value for key, value in wishes.items() if value is not None})
    normalise = get_profile(spec.profile)
    prepared = [normalise(text) for text in texts]
    student = new_student(prepared, shape, profile=spec.profile, seed=config.seed)
    with saving_weights(config.output):
        student.save_pretrained(str(folder), create_model_card=False)
    return folder


def _openers() -> dict[str, Callable[..., Learner]]:
    return {
        "bi-encoder": _open_bi_encoder,
        "cross-encoder": _open_cross_encoder,
        "late-interaction": _open_late_interaction,
    }


def _open_bi_encoder(
    config: StudentConfig, _: ModelSpec, base: ModelSpec, folder: Path, device: torch.device
) -> Learner:
    from arir.models.bi_encoder.learner import BiEncoderLearner
    from arir.models.bi_encoder.model import open_bi_encoder

    model = open_bi_encoder(base, folder, device)
    return BiEncoderLearner(model, config.similarity, config.score_scale, config.recompute)


def _open_cross_encoder(
    config: StudentConfig, _: ModelSpec, base: ModelSpec, folder: Path, device: torch.device
) -> Learner:
    from arir.models.cross_encoder.learner import CrossEncoderLearner
    from arir.models.cross_encoder.model import new_cross_encoder, open_cross_encoder

    if base.family == "cross-encoder":
        model = open_cross_encoder(folder, device)
    else:
        model = new_cross_encoder(folder, device, seed=config.seed)
    return CrossEncoderLearner(model, config.score_scale, config.recompute)


def _open_late_interaction(
    config: StudentConfig, spec: ModelSpec, base: ModelSpec, folder: Path, device: torch.device
) -> Learner:
    from arir.models.late_interaction.learner import LateInteractionLearner
    from arir.models.late_interaction.model import new_late_interaction, open_late_interaction

    if base.family == "late-interaction":
        model = open_late_interaction(base, folder, device)
    else:
        model = new_late_interaction(
            folder,
            dimension=TOKEN_DIMENSION if config.dimension is None else config.dimension or None,
            query_length=spec.query_length or NEW_QUERY_LENGTH,
            passage_length=spec.passage_length or NEW_PASSAGE_LENGTH,
            seed=config.seed,
        ).to(device)
    return LateInteractionLearner(model, config.score_scale, config.recompute)
