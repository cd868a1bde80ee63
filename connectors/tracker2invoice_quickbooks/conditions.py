"""What must be so before anything is created in a company. Reads only, and once a minute."""

from __future__ import annotations

from tracker2invoice.errors import Rejected
from tracker2invoice.finding import Trust
from tracker2invoice.model.invoice import Draft
from tracker2invoice.refusals import ENABLE_CURRENCY, PIN_ANOTHER_CLIENT, RESTORE_CLIENT
from tracker2invoice_quickbooks.answers import Currencies
from tracker2invoice_quickbooks.checks import OWN_NUMBERS
from tracker2invoice_quickbooks.lookup import Lookup
from tracker2invoice_quickbooks.payload import customer_id


class Conditions:
    """Looks at the customer of a draft and at the company; `name` is the configured name of the output, for errors."""

    def __init__(self, lookup: Lookup, name: str, trust: Trust) -> None:
        self._lookup, self._name, self._trust = lookup, name, trust

    def hold_for(self, draft: Draft) -> None:
        """Look at what was not found good within the last minute.

        Raises:
            Rejected: the draft must not be created.
            AccessDenied, TryLater: something could not be looked up.
        """
        pinned = customer_id(self._name, draft)
        for thing, look in (((pinned, draft.currency), self._customer), (draft.currency, self._company)):
            if self._trust.holds(thing):
                continue
            if problem := look(draft):
                raise Rejected(self._name, problem)
            self._trust.give(thing)

    def _customer(self, draft: Draft) -> str:
        """Never bill another customer, or one that is not active."""
        pinned = customer_id(self._name, draft)
        customer = self._lookup.customer(pinned)
        if customer is None:
            return f"customer {pinned} is not there: {PIN_ANOTHER_CLIENT}"
        if not customer.active:
            return f"customer {pinned} is not active; {RESTORE_CLIENT}"
        if customer.currency and customer.currency.value != draft.currency:
            return f"customer {pinned} is billed in {customer.currency.value} there"
        return ""

    def _company(self, draft: Draft) -> str:
        """Never send a number that the company would not keep, nor a currency that it does not have."""
        preferences = self._lookup.preferences()
        if not preferences.sales.own_numbers:
            return OWN_NUMBERS
        return without_currency(preferences.currencies, draft.currency)


def without_currency(currencies: Currencies, code: str) -> str:
    """Return what is wrong with a company that does not have a currency; empty if it has."""
    known = currencies.has(code)
    return "" if known else f"the company has no other currency than {currencies.home.value}; {ENABLE_CURRENCY}"
