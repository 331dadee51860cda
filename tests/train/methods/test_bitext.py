"""Sentences and translations meet the teacher's vectors; what does not fit is said at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from arir import load_encoder
from arir.errors import ConfigError, DataError, ModelError
from arir.losses.marginals import smoothed_idf
from arir.train import teacher_vectors
from arir.train.config import BitextConfig
from arir.train.methods.bitext import load_bitext
from arir.train.projection import dimension_of
from arir.train.task import Task
from arir.train.teacher_vectors import TeacherTokens, teacher_tokens
from arir.train.workplace import input_paths
from tests.tiny import make_bi_encoder, make_late_interaction
from tests.train.material import BITEXT, configured
from tests.train.preparing import prepared

SOURCES = list(dict.fromkeys(source for source, _ in BITEXT))


def config_of(folder: Path, **changes: Any) -> BitextConfig:
    config = configured("bitext", folder, **changes)
    assert isinstance(config, BitextConfig)
    return config


def task_of(folder: Path, **changes: Any) -> Task:
    return prepared(config_of(folder, **changes), folder / "scratch")


@pytest.fixture
def distil(tiny_bi_encoder: Path, tiny_cosine_encoder: Path) -> dict[str, Any]:
    """A student and a teacher whose vectors have one length."""
    return {
        "student": str(tiny_bi_encoder),
        "teacher": tiny_cosine_encoder,
        "embedding_mse": 1,
        "query_length": 40,
        "passage_length": 40,
    }


def test_every_pair_comes_once(tmp_path: Path) -> None:
    more = tmp_path / "more.tsv"
    more.write_text("\n".join(["x\tص", "\t".join(BITEXT[0]), "x\tس"]) + "\n", encoding="utf-8")
    config = config_of(tmp_path, teacher="t", embedding_mse=1)
    files = (*config.bitext, more)
    bitext = load_bitext(config_of(tmp_path, teacher="t", embedding_mse=1, bitext=files))
    found = [
        (bitext.sources[source], bitext.targets[target])
        for source, target in zip(bitext.source, bitext.target, strict=True)
    ]
    assert found == [*BITEXT, ("x", "ص"), ("x", "س")]
    assert list(bitext.sources) == [*SOURCES, "x"]


def test_a_sample_is_the_seeds_alone_and_in_file_order(tmp_path: Path) -> None:
    def drawn(seed: int) -> list[str]:
        config = config_of(tmp_path, teacher="t", embedding_mse=1, max_pairs=3, seed=seed)
        bitext = load_bitext(config)
        return [bitext.targets[target] for target in bitext.target]

    targets = [target for _, target in BITEXT]
    assert drawn(1) == drawn(1)
    assert drawn(1) == sorted(drawn(1), key=targets.index)
    assert len({tuple(drawn(seed)) for seed in range(6)}) > 1


def test_lengths_leave_out_pairs_and_may_leave_none(tmp_path: Path) -> None:
    bitext = load_bitext(config_of(tmp_path, teacher="t", embedding_mse=1, max_chars=30))
    kept = [pair for pair in BITEXT if max(map(len, pair)) <= 30]
    assert len(bitext.source) == len(kept) > 0
    with pytest.raises(DataError, match=r"no pair of sentences is left; check --min-chars"):
        load_bitext(config_of(tmp_path, teacher="t", embedding_mse=1, min_chars=500))


def pairs_with(folder: Path, **changes: Any) -> list[tuple[str, str]]:
    bitext = load_bitext(config_of(folder, teacher="t", embedding_mse=1, **changes))
    return [
        (bitext.sources[source], bitext.targets[target])
        for source, target in zip(bitext.source, bitext.target, strict=True)
    ]


ENTRIES = [(f"word {at}", tuple(f"كلمة{at}{letter}" for letter in "ابجد")) for at in range(20)]


def lexicon_lines(*, backwards: bool = False) -> str:
    lines = [f"{word}\t{found}\tnote" for word, all_found in ENTRIES for found in all_found]
    return "\n".join(reversed(lines) if backwards else lines) + "\n"


def test_every_lexicon_entry_follows_the_sentences_with_one_of_its_translations(
    tmp_path: Path, write: Callable[[str, str], Path]
) -> None:
    plain = pairs_with(tmp_path)
    lexicon = write("words.tsv", lexicon_lines())
    pairs = pairs_with(tmp_path, lexicon=lexicon)
    assert pairs[: len(BITEXT)] == plain == BITEXT
    further = dict(pairs[len(BITEXT) :])
    assert len(pairs) - len(BITEXT) == len(further) == len(ENTRIES)
    assert all(further[word] in translations for word, translations in ENTRIES)
    assert len({translation[-1] for translation in further.values()}) > 1


def test_drawn_translations_are_the_seeds_alone_and_no_files_order(
    tmp_path: Path, write: Callable[[str, str], Path]
) -> None:
    lexicon = write("words.tsv", lexicon_lines())
    backwards = write("backwards.tsv", lexicon_lines(backwards=True))
    first, *rest = [
        write(f"part-{at}.tsv", "\n".join(lexicon_lines().splitlines()[at::2])) for at in range(2)
    ]
    drawn = pairs_with(tmp_path, lexicon=lexicon)
    assert drawn == pairs_with(tmp_path, lexicon=backwards)
    assert drawn == pairs_with(tmp_path, lexicon=(first, *rest))
    assert drawn != pairs_with(tmp_path, lexicon=lexicon, seed=2)


def test_lengths_leave_out_sentences_but_no_lexicon_entry(
    tmp_path: Path, write: Callable[[str, str], Path]
) -> None:
    lexicon = write("words.tsv", lexicon_lines())
    pairs = pairs_with(tmp_path, lexicon=lexicon, min_chars=20)
    assert {word for word, _ in ENTRIES} < {source for source, _ in pairs}
    assert len(pairs) < len(BITEXT) + len(ENTRIES)


def test_max_pairs_counts_lexicon_entries_too(
    tmp_path: Path, write: Callable[[str, str], Path]
) -> None:
    lexicon = write("words.tsv", lexicon_lines())
    pairs = pairs_with(tmp_path, lexicon=lexicon, max_pairs=15)
    assert len(pairs) == 15
    assert 0 < len(set(pairs) - set(BITEXT)) < 15


def test_lexica_are_inputs_of_the_training_and_must_be_sound(
    tmp_path: Path, write: Callable[[str, str], Path]
) -> None:
    lexicon = write("words.tsv", "river\n")
    config = config_of(tmp_path, teacher="t", embedding_mse=1, lexicon=lexicon)
    assert input_paths(config)["lexicon"] == lexicon
    with pytest.raises(DataError, match=r"words\.tsv:1: expected 2 or 3 columns, found 1"):
        load_bitext(config)
    missing = config_of(tmp_path, teacher="t", embedding_mse=1, lexicon=tmp_path / "none.tsv")
    with pytest.raises(DataError, match=r"none\.tsv: no such file"):
        input_paths(missing)


def test_every_sentence_meets_its_own_teachers_vector(
    tmp_path: Path, distil: dict[str, Any], tiny_cosine_encoder: Path
) -> None:
    task = task_of(tmp_path, **distil)
    batch: dict[str, Any] = task.collator([6, 1, 0])
    expected = load_encoder(tiny_cosine_encoder, device="cpu").encode_passages(
        [BITEXT[row][0] for row in (6, 1, 0)]
    )
    np.testing.assert_allclose(batch["teachers"][0], expected, atol=1e-5)
    rows = [ids for _, group in batch["groups"] for ids in group["input_ids"]]
    masks = [mask for _, group in batch["groups"] for mask in group["attention_mask"]]
    tokenizer = task.student.learner.tokenizer
    for side, place in (("source", 0), ("target", 1)):
        for at, row in zip(batch[side].tolist(), (6, 1, 0), strict=True):
            own = tokenizer(BITEXT[row][place])["input_ids"]
            assert rows[at][masks[at].bool()].tolist() == own
    assert (task.rows, task.unit) == (len(BITEXT), "pairs")
    assert task.facts["teacher"]["language"] == "en"
    assert task.facts["losses"] == {"embedding_mse": 1}


def test_pairs_that_share_a_sentence_are_no_negatives(
    tmp_path: Path, distil: dict[str, Any]
) -> None:
    bitext = tmp_path / "shared.tsv"
    bitext.write_text("a b\tس\nc\tص\na b\tق\nd\tص\n", encoding="utf-8")
    task = task_of(tmp_path, **{**distil, "contrast": 1, "bitext": bitext})
    batch: dict[str, Any] = task.collator([0, 1, 2, 3])
    found = {tuple(pair) for pair in batch["false_negatives"].nonzero().tolist()}
    assert found == {(0, 2), (2, 0), (1, 3), (3, 1)}


def test_kept_vectors_spare_the_teacher_and_belong_to_it_and_its_texts(
    tmp_path: Path, distil: dict[str, Any], tiny_bi_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    first = task_of(tmp_path, **distil, teacher_cache=cache).collator([0, 1])
    assert len(list(cache.iterdir())) == 1
    task_of(tmp_path, **{**distil, "teacher": tiny_bi_encoder}, teacher_cache=cache)
    task_of(tmp_path, **distil, teacher_cache=cache, max_pairs=2)
    assert len(list(cache.iterdir())) == 3

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(teacher_vectors, "_encoded", fail)
    again = task_of(tmp_path, **distil, teacher_cache=cache).collator([0, 1])
    torch.testing.assert_close(first["teachers"], again["teachers"], rtol=0, atol=0)


def test_the_twin_has_no_teacher_and_the_same_pairs(tmp_path: Path, distil: dict[str, Any]) -> None:
    kd = task_of(tmp_path, **{**distil, "embedding_mse": 0, "contrast": 1})
    nokd = task_of(tmp_path, **{**distil, "embedding_mse": 0, "contrast": 1}, labels="hard")
    assert (kd.rows, kd.facts["pairs"]) == (nokd.rows, nokd.facts["pairs"])
    rows = [4, 2, 0]
    first: dict[str, Any] = kd.collator(rows)
    second: dict[str, Any] = nokd.collator(rows)
    assert (len(first["teachers"]), len(second["teachers"])) == (1, 0)
    for mine, theirs in zip(first["groups"], second["groups"], strict=True):
        torch.testing.assert_close(mine[1], theirs[1], rtol=0, atol=0)
    assert nokd.facts["teacher"] == {}


def test_vectors_of_another_length_are_refused_before_the_teacher_encodes(
    tmp_path: Path, distil: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = make_bi_encoder(tmp_path / "wide", dense=48)

    def fail(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(teacher_vectors, "teacher_vectors", fail)
    message = r"vectors have length 32, the teacher's 48; use --projection"
    with pytest.raises(ConfigError, match=message):
        task_of(tmp_path, **{**distil, "teacher": wide})


def test_a_projection_brings_the_student_to_the_teachers_length(
    tmp_path: Path, distil: dict[str, Any]
) -> None:
    wide = make_bi_encoder(tmp_path / "wide", dense=48)
    weights = []
    for seed in (1, 1, 2):
        task = task_of(tmp_path, **{**distil, "teacher": wide}, projection=True, seed=seed)
        assert task.student.learner.dimension == 48
        task.student.learner.save(tmp_path / "saved", task.student.spec)
        plain = SentenceTransformer(str(tmp_path / "saved"), device="cpu")
        assert plain.encode(["نهر"]).shape == (1, 48)
        weights.append(plain.state_dict()["2.linear.weight"])
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_projection_comes_before_the_normalisation(
    tmp_path: Path, distil: dict[str, Any]
) -> None:
    unit = make_bi_encoder(tmp_path / "unit", normalise=True)
    wide = make_bi_encoder(tmp_path / "wide", dense=48)
    made = {**distil, "student": str(unit), "teacher": wide}
    learner: Any = task_of(tmp_path, **made, projection=True).student.learner
    names = [type(module).__name__ for module in learner.model]
    assert names == ["Transformer", "Pooling", "Dense", "Normalize"]


def test_similarities_need_no_common_length(tmp_path: Path, distil: dict[str, Any]) -> None:
    wide = make_bi_encoder(tmp_path / "wide", dense=48)
    made = {**distil, "embedding_mse": 0, "relational_kl": 1}
    made["teacher"] = (distil["teacher"], wide)
    batch: dict[str, Any] = task_of(tmp_path, **made).collator([0, 1, 2])
    assert [vectors.shape for vectors in batch["teachers"]] == [(3, 32), (3, 48)]


def test_a_late_interaction_student_has_a_projection_of_its_own(
    tmp_path: Path, tiny_late_interaction: Path
) -> None:
    other = make_late_interaction(tmp_path / "other", dimension=8)
    made = token_distillation(tiny_late_interaction, other)
    for projection in (False, True):
        with pytest.raises(ConfigError, match=r"16, the teacher's 8; start .* with --dimension 8"):
            task_of(tmp_path, **made, projection=projection)


def test_dimensions_are_those_of_vectors_or_of_token_vectors(
    tiny_bi_encoder: Path, tiny_late_interaction: Path
) -> None:
    assert (dimension_of(tiny_bi_encoder), dimension_of(tiny_late_interaction)) == (32, 16)


@pytest.mark.parametrize(
    ("teacher", "message"),
    [
        (
            "tiny_late_interaction",
            "a bi-encoder student learns from a bi-encoder teacher, and this",
        ),
        ("tiny_cross_encoder", "and this is a cross-encoder; give a bi-encoder"),
        ("missing", "missing"),
    ],
)
def test_a_teacher_of_another_family_is_refused(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    distil: dict[str, Any],
    teacher: str,
    message: str,
) -> None:
    missing = tmp_path / "missing"
    folder = missing if teacher == "missing" else request.getfixturevalue(teacher)
    with pytest.raises(ModelError, match=message):
        task_of(tmp_path, **{**distil, "teacher": folder})


def token_distillation(student: Path, teacher: Path) -> dict[str, Any]:
    lengths = {"query_length": 24, "passage_length": 40}
    return {"student": str(student), "teacher": teacher, "transport": 1, **lengths}


@pytest.mark.parametrize("teacher", ["tiny_bi_encoder", "tiny_cross_encoder"])
def test_transport_needs_a_teacher_with_token_vectors(
    request: pytest.FixtureRequest, tmp_path: Path, tiny_late_interaction: Path, teacher: str
) -> None:
    made = token_distillation(tiny_late_interaction, request.getfixturevalue(teacher))
    with pytest.raises(ModelError, match=r"learns from a late-interaction teacher, and this is a "):
        task_of(tmp_path, **made)


@pytest.mark.parametrize("expansion", ["fixed", "attended"])
def test_models_that_expand_queries_are_refused(
    tmp_path: Path, tiny_late_interaction: Path, expansion: Any
) -> None:
    expanding = make_late_interaction(tmp_path / "expanding", expansion=expansion)
    for pair in ((tiny_late_interaction, expanding), (expanding, tiny_late_interaction)):
        with pytest.raises(
            ModelError, match="expanding: it expands queries by tokens that have no"
        ):
            task_of(tmp_path, **token_distillation(*pair))


@pytest.fixture(scope="module")
def tokens(tiny_late_interaction: Path, tmp_path_factory: pytest.TempPathFactory) -> TeacherTokens:
    return teacher_tokens(
        tiny_late_interaction, SOURCES, tmp_path_factory.mktemp("tokens"), "teacher"
    )


def test_token_vectors_are_those_of_the_teachers_query_encoder(
    tokens: TeacherTokens, tiny_late_interaction: Path
) -> None:
    from sentence_transformers import MultiVectorEncoder

    model = MultiVectorEncoder(str(tiny_late_interaction), device="cpu")
    vectors, mask, ids = tokens.rows(np.array([4, 0, 2]))
    assert vectors.shape == (*mask.shape, 16)
    for row, place in enumerate((4, 0, 2)):
        expected = model.encode_query([SOURCES[place]])[0]
        torch.testing.assert_close(vectors[row][mask[row]], expected.float(), rtol=0, atol=2e-3)
        own = model.tokenizer(SOURCES[place], truncation=True, max_length=24)["input_ids"]
        assert ids[row][mask[row]].tolist() == own
        assert not vectors[row][~mask[row]].any()


def test_idf_counts_sentences_on_both_sides(
    tmp_path: Path, tiny_late_interaction: Path, tokens: TeacherTokens
) -> None:
    made = token_distillation(tiny_late_interaction, tiny_late_interaction)
    objective: Any = task_of(tmp_path, **made, marginals="idf").objective
    tokenizer = objective.learner.tokenizer
    targets = list(dict.fromkeys(target for _, target in BITEXT))
    for weights, texts in (
        (objective.source_weights, SOURCES),
        (objective.target_weights, [*targets, *SOURCES]),
    ):
        holding = [set(tokenizer(t, truncation=True, max_length=24)["input_ids"]) for t in texts]
        counts = torch.tensor([sum(i in own for own in holding) for i in range(len(weights))])
        torch.testing.assert_close(weights, smoothed_idf(counts, len(texts)).float())
    assert "source_weights" not in objective.state_dict()


def test_a_twin_reads_the_english_side_though_its_recipe_names_a_teacher(
    tmp_path: Path, tiny_late_interaction: Path
) -> None:
    made = token_distillation(tiny_late_interaction, tiny_late_interaction)
    made |= {"labels": "hard", "transport": 0, "contrast": 1, "source": False}
    batch = task_of(tmp_path, **made).collator([0, 1])
    assert "source" in batch


def test_idf_has_a_weight_for_every_piece_that_is_looked_up(
    tmp_path: Path, tiny_late_interaction: Path
) -> None:
    made = token_distillation(tiny_late_interaction, tiny_late_interaction)
    task = task_of(tmp_path, **made, marginals="idf")
    objective: Any = task.objective
    assert len(objective.target_weights) == len(objective.learner.tokenizer)
    assert torch.isfinite(task.objective(task.collator(range(task.rows))))
