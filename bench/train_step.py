"""Triples trained a second: arir and plain sentence-transformers, same model, triples and loss.

    python -m bench.train_step [TRIPLES]

Bi-encoder MarginMSE on a random BERT (6 layers, 384 wide) at batch 16, on passages of at most 256
tokens. Two kinds of data: triples that share nothing, as random ones of MS MARCO do, and triples of
few queries with several negatives each, as mined negatives are. Both trainers see the same batches
and compute the same loss, which is checked.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.losses import MarginMSELoss
from transformers import PrinterCallback

from arir.models.bi_encoder.batches import TripletCollator, pass_budget, tokenise_texts
from arir.models.bi_encoder.losses import margin_mse
from arir.models.bi_encoder.trainer import Optimisation, TripletLoss, fit
from arir.models.checkpoint import quiet
from bench.encode import MAX_LENGTH, make_model, passages

BATCH = 16
ROUNDS = 2
Columns = dict[str, Any]


def distinct_triples(count: int) -> Columns:
    """Every triple has texts of its own."""
    order = np.arange(count)
    return {"query": order, "positive": 2 * order, "negative": 2 * order + 1}


def shared_triples(count: int) -> Columns:
    """Eight negatives a query, all from among few passages."""
    draw = np.random.default_rng(0)
    query = np.arange(count) // 8
    return {"query": query, "positive": query, "negative": draw.integers(0, count // 4, count)}


def open_model(folder: Path) -> SentenceTransformer:
    with quiet():
        model = SentenceTransformer(str(folder))
    model.max_seq_length = MAX_LENGTH
    for module in model.modules():
        # Dropout draws differ where the texts lie otherwise; without it the losses must agree.
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model


def arir(
    model: SentenceTransformer, queries: list[str], texts: list[str], columns: Columns
) -> float:
    tokenizer = model.tokenizer
    collator = TripletCollator(
        tokenise_texts(tokenizer, queries, MAX_LENGTH),
        tokenise_texts(tokenizer, texts, MAX_LENGTH),
        tokenizer,
        pass_budget(model.device),
    )
    settings = Optimisation(1, None, BATCH, 1, 1e-5, 0.0, 0.0, "fp32", 0)
    with tempfile.TemporaryDirectory() as scratch:
        log = fit(TripletLoss(model, margin_mse), columns, collator, settings, Path(scratch))
    return float(np.mean([entry.loss for entry in log]))


def plain(
    model: SentenceTransformer, queries: list[str], texts: list[str], columns: Columns
) -> float:
    from datasets import Dataset

    data = Dataset.from_dict(
        {
            "query": [queries[place] for place in columns["query"]],
            "positive": [texts[place] for place in columns["positive"]],
            "negative": [texts[place] for place in columns["negative"]],
            "label": columns["label"],
        }
    )
    with tempfile.TemporaryDirectory() as scratch:
        trainer = SentenceTransformerTrainer(
            model=model,
            args=SentenceTransformerTrainingArguments(
                output_dir=scratch,
                num_train_epochs=1,
                per_device_train_batch_size=BATCH,
                learning_rate=1e-5,
                seed=0,
                disable_tqdm=True,
                report_to="none",
                save_strategy="no",
                dataloader_pin_memory=model.device.type == "cuda",
            ),
            train_dataset=data,
            loss=MarginMSELoss(model),
        )
        trainer.remove_callback(PrinterCallback)
        return float(trainer.train().training_loss)


def measure(
    way: Callable[..., float], folder: Path, texts: list[str], columns: Columns
) -> tuple[float, float]:
    """Triples a second, tokenising included but not loading, and the mean loss."""
    queries = [" ".join(text.split()[:8]) for text in texts]
    model = open_model(folder)
    started = time.perf_counter()
    loss = way(model, queries, texts, columns)
    return len(columns["label"]) / (time.perf_counter() - started), loss


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    texts = passages(2 * count)
    words = [len(text.split()) for text in texts]
    print(f"{count} triples, batch {BATCH}; passages of {np.mean(words):.0f} words on average")
    with tempfile.TemporaryDirectory() as name, quiet():
        folder = make_model(Path(name) / "model", texts)
        for title, make in {
            "nothing shared": distinct_triples,
            "8 a query": shared_triples,
        }.items():
            columns = make(count)
            columns["label"] = np.random.default_rng(1).normal(2, 1, count).astype(np.float32)
            best: dict[str, tuple[float, float]] = {}
            # In turns, and the best of each, so that a busy moment of the machine hits none alone.
            for way in [plain, arir] * ROUNDS:
                rate, loss = measure(way, folder, texts, columns)
                best[way.__name__] = max(rate, best.get(way.__name__, (0.0, 0.0))[0]), loss
            (slow, expected), (fast, found) = best["plain"], best["arir"]
            gap = abs(found / expected - 1)
            print(
                f"{title:15} sentence-transformers {slow:6.2f} triples/s, arir {fast:6.2f} "
                f"triples/s: {fast / slow:.2f} x; losses differ by {gap:.0e}"
            )


if __name__ == "__main__":
    main()
