"""Query-level analysis: hardest, gains and losses, length, question words."""

from __future__ import annotations

from pathlib import Path

import pytest

from arir.compare import Collection, CompareConfig, compare
from arir.compare.queries import (
    by_length,
    by_question_word,
    gains_and_losses,
    hardest,
    question_word,
)
from tests.compare.runs import write_systems


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    runs = write_systems(tmp_path, {"x": [1, 4, 0, 2], "y": [2, 1, 0, 2]})
    topics = tmp_path / "topics.tsv"
    topics.write_text(
        "q0\tمن بنى الأهرام\nq1\tHow many people live in Cairo today\nq2\tتاريخ\n", "utf-8"
    )
    config = CompareConfig(
        runs=tuple(runs), qrels=tmp_path / "qrels.txt", measure=("RR",), topics=(topics,)
    )
    return compare(config).collections[0]


def test_hardest_queries_come_first(collection: Collection) -> None:
    found = hardest(collection, "RR", 2)
    assert [(query.topic, query.mean, query.text) for query in found] == [
        ("q2", 0.0, "تاريخ"),
        ("q3", 0.5, ""),
    ]
    assert hardest(collection, "RR", 3)[2].best_system == "y"


def test_gains_and_losses_leave_ties_out(collection: Collection) -> None:
    gains, losses = gains_and_losses(collection, "RR", "x", "y", 10)
    assert [(change.topic, change.difference) for change in gains] == [("q0", 0.5)]
    assert [(change.topic, change.difference) for change in losses] == [("q1", -0.75)]


def test_groups_by_length_leave_out_queries_without_text(collection: Collection) -> None:
    groups = by_length(collection, "RR")
    assert [(group.label, group.topics) for group in groups] == [
        ("1–3 words", 2),
        ("7–9 words", 1),
    ]
    assert groups[0].means == {"x": 0.5, "y": 0.25}


def test_groups_by_question_word(collection: Collection) -> None:
    found = {group.label: group.topics for group in by_question_word(collection, "RR")}
    assert found == {"who (من)": 1, "how many (كم)": 1, "other": 1}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("من هو أول رئيس لمصر؟", "who (من)"),
        ("مَنْ كتب الرواية", "who (من)"),
        ("ما هي عاصمة السودان؟", "what (ما)"),
        ("ماذا يأكل الجمل", "what (ما)"),
        ("متى تأسست الجامعة", "when (متى)"),
        ("في أي عام ولد ابن خلدون؟", "which (أي)"),
        ("أين يقع البحر الميت", "where (أين)"),
        ("من أين تأتي القهوة", "where (أين)"),
        ("كم عدد سكان بغداد", "how many (كم)"),
        ("كيف يصنع الزجاج", "how (كيف)"),
        ("لماذا السماء زرقاء", "why (لماذا)"),
        ("هل الأرض كروية", "yes or no (هل)"),
        ("الهجرة من مصر", "other"),
        ("What is the capital of Sudan?", "what (ما)"),
        ("Who built it", "who (من)"),
        ("how much does it weigh", "how many (كم)"),
        ("How is glass made", "how (كيف)"),
        ("In which year was he born", "which (أي)"),
        ("is the earth round", "yes or no (هل)"),
        ("Cairo is large", "other"),
        ("؟", "other"),
    ],
)
def test_question_words_in_both_languages(text: str, kind: str) -> None:
    assert question_word(text) == kind
