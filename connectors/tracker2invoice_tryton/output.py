"""The Tryton output: look up by reference, create, read back, withdraw.

It never sends a write twice by itself and never changes what exists. Tryton knows no idempotency keys.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import ValidationError

from tracker2invoice.errors import AccessDenied, NotThere, Rejected, Unclear, Unsupported
from tracker2invoice.finding import one_by_one
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Capabilities, Context, Document, Finding, RemoteClient
from tracker2invoice_tryton import CAPABILITIES, TrytonSettings
from tracker2invoice_tryton.answers import ADDRESS, ADDRESS_FIELDS, FIELDS, INVOICE, INVOICES, Invoice
from tracker2invoice_tryton.checks import findings, sees_company
from tracker2invoice_tryton.client import Client
from tracker2invoice_tryton.payload import to_request
from tracker2invoice_tryton.pins import Pin, is_credit, own_id, required_pin
from tracker2invoice_tryton.values import datetime_value

_IDS_A_REQUEST = 100
_CHECKED_FOR = timedelta(minutes=1)


def connect(settings: TrytonSettings, context: Context) -> TrytonOutput:
    """Return the output; nothing is sent before it is used.

    Raises:
        SecretMissing: there is no key.
    """
    return TrytonOutput(settings, context, Client(settings, context))


class TrytonOutput:
    """An `Output` on one company in a Tryton database."""

    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: TrytonSettings, context: Context, client: Client) -> None:
        self._settings, self._client = settings, client
        self._name, self._clock = context.name, context.clock
        self._checked: dict[Pin, datetime] = {}

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Look at the company and its accounts, and at each client, currency and tax that is needed."""
        return findings(self._client, self._settings, contracts, self._clock().date())

    def prepare(self, draft: Draft) -> bytes:
        """Return the body of the request that creates the draft."""
        return to_request(self._name, self._settings, draft)

    def find(self, draft: Draft, rivals: Collection[str] = ()) -> Sequence[Document]:
        """Look for one reference after the other."""
        return one_by_one(self._carrying, draft, rivals)

    def _carrying(self, draft: Draft) -> Sequence[Document]:
        """Search by reference in every state; what was deleted leaves no trace in Tryton."""
        like = f"%{draft.reference}%"
        found = self._invoices(["OR", ["description", "like", like], ["reference", "like", like]])
        return tuple(
            item.to_document(self._client.url, credit_note=draft.is_credit_note)
            for item in found
            if item.carries(draft.reference)
        )

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:  # noqa: ARG002 (it knows no keys)
        """Create the invoice as a draft."""
        self._check_party(required_pin(draft.client, self._name))
        data = self._client.create("account.invoice", payload, FIELDS)
        if data is None:
            # 204: it is there, and another look would not find it either
            raise Rejected(self._name, "the invoice was created, but the key's user may not read it")
        return self._confirmed(draft, data).to_document(self._client.url, credit_note=draft.is_credit_note)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Do nothing: everything stands on the invoice already."""

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:
        """Read the invoices by id, so many a request; with `since`, those that were written after it."""
        written = [["write_date", ">=", datetime_value(since)]] if since else []
        for first in range(0, len(receipts), _IDS_A_REQUEST):
            some = {own_id(one.remote_id): one for one in receipts[first : first + _IDS_A_REQUEST]}
            found = {item.id: item for item in self._invoices(["id", "in", list(some)], *written)}
            if since is None and found.keys() != some.keys():
                self._require_company()
            for invoice_id, receipt in some.items():
                if item := found.get(invoice_id):
                    yield item.to_document(self._client.url, credit_note=is_credit(receipt.remote_id))
                elif since is None:
                    yield Document(replace(receipt, state="deleted"), None, None, None)

    def withdraw(self, receipt: Receipt) -> None:
        """Delete the invoice, of which nothing is left."""
        item = next(iter(self._invoices(["id", "in", [own_id(receipt.remote_id)]])), None)
        if item is None:
            self._require_company()
            return
        if item.state == "cancelled":
            return
        if item.state != "draft":
            raise Rejected(self._name, f"the invoice is {item.state}, no draft any more")
        try:
            self._client.delete("account.invoice", item.id)
        except NotThere:
            return

    def clients(self, party: Party) -> Iterator[RemoteClient]:  # noqa: ARG002
        """Yield nobody."""
        yield from ()

    def create_client(self, party: Party) -> RemoteClient:  # noqa: ARG002
        """Refuse: nobody is created here."""
        raise Unsupported(self._name, "clients that are to be created")

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _invoices(self, *clauses: object) -> tuple[Invoice, ...]:
        ours = [["company", "=", self._settings.company], ["type", "=", "out"]]
        return self._client.search("account.invoice", [*ours, *clauses], FIELDS, INVOICES)

    def _check_party(self, pin: Pin) -> None:
        """Never invoice a client who is not active; Tryton itself does not mind. Good for a minute.

        Raises:
            Rejected: the address or its party is not there or not active.
            AccessDenied, TryLater: it could not be looked up.
        """
        now = self._clock()
        if pin in self._checked and self._checked[pin] <= now < self._checked[pin] + _CHECKED_FOR:
            return
        address = self._client.record("party.address", pin.address, ADDRESS_FIELDS, ADDRESS)
        if address is None or address.party.id != pin.party:
            raise Rejected(self._name, f"party {pin.party} with address {pin.address} is not there")
        if not (address.active and address.party.active):
            raise Rejected(self._name, f"party {pin.party} or its address {pin.address} is not active")
        self._checked[pin] = now

    def _require_company(self) -> None:
        """Believe that a record is gone only if the user sees the company: of others they see none, and no error."""
        if not sees_company(self._client, self._settings):
            raise AccessDenied(self._name, f"the key's user does not see company {self._settings.company}")

    def _confirmed(self, draft: Draft, data: object) -> Invoice:
        try:
            item = INVOICE.validate_python(data)
        except ValidationError:
            raise Unclear(self._name, "the answer to a new invoice cannot be read") from None
        if not item.carries(draft.reference):
            raise Unclear(self._name, "the answer to a new invoice is about something else")
        return item
