"""A command that is killed for real, and given again, makes the student of one that was not."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch

from arir.train import train
from tests.train.loop.commands import finish, read_log, start, timeless, write_recipe
from tests.train.material import settings
from tests.train.test_dev import dev_files


def test_the_same_command_after_sigkill_makes_the_same_student(tmp_path: Path) -> None:
    """With dropout, accumulation, several epochs and a dev set."""
    config = settings(
        tmp_path,
        **dev_files(tmp_path),
        steps=150,
        batch_size=3,
        accumulation=2,
        checkpoint_every=10,
        evaluate_every=25,
    )
    recipe = write_recipe(tmp_path / "recipe.yaml", config)
    command = ("train", recipe, "--output", tmp_path / "killed")
    process = start(*command)
    folder = tmp_path / "killed.partial"
    _wait_for(folder, process)
    os.kill(process.pid, signal.SIGKILL)
    assert finish(process)[0] == -signal.SIGKILL
    assert list(folder.glob("checkpoint-*"))
    assert not (tmp_path / "killed").exists()

    status, out, err = finish(start(*command))
    assert status == 0, err
    assert "150 steps in" in out
    assert f"arir: note: going on from {folder}/checkpoint-" in err
    with one_thread():
        train(replace(config, output=tmp_path / "whole"))
    log = read_log(tmp_path / "killed")
    assert timeless(log) == timeless(read_log(tmp_path / "whole"))
    assert [entry["seconds"] for entry in log] == sorted(entry["seconds"] for entry in log)
    one, other = (tmp_path / name / "model.safetensors" for name in ("whole", "killed"))
    assert one.read_bytes() == other.read_bytes()
    assert not folder.exists()


@contextmanager
def one_thread() -> Iterator[None]:
    """As many as the commands have: sums over several threads are added up in another order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def _wait_for(folder: Path, process: subprocess.Popen[str]) -> None:
    """Until a second epoch has begun and a checkpoint stands."""
    deadline = time.monotonic() + 200
    while not list(folder.glob("checkpoint-[2-9]0")):
        assert time.monotonic() < deadline, "no checkpoint came"
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.002)
