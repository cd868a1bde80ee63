"""When what is billed was delivered: on the day the milestone was closed, or over the time until then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from tracker2invoice.mapping.due import local_date
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.invoice import Period
from tracker2invoice.model.milestone import Milestone

Closed = tuple[Milestone, datetime]
"""A milestone and when it was closed, or counts as closed (UTC)."""


def delivery_period(contract: Contract, closed: Sequence[Closed]) -> Period | None:
    """Return the time of delivery (EN 16931 BG-14), None if a day is enough.

    It goes from the first closing to the last. If the contract has the invoice name the period, it begins when the
    first milestone was created or when the contract starts, whichever is later, but never after a milestone's closing:
    a backfill bills milestones from before the start.
    """
    days = [local_date(at, contract.timezone) for _, at in closed]
    if contract.delivery == "day":
        return Period(min(days), max(days)) if min(days) < max(days) else None
    starts = (
        min(max(_created(contract, milestone), contract.start), day)
        for (milestone, _), day in zip(closed, days, strict=True)
    )
    return Period(min(starts), max(days))


def _created(contract: Contract, milestone: Milestone) -> date:
    if milestone.created_at is None:
        return contract.start
    return local_date(milestone.created_at, contract.timezone)
