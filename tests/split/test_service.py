"""``arir split-corpus``: ids, titles, the side file, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from arir.artefacts import sha256_of
from arir.cli.main import main
from arir.data.collection import read_passages
from arir.errors import ConfigError, DataError
from arir.split.config import SplitCorpusConfig
from arir.split.service import split_corpus

Write = Callable[[str, str], Path]
LINES = [
    {"id": "a#1", "contents": "one two three four five", "title": "Numbers"},
    {"id": "b", "contents": "six  seven"},
]


@pytest.fixture
def corpus(write: Write) -> Path:
    return write("in/corpus.jsonl", "\n".join(map(json.dumps, LINES)))


def test_passages_carry_the_id_the_number_and_the_title_of_their_document(
    corpus: Path, tmp_path: Path
) -> None:
    output = tmp_path / "passages.jsonl"
    report = split_corpus(SplitCorpusConfig(corpus=corpus, output=output, window=3, stride=2))
    assert (report.documents, report.passages, report.split) == (2, 3, 1)
    found = read_passages(output)
    assert {key: (p.contents, p.title) for key, p in found.items()} == {
        "a#1#0": ("one two three", "Numbers"),
        "a#1#1": ("three four five", "Numbers"),
        "b#0": ("six  seven", ""),
    }
    assert found["a#1#1"].text == "Numbers\nthree four five"


def test_side_file_names_settings_counts_and_hashes(corpus: Path, tmp_path: Path) -> None:
    output = tmp_path / "passages.jsonl"
    split_corpus(SplitCorpusConfig(corpus=corpus, output=output))
    facts = yaml.safe_load((tmp_path / "passages.jsonl.meta.yaml").read_text())
    assert facts["kind"] == "split-collection"
    assert facts["sha256"] == sha256_of(output)
    assert facts["inputs"]["corpus"]["sha256"] == sha256_of(corpus)
    assert facts["properties"]["counts"] == {"documents": 2, "passages": 2, "split": 0}
    settings = facts["properties"]["settings"]
    assert (settings["window"], settings["stride"]) == (150, 75)


def test_a_bad_line_leaves_nothing_behind_and_an_older_result_in_place(
    write: Write, tmp_path: Path
) -> None:
    bad = write("bad.tsv", "d1\tone two\nd2 no tab\n")
    output = write("old/passages.jsonl", "older\n")
    with pytest.raises(DataError, match=r"bad\.tsv:2: expected id<TAB>contents"):
        split_corpus(SplitCorpusConfig(corpus=bad, output=output))
    assert output.read_text() == "older\n"
    assert [path.name for path in output.parent.iterdir()] == ["passages.jsonl"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stride": 151}, "stride 151 is greater than window 150: words .* would be lost"),
        ({"window": 0}, "window: .* greater than or equal to 1"),
        ({"output": "out.jsonl.gz"}, r"output must end in \.jsonl"),
        ({"output": "in/more.jsonl", "corpus": "in"}, "must not be part of the collection"),
        ({"output": "in/corpus.jsonl"}, "must not be part of the collection"),
    ],
)
def test_settings_that_lose_words_or_the_input_are_refused(
    settings: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        SplitCorpusConfig(**{"corpus": "in/corpus.jsonl", "output": "out.jsonl", **settings})  # type: ignore[arg-type]


def test_command_says_what_became_of_the_documents(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "passages.jsonl"
    with pytest.raises(SystemExit) as stopped:
        main(["split-corpus", str(corpus), "--output", str(output), "--window", "4"])
    assert stopped.value.code == ConfigError.exit_code
    words = ["split-corpus", str(corpus), "--output", str(output), "--window=4", "--stride=2"]
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 0
    said = capsys.readouterr().out
    assert said == f"{output}: 3 passages of 2 documents, 1 of which are longer than 4 words\n"
