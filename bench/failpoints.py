"""What it costs that every durable write and every outside call has a name: nothing that can be measured.

Claims are written with the failpoints as they are in production, with them taken out of the code, and with a listener
as in the crash tests, in interleaved rounds. The disk makes these figures noisy, so the promise is about the time of
one failpoint against the time of the claim around it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from statistics import median
from unittest.mock import patch

from bench.ledger import claims_a_second

from tracker2invoice.failpoints import failpoint, listen
from tracker2invoice.ledger import database

CLAIMS, ROUNDS, CALLS = 500, 7, 200_000
PROMISE = 0.001
"""One failpoint that is off takes at most this share of the time of a claim, which passes one."""


def main() -> None:
    """Print the table.

    Raises:
        SystemExit: failpoints that are off cost something that can be measured.
    """
    rates = measure({"taken out": taken_out, "off": nullcontext, "with a listener": listened_to})
    base, share = median(rates["taken out"]), seconds_of_one() * median(rates["off"])
    print(f"claims a second, {CLAIMS} in a round, median of {ROUNDS} interleaved rounds")
    for name, found in rates.items():
        print(f"  failpoints {name:<18} {median(found):>8,.0f} {median(found) / base:>6.2f} x")
    print(f"  one failpoint that is off takes {share:.5%} of a claim")
    if share > PROMISE:
        raise SystemExit(f"a failpoint that is off takes more than {PROMISE:.1%} of a claim")


def measure(ways: dict[str, Callable[[], AbstractContextManager[object]]]) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory() as folder, way():
                rates[name].append(claims_a_second(Path(folder) / "ledger.db", CLAIMS))
    return rates


def taken_out() -> AbstractContextManager[object]:
    """Take the failpoint around each commit out of the code."""
    nothing = nullcontext()

    def no_failpoint(_: str) -> AbstractContextManager[None]:
        return nothing

    return patch.object(database, "failpoint", no_failpoint)


def listened_to() -> AbstractContextManager[object]:
    """Let somebody listen."""
    listen(lambda _name, _moment: None)
    stack = ExitStack()
    stack.callback(listen, None)
    return stack


def seconds_of_one() -> float:
    began = time.perf_counter()
    for _ in range(CALLS):
        with failpoint("nothing"):
            pass
    return (time.perf_counter() - began) / CALLS


if __name__ == "__main__":
    main()
