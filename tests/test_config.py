"""One configuration class serves flags, YAML and saved JSON, and reports every fault at once."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from arir.config import (
    argument,
    configuration,
    from_mapping,
    from_yaml,
    option,
    to_dict,
    to_json,
    write_recipe,
)
from arir.errors import ConfigError

Write = Callable[[str, str], Path]


@configuration
class Demo:
    """A command for the tests."""

    corpus: Path = argument("the collection")
    hits: int = option("hits a query", default=1000, at_least=1)
    alpha: float = option("weight", default=0.5, at_least=0, at_most=1)
    measures: tuple[str, ...] = option("measures", default=("nDCG@10",), flags=("-m",))
    method: Literal["rrf", "borda"] = option("how", default="rrf")
    qrels: Path | None = option("judgments", default=None)

    def __post_init__(self) -> None:
        if self.method == "borda" and self.alpha != 0.5:
            raise ValueError("borda takes no alpha")


def test_saved_json_gives_the_same_configuration_back(write: Write) -> None:
    config = Demo(corpus=Path("a.jsonl"), hits=3, measures=("RR", "AP"))
    saved = write("config.json", to_json(config))
    assert from_mapping(Demo, from_yaml(saved)) == config
    assert json.loads(saved.read_text()) == to_dict(config)


def test_every_fault_is_named_at_once_with_the_nearest_key() -> None:
    with pytest.raises(ConfigError) as caught:
        from_mapping(Demo, {"hits": 0, "method": "rff", "alhpa": 1})
    message = str(caught.value)
    for part in ("missing key 'corpus'", "hits:", "method:", "'alhpa' (did you mean alpha?)"):
        assert part in message


def test_direct_construction_is_checked_like_a_file() -> None:
    with pytest.raises(ConfigError, match="hits"):
        Demo(corpus=Path("a"), hits=-1)


def test_contradictions_are_config_errors() -> None:
    with pytest.raises(ConfigError, match="borda takes no alpha"):
        Demo(corpus=Path("a"), method="borda", alpha=0.1)


def test_configurations_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Demo(corpus=Path("a")).hits = 2  # type: ignore[misc]


def test_keys_with_dashes_are_the_same_keys() -> None:
    assert from_mapping(Demo, {"corpus": "a", "qrels": "q"}).qrels == Path("q")


@pytest.mark.parametrize(
    ("text", "fault"),
    [("a: [", "not valid YAML"), ("- 1\n- 2\n", "key: value"), ("\tx", "not valid YAML")],
)
def test_broken_yaml_is_a_config_error_with_its_file(write: Write, text: str, fault: str) -> None:
    path = write("settings.yaml", text)
    with pytest.raises(ConfigError, match=fault) as caught:
        from_yaml(path)
    assert str(path) in str(caught.value)


def test_missing_yaml_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        from_yaml(tmp_path / "none.yaml")


def test_empty_yaml_sets_nothing(write: Write) -> None:
    assert from_yaml(write("empty.yaml", "")) == {}


def test_a_written_recipe_gives_the_same_configuration_back(tmp_path: Path) -> None:
    config = Demo(corpus=Path("مجموعة.jsonl"), hits=3, measures=("RR", "AP"))
    write_recipe(tmp_path / "recipe.yaml", config)
    assert from_mapping(Demo, from_yaml(tmp_path / "recipe.yaml")) == config
    assert "alpha" not in from_yaml(tmp_path / "recipe.yaml")
