"""The invoices of Stripe's customers by reference, with as few requests as many drafts for one customer allow."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tracker2invoice.finding import Trust
from tracker2invoice.plugins import Clock
from tracker2invoice_stripe.answers import Invoice
from tracker2invoice_stripe.client import StripeApi


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is remembered of a list: its newest invoice, and which references are on any."""

    newest: str
    references: frozenset[str]


_NOTHING = _Seen("", frozenset())


class CustomerLists:
    """Reads the list of a customer whole once a minute, and in between only what is newer.

    If a reference is wanted that is on an older one, the list is read whole again: that one may have changed.
    """

    def __init__(self, api: StripeApi, clock: Clock) -> None:
        self._api, self._trust = api, Trust(clock)
        self._seen: dict[str, _Seen] = {}

    def carrying(self, customer: str, references: AbstractSet[str]) -> list[Invoice]:
        """Return the customer's invoices with one of the references, whatever their state; none that was deleted.

        Raises:
            NotThere, BadAnswer, AccessDenied, TryLater: as `Session.read`; the list could not be read completely.
        """
        seen = self._seen.get(customer, _NOTHING) if self._trust.holds(customer) else _NOTHING
        if seen.newest and not seen.references & references:
            newer = self._api.newer_invoices(customer, seen.newest)
            if newer is not None:
                return self._noted(customer, seen, newer, references)
        found = self._noted(customer, _NOTHING, self._api.invoices(customer), references)
        self._trust.give(customer)
        return found

    def _noted(
        self, customer: str, seen: _Seen, newer: Iterable[Invoice], references: AbstractSet[str]
    ) -> list[Invoice]:
        newest, carried, found = "", set(seen.references), list[Invoice]()
        for invoice in newer:
            newest = newest or invoice.id
            carried |= {invoice.reference} - {""}
            if invoice.reference in references:
                found.append(invoice)
        self._seen[customer] = _Seen(newest or seen.newest, frozenset(carried))
        return found
