"""`hold`: keep a bill back."""

from __future__ import annotations

import click

from tracker2invoice.cli import common, decisions, session
from tracker2invoice.engine.bill import make_plan
from tracker2invoice.engine.decide import hold


@common.command("hold")
@click.argument("references", nargs=-1, required=True, metavar="REFERENCE...")
@click.option("--by", default=decisions.who, help="Who decides; default is the login name.")
@click.option("--note", default="", help="Why, for the journal.")
def command(console: common.Console, references: tuple[str, ...], by: str, note: str) -> int:
    """Keep bills back until they are approved; deliveries that have not left wait too."""
    with session.house(console) as house:

        def act(reference: str) -> str:
            if hold(house.ledger, reference, by, note) or house.ledger.claim(reference) is None:
                return "held"
            return "has left already, so there is nothing to hold back"

        return decisions.decide(console, house, make_plan(house), references, act)
