"""Cross-entropy of a candidate list with one relevant passage: fine-tuning on hard labels."""

from __future__ import annotations

import torch
from torch import Tensor

from arir.losses.candidates import candidate_log_softmax, check_candidates
from arir.losses.checks import check_positive

__all__ = ["listwise_cross_entropy"]


def listwise_cross_entropy(
    scores: Tensor,
    mask: Tensor | None = None,
    *,
    positives: Tensor | None = None,
    temperature: float = 1.0,
) -> Tensor:
    """Negative log-probability of the relevant passage among the N candidates of each query.

    With ``p_b`` the position of the relevant passage::

        L = - 1/B * sum_b log softmax(s_b / T)[p_b]

    Two candidates make it ColBERT's pairwise softmax loss, ``-log sigmoid(s+ - s-)`` at ``T = 1``.

    Args:
        scores: the student's scores, shape (B, N), N >= 2.
        mask: True where a candidate exists, shape (B, N); the relevant passage always counts.
        positives: the column of each relevant passage, integers of shape (B,); by default the
            first.
        temperature: ``T``.

    Returns:
        The loss, a tensor without dimensions.

    Raises:
        ValueError: for wrong shapes, fewer than two candidates, or a temperature that is not
            positive and finite.

    Reference:
        Nair et al., "Transfer Learning Approaches for Building Cross-Language Dense Retrieval
        Models" (ColBERT-X), ECIR 2022 (arXiv 2201.08471): Translate-Train; Khattab and Zaharia,
        "ColBERT", SIGIR 2020, section 3.3.

    >>> listwise_cross_entropy(torch.tensor([[2.0, 0.0]]))
    tensor(0.1269)
    >>> listwise_cross_entropy(torch.tensor([[0.0, 2.0]]), positives=torch.tensor([1]))
    tensor(0.1269)
    """
    check_positive(temperature=temperature)
    real = check_candidates(scores, mask)
    if positives is None:
        positives = torch.zeros(len(scores), dtype=torch.long, device=scores.device)
    if positives.shape != scores.shape[:1]:
        raise ValueError(
            f"positives have shape {tuple(positives.shape)}, expected ({len(scores)},)"
        )
    columns = positives.long().unsqueeze(1)
    real = real.scatter(1, columns, torch.ones_like(columns, dtype=torch.bool))
    return -candidate_log_softmax(scores, real, temperature).gather(1, columns).mean()
