from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arir.data.bitext import LeftOut, Translation, read_bitext
from arir.errors import ConfigError, DataError

Write = Callable[[str, str], Path]

TATOEBA = "Hi.\tمرحبًا.\nRun!\tاركض!\n"


def test_pairs_come_in_file_order_without_outer_space(write: Write) -> None:
    path = write("b.tsv", " Hi. \t مرحبًا. \n\nRun!\tاركض!\n")
    assert list(read_bitext(path)) == [
        Translation("Hi.", ("مرحبًا.",)),
        Translation("Run!", ("اركض!",)),
    ]


def test_a_gzip_file_reads_as_the_plain_one(write: Write, tmp_path: Path) -> None:
    packed = tmp_path / "b.tsv.gz"
    packed.write_bytes(gzip.compress(TATOEBA.encode()))
    assert list(read_bitext(packed)) == list(read_bitext(write("b.tsv", TATOEBA)))


def test_several_target_languages_may_have_gaps(write: Write) -> None:
    path = write("b.tsv", "dog\tكلب\tHund\ncat\t\tKatze\n")
    assert [line.targets for line in read_bitext(path, targets=2)] == [
        ("كلب", "Hund"),
        ("", "Katze"),
    ]
    assert list(read_bitext(path, targets=None)) == list(read_bitext(path, targets=2))


def test_length_limits_look_at_every_sentence_and_are_counted(write: Write) -> None:
    path = write("b.tsv", "dog\tكلب\na\tكلب\ndog\tكلب كبير جدا\n")
    left_out: Counter[LeftOut] = Counter()
    kept = read_bitext(path, min_chars=3, max_chars=3, left_out=left_out)
    assert list(kept) == [Translation("dog", ("كلب",))]
    assert left_out == {"too short": 1, "too long": 1}


def test_a_gap_is_not_too_short(write: Write) -> None:
    path = write("b.tsv", "cat\t\tKatze\n")
    assert len(list(read_bitext(path, targets=2, min_chars=3))) == 1


def test_repetitions_are_kept_unless_asked_otherwise(write: Write) -> None:
    path = write("b.tsv", "dog\tكلب\ndog\tكلب \ndog\tجرو\nكلب\tdog\n")
    left_out: Counter[LeftOut] = Counter()
    assert len(list(read_bitext(path))) == 4
    kept = list(read_bitext(path, deduplicate=True, left_out=left_out))
    assert [line.source for line in kept] == ["dog", "dog", "كلب"]
    assert left_out == {"duplicate": 1}


def test_nothing_beyond_the_lines_asked_for_is_read(write: Write) -> None:
    path = write("b.tsv", TATOEBA + "no tab here\n")
    lines = read_bitext(path)
    assert len(list(islice(lines, 2))) == 2
    with pytest.raises(DataError, match="found 1"):
        next(lines)


@pytest.mark.parametrize(
    ("text", "targets", "message"),
    [
        ("a\tb\nno tab\n", 1, ":2: expected 2 columns, found 1"),
        ("a\tb\tc\n", 1, ":1: expected 2 columns, found 3"),
        ("a\tb\n", 2, ":1: expected 3 columns, found 2"),
        ("a\tb\na\tb\tc\n", None, ":2: expected 2 columns, found 3"),
        ("no tab\n", None, ":1: expected 2 columns, found 1"),
        ("a\tb\n \tb\n", 1, ":2: the source sentence is empty"),
        ("a\tb\na\t \n", 1, ":2: the translation is empty"),
        ("a\t\t\n", 2, ":1: the translations are empty"),
    ],
)
def test_a_malformed_line_is_named(
    write: Write, text: str, targets: int | None, message: str
) -> None:
    path = write("b.tsv", text)
    with pytest.raises(DataError) as caught:
        list(read_bitext(path, targets=targets))
    assert f"{path}{message}" in str(caught.value)


def test_missing_empty_and_foreign_files_are_named(write: Write, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        list(read_bitext(tmp_path / "absent.tsv"))
    with pytest.raises(DataError, match="the file is empty"):
        list(read_bitext(write("empty.tsv", "\n")))
    latin = tmp_path / "latin.tsv"
    latin.write_bytes(b"a\tb\ncaf\xe9\tb\n")
    with pytest.raises(DataError, match=r"latin\.tsv:2: not UTF-8"):
        list(read_bitext(latin))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"targets": 0}, "at least one target column, not 0"),
        ({"min_chars": -1}, "between -1 and None"),
        ({"min_chars": 9, "max_chars": 5}, "between 9 and 5"),
        ({"max_chars": 0}, "between 1 and 0"),
    ],
)
def test_settings_that_fit_no_line_are_refused_before_reading(
    arguments: dict[str, int], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        read_bitext(Path("absent.tsv"), **arguments)  # type: ignore[arg-type]  # a table of cases


sentences = st.text(
    st.characters(exclude_characters="\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f", exclude_categories=["Cs"]),
    min_size=1,
).filter(lambda text: text.strip() and not text.startswith("\ufeff"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(sentences, sentences), min_size=1, max_size=5))
def test_what_is_written_is_read(write: Write, pairs: list[tuple[str, str]]) -> None:
    path = write("b.tsv", "".join(f"{source}\t{target}\n" for source, target in pairs))
    expected = [(source.strip(), (target.strip(),)) for source, target in pairs]
    assert list(read_bitext(path)) == expected
    assert list(read_bitext(path, deduplicate=True)) == list(dict.fromkeys(expected))


def test_the_shared_bitext_has_as_many_pairs_as_it_says(shared_data: Path) -> None:
    pairs = list(read_bitext(shared_data / "bitext" / "tatoeba.tsv.gz", deduplicate=True))
    assert len(pairs) == 13215
    assert pairs[0] == Translation("Hi.", ("مرحبًا.",))
