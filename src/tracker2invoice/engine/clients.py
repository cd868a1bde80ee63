"""Which client over there a draft goes to: as configured, as a person linked it, or as it was created once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tracker2invoice.engine.amend import LOCK_PATIENCE, output_lock
from tracker2invoice.engine.guard import guarded
from tracker2invoice.engine.house import House
from tracker2invoice.failpoints import failpoint
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.mapping.text import one_line
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Output, RemoteClient

_NAMED = 3


def pinned(ledger: Ledger, output: str, client: Party) -> Party:
    """Return the client with its id there: the configured one, else the one that the ledger keeps, if there is one."""
    if output in client.remote:
        return client
    remote_id = ledger.pinned_client(output, client.id)
    return replace(client, remote={**client.remote, output: remote_id}) if remote_id else client


def pinned_draft(ledger: Ledger, output: str, draft: Draft) -> Draft:
    """Return the draft for a client whose id there is known, as it is if nobody knows it. What is frozen stays so."""
    client = pinned(ledger, output, draft.client)
    return draft if client is draft.client else replace(draft, client=client)


def pinned_contracts(ledger: Ledger, output: str, contracts: Sequence[Contract]) -> list[Contract]:
    """Return the contracts with the ids of their clients there, as far as they are known."""
    return [
        replace(
            contract,
            client=pinned(ledger, output, contract.client),
            payers=tuple(replace(one, client=pinned(ledger, output, one.client)) for one in contract.payers),
        )
        for contract in contracts
    ]


def candidates(output: Output, name: str, client: Party) -> tuple[RemoteClient, ...]:
    """Return who over there may be the client, each once, those that can be invoiced first.

    Raises:
        AccessDenied, BadAnswer, TryLater: they could not be looked up.
    """
    with guarded(name), failpoint("output.clients"):
        found = {one.id: one for one in output.clients(client)}
    return tuple(sorted(found.values(), key=lambda one: not one.usable))


def created(output: Output, name: str, client: Party, currency: str) -> RemoteClient:
    """Create the client there, to be billed in that currency. Raises like `Output.create`."""
    with guarded(name, writing=True), failpoint("output.create-client"):
        return output.create_client(client, currency)


def in_words(found: Sequence[RemoteClient]) -> str:
    """Name who was found over there."""
    names = ", ".join(f"'{one_line(one.name)}' ({one_line(one.id)})" for one in found[:_NAMED])
    return names + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")


def link(house: House, output: str, client: Party, remote_id: str) -> str:
    """Keep for good which client there is meant; return in words what stands against it.

    Raises:
        LedgerBusy: another process has been delivering for too long; nothing was linked.
    """
    with house.ledger.lock(output_lock(output), LOCK_PATIENCE):
        known = pinned(house.ledger, output, client).remote.get(output)
        if known in (None, remote_id):
            house.ledger.pin_client(output, client.id, remote_id)
            return ""
        return f"it is linked to {known} already"
