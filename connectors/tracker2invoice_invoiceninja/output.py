"""The Invoice Ninja output: look up by reference, create, attach, read back, withdraw; clients.

It never sends a write twice by itself and never changes what exists. Invoice Ninja knows no idempotency keys.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from pydantic import ValidationError

from tracker2invoice.documents.annex import annex_name, annex_pdf
from tracker2invoice.errors import AccessDenied, BadAnswer, Rejected, Unclear
from tracker2invoice.finding import Trust, marked
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.pace import Limit
from tracker2invoice.plugins import Capabilities, Context, Document, Finding, RemoteClient
from tracker2invoice.refusals import PIN_ANOTHER_CLIENT, RESTORE_CLIENT, client_missing
from tracker2invoice.rest import FixedHeaders, Session
from tracker2invoice.wire import multipart
from tracker2invoice_invoiceninja import CAPABILITIES, HOSTED, InvoiceNinjaSettings
from tracker2invoice_invoiceninja.answers import Client, Invoice, OneClient, OneInvoice, error_words
from tracker2invoice_invoiceninja.checks import findings
from tracker2invoice_invoiceninja.clients import country_id, to_client_request
from tracker2invoice_invoiceninja.currencies import Currencies
from tracker2invoice_invoiceninja.kinds import CREDITS, INVOICES, Kind, kind_of, kind_with
from tracker2invoice_invoiceninja.lookup import Lookup
from tracker2invoice_invoiceninja.payload import client_id, to_request

_LIMITS = (Limit(480, 60.0),)
"""The hosted server takes 500 requests a minute from an address (app/Providers/RouteServiceProvider.php)."""


def connect(settings: InvoiceNinjaSettings, context: Context) -> InvoiceNinjaOutput:
    """Return the output; nothing is sent before it is used.

    Raises:
        SecretMissing: there is no token.
    """
    session = Session(
        context.name,
        f"{settings.url.rstrip('/')}/api/v1",
        context.clock,
        authorisation=FixedHeaders({"X-API-TOKEN": settings.token.reveal()}),
        headers={"X-Requested-With": "XMLHttpRequest"},
        words=error_words,
        pace=context.paces.of(
            context.name, *(_LIMITS if settings.url.rstrip("/") == HOSTED else ()), timer=context.timer
        ),
    )
    return InvoiceNinjaOutput(settings, context, session)


class InvoiceNinjaOutput:
    """An `Output` on one company of an Invoice Ninja server."""

    def __init__(self, settings: InvoiceNinjaSettings, context: Context, session: Session) -> None:
        self.capabilities: Capabilities = replace(
            CAPABILITIES, attachments=settings.attach_annex, creates_clients=settings.create_missing
        )
        self._settings, self._name, self._session = settings, context.name, session
        self._lookup, self._trust = Lookup(session, context.name), Trust(context.clock)
        self._currencies = Currencies(session, context.name, self._trust)
        # people open invoices at another host than programs; a server of one's own has one for both
        self._app_url = settings.url.rstrip("/").replace("://invoicing.co", "://app.invoicing.co")

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Look at the company and the token's rights, and at each client, tax and currency that is needed."""
        return findings(self._session, self._currencies, self._name, self._settings, contracts)

    def prepare(self, draft: Draft) -> bytes:
        """Return the body of the request that creates the draft."""
        return to_request(self._name, self._settings, draft)

    def find(self, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
        """Look for the references in every state."""
        kind = kind_of(draft)
        found = self._lookup.carrying(kind, (draft.reference, *others))
        documents = ((item, self._document(kind, item)) for item in found)
        return tuple(one for item, document in documents for one in marked(document, item.carries, draft, others))

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:  # noqa: ARG002 (it knows no keys)
        """Create the invoice or the credit as a draft."""
        kind = kind_of(draft)
        self._check_client(draft)
        try:
            answer = self._session.write("POST", f"/{kind.path}", payload, params={"include": kind.include})
        except Rejected as error:
            raise self._refusal(error) from None
        return self._confirmed(draft, answer.data).to_document(kind, self._app_url, draft.currency)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Attach what was delivered, unless a file of that name is there, so that nobody but people there sees it.

        A public file is seen by the client at once, even with a draft (app/Livewire/DocumentsTable.php).
        """
        kind, name = kind_with(receipt.remote_id), annex_name(draft)
        item = self._lookup.document(kind, receipt.remote_id)
        if item is None or item.is_deleted:
            raise Rejected(self._name, "the document is not there any more")
        is_there = item.has_file(name)
        if is_there is None:
            raise Rejected(self._name, "the server does not tell which files a document has")
        if not is_there:
            self._upload(kind, item, name, annex_pdf(draft))

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:
        """Read each document by its id; with `since`, list those that were changed after it."""
        if since:
            yield from self._changed(frozenset(receipt.remote_id for receipt in receipts), since)
            return
        for receipt in receipts:
            kind = kind_with(receipt.remote_id)
            item = self._lookup.document(kind, receipt.remote_id)
            gone = Document(replace(receipt, state="deleted"), None, None, None)
            yield self._document(kind, item) if item else gone

    def withdraw(self, receipt: Receipt) -> None:
        """Delete the document, which Invoice Ninja keeps as deleted."""
        kind = kind_with(receipt.remote_id)
        item = self._lookup.document(kind, receipt.remote_id)
        standing = item.to_receipt(kind, self._app_url).state if item else "deleted"
        if standing in ("deleted", "void"):
            return
        if standing != "draft":
            raise Rejected(self._name, f"the document is {standing}, no draft any more")
        self._session.write("DELETE", f"/{kind.path}/{quote(kind.own_id(receipt.remote_id), safe='')}", b"")

    def clients(self, party: Party) -> Iterator[RemoteClient]:
        """Search by VAT id, e-mail address and name; there is no search in VAT numbers, but in other numbers."""
        texts = filter(None, (party.vat_id, party.email, party.name))
        found = {one.id: one for text in texts for one in self._lookup.clients(text) if one.may_be(party)}
        yield from (one.to_client(self._app_url) for one in found.values())

    def create_client(self, party: Party, currency: str) -> RemoteClient:
        """Create a client, whose currency is that of every document for it."""
        known = self._currencies.with_code(currency)
        if known is None:
            raise Rejected(self._name, f"client {party.id} cannot be created: currency {currency} is not there")
        body = to_client_request(party, country_id(self._session, self._name, party), known.id)
        answer = self._session.write("POST", "/clients", body)
        try:
            return OneClient.model_validate(answer.data).data.to_client(self._app_url)
        except ValidationError:
            raise Unclear(self._name, "the answer to a new client cannot be read") from None

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _changed(self, wanted: frozenset[str], since: datetime) -> Iterator[Document]:
        for kind in (INVOICES, CREDITS):
            if not any(kind_with(remote_id) is kind for remote_id in wanted):
                continue
            for item in self._lookup.documents(kind, {"updated_at": str(int(since.timestamp()))}):
                if kind.remote_id(item.id) in wanted:
                    yield self._document(kind, item)

    def _document(self, kind: Kind, item: Invoice) -> Document:
        if item.client is None:
            raise BadAnswer(self._name, "a document comes without its client")
        return item.to_document(kind, self._app_url, self._currencies.of(item.client).code)

    def _upload(self, kind: Kind, item: Invoice, name: str, content: bytes) -> None:
        # PHP reads no form that comes by PUT
        form = {"_method": "PUT", "is_public": "0"}
        body, content_type = multipart(form, {"documents[]": (name, content, "application/pdf")})
        path = f"/{kind.path}/{quote(item.id, safe='')}/upload"
        answer = self._session.write("POST", path, body, content_type=content_type)
        try:
            after = OneInvoice.model_validate(answer.data).data
        except ValidationError:
            raise Unclear(self._name, "the answer to a file cannot be read") from None
        if not after.has_file(name):
            raise Rejected(self._name, "the server did not keep the file")

    def _check_client(self, draft: Draft) -> None:
        """Never invoice a client who is archived, or in another currency: Invoice Ninja takes it. Good for a minute.

        Raises:
            Rejected: the client is not there, archived or deleted, or has another currency.
            AccessDenied, TryLater: it could not be looked up.
        """
        pinned = client_id(self._name, draft)
        if self._trust.holds((pinned, draft.currency)):
            return
        client = self._client(pinned)
        if client is None or client.is_deleted:
            raise client_missing(self._name, pinned)
        if client.archived_at:
            raise Rejected(self._name, f"client {pinned} is archived: {RESTORE_CLIENT}")
        currency = self._currencies.of(client).code
        if currency != draft.currency:
            words = f"client {draft.client.id} is invoiced in {currency} there: set its currency to {draft.currency}"
            raise Rejected(self._name, words)
        self._trust.give((pinned, draft.currency))

    def _client(self, pinned: str) -> Client | None:
        try:
            return self._lookup.client(pinned)
        except AccessDenied as error:
            # the token may be that of another company, or the client: where we bill already, it is the client
            if not self._lookup.has_ours():
                raise
            raise Rejected(self._name, f"{error.detail}; {PIN_ANOTHER_CLIENT}") from None

    def _confirmed(self, draft: Draft, data: object) -> Invoice:
        try:
            item = OneInvoice.model_validate(data).data
        except ValidationError:
            raise Unclear(self._name, "the answer to a new document cannot be read") from None
        if not item.carries(draft.reference):
            raise Unclear(self._name, "the answer to a new document is about something else")
        return item

    def _refusal(self, error: Rejected) -> Rejected | Unclear:
        # the words depend on the user's language, the name of the field does not
        if self._settings.strict_unique and re.search(r"\bnumber: ", error.detail):
            return Unclear(self._name, f"the number is taken, perhaps by this document: {error.detail}")
        return error
