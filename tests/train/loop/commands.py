"""``arir train`` in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from arir.config import to_dict
from arir.train import TrainConfig

REPOSITORY = Path(__file__).resolve().parents[3]


def write_recipe(path: Path, config: TrainConfig) -> Path:
    values = {key: value for key, value in to_dict(config).items() if value is not None}
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def start(*words: object, processes: int = 1) -> subprocess.Popen[str]:
    """Start ``arir``, alone or under torchrun, on one thread a process."""
    alone = [sys.executable, "-m", "arir"]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    several = [*torchrun, "--nproc-per-node", str(processes), "-m", "arir"]
    return subprocess.Popen(
        [*(alone if processes == 1 else several), *map(str, words)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    with process:
        out, err = process.communicate(timeout=250)
    return process.returncode, out, err


def read_log(student: Path) -> list[dict[str, Any]]:
    lines = (student / "training" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def timeless(log: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in entry.items() if k not in {"seconds", "rate"}} for entry in log]
