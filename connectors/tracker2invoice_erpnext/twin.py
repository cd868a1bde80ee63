"""ERPNext's twin: the sandbox in the words that all outputs share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from types import MappingProxyType

from tracker2invoice.model.claim import DocumentState
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.erpnext import KEY, SECRET, ErpnextSandbox
from tracker2invoice.testing.sandbox.erpnext_books import COMPANY, REVENUE, VAT, Fields
from tracker2invoice.testing.twins import Booked

_KEY, _SECRET = "TWIN_ERPNEXT_KEY", "TWIN_ERPNEXT_SECRET"
_STATES: Mapping[object, DocumentState] = MappingProxyType({0: "draft", 1: "sent", 2: "void"})


@contextmanager
def start(clock: Clock) -> Generator[ErpnextTwin]:
    """Start an ERPNext with one client; it stops at the end."""
    with ErpnextSandbox(clock) as sandbox:
        yield ErpnextTwin(sandbox)


class ErpnextTwin:
    """A company in euros. A draft that is deleted there is gone from its books."""

    environment: Mapping[str, str] = {_KEY: KEY, _SECRET: SECRET}
    variants: Mapping[str, Mapping[str, object]] = {"attached": {"attach_annex": True}}

    def __init__(self, sandbox: ErpnextSandbox) -> None:
        self.sandbox = sandbox
        self.client = sandbox.books.add_customer("Acme GmbH")
        self.settings: Mapping[str, object] = {
            "url": sandbox.url,
            "key": {"env": _KEY},
            "secret": {"env": _SECRET},
            "company": COMPANY,
            "account": REVENUE,
            "tax": {"S 19": VAT},
        }

    def documents(self) -> Sequence[Booked]:
        """Return every invoice and credit note."""
        return [_booked(invoice) for invoice in self.sandbox.books.invoices]

    def leftovers(self) -> Sequence[str]:
        """Name the documents to which more than one file is attached; a document is one request."""
        counted = Counter(str(one["attached_to_name"]) for one in self.sandbox.books.tables["File"])
        return [name for name, times in counted.items() if times > 1]

    def change(self, reference: str, state: DocumentState) -> None:
        """Submit, pay, cancel or delete the documents with that reference."""
        books = self.sandbox.books
        for invoice in [one for one in books.invoices if one["t2i_ref"] == reference]:
            if state in ("sent", "paid", "void"):
                books.submit(invoice)
            if state == "paid":
                books.pay(invoice)
            if state == "void":
                books.cancel(invoice)
            if state == "deleted":
                books.delete(str(invoice["name"]))

    def forget_keys(self) -> None:
        """Do nothing: ERPNext knows no keys."""


def _booked(invoice: Fields) -> Booked:
    net, gross = (abs(Decimal(str(invoice[name]))) for name in ("net_total", "grand_total"))
    paid = invoice["docstatus"] == 1 and not invoice["outstanding_amount"]
    return Booked(
        reference=str(invoice["t2i_ref"]),
        client=str(invoice["customer"]),
        currency=str(invoice["currency"]),
        net=net,
        gross=gross,
        state="paid" if paid else _STATES[invoice["docstatus"]],
    )
