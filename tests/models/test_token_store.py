"""Tokens of many texts are those of the tokeniser, wherever they lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import AutoTokenizer

from arir.errors import OutputError
from arir.models import token_store
from arir.models.token_store import TokenStore, tokenise_texts
from tests.tiny import SENTENCES

LENGTH = 7


@pytest.fixture(scope="module")
def tokenizer(tiny_bert: Path) -> Any:
    return AutoTokenizer.from_pretrained(tiny_bert)


@pytest.fixture(scope="module")
def expected(tokenizer: Any) -> list[list[int]]:
    rows: list[list[int]] = tokenizer(SENTENCES, truncation=True, max_length=LENGTH)["input_ids"]
    return rows


@pytest.fixture(params=["memory", "file"])
def store(
    request: pytest.FixtureRequest,
    tokenizer: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> TokenStore:
    monkeypatch.setattr(token_store, "CHUNK", 3)
    folder = None if request.param == "memory" else tmp_path / "tokens"
    return tokenise_texts(tokenizer, iter(SENTENCES), LENGTH, folder)


def test_every_text_has_the_tokenisers_ids(store: TokenStore, expected: list[list[int]]) -> None:
    assert store.rows(range(len(SENTENCES))) == expected
    assert len(store) == len(SENTENCES)
    assert store.lengths.tolist() == list(map(len, expected))
    assert store.lengths.max() == LENGTH


def test_rows_come_in_the_order_asked_for_and_as_often(
    store: TokenStore, expected: list[list[int]]
) -> None:
    places = [4, 0, 4, len(SENTENCES) - 1]
    assert store.rows(places) == [expected[place] for place in places]
    assert store.rows(np.array(places)) == store.rows(places)
    assert store.rows([]) == []
    assert all(type(token) is int for row in store.rows([0]) for token in row)


def test_truncated_texts_are_counted(store: TokenStore, tokenizer: Any) -> None:
    whole = tokenizer(SENTENCES)["input_ids"]
    assert store.truncated == sum(len(row) > LENGTH for row in whole) > 0
    assert tokenise_texts(tokenizer, SENTENCES, 512).truncated == 0


def test_a_small_vocabulary_takes_two_bytes_a_token_and_a_large_one_four(
    store: TokenStore, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.tokens.dtype == np.uint16
    monkeypatch.setattr(type(tokenizer), "__len__", lambda _: 65_537)
    assert tokenise_texts(tokenizer, SENTENCES, LENGTH).tokens.dtype == np.int32


def test_a_file_is_mapped_and_named(tokenizer: Any, tmp_path: Path) -> None:
    store = tokenise_texts(tokenizer, SENTENCES, LENGTH, tmp_path, "queries")
    assert isinstance(store.tokens, np.memmap)
    assert not store.tokens.flags.writeable
    size = (tmp_path / "queries.tokens").stat().st_size
    assert size == 2 * store.lengths.sum()


@pytest.mark.parametrize("kept", [False, True])
def test_no_texts_are_no_tokens(tokenizer: Any, tmp_path: Path, kept: bool) -> None:
    store = tokenise_texts(tokenizer, [], LENGTH, tmp_path if kept else None)
    assert (len(store), store.rows([]), store.truncated) == (0, [], 0)


def test_a_folder_that_takes_no_files_is_an_output_error(tokenizer: Any, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputError, match="cannot be written"):
        tokenise_texts(tokenizer, SENTENCES, LENGTH, tmp_path / "taken")
