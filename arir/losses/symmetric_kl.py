"""Agreement between several score lists of the same candidates, none of which is the teacher."""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor

from arir.losses.candidates import candidate_log_softmax, check_candidates
from arir.losses.checks import check_positive
from arir.losses.listwise_kl import kl_divergence

__all__ = ["symmetric_kl"]


def symmetric_kl(scores: Tensor, mask: Tensor | None = None, *, temperature: float = 1.0) -> Tensor:
    """Mean symmetric KL divergence between L students' views of the same candidates.

    The views are the same passages in L languages, or the same query in L languages. With ``Q_l``
    the softmax of view l, the mean over all pairs of views ``k < l`` of::

        1/B * sum_b 1/2 * [KL(Q_k || Q_l) + KL(Q_l || Q_k)]

    Gradients flow into every view.

    Args:
        scores: shape (L, B, N) with L >= 2 views and N >= 2 candidates.
        mask: True where a candidate exists, shape (B, N).
        temperature: all scores are divided by it.

    Returns:
        The loss, a tensor without dimensions.

    Raises:
        ValueError: for wrong shapes, or a temperature that is not positive and finite.

    Reference:
        The language regularisation of PLAID-X's multilingual training (Yang et al., arXiv
        2405.00977), which also averages in the zeros of ``k = l`` and divides by B * N. The query
        alignment of Ren et al., EMNLP 2022 (arXiv 2303.14991) compares the same query in two
        languages; its exact form is not established.

    >>> symmetric_kl(torch.tensor([[[2.0, 0.0]], [[0.0, 0.0]]]))
    tensor(0.3808)
    """
    check_positive(temperature=temperature)
    if scores.dim() != 3 or len(scores) < 2:
        raise ValueError(
            f"scores have shape {tuple(scores.shape)}, expected (L, B, N) with at least 2 views"
        )
    real = check_candidates(scores[0], mask)
    views = [candidate_log_softmax(view, real, temperature) for view in scores]
    pairs = [
        (kl_divergence(one, other) + kl_divergence(other, one)) / 2
        for one, other in combinations(views, 2)
    ]
    return torch.stack(pairs).mean()
