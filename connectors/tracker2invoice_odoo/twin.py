"""Odoo's twin: the sandbox in the words that all outputs share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal

from tracker2invoice.model.claim import DocumentState
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.odoo import DATABASE, KEY, LOGIN, OdooSandbox
from tracker2invoice.testing.sandbox.odoo_books import ACCOUNT, COMPANY, TAX, Fields
from tracker2invoice.testing.twins import Booked
from tracker2invoice_odoo.answers import Move

_KEY = "TWIN_ODOO_KEY"


@contextmanager
def start(clock: Clock) -> Generator[OdooTwin]:
    """Start an Odoo with one client; it stops at the end."""
    with OdooSandbox(clock) as sandbox:
        yield OdooTwin(sandbox)


class OdooTwin:
    """A company in euros. A draft that is deleted there is gone from its books."""

    environment: Mapping[str, str] = {_KEY: KEY}
    variants: Mapping[str, Mapping[str, object]] = {"xml-rpc": {"login": LOGIN}, "attached": {"attach_annex": True}}

    def __init__(self, sandbox: OdooSandbox) -> None:
        self.sandbox = sandbox
        self.client = str(sandbox.books.add_partner("Acme GmbH"))
        self.settings: Mapping[str, object] = {
            "url": sandbox.url,
            "database": DATABASE,
            "key": {"env": _KEY},
            "company": str(COMPANY),
            "account": str(ACCOUNT),
            "tax": {"S 19": str(TAX)},
        }

    def documents(self) -> Sequence[Booked]:
        """Return every invoice and credit note."""
        return [_booked(move) for move in self.sandbox.books.moves]

    def leftovers(self) -> Sequence[str]:
        """Name the files that are attached more than once; a document itself is one request."""
        attached = Counter((file["res_id"], file["name"]) for file in self.sandbox.books.tables["ir.attachment"])
        return [f"{name} of {move}" for (move, name), times in attached.items() if times > 1]

    def change(self, reference: str, state: DocumentState) -> None:
        """Post, pay, cancel or delete the documents with that reference."""
        books = self.sandbox.books
        for move in [one for one in books.moves if one["invoice_origin"] == reference]:
            if state in ("sent", "paid"):
                books.post(move)
            if state == "paid":
                books.pay(move)
            if state == "void":
                books.cancel(move)
            if state == "deleted":
                books.unlink("account.move", [move["id"]])

    def forget_keys(self) -> None:
        """Do nothing: Odoo knows no keys."""


def _booked(move: Fields) -> Booked:
    return Booked(
        reference=str(move["invoice_origin"]),
        client=str(move["partner_id"]),
        currency="EUR",
        net=Decimal(str(move["amount_untaxed"])),
        gross=Decimal(str(move["amount_total"])),
        state=Move.model_validate(move).to_receipt("").state,
    )
