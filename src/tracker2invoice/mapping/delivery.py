"""When what is billed was delivered: on the day the milestone was closed, or over the time until then."""

from __future__ import annotations

from datetime import date, datetime

from tracker2invoice.mapping.due import local_date
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.invoice import Period
from tracker2invoice.model.milestone import Milestone


def delivery_period(contract: Contract, milestone: Milestone, closed_at: datetime) -> Period | None:
    """Return the time of delivery (EN 16931 BG-14), None if the contract has the invoice name a day alone.

    It begins when the milestone was created or when the contract starts, whichever is later, but never after it ends
    on the day of the closing: a backfill bills milestones from before the start.
    """
    if contract.delivery == "day":
        return None
    end = local_date(closed_at, contract.timezone)
    return Period(min(max(_created(contract, milestone), contract.start), end), end)


def _created(contract: Contract, milestone: Milestone) -> date:
    if milestone.created_at is None:
        return contract.start
    return local_date(milestone.created_at, contract.timezone)
