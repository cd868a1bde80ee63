"""`credit`: take back an invoice that was sent, with a credit note."""

from __future__ import annotations

import click

from tracker2invoice.cli import common, decisions, session
from tracker2invoice.cli.common import plain
from tracker2invoice.engine.decide import credit


@common.command("credit")
@click.argument("reference", metavar="REFERENCE")
@click.option("--by", default=decisions.who, help="Who decides; default is the login name.")
@click.option("--note", default="", help="Why; it stands in the plan, in the credit note's data and in the journal.")
def command(console: common.Console, reference: str, by: str, note: str) -> int:
    """Take back an invoice that was sent, as a whole, with a credit note; the next run writes it.

    What is on the same document is taken back with it. The term is open again: closing its milestone again bills it
    again. It cannot be taken back itself; `hold` keeps the credit note back.
    """
    with session.house(console) as house:
        found = decisions.billed_as(house, reference)
        if found is None:
            return console.refuse(f"Nothing was billed as {plain(reference)}. `t2i plan` lists the references.")
        claims, words = credit(house, found, by, note)
        if words:
            return console.refuse(plain(f"{reference} cannot be credited: {words}.", 1000))
    done = {
        claim.reference: f"is taken back by {claim.credit_reference}, which the next run writes" for claim in claims
    }
    for one, what in done.items():
        console.say(f"{one} {what}")
    console.answer({"references": [reference], "done": done})
    return common.DONE
