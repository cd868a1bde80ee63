"""`clients`: which client over there is which client of the configuration."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from tracker2invoice.cli import common, session, tables
from tracker2invoice.cli.common import plain
from tracker2invoice.engine.clients import candidates, link, pinned
from tracker2invoice.engine.house import House
from tracker2invoice.model.contract import Party
from tracker2invoice.plugins import RemoteClient


@click.group("clients")
def command() -> None:
    """Say who over there is a client of the configuration."""


@common.command("link")
@click.argument("output")
@click.argument("client")
@click.option("--id", "remote_id", default="", help="Link to this id, without asking.")
def link_command(console: common.Console, output: str, client: str, remote_id: str) -> int:
    """Find who in OUTPUT may be CLIENT, by VAT id, e-mail and name, and keep which one a person chooses.

    The ledger keeps the choice for good. What `remote` in the configuration says goes first.
    """
    with session.house(console) as house:
        if output not in house.configuration.outputs:
            return console.refuse(f"There is no output {plain(output)}. The outputs are {_names(house)}.")
        party = next((one for one in _clients(house, output) if one.id == client), None)
        if party is None:
            return console.refuse(f"No contract with the output {output} has the client {plain(client)}.")
        if known := pinned(house.ledger, output, party).remote.get(output):
            console.say(plain(f"{client} is linked to {known} already."))
            console.answer({"client": client, "linked": known, "candidates": []})
            return common.DONE
        found = candidates(house.output(output), output, party)
        chosen = remote_id or _choose(console, party, found)
        known_ids = {one.id: one for one in found}
        if chosen and chosen in known_ids and not known_ids[chosen].usable:
            return console.refuse(plain(f"{chosen} is archived or blocked there; nothing was linked."))
        if chosen and (words := link(house, output, party, chosen)):
            return console.refuse(plain(f"{client} cannot be linked: {words}."))
    if chosen:
        console.say(plain(f"{client} is {chosen} in {output}. To keep it in the configuration too:"))
        console.say(plain(f'remote = {{ {output} = "{chosen}" }}'))
    console.answer({"client": client, "linked": chosen or None, "candidates": [_shape(one) for one in found]})
    return common.DONE if chosen else common.HELD


def _names(house: House) -> str:
    return ", ".join(house.configuration.outputs)


def _clients(house: House, output: str) -> list[Party]:
    contracts = (one for one in house.configuration.contracts if output in one.outputs)
    return [client for contract in contracts for client in contract.clients]


def _choose(console: common.Console, party: Party, found: Sequence[RemoteClient]) -> str:
    """Show who was found, and let a person at a terminal choose; nothing if nobody does."""
    if not found:
        console.say(plain(f"Nobody there has the VAT id, e-mail address or name of {party.id}."))
        return ""
    rows = [
        (str(number), one.id, one.name, one.vat_id, one.email, "" if one.usable else "archived or blocked")
        for number, one in enumerate(found, start=1)
    ]
    tables.show(console, ("", "id", "name", "VAT id", "e-mail", ""), rows)
    if console.as_json or not sys.stdin.isatty():
        console.say("`--id ID` links to one of them.")
        return ""
    number = click.prompt("Which one (0: none)", type=click.IntRange(0, len(found)), default=0, err=True)
    return found[number - 1].id if number else ""


def _shape(one: RemoteClient) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "vat_id": one.vat_id,
        "email": one.email,
        "usable": one.usable,
        "url": one.url,
    }


command.add_command(link_command)
