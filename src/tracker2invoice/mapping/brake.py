"""What stops bills that were found due: a price that would be passed, and the brake.

**The brake** stops a run that would do far more than usual. If the bills of one contract that nobody has
approved exceed the contract's limit, by count or by amount, none of them is billed. If what the contracts
let through then exceeds the limit of the run, none of it is billed, of any contract and in any currency.
There is no first come, first served: which bill gets through should not depend on an order. Approved bills
neither count nor wait.

**The price** is no brake, and nobody can approve it away: a contract never bills more work than its sum.

**The minimum** lets small bills wait for the next, until no work is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tracker2invoice.mapping.actions import Action, Facts, Reason
from tracker2invoice.mapping.allocate import contract_sum
from tracker2invoice.mapping.text import plural
from tracker2invoice.model.claim import Claim
from tracker2invoice.model.contract import Contract, Limit
from tracker2invoice.model.money import Money

Actions = tuple[Action, ...]

STOPPED = ("over-price", "below-minimum", "brake-contract", "brake-run")
"""The codes of the reasons for which this module stops bills."""


def keep_within_price(actions: Actions, agreed: Contract, billed: Sequence[Claim]) -> Actions:
    """Hold the contract's bills if, with what was billed before, they pass its sum or mix currencies.

    `agreed` is the contract with the change orders of today. The work counts, before anything is held back or deducted.
    """
    bills = _bills(actions)
    words = _over_price(agreed, billed, bills)
    if not words:
        return actions
    return _hold(actions, bills, lambda _: Reason("over-price", words, "t2i check"))


def another_currency(currency: str) -> str:
    """Say that the contract has changed its currency since it was billed."""
    return f"the contract was billed in another currency than {currency} before"


def carry_over(actions: Actions, agreed: Contract, *, last: bool) -> Actions:
    """Let bills that together make less than the contract's minimum wait, unless they are the `last`."""
    bills, minimum = _bills(actions), agreed.minimum
    due = _sum(bills, agreed.currency)
    if not bills or last or minimum is None or minimum <= due:
        return actions
    reason = Reason(
        "below-minimum", f"{due} is less than the {minimum} that an invoice makes at least; it is carried over"
    )
    return tuple(replace(one, kind="none", reason=reason) if one.kind == "bill" else one for one in actions)


def brake_contract(actions: Actions, contract: Contract, facts: Facts) -> Actions:
    """Hold the contract's unapproved bills if they exceed its own limit or, without one, the general one."""
    unapproved = _unapproved(actions, facts)
    words = _exceeded(contract.brake or facts.brake.contract, unapproved)
    if not words or facts.released:
        return actions
    return _hold(actions, unapproved, lambda bill: Reason("brake-contract", f"this contract: {words}", _command(bill)))


def brake_run(actions: Actions, facts: Facts) -> Actions:
    """Hold all unapproved bills of the plan if they exceed the limit of a run."""
    unapproved = _unapproved(actions, facts)
    words = _exceeded(facts.brake.run, unapproved)
    if not words or facts.released:
        return actions
    return _hold(actions, unapproved, lambda bill: Reason("brake-run", f"this run: {words}", _command(bill)))


def _bills(actions: Actions) -> tuple[Action, ...]:
    return tuple(action for action in actions if action.kind == "bill")


def _unapproved(actions: Actions, facts: Facts) -> tuple[Action, ...]:
    return tuple(bill for bill in _bills(actions) if not facts.approved(bill.reference))


def _hold(actions: Actions, bills: Iterable[Action], reason: Callable[[Action], Reason]) -> Actions:
    held = {bill.reference for bill in bills}
    return tuple(
        replace(action, kind="hold", reason=reason(action))
        if action.kind == "bill" and action.reference in held
        else action
        for action in actions
    )


def _over_price(agreed: Contract, billed: Sequence[Claim], bills: Sequence[Action]) -> str:
    if not bills:
        return ""
    due = [bill.amount for bill in bills if bill.amount]
    if any(amount.currency != agreed.currency for amount in (*due, *(claim.amount for claim in billed))):
        return another_currency(agreed.currency)
    before = Money.sum((claim.work for claim in billed), agreed.currency)
    now = Money.sum((bill.bill.work for bill in bills if bill.bill), agreed.currency)
    if before + now <= contract_sum(agreed):
        return ""
    what = f"the price of {agreed.price}"
    if agreed.change_orders:
        what += f" with change orders, {contract_sum(agreed)}"
    return f"{before} billed and {now} due now are more than {what}; correct the contract"


def _exceeded(limit: Limit, bills: Sequence[Action]) -> str:
    """Say in words what exceeds the limit, nothing if all of it is within."""
    if limit.count is not None and len(bills) > limit.count:
        return f"{plural(len(bills), 'bill')}, the limit is {limit.count}; `t2i approve --all` lets them go"
    for currency, most in sorted(limit.amount.items()):
        if most < (amount := _sum(bills, currency)):
            return f"bills of {amount}, the limit is {most}; `t2i approve --all` lets them go"
    return ""


def _sum(bills: Iterable[Action], currency: str) -> Money:
    amounts = (bill.amount for bill in bills)
    return Money.sum((one for one in amounts if one and one.currency == currency), currency)


def _command(bill: Action) -> str:
    return f"t2i approve {bill.reference}"
