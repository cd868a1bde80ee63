"""What `check` says about the plain-text output: the folder, the accounts, clients that would share one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tracker2invoice.durable import probe
from tracker2invoice.errors import Rejected, StorageFailed
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.plugins import Finding
from tracker2invoice_plaintext import PlaintextSettings
from tracker2invoice_plaintext.entry import Use, account, client_part


def findings(
    name: str, directory: Path, settings: PlaintextSettings, contracts: Sequence[Contract]
) -> Iterator[Finding]:
    """Look at everything that the output called `name` needs; nothing expected is raised."""
    yield _folder(name, directory)
    owners: dict[str, str] = {}
    for contract in contracts:
        for client in contract.clients:
            yield _client(name, settings, contract, client, owners)


def _folder(name: str, directory: Path) -> Finding:
    what = f"{name}: folder {directory}"
    try:
        probe(directory)
    except StorageFailed as error:
        return Finding(
            ok=False,
            what=what,
            next_step=f"make it writable for this user, or configure another ({error.detail})",
        )
    return Finding(ok=True, what=what)


def _client(
    name: str, settings: PlaintextSettings, contract: Contract, client: Party, owners: dict[str, str]
) -> Finding:
    try:
        part = client_part(name, settings, client)
    except Rejected:
        what = f"{name}: accounts of client {client.id}"
        return Finding(ok=False, what=what, next_step=f"correct remote.{name} in [clients.{client.id}]")
    owner = owners.setdefault(part, client.id)
    accounts = ", ".join(account(settings, use, part) for use in _uses(contract))
    what = f"{name}: contract {contract.id} books on {accounts}"
    if owner != client.id:
        step = f"give [clients.{client.id}] and [clients.{owner}] different remote.{name}"
        return Finding(ok=False, what=what, next_step=step)
    return Finding(ok=True, what=what)


def _uses(contract: Contract) -> Iterator[Use]:
    yield "receivable"
    yield "income"
    if any(tax.rate for tax in contract.taxes):
        yield "tax"
    if contract.retainage:
        yield "retainage"
    if contract.deposit:
        yield "deposits"
