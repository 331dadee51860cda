"""The ``araelectra`` profile against ``ArabertPreprocessor`` itself.

``araelectra.jsonl`` and the digests below hold what ``arabert`` 1.0.1 (with PyArabic 0.6.15) gave:
``ArabertPreprocessor("araelectra-base-discriminator").preprocess(text)``. The sentences were
written for this file; the digests are over real lines, each result followed by a line feed.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.text.araelectra import ACCEPTED, araelectra

LINES = Path(__file__).with_name("araelectra.jsonl").read_text(encoding="utf-8").strip().split("\n")
GOLDEN = [json.loads(line) for line in LINES]
#: file -> first 16 digits of the SHA-256 of the reference's output on its first 4,000 lines
DIGESTS = {
    "arcd/corpus.jsonl": "abfc481ef7df679a",
    "arcd/topics.tsv": "785f672e684189e8",
    "bitext/tatoeba.tsv.gz": "3c63757466cace1a",
    "bitext/react-docs.tsv.gz": "5fe6e3a8018872fc",
    "bitext/bible.tsv.gz": "ed939598be489208",
    "lexicon/arwikicats.tsv.gz": "4b1fcc5af3b40624",
    "miracl-ar-lead-train/topics.tsv": "786f9517eed69cca",
}
TRIGGERS = (
    *("http://", "www.", ".com", "://", "@", "<br />", "<", ">", "</", "&lt;", "/", "[", "]"),
    *("كتاب", "ا", "\u064e", "\u0640", "٣", "۵", "5", "aaa", "،،،", "\u0654", "\ufe0f", "\u00a0"),
)
FRAGMENTS = st.lists(
    st.one_of(
        st.sampled_from(TRIGGERS),
        st.text(alphabet=st.characters(min_codepoint=0x0600, max_codepoint=0x06FF), max_size=6),
        st.text(max_size=6),
    ),
    max_size=12,
).map("".join)
HOSTILE = (
    *("<" * 50_000, "a" * 50_000, "@" * 50_000, "a." * 25_000, "ا" * 50_000, "-" * 50_000 + "@"),
    *("ا5" * 25_000, "x" * 25_000 + "@" + "y" * 25_000, "<" * 25_000 + ">" + "<" * 25_000),
)


@pytest.mark.parametrize("pair", GOLDEN, ids=range(len(GOLDEN)))
def test_differs_from_the_preprocessor_of_the_published_models(pair: dict[str, str]) -> None:
    assert araelectra(pair["text"]) == pair["expected"]


@pytest.mark.parametrize("name", DIGESTS)
def test_differs_from_the_preprocessor_on_real_text(name: str, shared_data: Path) -> None:
    digest = hashlib.sha256()
    for line in itertools.islice(_lines(shared_data / name), 4000):
        digest.update(f"{araelectra(line)}\n".encode())
    assert digest.hexdigest()[:16] == DIGESTS[name]


def _lines(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="\n") as stream:
        for line in stream:
            yield line.rstrip("\n")


@given(FRAGMENTS)
def test_a_character_reaches_the_model_that_its_vocabulary_lacks(text: str) -> None:
    result = araelectra(text)
    assert not [c for c in result if not _known(c)]
    assert result == " ".join(result.split())
    assert unicodedata.is_normalized("NFC", result)


def _known(character: str) -> bool:
    arabic = "\u0621" <= character <= "\u063a" or "\u0641" <= character <= "\u064a"
    latin = character.isascii() and (character.isalnum() or character in "[] ")
    return arabic or latin or character in ACCEPTED


@given(FRAGMENTS.filter(lambda text: not set("<&") & set(text)))
def test_a_second_pass_moves_what_is_no_markup(text: str) -> None:
    once = araelectra(text)
    assert araelectra(once) == once


def test_an_empty_tag_is_kept_only_to_be_removed_by_a_second_pass() -> None:
    assert araelectra("الوسم <> فارغ") == "الوسم < > فارغ"
    assert araelectra("الوسم < > فارغ") == "الوسم فارغ"


def test_an_unpaired_surrogate_raises() -> None:
    assert araelectra("كتاب\ud800 جديد") == "كتاب جديد"


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_one_hostile_passage_takes_quadratic_time(text: str) -> None:
    begun = time.process_time()
    araelectra(text)
    assert time.process_time() - begun < 2
