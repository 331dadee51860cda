"""A query generator as a teacher: how likely it is to write the query after the passage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from transformers.modeling_outputs import BaseModelOutput

from arir.losses.seq2seq_scores import IGNORE_INDEX, query_log_likelihood
from arir.models.batching import Tokens, batch_budget, pad, token_batches, tokenise
from arir.models.pairs import score_in_blocks
from arir.models.seq2seq.model import Seq2Seq
from arir.models.seq2seq.prompts import fit_prompts
from arir.models.truncation import Truncation

__all__ = ["GENERATOR_PROMPT", "Likelihood", "QueryGeneratorScorer"]

GENERATOR_PROMPT = "{passage}"
Likelihood = Literal["sum", "mean"]
#: logits that the decoder may make at once: a gigabyte in single precision
LOGITS = 1 << 28


class QueryGeneratorScorer:
    """Scores pairs by log P(query | passage), whatever the order and size of the batches.

    The encoder reads each distinct passage of a block once, however many queries ask for it. The
    end token counts as part of the query. Of a query only the first ``max_length`` tokens count.

    Reference:
        Ren et al., EMNLP 2022 (arXiv 2303.14991).

    Args:
        prompt: what the encoder reads, with ``{passage}``.
        likelihood: ``sum`` of the log-likelihoods of the query's tokens, or their ``mean``, with
            which lists of queries of different lengths lie on one scale.

    Attributes:
        truncation: counts the passages and queries that were cut.
    """

    def __init__(
        self,
        name: str,
        model: Seq2Seq,
        max_length: int,
        *,
        prompt: str = GENERATOR_PROMPT,
        likelihood: Likelihood = "sum",
        batch_tokens: int | None = None,
    ) -> None:
        self.name = name
        self.model = model
        self.max_length = max_length
        self.prompt = prompt
        self.likelihood = likelihood
        self.batch_tokens = batch_budget(batch_tokens, model.device)
        self.truncation = Truncation(name)

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Score pairs of a query and a passage, of any number of queries; shape (pairs,)."""
        return score_in_blocks(pairs, self._score)

    @torch.inference_mode()
    def _score(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        texts = list(dict.fromkeys(passage for _, passage in pairs))
        places = {text: place for place, text in enumerate(texts)}
        passages = self._tokenise_passages(texts)
        labels = self._tokenise_queries([query for query, _ in pairs])
        asked: list[list[int]] = [[] for _ in texts]
        for row, (_, passage) in enumerate(pairs):
            asked[places[passage]].append(row)
        scores = np.empty(len(pairs), dtype=np.float32)
        for batch in token_batches(passages.lengths, self.batch_tokens):
            states, mask = self._encode(passages, batch)
            rows = [(row, at) for at, place in enumerate(batch.tolist()) for row in asked[place]]
            for some in self._slices(rows, labels):
                chosen = torch.tensor([at for _, at in some], device=self.model.device)
                found = self._likelihoods(
                    states[chosen], mask[chosen], [labels[row] for row, _ in some]
                )
                scores[[row for row, _ in some]] = found.cpu().numpy()
        return scores

    def _tokenise_passages(self, texts: Sequence[str]) -> Tokens:
        tokenizer = self.model.tokenizer
        prompts, long = fit_prompts(
            tokenizer, lambda _, text: self.prompt.format(passage=text), texts, self.max_length
        )
        self.truncation.add(long, "passages", self.max_length)
        return tokenise(tokenizer, prompts, self.max_length)

    def _tokenise_queries(self, queries: Sequence[str]) -> list[list[int]]:
        encoded = self.model.tokenizer(
            text_target=list(queries), truncation=True, max_length=self.max_length
        )
        cut = sum(bool(item.overflowing) for item in encoded.encodings or ())
        self.truncation.add(cut, "queries", self.max_length)
        ids: list[list[int]] = encoded["input_ids"]
        return ids

    def _encode(
        self, passages: Tokens, batch: NDArray[np.intp]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The encoder's states of a batch of passages, (rows, longest, width), and the mask."""
        features = pad(passages, batch, self.model.tokenizer)
        mask = features["attention_mask"].to(self.model.device)
        encoder = self.model.model.get_encoder()
        output = encoder(input_ids=features["input_ids"].to(self.model.device), attention_mask=mask)
        return output.last_hidden_state, mask

    def _slices(
        self, rows: list[tuple[int, int]], labels: list[list[int]]
    ) -> list[list[tuple[int, int]]]:
        """Cut rows, shortest query first, so that the decoder's logits stay within memory."""
        ordered = sorted(rows, key=lambda row: len(labels[row[0]]))
        longest = len(labels[ordered[-1][0]])
        size = max(1, LOGITS // (longest * int(self.model.model.config.vocab_size)))
        # The states that the decoder reads are copied for each row, so they count too.
        size = min(size, max(1, self.batch_tokens // longest))
        return [ordered[start : start + size] for start in range(0, len(ordered), size)]

    def _likelihoods(
        self, states: torch.Tensor, mask: torch.Tensor, labels: list[list[int]]
    ) -> torch.Tensor:
        model: Any = self.model.model
        width = max(map(len, labels))
        filled = [ids + [IGNORE_INDEX] * (width - len(ids)) for ids in labels]
        target = torch.tensor(filled, device=self.model.device)
        output = model(
            encoder_outputs=BaseModelOutput(last_hidden_state=states),
            attention_mask=mask,
            decoder_input_ids=model.prepare_decoder_input_ids_from_labels(target),
            use_cache=False,
        )
        scores = query_log_likelihood(output.logits, target)
        if self.likelihood == "mean":
            return scores / (target != IGNORE_INDEX).sum(dim=1)
        return scores
