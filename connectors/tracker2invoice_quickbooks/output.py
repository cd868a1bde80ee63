"""The QuickBooks Online output: look up by number, create, attach, read back, withdraw.

It never sends a write twice by itself and never changes what exists. A document is found by its number alone: so none
is created while the company numbers its documents by itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from tracker2invoice.documents.annex import annex_name, annex_pdf
from tracker2invoice.errors import AccessDenied, Rejected, Unclear
from tracker2invoice.finding import Trust
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.oauth.grants import Bearer, refresh_chain
from tracker2invoice.pace import Limit
from tracker2invoice.plugins import Capabilities, Clock, Context, Document, Finding, RemoteClient
from tracker2invoice.refusals import OPEN_PERIOD, advised, correct_tax
from tracker2invoice.rest import Session
from tracker2invoice_quickbooks import CAPABILITIES, VENDOR, QuickBooksSettings, consent_of
from tracker2invoice_quickbooks.answers import Customer, Transaction, error_words, has_code
from tracker2invoice_quickbooks.attachments import Uploads, to_upload
from tracker2invoice_quickbooks.checks import findings
from tracker2invoice_quickbooks.conditions import Conditions, without_currency
from tracker2invoice_quickbooks.customers import candidates, to_customer
from tracker2invoice_quickbooks.kinds import Kind, kind_of, kinds_of, split
from tracker2invoice_quickbooks.lookup import MINOR_VERSION, Lookup
from tracker2invoice_quickbooks.payload import to_request

_DUPLICATE_NUMBER, _DUPLICATE_NAME, _NOT_THERE, _LAPSED = ("6140", "6240"), "6240", "610", "6190"

_LIMIT = Limit(485, 60)
"""Intuit lets 500 requests a minute through for a company, batches included (blogs.intuit.com, August 2016)."""

T = TypeVar("T")


def connect(settings: QuickBooksSettings, context: Context) -> QuickBooksOutput:
    """Return the output; nothing is sent before it is used."""
    bearer = Bearer(refresh_chain("quickbooks", consent_of(settings), context), context.clock)
    session = Session(
        context.name,
        f"{settings.url.rstrip('/')}/v3/company/{settings.realm}",
        context.clock,
        authorisation=bearer,
        words=error_words,
        pace=context.paces.of(context.name, _LIMIT, timer=context.timer),
    )
    return QuickBooksOutput(settings, context.name, session, bearer, context.clock)


class QuickBooksOutput:
    """An `Output` on one company of QuickBooks Online."""

    def __init__(self, settings: QuickBooksSettings, name: str, session: Session, bearer: Bearer, clock: Clock) -> None:
        self._settings, self._name, self._session, self._bearer = settings, name, session, bearer
        self._lookup, self._clock, self._trust = Lookup(session, name), clock, Trust(clock)
        self._conditions = Conditions(self._lookup, name, self._trust)
        self._app_url = VENDOR.get(settings.url.rstrip("/"), settings.url.rstrip("/"))
        self.capabilities: Capabilities = replace(
            CAPABILITIES,
            credit_notes=settings.mode != "estimate",
            attachments=settings.attach_annex,
            creates_clients=settings.create_missing,
        )

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Look at the company, and at each customer, tax code and currency that is needed; say what the mode means."""
        return findings(self._lookup, self._name, self._settings, contracts, self._clock().date())

    def prepare(self, draft: Draft) -> bytes:
        """Return the body of the request that creates the draft."""
        return to_request(self._name, self._settings, draft)

    def find(self, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
        """Search by number in every state, in both modes; a deleted document leaves nothing that has its number."""
        references = (draft.reference, *others)
        return tuple(
            _marked(document, draft.reference)
            for kind in self._kinds(draft)
            for document in self._documents(kind, self._lookup.with_references(kind, references))
        )

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:
        """Create the estimate, invoice or credit memo."""
        kind = kind_of(draft, self._settings.mode)
        self._conditions.hold_for(draft)
        try:
            answer = self._session.write("POST", f"/{kind.path}", payload, params=_with_id(key))
        except Rejected as error:
            if has_code(error.detail, *_DUPLICATE_NUMBER):
                raise Unclear(self._name, f"the number is taken, perhaps by this document: {error.detail}") from None
            raise self._refusal(draft, error.detail) from None
        created = self._told(Transaction, kind.entity, answer.data)
        if not created.carries(draft.reference):
            raise Unclear(self._name, "the answer to a new document is about something else")
        return created.to_document(kind, self._app_url)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Attach the list of what was delivered, unless a file of its name is attached."""
        kind, own_id = split(receipt.remote_id)
        file = annex_name(draft)
        if file in self._lookup.files(kind, own_id):
            return
        body, content_type = to_upload(kind, own_id, file, annex_pdf(draft))
        params = _with_id(f"{receipt.remote_id} {file}")
        answer = self._session.write("POST", "/upload", body, params=params, content_type=content_type)
        try:
            (uploaded,) = Uploads.model_validate(answer.data).files
        except ValidationError:
            raise Unclear(self._name, "the answer to a file cannot be read") from None
        if uploaded.fault:
            raise Rejected(self._name, self._session.redacted(f"the file was refused: {uploaded.fault}"))
        if not uploaded.attachable or uploaded.attachable.file != file:
            raise Unclear(self._name, "the answer to a file is about something else")

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:  # noqa: ARG002
        """Read all the documents by id, so many a request: a list of what was changed leaves out what was deleted."""
        found = {one.receipt.remote_id: one for one in self._by_id([receipt.remote_id for receipt in receipts])}
        for receipt in receipts:
            gone = Document(replace(receipt, state="deleted"), None, None, None)
            yield found.get(receipt.remote_id, gone)

    def withdraw(self, receipt: Receipt) -> None:
        """Delete the document, of which a query shows nothing any more."""
        kind, own_id = split(receipt.remote_id)
        item = next(self._lookup.with_ids(kind, [own_id]), None)
        if item is None or item.state(kind) == "void":
            return
        if item.state(kind) != "draft":
            raise Rejected(self._name, f"the document is {item.state(kind)}, no draft any more")
        if item.version != "0":
            raise Rejected(self._name, "somebody has changed the document; delete it there by hand")
        body = json.dumps({"Id": own_id, "SyncToken": item.version}).encode()
        try:
            self._session.write("POST", f"/{kind.path}", body, params={"operation": "delete", **MINOR_VERSION})
        except Rejected as error:
            if not has_code(error.detail, _NOT_THERE):
                raise

    def clients(self, party: Party) -> Iterator[RemoteClient]:
        """Look for customers by name and by e-mail address: tax numbers cannot be searched for."""
        return (one.to_client(self._app_url) for one in candidates(self._lookup, party))

    def create_client(self, party: Party, currency: str) -> RemoteClient:
        """Create the customer, who is billed in that currency for good."""
        if problem := without_currency(self._lookup.preferences().currencies, currency):
            raise Rejected(self._name, problem)
        try:
            answer = self._session.write("POST", "/customer", to_customer(party, currency), params=MINOR_VERSION)
        except Rejected as error:
            if has_code(error.detail, _DUPLICATE_NAME):
                words = f"a customer, vendor or employee has that name already: {error.detail}"
                raise Rejected(self._name, words) from None
            raise
        return self._told(Customer, "Customer", answer.data).to_client(self._app_url)

    def close(self) -> None:
        """Let go of both connections."""
        self._session.close()
        self._bearer.close()

    def _kinds(self, draft: Draft) -> Iterator[Kind]:
        """Yield the kinds of documents among which a draft may be: those of the other mode only if any is ours."""
        own = kind_of(draft, self._settings.mode)
        return (kind for kind in kinds_of(draft) if kind == own or self._has_references(kind))

    def _has_references(self, kind: Kind) -> bool:
        """Say whether any document of a kind is ours, as it was within the last minute."""
        for known in (True, False):
            if self._trust.holds((kind, known)):
                return known
        known = self._lookup.has_references(kind)
        self._trust.give((kind, known))
        return known

    def _by_id(self, remote_ids: Sequence[str]) -> Iterator[Document]:
        own_ids: dict[Kind, list[str]] = {}
        for kind, own_id in map(split, remote_ids):
            own_ids.setdefault(kind, []).append(own_id)
        for kind, some in own_ids.items():
            yield from self._documents(kind, tuple(self._lookup.with_ids(kind, some)))

    def _documents(self, kind: Kind, items: Sequence[Transaction]) -> Iterator[Document]:
        """Turn what was read into documents, with the payments of those that are settled in part or as a whole."""
        ids = {payment for item in items if item.settled for payment in item.payments}
        payments = tuple(self._lookup.payments(sorted(ids)))
        for item in items:
            yield item.to_document(kind, self._app_url, payments)

    def _refusal(self, draft: Draft, detail: str) -> Rejected | AccessDenied:
        if has_code(detail, _LAPSED):
            words = f"the plan of the company has ended, and it can be read alone: renew the plan there ({detail})"
            return AccessDenied(self._name, words)
        tax = correct_tax(draft)
        steps = {"code 2500": f"{tax}, or item", "code 6160": tax, "code 6200": OPEN_PERIOD, "code 6210": OPEN_PERIOD}
        return Rejected(self._name, advised(detail, steps))

    def _told(self, model: type[T], entity: str, data: object) -> T:
        try:
            item = TypeAdapter(Mapping[str, object]).validate_python(data).get(entity)
            return TypeAdapter(model).validate_python(item)
        except ValidationError:
            raise Unclear(self._name, f"the answer to a new {entity} cannot be read") from None


def _marked(document: Document, reference: str) -> Document:
    number = document.receipt.number
    return document if number == reference else replace(document, other=number)


def _with_id(key: str) -> dict[str, str]:
    """Return the parameters of a request that has an id, of at most 50 characters (developer.intuit.com, Request ID).

    The same id gets the first answer again, nobody says for how long.
    """
    return {"requestid": hashlib.sha256(key.encode()).hexdigest()[:32], **MINOR_VERSION}
