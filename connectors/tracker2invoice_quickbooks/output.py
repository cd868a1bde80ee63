"""The QuickBooks Online output: look up by number, create, read back, withdraw.

It never sends a write twice by itself and never changes what exists. A document is found by its number alone: so none
is created while the company numbers its documents by itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from tracker2invoice.errors import Rejected, Unclear, Unsupported
from tracker2invoice.finding import one_by_one
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.oauth.grants import Bearer, refresh_chain
from tracker2invoice.plugins import Capabilities, Context, Document, Finding, RemoteClient
from tracker2invoice.rest import Session
from tracker2invoice_quickbooks import CAPABILITIES, VENDOR, QuickBooksSettings, consent_of
from tracker2invoice_quickbooks.answers import Transaction, error_words, has_code
from tracker2invoice_quickbooks.checks import OWN_NUMBERS, findings
from tracker2invoice_quickbooks.kinds import Kind, kind_of, kinds_of, split
from tracker2invoice_quickbooks.lookup import MINOR_VERSION, Lookup
from tracker2invoice_quickbooks.payload import customer_id, to_request

_DUPLICATE_NUMBER, _NOT_THERE = ("6140", "6240"), "610"


def connect(settings: QuickBooksSettings, context: Context) -> QuickBooksOutput:
    """Return the output; nothing is sent before it is used."""
    bearer = Bearer(refresh_chain("quickbooks", consent_of(settings), context), context.clock)
    session = Session(
        context.name,
        f"{settings.url.rstrip('/')}/v3/company/{settings.realm}",
        context.clock,
        authorisation=bearer,
        words=error_words,
    )
    return QuickBooksOutput(settings, context.name, session, bearer)


class QuickBooksOutput:
    """An `Output` on one company of QuickBooks Online."""

    def __init__(self, settings: QuickBooksSettings, name: str, session: Session, bearer: Bearer) -> None:
        self._settings, self._name, self._session, self._bearer = settings, name, session, bearer
        self._lookup = Lookup(session, name)
        self._app_url = VENDOR.get(settings.url.rstrip("/"), settings.url.rstrip("/"))
        self.capabilities: Capabilities = replace(CAPABILITIES, credit_notes=settings.mode != "estimate")

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Look at the company, and at each customer, tax code and currency that is needed; say what the mode means."""
        return findings(self._lookup, self._name, self._settings, contracts)

    def prepare(self, draft: Draft) -> bytes:
        """Return the body of the request that creates the draft."""
        return to_request(self._name, self._settings, draft)

    def find(self, draft: Draft, rivals: Collection[str] = ()) -> Sequence[Document]:
        """Look for one reference after the other."""
        return one_by_one(self._carrying, draft, rivals)

    def _carrying(self, draft: Draft) -> Sequence[Document]:
        """Search by number in every state, in both modes; a deleted document leaves nothing that has its number."""
        return tuple(
            document
            for kind in kinds_of(draft)
            for document in self._documents(kind, self._lookup.with_number(kind, draft.reference))
        )

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:
        """Create the estimate, invoice or credit memo."""
        kind = kind_of(draft, self._settings.mode)
        self._check_customer(draft)
        self._check_company(draft)
        # developer.intuit.com, Request ID: at most 50 characters, of one company
        request_id = hashlib.sha256(key.encode()).hexdigest()[:32]
        try:
            answer = self._session.write(
                "POST", f"/{kind.path}", payload, params={"requestid": request_id, **MINOR_VERSION}
            )
        except Rejected as error:
            if has_code(error.detail, *_DUPLICATE_NUMBER):
                raise Unclear(self._name, f"the number is taken, perhaps by this document: {error.detail}") from None
            raise
        return self._confirmed(kind, draft, answer.data).to_document(kind, self._app_url)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Do nothing: everything stands on the document already."""

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

    def clients(self, party: Party) -> Iterator[RemoteClient]:  # noqa: ARG002
        """Yield nobody."""
        yield from ()

    def create_client(self, party: Party) -> RemoteClient:  # noqa: ARG002
        """Refuse: nobody is created here."""
        raise Unsupported(self._name, "clients that are to be created")

    def close(self) -> None:
        """Let go of both connections."""
        self._session.close()
        self._bearer.close()

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

    def _check_company(self, draft: Draft) -> None:
        """Never send a number that the company would not keep, nor a currency that it does not have.

        Raises:
            Rejected: it would not do.
            AccessDenied, TryLater: it could not be looked up.
        """
        preferences = self._lookup.preferences()
        if not preferences.sales.own_numbers:
            raise Rejected(self._name, OWN_NUMBERS)
        home = preferences.currencies.home.value
        if not preferences.currencies.several and home != draft.currency:
            raise Rejected(self._name, f"the company has no other currency than {home}")

    def _check_customer(self, draft: Draft) -> None:
        """Never bill another customer, or one that is not active.

        Raises:
            Rejected: the customer is not there, not active, or billed in another currency.
            AccessDenied, TryLater: it could not be looked up.
        """
        pinned = customer_id(self._name, draft)
        customer = self._lookup.customer(pinned)
        if customer is None:
            raise Rejected(self._name, f"customer {pinned} is not there")
        if not customer.active:
            raise Rejected(self._name, f"customer {pinned} is not active")
        if customer.currency and customer.currency.value != draft.currency:
            raise Rejected(self._name, f"customer {pinned} is billed in {customer.currency.value} there")

    def _confirmed(self, kind: Kind, draft: Draft, data: object) -> Transaction:
        try:
            item = TypeAdapter(Mapping[str, object]).validate_python(data).get(kind.entity)
            created = Transaction.model_validate(item)
        except ValidationError:
            raise Unclear(self._name, "the answer to a new document cannot be read") from None
        if not created.carries(draft.reference):
            raise Unclear(self._name, "the answer to a new document is about something else")
        return created
