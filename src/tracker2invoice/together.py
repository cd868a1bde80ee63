"""Does several readings at a time, and no more of them ahead of whoever takes the results than that."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8
AHEAD = 2 * AT_ONCE


def several_at_once(read: Callable[[T], R], things: Iterable[T], name: str) -> Generator[R]:
    """Yield the result of each reading, as they are done.

    At most `AT_ONCE` run at a time, and no more than `AHEAD` of the things were taken whose result was not. `read` says
    failures by what it returns: what it raises ends everything. `name` is that of the threads.
    """
    waiting = iter(things)
    workers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=name)
    try:
        running: set[Future[R]] = {workers.submit(read, one) for one in islice(waiting, AHEAD)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            while done:
                result = done.pop().result()
                running |= {workers.submit(read, one) for one in islice(waiting, 1)}
                yield result
    finally:
        workers.shutdown(cancel_futures=True)
