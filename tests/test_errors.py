"""Errors are one line, and every class has an exit code that the documents list."""

from __future__ import annotations

from pathlib import Path

import pytest

import arir.errors as errors
from arir.errors import EXIT_CODES, ArirError, DataError

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, ArirError) and kind is not ArirError
]


def test_message_is_one_line_with_place_fault_and_remedy() -> None:
    error = DataError("expected\n6 columns", where=Path("a.trec"), fix="rewrite it")
    assert str(error) == "a.trec: expected 6 columns; rewrite it"


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_its_own_exit_code_in_the_table(kind: type[ArirError]) -> None:
    assert kind.exit_code in EXIT_CODES
    assert [other for other in KINDS if other.exit_code == kind.exit_code] == [kind]


def test_the_documents_list_exactly_the_exit_codes() -> None:
    text = (Path(__file__).parent.parent / "docs" / "errors.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| ")]
    listed = {int(code): meaning.strip() for code, meaning in rows if code.strip().isdigit()}
    assert listed == EXIT_CODES
