"""New students, made from the training texts alone: for machines without a model hub."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arir.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

__all__ = ["StudentShape", "new_student", "refuse_unknowns", "unknown_rate"]

SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
#: tatweel, diacritics and Koranic signs
MARKS = "[\u0640\u064b-\u065f\u0670\u06d6-\u06ed]"
#: what a profile does to letters, so that the tokeniser reads raw and normalised text alike
LETTERS: Mapping[str, Mapping[str, str]] = {
    "lucene": {"[\u0622\u0623\u0625]": "\u0627", "\u0649": "\u064a", "\u0629": "\u0647"}
}
#: conjunction, preposition and article before a stem; plural, dual, pronoun and feminine after it
PREFIXES = r"^(?:[وف]?[بك]?ال|[وف]?لل)(?=\w{3})"
SUFFIXES = r"(?<=\w{3})(?:ات|ون|ين|ها|هم|ان|يه|ية|[هةي])$"
#: above this share of unknown tokens a student cannot tell the texts apart
MOST_UNKNOWN = 0.05


@dataclass(frozen=True)
class StudentShape:
    """The size of a new student, a BERT encoder with mean pooling.

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
    Position and segment embeddings start at zero: the student begins as a bag of words.

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
        tokenizer_object=_wordpiece(texts, shape.vocabulary_size, profile),
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
    with torch.random.fork_rng(), tempfile.TemporaryDirectory() as folder, quiet():
        torch.manual_seed(seed)
        body = BertModel(config, add_pooling_layer=False)
        torch.nn.init.zeros_(body.embeddings.position_embeddings.weight)
        torch.nn.init.zeros_(body.embeddings.token_type_embeddings.weight)
        body.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        transformer = Transformer(folder, max_seq_length=shape.max_length)
    pooling = Pooling(shape.width, pooling_mode="mean")
    return SentenceTransformer(modules=[transformer, pooling], device="cpu")


def _wordpiece(texts: Sequence[str], vocabulary_size: int, profile: str) -> Tokenizer:
    from tokenizers import Tokenizer, decoders, models, processors

    vocabulary = _vocabulary(texts, vocabulary_size, profile)
    core = Tokenizer(models.WordPiece(vocabulary, unk_token=SPECIAL["unk_token"]))
    core.normalizer = _normalizer(profile)
    core.pre_tokenizer = _pre_tokenizer()
    core.decoder = decoders.WordPiece()
    ends = [(SPECIAL[end], vocabulary[SPECIAL[end]]) for end in ("cls_token", "sep_token")]
    core.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends
    )
    return core


def _vocabulary(texts: Sequence[str], size: int, profile: str) -> dict[str, int]:
    """Learn the pieces; the same texts give the same ones in every process.

    The trainer numbers letters inside words as a hash table happens to yield them, and settles ties
    between pieces by these numbers. Given as special tokens they have numbers beforehand.
    """
    from tokenizers import Tokenizer, models, trainers

    core = Tokenizer(models.WordPiece(unk_token=SPECIAL["unk_token"]))
    core.normalizer = _normalizer(profile)
    core.pre_tokenizer = _pre_tokenizer()
    letters = {letter for text in texts for letter in core.normalizer.normalize_str(text)}
    inner = [f"##{letter}" for letter in sorted(letters) if letter.isalnum()]
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=[*SPECIAL.values(), *inner], show_progress=False
    )
    core.train_from_iterator(texts, trainer)
    vocabulary: dict[str, int] = core.get_vocab()
    return vocabulary


def _normalizer(profile: str) -> Any:
    from tokenizers import Regex, normalizers

    folded = {MARKS: "", **LETTERS.get(profile, {})}
    replaced = [normalizers.Replace(Regex(pattern), letter) for pattern, letter in folded.items()]
    return normalizers.Sequence([normalizers.NFKC(), *replaced, normalizers.Lowercase()])


def _pre_tokenizer() -> Any:
    from tokenizers import Regex, pre_tokenizers

    affixes = [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in (PREFIXES, SUFFIXES)]
    return pre_tokenizers.Sequence([pre_tokenizers.BertPreTokenizer(), *affixes])


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
