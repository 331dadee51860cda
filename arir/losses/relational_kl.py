"""In-batch relational distillation: the student learns the teacher's similarities of a batch."""

from __future__ import annotations

from functools import partial
from typing import Literal, get_args

from torch import Tensor

from arir.losses.checks import full_precision
from arir.losses.info_nce import info_nce
from arir.losses.listwise_kl import listwise_kl

__all__ = ["Pooling", "balanced_relational_kl", "pool_similarities", "relational_kl"]

Pooling = Literal["mean", "max", "min"]


def relational_kl(
    student: Tensor,
    teachers: Tensor,
    *,
    pooling: Pooling = "mean",
    student_temperature: float = 0.1,
    teacher_temperature: float = 0.1,
) -> Tensor:
    """KL divergence between similarity matrices of a batch, along rows and along columns.

    With ``S`` the student's matrix, ``E`` the teachers' pooled one and ``KL`` the listwise KL
    divergence from softmax(E / T_t) to softmax(S / T_s) over the second axis::

        L = KL(E, S) + KL(E^T, S^T)

    Args:
        student: similarities of B texts with P texts, shape (B, P), B and P >= 2: of queries with
            passages, or of sentences with translations.
        teachers: a teacher's similarities of the same texts in its own language, shape (B, P), or
            those of K teachers, shape (K, B, P). No gradient flows into them.
        pooling: how several teachers become one.
        student_temperature: ``T_s``.
        teacher_temperature: ``T_t``.

    Returns:
        The loss, a tensor without dimensions.

    Raises:
        ValueError: for wrong shapes, an unknown pooling, or a temperature that is not positive and
            finite.

    Reference:
        Rouditchenko et al., "C2KD: Cross-lingual Cross-modal Knowledge Distillation for
        Multilingual Text-Video Retrieval", ICASSP 2023 (arXiv 2210.03625), and its code, where both
        temperatures are 0.1 and the two directions are added.

    >>> import torch
    >>> relational_kl(torch.eye(2), torch.eye(2))
    tensor(0.)
    """
    pooled = pool_similarities(teachers, pooling)
    loss = partial(
        listwise_kl,
        student_temperature=student_temperature,
        teacher_temperature=teacher_temperature,
    )
    return loss(student, pooled) + loss(student.T, pooled.T)


def pool_similarities(teachers: Tensor, pooling: Pooling = "mean") -> Tensor:
    """Pool the similarity matrices of several teachers, element by element.

    C2KD's published code takes the minimum where it is asked for ``max`` and the reverse; here the
    names mean what they say.

    Args:
        teachers: shape (K, B, P), or (B, P) for one teacher.
        pooling: ``mean``, ``max`` or ``min``.

    Returns:
        Shape (B, P), detached, at least in single precision.

    Raises:
        ValueError: for another shape or an unknown pooling.

    >>> import torch
    >>> pool_similarities(torch.tensor([[[0.0, 1.0]], [[0.5, 0.0]]]), "max")
    tensor([[0.5000, 1.0000]])
    """
    if pooling not in get_args(Pooling):
        raise ValueError(f"pooling must be one of {', '.join(get_args(Pooling))}, not {pooling!r}")
    if teachers.dim() not in (2, 3) or not teachers.numel():
        raise ValueError(f"teachers have shape {tuple(teachers.shape)}, expected (K, B, P)")
    stack = full_precision(teachers.detach())
    stack = stack.unsqueeze(0) if stack.dim() == 2 else stack
    if pooling == "mean":
        return stack.mean(dim=0)
    return stack.amax(dim=0) if pooling == "max" else stack.amin(dim=0)


def balanced_relational_kl(
    student: Tensor,
    teachers: Tensor,
    *,
    balance: float = 0.5,
    contrastive_temperature: float = 0.05,
    pooling: Pooling = "mean",
    student_temperature: float = 0.1,
    teacher_temperature: float = 0.1,
) -> Tensor:
    """C2KD's whole loss: a contrastive term on the pairs, and the relational one.

    With both directions of InfoNCE added, as in the authors' code::

        L = balance * (L_query + L_passage) + (1 - balance) * relational_kl

    Args:
        student: shape (B, P), P >= B; row i's counterpart is column i.
        teachers: shape (K, B, P) or (B, P).
        balance: weight of the contrastive term, in [0, 1].
        contrastive_temperature: that of InfoNCE.
        pooling: see :func:`relational_kl`.
        student_temperature: see :func:`relational_kl`.
        teacher_temperature: see :func:`relational_kl`.

    Returns:
        The loss, a tensor without dimensions.

    Raises:
        ValueError: where ``balance`` lies outside [0, 1], and as :func:`relational_kl`.

    >>> import torch
    >>> similarities = torch.tensor([[1.0, 0.9], [0.9, 1.0]])
    >>> balanced_relational_kl(similarities, similarities, balance=0.0)
    tensor(0.)
    >>> balanced_relational_kl(similarities, similarities, balance=1.0)
    tensor(0.2539)
    """
    if not 0 <= balance <= 1:
        raise ValueError(f"balance must lie in [0, 1], not {balance}")
    relational = relational_kl(
        student,
        teachers,
        pooling=pooling,
        student_temperature=student_temperature,
        teacher_temperature=teacher_temperature,
    )
    contrastive = 2 * info_nce(student, temperature=contrastive_temperature, symmetric=True)
    return balance * contrastive + (1 - balance) * relational
