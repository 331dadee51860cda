from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arir.data.lexicon import invert_lexicon, read_lexicon
from arir.errors import DataError

Write = Callable[[str, str], Path]


def test_targets_keep_the_order_of_the_file_and_come_once(write: Write) -> None:
    path = write("l.tsv", "buyer\tشار\t1-n\nvendor\tبائع\nbuyer\tمشتر\t2-n\nbuyer\tشار\t3-n\n")
    assert read_lexicon(path) == {"buyer": ("شار", "مشتر"), "vendor": ("بائع",)}
    assert list(read_lexicon(path)) == ["buyer", "vendor"]


def test_files_join_in_the_order_given(write: Write) -> None:
    first, second = write("1.tsv", "dog\tكلب\n"), write("2.tsv", "dog\tجرو\ndog\tكلب\ncat\tقط\n")
    assert read_lexicon(first, second) == {"dog": ("كلب", "جرو"), "cat": ("قط",)}
    assert read_lexicon(second, first)["dog"] == ("جرو", "كلب")


def test_case_and_punctuation_stay_and_white_space_is_single(write: Write) -> None:
    path = write("l.tsv", "Turkey\tتركيا\nturkey\tديك رومي\n St.  Louis \t سانت  لويس \n")
    assert read_lexicon(path) == {
        "Turkey": ("تركيا",),
        "turkey": ("ديك رومي",),
        "St. Louis": ("سانت لويس",),
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("dog", "expected 2 or 3 columns, found 1"),
        ("dog\tكلب\tn\tx", "expected 2 or 3 columns, found 4"),
        (" \tكلب", "the source is empty"),
        ("dog\t\tnote", "the target is empty"),
    ],
)
def test_a_malformed_line_is_named(write: Write, line: str, message: str) -> None:
    path = write("l.tsv", f"cat\tقط\n{line}\n")
    with pytest.raises(DataError) as caught:
        read_lexicon(path)
    assert f"{path}:2: {message}" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.tsv: cannot read the file"):
        read_lexicon(tmp_path / "absent.tsv")


def test_turning_a_lexicon_round_twice_gives_its_pairs_back() -> None:
    lexicon = {"buyer": ("شار", "مشتر"), "vendor": ("بائع",), "purchaser": ("مشتر",)}
    assert invert_lexicon(lexicon)["مشتر"] == ("buyer", "purchaser")
    assert invert_lexicon(invert_lexicon(lexicon)) == lexicon


def test_the_shared_lexicons_are_read_whole(shared_data: Path) -> None:
    folder = shared_data / "lexicon"
    wordnet = read_lexicon(folder / "arabic-wordnet.tsv.gz")
    assert wordnet["buyer"][0] == "شاري"
    joined = read_lexicon(folder / "cldr.tsv.gz", folder / "arwikicats.tsv.gz")
    assert joined["Africa"] == ("أفريقيا",)
    assert len(joined) > 30_000
