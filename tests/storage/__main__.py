"""A power cut after every event of a contract's life: `python -m tests.storage --all`."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial, reduce
from multiprocessing import get_context
from operator import add

from tests.storage.recovery import try_share


def main() -> int:
    """Print one line; what came out wrong goes to stderr."""
    parser = argparse.ArgumentParser(prog="python -m tests.storage", description=__doc__)
    parser.add_argument("--all", action="store_true", help="after every event, not every 13th")
    parser.add_argument("--draws", type=int, default=6, help="states by chance after each event, besides the certain 4")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    asked = parser.parse_args()
    work = partial(try_share, of=asked.jobs, draws=asked.draws, seed=asked.seed, every=1 if asked.all else 13)
    with ProcessPoolExecutor(asked.jobs, get_context("spawn")) as pool:
        tally = reduce(add, pool.map(work, range(asked.jobs)))
    sys.stdout.write(f"{tally}\n")
    sys.stderr.writelines(f"{line}\n" for line in tally.found[:20])
    return 1 if tally.found else 0


if __name__ == "__main__":
    sys.exit(main())
