"""What drafts cost in a real Tryton: requests and time for each, and the totals that the server says of them.

It needs what `make tryton` installs. The whole program runs, from closed milestones to drafts, against the real server
on SQLite; seconds are this machine's. The promise: a look for the reference, one for that of a reissue, the invoice,
and once a minute a look at the party; nothing for a run without news; every total to the cent.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tests.connectors.tryton import Clock
from tests.connectors.tryton_real import RealTryton, is_installed, passing, serving
from tests.connectors.tryton_run import GROSS, billing_machine

from tracker2invoice.configfile import load
from tracker2invoice.engine.house import House, open_house
from tracker2invoice.engine.reconcile import reconcile
from tracker2invoice.engine.run import run

DRAFTS = 50
PROMISED = 3


@dataclass(frozen=True, slots=True)
class Row:
    """What was done, and what it took."""

    what: str
    requests: int
    seconds: float


def main() -> None:
    """Print the table, or that there is no Tryton.

    Raises:
        SystemExit: it takes more requests than promised, or a total differs.
    """
    if not is_installed():
        print("tryton: none is installed; make tryton puts it into .tryton")
        return
    with tempfile.TemporaryDirectory() as name, serving(Path(name)) as server, passing(server, Path(name)) as tryton:
        rows = billed(tryton, Path(name))
        totals = [Decimal(one["total_amount"]["decimal"]) for one in tryton.bearing("T2I-", "total_amount")]
    print(f"{DRAFTS} drafts in a real Tryton on SQLite")
    print(f"  {'':<36}{'requests':>9}{'each':>7}{'ms each':>9}")
    for row in rows:
        print(f"  {row.what:<36}{row.requests:>9}{row.requests / DRAFTS:>7.2f}{row.seconds / DRAFTS * 1000:>9.0f}")
    print(f"  totals read back: {len(totals)}, {sum(totals)} EUR; frozen: {DRAFTS * Decimal(GROSS)} EUR")
    if rows[0].requests > PROMISED * DRAFTS + 1 or rows[1].requests:
        raise SystemExit("more requests than promised")
    if totals != [Decimal(GROSS)] * DRAFTS:
        raise SystemExit("a total is not the one that was frozen")


def billed(tryton: RealTryton, directory: Path) -> list[Row]:
    """Bill the milestones, run again, and read the drafts back."""
    clock = Clock()
    with (
        billing_machine(tryton, directory, DRAFTS) as config,
        open_house(load(config), clock) as house,
    ):
        return [
            _measured("first push", tryton, lambda: _bill(house)),
            _measured("a run without news", tryton, lambda: _bill(house)),
            _measured("read back", tryton, lambda: reconcile(house)),
        ]


def _bill(house: House) -> None:
    report = run(house, released=True)
    if report.troubles:
        raise SystemExit(f"not everything was delivered: {report.troubles[0]}")


def _measured(what: str, tryton: RealTryton, do: Callable[[], object]) -> Row:
    before, begun = len(tryton.requests), time.perf_counter()
    do()
    return Row(what, len(tryton.requests) - before, time.perf_counter() - begun)


if __name__ == "__main__":
    main()
