"""Files of mined negatives: what was written comes back, and bad lines name themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arir.data.mined import MinedQuery, read_mined, write_mined
from arir.errors import DataError

IDS = st.text(min_size=1).filter(lambda text: text.split() == [text]).filter(str.isprintable)
QUERIES = st.builds(
    lambda query, ids: MinedQuery(query, tuple(ids[:1]), tuple(ids[1:])),
    IDS,
    st.lists(IDS, min_size=2, unique=True),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(QUERIES, min_size=1, unique_by=lambda query: query.query))
def test_what_is_written_is_read_again(tmp_path: Path, queries: list[MinedQuery]) -> None:
    write_mined(tmp_path / "mined.jsonl", queries)
    assert list(read_mined(tmp_path / "mined.jsonl")) == queries


GOOD = '{"query": "q1", "positives": ["p"], "negatives": ["n"]}\n'


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "malformed JSON"),
        ("[]", "expected a JSON object, found list"),
        ('{"query": "q"}', "no 'positives'; every line has query, positives, negatives"),
        ('{"query": 7, "positives": ["p"], "negatives": ["n"]}', "query id 7 is not a string"),
        ('{"query": "q", "positives": [], "negatives": ["n"]}', "'positives' is no list"),
        ('{"query": "q", "positives": "p", "negatives": ["n"]}', "'positives' is no list"),
        ('{"query": "q", "positives": ["p"], "negatives": [1]}', "passage id 1 is not a string"),
        ('{"query": "q", "positives": ["p"], "negatives": ["a b"]}', "holds white space"),
        (
            '{"query": "q", "positives": ["p"], "negatives": ["n", "n"]}',
            "twice among",
        ),
        (
            '{"query": "q", "positives": ["p"], "negatives": ["p"]}',
            "p is a positive and a",
        ),
        (GOOD, "query q1 is given twice"),
    ],
)
def test_a_bad_line_is_named(write: Callable[[str, str], Path], line: str, message: str) -> None:
    path = write("mined.jsonl", GOOD + line)
    with pytest.raises(DataError, match=rf"mined\.jsonl:2: .*{message}"):
        list(read_mined(path))
