"""Take each output's open deliveries to it, under its lock; what one of them goes through is in `courier`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from tracker2invoice.engine.amend import LOCK_PATIENCE, output_lock
from tracker2invoice.engine.courier import LONGEST_WAIT, Courier
from tracker2invoice.engine.house import House
from tracker2invoice.engine.observe import Trouble
from tracker2invoice.errors import ConfigInvalid, FixConfig, LedgerBusy, Problem, Rejected
from tracker2invoice.model.claim import Delivery


def deliver_all(
    house: House,
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Trouble, ...]:
    """Work through every output's open deliveries; return what failed. `stop` is asked before each delivery.

    Raises:
        Stop: the ledger itself cannot be used any more.
    """
    troubles: list[Trouble] = []
    for name in house.configuration.outputs:
        if not house.ledger.open_deliveries(name):
            continue
        try:
            with house.ledger.lock(output_lock(name), LOCK_PATIENCE):
                troubles.extend(_deliver_to(house, name, stop, progress))
        except (FixConfig, LedgerBusy) as error:
            troubles.append(Trouble(f"outputs.{name}", error))
    return (*troubles, *_stranded(house))


def _stranded(house: House) -> Iterator[Trouble]:
    """Name the outputs that drafts wait for and the configuration no longer has."""
    for name, count in house.ledger.waiting().items():
        if name in house.configuration.outputs:
            continue
        words = f"drafts wait for this output, which is not configured any more ({count}); put it back"
        problem = Problem(house.configuration.path.name, f"outputs.{name}", "", words)
        yield Trouble(f"outputs.{name}", ConfigInvalid((problem,)))


def _deliver_to(
    house: House, name: str, stop: Callable[[], bool], progress: Callable[[int], None]
) -> Iterator[Trouble]:
    courier = Courier(house, name, house.output(name))
    for group in courier.groups(_due(house, name)):
        if stop():
            return
        for reference, error in courier.deliver(group, stop):
            if error:
                yield Trouble(reference, error)
            if error and not isinstance(error, Rejected):
                return
            progress(1)


def _due(house: House, output: str) -> list[Delivery]:
    now = house.clock()
    due = [one for one in house.ledger.open_deliveries(output) if not _has_to_wait(one, now)]
    # what may already be there waits behind what certainly is not, so that one bad document blocks nobody
    return sorted(due, key=lambda delivery: delivery.state == "sending")


def _has_to_wait(delivery: Delivery, now: datetime) -> bool:
    return delivery.not_before is not None and now < delivery.not_before <= now + LONGEST_WAIT
