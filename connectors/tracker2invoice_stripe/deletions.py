"""The drafts of ours that were deleted in a Stripe account, of which its list of invoices shows nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tracker2invoice.finding import Trust
from tracker2invoice.plugins import Clock
from tracker2invoice_stripe.answers import Deleted
from tracker2invoice_stripe.client import StripeApi

_LIST = "deleted drafts"


class Deletions:
    """Reads the list, which is one for all customers, at most once a minute.

    What is missed for so long is a draft that the ledger has forgotten and that was deleted in this very minute. The
    attempts of one delivery are further apart.
    """

    def __init__(self, api: StripeApi, clock: Clock) -> None:
        self._api, self._trust = api, Trust(clock)
        self._drafts: tuple[Deleted, ...] = ()

    def of(self, references: Collection[str]) -> Iterator[Deleted]:
        """Yield the deleted drafts with one of the references. Raises what `Session.read` raises."""
        if not self._trust.holds(_LIST):
            self._drafts = tuple(one for one in self._api.deleted_drafts() if one.reference)
            self._trust.give(_LIST)
        return (one for one in self._drafts if one.reference in references)
