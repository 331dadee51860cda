"""Every student that really ships: small, complete, documented, and the same in every library."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from sentence_transformers import CrossEncoder, MultiVectorEncoder, SentenceTransformer
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

from arir.artefacts import read_manifest
from arir.models.loading import load_encoder, load_late_encoder, load_reranker
from arir.models.protocols import Candidate
from arir.models.registry import find_model
from arir.students.find import STUDENTS, student_names

LIMIT = 50_000_000
#: diacritics, tatweel, hamza on alef, teh marbuta and dotless yeh, all of which the profile folds
RAW = "تُعَدُّ القاهِرَةُ عاصِمَةَ مِصْرَ وأكبَرَ مُدُنِهـــا، وتقع على ضِفَّتَي نَهرِ النيل"
ENGLISH = "Cairo is the capital of Egypt and its largest city, and lies on the banks of the Nile"
OTHER = "The recipe calls for two cups of flour, a pinch of salt and a tablespoon of olive oil"
TEXTS = [RAW, ENGLISH, OTHER]
QUESTIONS = {RAW: "ما هي عاصِمة مِصر؟", ENGLISH: "What is the capital of Egypt?"}
TOLERANCE = 1e-3

names = student_names()
pytestmark = pytest.mark.skipif(not names, reason="no student ships yet")
every_student = pytest.mark.parametrize("name", names)


def family(name: str) -> str:
    return find_model(name).family


def cosine(first: Any, second: Any) -> float:
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def scores(name: str, query: str, passages: list[str]) -> Any:
    """What arir's reranker gives, whatever the family; one a passage, in their order."""
    candidates = [Candidate(str(place), text, 0.0) for place, text in enumerate(passages)]
    found = load_reranker(name, device="cpu").rerank(query, candidates)
    return np.array([item.score for item in sorted(found, key=lambda item: item.docid)])


@every_student
def test_it_takes_no_more_room_than_promised(name: str) -> None:
    sizes = [path.stat().st_size for path in (STUDENTS / name).rglob("*") if path.is_file()]
    assert sum(sizes) <= LIMIT


@every_student
def test_weights_are_fp16_in_safetensors_and_nothing_can_run_code(name: str) -> None:
    files = [path for path in (STUDENTS / name).rglob("*") if path.is_file()]
    allowed = {".json", ".jsonl", ".md", ".safetensors", ".txt"}
    assert {path.suffix for path in files} <= allowed
    stored = set()
    for path in files:
        if path.suffix == ".safetensors":
            with safe_open(path, framework="pt") as opened:
                stored |= {opened.get_tensor(key).dtype for key in opened.keys()}  # noqa: SIM118 - it is no dictionary
    assert stored == {torch.float16}


@every_student
def test_its_manifest_says_what_it_is_and_what_it_was_made_from(name: str) -> None:
    manifest = read_manifest(STUDENTS / name)
    assert manifest is not None
    spec = find_model(name)
    assert spec.name == name == manifest.properties["spec"]["name"]
    assert manifest.kind == spec.family
    assert {"ar", "en"} <= set(spec.languages)
    assert spec.licence
    assert spec.note
    assert spec.profile == "lucene"
    assert manifest.seed is not None
    assert manifest.command
    assert {"python", "arir", "torch", "transformers"} <= manifest.versions.keys()
    assert manifest.inputs
    assert all(re.fullmatch("[0-9a-f]{64}", item["sha256"]) for item in manifest.inputs.values())
    training = manifest.properties["training"]
    assert training["settings"]
    assert {"method", "student"} <= training.keys()


@every_student
def test_nothing_in_it_names_a_place_on_the_machine_that_made_it(name: str) -> None:
    path = re.compile(r"""(?:^|[\s"'`(=])/(?:work|home|root|tmp|Users|mnt|data)/""", re.MULTILINE)
    files = [file for file in (STUDENTS / name).rglob("*") if file.suffix in {".json", ".md"}]
    found = [file.name for file in files if path.search(file.read_text(encoding="utf-8"))]
    assert found == []


@every_student
def test_its_card_states_the_licence_and_whose_data_it_learned_from(name: str) -> None:
    card = (STUDENTS / name / "README.md").read_text(encoding="utf-8")
    head = card.split("---")[1]
    assert "license:" in head
    assert re.search(r"^#+ .*licence", card, re.IGNORECASE | re.MULTILINE)
    assert re.search(r"^#+ .*(data|attribution)", card, re.IGNORECASE | re.MULTILINE)
    assert re.search(r"CC[ -]BY|Apache|MIT|public domain", card, re.IGNORECASE)
    assert name in card


@every_student
def test_plain_libraries_get_the_same_of_raw_text(name: str) -> None:
    """Without arir and its normalisation, and on a CPU in single precision."""
    folder = str(STUDENTS / name)
    kind = family(name)
    if kind == "bi-encoder":
        model = SentenceTransformer(folder, device="cpu", local_files_only=True)
        vectors = load_encoder(name, device="cpu").encode_passages(TEXTS)
        plain = model.encode(TEXTS, normalize_embeddings=find_model(name).similarity == "cosine")
        np.testing.assert_allclose(plain, vectors, atol=TOLERANCE)
        queries = load_encoder(name, device="cpu").encode_queries(list(QUESTIONS.values()))
        plain = model.encode(
            list(QUESTIONS.values()),
            normalize_embeddings=find_model(name).similarity == "cosine",
        )
        np.testing.assert_allclose(plain, queries, atol=TOLERANCE)
    elif kind == "late-interaction":
        late = MultiVectorEncoder(folder, device="cpu", local_files_only=True)
        tokens = load_late_encoder(name, device="cpu").encode_passages(TEXTS)
        plain = np.concatenate([np.asarray(part) for part in late.encode_document(TEXTS)])
        np.testing.assert_allclose(plain, tokens.values, atol=TOLERANCE)
    else:
        pairs = [(QUESTIONS[RAW], text) for text in TEXTS]
        plain = CrossEncoder(folder, device="cpu", local_files_only=True).predict(pairs)
        found = scores(name, QUESTIONS[RAW], TEXTS)
        np.testing.assert_allclose(plain, found, atol=TOLERANCE)


@every_student
def test_transformers_opens_it_in_single_precision(name: str) -> None:
    folder = STUDENTS / name
    assert json.loads((folder / "config.json").read_text())["dtype"] == "float32"
    if family(name) != "cross-encoder":
        assert AutoModel.from_pretrained(folder, local_files_only=True).dtype == torch.float32
        return
    model = AutoModelForSequenceClassification.from_pretrained(folder, local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    query = QUESTIONS[ENGLISH]
    features = tokenizer([query] * len(TEXTS), TEXTS, padding=True, return_tensors="pt")
    with torch.inference_mode():
        logits = model.eval()(**features).logits[:, 0].numpy()
    np.testing.assert_allclose(logits, scores(name, query, TEXTS), atol=TOLERANCE)


@every_student
def test_a_translation_is_nearer_than_a_text_of_something_else(name: str) -> None:
    if family(name) == "bi-encoder":
        arabic, english, other = load_encoder(name, device="cpu").encode_passages(TEXTS)
        assert cosine(arabic, english) > cosine(arabic, other) + 0.1
        assert cosine(arabic, english) > cosine(english, other) + 0.1
        return
    # Queries of either language score the passage in the other one above an unrelated passage.
    for query in QUESTIONS.values():
        arabic, english, other = scores(name, query, TEXTS)
        assert min(arabic, english) > other
