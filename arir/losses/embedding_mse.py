"""Embedding distillation on bitext: a sentence and its translations get the teacher's vector."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from arir.losses.checks import check_same_shape, full_precision

__all__ = ["embedding_mse"]


def embedding_mse(students: Sequence[Tensor], teacher: Tensor) -> Tensor:
    """Mean squared error between the student's vectors and the teacher's vector of the source.

    For C texts of the same meaning, the source sentence and its translations::

        L = 1/(C*B*D) * sum_c sum_b || M_S(text_cb) - M_T(source_b) ||^2

    The article's equation sums over dimensions and texts, which is C * D times as much; the
    authors' code takes the mean, as here, and their learning rate belongs to the mean.

    Args:
        students: the student's vectors of each text column, C tensors of shape (B, D).
        teacher: the teacher's vectors of the source sentences, shape (B, D); no gradient flows into
            them.

    Returns:
        The loss, a tensor without dimensions.

    Raises:
        ValueError: where no column is given or a shape differs; a student of another dimension
            needs a projection before this loss.

    Reference:
        Reimers and Gurevych, "Making Monolingual Sentence Embeddings Multilingual using Knowledge
        Distillation", EMNLP 2020 (arXiv 2004.09813), equation 1.

    >>> source, translation = torch.tensor([[1.0, 1.0]]), torch.tensor([[3.0, 0.0]])
    >>> embedding_mse([source, translation], torch.tensor([[1.0, 0.0]]))
    tensor(1.2500)
    """
    if not students:
        raise ValueError("expected at least one column of student vectors")
    columns = {f"students[{index}]": column for index, column in enumerate(students)}
    check_same_shape(2, teacher=teacher, **columns)
    stacked = full_precision(torch.stack(list(students)))
    target = teacher.detach().to(stacked.dtype).expand_as(stacked)
    return torch.nn.functional.mse_loss(stacked, target)
