"""The ERPNext output: look up by reference, create, attach, read back, withdraw.

It never sends a write twice by itself and never changes what exists. ERPNext knows no idempotency keys; the database
under it refuses a second document with one reference (frappe/frappe version-15, frappe/model/base_document.py,
show_unique_validation_message).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar, cast
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from tracker2invoice.documents.annex import annex_name, annex_pdf
from tracker2invoice.errors import NotThere, Rejected, Unclear
from tracker2invoice.finding import Trust
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Capabilities, Context, Document, Finding, RemoteClient
from tracker2invoice.refusals import OPEN_PERIOD, advised, client_missing, explained
from tracker2invoice.rest import FixedHeaders, Session
from tracker2invoice.wire import multipart, read_json, write_json
from tracker2invoice_erpnext import CAPABILITIES, ErpnextSettings
from tracker2invoice_erpnext.answers import INVOICES, REFERENCE, Created, Customer, Invoice, Uploaded, error_words
from tracker2invoice_erpnext.checks import field_problem, findings, has_company, named_by
from tracker2invoice_erpnext.customers import candidates, country_name, to_customer
from tracker2invoice_erpnext.lookup import Lookup
from tracker2invoice_erpnext.payload import customer_name, to_request

_INVOICES, _CUSTOMERS = "/api/resource/Sales%20Invoice", "/api/resource/Customer"
_TAKEN = "HTTP 417: UniqueValidationError"
_COMPANY = "company"
_STEPS = {
    "ClosedAccountingPeriod": OPEN_PERIOD,
    "PartyFrozen": "take Is Frozen off the customer",
    "Currency Exchange": "add a record of the rate of exchange there",
}
"""What follows by the kind of the error, or by its English words where the kind is that of many."""

Answered = TypeVar("Answered", bound=BaseModel)


def connect(settings: ErpnextSettings, context: Context) -> ErpnextOutput:
    """Return the output; nothing is sent before it is used.

    Raises:
        SecretMissing: there is no key or no secret.
    """
    key, secret = settings.key.reveal(), settings.secret.reveal()
    session = Session(
        context.name,
        settings.url,
        context.clock,
        authorisation=FixedHeaders({"Authorization": f"token {key}:{secret}"}),
        words=error_words,
    )
    session.hide(secret)
    return ErpnextOutput(settings, context, session)


class ErpnextOutput:
    """An `Output` on one company of an ERPNext site."""

    def __init__(self, settings: ErpnextSettings, context: Context, session: Session) -> None:
        self._settings, self._name, self._session = settings, context.name, session
        self._clock, self._trust = context.clock, Trust(context.clock)
        self._app_url = settings.url.rstrip("/")
        self._lookup = Lookup(session, context.name, self._app_url)
        self.capabilities: Capabilities = replace(
            CAPABILITIES, attachments=settings.attach_annex, creates_clients=settings.create_missing
        )

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Look at the field of the reference, and each account, unit, client, currency and tax that is needed."""
        return findings(self._lookup, self._name, self._settings, contracts, self._clock().date())

    def prepare(self, draft: Draft) -> bytes:
        """Return the request body; `create` puts what is credited."""
        return to_request(self._name, self._settings, draft)

    def find(self, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
        """Search by reference in every state; a deleted draft leaves no trace that a user may see."""
        invoices = self._lookup.with_references([draft.reference, *others])
        found = zip(invoices, self._lookup.documents(invoices), strict=True)
        return tuple(
            document if invoice.t2i_ref == draft.reference else replace(document, other=invoice.t2i_ref)
            for invoice, document in found
        )

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:  # noqa: ARG002 (it knows no keys)
        """Create the invoice or the credit note as a draft, in one transaction."""
        self._check_company()
        self._check_field()
        self._check_customer(customer_name(self._name, draft))
        body = self._crediting(draft, payload) if draft.is_credit_note else payload
        try:
            answer = self._session.write("POST", _INVOICES, body)
        except NotThere as error:
            # what the invoice names: a company, an account, a template
            raise Rejected(self._name, error.detail) from None
        except Rejected as error:
            raise self._refusal(draft, error) from None
        invoice = self._told(Created[Invoice], answer.data).data
        if invoice.t2i_ref != draft.reference:
            raise Unclear(self._name, "the answer to a new document is about something else")
        return next(self._lookup.documents([invoice]))

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Attach the list of what was delivered, for whoever may read the document, unless it is attached.

        Source: frappe/frappe version-15, frappe/handler.py, upload_file.
        """
        name = annex_name(draft)
        if any(file.is_copy_of(name) for file in self._lookup.files(receipt.remote_id)):
            return
        belongs_to = {"doctype": INVOICES, "docname": receipt.remote_id, "is_private": "1"}
        body, content_type = multipart(belongs_to, {"file": (name, annex_pdf(draft), "application/pdf")})
        answer = self._session.write("POST", "/api/method/upload_file", body, content_type=content_type)
        if not self._told(Uploaded, answer.data).message.is_copy_of(name):
            raise Unclear(self._name, "the answer to a file is about something else")

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:  # noqa: ARG002
        """Read all the documents by name, so many a request.

        A list of what was modified leaves out what was deleted, and payments do not count as modification.
        """
        invoices = tuple(self._lookup.with_names([one.remote_id for one in receipts]))
        found = {one.receipt.remote_id: one for one in self._lookup.documents(invoices)}
        for receipt in receipts:
            gone = Document(replace(receipt, state="deleted"), None, None, None)
            yield found.get(receipt.remote_id, gone)

    def withdraw(self, receipt: Receipt) -> None:
        """Delete the draft; ERPNext itself refuses to delete what was submitted meanwhile."""
        invoice = next(self._lookup.with_names([receipt.remote_id]), None)
        if invoice is None or invoice.docstatus == 2:
            return
        if invoice.docstatus != 0:
            raise Rejected(self._name, "the document was submitted, and is no draft any more")
        try:
            self._session.write("DELETE", f"{_INVOICES}/{quote(receipt.remote_id, safe='')}", b"")
        except NotThere:
            return

    def clients(self, party: Party) -> Iterator[RemoteClient]:
        """Look for customers by VAT id, by name, and by the e-mail addresses of their contacts."""
        return (one.to_client(self._app_url) for one in candidates(self._lookup, party))

    def create_client(self, party: Party, currency: str) -> RemoteClient:  # noqa: ARG002
        """Create the customer with its address and its contact, in one transaction."""
        country = country_name(self._lookup, party.address.country) if party.address else ""
        if party.address and not country:
            raise Rejected(self._name, f"no country has the code {party.address.country} there")
        try:
            answer = self._session.write("POST", _CUSTOMERS, to_customer(party, country))
        except NotThere as error:
            raise Rejected(self._name, error.detail) from None
        return self._told(Created[Customer], answer.data).data.to_client(self._app_url)

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _check_company(self) -> None:
        """Let all drafts wait while the company is not there, instead of having each refused. Good for a minute.

        Raises:
            NotThere: the company is not there.
            AccessDenied, TryLater: it could not be looked up.
        """
        company = self._settings.company
        if self._trust.holds(_COMPANY):
            return
        if not has_company(self._lookup, company):
            raise NotThere(self._name, f"company {company}")
        self._trust.give(_COMPANY)

    def _check_field(self) -> None:
        """Create nothing where a second document with one reference would be taken, or the reference be dropped.

        Raises:
            Rejected: the field is not there or not unique.
            AccessDenied, TryLater: it could not be looked up.
        """
        if self._trust.holds(REFERENCE):
            return
        if problem := field_problem(self._lookup.reference_field()):
            raise Rejected(self._name, problem)
        self._trust.give(REFERENCE)

    def _check_customer(self, pinned: str) -> None:
        """Never invoice another client, or one that is disabled or frozen.

        Raises:
            Rejected: the client is not there, disabled or frozen.
            AccessDenied, TryLater: it could not be looked up.
        """
        if self._trust.holds((Customer, pinned)):
            return
        customer = self._lookup.customer(pinned)
        if customer is None:
            raise client_missing(self._name, pinned)
        if customer.blocked:
            raise Rejected(self._name, f"client {pinned} is {customer.blocked}")
        self._trust.give((Customer, pinned))

    def _crediting(self, draft: Draft, payload: bytes) -> bytes:
        """Name the one submitted invoice that the credit note takes back, at its rate of exchange.

        ERPNext refuses both another rate and an invoice that is a draft (erpnext/controllers/
        sales_and_purchase_return.py, validate_return_against).
        """
        found = self._lookup.with_references([draft.preceding[0].reference]) if len(draft.preceding) == 1 else ()
        if len(found) != 1 or found[0].docstatus != 1:
            return payload
        fields = cast("dict[str, object]", read_json(payload))
        fields |= {"return_against": found[0].name, "conversion_rate": found[0].conversion_rate}
        return write_json(fields).encode()

    def _refusal(self, draft: Draft, error: Rejected) -> Rejected | Unclear:
        if error.detail.startswith(_TAKEN):
            return Unclear(self._name, f"the reference is taken, perhaps by this document: {error.detail}")
        said = Rejected(self._name, advised(error.detail, _STEPS))
        return explained(said, named_by(draft, self._lookup, self._name, self._settings))

    def _told(self, model: type[Answered], data: object) -> Answered:
        try:
            return model.model_validate(data)
        except ValidationError:
            raise Unclear(self._name, "the answer to a new document cannot be read") from None
