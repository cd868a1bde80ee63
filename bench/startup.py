"""How long a person waits for the command line, measured as whole processes against importing click alone.

The promise is a ratio, not milliseconds, so that it holds on slow machines too: at most 2.5 times the process
that imports click and does nothing.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROUNDS = 15
PROMISE = 2.5
PROGRAM = str(Path(sys.executable).with_name("tracker2invoice"))
COMMANDS = {
    'python -c "import click"': [sys.executable, "-c", "import click"],
    "tracker2invoice --help": [PROGRAM, "--help"],
    "tracker2invoice --version": [PROGRAM, "--version"],
}


def seconds(command: list[str]) -> float:
    """Wall time of one process from start to exit."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def measure() -> dict[str, float]:
    """Return the median seconds of each command. Rounds are interleaved: a busy machine hits all alike."""
    for command in COMMANDS.values():
        seconds(command)
    rounds = [{name: seconds(command) for name, command in COMMANDS.items()} for _ in range(ROUNDS)]
    return {name: median(one[name] for one in rounds) for name in COMMANDS}


def main() -> None:
    """Print the table.

    Raises:
        SystemExit: a command takes longer than promised.
    """
    medians = measure()
    base = next(iter(medians.values()))
    print(f"start-up, median of {ROUNDS} interleaved runs, whole process")
    for name, value in medians.items():
        print(f"  {name:<28} {value * 1000:6.0f} ms   {value / base:4.2f} x")
    if max(medians.values()) > PROMISE * base:
        raise SystemExit(f"slower than {PROMISE} times the import of click")


if __name__ == "__main__":
    main()
