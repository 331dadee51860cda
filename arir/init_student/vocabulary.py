"""The student's tokeniser: learned for both languages, or the body's own with new pieces."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from arir.errors import ConfigError, ModelError
from arir.models.bi_encoder.vocabulary import (
    LETTERS,
    MARKS,
    SPECIAL,
    learn_pieces,
    pre_tokenizer,
)

__all__ = ["extend_tokenizer", "frequent_letters", "joint_tokenizer"]

#: share of the letters of all texts that may be left out of an alphabet, the rarest first
RARE = 1e-5
#: accents of Latin letters, which BERT's uncased vocabularies lack
ACCENTS = "[\u0300-\u036f]"
LATIN_WORDS = re.compile(r"[^\W\u0080-\uffff]+")

#: gives the texts anew each time that it is called
Texts = Callable[[], Iterable[str]]


def joint_tokenizer(texts: Texts, size: int, profile: str, body_tokenizer: Any) -> Any:
    """A WordPiece tokeniser of at most ``size`` pieces, learned from all texts.

    Text is lower-cased and freed of Latin accents as BERT's uncased tokeniser does it, so that
    English words can meet the same pieces; Arabic loses its marks and has its letters folded as the
    profile does. The padding token has the body's number, from which some bodies count positions.
    The same texts give the same tokeniser in every process.

    Raises:
        ConfigError: where ``size`` has no room for the letters.
        ModelError: where the body has no padding token among the first ``size``.
    """
    from tokenizers import Tokenizer, models, processors

    normalizer = _normalizer(profile, _uncased())
    vocabulary = _learn(texts, size, normalizer)
    _number_padding(vocabulary, body_tokenizer.pad_token_id)
    core = Tokenizer(models.WordPiece(vocabulary, unk_token=SPECIAL["unk_token"]))
    ends = [(SPECIAL[end], vocabulary[SPECIAL[end]]) for end in ("cls_token", "sep_token")]
    core.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends
    )
    return _wrapped(core, normalizer, SPECIAL, body_tokenizer)


def extend_tokenizer(texts: Texts, size: int, profile: str, body_tokenizer: Any) -> Any:
    """The body's WordPiece tokeniser with up to ``size`` new pieces behind its own.

    New pieces are learned from the texts without their Latin words, which the body reads already:
    the body's own normalisation stands behind that of the profile, so that English text becomes the
    same pieces as before.

    Raises:
        ConfigError: where ``size`` has no room for the letters.
        ModelError: where the body's tokeniser is no WordPiece.
    """
    from tokenizers import Tokenizer, models

    backend = body_tokenizer.backend_tokenizer
    own = json.loads(backend.to_str())["model"]
    if own["type"] != "WordPiece":
        what = f"the body's tokeniser is a {own['type']} model, which cannot be extended"
        raise ModelError(what, fix="use --vocabulary joint or own")
    normalizer = _normalizer(profile, backend.normalizer)
    learned = _learn(lambda: _without_latin(texts()), size, normalizer)
    vocabulary: dict[str, int] = body_tokenizer.get_vocab()
    new = [piece for piece in sorted(learned, key=learned.__getitem__) if piece not in vocabulary]
    new = [piece for piece in new if piece not in SPECIAL.values()]
    vocabulary |= {piece: number for number, piece in enumerate(new, max(vocabulary.values()) + 1)}
    core = Tokenizer.from_str(backend.to_str())
    longest = own["max_input_chars_per_word"]
    core.model = models.WordPiece(
        vocabulary, unk_token=own["unk_token"], max_input_chars_per_word=longest
    )
    roles = {role: getattr(body_tokenizer, role) for role in SPECIAL}
    return _wrapped(core, normalizer, roles, body_tokenizer)


def _wrapped(core: Any, normalizer: Any, roles: Mapping[str, str | None], like: Any) -> Any:
    from tokenizers import decoders
    from transformers import PreTrainedTokenizerFast

    core.normalizer = normalizer
    core.pre_tokenizer = pre_tokenizer()
    core.decoder = decoders.WordPiece()
    core.no_padding()
    core.no_truncation()
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers' own
        tokenizer_object=core,
        model_max_length=like.model_max_length,
        model_input_names=list(like.model_input_names),
        **{role: token for role, token in roles.items() if token is not None},
    )


def _learn(texts: Texts, size: int, normalizer: Any) -> dict[str, int]:
    letters = frequent_letters(texts(), normalizer.normalize_str)
    # A letter is two pieces: at the beginning of a word and inside one.
    least = 2 * len(letters) + len(SPECIAL)
    if size < least:
        what = f"the texts have {len(letters)} letters, which {size} pieces cannot cover"
        raise ConfigError(what, fix=f"raise --vocabulary-size to {least} or more")
    return learn_pieces(texts(), size, normalizer, letters)


def frequent_letters(texts: Iterable[str], normalise: Callable[[str], str]) -> set[str]:
    """The letters of some texts without the very rarest, one occurrence in 100,000 all together.

    An encyclopaedia has some letters of every script, and each would take two pieces.

    >>> sorted(frequent_letters(["AB a"] * 50_000 + ["Ω"], str.lower))
    ['a', 'b']
    """
    raw: Counter[str] = Counter()
    for text in texts:
        raw.update(text)
    counts: Counter[str] = Counter()
    for letter, count in raw.items():
        for normal in normalise(letter):
            if not normal.isspace():
                counts[normal] += count
    rare = RARE * counts.total()
    ascending = sorted(counts, key=lambda letter: (counts[letter], letter))
    left_out = 0
    for place, letter in enumerate(ascending):
        left_out += counts[letter]
        if left_out > rare:
            return set(ascending[place:])
    return set()


def _normalizer(profile: str, last: Any) -> Any:
    """Marks and letters as the profile has them, then what the pieces' spelling needs."""
    from tokenizers import Regex, normalizers

    folded = {MARKS: "", **LETTERS.get(profile, {})}
    replaced = [normalizers.Replace(Regex(pattern), letter) for pattern, letter in folded.items()]
    following = [] if last is None else [last]
    return normalizers.Sequence([normalizers.NFKC(), *replaced, *following])


def _uncased() -> Any:
    """BERT's uncased normalisation, but that Arabic letters keep their hamza."""
    from tokenizers import Regex, normalizers

    return normalizers.Sequence(
        [
            normalizers.BertNormalizer(strip_accents=False, lowercase=True),
            normalizers.NFD(),
            normalizers.Replace(Regex(ACCENTS), ""),
            normalizers.NFC(),
        ]
    )


def _number_padding(vocabulary: dict[str, int], number: int | None) -> None:
    """Give the padding token a number, and its own number to the piece that has it."""
    pad = SPECIAL["pad_token"]
    there = [piece for piece, place in vocabulary.items() if place == number]
    if not there:
        raise ModelError("the body's tokeniser has no padding token that a new one could take over")
    vocabulary[there[0]], vocabulary[pad] = vocabulary[pad], vocabulary[there[0]]


def _without_latin(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield LATIN_WORDS.sub(" ", text)
