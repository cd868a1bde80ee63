"""What becomes of a claim that a person takes back with a credit note, and of its term afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from tests.unit.deals import eur

from tracker2invoice.engine.standing import standings
from tracker2invoice.mapping import reissue
from tracker2invoice.mapping.account import Account
from tracker2invoice.mapping.actions import Action, Facts, Window
from tracker2invoice.mapping.credit import objection
from tracker2invoice.mapping.lookup import look_up
from tracker2invoice.mapping.plan import plan
from tracker2invoice.mapping.statement import statements
from tracker2invoice.model.claim import Claim, Decision, Delivery, DeliveryState, Part
from tracker2invoice.model.conditions import Deposit
from tracker2invoice.model.contract import Brake, Contract, Limit
from tracker2invoice.model.invoice import reference
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.testing.samples import NOW, sample_contract, sample_milestone

CONTRACT = sample_contract(outputs=("books", "files"))
BETA = sample_milestone("Beta", project_id="1")
OPEN = replace(BETA, state="open", closed_at=None, open_items=1)
REF, NEXT = (reference("acme-portal", "beta", BETA.key, generation) for generation in (1, 2))
BILLED_AT = NOW - timedelta(hours=20)
AGAIN = replace(BETA, closed_at=BILLED_AT + timedelta(hours=1))


def claim(*states: DeliveryState, generation: int = 1, **changes: Any) -> Claim:
    """A claim of the term beta with a delivery to `books`, and one to `files` if there is a second state."""
    own = reference("acme-portal", "beta", BETA.key, generation)
    deliveries = tuple(Delivery(own, output, state) for output, state in zip(("books", "files"), states, strict=False))
    bare = Claim(own, "acme-portal", "beta", BETA.key, generation, eur("30000.00"), "", BILLED_AT, deliveries)
    return replace(bare, **changes)


def credit(of: Claim, *states: DeliveryState, reason: str = "", **changes: Any) -> Claim:
    own = of.credit_reference
    made = Claim(
        own, of.contract, of.credit_term, of.milestone_key, of.generation, -of.amount, "",
        BILLED_AT + timedelta(hours=9),
        tuple(Delivery(own, output, state, reason=reason) for output, state in zip(("books",), states, strict=False)),
        tuple(replace(part, amount=-part.amount) for part in of.entries), credits=of.reference,
    )  # fmt: skip
    return replace(made, **changes)


def decided(*references: str, decision: Any = "credit", note: str = "") -> dict[str, Decision]:
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
        claims=claims,
        brake=Brake(Limit(), Limit()),
        decisions=decided(REF),
    )
    return replace(bare, **changes)


def of_term(made: Facts, term: str = "beta") -> Action:
    [action] = [one for one in plan(made).actions if one.term == term]
    return action


def verdict(made: Facts, term: str = "beta") -> tuple[str, str, str]:
    action = of_term(made, term)
    return action.kind, action.reason.code, action.reference


def against(about: Claim, *others: Claim, **changes: Any) -> str:
    decisions = changes.pop("decisions", {})
    return objection(about, look_up(facts(about, *others, decisions=decisions, **changes)))


INVOICE = claim("delivered", "rejected")
NOTE = credit(INVOICE, "delivered")


class TestDecided:
    """A person has decided, and the next run writes the credit note."""

    def test_it_is_to_be_credited_where_the_invoice_was_delivered(self) -> None:
        action = of_term(facts(INVOICE, decisions=decided(REF, note="wrong hours")), "beta@credit")
        assert (action.kind, action.reason.code) == ("credit", "to-be-credited")
        assert action.reason.words == f"takes back {REF}, decided by ann (wrong hours)"
        assert (action.reference, action.credits) == (INVOICE.credit_reference, REF)
        assert (action.amount, action.outputs) == (eur("-30000.00"), ("books",))

    @pytest.mark.parametrize(
        "changes",
        [
            {"milestones": [OPEN]},
            {"milestones": []},
            {"unread": {"github:acme/portal": "down"}},
            {"gone": frozenset({BETA.key})},
            {"brake": Brake(Limit(count=0), Limit(count=0))},
            {"window": Window(date(2020, 1, 1), date(2020, 1, 2))},
            {"contracts": [replace(CONTRACT, price=eur("1.00"))]},
            {"contracts": [replace(CONTRACT, terms=CONTRACT.terms[:1])]},
        ],
        ids=["reopened", "never seen", "unread", "deleted", "brake", "backfill", "price", "term removed"],
    )
    def test_nothing_that_stands_against_a_bill_stands_against_a_credit(self, changes: dict[str, Any]) -> None:
        assert verdict(facts(INVOICE, **changes), "beta@credit")[:2] == ("credit", "to-be-credited")

    def test_the_term_is_not_billed_in_the_same_plan(self) -> None:
        assert plan(facts(INVOICE, milestones=[AGAIN])).of_kind("bill") == ()

    def test_credit_waits_for_a_contract_that_the_configuration_lost(self) -> None:
        action = of_term(facts(INVOICE, contracts=[]), "beta@credit")
        assert (action.kind, action.reason.code, action.reason.command) == ("hold", "credit-waits", "t2i check")

    def test_a_person_can_hold_the_credit_note_back(self) -> None:
        held = decided(REF) | decided(INVOICE.credit_reference, decision="hold")
        assert verdict(facts(INVOICE, decisions=held), "beta@credit")[:2] == ("hold", "held-by-person")


class TestCredited:
    """The credit note was written."""

    def test_it_counts_with_the_invoice_and_both_make_nothing(self) -> None:
        made = facts(INVOICE, NOTE)
        [standing] = standings(made.contracts, plan(made), made.claims)
        assert (standing.billed, standing.open) == (eur("0.00"), eur("60000.00"))
        assert {one.id: one.state for one in standing.terms}["beta"] == "open"

    def test_the_same_closing_is_never_billed_twice(self) -> None:
        action = of_term(facts(INVOICE, NOTE))
        assert (action.kind, action.reason.code, action.reference) == ("none", "credited", NEXT)
        assert NOTE.reference in action.reason.words
        assert "closing the milestone again" in action.reason.words

    def test_a_closing_at_the_instant_of_the_claim_is_the_one_that_was_billed(self) -> None:
        assert verdict(facts(INVOICE, NOTE, milestones=[replace(BETA, closed_at=BILLED_AT)]))[1] == "credited"

    def test_a_later_closing_bills_the_next_generation_at_the_price_of_today(self) -> None:
        dearer = replace(CONTRACT, price=eur("80000.00"))
        action = of_term(facts(INVOICE, NOTE, milestones=[AGAIN], contracts=[dearer]))
        assert (action.kind, action.reason.code, action.reference) == ("bill", "accepted", NEXT)
        assert (action.amount, action.generation) == (eur("40000.00"), 2)

    def test_an_open_milestone_is_not_closed_and_nothing_else(self) -> None:
        assert verdict(facts(INVOICE, NOTE, milestones=[OPEN])) == ("none", "not-closed", NEXT)

    @pytest.mark.parametrize(
        ("seen_open", "code"),
        [(BILLED_AT + timedelta(hours=1), "accepted"), (BILLED_AT, "credited"), (None, "credited")],
    )
    def test_where_the_tracker_gives_no_closing_time_it_must_have_been_seen_open_since(
        self, seen_open: Any, code: str
    ) -> None:
        version = replace(BETA, closed_at=None, updated_at=NOW, closed_after=seen_open, closed_until=NOW)
        assert verdict(facts(INVOICE, NOTE, milestones=[version]))[1] == code

    def test_another_milestone_that_is_closed_later_bills_the_term_as_the_next_generation(self) -> None:
        twin = replace(AGAIN, id="12", number=2)
        made = plan(facts(INVOICE, NOTE, milestones=[BETA, twin]))
        [bill] = made.of_kind("bill")
        assert (bill.milestone, bill.generation) == (twin, 2)
        assert bill.reference == reference("acme-portal", "beta", twin.key, 2)

    def test_billed_again_all_three_count(self) -> None:
        again = claim("delivered", generation=2, amount=eur("24000.00"), claimed_at=NOW)
        made = facts(INVOICE, NOTE, again, milestones=[AGAIN])
        assert verdict(made)[1:] == ("term-changed", NEXT)
        [standing] = standings(made.contracts, plan(made), made.claims)
        assert (standing.billed, standing.open) == (eur("24000.00"), eur("36000.00"))

    def test_a_reissue_before_it_does_not_count_and_one_after_it_replaces_only_the_later(self) -> None:
        gone, second, third = claim("gone"), claim("gone", generation=2), claim("delivered", generation=3)
        before = facts(gone, second, credit(second, "delivered"), milestones=[OPEN])
        after = facts(INVOICE, NOTE, second, third)
        billed = [standings(one.contracts, plan(one), one.claims)[0].billed for one in (before, after)]
        assert billed == [eur("0.00"), eur("30000.00")]

    def test_the_price_of_the_contract_has_room_for_what_was_credited(self) -> None:
        """All 60000.00 were billed and 30000.00 of it credited: as much can be billed again, and no more."""
        rest = claim("delivered", term="rest", reference="T2I-R", milestone_key="x")
        made = facts(INVOICE, NOTE, rest, milestones=[AGAIN])
        assert verdict(made)[0] == "bill"
        more = replace(rest, amount=eur("30000.01"))
        assert verdict(facts(INVOICE, NOTE, more, milestones=[AGAIN]))[:2] == ("hold", "over-price")

    def test_its_milestone_still_belongs_to_the_term_that_billed_it(self) -> None:
        other = replace(CONTRACT, id="other", projects=("github:acme/portal",))
        made = plan(facts(INVOICE, NOTE, contracts=[CONTRACT, other]))
        assert [one.reason.code for one in made.actions if (one.contract, one.term) == ("other", "beta")] == [
            "two-terms"
        ]

    def test_what_the_calendar_closed_is_billed_again_when_a_person_says_so(self) -> None:
        contract = replace(CONTRACT, deposit=Deposit(drawdown="end", fixed=eur("100.00")))
        [deposit] = plan(facts(contracts=[contract], milestones=[], decisions={})).of_kind("bill")
        assert deposit.milestone
        advance = claim(
            "delivered", reference=deposit.reference, term="deposit", milestone_key=deposit.milestone.key,
            amount=eur("100.00"), parts=(Part("advance", "deposit", eur("100.00")),),
        )  # fmt: skip
        made = facts(advance, credit(advance, "delivered"), contracts=[contract], milestones=[], decisions={})
        waiting = of_term(made, "deposit")
        assert (waiting.kind, waiting.reason.code) == ("none", "credited")
        assert f"`t2i approve {advance.next_reference}`" in waiting.reason.words
        approved = replace(made, decisions=decided(advance.next_reference, decision="approve"))
        assert verdict(approved, "deposit") == ("bill", "accepted", advance.next_reference)


class TestCreditNote:
    """What is said of the credit note itself."""

    def test_it_is_a_credit_note_and_never_a_bill_of_the_term(self) -> None:
        assert verdict(facts(INVOICE, NOTE), "beta@credit") == ("none", "credit-note", NOTE.reference)

    @pytest.mark.parametrize("contracts", [[CONTRACT], [], [replace(CONTRACT, terms=CONTRACT.terms[:1])]])
    @pytest.mark.parametrize("milestones", [[OPEN], [BETA], []])
    def test_neither_milestone_nor_configuration_changes_that(
        self, contracts: list[Contract], milestones: list[Milestone]
    ) -> None:
        made = facts(INVOICE, credit(INVOICE, "pending"), contracts=contracts, milestones=milestones)
        assert verdict(made, "beta@credit")[:2] == ("none", "credit-note")

    @pytest.mark.parametrize(
        ("state", "reason", "code", "command"),
        [
            ("rejected", "", "delivery-rejected", f"t2i retry {NOTE.reference}"),
            ("held", "differs", "delivery-held", f"t2i approve {NOTE.reference}"),
            ("held", "several-matches", "delivery-held", f"t2i retry {NOTE.reference}"),
            ("gone", "", "delivery-gone", f"t2i approve {NOTE.reference}"),
        ],
    )
    def test_one_that_did_not_arrive_waits_for_a_person(
        self, state: DeliveryState, reason: str, code: str, command: str
    ) -> None:
        action = of_term(facts(INVOICE, credit(INVOICE, state, reason=reason)), "beta@credit")
        assert (action.kind, action.reason.code, action.reason.command) == ("hold", code, command)

    @pytest.mark.parametrize("state", ["rejected", "gone"])
    def test_a_person_who_wrote_it_by_hand_approves_it(self, state: DeliveryState) -> None:
        made = facts(INVOICE, credit(INVOICE, state), decisions=decided(NOTE.reference, decision="approve"))
        assert verdict(made, "beta@credit")[:2] == ("none", "credit-note")


class TestObjections:
    """What can be taken back is what was delivered and stands."""

    def test_nothing_stands_against_crediting_what_was_delivered(self) -> None:
        assert against(INVOICE) == ""
        assert against(claim("delivered", "gone"), milestones=[OPEN]) == ""

    @pytest.mark.parametrize(
        ("state", "way"), [("pending", "t2i run"), ("sending", "t2i run"), ("held", f"t2i retry {REF}")]
    )
    def test_deliveries_under_way_are_settled_first(self, state: DeliveryState, way: str) -> None:
        words = against(claim("delivered", state))
        assert words.startswith(f"files {state}: ")
        assert way in words

    @pytest.mark.parametrize("states", [("gone",), ("rejected", "gone")])
    def test_what_has_no_document_needs_no_credit_note(self, states: tuple[DeliveryState, ...]) -> None:
        assert against(claim(*states)) == "no document of it is there"

    def test_nothing_is_credited_twice(self) -> None:
        assert "`t2i run` writes" in against(INVOICE, decisions=decided(REF))
        assert against(INVOICE, NOTE) == f"the credit note {NOTE.reference} has taken it back already"

    def test_a_credit_note_is_not_credited_and_what_was_reissued_neither(self) -> None:
        assert "a credit note itself" in against(NOTE, INVOICE)
        assert "reissued" in against(claim("gone"), decisions=decided(REF, decision="reissue"))
        assert NEXT in against(INVOICE, claim("delivered", generation=2))

    def test_a_contract_must_be_configured(self) -> None:
        assert "no longer has its contract" in against(INVOICE, contracts=[])

    def test_what_shares_a_document_is_credited_with_it_or_not_at_all(self) -> None:
        other = claim("delivered", term="design", reference="T2I-D", documents=(REF,))
        assert against(INVOICE, other) == ""
        words = against(INVOICE, replace(other, deliveries=(Delivery(REF, "books", "held"),)))
        assert words.startswith("T2I-D is on the same document: books held: ")

    @pytest.mark.parametrize(("drawn", "words"), [("-40.00", "later bills deduct 40.00 EUR"), (None, "")])
    def test_an_advance_that_later_bills_deduct_is_credited_after_them(self, drawn: str | None, words: str) -> None:
        advance = claim(
            "delivered", term="deposit", reference="T2I-ADV", amount=eur("100.00"),
            parts=(Part("advance", "deposit", eur("100.00")),),
        )  # fmt: skip
        bill = replace(INVOICE, parts=(Part("work", "beta", eur("30040.00")), Part("drawn", "beta", eur("-40.00"))))
        found = against(advance, bill if drawn else INVOICE)
        assert found.startswith(words)
        assert bool(found) == bool(words)

    def test_a_credited_bill_and_a_credit_note_are_never_reissued(self) -> None:
        lookup = look_up(facts(claim("rejected"), decisions=decided(REF)))
        assert "takes it back" in reissue.objection(claim("rejected"), lookup)
        assert "written once" in reissue.objection(NOTE, look_up(facts(INVOICE, NOTE)))

    def test_an_invoice_that_was_credited_is_a_trace_of_its_generation(self) -> None:
        refused = claim("rejected", generation=2)
        assert reissue.objection(refused, look_up(facts(INVOICE, NOTE, refused))) == ""


@pytest.mark.parametrize(("states", "named"), [(("delivered",), True), (("pending", "held"), False)])
def test_a_hold_after_reopening_names_the_credit_note_for_what_was_delivered(
    states: tuple[DeliveryState, ...], named: bool
) -> None:
    action = of_term(facts(claim(*states), milestones=[OPEN], decisions={}))
    assert action.reason.code == "reopened-after-billing"
    assert (f"`t2i credit {REF}`" in action.reason.words) is named


def test_the_scheduled_value_of_a_credited_term_is_that_of_the_contract_again() -> None:
    """33.34 were billed of a third of 100.00; once that is credited, the cent goes to the first third as ever."""
    thirds = tuple(replace(CONTRACT.terms[0], id=name, percent=Fraction(100, 3)) for name in ("one", "two", "beta"))
    contract = replace(CONTRACT, price=eur("100.00"), terms=thirds)
    old = claim("delivered", amount=eur("33.34"))
    note = credit(old, claimed_at=old.claimed_at + timedelta(days=1))
    before, after = statements(contract, [old, note])
    assert [str(item.scheduled.amount) for item in before.items] == ["33.33", "33.33", "33.34"]
    assert [str(item.scheduled.amount) for item in after.items] == ["33.34", "33.33", "33.33"]
    assert (after.items[2].previous, after.items[2].current) == (eur("33.34"), eur("-33.34"))
    lookup = look_up(facts(old, note, contracts=[contract]))
    assert lookup.values["acme-portal", "one"] == eur("33.34")


def test_a_release_that_was_credited_is_held_back_again() -> None:
    kept, paid = Part("retained", "beta", eur("-50.00")), Part("released", "retainage", eur("50.00"))
    account = Account("EUR")
    account.add([kept, paid])
    assert (account.retained, account.has_released("retainage")) == (eur("0.00"), True)
    account.add([replace(paid, amount=eur("-50.00"))])
    assert (account.retained, account.has_released("retainage")) == (eur("50.00"), False)


@pytest.mark.parametrize("state", ["pending", "rejected", "held", "gone"])
def test_nothing_is_billed_again_while_the_client_has_no_credit_note(state: DeliveryState) -> None:
    before = claim("delivered")
    note = credit(before, state)
    seen = facts(before, note, milestones=[AGAIN])
    assert verdict(seen) == ("none", "credited", NEXT)
    assert of_term(seen).reason.words.endswith(f"which is not there: books {state}")
    by_hand = Decision(note.reference, "approve", "ann", NOW)
    assert verdict(replace(seen, decisions=decided(REF) | {note.reference: by_hand}))[:2] == ("bill", "accepted")
