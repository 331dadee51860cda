"""How long ``arir --help`` takes from a cold process: the goal is under 300 ms."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

GOAL_MS = 300
COMMANDS = {
    "bare interpreter": [sys.executable, "-c", "pass"],
    "arir --help": [sys.executable, "-m", "arir", "--help"],
    "arir search --help": [sys.executable, "-m", "arir", "search", "--help"],
    "arir compare --help": [sys.executable, "-m", "arir", "compare", "--help"],
}


def milliseconds(command: list[str], repeats: int = 7) -> float:
    """Median wall-clock time of a command."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main() -> None:
    bare = milliseconds(COMMANDS["bare interpreter"])
    for name, command in COMMANDS.items():
        taken = milliseconds(command)
        print(f"{name:22} {taken:6.0f} ms  {taken / bare:4.1f} x a bare interpreter")
    print(f"goal for arir --help: under {GOAL_MS} ms")


if __name__ == "__main__":
    main()
