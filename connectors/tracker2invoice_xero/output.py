"""The Xero output: look up by reference, create with PUT (which never changes what exists), read back.

It never sends a write twice by itself, never changes what exists, and deletes drafts alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from urllib.parse import quote

from pydantic import ValidationError

from tracker2invoice.documents.annex import annex_name, annex_pdf
from tracker2invoice.errors import NotThere, Rejected, Unclear
from tracker2invoice.finding import marked
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.oauth.grants import Bearer, ClientCredentials, Grant, refresh_chain
from tracker2invoice.oauth.server import TokenServer
from tracker2invoice.pace import Limit
from tracker2invoice.plugins import Clock, Context, Document, Finding, RemoteClient
from tracker2invoice.refusals import (
    ENABLE_CURRENCY,
    OPEN_PERIOD,
    PIN_ANOTHER_CLIENT,
    RESTORE_CLIENT,
    advised,
    correct_tax,
)
from tracker2invoice.rest import Session
from tracker2invoice_xero import CAPABILITIES, XeroSettings, consent_of
from tracker2invoice_xero.answers import Invoice, Invoices, error_words
from tracker2invoice_xero.checks import findings
from tracker2invoice_xero.clients import Clients
from tracker2invoice_xero.kinds import CREDIT_NOTES, INVOICES, Kind, kind_of, kind_with
from tracker2invoice_xero.lookup import IDS_A_REQUEST, Lookup
from tracker2invoice_xero.payload import to_request

_API = "/api.xro/2.0"
# developer.xero.com, guides, OAuth 2.0 API limits: 60 a minute for an organisation; one at a time is far below five
_LIMIT = Limit(58, 60)

_STEPS = {
    "has been archived": RESTORE_CLIENT,
    "contact could not be found": PIN_ANOTHER_CLIENT,
    "not subscribed to currency": ENABLE_CURRENCY,
    "lock date": OPEN_PERIOD,
}
"""What follows by Xero's words: only they tell refusals apart."""


def connect(settings: XeroSettings, context: Context) -> XeroOutput:
    """Return the output; nothing is sent before it is used."""
    bearer = Bearer(_grant(settings, context), context.clock, {"xero-tenant-id": settings.tenant})
    pace = context.paces.of(context.name, _LIMIT, timer=context.timer)
    url = settings.url + _API
    session = Session(context.name, url, context.clock, authorisation=bearer, words=error_words, pace=pace)
    return XeroOutput(settings, context.name, session, bearer, context.clock)


class XeroOutput:
    """An `Output` on one Xero organisation."""

    def __init__(self, settings: XeroSettings, name: str, session: Session, bearer: Bearer, clock: Clock) -> None:
        self._settings, self._name, self._session, self._bearer = settings, name, session, bearer
        self._clock = clock
        self.capabilities = replace(
            CAPABILITIES, attachments=settings.attach_annex, creates_clients=settings.create_missing
        )
        self._lookup = Lookup(session, name)
        # people open documents at another host than programs; a sandbox has one for both
        self._app_url = settings.url.replace("://api.xero.com", "://go.xero.com")
        self._clients = Clients(session, name, self._app_url)

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Look at the organisation, and at each contact, account, tax type and currency that is needed."""
        return findings(self._session, self._name, self._settings, contracts, self._clock().date())

    def prepare(self, draft: Draft) -> bytes:
        """Return the body of the request that creates the draft."""
        return to_request(self._name, self._settings, draft)

    def find(self, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
        """Look for all references at once, in every state, all pages; what only resembles one is left out."""
        kind = kind_of(draft)
        return tuple(
            document
            for item in self._lookup.carrying(kind, (draft.reference, *others))
            for document in marked(item.to_document(kind, self._app_url), partial(item.carries, kind), draft, others)
        )

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:
        """Create the invoice or the credit note as a draft.

        Xero refuses a contact that is archived, merged or under an erasure request (developer.xero.com, Accounting API,
        Types, Contact Status Codes), so nobody has to look first.
        """
        try:
            answer = self._session.write(
                "PUT",
                f"/{kind_of(draft).path}",
                payload,
                params={"unitdp": "4", "summarizeErrors": "false"},
                # 128 characters are the limit (xero_accounting.yaml, parameter idempotencyKey)
                headers={"Idempotency-Key": hashlib.sha256(key.encode()).hexdigest()},
            )
        except Rejected as error:
            raise self._refusal(draft, error.detail) from None
        return self._confirmed(draft, answer.data).to_document(kind_of(draft), self._app_url)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Attach the list of deliverables, in place of the file with its name (Accounting API, Attachments)."""
        kind = kind_with(receipt.remote_id)
        path = f"/{kind.path}/{quote(kind.own_id(receipt.remote_id), safe='')}/Attachments/{annex_name(draft)}"
        # it is for who approves the document, and not to be seen with the invoice online
        params = {"IncludeOnline": "false"}
        try:
            self._session.write("PUT", path, annex_pdf(draft), params=params, content_type="application/pdf")
        except NotThere as error:
            raise Rejected(self._name, error.detail) from None

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:
        """Read the documents by id, many a request where Xero can; with `since`, those that were changed after it."""
        for kind in (INVOICES, CREDIT_NOTES):
            of_kind = [receipt for receipt in receipts if kind_with(receipt.remote_id) is kind]
            for first in range(0, len(of_kind), IDS_A_REQUEST):
                yield from self._read_back(kind, of_kind[first : first + IDS_A_REQUEST], since)

    def withdraw(self, receipt: Receipt) -> None:
        """Delete the document, which Xero keeps in the state DELETED."""
        standing = next(self.read_back([receipt], None)).receipt.state
        if standing in ("deleted", "void"):
            return
        if standing != "draft":
            raise Rejected(self._name, f"the document is {standing}, no draft any more")
        kind = kind_with(receipt.remote_id)
        own_id = kind.own_id(receipt.remote_id)
        body = json.dumps({kind.id_field: own_id, "Status": "DELETED"}).encode()
        self._session.write("POST", f"/{kind.path}/{quote(own_id, safe='')}", body)

    def clients(self, party: Party) -> Iterator[RemoteClient]:
        """Look for contacts by tax number, e-mail address and name, archived ones too."""
        return self._clients.like(party)

    def create_client(self, party: Party, currency: str) -> RemoteClient:  # noqa: ARG002
        """Create a contact, with the id of the client as its contact number."""
        return self._clients.create(party)

    def close(self) -> None:
        """Let go of both connections."""
        self._session.close()
        self._bearer.close()

    def _read_back(self, kind: Kind, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:
        ids = [kind.own_id(receipt.remote_id) for receipt in receipts]
        found = {item.id.lower(): item for item in self._lookup.by_id(kind, ids, since)}
        for own_id, receipt in zip(ids, receipts, strict=True):
            if item := found.get(own_id.lower()):
                yield item.to_document(kind, self._app_url)
            elif since is None:
                yield Document(replace(receipt, state="deleted"), None, None, None)

    def _confirmed(self, draft: Draft, data: object) -> Invoice:
        try:
            items = Invoices.model_validate(data).items
        except ValidationError:
            raise Unclear(self._name, "the answer to a new document cannot be read") from None
        if len(items) != 1:
            raise Unclear(self._name, f"the answer to a new document holds {len(items)} of them")
        if reasons := items[0].refused_because():
            raise self._refusal(draft, reasons)
        if not items[0].is_whole or not items[0].carries(kind_of(draft), draft.reference):
            raise Unclear(self._name, "the answer to a new document is about something else")
        return items[0]

    def _refusal(self, draft: Draft, reasons: str) -> Rejected | Unclear:
        words = reasons.lower()
        if "must be unique" in words:
            return Unclear(self._name, f"the number is taken, perhaps by this document: {reasons}")
        if "idempotency" in words:
            return Rejected(self._name, f"a mistake of this program: one key for two requests: {reasons}")
        return Rejected(self._name, advised(reasons, {**_STEPS, "TaxType": correct_tax(draft)}))


def _grant(settings: XeroSettings, context: Context) -> Grant:
    if consent := consent_of(settings):
        return refresh_chain("xero", consent, context)
    return ClientCredentials(TokenServer(context.name, settings.app, context.clock), settings.asked_scopes)
