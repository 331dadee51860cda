"""Every shipped recipe is valid, says what it lacks, and trains once it is given that."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from arir.cli.train import command
from arir.config import from_mapping, from_yaml
from arir.errors import ConfigError
from arir.models.registry import find_model
from arir.recipes import find_recipe, recipe_names
from arir.recipes.service import read_recipe
from arir.train.config import METHODS
from tests.train.material import PASSAGES, TOPICS, write_material

PUBLISHED = [
    f"{twin}-{body}{kind}"
    for body in ("aradpr", "araelectra", "mminilm")
    for kind in ("", "-ce")
    for twin in ("kd", "nokd")
]
RANKED = ("corpus", "topics")
TRIPLES = (*RANKED, "teacher_scores")
#: what a user must give with each recipe
NEEDED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(PUBLISHED, TRIPLES),
    "code-switch": (*TRIPLES, "lexicon"),
    "translate-distill": TRIPLES,
    "english-distill": TRIPLES,
    "query-generator": TRIPLES,
    "translate-train": (*RANKED, "mined"),
    "zero-shot": (*RANKED, "mined"),
    "optical": ("bitext", "teacher"),
    "embedding-mse": ("bitext", "teacher"),
    "relational-kd": ("bitext", "teacher"),
    "miracl-staged": (
        *("distil.bitext", "distil.teacher"),
        *("translated.corpus", "translated.topics", "translated.qrels"),
        *("in-domain.corpus", "in-domain.topics", "in-domain.qrels"),
    ),
    "miracl-staged-ce": (
        *("translated.corpus", "translated.topics", "translated.mined"),
        *("in-domain.corpus", "in-domain.topics", "in-domain.mined"),
    ),
    # Those of the shipped students name the files that bin/make-students makes.
    **dict.fromkeys(("kd-mini", "nokd-mini", "kd-mini-ce", "nokd-mini-ce", "late-teacher"), ()),
}
#: what makes a training small enough for a test, where a recipe has such a setting
SMALL = {
    "steps": "2",
    "precision": "fp32",
    "query_length": "24",
    "passage_length": "48",
    "pair_length": "64",
    "nway": "3",
    "held_out": "1",
    "evaluate_every": "1",
    "dimension": "16",
}


@pytest.fixture(scope="module", autouse=True)
def _quick_collections() -> Iterator[None]:
    """Keep what is loaded out of the garbage collections that end every training."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A file for every setting that recipes leave open."""
    folder = tmp_path_factory.mktemp("world")
    files = write_material(folder)
    relevant = dict(zip(TOPICS, ("p1", "p2", "NA", "007"), strict=True))
    lines: dict[str, list[str]] = {"mined": [], "store": [], "qrels": [], "bitext": []}
    for query, positive in relevant.items():
        others = [docid for docid in PASSAGES if docid != positive]
        mined = {"query": query, "positives": [positive], "negatives": others}
        scores = [[positive, 4.0], *([docid, float(-n)] for n, docid in enumerate(others))]
        lines["mined"].append(json.dumps(mined))
        lines["store"].append(json.dumps([query, *scores]))
        lines["qrels"].append(f"{query} 0 {positive} 1")
    lines["bitext"] = [f"The Nile is the longest river {n}\t{t}" for n, t in enumerate(PASSAGES)]
    lines["lexicon"] = ["من\tfrom", "عاصمة\tcapital", "نهر\triver"]
    for name, rows in lines.items():
        files[name] = folder / f"{name}.jsonl" if name == "store" else folder / name
        files[name].write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return {key: str(path) for key, path in files.items()}


def changes(
    name: str, world: dict[str, str], student: Path, teacher: dict[str, Path], output: Path
) -> list[str]:
    """What a user of the recipe would give, and what makes it small."""
    recipe = read_recipe(name)
    values = from_yaml(find_recipe(name))
    known = set(values).union(*(stage for stage in values.get("stages", ())))
    given = {key: value for key, value in SMALL.items() if key in known or key == "steps"}
    given |= {"student": str(student), "output": str(output), "device": "cpu"}
    scores = "store" if recipe.method in {"lists", "stages"} else "teacher_scores"
    kind = "late-interaction" if recipe.family == "late-interaction" else "bi-encoder"
    files = {**world, "teacher_scores": world[scores], "teacher": str(teacher[kind])}
    asked = {*recipe.needed, *keys_of(values)} - {"output"}
    given |= {key: files[last] for key in asked if (last := key.rpartition(".")[2]) in files}
    if recipe.method == "stages":
        given = {key: value for key, value in given.items() if key != "nway"}
        small = {
            key: SMALL[key.rpartition(".")[2]]
            for key in keys_of(values)
            if "." in key and key.rpartition(".")[2] in SMALL
        }
        given |= small
        given |= {
            f"{stage['name']}.nway": "3" for stage in values["stages"] if stage["method"] == "lists"
        }
    return [word for key, value in given.items() for word in ("--set", f"{key}={value}")]


def keys_of(values: dict[str, Any]) -> list[str]:
    """The settings of a recipe, those of its stages with the stage's name before them."""
    of_stages = [f"{stage['name']}.{key}" for stage in values.get("stages", ()) for key in stage]
    return [*values, *of_stages]


def test_the_table_holds_every_shipped_recipe() -> None:
    assert sorted(NEEDED) == recipe_names()


@pytest.mark.parametrize("name", NEEDED)
def test_a_recipe_says_what_it_is_and_what_it_lacks(name: str) -> None:
    recipe = read_recipe(name)
    last = () if "output" in from_yaml(find_recipe(name)) else ("output",)
    assert set(recipe.needed) == {*NEEDED[name], *last}
    assert recipe.needed[-1] == "output"
    assert recipe.summary.endswith(".")
    assert recipe.family is not None


@pytest.mark.parametrize("name", NEEDED)
def test_a_recipe_trains_once_it_has_what_it_lacks(
    name: str,
    world: dict[str, str],
    tiny_xlmr: Path,
    tiny_bi_encoder: Path,
    tiny_late_interaction: Path,
    tmp_path: Path,
) -> None:
    teacher = {"bi-encoder": tiny_bi_encoder, "late-interaction": tiny_late_interaction}
    words = changes(name, world, tiny_xlmr, teacher, tmp_path / "student")
    result = CliRunner().invoke(command, [name, *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert find_model(tmp_path / "student").family == read_recipe(name).family
    assert "2 steps in" in result.output


@pytest.mark.parametrize("name", [name for name in PUBLISHED if name.startswith("kd-")])
def test_twins_differ_in_their_labels_alone(name: str) -> None:
    kd, nokd = from_yaml(find_recipe(name)), from_yaml(find_recipe(f"no{name}"))
    of_labels = {"labels", "hard_margin", "teacher_range"}
    assert (kd["labels"], nokd["labels"]) == ("teacher", "hard")
    assert {k: v for k, v in kd.items() if k not in of_labels} == {
        k: v for k, v in nokd.items() if k not in of_labels
    }


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_models_have_their_authors_settings(name: str) -> None:
    config = from_mapping(
        METHODS["margins"],
        {**from_yaml(find_recipe(name)), **dict.fromkeys((*TRIPLES, "output"), "x")},
    )
    cross = name.endswith("-ce")
    rows = config.batch_size * config.accumulation  # type: ignore[union-attr]  # a MarginsConfig's
    told = {key: getattr(config, key) for key in ("learning_rate", "loss", "family", "patience")}
    assert told == {
        "learning_rate": 7e-6 if cross else 7e-5,
        "loss": "bce" if cross else "margin-mse-l1",
        "family": "cross-encoder" if cross else "bi-encoder",
        "patience": 10,
    }
    assert rows * (2 if cross else 1) == 128
    # The authors' log counts 234,375 steps over 10 million pairs for the cross-encoders.
    steps = config.epochs * config.max_triples / rows  # type: ignore[union-attr]
    assert steps == (234_375 if cross else 117_187.5)
    assert find_model(name).family == config.family  # type: ignore[union-attr]
    assert find_model(name).profile == config.profile  # type: ignore[union-attr]


def test_all_wrong_keys_of_a_recipe_are_named_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("method: lists\nnwey: 3\nlerning_rate: 1\nloss: kll\n", encoding="utf-8")
    words = [str(path), "--output", "o", "--corpus", "c", "--topics", "t", "--student", "new"]
    with pytest.raises(ConfigError) as caught:
        CliRunner().invoke(command, words, catch_exceptions=False, standalone_mode=False)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    for part in ("'nwey' (did you mean nway?)", "did you mean learning_rate", "loss: input should"):
        assert part in text


def test_a_recipe_that_is_read_is_checked_as_well(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("method: lists\nnwey: 3\nloss: kll\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.yaml: .*unknown key 'nwey' .*; loss: input|loss"):
        read_recipe(str(path))
    path.write_text("method: lits\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.yaml: no method 'lits'; did you mean lists"):
        read_recipe(str(path))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kd-aradrp", "no recipe 'kd-aradrp'; did you mean kd-aradpr"),
        ("zzzz", "no recipe 'zzzz'; \"arir recipes list\" shows all names"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(name: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find_recipe(name)
    assert message in str(caught.value)


def test_a_file_goes_before_a_shipped_recipe_and_a_folder_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "optical").mkdir()
    assert find_recipe("optical").suffix == ".yaml"
    (tmp_path / "kd-aradpr").write_text("method: margins\n", encoding="utf-8")
    assert find_recipe("kd-aradpr") == Path("kd-aradpr")
    assert find_recipe("none/here.yaml") == Path("none/here.yaml")
