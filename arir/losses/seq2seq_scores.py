"""Scores of sequence-to-sequence teachers from their decoder's logits."""

from __future__ import annotations

import torch
from torch import Tensor

from arir.losses.checks import full_precision

__all__ = ["query_log_likelihood", "true_log_probability"]

#: the label of padding, as in transformers
IGNORE_INDEX = -100


def query_log_likelihood(logits: Tensor, labels: Tensor) -> Tensor:
    """How likely a query generator is to write the query after reading the passage.

    With query tokens ``q_1 ... q_n`` (the end token included where it is labelled) and passage p::

        score(q, p) = log P(q | p) = sum_i log P(q_i | q_1 ... q_i-1, p)

    All candidates of a query share its length, so dividing by it would only be a temperature.

    Args:
        logits: of the decoder at each label's position, shape (B, L, V).
        labels: token ids of the query, shape (B, L); -100 for padding.

    Returns:
        Scores, shape (B,), at most 0, at least in single precision.

    Raises:
        ValueError: where the shapes differ.

    Reference:
        Ren et al., "Empowering Dual-Encoder with Query Generator for Cross-Lingual Dense
        Retrieval", EMNLP 2022 (arXiv 2303.14991).

    >>> query_log_likelihood(torch.zeros(1, 3, 4), torch.tensor([[2, 0, -100]]))
    tensor([-2.7726])
    """
    if logits.dim() != 3 or labels.shape != logits.shape[:2]:
        raise ValueError(
            f"logits have shape {tuple(logits.shape)}, labels {tuple(labels.shape)}, expected"
            " (B, L, V) and (B, L)"
        )
    losses = torch.nn.functional.cross_entropy(
        full_precision(logits).flatten(0, 1),
        labels.flatten(),
        ignore_index=IGNORE_INDEX,
        reduction="none",
    )
    return -losses.view(labels.shape).sum(dim=1)


def true_log_probability(logits: Tensor, true_id: int, false_id: int) -> Tensor:
    """MonoT5's score: the log-probability of "true" against "false" as the first word.

    ``score = log [exp(z_true) / (exp(z_true) + exp(z_false))]``; its log-odds, which spread wider
    and are not bounded by 0, are ``z_true - z_false``.

    Args:
        logits: of the decoder's first position, shape (B, V).
        true_id: the token id of "true" (or the language's word for it).
        false_id: the token id of "false".

    Returns:
        Scores, shape (B,), at most 0, at least in single precision.

    Raises:
        ValueError: for another shape, or ids that are equal or outside the vocabulary.

    Reference:
        Nogueira, Jiang, Pradeep and Lin, "Document Ranking with a Pretrained Sequence-to-Sequence
        Model", Findings of EMNLP 2020 (arXiv 2003.06713), section 3.

    >>> true_log_probability(torch.tensor([[0.0, 2.0, 9.0]]), true_id=1, false_id=0)
    tensor([-0.1269])
    """
    if logits.dim() != 2:
        raise ValueError(f"logits have shape {tuple(logits.shape)}, expected (B, V)")
    if true_id == false_id or not all(0 <= i < logits.shape[1] for i in (true_id, false_id)):
        raise ValueError(f"token ids {true_id} and {false_id} do not fit {logits.shape[1]} tokens")
    chosen = full_precision(logits[:, [true_id, false_id]])
    return torch.log_softmax(chosen, dim=1)[:, 0]
