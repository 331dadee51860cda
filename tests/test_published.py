"""The published runs are whole, and lead to the published qrels in a fresh clone."""

from __future__ import annotations

from pathlib import Path

import pytest

from arir.artefacts import find_qrels
from arir.artefacts.hashes import sha256_of
from arir.artefacts.provenance import read_provenance
from arir.data.runs import read_run
from arir.quickstart.steps import RUNS

REPOSITORY = Path(__file__).parent.parent


@pytest.mark.parametrize("name", RUNS)
def test_a_published_run_is_the_one_that_its_side_file_describes(name: str) -> None:
    run = REPOSITORY / "runs" / f"{name}.trec"
    assert (read_provenance(run) or {})["run"]["sha256"] == sha256_of(run)
    assert find_qrels(run) == REPOSITORY / "qrels" / "sample.test.txt"
    assert len(read_run(run).topic_ids) >= 95
