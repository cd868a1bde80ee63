"""Acceptance by a label that a named person has set: which items count, and what is said of those that do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.unit.test_plan import BETA, CONTRACT, codes, decisions, facts, milestone, of_term, one_contract, ref

from tracker2invoice.mapping.actions import Action
from tracker2invoice.mapping.lookup import look_up
from tracker2invoice.mapping.plan import plan
from tracker2invoice.mapping.wanted import Wanted, wanted_work
from tracker2invoice.model.contract import Acceptance, ByComment, ByLabel
from tracker2invoice.model.invoice import AcceptedBy
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.term import Match
from tracker2invoice.model.work import Labelling, WorkItem
from tracker2invoice.testing.samples import NOW

FINISHED = NOW - timedelta(days=2)
URL = "https://github.com/acme/portal/issues/1"
OF_ANNA_OR_BEN = Acceptance(label=ByLabel("accepted", ("anna", "ben")))
BY_LABEL = replace(CONTRACT, acceptance=OF_ANNA_OR_BEN)


def setting(by: str = "anna", at: datetime = NOW, label: str = "accepted", url: str = URL) -> Labelling:
    return Labelling(label, by, at, url)


def item(*labellings: Labelling, number: str = "1", title: str = "Log in", **changes: object) -> WorkItem:
    one = WorkItem(number, title, closed=True, labels=("accepted",), closed_at=FINISHED, labellings=labellings)
    return replace(one, **changes)  # type: ignore[arg-type]


def judged(*items: WorkItem) -> Action:
    (action,) = of_term(plan(facts(BETA, contracts=[BY_LABEL], work={BETA.key: items})))
    return action


def test_not_labelled_each_item_is_named_with_what_it_lacks() -> None:
    action = judged(
        item(setting()),
        item(number="2", title="Log out", labels=()),
        item(setting("mallory"), number="3", title="Search"),
        item(setting(at=FINISHED - timedelta(hours=1)), number="4", title="Sort"),
        item(number="5", title="Print"),
        item(number="6", title="Later", closed=False, labels=()),
    )
    assert (action.kind, action.reason.code) == ("none", "not-labelled")
    assert action.reason.words == (
        "4 of 5 finished items without the label 'accepted' set by anna or ben: 2 'Log out' (missing), "
        "3 'Search' (set by mallory), 4 'Sort' (set by anna at 2026-02-28T08:30:00Z, before it was finished), "
        "5 'Print' (set by somebody whom the tracker does not name)"
    )


def test_accepted_it_is_billed_and_the_action_says_who_set_the_label_on_which_item_when() -> None:
    action = judged(item(setting()), item(setting("ben", NOW - timedelta(hours=1)), number="2"))
    assert action.kind == "bill"
    assert action.accepted_by == (
        AcceptedBy("anna", NOW, "Beta", "1", URL, "accepted"),
        AcceptedBy("ben", NOW - timedelta(hours=1), "Beta", "2", URL, "accepted"),
    )
    told = ", label 'accepted' set by anna on 1 item, label 'accepted' set by ben on 1 item"
    assert action.reason.words.endswith(told)


def test_who_has_set_it_last_decides() -> None:
    assert judged(item(setting(), setting("mallory"))).reason.code == "not-labelled"
    assert judged(item(setting("mallory"), setting())).kind == "bill"
    nobody = judged(item(setting(), setting("")))
    assert nobody.reason.words.endswith("1 'Log in' (set by somebody whom the tracker does not name)")
    assert judged(item(setting(), setting("mallory", label="bug"))).kind == "bill"


@pytest.mark.parametrize("login", ["mallory", "Anna B.", "anna[bot]", "an\u0144a", "\uff41nna", ""])
def test_nobody_else_accepts_whatever_they_are_called(login: str) -> None:
    assert judged(item(setting(login))).reason.code == "not-labelled"


def test_logins_are_compared_without_capitals() -> None:
    assert judged(item(setting("Anna"))).kind == "bill"


def test_who_closes_an_item_with_the_label_sets_it_a_moment_before() -> None:
    assert judged(item(setting(at=FINISHED - timedelta(seconds=60)))).kind == "bill"
    assert judged(item(setting(at=FINISHED - timedelta(seconds=61)))).reason.code == "not-labelled"


def test_where_nobody_knows_when_an_item_was_finished_it_was_when_the_milestone_was_closed() -> None:
    closed = BETA.closed_at
    assert closed is not None
    assert judged(item(setting(at=closed), closed_at=None)).kind == "bill"
    assert judged(item(setting(at=closed - timedelta(hours=1)), closed_at=None)).reason.code == "not-labelled"


def test_where_nothing_is_finished_nobody_has_accepted_anything() -> None:
    action = judged(item(closed=False))
    assert action.reason.words == "nothing is finished on which anna or ben could set 'accepted'"
    anybody = replace(CONTRACT, acceptance=Acceptance(label=ByLabel("accepted")))
    assert codes(plan(facts(BETA, contracts=[anybody], work={BETA.key: ()}))) == [("bill", "accepted")]


def test_what_could_not_be_read_is_not_accepted_whoever_approves() -> None:
    seen = facts(BETA, contracts=[BY_LABEL], decisions=decisions("approve", ref(BETA)))
    assert codes(plan(seen)) == [("none", "work-unread")]
    assert codes(plan(replace(seen, work={BETA.key: (item(),)}))) == [("none", "not-labelled")]


def test_of_several_milestones_together_every_item_of_each_has_to_be_accepted() -> None:
    web, mobile = milestone("Web", 1), milestone("Mobile", 2)
    both = Match("all", of=(Match("title", "Web"), Match("title", "Mobile")))
    contract = one_contract(replace(CONTRACT.terms[1], match=both), acceptance=OF_ANNA_OR_BEN)
    for second, code in ((item(), "not-labelled"), (item(setting()), "accepted")):
        work = {web.key: (item(setting()),), mobile.key: (second,)}
        (action,) = of_term(plan(facts(web, mobile, contracts=[contract], work=work)))
        assert action.reason.code == code
    assert [one.milestone_title for one in action.accepted_by] == ["Web", "Mobile"]


def test_a_label_and_a_comment_can_both_be_wanted() -> None:
    both = replace(CONTRACT, acceptance=replace(OF_ANNA_OR_BEN, comment=ByComment("accepted", ("anna",))))
    work = {BETA.key: (item(setting()),)}
    assert codes(plan(facts(BETA, contracts=[both], work=work))) == [("none", "not-accepted")]


def test_who_has_set_labels_is_wanted_only_where_it_matters() -> None:
    def wanted(one: Milestone, *acceptances: Acceptance) -> list[Wanted]:
        contracts = [replace(CONTRACT, id=f"c{n}", acceptance=each) for n, each in enumerate(acceptances)]
        return list(wanted_work(look_up(facts(one, contracts=contracts))))

    (one,) = wanted(BETA, OF_ANNA_OR_BEN, Acceptance(label=ByLabel("done", ("anna",))))
    assert (one.labels, one.comments_since) == (("accepted", "done"), None)
    (one,) = wanted(BETA, Acceptance(label=ByLabel("accepted")))
    assert one.labels == ()
    assert wanted(replace(BETA, state="open"), OF_ANNA_OR_BEN) == []


def test_hostile_text_stays_in_one_line() -> None:
    hostile = "\u202e\n" + 5000 * "x"
    (evidence,) = judged(item(setting(url=URL + hostile), number="1\n\u202e2")).accepted_by
    assert (evidence.item, len(evidence.url)) == ("1 2", 2000)
    words = judged(item(setting("mallory" + hostile), title=hostile)).reason.words
    assert "\n" not in words + evidence.url
    assert "\u202e" not in words + evidence.url
