"""Ask the trackers for the work that bills depend on and store it. A list that could not be read changes nothing."""

from __future__ import annotations

from collections.abc import Iterable

from tracker2invoice.engine.bill import gather
from tracker2invoice.engine.guard import guarded
from tracker2invoice.engine.house import House
from tracker2invoice.engine.observe import Trouble
from tracker2invoice.errors import Tracker2InvoiceError
from tracker2invoice.failpoints import failpoint
from tracker2invoice.mapping.actions import Window
from tracker2invoice.mapping.comments import only_accepting
from tracker2invoice.mapping.lookup import look_up
from tracker2invoice.mapping.wanted import Wanted, wanted_work
from tracker2invoice.model.work import Work


def measure(house: House, troubles: tuple[Trouble, ...], window: Window | None = None) -> tuple[Trouble, ...]:
    """Read the work in the milestones that a plan could bill by it now; return what failed.

    `troubles` are those of the observation just made: what could not be read is not asked again. The caller holds the
    ledger's `plan` lock, so that nobody puts an older reading over a newer one.

    Raises:
        Stop: the ledger cannot be written.
    """
    if not counts_work(house):
        return ()
    facts = gather(house, troubles, now=house.clock(), window=window, released=False)
    return read_work(house, (one for one in wanted_work(look_up(facts)) if one.project not in facts.unread))


def counts_work(house: House) -> bool:
    """Say whether any contract bills or accepts by the work in milestones."""
    contracts = house.configuration.contracts
    return any(one.acceptance.needs_work or any(term.needs_work for term in one.terms) for one in contracts)


def read_work(house: House, wanted: Iterable[Wanted]) -> tuple[Trouble, ...]:
    """Read the work in each milestone, with what accepts it where that matters; return what failed.

    A project with a failure is not read any further, since a plan leaves all of it alone.

    Raises:
        Stop: the ledger cannot be written.
    """
    troubles: dict[str, Trouble] = {}
    for one in dict.fromkeys(wanted):
        if one.project in troubles:
            continue
        try:
            work = _ask(house, one)
        except Tracker2InvoiceError as error:
            troubles[one.project] = Trouble(one.project, error)
        else:
            house.ledger.record_work(one.milestone.key, only_accepting(work, one.accepting))
    return tuple(troubles.values())


def _ask(house: House, wanted: Wanted) -> Work:
    name = wanted.milestone.tracker
    with guarded(name), failpoint("tracker.work"):
        return tuple(house.tracker(name).work(wanted.milestone, wanted.comments_since, wanted.labels))
