"""The Tryton output: look up by reference, create, attach, read back, withdraw; clients.

It never sends a write twice by itself and never changes what exists. Tryton knows no idempotency keys.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import product

from pydantic import ValidationError

from tracker2invoice.documents.annex import annex_name
from tracker2invoice.errors import AccessDenied, NotThere, Rejected, Unclear
from tracker2invoice.finding import Trust, marked
from tracker2invoice.kinds import CREDIT
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Capabilities, Context, Document, Finding, RemoteClient
from tracker2invoice.refusals import client_missing, explained
from tracker2invoice_tryton import CAPABILITIES, TrytonSettings
from tracker2invoice_tryton.answers import ADDRESS, ADDRESS_FIELDS, FIELDS, INVOICE, INVOICES, RECORD, RECORDS, Invoice
from tracker2invoice_tryton.checks import company_unseen, findings, named_by, sees_company
from tracker2invoice_tryton.client import Client
from tracker2invoice_tryton.parties import PARTIES, PARTY, PARTY_FIELDS, known_by, to_party
from tracker2invoice_tryton.payload import resource_of, to_attachment, to_request
from tracker2invoice_tryton.pins import Pin, own_id, required_pin
from tracker2invoice_tryton.values import datetime_value

_IDS_A_REQUEST = 100
_COMPANY = "company"


def connect(settings: TrytonSettings, context: Context) -> TrytonOutput:
    """Return the output; nothing is sent before it is used.

    Raises:
        SecretMissing: there is no key.
    """
    return TrytonOutput(settings, context, Client(settings, context))


class TrytonOutput:
    """An `Output` on one company in a Tryton database."""

    def __init__(self, settings: TrytonSettings, context: Context, client: Client) -> None:
        self.capabilities: Capabilities = replace(
            CAPABILITIES, attachments=settings.attach_annex, creates_clients=settings.create_missing
        )
        self._settings, self._client = settings, client
        self._name, self._clock, self._trust = context.name, context.clock, Trust(context.clock)

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Look at the company and its accounts, and at each client, currency and tax that is needed."""
        return findings(self._client, self._settings, contracts, self._clock().date())

    def prepare(self, draft: Draft) -> bytes:
        """Return the body of the request that creates the draft."""
        return to_request(self._name, self._settings, draft)

    def find(self, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
        """Search by all references at once in every state; what was deleted leaves no trace in Tryton."""
        references = (draft.reference, *others)
        places = product(("description", "reference"), references)
        found = self._invoices(["OR", *([place, "like", f"%{one}%"] for place, one in places)])
        if not found and not self._trust.holds(_COMPANY):
            self._require_company()
            self._trust.give(_COMPANY)
        credited = draft.is_credit_note
        documents = ((item, item.to_document(self._client.url, credit_note=credited)) for item in found)
        return tuple(one for item, document in documents for one in marked(document, item.carries, draft, others))

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:  # noqa: ARG002 (it knows no keys)
        """Create the invoice as a draft."""
        self._check_party(required_pin(draft.client, self._name))
        try:
            data = self._client.create("account.invoice", payload, FIELDS)
        except Rejected as error:
            raise explained(error, named_by(draft, self._client, self._settings)) from None
        if data is None:
            # 204: it is there, and another look would not find it either
            raise Rejected(self._name, "the invoice was created, but the key's user may not read it")
        return self._confirmed(draft, data).to_document(self._client.url, credit_note=draft.is_credit_note)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Attach what was delivered, unless a file of that name is there: Tryton takes any number of them."""
        invoice_id = own_id(receipt.remote_id)
        if not self._is_attached(annex_name(draft), invoice_id):
            self._client.create("ir.attachment", to_attachment(draft, invoice_id), ("name",))

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
                    yield item.to_document(self._client.url, credit_note=CREDIT.has(receipt.remote_id))
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

    def clients(self, party: Party) -> Iterator[RemoteClient]:
        """Search the parties by all that they may be known by at once; yield each of their addresses."""
        if domain := known_by(party):
            for known in self._client.search("party.party", domain, PARTY_FIELDS, PARTIES):
                yield from known.to_clients(self._client.url)

    def create_client(self, party: Party, currency: str) -> RemoteClient:  # noqa: ARG002
        """Create a party with an address, which all companies of the database share."""
        data = self._client.create("party.party", to_party(party, self._country(party)), PARTY_FIELDS)
        try:
            (client,) = PARTY.validate_python(data).to_clients(self._client.url)
        except ValueError:
            raise Unclear(self._name, "the answer to a new party cannot be read") from None
        return client

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _invoices(self, *clauses: object) -> tuple[Invoice, ...]:
        ours = [["company", "=", self._settings.company], ["type", "=", "out"]]
        return self._client.search("account.invoice", [*ours, *clauses], FIELDS, INVOICES)

    def _is_attached(self, name: str, invoice_id: int) -> bool:
        domain = [["resource", "=", resource_of(invoice_id)], ["name", "=", name]]
        try:
            return bool(self._client.search("ir.attachment", domain, ("name",), RECORDS))
        except AccessDenied:
            # so it is said of an invoice that is not there, too
            if self._client.record("account.invoice", invoice_id, ("state",), RECORD) is None:
                raise Rejected(self._name, "the invoice is not there any more") from None
            raise

    def _country(self, party: Party) -> int | None:
        """Return the id of the country of the client's address, if there is an address.

        Raises:
            Rejected: Tryton does not know the country.
            AccessDenied, TryLater: it could not be looked up.
        """
        if party.address is None:
            return None
        code = party.address.country
        found = self._client.search("country.country", [["code", "=", code]], ("code",), RECORDS)
        if not found:
            words = f"country {code} is not there; import the countries (trytond_import_countries)"
            raise Rejected(self._name, f"client {party.id} cannot be created: {words}")
        return found[0].id

    def _check_party(self, pin: Pin) -> None:
        """Never invoice a client who is not active; Tryton itself does not mind. Good for a minute.

        Raises:
            Rejected: the address or its party is not there or not active.
            AccessDenied, TryLater: it could not be looked up.
        """
        if self._trust.holds(pin):
            return
        address = self._client.record("party.address", pin.address, ADDRESS_FIELDS, ADDRESS)
        if address is None or address.party.id != pin.party:
            raise client_missing(self._name, str(pin))
        if not (address.active and address.party.active):
            raise Rejected(
                self._name, f"party {pin.party} or its address {pin.address} is not active: activate it there"
            )
        self._trust.give(pin)

    def _require_company(self) -> None:
        """Believe that a record is gone only if the user sees the company: of others they see none, and no error."""
        if not sees_company(self._client, self._settings):
            raise AccessDenied(self._name, company_unseen(self._settings))

    def _confirmed(self, draft: Draft, data: object) -> Invoice:
        try:
            item = INVOICE.validate_python(data)
        except ValidationError:
            raise Unclear(self._name, "the answer to a new invoice cannot be read") from None
        if not item.carries(draft.reference):
            raise Unclear(self._name, "the answer to a new invoice is about something else")
        return item
