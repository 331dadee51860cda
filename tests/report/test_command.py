"""``arir compare --html FILE --plots DIR --corpus CORPUS``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from arir.cli.main import cli
from arir.compare import CompareConfig, compare
from arir.data.runs import write_run
from arir.errors import ConfigError, DataError, DependencyError, OutputError
from arir.report import plots
from arir.sample import sample_path
from tests.report.sample import sample_runs

CORPUS = sample_path("corpus.ar.jsonl")


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    paths = []
    for run in sample_runs()[:2]:
        paths.append(tmp_path / f"{run.tag}.trec")
        write_run(paths[-1], run)
    return paths


def config(runs: list[Path], **settings: object) -> CompareConfig:
    qrels = sample_path("qrels.test.txt")
    values = {"runs": tuple(runs), "qrels": qrels, "permutations": 99, **settings}
    return CompareConfig(**values)  # type: ignore[arg-type]


def invoke(runs: list[Path], *words: object) -> Result:
    names = [str(word) for word in (*runs, "--qrels", sample_path("qrels.test.txt"), *words)]
    return CliRunner().invoke(cli, ["compare", "--permutations", "99", *names])


def test_page_and_plots_are_written_beside_the_table(
    runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plots, "FORMATS", {"svg": {}})
    page, folder = tmp_path / "out" / "page.html", tmp_path / "plots"
    result = invoke(runs, "--html", page, "--plots", folder, "--corpus", CORPUS)
    assert result.exit_code == 0, result.output
    assert "character-trigrams" in result.stdout
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "يتكوّن نهر النيل" in text
    assert (folder / "means.svg").is_file()


def test_machine_formats_stay_clean(runs: list[Path], tmp_path: Path) -> None:
    plain = invoke(runs, "--format", "json")
    with_page = invoke(runs, "--format", "json", "--html", tmp_path / "page.html")
    assert with_page.stdout == plain.stdout


def test_the_page_holds_no_text_without_a_corpus(runs: list[Path], tmp_path: Path) -> None:
    compare(config(runs, html=tmp_path / "page.html"))
    assert "يتكوّن نهر النيل" not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_corpus_without_a_page_is_a_mistake(runs: list[Path]) -> None:
    with pytest.raises(ConfigError, match="name its file with --html"):
        config(runs, corpus=(CORPUS,))


def test_a_corpus_that_is_not_there_stops_before_the_runs_are_read(tmp_path: Path) -> None:
    gone = config([tmp_path / "no.trec"], html=tmp_path / "p.html", corpus=(tmp_path / "no.jsonl",))
    with pytest.raises(DataError, match=r"no\.jsonl: no such collection"):
        compare(gone)


def test_a_page_that_cannot_be_written_stops_before_the_runs_are_read(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        compare(config([tmp_path / "no.trec"], html=tmp_path))


def test_plots_into_a_file_stop_before_the_runs_are_read(tmp_path: Path) -> None:
    (tmp_path / "plots").write_text("mine")
    with pytest.raises(OutputError, match="plots"):
        compare(config([tmp_path / "no.trec"], plots=tmp_path / "plots"))
    assert (tmp_path / "plots").read_text() == "mine"


def test_plots_without_matplotlib_stop_before_the_runs_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(DependencyError, match=r"pip install 'arir\[report\]'"):
        compare(config([tmp_path / "no.trec"], plots=tmp_path / "plots"))


def test_the_page_needs_neither_matplotlib_nor_a_model(runs: list[Path], tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from arir.compare import CompareConfig, compare; "
        f"compare(CompareConfig(runs={tuple(map(str, runs))!r}, permutations=99, "
        f"qrels={str(sample_path('qrels.test.txt'))!r}, html={str(tmp_path / 'p.html')!r})); "
        "print([m for m in ('matplotlib', 'torch', 'pandas', 'jnius') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
