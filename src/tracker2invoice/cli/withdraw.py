"""`withdraw`: delete a draft that nobody has sent."""

from __future__ import annotations

import click

from tracker2invoice.cli import common, decisions, session
from tracker2invoice.cli.common import plain
from tracker2invoice.engine.decide import withdraw


@common.command("withdraw")
@click.argument("reference", metavar="REFERENCE")
@click.option("--by", default=decisions.who, help="Who decides; default is the login name.")
@click.option("--note", default="", help="Why, for the journal.")
def command(console: common.Console, reference: str, by: str, note: str) -> int:
    """Delete a draft that nobody has sent, wherever it was delivered to.

    What is on the same document is taken back with it. `reissue` bills it again under a new reference. What was sent is
    not deleted: `credit` takes it back.
    """
    with session.house(console) as house:
        found = decisions.billed_as(house, reference)
        if found is None:
            return console.refuse(f"Nothing was billed as {plain(reference)}. `t2i plan` lists the references.")
        claims, words = withdraw(house, found, by, note)
        if words:
            return console.refuse(plain(f"{reference} cannot be withdrawn: {words}.", 1000))
    done = {claim.reference: f"is withdrawn; `t2i reissue {claim.reference}` bills it again" for claim in claims}
    for one, what in done.items():
        console.say(f"{one} {what}")
    console.answer({"references": [reference], "done": done})
    return common.DONE
