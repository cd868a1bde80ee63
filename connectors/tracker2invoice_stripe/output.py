"""The Stripe output: look up by reference among the customer's invoices, create in two requests, read back.

A draft without lines is one that was cut short between the two. `find` says so, and `create` adds the lines to it. A
draft with some of our lines, or with others, was edited by a person, for all lines are added at once: it is compared
like any other and never touched.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime

from tracker2invoice.errors import (
    AccessDenied,
    BadAnswer,
    NotThere,
    Rejected,
    Tracker2InvoiceError,
    TryLater,
    Unclear,
    Unsupported,
)
from tracker2invoice.finding import one_by_one
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Capabilities, Context, Document, Finding, RemoteClient
from tracker2invoice_stripe import CAPABILITIES, StripeSettings
from tracker2invoice_stripe.answers import Invoice
from tracker2invoice_stripe.checks import findings
from tracker2invoice_stripe.client import StripeApi
from tracker2invoice_stripe.payload import Requests, customer_id, is_customer_id, to_requests


def connect(settings: StripeSettings, context: Context) -> StripeOutput:
    """Return the output; nothing is sent before it is used."""
    return StripeOutput(settings, context.name, StripeApi(settings, context))


class StripeOutput:
    """An `Output` on one Stripe account."""

    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: StripeSettings, name: str, api: StripeApi) -> None:
        self._settings, self._name, self._api = settings, name, api
        # people open documents at another host than programs; a sandbox has one for both
        self._app_url = settings.url.rstrip("/").replace("://api.stripe.com", "://dashboard.stripe.com")
        self._cut_short: dict[str, Invoice] = {}

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Look at the key, and at each customer, tax rate and currency that is needed."""
        return findings(self._api, self._name, self._settings, contracts)

    def prepare(self, draft: Draft) -> bytes:
        """Return the parameters of both requests."""
        return to_requests(self._name, self._settings, draft)

    def find(self, draft: Draft, rivals: Collection[str] = ()) -> Sequence[Document]:
        """Look for one reference after the other."""
        return one_by_one(self._carrying, draft, rivals)

    def _carrying(self, draft: Draft) -> Sequence[Document]:
        """Look through all invoices of the customer, then through the drafts that were deleted.

        A search would show a new invoice too late. No day bounds the list: a ledger that was lost or restored comes to
        the same reference at a later day than the invoice has.
        """
        self._cut_short.pop(draft.reference, None)
        pinned = draft.client.remote.get(self._name, "")
        if not is_customer_id(pinned):
            return ()
        found = [one for one in self._invoices_of(pinned) if one.carries(draft.reference)]
        if len(found) == 1 and found[0].is_cut_short:
            self._cut_short[draft.reference] = found[0]
        if found:
            return tuple(one.to_document(self._app_url) for one in found)
        return tuple(one.to_document() for one in self._api.deleted_drafts() if one.carries(draft.reference))

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:
        """Create the draft and add its lines, or add them to the draft that `find` has seen without any."""
        self._check_customer(draft)
        requests = Requests.model_validate_json(payload)
        begun, made_before = self._begun(draft, requests, key)
        with self._from_here_on(begun):
            try:
                whole, added_before = self._api.add_lines(begun.id, requests.lines, f"{key}:lines")
            except Rejected as error:
                refusal = self._refusal(error)
                if isinstance(refusal, Rejected):
                    self._take_back(begun.id)
                raise refusal from None
            if made_before or added_before:
                # what is repeated may be long over: the draft may be edited or deleted by now
                whole = self._api.invoice(begun.id)
        if not whole.carries(draft.reference):
            raise Unclear(self._name, "the answer to new lines is about another invoice")
        return whole.to_document(self._app_url)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Do nothing: everything stands on the invoice already."""

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:  # noqa: ARG002
        """Read each invoice by its id; Stripe does not tell when one was changed."""
        for receipt in receipts:
            try:
                yield self._api.invoice(receipt.remote_id).to_document(self._app_url)
            except NotThere as error:
                self._refuse_other_mode(error)
                yield Document(replace(receipt, state="deleted"), None, None, None)

    def withdraw(self, receipt: Receipt) -> None:
        """Delete the draft for good; Stripe refuses to delete what is none."""
        try:
            self._api.delete(receipt.remote_id)
        except NotThere as error:
            self._refuse_other_mode(error)

    def clients(self, party: Party) -> Iterator[RemoteClient]:  # noqa: ARG002
        """Yield nobody."""
        yield from ()

    def create_client(self, party: Party) -> RemoteClient:  # noqa: ARG002
        """Refuse: nobody is created here."""
        raise Unsupported(self._name, "clients that are to be created")

    def close(self) -> None:
        """Let go of the connection."""
        self._api.close()

    def _invoices_of(self, customer: str) -> Iterator[Invoice]:
        try:
            yield from self._api.invoices(customer)
        except (NotThere, BadAnswer) as error:
            # a customer that is not there has no invoices; `create` says that it is missing
            if "No such customer" not in error.detail:
                raise

    def _begun(self, draft: Draft, requests: Requests, key: str) -> tuple[Invoice, bool]:
        if seen := self._cut_short.pop(draft.reference, None):
            return seen, False
        try:
            begun, made_before = self._api.create(requests.invoice, f"{key}:inv")
        except NotThere as error:
            raise Rejected(self._name, error.detail) from None
        except Rejected as error:
            raise self._refusal(error) from None
        if not begun.carries(draft.reference):
            raise Unclear(self._name, "the answer to a new invoice is about another one")
        return begun, made_before

    @contextmanager
    def _from_here_on(self, begun: Invoice) -> Generator[None]:
        """Whatever goes wrong inside, the draft is there."""
        try:
            yield
        except NotThere:
            raise Rejected(self._name, f"the draft {begun.id} was deleted before it was complete") from None
        except (AccessDenied, TryLater) as error:
            raise Unclear(self._name, f"the draft {begun.id} has no lines yet: {error.detail}") from None

    def _take_back(self, invoice_id: str) -> None:
        """Delete a draft that gets no lines; if that fails, the next `find` tells that it was cut short."""
        with suppress(Tracker2InvoiceError):
            if self._api.invoice(invoice_id).is_cut_short:
                self._api.delete(invoice_id)

    def _check_customer(self, draft: Draft) -> None:
        """Never bill another customer, a deleted one, or one that Stripe would leave the tax off.

        Raises:
            Rejected: it is not there or cannot be billed.
            AccessDenied, TryLater: it could not be looked up.
        """
        pinned = customer_id(self._name, draft)
        try:
            customer = self._api.customer(pinned)
        except NotThere:
            raise Rejected(self._name, f"customer {pinned} is not there") from None
        if customer.id != pinned:
            raise BadAnswer(self._name, "the answer is about another customer")
        if why := customer.cannot_be_billed(taxed=draft.totals.tax != 0):
            raise Rejected(self._name, f"customer {pinned} {why}")

    def _refusal(self, error: Rejected) -> Rejected | Unclear:
        detail = error.detail
        if detail.startswith("HTTP 409"):
            return Unclear(self._name, f"another request with the same key is under way: {detail}")
        if "idempotency_error" in detail:
            return Rejected(self._name, f"a mistake of this program: one key for two requests: {detail}")
        if "(due_date)" in detail:
            return Rejected(self._name, f"the due date must not have passed when the draft is made: {detail}")
        return Rejected(self._name, detail)

    def _refuse_other_mode(self, error: NotThere) -> None:
        """A key for tests sees nothing of what is real, and the other way round: nothing is deleted because of that."""
        if "a similar object exists in" in error.detail:
            raise AccessDenied(self._name, error.detail) from None
