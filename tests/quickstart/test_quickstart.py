"""The quickstart runs the whole chain, and each command that it shows can be typed again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from arir.artefacts import find_qrels
from arir.artefacts.provenance import read_provenance
from arir.cli.main import main
from arir.cli.quickstart import show, show_findings
from arir.data.collection import read_passages
from arir.data.qrels import read_qrels
from arir.data.runs import read_run
from arir.data.topics import read_topics
from arir.errors import ConfigError, ModelError, OutputError
from arir.quickstart.config import QuickstartConfig
from arir.quickstart.examples import cross_lingual, most_varied
from arir.quickstart.parts import ENGLISH, LIVE, SHIPPED
from arir.quickstart.places import Places, prepare
from arir.quickstart.service import Findings, QuickstartReport, quickstart
from tests.tiny import make_bi_encoder, make_cross_encoder

RUNS = (*SHIPPED, *LIVE)


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """What the quickstart says and shows while it runs, a table as the number of its systems."""
    return []


@pytest.fixture(scope="module")
def report(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> Iterator[QuickstartReport]:
    """One quickstart in the working directory.

    Tiny models stand for the shipped students, and the live ones learn next to nothing.
    """

    def shown(findings: Findings) -> None:
        (collection,) = findings.comparison.collections
        lines.append(f"table of {len(collection.systems)}")

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("work"))
        make_bi_encoder(Path("shelf/kd-mini"))
        make_cross_encoder(Path("shelf/kd-mini-ce"))
        patch.setenv("ARIR_MODELS", str(Path("shelf").resolve()))
        yield quickstart(QuickstartConfig(steps=2), lines.append, shown)


def test_every_run_is_there_and_leads_to_its_qrels(report: QuickstartReport) -> None:
    for name in RUNS:
        run = report.places.run(name)
        assert len(read_run(run).topic_ids) >= 95
        assert find_qrels(run) is not None
    assert report.seconds > 0


def test_every_run_is_equally_deep(report: QuickstartReport) -> None:
    """A deeper run would win on recall by its depth alone."""
    deepest = {
        name: max(len(hits) for _, hits in read_run(report.places.run(name)).rankings())
        for name in RUNS
    }
    # BM25 finds no more passages that hold a word of the query, and reranking adds none.
    assert set(deepest.values()) == {100, deepest["bm25"]}
    assert deepest["kd-mini-ce"] == deepest["bm25"] < 100


def test_the_comparison_holds_every_run_and_the_measured_values(report: QuickstartReport) -> None:
    (collection,) = report.comparison.collections
    assert [system.name for system in collection.systems] == list(RUNS)
    bm25 = collection.systems[0].means["nDCG@10"].value
    assert bm25 == pytest.approx(0.765, abs=0.02)


def test_a_first_table_stands_before_anything_is_trained(
    report: QuickstartReport, lines: list[str]
) -> None:
    said = "\n".join(lines)
    first = said.index(f"table of {len(SHIPPED)}")
    assert said.index("arir rerank") < first < said.index("arir train")
    assert said.index("arir train") < said.index(f"table of {len(RUNS)}")
    (collection,) = report.findings[0].comparison.collections
    assert [system.name for system in collection.systems] == list(SHIPPED)


def test_each_command_shown_can_be_typed_again(report: QuickstartReport, lines: list[str]) -> None:
    typed = [line.split("$ ")[1] for line in "\n".join(lines).splitlines() if "$ " in line]
    assert len(typed) == 14
    again = ("hybrid.trec", "kd-mini-en.trec", "kd-mini-ce.trec")
    for name in again:
        run = report.places.root / "runs" / name
        before = run.read_bytes()
        command = next(words for words in typed if f"--output {run}" in words)
        run.unlink()
        with pytest.raises(SystemExit) as stopped:
            main(shlex.split(command)[1:])
        assert stopped.value.code == 0
        assert run.read_bytes() == before


def test_the_live_students_need_no_shipped_weights(report: QuickstartReport) -> None:
    for name in LIVE:
        recipe = report.places.recipe(name).read_text()
        assert "student: new" in recipe
        assert "mini" not in recipe


def test_the_english_run_has_english_questions_and_arabic_passages(
    report: QuickstartReport,
) -> None:
    inputs = (read_provenance(report.places.run(ENGLISH)) or {})["data"]["test collection"]
    assert inputs["topics"]["path"] == "../collection/topics.test.en.tsv"
    assert inputs["dense index"]["path"] == "../indexes/kd-mini"


def test_the_english_example_is_the_first_that_is_answered(report: QuickstartReport) -> None:
    example = cross_lingual(report.places, ENGLISH)
    topics = read_topics(report.places.topics("en"))
    qrels = read_qrels(report.places.qrels)
    firsts = {q: hits[0].docid for q, hits in read_run(report.places.run(ENGLISH)).rankings()}
    answered = [topic for topic in topics if qrels[topic].get(firsts[topic], 0) > 0]
    assert example.topic == answered[0]
    assert example.text == topics[example.topic]
    assert [answer.label for answer in example.answers] == ["1", "2", "3"]
    assert (example.answers[0].grade or 0) > 0
    assert all(answer.title != answer.english for answer in example.answers)


def rewrite(places: Places, name: str, docid: str) -> None:
    """A run that answers every Arabic test query with one passage."""
    topics = read_topics(places.topics("ar"))
    places.run(name).parent.mkdir(exist_ok=True)
    lines = [f"{topic} Q0 {docid} 1 1.0 x\n" for topic in topics]
    places.run(name).write_text("".join(lines))


def test_an_english_example_without_a_right_answer_is_still_one(tmp_path: Path) -> None:
    places = prepare(tmp_path / "quickstart")
    judged = {docid for grades in read_qrels(places.qrels).values() for docid in grades}
    unjudged = next(docid for docid in read_passages(places.corpus) if docid not in judged)
    rewrite(places, ENGLISH, unjudged)
    example = cross_lingual(places, ENGLISH)
    assert example.topic == next(iter(read_topics(places.topics("en"))))
    assert [(answer.docid, answer.grade) for answer in example.answers] == [(unjudged, None)]


def test_systems_that_agree_everywhere_give_no_example(tmp_path: Path) -> None:
    places = prepare(tmp_path / "quickstart")
    for name in ("bm25", "hybrid"):
        rewrite(places, name, "a021")
    assert most_varied(places, ["bm25", "hybrid"]) is None
    rewrite(places, "hybrid", "a022")
    example = most_varied(places, ["bm25", "hybrid"])
    assert example is not None
    assert [answer.docid for answer in example.answers] == ["a021", "a022"]


def test_a_recipe_trains_the_same_student(report: QuickstartReport) -> None:
    recipe = str(report.places.recipe("live-kd"))
    with pytest.raises(SystemExit) as stopped:
        main(["train", recipe, "--output", "again"])
    assert stopped.value.code == 0
    weights = "model.safetensors"
    first = next(report.places.model("live-kd").rglob(weights))
    assert next(Path("again").rglob(weights)).read_bytes() == first.read_bytes()


def test_the_result_names_every_system_and_every_place(report: QuickstartReport) -> None:
    import click

    def callback() -> None:
        for findings in report.findings:
            show_findings(findings)
        show(report, QuickstartConfig())

    command = click.Command("show", callback=callback)
    output = CliRunner().invoke(command, [], catch_exceptions=False).output
    places = ("quickstart/models", "quickstart/recipes")
    for part in (*RUNS, *places, "nDCG@10", "randomisation", "first answer of", "at rank"):
        assert part in output
    assert output.index("at rank") < output.index("live-kd")


def test_without_the_live_part_nothing_is_trained(
    report: QuickstartReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arir.train.service.train", lambda _: pytest.fail("trained"))
    short = quickstart(QuickstartConfig(output=tmp_path / "quickstart", live=False))
    assert len(short.findings) == 1
    assert not (short.places.root / "models").exists()
    for name in SHIPPED:
        assert short.places.run(name).read_bytes() == report.places.run(name).read_bytes()


def test_steps_without_anything_to_train_are_refused() -> None:
    with pytest.raises(ConfigError, match="live students"):
        QuickstartConfig(live=False, steps=5)


def test_a_missing_shipped_student_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arir.students.find.STUDENTS", tmp_path / "students")
    monkeypatch.delenv("ARIR_MODELS", raising=False)
    with pytest.raises(ModelError, match="kd-mini"):
        quickstart(QuickstartConfig(output=tmp_path / "quickstart", live=False))


def test_a_second_quickstart_takes_the_place_of_the_first(tmp_path: Path) -> None:
    stale = prepare(tmp_path / "quickstart").run("stale")
    stale.parent.mkdir()
    stale.touch()
    assert prepare(tmp_path / "quickstart").corpus.is_file()
    assert not stale.exists()


def test_a_folder_below_a_file_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        prepare(tmp_path / "file" / "quickstart")


def test_files_of_another_origin_are_kept(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(OutputError, match="another origin"):
        quickstart(QuickstartConfig(output=tmp_path))
    assert (tmp_path / "thesis.tex").read_text() == "x"
