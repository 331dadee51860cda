"""Passages encoded a second: arir, Pyserini and sentence-transformers on the same model and texts.

    python -m bench.encode [PASSAGES]

The model is a random BERT (6 layers, 384 wide) with a WordPiece vocabulary of the passages, so that
nothing is downloaded; speed does not depend on the weights' values.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arir.data.collection import read_collection
from arir.sample import sample_path

Vectors = NDArray[np.float32]
REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "corpora" / "arwiki2017.jsonl.gz"
MAX_LENGTH = 256
ROUNDS = 3


def passages(count: int) -> list[str]:
    """Arabic Wikipedia passages where they lie beside the repository, else the embedded ones."""
    source = REAL if REAL.is_file() else sample_path("corpus.ar.jsonl")
    texts = [passage.text for passage in itertools.islice(read_collection(source), count)]
    return list(itertools.islice(itertools.cycle(texts), count))


def make_model(folder: Path, texts: Sequence[str], **settings: float) -> Path:
    """Save a random BERT of 6 layers, 384 wide, with a tokeniser trained on the texts.

    Args:
        settings: of ``BertConfig``, in place of these.
    """
    import torch
    from tokenizers import BertWordPieceTokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    core = BertWordPieceTokenizer(strip_accents=False)
    core.train_from_iterator(texts, vocab_size=30_000, show_progress=False)
    ends = [(token, core.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    core._tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=ends
    )
    names = ("pad", "unk", "cls", "sep", "mask")
    special = {f"{name}_token": f"[{name.upper()}]" for name in names}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core._tokenizer, model_max_length=MAX_LENGTH, **special
    )
    shape: dict[str, float] = {
        "vocab_size": 30_000,
        "hidden_size": 384,
        "num_hidden_layers": 6,
        "num_attention_heads": 12,
        "intermediate_size": 1536,
    }
    config = BertConfig(**(shape | settings))
    torch.manual_seed(0)
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def pyserini(folder: Path, batch: int) -> Callable[[list[str]], Vectors]:
    from arir.lucene import start_jvm

    start_jvm()
    from pyserini.encode import AutoDocumentEncoder

    encoder = AutoDocumentEncoder(str(folder), device="cpu", pooling="mean")

    def encode(texts: list[str]) -> Vectors:
        starts = range(0, len(texts), batch)
        parts = [encoder.encode(texts[at : at + batch], max_length=MAX_LENGTH) for at in starts]
        return np.concatenate(parts)

    return encode


def sentence_transformers(folder: Path) -> Callable[[list[str]], Vectors]:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    model.max_seq_length = MAX_LENGTH
    return lambda texts: model.encode(texts, batch_size=32)


def arir(folder: Path, precision: str) -> Callable[[list[str]], Vectors]:
    from arir.models.loading import load_encoder

    return load_encoder(folder, device="cpu", precision=precision).encode_passages


def measure(encode: Callable[[list[str]], Vectors], texts: list[str]) -> tuple[float, Vectors]:
    """Passages a second, and the vectors."""
    started = time.perf_counter()
    vectors = encode(texts)
    return len(texts) / (time.perf_counter() - started), vectors


def main() -> None:
    texts = passages(int(sys.argv[1]) if len(sys.argv) > 1 else 128)
    with tempfile.TemporaryDirectory() as name:
        folder = make_model(Path(name) / "model", texts)
        ways = {
            "Pyserini AutoDocumentEncoder, batch 64": pyserini(folder, 64),
            "Pyserini AutoDocumentEncoder, batch 32": pyserini(folder, 32),
            "SentenceTransformer.encode, batch 32": sentence_transformers(folder),
            "arir fp32": arir(folder, "fp32"),
            "arir bf16": arir(folder, "bf16"),
        }
        results: dict[str, tuple[float, Vectors]] = {}
        # In turns, and the best of each, so that a busy moment of the machine hits none alone.
        for way, encode in [*ways.items()] * ROUNDS:
            rate, vectors = measure(encode, texts)
            results[way] = max(rate, results[way][0] if way in results else 0), vectors
    base, reference = results["Pyserini AutoDocumentEncoder, batch 64"]
    print(f"{len(texts)} passages, mean {np.mean([len(t.split()) for t in texts]):.0f} words")
    for way, (rate, vectors) in results.items():
        gap = np.abs(vectors - reference).max()
        print(f"{way:40} {rate:7.1f} docs/s  {rate / base:5.1f} x  largest difference {gap:.0e}")


if __name__ == "__main__":
    main()
