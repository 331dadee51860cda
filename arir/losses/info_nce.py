"""InfoNCE with in-batch negatives, optional hard negatives, and masks for false negatives."""

from __future__ import annotations

import torch
from torch import Tensor

from arir.losses.checks import check_mask, check_positive, full_precision

__all__ = ["false_negative_mask", "info_nce"]


def info_nce(
    scores: Tensor,
    false_negatives: Tensor | None = None,
    *,
    positives: Tensor | None = None,
    temperature: float = 0.05,
    symmetric: bool = False,
) -> Tensor:
    """Cross-entropy of each query's positive among all passages of the batch.

    With ``p_i`` the column of query i's positive and ``S`` the scores::

        L_query   = - 1/B * sum_i log [ exp(S_i,p_i / T) / sum_j exp(S_ij / T) ]
        L_passage = - 1/B * sum_i log [ exp(S_i,p_i / T) / sum_k exp(S_k,p_i / T) ]
        L = L_query, or (L_query + L_passage) / 2 where ``symmetric``

    The scores may be inner products, cosines or MaxSim. Hard negatives are further columns.

    Args:
        scores: similarity of each query with each passage of the batch, shape (B, P), 2 <= P.
        false_negatives: True where a passage answers the query although it is not its positive,
            shape (B, P): such a passage is left out; see :func:`false_negative_mask`.
        positives: the column of each query's positive, integers of shape (B,); by default query i's
            is column i. Gathered passages of other processes shift it.
        temperature: ``T``, the inverse of sentence-transformers' ``scale``.
        symmetric: also find each positive's query among the queries of the batch.

    Returns:
        The loss, a tensor without dimensions.

    Raises:
        ValueError: for wrong shapes, or a temperature that is not positive and finite.

    Reference:
        van den Oord, Li and Vinyals, "Representation Learning with Contrastive Predictive Coding",
        2018 (arXiv 1807.03748), equation 4; in-batch negatives as in Karpukhin et al., "Dense
        Passage Retrieval", EMNLP 2020, section 3.2.

    >>> info_nce(torch.tensor([[2.0, 0.0], [0.0, 2.0]]), temperature=1.0)
    tensor(0.1269)
    >>> mask = torch.tensor([[False, True], [True, False]])
    >>> info_nce(torch.tensor([[2.0, 0.0], [0.0, 2.0]]), mask, temperature=1.0)
    tensor(0.)
    """
    check_positive(temperature=temperature)
    columns = _positive_columns(scores, positives)
    logits = full_precision(scores) / temperature
    if false_negatives is not None:
        left_out = check_mask(false_negatives, tuple(scores.shape), "false_negatives")
        left_out = left_out.scatter(1, columns.unsqueeze(1), False)
        logits = logits.masked_fill(left_out, -torch.inf)
    loss = torch.nn.functional.cross_entropy(logits, columns)
    if not symmetric:
        return loss
    diagonal = torch.arange(len(scores), device=scores.device)
    backward = torch.nn.functional.cross_entropy(logits[:, columns].T, diagonal)
    return (loss + backward) / 2


def _positive_columns(scores: Tensor, positives: Tensor | None) -> Tensor:
    if scores.dim() != 2 or scores.shape[1] < 2:
        raise ValueError(
            f"scores have shape {tuple(scores.shape)}, expected (B, P) with at least 2 passages"
        )
    if positives is not None:
        if positives.shape != scores.shape[:1]:
            raise ValueError(
                f"positives have shape {tuple(positives.shape)}, expected ({len(scores)},)"
            )
        return positives.long()
    if scores.shape[1] < scores.shape[0]:
        raise ValueError(
            f"scores have shape {tuple(scores.shape)}: fewer passages than queries, so that some"
            " queries have no positive"
        )
    return torch.arange(len(scores), device=scores.device)


def false_negative_mask(passage_ids: Tensor, query_ids: Tensor) -> Tensor:
    """Mark passages of the batch that answer a query although they stand as its negatives.

    Passage j is a false negative of query i if it is i's positive once more (in another query's
    place, or as another query's hard negative), or the positive of the same query in another row.

    Args:
        passage_ids: an integer for each distinct passage, shape (P,); the first B are the positives
            of the B queries, the others are hard negatives.
        query_ids: an integer for each distinct query, shape (B,), B <= P.

    Returns:
        Booleans, shape (B, P); never True for a query's own positive.

    Raises:
        ValueError: for wrong shapes.

    >>> false_negative_mask(torch.tensor([7, 8, 7, 9]), torch.tensor([1, 2, 3]))
    tensor([[False, False,  True, False],
            [False, False, False, False],
            [ True, False, False, False]])
    """
    if passage_ids.dim() != 1 or query_ids.dim() != 1 or len(query_ids) > len(passage_ids):
        raise ValueError(
            f"expected passage_ids (P,) and query_ids (B,) with B <= P, got shapes"
            f" {tuple(passage_ids.shape)} and {tuple(query_ids.shape)}"
        )
    queries = len(query_ids)
    mask = passage_ids[:queries, None] == passage_ids[None, :]
    mask[:, :queries] |= query_ids[:, None] == query_ids[None, :]
    own = torch.eye(queries, len(passage_ids), dtype=torch.bool, device=mask.device)
    return mask & ~own
