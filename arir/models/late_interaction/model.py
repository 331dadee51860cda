"""Open or make a late-interaction model, and compute its token vectors."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import torch
from sentence_transformers import MultiVectorEncoder
from sentence_transformers.base.modules import Dense, Normalize
from sentence_transformers.multi_vector_encoder.modules import MultiVectorMask
from torch import Tensor

from arir.errors import ModelError
from arir.models.batching import Features
from arir.models.body import check_body, open_body
from arir.models.checkpoint import LOCAL, opening, quiet
from arir.models.folders import body_folder, detect_family, is_model_folder, positions
from arir.models.late_interaction.expansion import expand, expansion_of
from arir.models.late_interaction.punctuation import PUNCTUATION, punctuation_pieces
from arir.models.spec import ModelSpec

__all__ = ["Role", "new_late_interaction", "open_late_interaction", "token_vectors"]

Role = Literal["query", "passage"]

#: the names that sentence-transformers gives the roles
TASKS: dict[Role, str] = {"query": "query", "passage": "document"}
DEFAULT_DIMENSION = 128


def open_late_interaction(
    spec: ModelSpec, folder: Path, device: torch.device
) -> MultiVectorEncoder:
    """Open the model in ``folder``, in single precision, to be used or trained further.

    Lengths and prefixes of ``spec`` become the model's own, so that what is saved from it gives the
    same vectors with plain sentence-transformers, normalisation apart.

    Raises:
        ModelError: where the folder is damaged, lacks weights, or is no text encoder of this
            family.
    """
    with opening(folder):
        model = MultiVectorEncoder(str(folder), device=str(device), **LOCAL)
    check_body(model[0], folder)
    if not any(isinstance(module, MultiVectorMask) for module in model):
        what = "it has no MultiVectorMask, which says what tokens count"
        raise ModelError(what, where=folder, fix="save it again with sentence-transformers 6")
    _adopt(model, spec, folder)
    # A checkpoint saved in half precision is opened so by newer versions of transformers.
    return model.to(torch.float32).eval()


def new_late_interaction(
    folder: Path,
    *,
    query_length: int,
    passage_length: int,
    seed: int,
    dimension: int | None = DEFAULT_DIMENSION,
    skiplist: Iterable[str] = PUNCTUATION,
    expansion: Literal["none", "fixed", "attended"] = "none",
    query_prefix: str = "",
    passage_prefix: str = "",
) -> MultiVectorEncoder:
    """Make a late-interaction model of another encoder's body; it has to be trained.

    The body's token vectors are projected by a seeded linear layer without bias and scaled to unit
    length, as in Khattab and Zaharia ("ColBERT", SIGIR 2020, section 3.2).

    Args:
        folder: a plain checkpoint, or a bi-encoder's sentence-transformers folder.
        query_length: longest query, tokens.
        passage_length: longest passage, tokens.
        seed: of the projection's weights.
        dimension: of a token vector; ``None`` keeps the body's width, without a projection.
        skiplist: characters whose tokens do not count in passages.
        expansion: what becomes of a query's padding. ``none``: it does not count. ``fixed``: every
            query is filled with [MASK] tokens up to ``query_length``, which count though the other
            tokens do not see them (ColBERT's query augmentation). ``attended``: they are seen too.
        query_prefix: put before every query.
        passage_prefix: put before every passage.

    Returns:
        The model on the CPU, in single precision.

    Raises:
        ModelError: where the folder is damaged, lacks weights, is no encoder, reads fewer tokens
            than asked for, or its tokeniser cannot expand queries.
    """
    _check_source(folder, max(query_length, passage_length))
    with opening(folder):
        body = open_body(folder)
    check_body(body, folder)
    with quiet():
        skipped = punctuation_pieces(body.tokenizer, skiplist)
        modules = [
            body,
            *_projection(body.get_embedding_dimension(), dimension, seed),
            MultiVectorMask(skiplist_words=skipped),
            Normalize(module_input_name="token_embeddings"),
        ]
        model = MultiVectorEncoder(modules=modules, device="cpu")
    body.query_expansion = None
    body.query_length, body.document_length = query_length, passage_length
    model.max_seq_length = max(query_length, passage_length)
    if expansion != "none":
        body.query_length = None
        settings = {"strategy": "fixed", "attend": expansion == "attended", "length": query_length}
        _expand_queries(body, settings, folder)
    model.prompts = {"query": query_prefix, "document": passage_prefix}
    return model.to(torch.float32).eval()


def token_vectors(
    model: MultiVectorEncoder, features: Features, role: Role
) -> tuple[Tensor, Tensor]:
    """Run a model over padded texts of one role; differentiable.

    Args:
        model: as :func:`open_late_interaction` gives it.
        features: ``input_ids`` and ``attention_mask`` (and ``token_type_ids``, where the model
            reads them) of shape (rows, longest), on the model's device; they stay as they are.
        role: decides over punctuation, which is masked in passages alone, and over query expansion,
            which may make the texts wider.

    Returns:
        The vectors, shape (rows, width, dimension), of unit length where the model normalises
        them, as every model made here does; and what counts in MaxSim, booleans of shape
        (rows, width).
    """
    expansion = expansion_of(model[0]) if role == "query" else None
    inputs = dict(features) if expansion is None else expand(features, expansion)
    outputs = model(inputs, task=TASKS[role])
    vectors: Tensor = outputs["token_embeddings"]
    return vectors, outputs["attention_mask"].bool()


def _check_source(folder: Path, longest: int) -> None:
    if not is_model_folder(folder):
        fix = "name a folder with the config.json or modules.json of a model"
        raise ModelError("the folder holds no model", where=folder, fix=fix)
    family = detect_family(folder)
    if family != "bi-encoder":
        fix = "start from a plain encoder or a bi-encoder"
        raise ModelError(f"the folder holds a {family} model already", where=folder, fix=fix)
    limit = positions(body_folder(folder))
    if limit is not None and longest > limit:
        raise ModelError(f"it reads {limit} tokens at most, not {longest}", where=folder)


def _projection(width: int, dimension: int | None, seed: int) -> list[torch.nn.Module]:
    if dimension is None:
        return []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layer = Dense(
            width,
            dimension,
            bias=False,
            activation_function=torch.nn.Identity(),
            module_input_name="token_embeddings",
        )
    return [layer]


def _adopt(model: MultiVectorEncoder, spec: ModelSpec, folder: Path) -> None:
    """Give a model the lengths and prefixes of its settings."""
    body: Any = model[0]
    own = body.query_expansion
    # The length of a query bounds its expansion, and is checked whenever one of them is set.
    body.query_expansion = body.query_length = None
    body.document_length = spec.passage_length
    if own is None or own["strategy"] == "min":
        body.query_length = spec.query_length
    if own is not None:
        length = spec.query_length or own["length"]
        length = length if own["strategy"] == "fixed" else min(length, own["length"])
        _expand_queries(body, {**own, "length": length}, folder)
    model.prompts = {"query": spec.query_prefix, "document": spec.passage_prefix}
    model.default_prompt_name = None


def _expand_queries(body: Any, settings: dict[str, Any], folder: Path) -> None:
    try:
        body.query_expansion = settings
        expansion_of(body)
    except ValueError as error:
        raise ModelError(str(error), where=folder) from None
