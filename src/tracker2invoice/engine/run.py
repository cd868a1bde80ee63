"""One run from end to end: observe, plan and claim, deliver. The daemon, `run`, `backfill` and `apply` share it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker2invoice.engine.bill import carry_out, make_plan
from tracker2invoice.engine.consents import use_before_they_end
from tracker2invoice.engine.deliver import deliver_all
from tracker2invoice.engine.house import House
from tracker2invoice.engine.measure import counts_work, measure
from tracker2invoice.engine.observe import Trouble, observe
from tracker2invoice.errors import PlanChanged
from tracker2invoice.ledger.verify import refuse_damage
from tracker2invoice.mapping.actions import Plan, Window
from tracker2invoice.model.claim import Claim

PLAN_PATIENCE = timedelta(minutes=5)
"""How long a run waits for another process that is planning on the same ledger."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run: the plan, what failed, and the claims as they stand now, by reference."""

    plan: Plan
    troubles: tuple[Trouble, ...]
    claims: dict[str, Claim]


@dataclass(frozen=True, slots=True)
class Steering:
    """How the caller steers a run: `stop` is asked between claims and deliveries; `progress` counts."""

    stop: Callable[[], bool] = lambda: False
    progress: Callable[[int], None] = lambda _: None


def preview(house: House, *, window: Window | None = None, released: bool = False) -> Report:
    """Observe and plan; claim and send nothing.

    Raises:
        Stop: the ledger cannot be used.
    """
    refuse_damage(house.ledger)
    troubles = observe(house)
    # a plan that only reads must not wait for a run that is claiming
    if counts_work(house):
        with house.ledger.lock("plan", PLAN_PATIENCE):
            troubles += measure(house, troubles, window)
    the_plan = make_plan(house, troubles, window=window, released=released)
    return Report(the_plan, troubles, _claims(house))


def run(
    house: House, *, window: Window | None = None, released: bool = False, steering: Steering | None = None
) -> Report:
    """Observe, plan, claim and deliver once; use the consents that would end for want of use.

    Raises:
        Stop: the ledger cannot be used.
    """
    steering = steering or Steering()
    refuse_damage(house.ledger)
    troubles = observe(house, steering.progress)
    with house.ledger.lock("plan", PLAN_PATIENCE):
        troubles += measure(house, troubles, window)
        the_plan = make_plan(house, troubles, window=window, released=released)
        troubles += carry_out(house, the_plan, steering.stop)
    troubles += deliver_all(house, stop=steering.stop, progress=steering.progress)
    troubles += use_before_they_end(house)
    return Report(the_plan, troubles, _claims(house))


def apply(
    house: House, expected: Callable[[Plan], bool], *, as_of: datetime, steering: Steering | None = None
) -> Report:
    """Carry out the plan of `as_of` if it is exactly the one that is `expected`.

    Raises:
        PlanChanged: tracker, configuration or ledger lead to another plan by now.
        Stop: the ledger cannot be used.
    """
    steering = steering or Steering()
    refuse_damage(house.ledger)
    troubles = observe(house, steering.progress)
    with house.ledger.lock("plan", PLAN_PATIENCE):
        troubles += measure(house, troubles)
        the_plan = make_plan(house, troubles, now=as_of)
        if not expected(the_plan):
            raise PlanChanged
        troubles += carry_out(house, the_plan, steering.stop)
    troubles += deliver_all(house, stop=steering.stop, progress=steering.progress)
    return Report(the_plan, troubles, _claims(house))


def _claims(house: House) -> dict[str, Claim]:
    return {claim.reference: claim for claim in house.ledger.claims()}
