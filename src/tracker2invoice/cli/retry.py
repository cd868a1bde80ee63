"""`retry`: send rejected and held deliveries again."""

from __future__ import annotations

import click

from tracker2invoice.cli import common, decisions, session
from tracker2invoice.engine.bill import make_plan
from tracker2invoice.engine.decide import is_settled, retry
from tracker2invoice.ledger.store import Ledger


@common.command("retry")
@click.argument("references", nargs=-1, metavar="[REFERENCE]...")
@click.option("--all", "take_all", is_flag=True, help="Everything that was rejected.")
def command(console: common.Console, references: tuple[str, ...], *, take_all: bool) -> int:
    """Send rejected or held deliveries again with the next run, which first looks whether they are there."""
    with session.house(console) as house:
        rejected = [
            claim.reference
            for claim in house.ledger.claims()
            if any(delivery.state == "rejected" for delivery in claim.deliveries)
            and not is_settled(house.ledger, claim.reference)
        ]
        chosen = decisions.wanted(references, rejected, take_all=take_all)
        return decisions.decide(console, house, make_plan(house), chosen, lambda one: _retry(house.ledger, one))


def _retry(ledger: Ledger, reference: str) -> str:
    return "goes out again" if retry(ledger, reference) else "has nothing that a retry is for; `t2i plan` says what is"
