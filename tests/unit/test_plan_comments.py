"""Acceptance by a comment of a named person: which comment counts, and which does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.unit.test_plan import BETA, CONTRACT, codes, decisions, facts, milestone, of_term, one_contract, ref

from tracker2invoice.mapping.actions import Action, Facts
from tracker2invoice.mapping.comments import only_accepting
from tracker2invoice.mapping.lookup import look_up
from tracker2invoice.mapping.plan import plan
from tracker2invoice.mapping.wanted import Wanted, wanted_work
from tracker2invoice.model.contract import Acceptance, ByComment, ByLabel
from tracker2invoice.model.invoice import AcceptedBy
from tracker2invoice.model.milestone import EARLIEST, Milestone
from tracker2invoice.model.term import Match
from tracker2invoice.model.work import Comment, WorkItem
from tracker2invoice.testing.samples import NOW

CLOSED = NOW - timedelta(days=1)
WORDS = ByComment("accepted", ("anna", "ben"))
BY_COMMENT = replace(CONTRACT, acceptance=Acceptance(comment=WORDS))
LOG_IN = WorkItem("1", "Log in", closed=True, closed_at=CLOSED - timedelta(hours=1))


def comment(text: str = "accepted", author: str = "anna", at: datetime = NOW) -> Comment:
    return Comment(author, at, text, "https://github.com/acme/portal/issues/1#issuecomment-7")


def with_comments(*comments: Comment, **changes: object) -> Facts:
    item = replace(LOG_IN, comments=comments, **changes)  # type: ignore[arg-type]
    return facts(BETA, contracts=[BY_COMMENT], work={BETA.key: (item,)})


def judged(*comments: Comment, **changes: object) -> Action:
    (action,) = of_term(plan(with_comments(*comments, **changes)))
    return action


def code(*comments: Comment, **changes: object) -> str:
    return judged(*comments, **changes).reason.code


def test_not_accepted_waits_and_says_who_is_asked_for_which_words_and_where() -> None:
    action = judged()
    assert (action.kind, action.reason.code) == ("none", "not-accepted")
    assert action.reason.words == (
        "waits for anna or ben to write 'accepted' in a comment on an issue or merge request of 'Beta', "
        "not before 2026-03-01T09:30:00Z"
    )


def test_accepted_it_is_billed_and_the_action_says_by_whom_when_and_where() -> None:
    action = judged(comment("no"), comment(at=NOW - timedelta(hours=2)), comment(author="ben"))
    url = "https://github.com/acme/portal/issues/1#issuecomment-7"
    assert action.kind == "bill"
    assert action.accepted_by == (AcceptedBy("anna", NOW - timedelta(hours=2), "Beta", "1", url),)
    assert action.reason.words.endswith(f", accepted by anna at 2026-03-02T07:30:00Z on 1 ({url})")


@pytest.mark.parametrize("text", ["accepted", " ACCEPTED\n\nThank you, Anna", "Accepted\r\n> please confirm"])
def test_the_first_line_counts_in_capitals_or_not(text: str) -> None:
    assert code(comment(text)) == "accepted"


@pytest.mark.parametrize(
    "text",
    [
        "> accepted",
        "> please confirm\n\naccepted",
        "not accepted",
        "accepted, but the search is slow",
        "accepted" + 1000 * " " + "not",
        "accepted\x0b, not",
        "**accepted**",
        "~~accepted~~",
        "<!-- -->accepted",
        "\u202eaccepted",
        "acc\u200bepted",
        "\u0430ccepted",
        "accepted\0",
        "",
    ],
)
def test_what_says_more_or_only_looks_like_it_does_not_count(text: str) -> None:
    assert code(comment(text)) == "not-accepted"


@pytest.mark.parametrize("author", ["mallory", "Anna B.", "anna[bot]", "an\u0144a", "\uff41nna", ""])
def test_nobody_else_accepts_whatever_they_are_called(author: str) -> None:
    assert code(comment(author=author)) == "not-accepted"


def test_logins_are_compared_without_capitals_but_only_where_that_is_safe() -> None:
    assert code(comment(author="Anna")) == "accepted"
    named = replace(CONTRACT, acceptance=Acceptance(comment=ByComment("accepted", ("strasse", "kim"))))
    for author in ("stra\u00dfe", "\u212aim"):  # they fold into the others
        work = {BETA.key: (replace(LOG_IN, comments=(comment(author=author),)),)}
        assert codes(plan(facts(BETA, contracts=[named], work=work))) == [("none", "not-accepted")]


def test_the_same_letters_count_however_they_are_composed() -> None:
    named = replace(CONTRACT, acceptance=Acceptance(comment=ByComment("accept\u00e9", ("anna",))))
    work = {BETA.key: (replace(LOG_IN, comments=(comment("ACCEPTE\u0301"),)),)}
    assert codes(plan(facts(BETA, contracts=[named], work=work))) == [("bill", "accepted")]


def test_what_was_written_before_the_milestone_was_closed_does_not_count() -> None:
    assert code(comment(at=CLOSED - timedelta(seconds=1))) == "not-accepted"
    assert code(comment(at=CLOSED)) == "accepted"


def test_what_was_written_before_the_last_item_was_finished_does_not_count() -> None:
    later = NOW - timedelta(hours=1)
    assert code(comment(at=later - timedelta(minutes=2)), closed_at=later) == "not-accepted"
    assert code(comment(at=later), closed_at=later) == "accepted"


def test_a_comment_that_closes_the_last_item_counts_although_it_is_written_first() -> None:
    later = NOW - timedelta(hours=1)
    assert code(comment(at=later - timedelta(seconds=1)), closed_at=later) == "accepted"


def test_what_is_open_may_have_been_reopened_since_and_is_not_accepted() -> None:
    reopened = replace(BETA, open_items=1, closed_items=3)
    work = {BETA.key: (replace(LOG_IN, comments=(comment(),)),)}
    seen = facts(reopened, contracts=[BY_COMMENT], work=work)
    assert codes(plan(seen)) == [("none", "items-open")]
    most = replace(CONTRACT, acceptance=Acceptance(issues_closed=75, comment=WORDS))  # type: ignore[arg-type]
    assert codes(plan(replace(seen, contracts=(most,)))) == [("bill", "accepted")]


def test_where_nobody_knows_when_it_was_closed_the_latest_instant_counts() -> None:
    unknown = replace(BETA, closed_at=None, closed_after=CLOSED, closed_until=NOW - timedelta(hours=3))
    early, late = comment(at=NOW - timedelta(hours=4)), comment(at=NOW - timedelta(hours=2))
    for one, expected in ((early, ("none", "not-accepted")), (late, ("bill", "accepted"))):
        work = {BETA.key: (replace(LOG_IN, comments=(one,)),)}
        assert codes(plan(facts(unknown, contracts=[BY_COMMENT], work=work))) == [expected]


def test_no_approval_takes_the_place_of_the_comment() -> None:
    seen = replace(with_comments(), decisions=decisions("approve", ref(BETA)))
    assert codes(plan(seen)) == [("none", "not-accepted")]


def test_what_could_not_be_read_is_not_accepted() -> None:
    assert codes(plan(facts(BETA, contracts=[BY_COMMENT]))) == [("none", "work-unread")]


def test_of_several_milestones_together_each_has_to_be_accepted() -> None:
    web, mobile = milestone("Web", 1), milestone("Mobile", 2)
    both = Match("all", of=(Match("title", "Web"), Match("title", "Mobile")))
    contract = one_contract(replace(CONTRACT.terms[1], match=both), acceptance=BY_COMMENT.acceptance)
    accepted, waiting = replace(LOG_IN, comments=(comment(),)), LOG_IN

    def actions(*items: WorkItem) -> list[Action]:
        work = {one.key: (item,) for one, item in zip((web, mobile), items, strict=True)}
        return of_term(plan(facts(web, mobile, contracts=[contract], work=work)))

    (action,) = actions(accepted, waiting)
    assert action.reason.code == "not-accepted"
    assert "of 'Mobile'" in action.reason.words
    (action,) = actions(accepted, accepted)
    assert (action.kind, [one.milestone_title for one in action.accepted_by]) == ("bill", ["Web", "Mobile"])


def test_comments_are_wanted_from_the_closing_on_and_only_where_they_matter() -> None:
    def wanted(one: Milestone, acceptance: Acceptance) -> list[Wanted]:
        return list(wanted_work(look_up(facts(one, contracts=[replace(CONTRACT, acceptance=acceptance)]))))

    (one,) = wanted(BETA, Acceptance(comment=WORDS))
    assert (one.project, one.comments_since) == ("github:acme/portal", CLOSED)
    (one,) = wanted(BETA, Acceptance(label=ByLabel("accepted")))
    assert one.comments_since is None
    assert wanted(BETA, Acceptance()) == []
    (one,) = wanted(replace(BETA, closed_at=None, updated_at=None), Acceptance(comment=WORDS))
    assert one.comments_since == EARLIEST


def test_of_what_people_write_only_the_acceptance_is_kept() -> None:
    said = comment("this is private"), comment(author="mallory"), comment()
    (kept,) = only_accepting((replace(LOG_IN, comments=said),), (WORDS,))
    assert kept == replace(LOG_IN, comments=(said[2],))


def test_hostile_addresses_and_numbers_stay_in_one_line() -> None:
    url = "https://tracker.example/\u202e\n" + 5000 * "x"
    (evidence,) = judged(replace(comment(), url=url), number="1\n\u202e2").accepted_by
    assert evidence.item == "1 2"
    assert len(evidence.url) == 2000
    assert "\n" not in evidence.url
    assert "\u202e" not in evidence.url
