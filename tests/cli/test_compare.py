"""``arir compare`` on the command line: formats, what they state, exit codes, start-up."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from arir.cli.main import cli, main
from tests.compare.runs import random_ranks, record, write_qrels, write_run, write_systems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ranks = {"bm25": random_ranks(40, 1), "kd_1": random_ranks(40, 2), "poor": [12] * 40}
    for run in write_systems(tmp_path, ranks):
        record(run, tmp_path / "qrels.txt")
    return tmp_path


def _run(folder: Path, *words: str) -> Result:
    runs = [str(path) for path in sorted(folder.glob("*.trec"))]
    return CliRunner().invoke(cli, ["compare", *runs, "--permutations", "2000", *words])


def test_the_table_states_everything_that_made_it(folder: Path) -> None:
    result = _run(folder, "-m", "RR", "-m", "P@5", "--seed", "7")
    assert result.exit_code == 0, result.output
    for text in (
        "paired randomisation test, two-sided, α = 0.05",
        "Holm's correction over 6 hypotheses (3 pairs × 2 measures)",
        "B = 2,000, seed 7; n = 40 topics",
        "RR: a paired t-test finds a difference of",
        "Warning: unjudged hits in the top 10",
        "W/T/L",
    ):
        assert text in result.output
    assert "RR" in result.output
    assert "ᶜ" in result.output


def test_every_table_states_its_test(folder: Path) -> None:
    tables = _run(folder, "-m", "RR", "--format", "latex", "--seed", "7").output
    for table in tables.split(r"\end{table}")[:-1]:
        for text in ("two-sided", "= 0.05, Holm's correction", "B = 2,000, seed 7; n = 40 topics"):
            assert text in table


def test_the_measures_that_tools_understand_differently_are_explained(folder: Path) -> None:
    output = _run(folder, "-m", "RR", "-m", "NumRelRet", "-m", "RR@10").output
    assert "RR has no cut-off (trec_eval's recip_rank); RR@k looks at the first k hits" in output
    assert "NumRelRet: mean over the topics, not their sum." in output
    assert "no cut-off" not in _run(folder, "-m", "RR@10").output


@pytest.mark.parametrize("sides", ["greater", "less"])
def test_one_sided_tests_are_stated(folder: Path, sides: str) -> None:
    output = _run(folder, "--sides", sides, "--test", "t").output
    assert f"one-sided (first is {'better' if sides == 'greater' else 'worse'})" in output


def test_csv_is_one_table_with_every_number(folder: Path) -> None:
    result = _run(folder, "-m", "RR", "--format", "csv", "--test", "wilcoxon")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 3
    assert (rows[0]["first"], rows[0]["second"], rows[0]["test"]) == ("bm25", "kd_1", "wilcoxon")
    assert 0 < float(rows[0]["p"]) <= float(rows[0]["corrected_p"]) <= 1
    assert float(rows[0]["d_low"]) < float(rows[0]["d"]) < float(rows[0]["d_high"])
    assert "arir: warning: unjudged" in result.stderr
    assert "warning" not in result.stdout


def test_csv_of_one_run_holds_its_means(folder: Path) -> None:
    words = ["compare", str(folder / "poor.trec"), "-m", "RR", "--format", "csv"]
    rows = list(csv.DictReader(io.StringIO(CliRunner().invoke(cli, words).stdout)))
    assert [(row["system"], float(row["mean"])) for row in rows] == [("poor", 1 / 12)]


def test_json_holds_the_whole_comparison(folder: Path) -> None:
    document = json.loads(_run(folder, "-m", "RR", "--format", "json").stdout)
    assert document["design"]["test"] == "randomisation"
    assert document["design"]["family"] == 3
    [collection] = document["collections"]
    assert collection["topics"] == 40
    assert [system["name"] for system in collection["systems"]] == ["bm25", "kd_1", "poor"]
    assert {"p", "corrected_p", "d", "hedges_g", "cliffs_delta"} <= collection["pairs"][0].keys()
    assert collection["detectable"]["RR"]["single"] > 0


def test_markdown_and_latex_escape_names_and_raise_letters(folder: Path) -> None:
    assert "<sup>c</sup>" in _run(folder, "-m", "RR", "--format", "md").output
    latex = _run(folder, "-m", "RR", "--format", "latex").output
    assert r"kd\_1" in latex
    assert r"\textsuperscript{c}" in latex
    assert latex.count(r"\begin{table}") == latex.count(r"\end{table}") == 2


def test_many_pairs_are_folded_in_the_terminal_alone(tmp_path: Path) -> None:
    runs = write_systems(tmp_path, {f"s{n:02}": random_ranks(10, n) for n in range(11)})
    words = ["compare", *map(str, runs), "--qrels", str(tmp_path / "qrels.txt"), "--test", "t"]
    output = CliRunner().invoke(cli, words).output
    assert "10 more pairs: --format csv shows them all" in output
    rows = CliRunner().invoke(cli, [*words, "--format", "csv"]).stdout.splitlines()
    assert len(rows) == 1 + 55


def test_more_than_twenty_six_systems_have_letters(tmp_path: Path) -> None:
    ranks = {f"s{n:02}": [12] * 30 for n in range(27)} | {"top": [1] * 30}
    runs = write_systems(tmp_path, ranks)
    words = ["compare", *map(str, runs), "--qrels", str(tmp_path / "qrels.txt"), "--test", "t"]
    output = CliRunner().invoke(cli, [*words, "--format", "md", "-m", "RR"]).output
    assert "<sup>a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,aa</sup>" in output


def test_exact_tests_say_so_instead_of_a_seed(tmp_path: Path) -> None:
    runs = write_systems(tmp_path, {"x": random_ranks(10, 1), "y": random_ranks(10, 2)})
    words = ["compare", *map(str, runs), "--qrels", str(tmp_path / "qrels.txt"), "-m", "RR"]
    output = CliRunner().invoke(cli, words).output
    assert "one hypothesis, exact; n = 10 topics" in output
    assert "seed" not in output


def test_queries_are_analysed_on_request(folder: Path, tmp_path: Path) -> None:
    topics = tmp_path / "topics.tsv"
    topics.write_text("".join(f"q{t}\tما هي عاصمة البلد {t}\n" for t in range(40)), "utf-8")
    words = ("--queries", "3", "--topics", str(topics), "-m", "RR", "--baseline", "bm25")
    output = _run(folder, *words).output
    for title in (
        "RR: hardest queries",
        "RR: largest gains of kd_1 on bm25",
        "RR: largest losses of kd_1 on bm25",
        "RR: by length",
        "RR: by question word",
        "what (ما)",
    ):
        assert title in output
    assert "−" in output.partition("largest losses")[2].partition("by length")[0]
    found = json.loads(_run(folder, *words, "--format", "json").stdout)["queries"]
    assert [len(table["rows"]) for table in found[:3]] == [3, 3, 3]
    assert set(found[1]["rows"][0]) == {"topic", "query", "value kd_1", "value bm25", "difference"}
    assert found[2]["rows"][0]["difference"] < 0
    assert "queries are in --format json" in _run(folder, *words, "--format", "csv").stderr


def test_several_collections_have_a_macro_average_and_gaps(tmp_path: Path) -> None:
    runs = []
    for language, topics in (("ar", 30), ("en", 26)):
        qrels = write_qrels(tmp_path / language, topics, f"{language}.qrels", prefix=language)
        for seed, name in enumerate(("x", "y")):
            ranks = random_ranks(topics, seed)
            runs.append(write_run(tmp_path / language / f"{name}.trec", ranks, prefix=language))
            record(runs[-1], qrels)
    groups = tmp_path / "groups.yaml"
    groups.write_text("high: [en]\nlow: [ar]\n", "utf-8")
    words = ["compare", *map(str, runs), "--groups", str(groups), "--permutations", "999"]
    output = CliRunner().invoke(cli, words).output
    for text in ("macro average", "high − low", "x − y", "n = 30, 26 topics"):
        assert text in output
    document = json.loads(CliRunner().invoke(cli, [*words, "--format", "json"]).stdout)
    assert [gap["system"] for gap in document["macro"]["gaps"]] == ["x", "y", "x − y"]
    macro = CliRunner().invoke(cli, [*words, "--test", "t"]).output.partition("macro average\n")[2]
    for text in ("paired randomisation test", "B = 999, seed 0", "one hypothesis", "n = 30, 26"):
        assert text in macro


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--measure", "nDCG@"], 3),
        (["--baseline", "nobody"], 3),
        (["--test", "anova"], 2),
        (["--qrels", "nowhere.txt"], 4),
        (["--per-query", "values.xls"], 3),
    ],
)
def test_exit_codes(
    folder: Path, words: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["compare", *map(str, sorted(folder.glob("*.trec"))), *words])
    assert stopped.value.code == status
    assert "Traceback" not in capsys.readouterr().err


def test_nothing_heavy_is_imported(folder: Path) -> None:
    """A comparison must answer at once: torch, pandas and scipy.stats take seconds to import."""
    code = (
        "import sys; from arir.cli.main import cli;"
        "cli.main(sys.argv[1:], standalone_mode=False);"
        "heavy = {'torch', 'pandas', 'scipy.stats', 'transformers', 'sklearn', 'pyserini'};"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    runs = [str(path) for path in folder.glob("*.trec")]
    done = subprocess.run(
        [sys.executable, "-c", code, "compare", *runs], capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("heavy: []\n")
