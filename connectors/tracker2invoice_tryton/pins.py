"""What stands for records of Tryton in settings and on receipts. Pure.

A client is pinned by party and address, `12/34`: an invoice needs both. A credit note is an invoice of negative
quantities there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tracker2invoice.errors import Rejected
from tracker2invoice.kinds import CREDIT
from tracker2invoice.model.contract import Party

_PIN = re.compile(r"([1-9]\d{0,17})/([1-9]\d{0,17})")


@dataclass(frozen=True, slots=True)
class Pin:
    """A client there: the ids of the party and of the address to which invoices go."""

    party: int
    address: int

    def __str__(self) -> str:
        return f"{self.party}/{self.address}"


def pin_of(client: Party, output: str) -> Pin | None:
    """Return where a client is pinned in the output with that configured name; None if nowhere, or not in that form."""
    parts = _PIN.fullmatch(client.remote.get(output, ""))
    return Pin(int(parts[1]), int(parts[2])) if parts else None


def required_pin(client: Party, output: str) -> Pin:
    """Return where a client is pinned.

    Raises:
        Rejected: the client has no ids configured for this output.
    """
    pin = pin_of(client, output)
    if pin is None:
        raise Rejected(output, f"client {client.id} has no party and address there: set remote.{output}, as in 12/34")
    return pin


def tax_ids(code: str) -> tuple[int, int | None]:
    """Return the id of a tax, and that of its account, if the settings name it: `5` or `5/132`."""
    tax, _, account = code.partition("/")
    return int(tax), int(account) if account else None


def remote_id(own_id: int, *, credit_note: bool) -> str:
    """Return the id of a document as it stands on a receipt."""
    return CREDIT.remote_id(str(own_id)) if credit_note else str(own_id)


def own_id(remote_id: str) -> int:
    """Return the id of a document as Tryton has it."""
    return int(CREDIT.own_id(remote_id))
