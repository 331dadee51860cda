"""What the batched kernels save: time of a training step's loss, forward and backward.

Transport plans: one padded batch against a loop over its sentence pairs. MaxSim: chunks against all
token products at once, and against sentence-transformers. Ratios above 1 are in favour of arir.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from arir.losses.ipot import ipot
from arir.losses.maxsim import maxsim
from arir.losses.optimal_transport import Solver, optimal_transport_loss
from arir.losses.sinkhorn import sinkhorn

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
DIMENSION = 128
SOLVERS: dict[str, Solver] = {
    "IPOT, 50 steps": partial(ipot, tolerance=0.0),
    "IPOT, stops early": ipot,
    "Sinkhorn, 200 iterations": partial(sinkhorn, tolerance=0.0),
    "Sinkhorn, stops early": sinkhorn,
}


def milliseconds(function: Callable[[], object], repeats: int = 5) -> float:
    """Median time of a call after one to warm up."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        function()
        if DEVICE.type == "cuda":
            torch.cuda.synchronize()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[1:])


def tokens(texts: int, shortest: int, longest: int, seed: int) -> tuple[Tensor, Tensor]:
    """Random token vectors with gradients, and the mask of texts of different lengths."""
    generator = torch.Generator().manual_seed(seed)
    vectors = torch.randn(texts, longest, DIMENSION, generator=generator)
    vectors = torch.nn.functional.normalize(vectors, dim=-1).to(DEVICE).requires_grad_()
    lengths = torch.randint(shortest, longest + 1, (texts, 1), generator=generator)
    return vectors, (torch.arange(longest)[None, :] < lengths).to(DEVICE)


def step(loss: Callable[[], Tensor], *leaves: Tensor) -> None:
    torch.autograd.grad(loss(), leaves)


def transport(pairs: int = 64) -> None:
    """One batch of sentence pairs, such as a step of OPTICAL sees."""
    source, source_mask = tokens(pairs, 8, 32, seed=0)
    target, target_mask = tokens(pairs, 8, 32, seed=1)
    source = source.detach()

    def batched(solver: Solver) -> Tensor:
        return optimal_transport_loss(source, target, source_mask, target_mask, solver=solver)

    def looped(solver: Solver) -> Tensor:
        losses = []
        for row in range(pairs):
            one = source[row : row + 1, source_mask[row]], target[row : row + 1, target_mask[row]]
            losses.append(optimal_transport_loss(*one, solver=solver))
        return torch.stack(losses).mean()

    print(f"optimal transport, {pairs} pairs of 8 to 32 tokens")
    for name, solver in SOLVERS.items():
        batch = milliseconds(partial(step, partial(batched, solver), target))
        loop = milliseconds(partial(step, partial(looped, solver), target), repeats=1)
        print(f"  {name:26} {batch:8.1f} ms a batch  {loop / batch:5.1f} x a loop over pairs")


def late_interaction(queries: int = 32, passages: int = 128) -> None:
    """In-batch MaxSim of ColBERT-like lengths: 32 query tokens, up to 180 passage tokens."""
    from sentence_transformers.util import maxsim as reference

    query, query_mask = tokens(queries, 8, 32, seed=0)
    passage, passage_mask = tokens(passages, 20, 180, seed=1)
    every = queries * passages * 32 * 180

    def naive() -> Tensor:
        products = torch.einsum("bqd,ptd->bpqt", query, passage)
        products = products.masked_fill(~passage_mask[None, :, None], -torch.inf)
        return (products.amax(dim=-1) * query_mask[:, None]).sum()

    def chunked(chunk_elements: int) -> Tensor:
        scores = maxsim(query, passage, query_mask, passage_mask, chunk_elements=chunk_elements)
        return scores.sum()

    print(f"MaxSim, {queries} queries x {passages} passages, {every / 1e6:.0f}M token products")
    peers = {
        "naive, all at once": naive,
        "sentence-transformers": lambda: reference(query, passage, query_mask, passage_mask).sum(),
    }
    times = {
        name: milliseconds(partial(step, function, query, passage))
        for name, function in peers.items()
    }
    for name, taken in times.items():
        print(f"  {name:26} {taken:8.1f} ms")
    for exponent in (20, 22, 24):
        taken = milliseconds(partial(step, partial(chunked, 2**exponent), query, passage))
        ratios = "  ".join(f"{other / taken:4.2f} x {name}" for name, other in times.items())
        print(f"  arir, chunks of 2^{exponent:<9} {taken:8.1f} ms  {ratios}")


def main() -> None:
    print(f"{DEVICE.type}, {torch.get_num_threads()} threads")
    transport()
    late_interaction()


if __name__ == "__main__":
    main()
