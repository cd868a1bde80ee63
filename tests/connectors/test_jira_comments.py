"""Comments on issues of Jira, Cloud and Data Center: what the suite of all trackers does not know of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.connectors.jira import MoodyJira, connecting, observe

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.milestone import EARLIEST, Milestone
from tracker2invoice.model.work import Comment
from tracker2invoice.plugins import Tracker
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice_jira.comments import beginning

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

ANNA = "5b10a2844c20165700ede21g"


@pytest.fixture(params=[True, False], ids=["cloud", "data-center"])
def sandbox(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[MoodyJira]:
    with MoodyJira(clock, cloud=request.param) as running:
        yield running


@pytest.fixture
def tracker(sandbox: MoodyJira, clock: FrozenClock, tmp_path: Path) -> Iterator[Tracker]:
    with connecting(clock, tmp_path)(sandbox) as one:
        yield one


@pytest.fixture
def issue(sandbox: MoodyJira) -> int:
    """The only issue of a version."""
    portal = sandbox.jira.add_project("Customer portal", "PORTAL")
    return sandbox.jira.add_issue(portal, "Log in", version=sandbox.jira.add_version(portal, "Design"))


@pytest.fixture
def design(sandbox: MoodyJira, tracker: Tracker, issue: int) -> Milestone:
    (one,) = observe(tracker, str(sandbox.jira.issues[issue].project)).milestones
    sandbox.requests.clear()
    return one


def comments(tracker: Tracker, milestone: Milestone, since: datetime = EARLIEST) -> list[Comment]:
    return [one for item in tracker.work(milestone, since) for one in item.comments]


def test_a_comment_has_the_account_of_its_author_and_never_the_name_that_people_see(
    sandbox: MoodyJira, tracker: Tracker, issue: int, design: Milestone, clock: FrozenClock
) -> None:
    comment = sandbox.jira.comment(issue, ANNA, "not yet")
    clock.advance(timedelta(hours=1))
    sandbox.jira.edit_comment(comment, "accepted", by=ANNA)
    url = f"{sandbox.url}/browse/PORTAL-1?focusedCommentId={comment}"
    assert comments(tracker, design, clock.now) == [Comment(ANNA, clock.now, "accepted", url)]


def test_comments_come_with_the_search_unless_it_may_have_cut_them_short(
    sandbox: MoodyJira, tracker: Tracker, issue: int, design: Milestone
) -> None:
    for count in (19, 1, 180):
        for _ in range(count):
            sandbox.jira.comment(issue, ANNA, "accepted")
        there = len(sandbox.jira.issues[issue].comments)
        sandbox.requests.clear()
        assert len(comments(tracker, design)) == there
        asked = sum(request.path.endswith("/comment") for request in sandbox.requests)
        assert asked == {19: 0, 20: 1, 200: 3}[there]


def test_comments_are_not_asked_for_where_nobody_needs_them(
    sandbox: MoodyJira, tracker: Tracker, issue: int, design: Milestone
) -> None:
    sandbox.jira.comment(issue, ANNA, "accepted")
    tracker.work(design)
    assert not any(b'"comment"' in request.body for request in sandbox.requests)


def told(sandbox: MoodyJira, **fields: Any) -> None:
    """Let the search tell one comment with these fields; None leaves a field out."""
    author = {"accountId": ANNA, "name": ANNA}
    whole = {
        "id": "10100",
        "author": author,
        "updateAuthor": author,
        "body": "accepted",
        "created": "2026-03-02T09:30:00.000+0000",
        "updated": "2026-03-02T09:30:00.000+0000",
    }
    comment = {name: value for name, value in (whole | fields).items() if value is not None}
    status = {"id": "10001", "statusCategory": {"key": "done"}}
    row: dict[str, Any] = {"summary": "Log in", "status": status, "fixVersions": [{"id": "10002"}]}
    row["comment"] = {"comments": [comment], "total": 1}
    issues = [{"id": "10003", "key": "PORTAL-1", "fields": row}]
    sandbox.faults.append(Fault(answer=Answer(200, {"issues": issues, "total": 1, "isLast": True}), path="/search"))


@pytest.mark.parametrize("fields", [{"author": None}, {"updateAuthor": None}, {"author": {"displayName": "anna"}}])
def test_what_nobody_has_surely_written_is_nobodys_word(
    sandbox: MoodyJira, tracker: Tracker, design: Milestone, fields: dict[str, Any]
) -> None:
    told(sandbox, **fields)
    assert comments(tracker, design) == []


def test_a_name_is_no_account_where_the_site_knows_people_by_the_other(
    sandbox: MoodyJira, tracker: Tracker, design: Milestone
) -> None:
    somebody = {"name" if sandbox.cloud else "accountId": "anna"}
    told(sandbox, author=somebody, updateAuthor=somebody)
    assert comments(tracker, design) == []


@pytest.mark.parametrize("fields", [{"id": "x"}, {"updated": None}, {"updated": "soon"}, {"author": "anna"}])
def test_a_comment_that_is_not_told_completely_is_an_error(
    sandbox: MoodyJira, tracker: Tracker, design: Milestone, fields: dict[str, Any]
) -> None:
    told(sandbox, **fields)
    with pytest.raises(BadAnswer):
        comments(tracker, design)


def test_a_search_that_leaves_the_comments_out_is_an_error(
    sandbox: MoodyJira, tracker: Tracker, design: Milestone
) -> None:
    status = {"id": "10001", "statusCategory": {"key": "done"}}
    row = {"summary": "Log in", "status": status, "fixVersions": [{"id": "10002"}]}
    issues = [{"id": "10003", "key": "PORTAL-1", "fields": row}]
    sandbox.faults.append(Fault(answer=Answer(200, {"issues": issues, "total": 1, "isLast": True}), path="/search"))
    with pytest.raises(BadAnswer, match="comments"):
        comments(tracker, design)


def test_a_list_of_comments_that_ends_too_early_is_an_error(
    sandbox: MoodyJira, tracker: Tracker, issue: int, design: Milestone
) -> None:
    for _ in range(21):
        sandbox.jira.comment(issue, ANNA, "accepted")
    page = Answer(200, b'{"total": 21, "comments": []}')
    sandbox.faults.extend([Fault(answer=page, path="/comment")] * 4)
    with pytest.raises(BadAnswer):
        comments(tracker, design)


def text(words: str, *marks: str) -> dict[str, Any]:
    return {"type": "text", "text": words, "marks": [{"type": mark} for mark in marks]}


def block(kind: str, *content: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content)}


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([block("paragraph", text("accepted"))], "accepted"),
        ([block("paragraph"), block("paragraph", text(" ")), block("heading", text("accepted"))], "accepted"),
        ([block("paragraph", text("acc"), text("epted", "strong"))], "accepted"),
        ([block("paragraph", text("accepted"), {"type": "hardBreak"}, text("Anna"))], "accepted\nAnna"),
        ([block("blockquote", block("paragraph", text("accepted")))], "[blockquote] accepted"),
        ([block("bulletList", block("listItem", block("paragraph", text("accepted"))))], "[bulletList] accepted"),
        ([block("paragraph", text("accepted", "strike"))], "~~accepted~~"),
        ([block("paragraph", text("accepted"), {"type": "emoji", "attrs": {"text": "🙃"}})], "accepted\ufffc"),
        ([block("paragraph", {"type": "mention"}, text("accepted"))], "\ufffcaccepted"),
        ([{"type": "rule"}, block("paragraph", text("accepted"))], "[rule] "),
        ([None, 7, {"type": "paragraph", "content": "accepted"}], ""),
        ([block("paragraph", {"type": "text", "text": 7, "marks": 7})], "\ufffc"),
        ("accepted", ""),
    ],
)
def test_of_a_document_only_a_plain_paragraph_says_what_it_reads(blocks: Any, words: str) -> None:
    assert beginning({"type": "doc", "version": 1, "content": blocks}) == words


@pytest.mark.parametrize("body", [None, 7, [], {}, {"content": None}])
def test_what_is_no_document_says_nothing(body: object) -> None:
    assert beginning(body) == ""
