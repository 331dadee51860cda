"""A file that does not fit into memory is refused before it is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arir.data import memory
from arir.data.memory import available_memory, check_memory
from arir.data.runs import read_run
from arir.errors import DataError

Write = Callable[[str, str], Path]


@pytest.fixture
def machine(write: Write, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Pretend a machine with so many kB free, and a container with a limit."""

    def _machine(free: int, limit: str = "max", used: int = 0, cached: int = 0) -> None:
        meminfo = write("meminfo", f"MemTotal: 99 kB\nMemAvailable: {free} kB\n")
        write("cgroup/memory.max", f"{limit}\n")
        write("cgroup/memory.current", f"{used}\n")
        write("cgroup/memory.stat", f"anon 1\ninactive_file {cached}\n")
        monkeypatch.setattr(memory, "MEMINFO", meminfo)
        monkeypatch.setattr(memory, "CGROUP", meminfo.parent / "cgroup")

    return _machine


def test_the_smaller_of_machine_and_container_counts(machine: Callable[..., None]) -> None:
    machine(1000)
    assert available_memory() == 1_024_000
    machine(1000, "600000", 100_000)
    assert available_memory() == 500_000
    machine(1000, "600000", 500_000, 400_000)
    assert available_memory() == 500_000  # files that were read are no memory taken
    machine(100, "600000", 100_000)
    assert available_memory() == 102_400


def test_a_system_that_does_not_say_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "nothing")
    assert available_memory() is None


def test_a_run_that_is_too_large_is_refused_with_numbers(
    machine: Callable[..., None], write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write("large.trec", "q Q0 a 1 1 t\n" * 10)
    monkeypatch.setattr(memory, "LARGE", 100)
    monkeypatch.setattr(memory, "FACTOR", 2e7)
    machine(1000)
    with pytest.raises(DataError, match=r"large\.trec: needs about 2\.6 GB .* 0\.0 GB are free"):
        read_run(run)
    machine(10_000_000)
    check_memory(run)


def test_a_small_file_is_never_refused(machine: Callable[..., None], write: Write) -> None:
    machine(0)
    assert len(read_run(write("a.trec", "q Q0 a 1 1 t\n"))) == 1
