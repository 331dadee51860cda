"""A WordPiece vocabulary for Arabic, learned from the training texts."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["LETTERS", "MARKS", "SPECIAL", "learn_pieces", "learn_wordpiece", "pre_tokenizer"]

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


def learn_wordpiece(texts: Sequence[str], size: int, profile: str) -> Tokenizer:
    """A tokeniser of at most ``size`` pieces, or one for each letter where they are more.

    It lower-cases, strips diacritics and folds letters as the profile does, and sets the frequent
    affixes of Arabic apart. The same texts give the same tokeniser in every process.
    """
    from tokenizers import Tokenizer, decoders, models, processors

    normalizer = _normalizer(profile)
    letters = {letter for text in texts for letter in normalizer.normalize_str(text)}
    vocabulary = learn_pieces(texts, size, normalizer, letters)
    core = Tokenizer(models.WordPiece(vocabulary, unk_token=SPECIAL["unk_token"]))
    core.normalizer = normalizer
    core.pre_tokenizer = pre_tokenizer()
    core.decoder = decoders.WordPiece()
    ends = [(SPECIAL[end], vocabulary[SPECIAL[end]]) for end in ("cls_token", "sep_token")]
    core.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends
    )
    return core


def learn_pieces(
    texts: Iterable[str], size: int, normalizer: Any, letters: Collection[str]
) -> dict[str, int]:
    """Learn the pieces of a WordPiece vocabulary and their numbers.

    The trainer numbers letters inside words as a hash table happens to yield them, and settles ties
    between pieces by these numbers. Given as special tokens they have numbers beforehand.

    Args:
        texts: consumed once.
        size: most pieces, unless the letters alone are more.
        normalizer: of the tokenizers package, applied to the texts.
        letters: what pieces are made of; words with others teach nothing.
    """
    from tokenizers import Tokenizer, models, trainers

    core = Tokenizer(models.WordPiece(unk_token=SPECIAL["unk_token"]))
    core.normalizer = normalizer
    core.pre_tokenizer = pre_tokenizer()
    alphabet = sorted(letter for letter in letters if not letter.isspace())
    inner = [f"##{letter}" for letter in alphabet if not _stands_alone(letter)]
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        special_tokens=[*SPECIAL.values(), *inner],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    vocabulary: dict[str, int] = core.get_vocab()
    return vocabulary


def _stands_alone(letter: str) -> bool:
    """Whether BERT's splitting makes a word of it: punctuation, and all other signs of ASCII."""
    return unicodedata.category(letter)[0] == "P" or (letter.isascii() and not letter.isalnum())


def _normalizer(profile: str) -> Any:
    from tokenizers import Regex, normalizers

    folded = {MARKS: "", **LETTERS.get(profile, {})}
    replaced = [normalizers.Replace(Regex(pattern), letter) for pattern, letter in folded.items()]
    return normalizers.Sequence([normalizers.NFKC(), *replaced, normalizers.Lowercase()])


def pre_tokenizer() -> Any:
    """Split at white space and punctuation, and set the frequent affixes of Arabic apart."""
    from tokenizers import Regex, pre_tokenizers

    affixes = [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in (PREFIXES, SUFFIXES)]
    return pre_tokenizers.Sequence([pre_tokenizers.BertPreTokenizer(), *affixes])
