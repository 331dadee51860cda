"""The quickstart runs the whole chain, and each command that it shows can be typed again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from arir.artefacts import find_qrels
from arir.cli.main import main
from arir.cli.quickstart import show
from arir.data.runs import read_run
from arir.errors import OutputError
from arir.quickstart.config import QuickstartConfig
from arir.quickstart.places import prepare
from arir.quickstart.service import QuickstartReport, quickstart
from arir.quickstart.steps import RUNS


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """What the quickstart says while it runs."""
    return []


@pytest.fixture(scope="module")
def report(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> Iterator[QuickstartReport]:
    """One quickstart with students that learn next to nothing, in the working directory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("work"))
        yield quickstart(QuickstartConfig(steps=2), lines.append)


def test_every_run_is_there_and_leads_to_its_qrels(report: QuickstartReport) -> None:
    for name in RUNS:
        run = report.places.run(name)
        assert len(read_run(run).topic_ids) >= 95
        assert find_qrels(run) is not None
    assert report.seconds > 0


def test_the_comparison_holds_every_run_and_the_measured_values(report: QuickstartReport) -> None:
    (collection,) = report.comparison.collections
    assert [system.name for system in collection.systems] == list(RUNS)
    bm25 = collection.systems[0].means["nDCG@10"].value
    assert bm25 == pytest.approx(0.765, abs=0.02)


def test_each_command_shown_can_be_typed_again(report: QuickstartReport, lines: list[str]) -> None:
    typed = [line.split("$ ")[1] for line in "\n".join(lines).splitlines() if "$ " in line]
    assert len(typed) == 11
    before = report.places.run("hybrid").read_bytes()
    hybrid = next(command for command in typed if "hybrid" in command)
    with pytest.raises(SystemExit) as stopped:
        main(shlex.split(hybrid)[1:])
    assert stopped.value.code == 0
    assert report.places.run("hybrid").read_bytes() == before


def test_a_recipe_trains_the_same_student(report: QuickstartReport) -> None:
    recipe = str(report.places.recipe("kd"))
    with pytest.raises(SystemExit) as stopped:
        main(["train", recipe, "--output", "again"])
    assert stopped.value.code == 0
    weights = "model.safetensors"
    first = next(report.places.model("kd").rglob(weights))
    assert next(Path("again").rglob(weights)).read_bytes() == first.read_bytes()


def test_the_result_names_every_system_and_every_place(report: QuickstartReport) -> None:
    import click

    command = click.Command("show", callback=lambda: show(report, QuickstartConfig()))
    output = CliRunner().invoke(command, [], catch_exceptions=False).output
    for part in (*RUNS, "nDCG@10", "randomisation", "quickstart/models", "first answer of"):
        assert part in output


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
