from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.data.collection import read_collection
from arir.errors import ConfigError, ModelError
from arir.init_student.lexicon_pieces import lexicon_pieces, stem_of
from arir.init_student.pieces import pieces_of, shared_pieces, spelled_pieces
from arir.init_student.vocabulary import extend_tokenizer, frequent_letters, joint_tokenizer
from tests.tiny import SENTENCES

SAMPLE = Path(__file__).resolve().parents[2] / "arir" / "sample"


def sample_texts() -> list[str]:
    files = (SAMPLE / "corpus.ar.jsonl", SAMPLE / "corpus.en.jsonl")
    return [passage.text for file in files for passage in read_collection(file)]


@pytest.fixture(scope="module")
def bert(tiny_bert: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_bert)


@pytest.fixture(scope="module")
def xlmr(tiny_xlmr: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_xlmr)


@pytest.fixture(scope="module")
def joint(bert: Any) -> Any:
    return joint_tokenizer(sample_texts, 2000, "lucene", bert)


def test_same_texts_give_the_same_pieces_and_numbers(joint: Any, bert: Any) -> None:
    """Symbols inside words, too, must be numbered alike, whatever order a hash table has."""

    def odd() -> list[str]:
        return [*sample_texts(), "a°b c😯d e⁄f £5 x€y ±3 5™ a\u0327b"] * 2

    made = [joint_tokenizer(odd, 2000, "lucene", bert).backend_tokenizer.to_str() for _ in range(4)]
    assert len(set(made)) == 1


def test_vocabulary_is_as_large_as_asked(joint: Any) -> None:
    assert len(joint) == 2000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("مُؤَسَّسة أولى", "مؤسسه اولي"),
        ("الـكـتـاب", "الكتاب"),
        ("ﻣﺼﺮ", "مصر"),
        ("Café CAIRO", "cafe cairo"),
    ],
)
def test_spellings_that_the_profile_joins_are_the_same_pieces(
    joint: Any, one: str, other: str
) -> None:
    assert joint(one)["input_ids"] == joint(other)["input_ids"]
    assert joint.unk_token_id not in joint(one)["input_ids"]


def test_without_a_profile_letters_keep_their_hamza(bert: Any) -> None:
    tokenizer = joint_tokenizer(sample_texts, 2000, "none", bert)
    assert tokenizer("أحمد")["input_ids"] != tokenizer("احمد")["input_ids"]
    assert tokenizer("مُؤَسَّسة")["input_ids"] == tokenizer("مؤسسة")["input_ids"]


def test_vocabulary_without_room_for_the_letters_is_refused(bert: Any) -> None:
    with pytest.raises(ConfigError, match=r"letters, which 100 pieces cannot cover; raise"):
        joint_tokenizer(sample_texts, 100, "lucene", bert)


def test_padding_keeps_the_number_from_which_the_body_counts_positions(xlmr: Any) -> None:
    tokenizer = joint_tokenizer(sample_texts, 1000, "lucene", xlmr)
    assert tokenizer.pad_token_id == xlmr.pad_token_id == 1
    assert sorted(tokenizer.get_vocab().values()) == list(range(1000))
    first, *_, last = tokenizer("القاهرة")["input_ids"]
    assert (first, last) == (tokenizer.cls_token_id, tokenizer.sep_token_id)


def test_extended_vocabulary_reads_english_as_the_body_does(bert: Any) -> None:
    tokenizer = extend_tokenizer(sample_texts, 500, "lucene", bert)
    english = [text for text in SENTENCES if text.isascii()]
    assert english
    for text in english:
        assert tokenizer(text)["input_ids"] == bert(text)["input_ids"]
    new = pieces_of(tokenizer)[len(bert) :]
    assert 100 < len(new) <= 500
    assert not any(piece.isascii() for piece in new)
    arabic = sample_texts()[0]
    assert len(tokenizer(arabic)["input_ids"]) < len(bert(arabic)["input_ids"])


def test_vocabulary_of_another_kind_cannot_be_extended(xlmr: Any) -> None:
    with pytest.raises(ModelError, match="Unigram model, which cannot be extended; use"):
        extend_tokenizer(sample_texts, 500, "lucene", xlmr)


@given(st.text(alphabet="abcdeنور ", min_size=1).filter(str.strip))
def test_letters_of_short_texts_are_all_kept(text: str) -> None:
    assert frequent_letters([text], str) == set(text) - {" "}


@pytest.mark.parametrize("kind", ["bert", "xlmr"])
def test_shared_pieces_stand_at_the_same_place_in_words(
    kind: str, joint: Any, request: pytest.FixtureRequest
) -> None:
    teacher = request.getfixturevalue(kind)
    matrix = shared_pieces(joint, teacher)
    assert matrix.shape == (len(joint), len(teacher))
    theirs, ours = pieces_of(teacher), pieces_of(joint)
    rows, columns = matrix.nonzero()
    pairs = {ours[row]: theirs[column] for row, column in zip(rows, columns, strict=True)}
    assert pairs["egypt"] == ("egypt" if kind == "bert" else "▁egypt")
    assert pairs["##a"] == ("##a" if kind == "bert" else "a")
    roles = [pairs["[CLS]"], pairs["[SEP]"], pairs["[PAD]"], pairs["[MASK]"]]
    named = [teacher.cls_token, teacher.sep_token, teacher.pad_token, teacher.mask_token]
    assert roles == named
    assert "المدينه" not in pairs


def test_english_and_signs_that_arabic_writes_otherwise_have_their_spelling(
    joint: Any, bert: Any
) -> None:
    matrix = spelled_pieces(joint, bert)
    theirs, ours = pieces_of(bert), joint.get_vocab()

    def spelling(piece: str) -> dict[str, float]:
        row = matrix[[ours[piece]]]
        return {theirs[n]: share for n, share in zip(row.indices, row.data, strict=True)}

    assert spelling("،") == {",": 1.0}
    assert spelling("of") == {"of": 1.0}
    words = [piece for piece in ours if piece.isascii() and piece.isalpha()]
    word = next(piece for piece in words if len(bert.tokenize(piece)) == 3)
    assert sum(spelling(word).values()) == pytest.approx(1)
    assert set(spelling(word)) == set(bert.tokenize(word))
    assert spelling("[CLS]") == {}
    assert spelling(next(piece for piece in ours if piece.startswith("ال"))) == {}


def test_stem_is_what_stands_between_affixes(joint: Any) -> None:
    assert stem_of("المدينة", joint) == "مدين"
    assert stem_of("", joint) == ""


def test_lexicon_gives_stems_their_sources_and_parts_an_average(bert: Any) -> None:
    def texts() -> list[str]:
        return ["المدينة قاهر قاهرتان نهر كتاب"] * 50 + sample_texts()

    student = joint_tokenizer(texts, 2000, "lucene", bert)
    lexicon = {
        "river": ("نهر",),
        "the nile": ("نهر", "نهر النيل"),
        "egypt": ("قاهرتان",),
        "cairo": ("قاهر",),
    }
    whole, parts = lexicon_pieces(lexicon, student, bert)
    ours, theirs = student.get_vocab(), bert.get_vocab()
    assert ours["نهر"]
    row = whole[[ours["نهر"]]].toarray()[0]
    assert row[theirs["river"]] == pytest.approx(0.5)
    assert row[theirs["nile"]] == pytest.approx(0.25)
    assert row.sum() == pytest.approx(1)
    assert whole[[ours["كتاب"]]].nnz == 0
    part = parts[[ours["قاهر"]]].toarray()[0]
    assert part[theirs["cairo"]] > 0
    short = [number for piece, number in ours.items() if len(piece.removeprefix("##")) < 3]
    assert parts[short].nnz == 0
