"""What becomes of milestones and terms that nobody has billed yet, rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tracker2invoice.mapping.actions import Action, Facts, Plan, Window
from tracker2invoice.mapping.plan import plan
from tracker2invoice.model.claim import Decision
from tracker2invoice.model.contract import Acceptance, Brake, ByLabel, Contract, Limit
from tracker2invoice.model.invoice import reference
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match, Term
from tracker2invoice.model.work import WorkItem
from tracker2invoice.testing.samples import NOW, sample_contract, sample_milestone

PORTAL = Project("github", "1", "acme/portal", "")
SHOP = Project("github", "2", "acme/shop", "")
PROJECTS = {"github:acme/portal": PORTAL, "github:acme/shop": SHOP}
CONTRACT = sample_contract()


def milestone(title: str, number: int = 1, *, project: str = "1", **changes: Any) -> Milestone:
    return replace(sample_milestone(title, number, project_id=project), **changes)


BETA = milestone("Beta")


def facts(*milestones: Milestone, contracts: Sequence[Contract] = (CONTRACT,), **changes: Any) -> Facts:
    bare = Facts(
        now=NOW,
        contracts=tuple(contracts),
        projects=PROJECTS,
        milestones=milestones,
        claims=(),
        brake=Brake(Limit(), Limit()),
    )
    return replace(bare, **changes)


def ref(milestone: Milestone, term: str = "beta", contract: str = "acme-portal") -> str:
    return reference(contract, term, milestone.key, 1)


def decisions(decision: Any, *references: str) -> dict[str, Decision]:
    return {one: Decision(one, decision, "ann", NOW, "wait for the client") for one in references}


def of_term(made: Plan, term: str = "beta", contract: str = "acme-portal") -> list[Action]:
    return [action for action in made.actions if (action.contract, action.term) == (contract, term)]


def codes(made: Plan, term: str = "beta", contract: str = "acme-portal") -> list[tuple[str, str]]:
    return [(action.kind, action.reason.code) for action in of_term(made, term, contract)]


def one_contract(*terms: Term, identifier: str = "acme-portal", **changes: Any) -> Contract:
    return replace(CONTRACT, id=identifier, terms=terms, **changes)


def term(identifier: str, match: Match, *, shared: bool = False) -> Term:
    return Term(identifier, match, percent=Fraction(50), shares_milestone=shared)


def test_a_closed_milestone_is_billed_with_its_share() -> None:
    [action] = of_term(plan(facts(BETA)))
    assert (action.kind, action.reason.code) == ("bill", "accepted")
    assert (action.amount, action.milestone) == (Money(Decimal("30000.00"), "EUR"), BETA)
    assert (action.project, action.outputs) == ("github:acme/portal", ("books",))
    assert action.reference == ref(BETA)


def test_a_plan_follows_the_order_of_contracts_and_terms() -> None:
    second = replace(CONTRACT, id="second", projects=("github:acme/shop",))
    made = plan(facts(BETA, milestone("Design", 2), milestone("Beta", project="2"), contracts=(second, CONTRACT)))
    assert [(one.contract, one.term) for one in made.actions] == [
        (contract, name) for contract in ("second", "acme-portal") for name in ("design", "beta", "acceptance")
    ]


def test_not_closed_an_open_milestone_is_not_billed_and_says_what_is_left() -> None:
    made = plan(facts(replace(BETA, state="open", closed_at=None, open_items=2, due_on=date(2026, 4, 1))))
    assert codes(made) == [("none", "not-closed")]
    assert of_term(made)[0].reason.words == "open, 2 items to do, planned for 2026-04-01"


def test_before_start_nothing_old_is_billed_by_a_run() -> None:
    old = milestone("Beta", closed_at=datetime(2025, 12, 31, 12, 0, tzinfo=UTC))
    assert codes(plan(facts(old))) == [("none", "before-start")]


def test_a_backfill_bills_days_of_its_window_also_before_the_start_and_outside_window_nothing() -> None:
    old = milestone("Beta", closed_at=datetime(2025, 12, 31, 12, 0, tzinfo=UTC))
    made = plan(facts(old, milestone("Design", 2), window=Window(date(2025, 12, 1), date(2025, 12, 31))))
    assert codes(made) == [("bill", "accepted")]
    assert codes(made, "design") == [("none", "outside-window")]


def test_milestone_missing_a_term_that_nothing_matches_is_named() -> None:
    made = plan(facts())
    assert [(one.term, one.reason.code) for one in made.actions] == [
        ("design", "milestone-missing"),
        ("beta", "milestone-missing"),
        ("acceptance", "milestone-missing"),
    ]
    assert made.actions[1].amount == Money(Decimal("30000.00"), "EUR")


def test_no_term_a_closed_milestone_that_nothing_matches_is_named_and_an_open_one_is_not() -> None:
    hotfix, idea = milestone("Hotfix", 7), milestone("Idea", 8, state="open")
    [action] = of_term(plan(facts(hotfix, idea)), "")
    assert (action.kind, action.reason.code, action.milestone) == ("none", "no-term", hotfix)


def test_an_old_closed_milestone_without_a_term_is_listed_as_old() -> None:
    assert codes(plan(facts(milestone("Hotfix", closed_at=NOW - timedelta(days=900)))), "") == [
        ("none", "before-start")
    ]


def test_a_milestone_of_a_shared_project_has_no_term_only_if_no_contract_has_one() -> None:
    other = one_contract(term("hotfix", Match("title", "Hotfix")), identifier="other")
    made = plan(facts(BETA, milestone("Hotfix", 7), milestone("Spike", 9), contracts=(CONTRACT, other)))
    assert [one.milestone.title for one in made.actions if one.reason.code == "no-term" and one.milestone] == ["Spike"]


def test_items_open_a_contract_can_want_everything_in_it_closed() -> None:
    strict = replace(CONTRACT, acceptance=Acceptance(all_issues_closed=True))
    assert codes(plan(facts(replace(BETA, open_items=1), contracts=[strict]))) == [("none", "items-open")]
    assert codes(plan(facts(BETA, contracts=[strict]))) == [("bill", "accepted")]


def test_too_young_a_contract_can_want_a_minimum_age() -> None:
    slow = replace(CONTRACT, acceptance=Acceptance(after=timedelta(hours=25)))
    assert codes(plan(facts(BETA, contracts=[slow]))) == [("none", "too-young")]
    assert codes(plan(facts(BETA, contracts=[slow], now=NOW + timedelta(hours=1)))) == [("bill", "accepted")]


def test_project_unread_after_a_failed_poll_nothing_of_the_project_is_billed() -> None:
    made = plan(facts(BETA, unread={"github:acme/portal": "RateLimited"}))
    assert {(one.kind, one.reason.code) for one in made.actions} == {("none", "project-unread")}
    assert of_term(made)[0].milestone == BETA
    assert [one.project for one in of_term(made, "")] == ["github:acme/portal"]


def test_other_projects_of_a_contract_are_billed_while_one_cannot_be_read() -> None:
    both = replace(CONTRACT, projects=("github:acme/portal", "github:acme/shop"))
    made = plan(facts(milestone("Beta", project="2"), contracts=[both], unread={"github:acme/portal": "down"}))
    assert codes(made) == [("bill", "accepted")]
    assert codes(made, "design") == [("none", "project-unread")]


def test_project_unknown_a_project_never_found_is_named_and_hides_no_term() -> None:
    made = plan(facts(projects={}))
    assert {(one.kind, one.reason.code) for one in made.actions} == {("none", "project-unknown")}
    assert [one.term for one in made.actions] == ["design", "beta", "acceptance", ""]


def test_milestone_gone_what_the_tracker_lost_is_not_billed() -> None:
    assert codes(plan(facts(BETA, gone=frozenset({BETA.key})))) == [("none", "milestone-gone")]


def test_a_milestone_that_is_gone_stands_in_nobodys_way() -> None:
    twin = milestone("Beta", 2)
    made = plan(facts(BETA, twin, gone=frozenset({BETA.key})))
    assert codes(made) == [("none", "milestone-gone"), ("bill", "accepted")]


def test_closing_time_unknown_waits_for_a_person_who_can_approve_it() -> None:
    undated = replace(BETA, closed_at=None, updated_at=None)
    [action] = of_term(plan(facts(undated)))
    assert (action.kind, action.reason.code) == ("hold", "closing-time-unknown")
    assert action.reason.command == f"t2i approve {ref(BETA)}"
    assert codes(plan(facts(undated, decisions=decisions("approve", ref(BETA))))) == [("bill", "accepted")]


def test_a_closing_that_may_lie_before_the_start_waits_for_a_person() -> None:
    edited = replace(BETA, closed_at=None, created_at=datetime(2025, 6, 1, tzinfo=UTC))
    [action] = of_term(plan(facts(edited)))
    assert (action.kind, action.reason.code) == ("hold", "closing-time-unknown")
    assert action.reason.words.endswith(f"perhaps before {CONTRACT.start}, the start of the contract")
    assert codes(plan(facts(edited, decisions=decisions("approve", ref(BETA))))) == [("bill", "accepted")]
    still_open = datetime(2026, 2, 20, tzinfo=UTC)
    assert codes(plan(facts(replace(edited, closed_after=still_open)))) == [("bill", "accepted")]


def test_of_a_month_that_is_not_over_nothing_is_billed_but_by_a_backfill() -> None:
    """Now is 2 March."""
    monthly = replace(CONTRACT, invoice_per="month")
    february, march = milestone("Beta", closed_at=datetime(2026, 2, 27, tzinfo=UTC)), milestone("Design", 2)
    made = plan(facts(february, march, contracts=[monthly]))
    assert codes(made) == [("bill", "accepted")]
    assert codes(made, "design") == [("none", "waits-for-month")]
    whole = Window(date(2026, 1, 1), date(2026, 3, 31))
    assert codes(plan(facts(february, march, contracts=[monthly], window=whole)), "design") == [("bill", "accepted")]


def test_not_labelled_waits_for_the_label_whoever_approves() -> None:
    labelled = replace(CONTRACT, acceptance=Acceptance(label=ByLabel("accepted")))
    item = WorkItem("1", "Log in", closed=True)
    seen = facts(BETA, contracts=[labelled], decisions=decisions("approve", ref(BETA)), work={BETA.key: (item,)})
    assert codes(plan(seen)) == [("none", "not-labelled")]
    accepted = replace(item, labels=("accepted",))
    assert codes(plan(replace(seen, work={BETA.key: (accepted,)}))) == [("bill", "accepted")]


def test_held_by_person_waits_until_approved() -> None:
    [action] = of_term(plan(facts(BETA, decisions=decisions("hold", ref(BETA)))))
    assert (action.kind, str(action.reason)) == ("hold", "held-by-person: held by ann: wait for the client")
    assert action.reason.command == f"t2i approve {ref(BETA)}"


def test_an_approval_lifts_no_condition_of_the_contract() -> None:
    slow = replace(CONTRACT, acceptance=Acceptance(after=timedelta(days=9)))
    assert codes(plan(facts(BETA, contracts=[slow], decisions=decisions("approve", ref(BETA))))) == [
        ("none", "too-young")
    ]


TWO = (term("first", Match("title", "Beta")), term("second", Match("glob", "B*")))


def test_two_terms_of_one_contract_do_not_both_bill_a_milestone() -> None:
    made = plan(facts(BETA, contracts=[one_contract(*TWO)]))
    assert codes(made, "first") == codes(made, "second") == [("hold", "two-terms")]
    assert of_term(made, "first")[0].reason.words == "the milestone also belongs to term second of acme-portal"


def test_two_terms_of_two_contracts_do_not_both_bill_a_milestone() -> None:
    other = one_contract(TWO[1], identifier="other")
    made = plan(facts(BETA, contracts=[CONTRACT, other]))
    assert codes(made) == codes(made, "second", "other") == [("hold", "two-terms")]


def test_two_terms_that_both_say_so_share_a_milestone() -> None:
    shared = [replace(one, shares_milestone=True) for one in TWO]
    made = plan(facts(BETA, contracts=[one_contract(*shared)]))
    assert codes(made, "first") == codes(made, "second") == [("bill", "accepted")]
    half = plan(facts(BETA, contracts=[one_contract(shared[0], TWO[1])]))
    assert codes(half, "first") == codes(half, "second") == [("hold", "two-terms")]


def test_a_person_chooses_between_two_terms_by_approving_one() -> None:
    chosen = decisions("approve", ref(BETA, "first"))
    made = plan(facts(BETA, contracts=[one_contract(*TWO)], decisions=chosen))
    assert codes(made, "first") == [("bill", "accepted")]
    assert codes(made, "second") == [("hold", "two-terms")]


def test_a_contract_that_starts_later_lays_no_claim_on_a_milestone() -> None:
    later = one_contract(TWO[0], identifier="later", start=date(2026, 6, 1))
    made = plan(facts(BETA, contracts=[CONTRACT, later]))
    assert codes(made) == [("bill", "accepted")]
    assert codes(made, "first", "later") == [("none", "before-start")]


TWINS = (milestone("Beta", 1), milestone("Beta", 2))


def test_two_milestones_of_one_term_wait_for_a_person() -> None:
    made = plan(facts(*TWINS))
    assert codes(made) == [("hold", "two-milestones")] * 2
    assert [one.reason.command for one in of_term(made)] == [f"t2i approve {ref(one)}" for one in TWINS]
    assert f"'Beta' ({ref(TWINS[1])})" in of_term(made)[0].reason.words


def test_many_milestones_of_one_term_are_counted_and_not_all_named() -> None:
    made = plan(facts(*(milestone("Beta", number) for number in range(1, 8))))
    assert "7 closed milestones match one term" in of_term(made)[0].reason.words
    assert of_term(made)[0].reason.words.endswith("and 3 more")


def test_a_person_chooses_between_two_milestones_and_the_other_is_term_billed() -> None:
    made = plan(facts(*TWINS, decisions=decisions("approve", ref(TWINS[1]))))
    assert codes(made) == [("none", "term-billed"), ("bill", "accepted")]


def test_two_approved_milestones_of_one_term_are_not_both_billed() -> None:
    made = plan(facts(*TWINS, decisions=decisions("approve", *map(ref, TWINS))))
    assert codes(made) == [("hold", "two-milestones")] * 2
    assert of_term(made)[0].reason.command == f"t2i hold {ref(TWINS[0])}"


def test_an_open_milestone_beside_a_closed_one_changes_nothing() -> None:
    made = plan(facts(BETA, milestone("Beta", 2, state="open")))
    assert codes(made) == [("bill", "accepted"), ("none", "not-closed")]


def test_a_milestone_that_is_not_yet_accepted_stands_in_the_way_of_another() -> None:
    """Which of two is billed must not hang on which of them a poll finds accepted first."""
    slow = replace(CONTRACT, acceptance=Acceptance(after=timedelta(hours=12)))
    young = milestone("Beta", 2, closed_at=NOW - timedelta(hours=1))
    made = plan(facts(BETA, young, contracts=[slow]))
    assert codes(made) == [("hold", "two-milestones"), ("none", "too-young")]


def test_milestones_of_several_projects_count_together_and_so_do_their_numbers() -> None:
    numbered = one_contract(term("third", Match("number", "3")), projects=("github:acme/portal", "github:acme/shop"))
    in_shop, in_portal = milestone("B", 3, project="2"), milestone("A", 3, project="1")
    made = plan(facts(in_shop, in_portal, contracts=[numbered]))
    assert codes(made, "third") == [("hold", "two-milestones")] * 2
    assert [one.project for one in of_term(made, "third")] == ["github:acme/portal", "github:acme/shop"]


def test_a_project_under_two_names_counts_once() -> None:
    renamed = replace(CONTRACT, projects=("github:acme/portal", "github:acme/old-name"))
    known = PROJECTS | {"github:acme/old-name": PORTAL}
    [action] = of_term(plan(facts(BETA, contracts=[renamed], projects=known)))
    assert (action.kind, action.project) == ("bill", "github:acme/portal")


def test_brake_contract_stops_one_contract_and_brake_run_what_is_left() -> None:
    other = replace(CONTRACT, id="other", projects=("github:acme/shop",))
    both = facts(BETA, milestone("Design", 2), milestone("Beta", project="2"), contracts=[CONTRACT, other])
    made = plan(replace(both, brake=Brake(run=Limit(count=1), contract=Limit(count=1))))
    assert codes(made) == codes(made, "design") == [("hold", "brake-contract")]
    assert codes(made, "beta", "other") == [("bill", "accepted")]
    made = plan(replace(both, brake=Brake(run=Limit(count=2), contract=Limit(count=2))))
    assert codes(made) == codes(made, "beta", "other") == [("hold", "brake-run")]


def test_over_price_terms_that_make_more_than_the_price_are_not_billed() -> None:
    greedy = one_contract(*(Term(one, Match("title", one), percent=Fraction(60)) for one in ("a", "b")))
    made = plan(facts(milestone("a", 1), milestone("b", 2), contracts=[greedy]))
    assert codes(made, "a") == codes(made, "b") == [("hold", "over-price")]


def test_hostile_titles_reach_the_words_in_one_line() -> None:
    nasty = milestone("Beta\n\u202e\x1b[31mPAID", 2)
    loose = one_contract(term("any", Match("glob", "Beta*")))
    words = of_term(plan(facts(BETA, nasty, contracts=[loose])), "any")[0].reason.words
    assert "'Beta [31mPAID'" in words


def test_equal_facts_make_equal_hashes_and_another_title_another_hash() -> None:
    assert plan(facts(BETA, *TWINS)).hash == plan(facts(*TWINS[::-1], BETA)).hash
    assert plan(facts(BETA)).hash != plan(facts(replace(BETA, title="Beta "))).hash
    assert plan(facts(replace(BETA, title="Beta \ud800"))).hash
