"""What holds bills that are due: the brake, and the price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from tracker2invoice.mapping.actions import Action, ActionKind, Facts, Reason
from tracker2invoice.mapping.bill import Bill, Charge
from tracker2invoice.mapping.brake import brake_contract, brake_run, keep_within_price
from tracker2invoice.model.claim import Claim, Decision, Part
from tracker2invoice.model.contract import Brake, Limit
from tracker2invoice.model.money import Money
from tracker2invoice.testing.samples import NOW, sample_claim, sample_contract, sample_draft


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def bill(reference: str, amount: Money, kind: ActionKind = "bill") -> Action:
    term = sample_contract().terms[1]
    charge = Charge(Part("work", term.id, amount), sample_contract().tax, "")
    made_of = Bill(sample_contract(amount.currency), term, (charge,))
    reason = Reason("accepted", "closed")
    return Action(kind, "acme-portal", "beta", "", None, amount, reason, reference, bill=made_of)


def billed(amount: Money) -> Claim:
    return replace(sample_claim(sample_draft()), amount=amount)


def facts(run: Limit = Limit(), contract: Limit = Limit(), *, approved: tuple[str, ...] = ()) -> Facts:  # noqa: B008
    return Facts(
        now=NOW,
        contracts=(),
        projects={},
        milestones=(),
        claims=(),
        brake=Brake(run, contract),
        decisions={one: Decision(one, "approve", "ann", NOW) for one in approved},
    )


def outcome(actions: tuple[Action, ...]) -> Mapping[str, str]:
    return {one.reference: one.reason.code if one.kind == "hold" else one.kind for one in actions}


BILLS = (bill("A", eur("100.00")), bill("B", eur("50.00")), bill("C", Money(Decimal(900), "JPY")))


@pytest.mark.parametrize(
    "limit",
    [Limit(count=3), Limit(), Limit(amount={"EUR": eur("150.00")}), Limit(amount={"USD": Money(Decimal(1), "USD")})],
)
def test_bills_up_to_the_limit_go(limit: Limit) -> None:
    assert brake_run(BILLS, facts(run=limit)) == BILLS


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (Limit(count=2), "this run: 3 bills, the limit is 2; `t2i approve --all` lets them go"),
        (
            Limit(amount={"EUR": eur("149.99")}),
            "this run: bills of 150.00 EUR, the limit is 149.99 EUR; `t2i approve --all` lets them go",
        ),
    ],
)
def test_over_the_limit_no_bill_of_the_run_goes_in_any_currency(limit: Limit, words: str) -> None:
    stopped = brake_run(BILLS, facts(run=limit))
    assert outcome(stopped) == dict.fromkeys("ABC", "brake-run")
    assert stopped[0].reason == Reason("brake-run", words, "t2i approve A")


def test_approved_bills_neither_count_nor_wait() -> None:
    within = brake_run(BILLS, facts(run=Limit(count=1), approved=("A", "C")))
    assert outcome(within) == dict.fromkeys("ABC", "bill")
    stopped = brake_run(BILLS, facts(run=Limit(count=1), approved=("A",)))
    assert outcome(stopped) == {"A": "bill", "B": "brake-run", "C": "brake-run"}


def test_what_is_no_bill_neither_counts_nor_changes() -> None:
    others = (bill("A", eur("1.00")), bill("H", eur("9.00"), "hold"), bill("N", eur("9.00"), "none"))
    assert brake_run(others, facts(run=Limit(count=1, amount={"EUR": eur("1.00")}))) == others


def test_a_person_can_lift_the_brake_for_one_plan() -> None:
    released = replace(facts(run=Limit(count=0), contract=Limit(count=0)), released=True)
    assert brake_run(BILLS, released) == BILLS
    assert brake_contract(BILLS, sample_contract(), released) == BILLS


def test_a_contracts_own_limit_replaces_the_general_one() -> None:
    general = facts(contract=Limit(count=1))
    assert outcome(brake_contract(BILLS, sample_contract(), general)) == dict.fromkeys("ABC", "brake-contract")
    own = replace(sample_contract(), brake=Limit(count=3))
    assert brake_contract(BILLS, own, general) == BILLS


def test_bills_may_make_the_price_exactly() -> None:
    contract = replace(sample_contract(), price=eur("250.00"))
    assert keep_within_price(BILLS[:2], contract, [billed(eur("100.00"))]) == BILLS[:2]


def test_bills_that_would_pass_the_price_are_held_even_if_approved_or_released() -> None:
    contract = replace(sample_contract(), price=eur("249.99"))
    held = keep_within_price(BILLS[:2], contract, [billed(eur("100.00"))])
    assert outcome(held) == {"A": "over-price", "B": "over-price"}
    assert "100.00 EUR billed and 150.00 EUR due now are more than the price of 249.99 EUR" in held[0].reason.words


def test_a_contract_whose_currency_was_changed_is_not_billed() -> None:
    held = keep_within_price(BILLS[:2], sample_contract(), [billed(Money(Decimal(5), "USD"))])
    assert outcome(held) == {"A": "over-price", "B": "over-price"}
