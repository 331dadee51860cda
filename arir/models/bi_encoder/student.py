"""New students, made from the training texts alone: for machines without a model hub."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from arir.errors import ModelError
from arir.models.bi_encoder.vocabulary import SPECIAL, learn_wordpiece

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import WordWeights

__all__ = ["StudentShape", "new_student", "refuse_unknowns", "unknown_rate"]

#: above this share of unknown tokens a student cannot tell the texts apart
MOST_UNKNOWN = 0.05


@dataclass(frozen=True)
class StudentShape:
    """The size of a new student, a BERT encoder with weighted mean pooling.

    Attributes:
        vocabulary_size: most pieces of the vocabulary; small collections give fewer.
        max_length: most tokens of a text.
    """

    vocabulary_size: int = 8000
    layers: int = 2
    width: int = 128
    heads: int = 4
    max_length: int = 128


def new_student(
    texts: Sequence[str], shape: StudentShape, *, profile: str = "none", seed: int = 0
) -> SentenceTransformer:
    """Learn a vocabulary from texts and put a randomly initialised encoder on it.

    The tokeniser lower-cases, strips diacritics, folds letters as the profile does, and sets the
    frequent affixes of Arabic apart, so that a stem is one piece with and without its article.
    The vector of a text is the weighted mean of its tokens' vectors; a weight for each piece of the
    vocabulary is learned, starting from its idf in the texts. Position and segment embeddings start
    at zero, so that the student begins as a bag of weighted words.

    Args:
        texts: what the vocabulary is learned from; the training texts.
        shape: the size of the student.
        profile: the normalisation profile of the texts.
        seed: of the initial weights. The same arguments give the same student.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    from arir.models.checkpoint import quiet

    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers' own
        tokenizer_object=learn_wordpiece(texts, shape.vocabulary_size, profile),
        model_max_length=shape.max_length,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        **SPECIAL,
    )
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=4 * shape.width,
        max_position_embeddings=shape.max_length,
    )
    # sentence-transformers takes a body from a folder only, and draws weights that it overwrites.
    with torch.random.fork_rng(devices=[]), tempfile.TemporaryDirectory() as folder, quiet():
        torch.manual_seed(seed)
        body = BertModel(config, add_pooling_layer=False)
        torch.nn.init.zeros_(body.embeddings.position_embeddings.weight)
        torch.nn.init.zeros_(body.embeddings.token_type_embeddings.weight)
        body.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        transformer = Transformer(folder, max_seq_length=shape.max_length)
        weights = _term_weights(tokenizer, texts, shape.max_length)
    pooling = Pooling(shape.width, pooling_mode="mean")
    return SentenceTransformer(modules=[transformer, weights, pooling], device="cpu")


def _term_weights(tokenizer: Any, texts: Sequence[str], max_length: int) -> WordWeights:
    """Trainable weights that start as Lucene's idf, scaled to 1 for a piece of one text."""
    from sentence_transformers.sentence_transformer.modules import WordWeights

    from arir.models.token_store import tokenise_texts

    pieces = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().get)
    tokenised = tokenise_texts(tokenizer, texts, max_length)
    holding = np.zeros(len(pieces))
    for row in tokenised.rows(range(len(tokenised))):
        holding[list(set(row))] += 1
    count = len(tokenised)
    idf = np.log1p((count - holding + 0.5) / (holding + 0.5)) / np.log1p((count - 0.5) / 1.5)
    idf = np.minimum(idf, 1)
    weights = dict(zip(pieces, idf.tolist(), strict=True)) | dict.fromkeys(SPECIAL.values(), 0.0)
    return WordWeights(pieces, weights)


def unknown_rate(tokenizer: Any, texts: Sequence[str], limit: int = 2000) -> float:
    """The share of unknown tokens among the tokens of up to ``limit`` texts, in [0, 1]."""
    if tokenizer.unk_token_id is None:
        return 0.0
    rows = tokenizer(list(texts[:limit]), add_special_tokens=False, truncation=True)["input_ids"]
    unknown: int = sum(row.count(tokenizer.unk_token_id) for row in rows)
    return unknown / max(1, sum(map(len, rows)))


def refuse_unknowns(tokenizer: Any, texts: Sequence[str], name: str) -> None:
    """Stop before a training in which the student cannot read its texts.

    Raises:
        ModelError: where more than one token in twenty is unknown, with the rate.
    """
    rate = unknown_rate(tokenizer, texts)
    if rate > MOST_UNKNOWN:
        raise ModelError(
            f"to the vocabulary of {name}, {rate:.0%} of the training texts' tokens are unknown",
            fix="choose a student whose vocabulary covers the language, or --student new",
        )
