"""The page's data: true to the comparison, and no larger than it may be."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from arir.data.collection import Passage
from arir.report.data import Report, leaders, widest_first
from arir.report.details import MAX_CONTENTS, listed_relevant
from arir.report.embed import json_for_script
from arir.report.payload import payload
from tests.report.sample import MEASURES, changed, first


def size(value: object) -> int:
    return len(json_for_script(value).encode())


def test_every_value_is_there_to_four_decimals(report: Report) -> None:
    values = np.array(payload(report)["collections"][0]["values"])
    exact = np.array([first(report).matrix(measure) for measure in MEASURES])
    assert values.shape == exact.shape
    assert np.abs(values - exact).max() <= 0.5e-4


def test_the_data_survives_the_page(report: Report) -> None:
    data = payload(report)
    assert json.loads(json_for_script(data)) == data


def test_pairs_keep_their_numbers(report: Report) -> None:
    data = payload(report)["collections"][0]
    for pair, shown in zip(first(report).pairs, data["pairs"], strict=True):
        assert data["systems"][shown["a"]]["name"] == pair.first
        assert data["systems"][shown["b"]]["name"] == pair.second
        assert shown["corrected"] == pytest.approx(pair.corrected_p, rel=1e-3)
        assert shown["wtl"] == list(pair.outcomes)
        assert shown["difference"][0] == pytest.approx(pair.difference.value, abs=0.5e-4)


def test_rankings_name_the_right_passages_and_grades(report: Report) -> None:
    data = payload(report)["collections"][0]
    assert len(data["details"]) == 100
    for position, details in data["details"].items():
        topic = data["topics"][int(position)][0]
        grades = first(report).qrels[topic]
        for system, hits in enumerate(details["hits"]):
            ids = [data["passages"][number][0] for number, _ in hits]
            ranking = report.seen[0].runs[system].rankings[topic]
            assert ids == [hit.docid for hit in ranking.hits]
        shown = {
            data["passages"][int(number)][0]: grade for number, grade in details["grades"].items()
        }
        assert shown.items() <= grades.items()


@pytest.mark.parametrize("budget", [60_000, 90_000, 150_000])
def test_the_budget_is_kept_and_the_widest_topics_are_in(report: Report, budget: int) -> None:
    data = payload(report, budget)
    kept = data["collections"][0]["details"]
    assert 0 < len(kept) < 100
    assert size(data["collections"][0]) <= budget + 200
    widest = widest_first(first(report).matrix(MEASURES[0])).tolist()
    assert [int(position) for position in kept] == widest[: len(kept)]


def test_a_budget_that_is_too_small_still_shows_one_topic(report: Report) -> None:
    assert len(payload(report, 1)["collections"][0]["details"]) == 1


def test_passages_of_topics_beyond_the_budget_are_left_out(report: Report) -> None:
    data = payload(report, 60_000)["collections"][0]
    used = {n for d in data["details"].values() for hits in d["hits"] for n, _ in hits}
    used |= {n for d in data["details"].values() for n, _, _ in d["relevant"]}
    assert used == set(range(len(data["passages"])))


def test_whole_documents_are_cut(report: Report) -> None:
    passages = {
        docid: Passage(docid, passage.contents * 20)
        for docid, passage in report.seen[0].passages.items()
    }
    data = payload(changed(report, {"passages": passages}))["collections"][0]
    assert {len(contents) for _, _, contents in data["passages"]} == {MAX_CONTENTS + 1}


def test_without_a_corpus_there_are_ids_alone(report: Report) -> None:
    data = payload(changed(report, {"passages": {}}))["collections"][0]
    assert {len(row) for row in data["passages"]} == {1}
    assert data["hasPassages"] is False


def test_a_system_is_drawn_alike_on_every_collection(several: Report) -> None:
    turned = changed(
        several,
        {"runs": several.seen[0].runs[::-1]},
        systems=first(several).systems[::-1],
    )
    one, other = payload(turned)["collections"]
    hues = [{s["name"]: (s["hue"], s["dash"]) for s in c["systems"]} for c in (one, other)]
    assert hues[0] == hues[1]


def test_several_collections_share_the_budget(several: Report) -> None:
    collections = payload(several, 160_000)["collections"]
    assert all(size(collection) <= 80_200 for collection in collections)


def test_many_relevant_passages_are_listed_by_grade() -> None:
    grades = {f"d{number}": number % 3 for number in range(90)}
    listed = listed_relevant(grades, 1)
    assert len(listed) == 20
    assert {grades[docid] for docid in listed} == {2}


def test_a_report_opens_with_the_best_and_the_baseline(report: Report) -> None:
    assert leaders(first(report), "nDCG@10", None) == (1, 2)
    assert leaders(first(report), "nDCG@10", "words") == (1, 0)
    assert leaders(first(report), "nDCG@10", "character-trigrams") == (2, 1)


def test_runs_that_were_not_seen_are_an_error(report: Report) -> None:
    seen = replace(report.seen[0], runs=report.seen[0].runs[:2])
    with pytest.raises(ValueError, match="2 observations for 3 systems"):
        replace(report, seen=(seen,))
