"""A new student reads Arabic, begins the same each time, and opens anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from arir.data.collection import read_collection
from arir.errors import ModelError
from arir.models.bi_encoder.student import (
    StudentShape,
    new_student,
    refuse_unknowns,
    unknown_rate,
)
from arir.sample import sample_path
from tests.tiny import SENTENCES

SHAPE = StudentShape(vocabulary_size=600, layers=1, width=16, heads=2, max_length=24)
VOCABULARY = """
import json, sys
from arir.data.collection import read_collection
from arir.models.bi_encoder.vocabulary import learn_wordpiece
from arir.sample import sample_path
texts = [passage.contents for passage in read_collection(sample_path("corpus.ar.jsonl"))][:60]
json.dump(learn_wordpiece(texts, 1500, "lucene").get_vocab(), sys.stdout)
"""


@pytest.fixture(scope="module")
def student() -> SentenceTransformer:
    return new_student(SENTENCES, SHAPE, profile="lucene")


def test_the_vocabulary_is_the_same_in_every_process() -> None:
    runs = [
        subprocess.run([sys.executable, "-c", VOCABULARY], capture_output=True, check=True)
        for _ in range(3)
    ]
    vocabularies = [json.loads(run.stdout) for run in runs]
    assert vocabularies[0] == vocabularies[1] == vocabularies[2]
    assert len(vocabularies[0]) == 1500


def test_the_seed_decides_over_the_weights_and_the_global_state_is_left_alone() -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    first = new_student(SENTENCES, SHAPE, seed=3).state_dict()
    torch.testing.assert_close(torch.rand(3), expected)
    again, other = (new_student(SENTENCES, SHAPE, seed=seed).state_dict() for seed in (3, 4))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_the_shape_is_as_asked(student: SentenceTransformer) -> None:
    config = student[0].model.config
    assert (config.num_hidden_layers, config.hidden_size) == (1, 16)
    assert (config.num_attention_heads, config.intermediate_size) == (2, 64)
    assert student.max_seq_length == 24
    assert len(student.tokenizer) <= 600
    assert student.encode(["نهر " * 99]).shape == (1, 16)


def test_a_stem_is_one_piece_with_and_without_its_article(student: SentenceTransformer) -> None:
    tokenise = student.tokenizer.tokenize
    stem = tokenise("عاصمة")[0]
    for word in ("العاصمة", "والعاصمة", "بالعاصمة", "للعاصمة"):
        assert stem in tokenise(word)
    assert len(tokenise("العاصمة")) == 1 + len(tokenise("عاصمة"))


def test_diacritics_tatweel_and_case_do_not_matter(student: SentenceTransformer) -> None:
    tokenise = student.tokenizer.tokenize
    assert tokenise("الجَزائـــر") == tokenise("الجزائر")
    assert tokenise("CAIRO Cairo") == tokenise("cairo cairo")


def test_the_tokeniser_folds_letters_as_the_profile_does(student: SentenceTransformer) -> None:
    from arir.text import normalise

    text = "أنهار آسيا إلى مدينة مصطفى"
    folded = student.tokenizer.tokenize(normalise(text, "lucene"))
    assert student.tokenizer.tokenize(text) == folded
    plain = new_student([*SENTENCES, text], SHAPE, profile="none").tokenizer
    assert plain.tokenize("أنهار") != plain.tokenize("انهار")


def test_no_arabic_of_the_training_texts_is_unknown(student: SentenceTransformer) -> None:
    assert unknown_rate(student.tokenizer, SENTENCES) == 0
    texts = [passage.contents for passage in read_collection(sample_path("corpus.ar.jsonl"))]
    small = new_student(texts, StudentShape(vocabulary_size=500, width=8, heads=2))
    assert unknown_rate(small.tokenizer, texts) == 0


def test_order_does_not_matter_before_training_as_in_a_bag_of_words() -> None:
    student = new_student(SENTENCES, SHAPE).eval()
    one, other = student.encode(["نهر النيل طويل", "طويل النيل نهر"])
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_rare_pieces_weigh_more_and_the_weights_are_trained(student: SentenceTransformer) -> None:
    layer = student[1].emb_layer
    names = ("نهر", "ال", "[CLS]", "[SEP]", "[PAD]")
    ids = torch.tensor([student.tokenizer.convert_tokens_to_ids(name) for name in names])
    rare, article, *special = layer(ids).flatten().tolist()
    assert 0 < article < rare <= 1
    assert special == [0, 0, 0]
    assert layer.weight.requires_grad


def test_padding_changes_no_vector(student: SentenceTransformer) -> None:
    student.eval()
    alone = student.encode([SENTENCES[2]])[0]
    np.testing.assert_allclose(student.encode(list(SENTENCES))[2], alone, atol=1e-6)


def test_an_empty_text_gets_a_finite_vector(student: SentenceTransformer) -> None:
    assert np.isfinite(student.encode([""])).all()


def test_a_saved_student_opens_with_sentence_transformers_alone(
    student: SentenceTransformer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    student.save_pretrained(str(tmp_path / "s"), create_model_card=False)
    opened = SentenceTransformer(str(tmp_path / "s"), device="cpu")
    texts = list(SENTENCES)
    np.testing.assert_allclose(opened.encode(texts), student.eval().encode(texts), atol=1e-6)


def test_making_a_student_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    new_student(SENTENCES, SHAPE)
    assert capfd.readouterr() == ("", "")


def test_a_vocabulary_without_arabic_is_refused_with_the_rate() -> None:
    english = new_student([text for text in SENTENCES if text.isascii()], SHAPE).tokenizer
    arabic = [text for text in SENTENCES if not text.isascii()]
    assert unknown_rate(english, arabic) > 0.9
    with pytest.raises(ModelError, match=r"vocabulary of tiny, \d+% of .* unknown; choose"):
        refuse_unknowns(english, arabic, "tiny")
    refuse_unknowns(english, [text for text in SENTENCES if text.isascii()], "tiny")


def test_a_tokeniser_that_knows_no_unknowns_passes(student: SentenceTransformer) -> None:
    class Bytes:
        unk_token_id = None

    assert unknown_rate(Bytes(), ["نص"]) == 0
