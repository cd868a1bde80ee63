"""Deposits: how much of the advances that were billed a bill deducts. Never more than is left, nor than the bill."""

from __future__ import annotations

from fractions import Fraction

from tracker2invoice.model.conditions import Deposit
from tracker2invoice.model.money import Money


def drawn_now(deposit: Deposit, *, advances: Money, drawn: Money, bill: Money, done: Fraction, last: bool) -> Money:
    """Return what a bill deducts, net.

    `advances` were billed and `drawn` deducted before; `bill` is the bill without it. `done` is the share of the work
    to date in the contract sum, this bill included; `last` says that no work is left after it.
    """
    left = advances - drawn
    return max(min(_wanted(deposit, advances, drawn, bill, done, last=last), left, bill), Money.zero(bill.currency))


def _wanted(deposit: Deposit, advances: Money, drawn: Money, bill: Money, done: Fraction, *, last: bool) -> Money:
    left = advances - drawn
    match deposit.drawdown:
        case "credit":
            return Money.zero(bill.currency)
        case "end":
            return left if last else Money.zero(bill.currency)
        case "first":
            return left
        case "amount":
            return left if last or deposit.draw_amount is None else deposit.draw_amount
        case "percent":
            return left if last else bill.percent(deposit.draw_percent or Fraction(0))
        case "pro rata":
            return (
                left
                if last
                else Money.rounded(Fraction(advances.amount) * min(done, Fraction(1)), bill.currency) - drawn
            )
