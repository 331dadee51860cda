"""A ranker of MonoT5's kind: the first word of its answer says whether a passage is relevant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from arir.losses.seq2seq_scores import true_log_probability
from arir.models.batching import Features, batch_budget, run_batches, tokenise
from arir.models.pairs import score_in_blocks
from arir.models.seq2seq.model import Seq2Seq, word_id
from arir.models.seq2seq.prompts import fit_prompts
from arir.models.truncation import Truncation, cut_text

__all__ = ["MONOT5_PROMPT", "Answer", "MonoT5Scorer"]

MONOT5_PROMPT = "Query: {query} Document: {passage} Relevant:"


@dataclass(frozen=True)
class Answer:
    """How a ranker is asked, and how its answer becomes a score.

    Attributes:
        prompt: with ``{query}`` and ``{passage}``.
        true_word: what the model answers for a relevant passage (mT5: ``yes``).
        false_word: what it answers otherwise (mT5: ``no``).
        scale: ``log-probability`` of the true word against the false one, at most 0; or
            ``log-odds``, the difference of their logits, which does not flatten near 0.
    """

    prompt: str = MONOT5_PROMPT
    true_word: str = "true"
    false_word: str = "false"
    scale: Literal["log-probability", "log-odds"] = "log-probability"


class MonoT5Scorer:
    """Scores pairs by the first decoding step, whatever the order and size of the batches.

    A prompt too long is cut in the passage; only a query longer than half of it is cut too.

    Reference:
        Nogueira, Jiang, Pradeep and Lin, Findings of EMNLP 2020 (arXiv 2003.06713).

    Attributes:
        truncation: counts the passages and queries that were cut.
    """

    def __init__(
        self,
        name: str,
        model: Seq2Seq,
        answer: Answer,
        max_length: int,
        batch_tokens: int | None = None,
    ) -> None:
        self.name = name
        self.model = model
        self.answer = answer
        self.max_length = max_length
        self.batch_tokens = batch_budget(batch_tokens, model.device)
        self.truncation = Truncation(name)
        self._true = word_id(model.tokenizer, answer.true_word, name)
        self._false = word_id(model.tokenizer, answer.false_word, name)

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Score pairs of a query and a passage, of any number of queries; shape (pairs,)."""
        return score_in_blocks(pairs, self._score)

    def _score(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        tokenizer = self.model.tokenizer
        cut = {query: self._cut_query(query) for query, _ in pairs}
        queries = [cut[query] for query, _ in pairs]
        prompts, long = fit_prompts(
            tokenizer,
            lambda at, passage: self.answer.prompt.format(query=queries[at], passage=passage),
            [passage for _, passage in pairs],
            self.max_length,
        )
        self.truncation.add(long, "pairs", self.max_length)
        tokens = tokenise(tokenizer, prompts, self.max_length)
        return run_batches(tokens, tokenizer, self.model.device, self.batch_tokens, self._forward)

    def _cut_query(self, query: str) -> str:
        limit = self.max_length // 2
        cut = cut_text(self.model.tokenizer, query, limit)
        self.truncation.add(int(cut != query), "queries", limit)
        return cut

    def _forward(self, features: Features) -> torch.Tensor:
        model = self.model.model
        start = model.config.decoder_start_token_id
        rows = len(features["input_ids"])
        first = torch.full((rows, 1), start, device=self.model.device)
        output = model(
            input_ids=features["input_ids"],
            attention_mask=features["attention_mask"],
            decoder_input_ids=first,
            use_cache=False,
        )
        logits = output.logits[:, 0]
        scores = true_log_probability(logits, self._true, self._false)
        if self.answer.scale == "log-odds":
            return scores - true_log_probability(logits, self._false, self._true)
        return scores
