"""Gaps in token ids, for masked-LM training."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["IGNORED", "mask_tokens"]

#: label of tokens that are not to be predicted, which torch's cross-entropy passes over
IGNORED = -100
#: of the chosen tokens, the share that is masked, and the share that another token replaces
MASKED, REPLACED = 0.8, 0.1


def mask_tokens(
    ids: Tensor,
    special: Tensor,
    vocabulary_size: int,
    mask_id: int,
    p: float,
    generator: torch.Generator | None = None,
    continuations: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Choose tokens to predict, and hide them as BERT does.

    Of the chosen tokens 80 % become the mask, 10 % a token drawn from the whole vocabulary, and
    10 % stay as they are (Devlin et al., 2019, arXiv 1810.04805, section 3.1). With whole-word
    masking all pieces of a word are chosen or none, and each is hidden by its own draw, as in the
    code of the authors (``whole_word_mask`` of ``create_pretraining_data.py``).

    Args:
        ids: token ids, shape (rows, width); left as they are.
        special: true where a token is never chosen (special tokens, padding), same shape.
        vocabulary_size: replacements are drawn from the ids below it.
        mask_id: id of the mask.
        p: probability with which a token, or word, is chosen, in [0, 1].
        generator: where the draws come from, on the device of ``ids``; torch's own by default.
        continuations: true where a token goes on with the word of the token before it, same shape;
            given, words are chosen as wholes. A word does not reach across a special token.

    Returns:
        The ids with gaps, and the labels: the id where a token was chosen, -100 elsewhere. Both of
        shape (rows, width).

    Raises:
        ValueError: where ``p`` lies outside [0, 1], or shapes differ.

    >>> ids = torch.tensor([[2, 7, 8, 9, 3]])
    >>> special = torch.tensor([[True, False, False, False, True]])
    >>> inner = torch.tensor([[False, False, True, False, False]])
    >>> seeded = torch.Generator().manual_seed(1)
    >>> mask_tokens(ids, special, 10, mask_id=4, p=0.5, generator=seeded, continuations=inner)
    (tensor([[2, 4, 4, 9, 3]]), tensor([[-100,    7,    8, -100, -100]]))
    """
    _check(ids, special, continuations, p)
    chosen = _draw(ids, generator) < p
    if continuations is not None:
        chosen = chosen.flatten()[_beginnings(special, continuations)].view_as(ids)
    chosen &= ~special
    labels = ids.where(chosen, IGNORED)
    fate = _draw(ids, generator)
    others = torch.randint(vocabulary_size, ids.shape, generator=generator, device=ids.device)
    hidden = torch.where(fate < MASKED, mask_id, others.to(ids.dtype))
    return hidden.where(chosen & (fate < MASKED + REPLACED), ids), labels


def _check(ids: Tensor, special: Tensor, continuations: Tensor | None, p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"the probability of a gap must lie in [0, 1], not {p}")
    for name, tensor in {"special": special, "continuations": continuations}.items():
        if tensor is not None and tensor.shape != ids.shape:
            shapes = f"{tuple(tensor.shape)}, not {tuple(ids.shape)}"
            raise ValueError(f"{name} must have the shape of the ids: {shapes}")


def _draw(ids: Tensor, generator: torch.Generator | None) -> Tensor:
    return torch.rand(ids.shape, generator=generator, device=ids.device)


def _beginnings(special: Tensor, continuations: Tensor) -> Tensor:
    """The place in the flattened ids where the word of each token begins, shape (rows * width,)."""
    after_special = special.roll(1, dims=1)
    begins = ~continuations | special | after_special
    begins[:, :1] = True
    places = torch.arange(begins.numel(), device=begins.device)
    return places.where(begins.flatten(), 0).cummax(0).values
