"""The Invoice Ninja output: look up by reference, create, read back, withdraw.

It never sends a write twice by itself and never changes what exists. Invoice Ninja knows no idempotency keys.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from pydantic import ValidationError

from tracker2invoice.errors import BadAnswer, Rejected, Unclear, Unsupported
from tracker2invoice.finding import one_by_one
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Capabilities, Context, Document, Finding, RemoteClient
from tracker2invoice.rest import FixedHeaders, Session
from tracker2invoice_invoiceninja import CAPABILITIES, InvoiceNinjaSettings
from tracker2invoice_invoiceninja.answers import Invoice, OneInvoice, error_words
from tracker2invoice_invoiceninja.checks import findings
from tracker2invoice_invoiceninja.currencies import Currencies
from tracker2invoice_invoiceninja.kinds import CREDITS, INVOICES, Kind, kind_of, kind_with
from tracker2invoice_invoiceninja.lookup import Lookup
from tracker2invoice_invoiceninja.payload import client_id, to_request


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
    )
    return InvoiceNinjaOutput(settings, context.name, session)


class InvoiceNinjaOutput:
    """An `Output` on one company of an Invoice Ninja server."""

    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: InvoiceNinjaSettings, name: str, session: Session) -> None:
        self._settings, self._name, self._session = settings, name, session
        self._lookup, self._currencies = Lookup(session, name), Currencies(session, name)
        # people open invoices at another host than programs; a server of one's own has one for both
        self._app_url = settings.url.rstrip("/").replace("://invoicing.co", "://app.invoicing.co")

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Look at the company and the token's rights, and at each client, tax and currency that is needed."""
        return findings(self._session, self._name, self._settings, contracts)

    def prepare(self, draft: Draft) -> bytes:
        """Return the body of the request that creates the draft."""
        return to_request(self._name, self._settings, draft)

    def find(self, draft: Draft, rivals: Collection[str] = ()) -> Sequence[Document]:
        """Look for one reference after the other."""
        return one_by_one(self._carrying, draft, rivals)

    def _carrying(self, draft: Draft) -> Sequence[Document]:
        """Search by reference in every state, all pages; what only resembles the reference is left out.

        `filter` looks into the number and the custom values: a deleted invoice has another number than before.
        """
        kind = kind_of(draft)
        found = self._lookup.documents(kind, {"filter": draft.reference})
        return tuple(self._document(kind, item) for item in found if item.carries(draft.reference))

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:  # noqa: ARG002 (it knows no keys)
        """Create the invoice or the credit as a draft."""
        kind = kind_of(draft)
        currency = self._currency_of(client_id(self._name, draft))
        if currency != draft.currency:
            raise Rejected(self._name, f"client {draft.client.id} is invoiced in {currency} there")
        try:
            answer = self._session.write("POST", f"/{kind.path}", payload, params={"include": kind.include})
        except Rejected as error:
            raise self._refusal(error) from None
        return self._confirmed(draft, answer.data).to_document(kind, self._app_url, currency)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Do nothing: everything stands on the document already."""

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

    def clients(self, party: Party) -> Iterator[RemoteClient]:  # noqa: ARG002
        """Yield nobody."""
        yield from ()

    def create_client(self, party: Party) -> RemoteClient:  # noqa: ARG002
        """Refuse: nobody is created here."""
        raise Unsupported(self._name, "clients that are to be created")

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

    def _currency_of(self, pinned: str) -> str:
        """Return the currency of a client who may be invoiced.

        Raises:
            Rejected: the client is not there, archived or deleted.
            AccessDenied, TryLater: it could not be looked up.
        """
        client = self._lookup.client(pinned)
        if client is None or client.is_deleted:
            raise Rejected(self._name, f"client {pinned} is not there any more")
        if client.archived_at:
            raise Rejected(self._name, f"client {pinned} is archived")
        return self._currencies.of(client).code

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
