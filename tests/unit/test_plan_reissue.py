"""What becomes of a claim that a person had reissued: billed again once, with the same amount, under the same rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tracker2invoice.engine.standing import standings
from tracker2invoice.mapping.actions import Action, Facts, Window
from tracker2invoice.mapping.lookup import look_up
from tracker2invoice.mapping.plan import plan
from tracker2invoice.mapping.reissue import objection
from tracker2invoice.model.claim import Claim, Decision, Delivery, DeliveryState
from tracker2invoice.model.contract import Brake, Contract, Limit
from tracker2invoice.model.invoice import reference
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match, Term
from tracker2invoice.testing.samples import NOW, sample_contract, sample_milestone

CONTRACT = sample_contract(outputs=("books", "files"))
BETA = sample_milestone("Beta", project_id="1")
DESIGN = sample_milestone("Design", 2, project_id="1")
OPEN = replace(BETA, state="open", closed_at=None, open_items=1)
REF, NEXT, THIRD = (reference("acme-portal", "beta", BETA.key, generation) for generation in (1, 2, 3))
BILLED_AT = NOW - timedelta(hours=20)


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def claim(*states: DeliveryState, generation: int = 1, reason: str = "", **changes: Any) -> Claim:
    """A claim of the term beta with a delivery to `books`, and one to `files` if there is a second state."""
    own = reference("acme-portal", "beta", BETA.key, generation)
    deliveries = tuple(
        Delivery(own, output, state, reason=reason) for output, state in zip(("books", "files"), states, strict=False)
    )
    bare = Claim(own, "acme-portal", "beta", BETA.key, generation, eur("30000.00"), "", BILLED_AT, deliveries)
    return replace(bare, **changes)


def decided(*references: str, decision: Any = "reissue", note: str = "") -> dict[str, Decision]:
    return {one: Decision(one, decision, "ann", NOW, note) for one in references}


def facts(
    *claims: Claim,
    milestones: Sequence[Milestone] = (BETA,),
    contracts: Sequence[Contract] = (CONTRACT,),
    **changes: Any,
) -> Facts:
    bare = Facts(
        now=NOW,
        contracts=tuple(contracts),
        projects={"github:acme/portal": Project("github", "1", "acme/portal", "")},
        milestones=tuple(milestones),
        claims=claims or (claim("gone"),),
        brake=Brake(Limit(), Limit()),
        decisions=decided(REF),
    )
    return replace(bare, **changes)


def of_term(made: Facts, term: str = "beta") -> Action:
    """The one action about the term."""
    [action] = [one for one in plan(made).actions if one.term == term]
    return action


def verdict(made: Facts) -> tuple[str, str, str]:
    action = of_term(made)
    return action.kind, action.reason.code, action.reference


def against(made: Facts, about: Claim) -> str:
    return objection(about, look_up(made))


@pytest.mark.parametrize("states", [("gone",), ("rejected",), ("gone", "rejected")])
def test_reissued_the_same_milestone_and_amount_are_billed_again_under_the_next_reference(
    states: tuple[DeliveryState, ...],
) -> None:
    action = of_term(facts(claim(*states), decisions=decided(REF, note="wrong client")))
    assert (action.kind, action.reason.code, action.reference) == ("bill", "reissued", NEXT)
    assert (action.milestone, action.amount, action.generation) == (BETA, eur("30000.00"), 2)
    assert action.outputs == ("books", "files")
    assert action.reason.words.startswith(f"in the place of {REF}, decided by ann (wrong client); closed")


def test_delivery_gone_names_both_ways_out() -> None:
    action = of_term(facts(decisions={}))
    assert (action.kind, action.reason.code, action.reason.command) == ("hold", "delivery-gone", f"t2i approve {REF}")
    assert f"`t2i reissue {REF}`" in action.reason.words


def test_delivery_gone_proposes_no_reissue_while_another_document_is_there() -> None:
    action = of_term(facts(claim("gone", "delivered"), decisions={}))
    assert "reissue" not in action.reason.words


@pytest.mark.parametrize("state", ["pending", "sending", "delivered", "held"])
def test_what_has_a_document_or_may_get_one_is_not_billed_again_whatever_was_decided(state: DeliveryState) -> None:
    made = plan(facts(claim("gone", state)))
    assert made.of_kind("bill") == ()


def test_the_amount_stays_although_the_price_has_changed_since() -> None:
    dearer = replace(CONTRACT, price=eur("70000.00"))
    assert of_term(facts(contracts=[dearer])).amount == eur("30000.00")


def test_reissued_twice_the_third_generation_is_billed() -> None:
    made = facts(claim("gone"), claim("gone", generation=2), decisions=decided(REF, NEXT))
    assert verdict(made) == ("bill", "reissued", THIRD)


def test_once_billed_again_the_new_claim_alone_is_spoken_of() -> None:
    made = facts(claim("gone"), claim("delivered", generation=2))
    assert verdict(made) == ("none", "already-billed", NEXT)


def test_a_new_document_that_is_gone_too_waits_for_a_person() -> None:
    made = facts(claim("gone"), claim("gone", generation=2))
    assert verdict(made) == ("hold", "delivery-gone", NEXT)


def test_what_is_billed_again_counts_once_against_the_price() -> None:
    """All 60000.00 are billed; without the old claim's 30000.00 nothing would be left for it."""
    others = (
        claim("delivered", term="design", reference="T2I-D", milestone_key="x", amount=eur("18000.00")),
        claim("delivered", term="acceptance", reference="T2I-A", milestone_key="y", amount=eur("12000.00")),
    )
    assert verdict(facts(claim("gone"), *others)) == ("bill", "reissued", NEXT)


def test_what_waits_to_be_billed_again_still_takes_its_part_of_the_price() -> None:
    """30000.00 of 50000.00 are taken although the milestone is open; half of the price is not left for the rest."""
    halves = replace(
        CONTRACT,
        price=eur("50000.00"),
        terms=(
            Term("beta", Match("title", "Beta"), percent=Fraction(50)),
            Term("rest", Match("title", "Design"), percent=Fraction(50)),
        ),
    )
    made = facts(milestones=[OPEN, DESIGN], contracts=[halves])
    assert of_term(made, "rest").reason.code == "over-price"


def test_over_price_after_a_lower_price_nothing_is_billed_again_that_would_pass_it() -> None:
    cheaper = replace(CONTRACT, price=eur("29999.99"))
    action = of_term(facts(contracts=[cheaper]))
    assert (action.kind, action.reason.code) == ("hold", "over-price")
    assert "0.00 EUR billed and 30000.00 EUR due now" in action.reason.words


def test_over_price_after_a_change_of_currency_nothing_is_billed_again() -> None:
    action = of_term(facts(contracts=[sample_contract("USD")]))
    assert (action.kind, action.reason.code, action.amount) == ("hold", "over-price", eur("30000.00"))


def test_the_shares_of_other_terms_are_those_of_before() -> None:
    thirds = replace(
        CONTRACT,
        price=eur("100.00"),
        terms=tuple(Term(title, Match("title", title), percent=Fraction(100, 3)) for title in ("Beta", "Design", "C")),
    )
    old = claim("gone", term="Beta", amount=eur("33.34"))
    now = facts(old, contracts=[thirds], milestones=[BETA, DESIGN], decisions=decided(old.reference))
    assert [str(one.amount) for one in plan(now).actions if one.amount] == ["33.34 EUR", "33.33 EUR", "33.33 EUR"]
    later = replace(now, claims=(old, replace(old, generation=2, reference="T2I-NEW")))
    assert [str(one.amount) for one in plan(later).actions if one.amount] == ["33.34 EUR", "33.33 EUR", "33.33 EUR"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"milestones": [OPEN]}, "not-closed"),
        ({"unread": {"github:acme/portal": "down"}}, "project-unread"),
        ({"gone": frozenset({BETA.key})}, "milestone-gone"),
        ({"decisions": decided(REF) | decided(NEXT, decision="hold")}, "held-by-person"),
        ({"brake": Brake(Limit(count=0), Limit())}, "brake-run"),
        ({"brake": Brake(Limit(), Limit(count=0))}, "brake-contract"),
        ({"window": Window(date(2020, 1, 1), date(2020, 1, 2))}, "outside-window"),
    ],
)
def test_the_usual_rules_count_for_what_is_billed_again(changes: dict[str, Any], code: str) -> None:
    action = of_term(facts(**changes))
    assert (action.kind != "bill", action.reason.code, action.reference) == (True, code, NEXT)


def test_an_approval_of_the_new_reference_lifts_the_brake() -> None:
    made = facts(brake=Brake(Limit(count=0), Limit()), decisions=decided(REF) | decided(NEXT, decision="approve"))
    assert verdict(made) == ("bill", "reissued", NEXT)


def test_what_a_backfill_billed_is_billed_again_although_it_was_closed_before_the_start() -> None:
    later = replace(CONTRACT, start=NOW.date() + timedelta(days=1))
    assert verdict(facts(contracts=[later])) == ("bill", "reissued", NEXT)


def test_it_is_the_same_milestone_that_is_billed_again_even_if_another_matches_and_is_approved() -> None:
    twin = replace(BETA, id="12", number=2)
    approved = decided(reference("acme-portal", "beta", twin.key, 1), decision="approve")
    made = plan(facts(milestones=[BETA, twin], decisions=decided(REF) | approved))
    assert [(one.milestone, one.reference) for one in made.of_kind("bill")] == [(BETA, NEXT)]
    assert [one.reason.code for one in made.actions if one.milestone == twin] == ["term-billed"]


def test_a_milestone_that_was_renamed_is_billed_again_for_its_term() -> None:
    assert verdict(facts(milestones=[replace(BETA, title="Something else")])) == ("bill", "reissued", NEXT)


@pytest.mark.parametrize(
    "contracts",
    [[], [replace(CONTRACT, terms=CONTRACT.terms[:1])], [replace(CONTRACT, projects=("github:acme/shop",))]],
    ids=["contract", "term", "project"],
)
def test_reissue_waits_for_a_contract_term_or_project_that_the_configuration_lost(contracts: list[Contract]) -> None:
    made = facts(contracts=contracts)
    assert verdict(made) == ("hold", "reissue-waits", REF)
    assert "no longer has" in against(replace(made, decisions={}), claim("gone"))


def test_the_standing_counts_the_latest_claim_alone() -> None:
    old, new = claim("gone"), claim("delivered", generation=2)
    for claims in ((old,), (old, new), (new, old)):
        made = facts(*claims)
        [standing] = standings(made.contracts, plan(made), claims)
        assert (standing.billed, standing.open) == (eur("30000.00"), eur("30000.00"))
        assert [one.state for one in standing.terms if one.id == "beta"] == ["delivered" if new in claims else "billed"]


@pytest.mark.parametrize(
    ("state", "reason", "way"),
    [
        ("pending", "", "t2i run"),
        ("sending", "", "t2i run"),
        ("held", "several-matches", f"t2i retry {REF}"),
        ("held", "differs", f"t2i approve {REF}"),
        ("held", "reopened", f"t2i approve {REF}"),
        ("delivered", "", "correct it there"),
    ],
)
def test_a_reissue_is_refused_with_the_state_and_the_way_out(state: DeliveryState, reason: str, way: str) -> None:
    alive = claim("gone", state, reason=reason)
    words = against(facts(alive, decisions={}), alive)
    assert words.startswith(f"files {state}: ")
    assert way in words


def test_a_reissue_is_refused_once_it_was_decided_or_billed() -> None:
    assert NEXT in against(facts(), claim("gone"))
    made = facts(claim("gone"), claim("gone", generation=2), decisions={})
    assert against(made, claim("gone")) == f"the term was billed again as {NEXT}"


@pytest.mark.parametrize("states", [("gone",), ("rejected",), ("rejected", "gone")])
def test_nothing_stands_against_a_reissue_once_no_document_is_left(states: tuple[DeliveryState, ...]) -> None:
    assert against(facts(claim(*states), decisions={}), claim(*states)) == ""


def test_what_an_output_refused_twice_in_a_row_is_not_reissued() -> None:
    """A restored older ledger looks one generation ahead: it would miss a third without a trace of the second."""
    refused, gone = claim("rejected"), claim("gone")
    again = claim("rejected", generation=2)
    assert f"`t2i retry {NEXT}`" in against(facts(refused, again, decisions={}), again)
    assert against(facts(gone, again, decisions={}), again) == ""
    assert against(facts(refused, claim("gone", generation=2), decisions={}), claim("gone", generation=2)) == ""


def test_what_another_shared_document_may_bill_is_not_reissued() -> None:
    """The next number is no next generation: it may bill anything, this claim among it."""
    there = claim("gone", reason="replaced")
    assert objection(there, look_up(facts(there, decisions={}))) == ""
    shared = facts(there, contracts=[replace(CONTRACT, invoice_per="run")], decisions={})
    assert "look at that document, and approve if it does" in objection(there, look_up(shared))
