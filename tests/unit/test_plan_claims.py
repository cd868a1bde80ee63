"""What becomes of terms that were billed: reopened milestones, documents that did not arrive, changed contracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tracker2invoice.mapping.actions import Action, Facts
from tracker2invoice.mapping.plan import plan
from tracker2invoice.model.claim import Claim, Decision, Delivery, DeliveryState, DocumentState, Receipt
from tracker2invoice.model.contract import Acceptance, Brake, Contract, InvoicePer, Limit
from tracker2invoice.model.invoice import reference
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match, Term
from tracker2invoice.testing.samples import NOW, sample_contract, sample_milestone

CONTRACT = sample_contract()
BETA = sample_milestone("Beta", project_id="1")
REOPENED = replace(BETA, state="open", closed_at=None, open_items=1)
REF = reference("acme-portal", "beta", BETA.key, 1)
BILLED_AT = NOW - timedelta(hours=20)


IN_DRAFT = Receipt("doc-1", "INV-1", "", "draft")


def delivery(state: DeliveryState, output: str = "books", **changes: Any) -> Delivery:
    return replace(Delivery(REF, output, state), **changes)


def claim(*deliveries: Delivery, **changes: Any) -> Claim:
    bare = Claim(
        reference=REF,
        contract="acme-portal",
        term="beta",
        milestone_key=BETA.key,
        generation=1,
        amount=Money(Decimal("30000.00"), "EUR"),
        draft_sha256="",
        claimed_at=BILLED_AT,
        deliveries=deliveries or (delivery("delivered"),),
    )
    return replace(bare, **changes)


def facts(milestone: Milestone, *claims: Claim, contracts: Sequence[Contract] = (CONTRACT,), **changes: Any) -> Facts:
    bare = Facts(
        now=NOW,
        contracts=tuple(contracts),
        projects={"github:acme/portal": Project("github", "1", "acme/portal", "")},
        milestones=(milestone,),
        claims=claims,
        brake=Brake(Limit(), Limit()),
    )
    return replace(bare, **changes)


def decided(decision: Any, after: timedelta = timedelta(hours=1)) -> dict[str, Decision]:
    return {REF: Decision(REF, decision, "ann", BILLED_AT + after)}


def about(made: Facts) -> Action:
    """The one action about the claim."""
    [action] = [one for one in plan(made).actions if one.reference == REF]
    return action


def verdict(made: Facts) -> tuple[str, str]:
    action = about(made)
    return action.kind, action.reason.code


def test_already_billed_says_with_which_reference() -> None:
    action = about(facts(BETA, claim()))
    assert (action.kind, action.reason.code) == ("none", "already-billed")
    assert REF in action.reason.words
    assert (action.project, action.milestone, action.outputs) == ("github:acme/portal", BETA, ("books",))


def test_term_billed_another_milestone_of_a_billed_term_is_not_billed() -> None:
    twin = replace(BETA, id="12", number=2)
    made = plan(replace(facts(BETA, claim()), milestones=(BETA, twin)))
    [action] = [one for one in made.actions if one.milestone == twin]
    assert (action.kind, action.reason.code, action.reference) == ("none", "term-billed", "")
    assert REF in action.reason.words


def test_a_billed_milestone_that_the_tracker_lost_stays_billed() -> None:
    action = about(facts(BETA, claim(), gone=frozenset({BETA.key})))
    assert action.reason.code == "already-billed"
    assert "no longer has the milestone" in action.reason.words
    assert about(replace(facts(BETA, claim()), milestones=())).reason.words == action.reason.words


def test_reopened_a_bill_of_which_nothing_has_left_is_withdrawn() -> None:
    action = about(facts(REOPENED, claim(delivery("pending"), delivery("pending", "files"))))
    assert (action.kind, action.reason.code) == ("withdraw", "reopened")
    assert "nothing has left" in action.reason.words


def test_reopened_a_bill_that_an_earlier_attempt_may_have_brought_over_says_so() -> None:
    action = about(facts(REOPENED, claim(delivery("pending", first_sent_at=BILLED_AT))))
    assert (action.kind, action.reason.code) == ("withdraw", "reopened")
    assert "not confirmed" in action.reason.words


WITHDRAWN = claim(delivery("held", reason="reopened"))


def test_withdrawn_it_stays_so_while_the_milestone_is_open() -> None:
    assert verdict(facts(REOPENED, WITHDRAWN)) == ("none", "withdrawn")


def test_closed_again_the_same_draft_goes_out() -> None:
    action = about(facts(BETA, WITHDRAWN))
    assert (action.kind, action.reason.code, action.amount) == ("release", "closed-again", WITHDRAWN.amount)


def test_closed_again_the_contracts_acceptance_counts_anew() -> None:
    strict = replace(CONTRACT, acceptance=Acceptance(all_issues_closed=True))
    assert verdict(facts(replace(BETA, open_items=1), WITHDRAWN, contracts=[strict])) == ("none", "items-open")


def test_closed_again_a_persons_hold_still_counts() -> None:
    assert verdict(facts(BETA, WITHDRAWN, decisions=decided("hold"))) == ("hold", "held-by-person")


def test_a_person_can_let_a_withdrawn_bill_go_although_the_milestone_is_open() -> None:
    strict = replace(CONTRACT, acceptance=Acceptance(all_issues_closed=True))
    withdrawn = facts(REOPENED, WITHDRAWN, contracts=[strict], decisions=decided("approve"))
    assert verdict(withdrawn) == ("release", "closed-again")
    assert verdict(facts(REOPENED, claim(delivery("pending")), decisions=decided("approve"))) == (
        "none",
        "already-billed",
    )


@pytest.mark.parametrize("milestone", [BETA, REOPENED])
def test_project_unread_nothing_is_withdrawn_or_released(milestone: Milestone) -> None:
    waiting = claim(delivery("pending")) if milestone is REOPENED else WITHDRAWN
    made = facts(milestone, waiting, unread={"github:acme/portal": "down"})
    assert verdict(made) == ("none", "project-unread")


@pytest.mark.parametrize("state", ["delivered", "sending", "held", "rejected", "gone"])
def test_reopened_after_billing_waits_for_a_person(state: DeliveryState) -> None:
    action = about(facts(REOPENED, claim(delivery(state), delivery("pending", "files"))))
    assert (action.kind, action.reason.code) == ("hold", "reopened-after-billing")
    assert action.reason.command == f"t2i approve {REF}"
    assert f"books {state}, files pending" in action.reason.words


def test_approved_after_billing_a_reopened_milestone_is_kept_as_billed() -> None:
    action = about(facts(REOPENED, claim(), decisions=decided("approve")))
    assert (action.kind, action.reason.code) == ("none", "already-billed")
    assert "kept as billed by ann" in action.reason.words


def test_an_approval_given_before_the_bill_does_not_keep_it_after_a_reopening() -> None:
    early = decided("approve", after=-timedelta(seconds=1))
    assert verdict(facts(REOPENED, claim(), decisions=early)) == ("hold", "reopened-after-billing")


def test_closed_again_after_delivery_it_is_not_billed_twice() -> None:
    closed_later = replace(BETA, closed_at=NOW, updated_at=NOW)
    assert verdict(facts(closed_later, claim())) == ("none", "already-billed")


def test_delivery_rejected_says_why_and_how_to_send_it_again() -> None:
    action = about(facts(BETA, claim(delivery("rejected", detail="no such account"), delivery("delivered", "files"))))
    assert (action.kind, str(action.reason)) == ("hold", "delivery-rejected: books: no such account")
    assert action.reason.command == f"t2i retry {REF}"


def test_delivery_held_says_why_and_how_to_send_it_again() -> None:
    held = delivery("held", reason="several-matches", detail="2 documents\nwith this reference")
    action = about(facts(BETA, claim(held)))
    assert (action.kind, str(action.reason)) == ("hold", "delivery-held: books: 2 documents with this reference")
    assert action.reason.command == f"t2i retry {REF}"


def test_delivery_held_because_the_document_differs_is_settled_by_approving_it() -> None:
    action = about(facts(BETA, claim(delivery("held", reason="differs", detail="gross is 1 there"))))
    assert (action.reason.code, action.reason.command) == ("delivery-held", f"t2i approve {REF}")


def test_held_by_person_a_delivery_that_a_person_held_waits_for_that_person() -> None:
    held = claim(delivery("held", reason="held-by-person"))
    action = about(facts(BETA, held, decisions=decided("hold")))
    assert (action.kind, action.reason.code) == ("hold", "held-by-person")
    assert action.reason.command == f"t2i approve {REF}"


def test_delivery_gone_a_document_deleted_over_there_waits_for_a_person_who_may_accept_that() -> None:
    gone = claim(delivery("gone", detail="the document was void over there"))
    action = about(facts(BETA, gone))
    assert (action.kind, action.reason.code, action.reason.command) == ("hold", "delivery-gone", f"t2i approve {REF}")
    assert verdict(facts(BETA, gone, decisions=decided("approve"))) == ("none", "already-billed")


def test_term_changed_the_billed_amount_stays_and_the_difference_is_shown() -> None:
    dearer = replace(CONTRACT, price=Money(Decimal("70000.00"), "EUR"))
    action = about(facts(BETA, claim(), contracts=[dearer]))
    assert (action.kind, action.reason.code, str(action.amount)) == ("none", "term-changed", "30000.00 EUR")
    assert "make it 35000.00 EUR, a difference of 5000.00 EUR" in action.reason.words


def test_a_change_of_currency_is_a_changed_term_and_stops_further_bills() -> None:
    dollars = sample_contract("USD")
    design = replace(BETA, id="12", number=2, title="Design")
    made = plan(replace(facts(BETA, claim(), contracts=[dollars]), milestones=(BETA, design)))
    assert [(one.kind, one.reason.code) for one in made.actions[:2]] == [
        ("hold", "over-price"),
        ("none", "term-changed"),
    ]


@pytest.mark.parametrize(
    ("contracts", "what"), [([replace(CONTRACT, terms=CONTRACT.terms[:1])], "term"), ([], "contract")]
)
def test_term_removed_a_bill_outlives_its_term_and_its_contract(contracts: list[Contract], what: str) -> None:
    action = about(facts(BETA, claim(), contracts=contracts))
    assert (action.kind, action.reason.code, action.term) == ("none", "term-removed", "beta")
    assert action.reason.words == f"billed 30000.00 EUR; the configuration no longer has the {what}"
    assert action.project == "github:acme/portal"


def test_a_withdrawn_bill_without_a_contract_waits_for_a_person() -> None:
    assert verdict(facts(BETA, WITHDRAWN, contracts=[])) == ("hold", "delivery-held")


def test_the_bills_of_removed_terms_come_last() -> None:
    ghosts = [claim(contract=name, term=name, reference=f"T2I-{name}") for name in ("z", "b")]
    made = plan(facts(BETA, claim(), *ghosts))
    assert [one.contract for one in made.actions[-2:]] == ["b", "z"]


@pytest.mark.parametrize(
    "renamed",
    [
        replace(CONTRACT, terms=(replace(CONTRACT.terms[1], id="beta-release"),)),
        replace(CONTRACT, id="acme-portal-2026"),
    ],
    ids=["term", "contract"],
)
def test_renaming_a_term_or_contract_in_the_configuration_bills_nothing_again(renamed: Contract) -> None:
    made = plan(facts(BETA, claim(), contracts=[renamed]))
    assert made.of_kind("bill") == ()
    [hold] = made.of_kind("hold")
    assert hold.reason.code == "two-terms"
    assert f"(billed as {REF})" in hold.reason.words


def test_a_billed_milestone_that_is_renamed_does_not_bill_the_term_of_its_new_name() -> None:
    made = plan(facts(replace(BETA, title="Design"), claim()))
    assert made.of_kind("bill") == ()
    assert [(one.term, one.reason.code) for one in made.of_kind("hold")] == [("design", "two-terms")]
    assert verdict(facts(replace(BETA, title="Design"), claim())) == ("none", "already-billed")


def test_a_billed_milestone_that_matches_no_term_any_more_is_billed_and_not_without_a_term() -> None:
    made = plan(facts(replace(BETA, title="Something else"), claim()))
    assert [one.reason.code for one in made.actions if one.milestone] == ["already-billed"]


def test_over_price_after_a_lower_price_nothing_more_is_billed_than_it_allows() -> None:
    """30000.00 was billed; half of the new price of 50000.00 would make 55000.00."""
    halves = replace(
        CONTRACT,
        price=Money(Decimal("50000.00"), "EUR"),
        terms=(
            Term("beta", Match("title", "Beta"), percent=Fraction(50)),
            Term("rest", Match("title", "Rest"), percent=Fraction(50)),
        ),
    )
    rest = replace(BETA, id="12", number=2, title="Rest")
    made = plan(replace(facts(BETA, claim(), contracts=[halves]), milestones=(BETA, rest)))
    [hold] = made.of_kind("hold")
    assert (hold.term, hold.reason.code, hold.reason.command) == ("rest", "over-price", "t2i check")


def test_a_withdrawn_draft_whose_contract_is_gone_waits_for_a_person_and_not_for_a_poll_that_never_comes() -> None:
    """Nobody polls the project any more: what was wrong with its last poll would stand for ever."""
    withdrawn = claim(delivery("held", reason="reopened", detail="the milestone was reopened"))
    made = facts(BETA, withdrawn, contracts=(), unread={"github:acme/portal": "403"})
    assert verdict(made) == ("hold", "delivery-held")
    assert about(made).reason.command == f"t2i approve {REF}"
    assert verdict(replace(made, decisions=decided("approve"))) == ("release", "closed-again")


@pytest.mark.parametrize(("reason", "verdict"), [("differs", "document-differs"), ("several-matches", "accepted")])
def test_document_differs_nothing_is_put_on_a_shared_document_behind_one_that_may_bill_it(
    reason: str, verdict: str
) -> None:
    """An older ledger collects other bills than before, and takes the number of a document that bills these."""
    design = sample_milestone("Design", number=2, project_id="1")
    shared = claim(delivery("held", reason=reason), documents=("T2I-AAAAAAAAAAAA",))
    cases: tuple[tuple[InvoicePer, str], ...] = (("run", verdict), ("term", "accepted"))
    for per, expected in cases:
        made = facts(BETA, shared, contracts=[replace(CONTRACT, invoice_per=per)])
        [action] = [one for one in plan(replace(made, milestones=(BETA, design))).actions if one.term == "design"]
        assert action.reason.code == expected


WITHDRAWING = replace(CONTRACT, reopened="withdraw")


def in_draft(**changes: Any) -> Claim:
    return claim(delivery("delivered", receipt=replace(IN_DRAFT, **changes)))


def test_by_policy_a_draft_that_nobody_has_sent_is_deleted_when_its_milestone_is_reopened() -> None:
    assert verdict(facts(REOPENED, in_draft(), contracts=[WITHDRAWING])) == ("withdraw", "reopened")
    assert verdict(facts(REOPENED, in_draft())) == ("hold", "reopened-after-billing")


@pytest.mark.parametrize("state", ["sent", "paid", "unknown"])
def test_what_may_have_been_sent_is_never_deleted_by_policy(state: DocumentState) -> None:
    made = facts(REOPENED, in_draft(state=state), contracts=[WITHDRAWING])
    assert verdict(made) == ("hold", "reopened-after-billing")


def test_a_draft_that_a_person_changed_is_not_deleted_by_policy() -> None:
    changed = claim(delivery("delivered", receipt=IN_DRAFT, reason="edited", detail="gross is 1 there"))
    assert verdict(facts(REOPENED, changed, contracts=[WITHDRAWING])) == ("hold", "reopened-after-billing")


def test_a_draft_that_another_open_delivery_goes_with_is_not_deleted_by_policy() -> None:
    made = claim(delivery("delivered", receipt=IN_DRAFT), delivery("sending", "files"))
    assert verdict(facts(REOPENED, made, contracts=[WITHDRAWING])) == ("hold", "reopened-after-billing")


def test_a_deleted_draft_waits_for_its_milestone_and_then_for_a_person() -> None:
    deleted = claim(delivery("gone", reason="withdrawn", detail="the draft was deleted"))
    assert verdict(facts(REOPENED, deleted, contracts=[WITHDRAWING])) == ("none", "withdrawn")
    assert verdict(facts(BETA, deleted, contracts=[WITHDRAWING])) == ("hold", "delivery-gone")


def test_a_document_that_was_edited_over_there_is_shown_until_a_person_accepts_it() -> None:
    changed = claim(
        delivery("delivered", receipt=IN_DRAFT, reason="edited", detail="gross is 1 there and 2 in the draft")
    )
    (action,) = [one for one in plan(facts(BETA, changed)).actions if one.reference == REF]
    assert (action.kind, action.reason.code, action.reason.command) == ("hold", "document-edited", f"t2i approve {REF}")
    assert "gross is 1 there" in action.reason.words
    accepted = claim(delivery("delivered", receipt=IN_DRAFT, reason="accepted", detail="gross is 1 there"))
    assert verdict(facts(BETA, accepted)) == ("none", "already-billed")


def test_a_reopened_milestone_names_the_way_to_take_back_what_is_there() -> None:
    (draft,) = [one.reason.words for one in plan(facts(REOPENED, in_draft())).actions if one.reference == REF]
    assert f"t2i withdraw {REF}" in draft
    (sent,) = [
        one.reason.words for one in plan(facts(REOPENED, in_draft(state="sent"))).actions if one.reference == REF
    ]
    assert f"t2i credit {REF}" in sent
    assert "withdraw" not in sent
