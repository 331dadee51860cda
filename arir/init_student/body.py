"""Put a new vocabulary on a body, and make one model of both."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arir.errors import ModelError
from arir.init_student.pieces import pieces_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["assemble", "input_vectors", "ordinary_pieces", "replace_vocabulary"]

#: places that BERT's vocabularies keep free, with vectors that were never trained
UNUSED = "[unused"


def input_vectors(body: Any, tokenizer: Any) -> NDArray[np.float32]:
    """A copy of the embeddings of a body's pieces, shape (pieces, width), without what pads them.

    Raises:
        ModelError: where the body has fewer of them than its tokeniser has pieces.
    """
    weight = body.get_input_embeddings().weight.detach().float().cpu().numpy()
    count = len(pieces_of(tokenizer))
    if len(weight) < count:
        what = f"the body has {len(weight)} embeddings for {count} pieces of its tokeniser"
        raise ModelError(what, fix="use the tokeniser that was saved with it")
    vectors: NDArray[np.float32] = weight[:count].copy()
    return vectors


def ordinary_pieces(tokenizer: Any) -> NDArray[np.bool_]:
    """Which pieces stand for text, and so were trained as text is, shape (pieces,)."""
    special = set(tokenizer.all_special_tokens)
    ordinary = [
        bool(piece) and piece not in special and not piece.startswith(UNUSED)
        for piece in pieces_of(tokenizer)
    ]
    return np.array(ordinary)


def replace_vocabulary(body: Any, vectors: NDArray[np.float32], tokenizer: Any) -> None:
    """Give a transformers model other input embeddings, in place."""
    import torch

    old = body.get_input_embeddings()
    pieces, width = vectors.shape
    new = torch.nn.Embedding(pieces, width, padding_idx=old.padding_idx)
    new.weight = torch.nn.Parameter(torch.from_numpy(vectors))
    body.set_input_embeddings(new)
    body.config.vocab_size = len(vectors)
    roles = {"bos_token_id": tokenizer.cls_token_id, "eos_token_id": tokenizer.sep_token_id}
    for name, number in roles.items():
        if getattr(body.config, name, None) is not None:
            setattr(body.config, name, number)


def assemble(model: SentenceTransformer, tokenizer: Any) -> SentenceTransformer:
    """The model with another tokeniser; its pooling and what follows, and its prompts, stay.

    Raises:
        ModelError: where a further module has a vocabulary of its own.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Transformer

    from arir.models.checkpoint import quiet

    first: Any
    first, *following = model
    for module in following:
        if hasattr(module, "vocab"):
            what = f"the body's {type(module).__name__} belongs to its vocabulary"
            raise ModelError(what, fix="use --vocabulary own, or another body")
    # sentence-transformers takes a body from a folder only.
    with tempfile.TemporaryDirectory() as folder, quiet():
        first.model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        transformer = Transformer(folder)
    return SentenceTransformer(
        modules=[transformer, *following],
        prompts={name: text or "" for name, text in model.prompts.items()},
        default_prompt_name=model.default_prompt_name,
        device="cpu",
    )
