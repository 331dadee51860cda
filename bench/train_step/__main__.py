"""Run the cases, all or those named, and print a table."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from datasets import disable_progress_bars
from transformers import BertModel

from arir.models.checkpoint import quiet
from arir.models.devices import choose_device
from bench.train_step.case import Case, Outcome, Precision
from bench.train_step.cases import CASES
from bench.train_step.material import Material
from bench.train_step.peak import fast_bf16, parameters, peak
from bench.train_step.ways import train_arir, train_plain

ROUNDS = 2
HEADER = (
    "| student and loss | precision | sentence-transformers | arir | ratio | losses differ by"
    " | passes a step | padding | utilisation |\n|---|---|---|---|---|---|---|---|---|"
)


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in CASES]
    if unknown:
        sys.exit(f"no case {', '.join(unknown)}; there are {', '.join(CASES)}")
    device = choose_device()
    disable_progress_bars()
    with tempfile.TemporaryDirectory() as name, quiet():
        material = Material.make(Path(name), device)
        weights = parameters(BertModel.from_pretrained(material.folder / "bi"))
        _print_setting(material, weights)
        print(HEADER)
        for case, precision in _runs(names, material):
            plain, arir = _best(case, precision)
            used = _utilisation(weights, device, precision, plain, arir)
            print(_row(case, precision, plain, arir, used), flush=True)


def _runs(names: list[str], material: Material) -> Iterator[tuple[Case, Precision]]:
    """Single precision for all; bf16 for all on a GPU, for the first on a CPU that has it."""
    chosen = {name: CASES[name](material) for name in names or CASES}
    for case in chosen.values():
        yield case, "fp32"
    if fast_bf16(material.device):
        half = chosen if material.device.type == "cuda" else dict([*chosen.items()][:1])
        for case in half.values():
            yield case, "bf16"


def _best(case: Case, precision: Precision) -> tuple[Outcome, Outcome]:
    """Both ways in turns, so that a busy moment of the machine hits none alone; best of each."""
    outcomes = []
    for _ in range(ROUNDS):
        arir, order = train_arir(case, precision)
        outcomes.append((train_plain(case, precision, order), arir))
    plain, ours = (
        max(way, key=lambda outcome: outcome.rate) for way in zip(*outcomes, strict=True)
    )
    return plain, ours


def _print_setting(material: Material, weights: int) -> None:
    scale, device = material.scale, material.device
    words = [len(text.split()) for text in material.passages]
    low, middle, high = np.percentile(words, (5, 50, 95))
    print(
        f"{scale.layers} layers, {scale.width} wide ({weights / 1e6:.1f}M parameters without"
        f" embeddings), {scale.steps} steps; passages of {np.mean(words):.0f} words"
        f" (5 % under {low:.0f}, half under {middle:.0f}, 95 % under {high:.0f})"
    )
    print(f"{device.type}, {torch.get_num_threads()} threads, best of {ROUNDS} turns")
    if device.type == "cuda":
        peaks = [f"{peak(device, name) / 1e12:.3g} in {name}" for name in ("fp32", "bf16")]
        print(f"{torch.cuda.get_device_name(device)}, peak TFLOP/s {', '.join(peaks)}")


def _utilisation(weights: int, device: torch.device, precision: str, *ways: Outcome) -> str:
    if device.type != "cuda":
        return "-"
    operations = 6 * weights / peak(device, precision)
    return ", ".join(f"{way.tokens * operations:.1%}" for way in ways)


def _row(case: Case, precision: str, plain: Outcome, arir: Outcome, used: str) -> str:
    gap = abs(arir.loss / plain.loss - 1)
    cells = [
        f"{case.title}, batch {case.batch}",
        precision,
        f"{plain.rate:.2f} {case.unit}/s",
        f"{arir.rate:.2f} {case.unit}/s",
        f"{arir.rate / plain.rate:.2f} x",
        f"{gap:.0e}",
        f"{plain.passes:.1f}, {arir.passes:.1f}",
        f"{plain.padding:.0%}, {arir.padding:.0%}",
        used,
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main(sys.argv[1:])
