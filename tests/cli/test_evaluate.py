"""``arir evaluate`` on the command line: formats, notes, exit codes, start-up."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from arir.cli import main

Write = Callable[[str, str], Path]


@pytest.fixture
def files(write: Write) -> list[str]:
    qrels = write("qrels.txt", "q1 0 a 1\nq2 0 a 1\n")
    first = write("bm25.trec", "q1 Q0 a 1 2 t\nq1 Q0 b 2 1 t\nq2 Q0 b 1 2 t\nq2 Q0 a 2 1 t\n")
    second = write("kd_ar.trec", "q1 Q0 a 1 2 t\nq2 Q0 a 1 2 t\n")
    return [str(first), str(second), "--qrels", str(qrels)]


def call(words: list[str]) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", *words])
    return int(stopped.value.code or 0)


def test_the_table_names_runs_topics_and_values(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call([*files, "-m", "RR", "-m", "NumRet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["run", "topics", "RR", "NumRet"]
    assert lines[2].split() == ["bm25", "2", "0.7500", "4"]
    assert lines[3].split() == ["kd_ar", "2", "1.0000", "2"]
    assert lines[4].startswith("RR has no cut-off (trec_eval's recip_rank)")


def test_one_system_under_two_names_is_remarked(
    files: list[str], write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = write("copy.trec", Path(files[0]).read_text())
    assert call([*files, str(copy)]) == 0
    output = capsys.readouterr().out
    assert output.count("have the same value on every topic under every measure") == 1
    assert "bm25 and copy have the same value" in output


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("md", "| kd\\_ar | 2 | **1.0000** |"),
        ("latex", r"kd\_ar & 2 & \textbf{1.0000} \\"),
        ("csv", "kd_ar,2,1.0"),
    ],
)
def test_formats_mark_the_best_and_escape(
    files: list[str], format: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call([*files, "-m", "RR@10", "--format", format]) == 0
    assert expected in capsys.readouterr().out.splitlines()


def test_json_holds_raw_values_and_notes(
    files: list[str], write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    half = write("half.trec", "q1 Q0 a 1 2 t\n")
    assert call([str(half), *files[2:], "-m", "RR@10", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["rows"] == [{"run": "half", "topics": 2, "RR@10": 0.5}]
    assert document["notes"] == ["half lacks 1 of 2 judged topics, which count 0: q2"]


def test_csv_keeps_notes_out_of_the_data(
    files: list[str], write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    half = write("half.trec", "q1 Q0 a 1 2 t\n")
    assert call([str(half), *files[2:], "--format", "csv"]) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert err.startswith("arir: note: half lacks 1 of 2")


def test_runs_of_different_qrels_are_never_ranked_against_each_other(
    files: list[str], write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    from arir.artefacts import Provenance, write_provenance

    other = write("other.txt", "q1 0 b 1\n")
    for run, qrels in ((Path(files[0]), other), (Path(files[1]), Path(files[3]))):
        write_provenance(run, Provenance(tag="t", method={}, inputs={"qrels": qrels}))
    assert call([*files[:2], "-m", "RR@10", "--format", "md"]) == 0
    out = capsys.readouterr().out
    assert "| run | qrels | topics | RR@10 |" in out
    assert "**" not in out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 3, "missing key 'runs'"),
        (["no.trec", "--qrels", "{qrels}"], 4, "no.trec: no such run"),
        (["no.trec"], 4, "no.trec: no such run"),
        (["{run}"], 9, "no qrels are known for this run"),
        (["{run}", "--qrels", "{foreign}"], 9, "share no topic"),
        (["{run}", "--qrels", "{qrels}", "-m", "ndcg"], 3, "did you mean nDCG"),
        (["{run}", "{run}", "--qrels", "{qrels}"], 3, "given twice"),
        (["{run}", "--format", "html"], 2, "is not one of"),
        (["{run}", "--qrels", "{qrels}", "--per-query", "/dev/null/a.tsv"], 8, "cannot be written"),
    ],
)
def test_faults_have_their_exit_codes(
    files: list[str],
    write: Write,
    words: list[str],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    foreign = write("foreign.txt", "x 0 a 1\n")
    places = {"run": files[0], "qrels": files[3], "foreign": str(foreign)}
    assert call([word.format(**places) for word in words]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


def test_a_small_evaluation_imports_nothing_heavy(files: list[str]) -> None:
    heavy = "{'torch', 'transformers', 'pandas', 'scipy', 'faiss', 'pyserini', 'numba', 'sklearn'}"
    code = (
        "import sys\nfrom arir.cli import main\ntry:\n    main(sys.argv[1:])\n"
        f"except SystemExit:\n    print(sorted({heavy} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "evaluate", *files], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
