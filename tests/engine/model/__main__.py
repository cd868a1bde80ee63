"""`python -m tests.engine.model --steps 1000000 --jobs 2`: many seeds of the model, in parallel, resumable.

Finished seeds are kept in `.crash/model.jsonl` with a digest of the sources, so that a second call goes on where the
first one ended, and a changed engine starts anew. The last line says what was done; what broke comes before it, with
the seed, which `--seed S --steps 1` repeats.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict
from itertools import count
from pathlib import Path
from time import perf_counter

from tests.engine.model.explore import ROOT, Explored, digest_of_sources, explore

FINISHED = ROOT / ".crash" / "model.jsonl"


def main(arguments: Sequence[str] | None = None) -> int:
    options = parsed(arguments)
    began, digest = perf_counter(), digest_of_sources()
    done = finished_before(options.file, digest, options.seed)
    for one in explored(options.steps - sum(one.steps for one in done), options.jobs, fresh(done, options.seed)):
        done.append(one)
        if one.broken:
            say(f"seed {one.seed}\n{one.broken}")
        else:
            keep(options.file, digest, one)
    say(summary(done, perf_counter() - began))
    return int(any(one.broken for one in done))


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.engine.model", description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000, help="how many in all, those of an earlier call included")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; the others follow it")
    parser.add_argument("--file", type=Path, default=FINISHED, help="where finished seeds are kept")
    return parser.parse_args(arguments)


def explored(steps: int, jobs: int, seeds: Iterator[int]) -> Iterator[Explored]:
    """Yield finished seeds until there are so many steps, or an invariant is broken."""
    if steps <= 0:
        return
    with ProcessPoolExecutor(jobs) as pool:
        running: set[Future[Explored]] = {pool.submit(explore, next(seeds)) for _ in range(jobs)}
        while running:
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                one = future.result()
                yield one
                steps = 0 if one.broken else steps - one.steps
                if steps > 0:
                    running.add(pool.submit(explore, next(seeds)))


def fresh(done: Sequence[Explored], first: int) -> Iterator[int]:
    before = {one.seed for one in done}
    return (number for number in count(first) if number not in before)


def finished_before(file: Path, digest: str, first: int) -> list[Explored]:
    lines = file.read_text().splitlines() if file.is_file() else []
    kept = [json.loads(line) for line in lines]
    return [Explored(**one["explored"]) for one in kept if one["digest"] == digest and one["explored"]["seed"] >= first]


def keep(file: Path, digest: str, one: Explored) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as finished:
        finished.write(json.dumps({"digest": digest, "explored": asdict(one)}) + "\n")


def summary(done: Sequence[Explored], seconds: float) -> str:
    steps, examples = sum(one.steps for one in done), sum(one.examples for one in done)
    broken = sum(bool(one.broken) for one in done)
    return (
        f"model: {steps} steps, {examples} examples, {len(done)} seeds, {broken} broken invariants, "
        f"{seconds:.0f} seconds ({sum(one.seconds for one in done):.0f} of one processor)"
    )


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
