"""What holds for every plan, whatever happens in a tracker, an output or a person's head."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.unit.deals import claim_of

from tracker2invoice.mapping.actions import Action, Facts, Plan
from tracker2invoice.mapping.counting import latest
from tracker2invoice.mapping.lookup import look_up
from tracker2invoice.mapping.plan import plan
from tracker2invoice.mapping.reissue import objection
from tracker2invoice.model.claim import Claim, Decision, DeliveryState
from tracker2invoice.model.contract import Acceptance, Brake, Contract, Limit
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match, Term
from tracker2invoice.testing.samples import NOW, sample_contract, sample_milestone

LABELS = {"github:acme/portal": "1", "github:acme/shop": "2"}
PROJECTS = {label: Project("github", number, label.partition(":")[2], "") for label, number in LABELS.items()}
TITLES = ["A", "B", "AB", "C", "other"]
MATCHES = [Match("title", "A"), Match("title", "B"), Match("glob", "A*"), Match("regex", "[BC]"), Match("number", "3")]
BEFORE, AFTER = NOW - timedelta(days=400), NOW - timedelta(days=2)


@st.composite
def milestones(draw: st.DrawFn) -> Milestone:
    number = draw(st.integers(1, 4))
    project = draw(st.sampled_from(["1", "2"]))
    closed = draw(st.booleans())
    at = draw(st.sampled_from([BEFORE, AFTER, NOW, None]))
    return replace(
        sample_milestone(draw(st.sampled_from(TITLES)), number, project_id=project),
        state="closed" if closed else "open",
        closed_at=at if closed else None,
        updated_at=at,
        open_items=draw(st.integers(0, 1)),
    )


@st.composite
def terms(draw: st.DrawFn, identifier: str) -> Term:
    share = Fraction(draw(st.sampled_from(["10", "100/3", "50", "60"])))
    return Term(identifier, draw(st.sampled_from(MATCHES)), percent=share, shares_milestone=draw(st.booleans()))


@st.composite
def contracts(draw: st.DrawFn, identifier: str) -> Contract:
    chosen = draw(st.lists(st.sampled_from(["t0", "t1", "t2", "t3"]), min_size=1, max_size=4, unique=True))
    return replace(
        sample_contract(),
        id=identifier,
        projects=tuple(draw(st.lists(st.sampled_from(list(LABELS)), min_size=1, unique=True))),
        price=Money.of_units(draw(st.integers(1, 10**7)), "EUR"),
        terms=tuple(draw(terms(one)) for one in chosen),
        acceptance=Acceptance(all_issues_closed=draw(st.booleans()), after=timedelta(days=draw(st.integers(0, 1)))),
    )


DEALS = st.tuples(contracts("north"), contracts("south"))
SEEN = st.lists(milestones(), max_size=8, unique_by=lambda one: one.key)
COUNTS = st.none() | st.integers(0, 3)


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    return Facts(
        now=NOW,
        contracts=draw(DEALS),
        projects={label: PROJECTS[label] for label in draw(st.sets(st.sampled_from(list(LABELS))))},
        milestones=tuple(draw(SEEN)),
        claims=(),
        brake=Brake(Limit(draw(COUNTS)), Limit(draw(COUNTS))),
        unread=dict.fromkeys(draw(st.sets(st.sampled_from(list(LABELS)))), "down") if draw(st.booleans()) else {},
    )


def claims_of(made: Plan, deliveries: DeliveryState = "pending") -> tuple[Claim, ...]:
    return tuple(claim_of(action, NOW, deliveries) for action in made.of_kind("bill"))


def twice(things: Iterable[object]) -> list[object]:
    return [thing for thing, count in Counter(things).items() if count > 1]


@settings(deadline=None)
@given(any_facts(), st.randoms(use_true_random=False))
def test_a_plan_does_not_depend_on_the_order_in_which_milestones_and_claims_are_listed(
    facts: Facts, random: Random
) -> None:
    facts = replace(facts, claims=claims_of(plan(facts))[::2])
    seen, claims = list(facts.milestones), list(facts.claims)
    random.shuffle(seen)
    random.shuffle(claims)
    assert plan(replace(facts, milestones=tuple(seen), claims=tuple(claims))) == plan(facts)


@settings(deadline=None)
@given(any_facts())
def test_every_term_is_named_and_nothing_is_said_without_a_reason(facts: Facts) -> None:
    made = plan(facts)
    named = {(one.contract, one.term) for one in made.actions}
    assert named >= {(contract.id, term.id) for contract in facts.contracts for term in contract.terms}
    for action in made.actions:
        assert action.reason.code
        assert action.reason.words
        assert bool(action.reason.command) == (action.kind == "hold")


@settings(deadline=None)
@given(any_facts())
def test_every_closed_milestone_of_a_known_project_is_named(facts: Facts) -> None:
    known = {
        facts.projects[label].id
        for contract in facts.contracts
        for label in contract.projects
        if label in facts.projects
    }
    named = {one.milestone.key for one in plan(facts).actions if one.milestone}
    assert {one.key for one in facts.milestones if one.state == "closed" and one.project_id in known} <= named


@settings(deadline=None)
@given(any_facts())
def test_each_contract_term_and_milestone_is_spoken_of_once(facts: Facts) -> None:
    made = plan(facts)
    assert twice((one.contract, one.term, one.project, one.milestone) for one in made.actions) == []


@settings(deadline=None)
@given(any_facts())
def test_nothing_of_a_project_that_could_not_be_read_is_billed(facts: Facts) -> None:
    assert not {one.project for one in plan(facts).of_kind("bill")} & facts.unread.keys()


@settings(deadline=None)
@given(any_facts())
def test_a_plan_never_bills_more_than_the_brake_lets_through(facts: Facts) -> None:
    bills = plan(facts).of_kind("bill")
    assert facts.brake.run.count is None or len(bills) <= facts.brake.run.count
    for contract, count in Counter(one.contract for one in bills).items():
        assert facts.brake.contract.count is None or count <= facts.brake.contract.count, contract


class Years(RuleBasedStateMachine):
    """Milestones come, close, reopen and change their names, terms and prices change, people decide; runs go on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.contracts: tuple[Contract, ...] = ()
        self.milestones: dict[str, Milestone] = {}
        self.claims: dict[str, Claim] = {}
        self.decisions: dict[str, Decision] = {}
        self.unread: dict[str, str] = {}
        self.gone: set[str] = set()

    @property
    def facts(self) -> Facts:
        return Facts(
            now=self.now,
            contracts=self.contracts,
            projects=PROJECTS,
            milestones=tuple(self.milestones.values()),
            claims=tuple(self.claims.values()),
            brake=Brake(Limit(count=3), Limit()),
            unread=self.unread,
            gone=frozenset(self.gone),
            decisions=self.decisions,
        )

    @initialize(deals=DEALS, seen=SEEN)
    def work_is_under_way(self, deals: tuple[Contract, ...], seen: list[Milestone]) -> None:
        self.contracts = deals
        self.milestones = {one.key: one for one in seen}

    @rule(deals=DEALS)
    def people_sign_or_change_contracts(self, deals: tuple[Contract, ...]) -> None:
        self.contracts = deals

    @rule(milestone=milestones())
    def a_milestone_is_made_closed_reopened_or_renamed(self, milestone: Milestone) -> None:
        self.milestones[milestone.key] = milestone
        self.gone.discard(milestone.key)

    @rule()
    def everything_is_finished_and_billed(self) -> None:
        self.unread = {}
        self.milestones = {
            one.key: replace(one, state="closed", closed_at=one.closed_at or AFTER, open_items=0)
            for one in self.milestones.values()
        }
        self.a_run()

    @rule(data=st.data())
    def a_milestone_is_deleted(self, data: st.DataObject) -> None:
        if self.milestones:
            self.gone.add(data.draw(st.sampled_from(sorted(self.milestones))))

    @rule(labels=st.sets(st.sampled_from(list(LABELS))))
    def polls_fail_or_recover(self, labels: set[str]) -> None:
        self.unread = dict.fromkeys(labels, "down")

    @rule(data=st.data(), decision=st.sampled_from(["approve", "hold"]))
    def a_person_decides(self, data: st.DataObject, decision: Literal["approve", "hold"]) -> None:
        known = sorted({one.reference for one in plan(self.facts).actions if one.reference} - self.reissued)
        if known:
            reference = data.draw(st.sampled_from(known))
            self.decisions[reference] = Decision(reference, decision, "ann", self.now)

    @rule(data=st.data(), state=st.sampled_from(["sending", "delivered", "rejected", "held", "gone"]))
    def a_delivery_moves(self, data: st.DataObject, state: DeliveryState) -> None:
        if moving := sorted(self.claims.keys() - self.reissued):
            self.move(data.draw(st.sampled_from(moving)), state)

    @rule(state=st.sampled_from(["gone", "rejected"]))
    def documents_are_lost_and_what_can_be_is_reissued(self, state: DeliveryState) -> None:
        for reference in sorted(self.claims.keys() - self.reissued):
            self.move(reference, state)
        lookup = look_up(self.facts)
        for one in self.claims.values():
            if not objection(one, lookup):
                self.decisions[one.reference] = Decision(one.reference, "reissue", "ann", self.now)
        self.everything_is_finished_and_billed()

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def a_run(self) -> None:
        for action in plan(self.facts).actions:
            match action.kind:
                case "bill":
                    assert action.reference not in self.claims
                    before = latest(self.claims.values()).get((action.contract, action.term))
                    assert before is None or self.replaces(action, before)
                    self.claims[action.reference] = claim_of(action, self.now, "pending")
                case "withdraw":
                    self.move(action.reference, "held", "reopened")
                case "release":
                    self.move(action.reference, "pending")
                case _:
                    pass

    @property
    def reissued(self) -> set[str]:
        return {one.reference for one in self.decisions.values() if one.decision == "reissue"}

    def replaces(self, action: Action, before: Claim) -> bool:
        assert action.milestone
        same = (action.milestone.key, action.amount) == (before.milestone_key, before.amount)
        return same and action.reference == before.next_reference and before.reference in self.reissued

    def move(self, reference: str, state: DeliveryState, reason: str = "") -> None:
        moved = tuple(replace(one, state=state, reason=reason) for one in self.claims[reference].deliveries)
        self.claims[reference] = replace(self.claims[reference], deliveries=moved)

    @invariant()
    def no_term_is_billed_twice(self) -> None:
        assert twice((one.contract, one.term) for one in self.claims.values() if one.live) == []
        bills = plan(self.facts).of_kind("bill")
        assert twice(one.reference for one in bills) == []
        assert not {one.reference for one in bills} & self.claims.keys()

    @invariant()
    def no_milestone_bills_two_terms_unless_all_share_it_or_a_person_approved(self) -> None:
        for action in plan(self.facts).of_kind("bill"):
            assert action.milestone
            others = [
                one
                for one in self.claims.values()
                if one.milestone_key == action.milestone.key
                and (one.contract, one.term) != (action.contract, action.term)
            ]
            shared = {(deal.id, term.id) for deal in self.contracts for term in deal.terms if term.shares_milestone}
            assert (
                not others
                or self.facts.approved(action.reference)
                or {(one.contract, one.term) for one in others} <= shared
            )

    @invariant()
    def no_contract_bills_more_than_its_price(self) -> None:
        bills = plan(self.facts).of_kind("bill")
        for contract in self.contracts:
            now = [one.amount for one in bills if one.contract == contract.id and one.amount]
            billed_now = {one.term for one in bills if one.contract == contract.id}
            before = [
                one.amount
                for (contract_id, term), one in latest(self.claims.values()).items()
                if contract_id == contract.id and term not in billed_now
            ]
            if now:
                assert sum((*now, *before), Money.zero("EUR")) <= contract.price

    @invariant()
    def every_claim_that_counts_is_spoken_of_once_or_what_replaces_it(self) -> None:
        spoken = Counter(one.reference for one in plan(self.facts).actions if one.reference)
        newest = latest(self.claims.values()).values()
        assert all(spoken[one.reference] + spoken[one.next_reference] == 1 for one in newest)
        assert not spoken.keys() & self.claims.keys() - {one.reference for one in newest}


TestYears = Years.TestCase
TestYears.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_a_milestone_closed_and_reopened_for_years_is_billed_once() -> None:
    machine = Years()
    contract = sample_contract()
    machine.contracts = (contract,)
    beta = sample_milestone("Beta", project_id="1")
    for round_number in range(20):
        closed = round_number % 2 == 0
        machine.now = NOW + timedelta(days=round_number)
        machine.milestones = {
            beta.key: replace(beta, state="closed" if closed else "open", closed_at=machine.now if closed else None)
        }
        machine.a_run()
    assert [str(one.amount.amount) for one in machine.claims.values()] == [str(Decimal("30000.00"))]
