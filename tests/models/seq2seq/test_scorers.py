"""Sequence-to-sequence scores equal transformers' own on single pairs, whatever the batches."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from arir.errors import ModelError
from arir.models.seq2seq.model import (
    Seq2Seq,
    choose_seq2seq_precision,
    is_seq2seq,
    open_seq2seq,
    word_id,
)
from arir.models.seq2seq.query_generator import QueryGeneratorScorer
from arir.models.seq2seq.scorer import Answer, MonoT5Scorer
from tests.tiny import SENTENCES

TOLERANCE = 1e-4
PAIRS = [(query, passage) for query in SENTENCES[5:7] for passage in SENTENCES]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def opened(tiny_seq2seq: Path) -> Seq2Seq:
    return open_seq2seq(tiny_seq2seq, CPU, torch.float32)


@pytest.fixture(scope="module")
def reference(tiny_seq2seq: Path) -> tuple[torch.nn.Module, object]:
    model = AutoModelForSeq2SeqLM.from_pretrained(tiny_seq2seq).eval()
    return model, AutoTokenizer.from_pretrained(tiny_seq2seq)


def monot5(opened: Seq2Seq, answer: Answer | None = None, length: int = 512) -> MonoT5Scorer:
    return MonoT5Scorer("tiny", opened, answer or Answer(), length)


def test_monot5_is_the_first_step_of_generation(opened: Seq2Seq, reference) -> None:  # type: ignore[no-untyped-def]
    model, tokenizer = reference
    true, false = tokenizer.convert_tokens_to_ids(["▁true", "▁false"])
    expected = []
    for query, passage in PAIRS:
        inputs = tokenizer(f"Query: {query} Document: {passage} Relevant:", return_tensors="pt")
        out = model.generate(
            **inputs, max_new_tokens=1, output_logits=True, return_dict_in_generate=True
        )
        logits = out.logits[0][0]
        expected.append(float(torch.log_softmax(logits[[true, false]], 0)[0]))
    scores = monot5(opened).score_pairs(PAIRS)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(scores, expected, atol=TOLERANCE)


def test_log_odds_are_those_of_the_log_probability(opened: Seq2Seq) -> None:
    probability = np.exp(monot5(opened).score_pairs(PAIRS).astype(np.float64))
    odds = monot5(opened, Answer(scale="log-odds")).score_pairs(PAIRS)
    np.testing.assert_allclose(odds, np.log(probability / (1 - probability)), atol=1e-3)


def test_other_answers_give_other_scores(opened: Seq2Seq) -> None:
    answer = Answer(true_word="▁yes", false_word="no")
    assert not np.allclose(
        monot5(opened).score_pairs(PAIRS), monot5(opened, answer).score_pairs(PAIRS)
    )


def test_swapping_the_answers_swaps_the_probability(opened: Seq2Seq) -> None:
    swapped = monot5(opened, Answer(true_word="false", false_word="true")).score_pairs(PAIRS)
    total = np.exp(monot5(opened).score_pairs(PAIRS)) + np.exp(swapped)
    np.testing.assert_allclose(total, 1, atol=TOLERANCE)


@pytest.mark.parametrize("likelihood", ["sum", "mean"])
def test_query_likelihood_is_the_loss_of_transformers(
    opened: Seq2Seq,
    reference,
    likelihood: str,  # type: ignore[no-untyped-def]
) -> None:
    model, tokenizer = reference
    expected = []
    for query, passage in PAIRS:
        inputs = tokenizer(passage, return_tensors="pt")
        labels = tokenizer(text_target=query, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            loss = model(**inputs, labels=labels).loss
        expected.append(float(-loss) * (labels.shape[1] if likelihood == "sum" else 1))
    scorer = QueryGeneratorScorer("tiny", opened, 512, likelihood=likelihood)  # type: ignore[arg-type]
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(scorer.score_pairs(PAIRS), expected, rtol=1e-4)


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(len(PAIRS))), budget=st.integers(1, 400))
def test_order_and_size_of_batches_change_nothing(
    opened: Seq2Seq, order: list[int], budget: int
) -> None:
    for scorer in (monot5(opened), QueryGeneratorScorer("tiny", opened, 512)):
        whole = scorer.score_pairs(PAIRS)
        scorer.batch_tokens = budget
        shuffled = scorer.score_pairs([PAIRS[place] for place in order])
        np.testing.assert_allclose(shuffled, whole[order], atol=TOLERANCE)


def test_blocks_and_slices_of_logits_change_nothing(
    opened: Seq2Seq, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorers = (monot5(opened), QueryGeneratorScorer("tiny", opened, 512))
    whole = [scorer.score_pairs(PAIRS) for scorer in scorers]
    monkeypatch.setattr("arir.models.pairs.BLOCK", 5)
    monkeypatch.setattr("arir.models.seq2seq.query_generator.LOGITS", 1)
    for scorer, expected in zip(scorers, whole, strict=True):
        np.testing.assert_allclose(scorer.score_pairs(PAIRS), expected, atol=TOLERANCE)


def test_the_question_behind_a_long_passage_stays(opened: Seq2Seq) -> None:
    """Truncation from the right would cut "Relevant:" and leave the model unasked."""
    query, long = SENTENCES[5], " ".join(SENTENCES * 3)
    scorer = monot5(opened, length=40)
    cut = scorer.score_pairs([(query, long), (query, f"{long} أيضا")])
    assert cut[0] == pytest.approx(cut[1], abs=TOLERANCE)
    assert scorer.truncation.count == 2
    prompt = opened.tokenizer.decode(_seen(opened, scorer, query, long), skip_special_tokens=True)
    assert prompt.startswith("query: ما هي")
    assert prompt.endswith("relevant:")


def _seen(opened: Seq2Seq, scorer: MonoT5Scorer, query: str, passage: str) -> list[int]:
    """The tokens that reach the encoder."""
    seen: list[list[int]] = []

    def note(_: object, args: object, kwargs: dict[str, torch.Tensor]) -> None:
        seen.append(kwargs["input_ids"][0].tolist())

    handle = opened.model.register_forward_pre_hook(note, with_kwargs=True)
    scorer.score_pairs([(query, passage)])
    handle.remove()
    assert len(seen[0]) <= scorer.max_length
    return seen[0]


def test_a_query_longer_than_the_input_leaves_half_to_the_passage(opened: Seq2Seq) -> None:
    long = " ".join(SENTENCES * 4)
    scores = monot5(opened, length=60).score_pairs([(long, SENTENCES[0]), (long, SENTENCES[8])])
    assert np.isfinite(scores).all()
    assert abs(scores[0] - scores[1]) > TOLERANCE


def test_a_cut_passage_is_told(opened: Seq2Seq, caplog: pytest.LogCaptureFixture) -> None:
    scorer = QueryGeneratorScorer("tiny", opened, 8)
    with caplog.at_level(logging.WARNING):
        scorer.score_pairs([("a", " ".join(SENTENCES))])
    assert "passages longer than 8 tokens are cut" in caplog.text


def test_braces_in_a_text_are_no_fields(opened: Seq2Seq) -> None:
    assert np.isfinite(monot5(opened).score_pairs([("{0} {x}", "{passage}")])).all()


def test_half_precision_keeps_logits_in_single(tiny_seq2seq: Path) -> None:
    """bf16 logits near 10 are a sixteenth apart: good passages would be tied."""
    half = open_seq2seq(tiny_seq2seq, CPU, torch.bfloat16)
    assert half.model.lm_head.weight.dtype == torch.float32
    assert half.model.encoder.block[0].layer[0].SelfAttention.q.weight.dtype == torch.bfloat16
    exact = open_seq2seq(tiny_seq2seq, CPU, torch.float32)
    scores = monot5(half).score_pairs(PAIRS)
    assert len(np.unique(scores)) > len(PAIRS) // 2
    reference = monot5(exact).score_pairs(PAIRS)
    assert np.corrcoef(scores, reference)[0, 1] > 0.95


def test_nothing_to_score_gives_nothing(opened: Seq2Seq) -> None:
    assert monot5(opened).score_pairs([]).shape == (0,)
    assert QueryGeneratorScorer("tiny", opened, 512).score_pairs([]).shape == (0,)


def test_word_without_a_token_is_refused(opened: Seq2Seq) -> None:
    with pytest.raises(ModelError, match=r"no single token for the answer 'relevant-ish'.*--true-"):
        monot5(opened, Answer(true_word="relevant-ish"))
    assert word_id(opened.tokenizer, "true", "x") == word_id(opened.tokenizer, "▁true", "x")


def test_other_models_are_refused(tiny_bert: Path, tiny_seq2seq: Path, tmp_path: Path) -> None:
    assert is_seq2seq(tiny_seq2seq)
    assert not is_seq2seq(tiny_bert)
    with pytest.raises(ModelError, match="is no sequence-to-sequence model"):
        open_seq2seq(tiny_bert, CPU, torch.float32)
    damaged = Path(shutil.copytree(tiny_seq2seq, tmp_path / "m"))
    (damaged / "model.safetensors").write_bytes(b"x")
    with pytest.raises(ModelError, match="cannot be opened"):
        open_seq2seq(damaged, CPU, torch.float32)


def test_weights_that_would_be_random_are_refused(tiny_seq2seq: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    damaged = Path(shutil.copytree(tiny_seq2seq, tmp_path / "m"))
    weights = load_file(damaged / "model.safetensors")
    name = next(key for key in weights if "SelfAttention.q" in key)
    del weights[name]
    save_file(weights, damaged / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="lacks weights"):
        open_seq2seq(damaged, CPU, torch.float32)


def test_auto_never_takes_fp16() -> None:
    assert choose_seq2seq_precision("auto", CPU) == "fp32"
    assert choose_seq2seq_precision("fp16", CPU) == "fp16"
