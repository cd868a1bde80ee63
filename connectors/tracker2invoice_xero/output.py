"""The Xero output: look up by reference, create with PUT (which never changes what exists), read back.

It never sends a write twice by itself and never updates or deletes anything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

from pydantic import ValidationError

from tracker2invoice.errors import BadAnswer, NotThere, Rejected, Unclear
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.invoice import Draft
from tracker2invoice.oauth.grants import Bearer, ClientCredentials, Grant, refresh_chain
from tracker2invoice.oauth.server import TokenServer
from tracker2invoice.plugins import Capabilities, Context, Document, Finding
from tracker2invoice.rest import Session
from tracker2invoice_xero import CAPABILITIES, XeroSettings, consent_of
from tracker2invoice_xero.answers import STATES, Contacts, Invoice, Invoices, error_words
from tracker2invoice_xero.checks import findings
from tracker2invoice_xero.payload import contact_id, to_request

_API = "/api.xro/2.0"
_PAGE_SIZE = 100
_MOST_PAGES = 100
_IDS_A_REQUEST = 40
"""So that an address stays below 2,000 characters."""


def connect(settings: XeroSettings, context: Context) -> XeroOutput:
    """Return the output; nothing is sent before it is used."""
    bearer = Bearer(_grant(settings, context), context.clock, {"xero-tenant-id": settings.tenant})
    session = Session(context.name, settings.url + _API, context.clock, authorisation=bearer, words=error_words)
    return XeroOutput(settings, context.name, session, bearer)


class XeroOutput:
    """An `Output` on one Xero organisation."""

    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: XeroSettings, name: str, session: Session, bearer: Bearer) -> None:
        self._settings, self._name, self._session, self._bearer = settings, name, session, bearer
        # people open documents at another host than programs; a sandbox has one for both
        self._app_url = settings.url.replace("://api.xero.com", "://go.xero.com")

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Look at the organisation, and at each contact, account, tax type and currency that is needed."""
        return findings(self._session, self._name, self._settings, contracts)

    def prepare(self, draft: Draft) -> bytes:
        """Return the body of the request that creates the draft."""
        return to_request(self._name, self._settings, draft)

    def find(self, draft: Draft) -> Sequence[Document]:
        """Search by reference in every state, all pages; what only resembles the reference is left out."""
        found: list[Document] = []
        for page in range(1, _MOST_PAGES + 1):
            answer = self._page(draft.reference, page)
            found += [item.to_document(self._app_url) for item in answer.items if item.carries(draft.reference)]
            if _is_last(answer, page):
                return tuple(found)
        raise BadAnswer(self._name, f"more than {_MOST_PAGES} pages of invoices match one reference")

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:
        """Create the invoice as a draft."""
        self._check_contact(contact_id(self._name, draft))
        try:
            answer = self._session.write(
                "PUT",
                "/Invoices",
                payload,
                params={"unitdp": "4", "summarizeErrors": "false"},
                # 128 characters are the limit (xero_accounting.yaml, parameter idempotencyKey)
                headers={"Idempotency-Key": hashlib.sha256(key.encode()).hexdigest()},
            )
        except Rejected as error:
            raise self._refusal(error.detail) from None
        return self._confirmed(draft, answer.data).to_document(self._app_url)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Do nothing: everything stands on the invoice already."""

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:
        """Read the invoices by id, so many a request; with `since`, those that were changed after it."""
        for first in range(0, len(receipts), _IDS_A_REQUEST):
            some = receipts[first : first + _IDS_A_REQUEST]
            found = {item.id.lower(): item for item in self._by_id(some, since)}
            for receipt in some:
                if item := found.get(receipt.remote_id.lower()):
                    yield item.to_document(self._app_url)
                elif since is None:
                    yield Document(replace(receipt, state="deleted"), None, None, None)

    def withdraw(self, receipt: Receipt) -> None:
        """Delete the invoice, which Xero keeps in the state DELETED."""
        standing = next(self.read_back([receipt], None)).receipt.state
        if standing in ("deleted", "void"):
            return
        if standing != "draft":
            raise Rejected(self._name, f"the invoice is {standing}, no draft any more")
        body = json.dumps({"InvoiceID": receipt.remote_id, "Status": "DELETED"}).encode()
        self._session.write("POST", f"/Invoices/{quote(receipt.remote_id, safe='')}", body)

    def close(self) -> None:
        """Let go of both connections."""
        self._session.close()
        self._bearer.close()

    def _by_id(self, receipts: Sequence[Receipt], since: datetime | None) -> tuple[Invoice, ...]:
        asked = {"IDs": ",".join(receipt.remote_id for receipt in receipts)}
        # xero_accounting.yaml, parameter ifModifiedSince: UTC, to the second
        headers = {"If-Modified-Since": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"} if since else {}
        return self._listed(asked, 1, headers).items

    def _page(self, reference: str, page: int) -> Invoices:
        return self._listed({"searchTerm": reference}, page)

    def _listed(self, asked: Mapping[str, str], page: int, headers: Mapping[str, str] | None = None) -> Invoices:
        params = {
            **asked,
            "Statuses": ",".join(STATES),
            "includeArchived": "true",
            "page": str(page),
            "pageSize": str(_PAGE_SIZE),
        }
        try:
            answer = Invoices.model_validate(self._session.read("/Invoices", params, headers).data)
        except ValidationError:
            raise BadAnswer(self._name, "the list of invoices cannot be read") from None
        # one that cannot be told from others would be overlooked, and created again
        if not all(item.is_whole for item in answer.items):
            raise BadAnswer(self._name, "the list of invoices leaves out what tells them apart")
        return answer

    def _check_contact(self, pinned: str) -> None:
        """Never post to another contact, an archived one or one under an erasure request.

        Raises:
            Rejected: the contact is not there or not active.
            AccessDenied, TryLater: it could not be looked up.
        """
        try:
            answer = Contacts.model_validate(self._session.read(f"/Contacts/{quote(pinned, safe='')}").data)
        except NotThere:
            raise Rejected(self._name, f"contact {pinned} is not there") from None
        except ValidationError:
            raise BadAnswer(self._name, "the contact cannot be read") from None
        contact = next((one for one in answer.items if one.id.lower() == pinned.lower()), None)
        if contact is None or contact.merged_into:
            raise Rejected(self._name, f"contact {pinned} is not there any more")
        if contact.status != "ACTIVE":
            raise Rejected(self._name, f"contact {pinned} is {contact.status}, not ACTIVE")

    def _confirmed(self, draft: Draft, data: object) -> Invoice:
        try:
            items = Invoices.model_validate(data).items
        except ValidationError:
            raise Unclear(self._name, "the answer to a new invoice cannot be read") from None
        if len(items) != 1:
            raise Unclear(self._name, f"the answer to a new invoice holds {len(items)} of them")
        if reasons := items[0].refused_because():
            raise self._refusal(reasons)
        if not items[0].is_whole or not items[0].carries(draft.reference):
            raise Unclear(self._name, "the answer to a new invoice is about something else")
        return items[0]

    def _refusal(self, reasons: str) -> Rejected | Unclear:
        words = reasons.lower()
        if "must be unique" in words:
            return Unclear(self._name, f"the number is taken, perhaps by this document: {reasons}")
        if "idempotency" in words:
            return Rejected(self._name, f"a mistake of this program: one key for two requests: {reasons}")
        return Rejected(self._name, reasons)


def _grant(settings: XeroSettings, context: Context) -> Grant:
    if consent := consent_of(settings):
        return refresh_chain("xero", consent, context)
    return ClientCredentials(TokenServer(context.name, settings.app, context.clock), settings.scopes)


def _is_last(answer: Invoices, page: int) -> bool:
    if answer.pagination:
        return page >= answer.pagination.page_count
    return len(answer.items) < _PAGE_SIZE
