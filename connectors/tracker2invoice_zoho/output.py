"""The Zoho Books output: look up by reference, create, read back, withdraw.

It never sends a write twice by itself and never changes what exists. Zoho's own way to create a document once (PUT
with `X-Upsert`) is not used: it overwrites a document that is there, and with it what a person has edited. A POST with
a value that the custom field holds already is refused instead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from urllib.parse import quote

from pydantic import AliasChoices, BaseModel, Field, ValidationError

from tracker2invoice.documents.annex import annex_name, annex_pdf
from tracker2invoice.errors import NotThere, Rejected, Unclear
from tracker2invoice.finding import Trust, marked
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.oauth.grants import Bearer, refresh_chain
from tracker2invoice.pace import Limit
from tracker2invoice.plugins import Clock, Context, Document, Finding, RemoteClient
from tracker2invoice.refusals import (
    ENABLE_CURRENCY,
    OPEN_PERIOD,
    RESTORE_CLIENT,
    advised,
    client_missing,
    correct_tax,
)
from tracker2invoice.rest import Session
from tracker2invoice.wire import multipart
from tracker2invoice_zoho import CAPABILITIES, VENDOR, ZohoSettings, consent_of
from tracker2invoice_zoho.answers import NOT_THERE, Contact, Invoice, error_words, has_code, succeeded
from tracker2invoice_zoho.checks import findings
from tracker2invoice_zoho.clients import questions, to_contact
from tracker2invoice_zoho.kinds import CREDIT_NOTES, INVOICES, Kind, kind_of, kind_with
from tracker2invoice_zoho.lookup import Lookup
from tracker2invoice_zoho.payload import customer_id, to_request

# zoho.com/books/api/v3, API Call Limit: 100 a minute for an organisation
_LIMIT = Limit(97, 60)


class _Created(BaseModel):
    document: Invoice = Field(validation_alias=AliasChoices("invoice", "creditnote"))


class _CreatedContact(BaseModel):
    contact: Contact


def connect(settings: ZohoSettings, context: Context) -> ZohoOutput:
    """Return the output; nothing is sent before it is used."""
    bearer = Bearer(refresh_chain("zoho", consent_of(settings), context), context.clock, scheme="Zoho-oauthtoken")
    session = Session(
        context.name,
        f"{settings.base_url}/books/v3",
        context.clock,
        authorisation=bearer,
        words=error_words,
        pace=context.paces.of(context.name, _LIMIT, timer=context.timer),
    )
    return ZohoOutput(settings, context.name, session, bearer, context.clock)


class ZohoOutput:
    """An `Output` on one organisation in Zoho Books."""

    def __init__(self, settings: ZohoSettings, name: str, session: Session, bearer: Bearer, clock: Clock) -> None:
        self._settings, self._name, self._session, self._bearer = settings, name, session, bearer
        self.capabilities = replace(
            CAPABILITIES, attachments=settings.attach_annex, creates_clients=settings.create_missing
        )
        self._lookup = Lookup(session, name, settings)
        self._trust = Trust(clock)
        self._organization = {"organization_id": settings.organization}
        books = VENDOR.get(settings.base_url, ("", settings.base_url))[1]
        self._app_url = f"{books}/app/{settings.organization}"

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Look at the organisation, and at each customer, item, tax and custom field that is needed."""
        return findings(self._lookup, self._name, self._settings, contracts)

    def prepare(self, draft: Draft) -> bytes:
        """Return the body of the request that creates the draft."""
        return to_request(self._name, self._settings, draft)

    def find(self, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
        """Look for the references in every state; what was deleted leaves no trace in Zoho Books."""
        kind, field = kind_of(draft), self._settings.reference_field
        return tuple(
            document
            for item in self._lookup.with_references(kind, (draft.reference, *others))
            for document in marked(item.to_document(kind, self._app_url), partial(item.carries, field), draft, others)
        )

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:  # noqa: ARG002 (it knows no keys)
        """Create the invoice or the credit note as a draft."""
        self._check_customer(draft)
        kind = kind_of(draft)
        try:
            answer = self._session.write("POST", f"/{kind.path}", payload, params=self._organization)
        except (NotThere, Rejected) as error:
            # nobody tells the code of a value that is taken
            if self._lookup.with_references(kind, [draft.reference]):
                raise Unclear(self._name, f"refused, and it is there: {error.detail}") from None
            raise Rejected(
                self._name, advised(error.detail, {"lock": OPEN_PERIOD, "tax": correct_tax(draft)})
            ) from None
        return self._confirmed(draft, answer.data).to_document(kind, self._app_url)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Attach the list of deliverables, unless it is there: two files of one name may stand side by side."""
        kind, name = kind_with(receipt.remote_id), annex_name(draft)
        own_id = kind.own_id(receipt.remote_id)
        document = self._lookup.document(kind, own_id)
        is_there = document.has_attached(name) if document else None
        if is_there is None:
            raise Rejected(self._name, "it is not told what is attached already" if document else "it is not there")
        if is_there:
            return
        body, content_type = multipart({}, {"attachment": (name, annex_pdf(draft), "application/pdf")})
        # it is for who approves the document, and goes out with no mail of itself
        params = {**self._organization, "can_send_in_mail": "false"}
        path = f"/{kind.path}/{quote(own_id, safe='')}/attachment"
        try:
            answer = self._session.write("POST", path, body, params=params, content_type=content_type)
        except NotThere as error:
            raise Rejected(self._name, error.detail) from None
        self._refuse_failure(answer.data)

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:
        """Read the documents in the lists, newest first, and by id what these do not show, or not in full.

        What a list does not show may be deleted, or too old for the pages that are read: with `since`, that is left to
        the next reading without, unless a list of what was modified shows it. Only the list shows that a draft is
        scheduled to be sent.
        """
        for kind in (INVOICES, CREDIT_NOTES):
            yield from self._read_back(kind, [one for one in receipts if kind_with(one.remote_id) is kind], since)

    def withdraw(self, receipt: Receipt) -> None:
        """Delete the document, of which nothing is left."""
        standing = next(self.read_back([receipt], None)).receipt.state
        if standing in ("deleted", "void"):
            return
        if standing != "draft":
            raise Rejected(self._name, f"the document is {standing}, no draft any more")
        kind = kind_with(receipt.remote_id)
        path = f"/{kind.path}/{quote(kind.own_id(receipt.remote_id), safe='')}"
        try:
            answer = self._session.write("DELETE", path, b"", params=self._organization)
        except (NotThere, Rejected) as error:
            if has_code(error.detail, NOT_THERE):
                return
            raise Rejected(self._name, error.detail) from None
        self._refuse_failure(answer.data)

    def clients(self, party: Party) -> Iterator[RemoteClient]:
        """Look for customers by e-mail address, by name, and by VAT id among names and notes, inactive ones too."""
        found = {one.id: one for asked in questions(party) for one in self._lookup.contacts(asked)}
        yield from map(self._client, found.values())

    def create_client(self, party: Party, currency: str) -> RemoteClient:
        """Create a customer, whose currency is that of every document for it."""
        currency_id = self._lookup.currency_id(currency)
        if not currency_id:
            words = f"client {party.id} cannot be created: {currency} is not among the currencies; {ENABLE_CURRENCY}"
            raise Rejected(self._name, words)
        answer = self._session.write("POST", "/contacts", to_contact(party, currency_id), params=self._organization)
        self._refuse_failure(answer.data)
        try:
            return self._client(_CreatedContact.model_validate(answer.data).contact)
        except ValidationError:
            raise Unclear(self._name, "the answer to a new customer cannot be read") from None

    def close(self) -> None:
        """Let go of both connections."""
        self._session.close()
        self._bearer.close()

    def _read_back(self, kind: Kind, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:
        own = {kind.own_id(receipt.remote_id): receipt for receipt in receipts}
        listed, all_are_listed = self._lookup.newest(kind, own)
        if since and not all_are_listed:
            listed |= self._lookup.newest(kind, own.keys() - listed.keys(), since)[0]
        for own_id, receipt in own.items():
            item = listed.get(own_id)
            if since and (item.unchanged_since(since) if item else not all_are_listed):
                continue
            known = None if since else receipt
            in_full = item.in_full(kind, known) if item else None
            document = in_full or self._lookup.document(kind, own_id)
            gone = Document(replace(receipt, state="deleted"), None, None, None)
            yield document.to_document(kind, self._app_url) if document else gone

    def _check_customer(self, draft: Draft) -> None:
        """Never bill another customer, or one that is not active, or in another currency: it is that of the customer.

        Raises:
            Rejected: the customer is not there, not active, none, or billed in another currency.
            AccessDenied, TryLater: it could not be looked up.
        """
        pinned = customer_id(self._name, draft)
        if self._trust.holds((pinned, draft.currency)):
            return
        contact = self._lookup.contact(pinned)
        if contact is None or contact.kind != "customer":
            raise client_missing(self._name, pinned)
        if contact.status != "active":
            raise Rejected(self._name, f"customer {pinned} is {contact.status}; {RESTORE_CLIENT}")
        if contact.currency != draft.currency:
            words = f"customer {pinned} is billed in {contact.currency} there; change its currency to {draft.currency}"
            raise Rejected(self._name, words)
        self._trust.give((pinned, draft.currency))

    def _client(self, contact: Contact) -> RemoteClient:
        url = f"{self._app_url}#/contacts/{contact.id}"
        usable = contact.status == "active"
        return RemoteClient(contact.id, contact.name, email=contact.email, usable=usable, url=url)

    def _confirmed(self, draft: Draft, data: object) -> Invoice:
        self._refuse_failure(data)
        try:
            created = _Created.model_validate(data).document
        except ValidationError:
            raise Unclear(self._name, "the answer to a new document cannot be read") from None
        if not created.carries(self._settings.reference_field, draft.reference):
            raise Unclear(self._name, "the answer to a new document is about something else")
        return created

    def _refuse_failure(self, data: object) -> None:
        if not succeeded(data):
            raise Unclear(self._name, self._session.redacted(error_words(data)) or "the answer cannot be read")
