"""Rows meet their texts by id; what does not is counted, and nothing is trained on by mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from arir.errors import DataError
from arir.train.triples import MissingTextWarning, Triples, load_triples
from tests.train.material import PASSAGES, ROWS, TOPICS, settings, write_scores


def texts(triples: Triples) -> list[tuple[float, str, str, str]]:
    return [
        (margin, triples.queries[q], triples.passages[p], triples.passages[n])
        for margin, q, p, n in zip(
            triples.margins.tolist(),
            triples.query,
            triples.positive,
            triples.negative,
            strict=True,
        )
    ]


def expected(rows: list[tuple[float, float, str, str, str]]) -> list[tuple[float, str, str, str]]:
    return [(high - low, TOPICS[q], PASSAGES[p], PASSAGES[n]) for high, low, q, p, n in rows]


def loaded(folder: Path, rows: Any = ROWS, **changes: Any) -> Triples:
    config = settings(folder, **changes)
    write_scores(config.teacher_scores, rows)
    return load_triples(config)


def test_every_row_gets_its_own_texts_and_margin(tmp_path: Path) -> None:
    triples = loaded(tmp_path)
    assert texts(triples) == expected(ROWS)
    assert (triples.missing, triples.missing_queries, triples.missing_passages) == (0, 0, 0)
    assert len(set(triples.passages)) == len(triples.passages)


def test_rows_without_a_text_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [
        *ROWS,
        (1.0, 0.0, "nobody", "p1", "p2"),
        (1.0, 0.0, "1", "p1", "7"),
        (1.0, 0.0, "1", "p99", "p1"),
        (1.0, 0.0, "1", "7", "p1"),
    ]
    with pytest.warns(MissingTextWarning, match="4 of 12 rows .* 1 queries and 2 passages"):
        triples = loaded(tmp_path, rows)
    assert texts(triples) == expected(ROWS)
    assert (triples.missing, triples.missing_queries, triples.missing_passages) == (4, 1, 2)


def test_titles_are_put_first_when_asked_for(tmp_path: Path) -> None:
    triples = loaded(tmp_path, with_title=True)
    assert f"عنوان p1\n{PASSAGES['p1']}" in triples.passages


def test_the_head_of_the_file_is_taken_in_order(tmp_path: Path) -> None:
    assert texts(loaded(tmp_path, max_triples=3)) == expected(ROWS[:3])


def test_named_queries_are_held_out_before_rows_are_counted(tmp_path: Path) -> None:
    held_out = tmp_path / "dev.tsv"
    held_out.write_text("1\tany text\nq3\n", encoding="utf-8")
    triples = loaded(tmp_path, held_out=str(held_out), max_triples=3)
    kept = [row for row in ROWS if row[2] not in {"1", "q3"}]
    assert texts(triples) == expected(kept[:3])
    assert triples.held_out == ("1", "q3")


def test_a_number_of_queries_is_drawn_by_the_seed_alone(tmp_path: Path) -> None:
    first = loaded(tmp_path, held_out=2)
    assert len(first.held_out) == 2
    kept = [row for row in ROWS if row[2] not in first.held_out]
    assert texts(first) == expected(kept)
    assert loaded(tmp_path, held_out=2, max_triples=1).held_out == first.held_out
    draws = {loaded(tmp_path, held_out=2, seed=seed).held_out for seed in range(8)}
    assert len(draws) > 1


def test_more_than_there_is_cannot_be_held_out(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot hold out 4 of the 4 queries"):
        loaded(tmp_path, held_out=4)


def test_holding_out_everything_is_refused(tmp_path: Path) -> None:
    held_out = tmp_path / "dev.txt"
    held_out.write_text("\n".join(TOPICS), encoding="utf-8")
    with pytest.raises(DataError, match="no row is left to train on; check --held-out"):
        loaded(tmp_path, held_out=str(held_out))


def test_a_join_of_nothing_names_ids_that_were_looked_for(tmp_path: Path) -> None:
    rows = [(2.0, 1.0, "en1", "x1", "x2"), (2.0, 0.0, "en2", "x1", "x3")]
    with pytest.raises(DataError) as caught:
        loaded(tmp_path, rows)
    message = str(caught.value)
    assert "none of its 2 rows joins" in message
    assert "query en1, en2 and passage x1, x2, x3" in message


def test_several_files_of_topics_are_one(tmp_path: Path) -> None:
    config = settings(tmp_path)
    more = tmp_path / "more.tsv"
    more.write_text(f"pseudo\tنهر\n1\t{TOPICS['1']}\n", encoding="utf-8")
    rows = [*ROWS, (3.0, 1.0, "pseudo", "p2", "p3")]
    triples = loaded(tmp_path, rows, topics=(*config.topics, more))
    assert texts(triples)[-1] == (2.0, "نهر", PASSAGES["p2"], PASSAGES["p3"])


def test_one_id_with_two_texts_is_refused(tmp_path: Path) -> None:
    config = settings(tmp_path)
    more = tmp_path / "more.tsv"
    more.write_text("1\tشيء آخر\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"more\.tsv: query 1 has another text"):
        loaded(tmp_path, topics=(*config.topics, more))
