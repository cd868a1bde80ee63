"""The Moneybird output: look up by reference, create, read back, withdraw.

It never sends a write twice by itself and never changes what exists. Moneybird knows no idempotency keys.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from pydantic import ValidationError

from tracker2invoice.documents.annex import annex_name, annex_pdf
from tracker2invoice.errors import AccessDenied, NotThere, Rejected, Unclear
from tracker2invoice.finding import Trust, marked
from tracker2invoice.kinds import CREDIT
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.pace import Limit
from tracker2invoice.plugins import Capabilities, Clock, Context, Document, Finding, RemoteClient
from tracker2invoice.refusals import OPEN_PERIOD, RESTORE_CLIENT, advised, client_missing, correct_tax
from tracker2invoice.rest import FixedHeaders, Session
from tracker2invoice.wire import multipart
from tracker2invoice_moneybird import CAPABILITIES, MoneybirdSettings
from tracker2invoice_moneybird.answers import Contact, Invoice, error_words
from tracker2invoice_moneybird.checks import findings
from tracker2invoice_moneybird.contacts import to_contact
from tracker2invoice_moneybird.lookup import Lookup
from tracker2invoice_moneybird.payload import contact_id, to_request

_LIMIT = Limit(29, 60)
"""A little below 150 requests in five minutes (developer.moneybird.com, "Throttling"), spread over the minutes."""


def connect(settings: MoneybirdSettings, context: Context) -> MoneybirdOutput:
    """Return the output; nothing is sent before it is used.

    Raises:
        SecretMissing: there is no token.
    """
    session = Session(
        context.name,
        f"{settings.url.rstrip('/')}/api/v2/{settings.administration}",
        context.clock,
        authorisation=FixedHeaders({"Authorization": f"Bearer {settings.token.reveal()}"}),
        words=error_words,
        pace=context.paces.of(context.name, _LIMIT, timer=context.timer),
    )
    return MoneybirdOutput(settings, context.name, session, context.clock)


class MoneybirdOutput:
    """An `Output` on one Moneybird administration."""

    def __init__(self, settings: MoneybirdSettings, name: str, session: Session, clock: Clock) -> None:
        self.capabilities: Capabilities = replace(
            CAPABILITIES, attachments=settings.attach_annex, creates_clients=settings.create_missing
        )
        self._settings, self._name, self._session = settings, name, session
        self._lookup, self._trust = Lookup(session, name), Trust(clock)
        self._app_url = f"{settings.url.rstrip('/')}/{settings.administration}"

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Look at the administration, and at each contact, ledger account and tax rate that is needed."""
        return findings(self._session, self._name, self._settings, contracts)

    def prepare(self, draft: Draft) -> bytes:
        """Return the body of the request that creates the draft."""
        return to_request(self._name, self._settings, draft)

    def find(self, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
        """Search by reference in every state and year; a deleted invoice leaves no trace in Moneybird."""
        found = self._lookup.with_references((draft.reference, *others))
        documents = ((item, item.to_document(self._app_url, credit_note=draft.is_credit_note)) for item in found)
        return tuple(one for item, document in documents for one in marked(document, item.carries, draft, others))

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:  # noqa: ARG002 (it knows no keys)
        """Create the invoice or the credit invoice as a draft."""
        self._check_contact(contact_id(self._name, draft))
        try:
            answer = self._session.write("POST", "/sales_invoices.json", payload)
        except (NotThere, Rejected) as error:
            # one that is not there is what the request names besides the contact: a tax rate, a ledger account
            raise self._refusal(draft, error.detail) from None
        return self._confirmed(draft, answer.data).to_document(self._app_url, credit_note=draft.is_credit_note)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Attach the annex, unless a file with its name is there."""
        invoice_id, name = CREDIT.own_id(receipt.remote_id), annex_name(draft)
        invoice = self._lookup.invoice(invoice_id)
        if invoice is None:
            raise Rejected(self._name, "the invoice was deleted before the annex was attached")
        if any(one.filename == name for one in invoice.attachments):
            return
        body, content_type = multipart({}, {"file": (name, annex_pdf(draft), "application/pdf")})
        path = f"/sales_invoices/{quote(invoice_id, safe='')}/attachments.json"
        try:
            self._session.write("POST", path, body, content_type=content_type)
        except NotThere as error:
            raise Rejected(self._name, error.detail) from None

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:  # noqa: ARG002
        """Read all the invoices by id, so many a request: a list of what was changed leaves out what was deleted."""
        found = {item.id: item for item in self._lookup.with_ids([CREDIT.own_id(one.remote_id) for one in receipts])}
        for receipt in receipts:
            if item := found.get(CREDIT.own_id(receipt.remote_id)):
                yield item.to_document(self._app_url, credit_note=CREDIT.has(receipt.remote_id))
            else:
                yield Document(replace(receipt, state="deleted"), None, None, None)

    def withdraw(self, receipt: Receipt) -> None:
        """Delete the invoice, of which nothing is left."""
        standing = next(self.read_back([receipt], None)).receipt.state
        if standing == "deleted":
            return
        if standing != "draft":
            raise Rejected(self._name, f"the invoice is {standing}, no draft any more")
        try:
            self._session.write(
                "DELETE", f"/sales_invoices/{quote(CREDIT.own_id(receipt.remote_id), safe='')}.json", b""
            )
        except NotThere:
            return

    def clients(self, party: Party) -> Iterator[RemoteClient]:
        """Search for VAT id, e-mail address and name, one after the other."""
        searched = filter(None, (party.vat_id, party.email, party.name))
        found = {contact.id: contact for text in searched for contact in self._lookup.contacts(text)}
        for contact in found.values():
            yield contact.to_client(self._app_url)

    def create_client(self, party: Party, currency: str) -> RemoteClient:  # noqa: ARG002
        """Create a contact."""
        data = self._session.write("POST", "/contacts.json", to_contact(party)).data
        try:
            return Contact.model_validate(data).to_client(self._app_url)
        except ValidationError:
            raise Unclear(self._name, "the answer to a new contact cannot be read") from None

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _check_contact(self, pinned: str) -> None:
        """Never invoice another contact, or an archived one, of which Moneybird says nothing. Good for a minute.

        Raises:
            Rejected: the contact is not there or archived.
            AccessDenied, TryLater: it could not be looked up.
        """
        if self._trust.holds(pinned):
            return
        contact = self._lookup.contact(pinned)
        if contact is None:
            raise client_missing(self._name, pinned)
        if contact.archived:
            raise Rejected(self._name, f"contact {pinned} is archived; {RESTORE_CLIENT}")
        self._trust.give(pinned)

    def _refusal(self, draft: Draft, detail: str) -> Rejected | AccessDenied:
        if detail.startswith("HTTP 402"):
            # openapi.yml, POST /sales_invoices: the monthly limit of a free plan
            words = f"the plan of the administration takes no more invoices: upgrade the plan there ({detail})"
            return AccessDenied(self._name, words)
        return Rejected(self._name, advised(detail, {"locked": OPEN_PERIOD, "tax": correct_tax(draft)}))

    def _confirmed(self, draft: Draft, data: object) -> Invoice:
        try:
            item = Invoice.model_validate(data)
        except ValidationError:
            raise Unclear(self._name, "the answer to a new invoice cannot be read") from None
        if not item.carries(draft.reference):
            raise Unclear(self._name, "the answer to a new invoice is about something else")
        return item
