"""Stop before a file that the machine's memory cannot hold, rather than be killed on the way."""

from __future__ import annotations

from pathlib import Path

from arir.errors import DataError

__all__ = ["available_memory", "check_memory"]

#: bytes of memory for each byte of a run file, as measured; gzip shrinks runs to a third or less
FACTOR, GZIP = 1.3, 3.0
#: files below need no thought
LARGE = 200_000_000
MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def available_memory() -> int | None:
    """Bytes that a process may still take: of the machine, or of the container that it runs in.

    ``None`` where the system does not say (it does on Linux).
    """
    found = []
    try:
        for line in MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) * 1024)
        limit, used = (CGROUP / name for name in ("memory.max", "memory.current"))
        found.append(int(limit.read_text()) - int(used.read_text()) + _cached())
    except (OSError, ValueError):
        pass  # no such file, or a limit of "max"
    return min(found, default=None)


def _cached() -> int:
    """Bytes of files that the container has read and would give up: used, but not taken."""
    for line in (CGROUP / "memory.stat").read_text().splitlines():
        if line.startswith("inactive_file "):
            return int(line.split()[1])
    return 0


def check_memory(path: Path) -> None:
    """Check that a run or qrels file can be held in memory.

    Raises:
        DataError: saying how much it needs and how much there is.
    """
    size = path.stat().st_size if path.is_file() else 0
    free = available_memory() if size > LARGE else None
    needed = size * FACTOR * (GZIP if path.suffix == ".gz" else 1.0)
    if free is not None and needed > free:
        raise DataError(
            f"needs about {needed / 1e9:.1f} GB of memory, of which {free / 1e9:.1f} GB are free",
            where=path,
            fix="close other programs, take a larger machine, or cut the run to fewer hits a topic",
        )
