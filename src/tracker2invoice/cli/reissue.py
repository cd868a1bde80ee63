"""`reissue`: bill again what has no document anywhere any more."""

from __future__ import annotations

import click

from tracker2invoice.cli import common, decisions, session
from tracker2invoice.cli.common import plain
from tracker2invoice.engine.decide import reissue


@common.command("reissue")
@click.argument("reference", metavar="REFERENCE")
@click.option("--by", default=decisions.who, help="Who decides; default is the login name.")
@click.option("--note", default="", help="Why, for the journal.")
def command(console: common.Console, reference: str, by: str, note: str) -> int:
    """Bill again, under a new reference, what has no document anywhere any more; the next run does it.

    The amount stays. Client, tax and outputs are those of the contract now. It cannot be taken back; `hold` keeps the
    new reference back.
    """
    with session.house(console) as house:
        claim = house.ledger.claim(reference)
        if claim is None:
            return console.refuse(f"Nothing was billed as {plain(reference)}. `t2i plan` lists the references.")
        if words := reissue(house, claim, by, note):
            return console.refuse(plain(f"{reference} cannot be reissued: {words}.", 1000))
    done = f"is billed again as {claim.next_reference} by the next run"
    console.say(f"{reference} {done}")
    console.answer({"references": [reference], "done": {reference: done}})
    return common.DONE
