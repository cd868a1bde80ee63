"""`finalize`: make invoices of drafts that no accounting platform numbers."""

from __future__ import annotations

import click

from tracker2invoice.cli import common, decisions, session
from tracker2invoice.cli.common import plain
from tracker2invoice.engine.finalize import finalize


@common.command("finalize")
@click.argument("references", nargs=-1, required=True, metavar="REFERENCE...")
@click.option("--by", default=decisions.who, help="Who decides; default is the login name.")
def command(console: common.Console, references: tuple[str, ...], by: str) -> int:
    """Number drafts in folders, in the order given, so that they can be sent.

    The number is the next one of the year, without gaps. The files are written anew with it; nothing else on them
    changes. An accounting platform numbers its own: send the draft there first.
    """
    with session.house(console) as house:
        documents = tuple(dict.fromkeys(references))
        if unknown := [one for one in documents if not house.ledger.claims_on(one)]:
            names = plain(", ".join(unknown))
            return console.refuse(f"No document has the reference {names}. `t2i status --json` lists them.")
        done: dict[str, str] = {}
        against: dict[str, str] = {}
        for document in documents:
            number, words = finalize(house, document, by)
            if words:
                against[document] = words
                console.warn(plain(f"{document} is not finalized: {words}.", 1000))
                break
            done[document] = number
            console.say(f"{document} is {plain(number)}")
    console.answer({"references": list(documents), "numbers": done, "against": against})
    return common.FAILED if against else common.DONE
