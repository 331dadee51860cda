"""The published runs are whole, and give the published table in a fresh clone."""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from arir.artefacts import find_qrels
from arir.artefacts.hashes import sha256_of
from arir.artefacts.provenance import read_provenance
from arir.cli.compare import command as compare
from arir.data.runs import read_run

REPOSITORY = Path(__file__).parent.parent
RUNS = sorted((REPOSITORY / "runs").glob("*.trec"))
#: a mean with the letters of the systems that it is better than, as text or as Markdown from arir
CELL = re.compile(r"(\d\.\d{4})\s*(?:<sup>)?([a-z]*)")
#: a system's row of a table in the terminal
PRINTED_ROW = re.compile(r"^[a-z]+ +([\w-]+) +(\d\.\d{4}.*)$", re.MULTILINE)

#: a mean as published, and the names of the systems that it is significantly better than
Mean = tuple[str, frozenset[str]]


@dataclass(frozen=True)
class Published:
    """The sample collection's section of the results: its command, and its means by system."""

    words: list[str]
    means: dict[str, dict[str, Mean]]


def published() -> Published:
    """Read docs/results.md; a system's row is ``letter | name: what it is | means``."""
    text = (REPOSITORY / "docs" / "results.md").read_text(encoding="utf-8")
    section = text.split("## The sample collection")[1].split("\n## ")[0]
    found = re.search(r"`(arir compare runs/\*\.trec[^`]*)`", section)
    assert found is not None
    header, _, *rows = [_cells(line) for line in section.splitlines() if line.startswith("|")]
    names = {row[0]: row[1].split(":")[0] for row in rows}
    means = {
        names[row[0]]: {
            measure: _mean(cell, names) for measure, cell in zip(header[2:], row[2:], strict=True)
        }
        for row in rows
    }
    return Published(shlex.split(found[1]), means)


def _cells(line: str) -> list[str]:
    # NFKC makes plain letters of raised ones.
    plain = unicodedata.normalize("NFKC", line).replace("**", "")
    return [cell.strip() for cell in plain.strip("|").split("|")]


def _mean(cell: str, names: dict[str, str]) -> Mean:
    found = CELL.match(cell)
    assert found is not None, cell
    return found[1], frozenset(names[letter] for letter in found[2])


def measured(words: list[str]) -> dict[str, dict[str, Mean]]:
    """What the published command gives now, in the form of the published table."""
    spread = [str(run) for run in RUNS if "runs/*.trec" in words]
    others = [word for word in words[2:] if word != "runs/*.trec"]
    result = CliRunner().invoke(compare, [*spread, *others, "--format", "json"])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    names = {letter: name for name, letter in answer["letters"].items()}
    (collection,) = answer["collections"]
    return {system["name"]: _rounded(system, names) for system in collection["systems"]}


def _rounded(system: dict[str, Any], names: dict[str, str]) -> dict[str, Mean]:
    return {
        measure: (f"{mean['mean']:.4f}", frozenset(names[other] for other in mean["better_than"]))
        for measure, mean in system["means"].items()
    }


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.stem)
def test_a_published_run_is_the_one_that_its_side_file_describes(run: Path) -> None:
    assert (read_provenance(run) or {})["run"]["sha256"] == sha256_of(run)
    assert find_qrels(run) == REPOSITORY / "qrels" / "sample.test.txt"
    assert len(read_run(run).topic_ids) >= 95


def test_the_published_command_gives_the_published_table() -> None:
    """Systems, means, and which of them differ significantly: all as docs/results.md says."""
    table = published()
    assert len(table.means) > 1
    assert measured(table.words) == table.means


def test_the_readme_shows_the_published_means() -> None:
    """The README's table tests other hypotheses, so only its means are those of the results."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    rows = PRINTED_ROW.findall(unicodedata.normalize("NFKC", readme))
    assert rows
    means = published().means
    for name, printed in rows:
        assert re.findall(r"\d\.\d{4}", printed) == [value for value, _ in means[name].values()]
