"""The Stripe output: look up by reference among the customer's invoices, create in two requests, read back.

A draft without lines is one that was cut short between the two. `find` says so, and `create` adds the lines to it. A
draft with some of our lines, or with others, was edited by a person, for all lines are added at once: it is compared
like any other and never touched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from tracker2invoice.errors import (
    AccessDenied,
    BadAnswer,
    NotThere,
    Rejected,
    Tracker2InvoiceError,
    TryLater,
    Unclear,
)
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Capabilities, Clock, Context, Document, Finding, RemoteClient
from tracker2invoice.refusals import PIN_ANOTHER_CLIENT, advised, correct_tax
from tracker2invoice_stripe import CAPABILITIES, StripeSettings
from tracker2invoice_stripe.answers import Invoice, is_of_other_mode, untaxed
from tracker2invoice_stripe.checks import findings
from tracker2invoice_stripe.client import StripeApi
from tracker2invoice_stripe.clients import creation_key, search_query, to_customer
from tracker2invoice_stripe.deletions import Deletions
from tracker2invoice_stripe.lists import CustomerLists
from tracker2invoice_stripe.payload import Requests, is_customer_id, to_requests

_NO_STEPS: Mapping[str, str] = MappingProxyType({})


def connect(settings: StripeSettings, context: Context) -> StripeOutput:
    """Return the output; nothing is sent before it is used."""
    return StripeOutput(settings, context.name, StripeApi(settings, context), context.clock)


class StripeOutput:
    """An `Output` on one Stripe account."""

    def __init__(self, settings: StripeSettings, name: str, api: StripeApi, clock: Clock) -> None:
        self.capabilities: Capabilities = replace(CAPABILITIES, creates_clients=settings.create_missing)
        self._settings, self._name, self._api = settings, name, api
        self._lists, self._deletions = CustomerLists(api, clock), Deletions(api, clock)
        # people open documents at another host than programs; a sandbox has one for both
        self._app_url = settings.url.rstrip("/").replace("://api.stripe.com", "://dashboard.stripe.com")
        self._cut_short: dict[str, Invoice] = {}

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Look at the key, and at each customer, tax rate and currency that is needed."""
        return findings(self._api, self._name, self._settings, contracts)

    def prepare(self, draft: Draft) -> bytes:
        """Return the parameters of both requests."""
        return to_requests(self._name, self._settings, draft)

    def find(self, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
        """Look through all invoices of the customer, then through the drafts that were deleted.

        A search would show a new invoice too late. No day bounds the list: a ledger that was lost or restored comes to
        the same reference at a later day than the invoice has.
        """
        wanted = {draft.reference, *others}
        self._cut_short = {one: begun for one, begun in self._cut_short.items() if one not in wanted}
        pinned = draft.client.remote.get(self._name, "")
        if not is_customer_id(pinned):
            return ()
        there = self._invoices_of(pinned, wanted)
        carried = Counter(one.reference for one in there)
        self._cut_short |= {one.reference: one for one in there if one.is_cut_short and carried[one.reference] == 1}
        found = [(one.reference, one.to_document(self._app_url)) for one in there]
        if missing := wanted - set(carried):
            found += ((one.reference, one.to_document()) for one in self._deletions.of(missing))
        return tuple(one if carried == draft.reference else replace(one, other=carried) for carried, one in found)

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:
        """Create the draft and add its lines, or add them to the draft that `find` has seen without any."""
        requests = Requests.model_validate_json(payload)
        begun, made_before = self._begun(draft, requests, key)
        if why := untaxed(begun.customer_tax_exempt, taxed=draft.totals.tax != 0):
            self._take_back(begun.id)
            raise Rejected(self._name, f"customer {begun.customer} {why}")
        with self._from_here_on(begun):
            try:
                whole, added_before = self._api.add_lines(begun.id, requests.lines, f"{key}:lines")
            except Rejected as error:
                refusal = self._refusal(error, {"tax rate": correct_tax(draft)})
                if isinstance(refusal, Rejected):
                    self._take_back(begun.id)
                raise refusal from None
            if made_before or added_before:
                # what is repeated may be long over: the draft may be edited or deleted by now
                whole = self._api.invoice(begun.id)
        if whole.reference != draft.reference:
            raise Unclear(self._name, "the answer to new lines is about another invoice")
        return whole.to_document(self._app_url)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Do nothing: everything stands on the invoice already."""

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:
        """Read each invoice by its id; with `since`, those that have an event after it.

        Unless there are so many events in the account that reading them takes more requests.
        """
        changed = self._api.changed_invoices(since, len(receipts)) if since else None
        for receipt in receipts:
            if changed is not None and receipt.remote_id not in changed:
                continue
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

    def clients(self, party: Party) -> Iterator[RemoteClient]:
        """Look for the e-mail address in the list, which is never late, and for the name by a search."""
        found = self._api.customers_with_email(party.email) if party.email else ()
        searched = self._api.found_customers(search_query(party))
        for customer in {one.id: one for one in (*found, *searched)}.values():
            yield customer.to_client(self._app_url)

    def create_client(self, party: Party, currency: str) -> RemoteClient:  # noqa: ARG002
        """Create a customer, once a day for a client: a search may not show the one of an attempt before."""
        wanted = to_customer(self._name, party)
        try:
            customer, made_before = self._api.create_customer(wanted, creation_key(party))
        except Rejected as error:
            if "idempotency_error" in error.detail:
                words = "a customer was created for it within the last day, from other details"
                raise Rejected(self._name, f"client {party.id}: {words}: {error.detail}") from None
            raise self._refusal(error) from None
        if made_before:
            customer = self._api.customer(customer.id)
        if customer.deleted:
            raise Rejected(self._name, f"client {party.id}: its customer {customer.id} was created and deleted before")
        return customer.to_client(self._app_url)

    def close(self) -> None:
        """Let go of the connection."""
        self._api.close()

    def _invoices_of(self, customer: str, references: set[str]) -> list[Invoice]:
        try:
            return self._lists.carrying(customer, references)
        except (NotThere, BadAnswer) as error:
            # a customer that is not there has no invoices; `create` says that it is missing
            if "No such customer" not in error.detail:
                raise
            self._refuse_other_mode(error)
            return []

    def _begun(self, draft: Draft, requests: Requests, key: str) -> tuple[Invoice, bool]:
        if seen := self._cut_short.pop(draft.reference, None):
            return seen, False
        try:
            begun, made_before = self._api.create(requests.invoice, f"{key}:inv")
        except NotThere as error:
            raise Rejected(self._name, error.detail) from None
        except Rejected as error:
            raise self._refusal(error) from None
        if begun.reference != draft.reference:
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

    def _refusal(self, error: Rejected, steps: Mapping[str, str] = _NO_STEPS) -> Rejected | Unclear:
        detail = error.detail
        if detail.startswith("HTTP 409"):
            return Unclear(self._name, f"another request with the same key is under way: {detail}")
        if "idempotency_error" in detail:
            return Rejected(self._name, f"a mistake of this program: one key for two requests: {detail}")
        if "(customer)" in detail:
            return Rejected(self._name, f"the customer is not there: {detail}; {PIN_ANOTHER_CLIENT}")
        if "(due_date)" in detail:
            return Rejected(self._name, f"the due date must not have passed when the draft is made: {detail}")
        return Rejected(self._name, advised(detail, steps))

    def _refuse_other_mode(self, error: NotThere | BadAnswer) -> None:
        """A key for tests sees nothing of what is real, and the other way round: nothing is missing because of that."""
        if is_of_other_mode(error.detail):
            words = f"the key is of another mode of the account: correct api_key ({error.detail})"
            raise AccessDenied(self._name, words) from None
