"""Gitea as a tracker, against the sandbox: the rules of every tracker, then what only Gitea does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError
from tests.connectors.gitea import PORTAL, SwappedGitea, connected, observe, poll

from tracker2invoice.errors import AccessDenied, BadAnswer, NotThere
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.plugins import Failed, ProjectCursor, Tracker, Unchanged
from tracker2invoice.testing.comment_suite import CommentSuite
from tracker2invoice.testing.label_suite import LabelSuite
from tracker2invoice.testing.sandbox import gitea_answers as answers
from tracker2invoice.testing.sandbox.gitea import MOST, TOKEN, GiteaSandbox
from tracker2invoice.testing.sandbox.gitea_state import GiteaState
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request
from tracker2invoice.testing.tracker_suite import TrackerSuite
from tracker2invoice_gitea import GiteaSettings
from tracker2invoice_gitea.twin import GiteaTwin

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

MILESTONE: dict[str, Any] = {
    "id": 7, "title": "Design", "state": "closed", "open_issues": 0, "closed_issues": 3, "due_on": None,
    "closed_at": "2026-02-20T09:00:00+01:00",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OnSecondPage(Fault):
    def matches(self, request: Request) -> bool:
        return request.query.get("page") == "2" and Fault.matches(self, request)


class GiteaWorld(GiteaTwin):
    def fail_next(self, project_id: str) -> None:
        self.sandbox.fail(502, path=f"/repositories/{project_id}")

    def fail_half_way(self, project_id: str) -> None:
        name = self.sandbox.gitea.repositories[int(project_id)].name
        self.sandbox.faults.append(OnSecondPage(path=f"/repos/{name}/"))

    def refuse_us(self) -> None:
        self.sandbox.revoke()

    def comment(self, project_id: str, title: str, author: str, text: str) -> int:
        return self.sandbox.gitea.comment(int(project_id), self._number(project_id, title), author, text)

    def edit_comment(self, project_id: str, comment: int, text: str, by: str) -> None:
        self.sandbox.gitea.edit_comment(int(project_id), comment, text)

    def delete_comment(self, project_id: str, comment: int) -> None:
        self.sandbox.gitea.delete_comment(int(project_id), comment)

    def fail_comments(self, project_id: str) -> None:
        self.sandbox.fail(502, path="/issues/comments")

    def set_label(self, project_id: str, title: str, label: str, by: str) -> None:
        self.sandbox.gitea.set_label(int(project_id), self._number(project_id, title), label, by)

    def remove_label(self, project_id: str, title: str, label: str) -> None:
        self.sandbox.gitea.remove_label(int(project_id), self._number(project_id, title), label)

    def fail_labels(self, project_id: str) -> None:
        self.sandbox.fail(502, path="/timeline")

    def _number(self, project_id: str, title: str) -> int:
        issues = self.sandbox.gitea.repositories[int(project_id)].issues.values()
        return next(one.number for one in issues if one.title == title)


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[GiteaSandbox]:
    with GiteaSandbox(clock) as running:
        yield running


@pytest.fixture
def gitea(sandbox: GiteaSandbox) -> GiteaState:
    return sandbox.gitea


@pytest.fixture
def tracker(sandbox: GiteaSandbox, clock: FrozenClock, tmp_path: Path) -> Iterator[Tracker]:
    with closing(connected(sandbox, clock, tmp_path)) as one:
        yield one


class TestGitea(TrackerSuite):
    kind = "gitea"
    page = MOST

    @pytest.fixture
    def world(self, sandbox: GiteaSandbox) -> GiteaWorld:
        return GiteaWorld(sandbox)


class TestCommentsOfGitea(CommentSuite):
    kind = "gitea"
    page, editors = MOST, False

    @pytest.fixture
    def world(self, sandbox: GiteaSandbox) -> GiteaWorld:
        return GiteaWorld(sandbox)


class TestLabelsOfGitea(LabelSuite):
    kind = "gitea"
    page = MOST

    @pytest.fixture
    def world(self, sandbox: GiteaSandbox) -> GiteaWorld:
        return GiteaWorld(sandbox)


class TestGiteaWithShortPagesAndWithoutTotals(TestGitea):
    page = 20

    @pytest.fixture
    def sandbox(self, clock: FrozenClock) -> Iterator[GiteaSandbox]:
        with GiteaSandbox(clock, most=self.page) as running:
            running.tells_totals = False
            yield running


def answered(sandbox: GiteaSandbox, tracker: Tracker, **fields: object) -> Milestone:
    """Return what becomes of a milestone that is answered with these fields."""
    project = sandbox.gitea.add_repository(PORTAL)
    answer = Answer(200, [MILESTONE | fields], {"X-Total-Count": "1"})
    sandbox.faults.append(Fault(answer=answer, path="/milestones"))
    (milestone,) = observe(tracker, project).milestones
    return milestone


@pytest.mark.parametrize(
    "settings",
    [
        {"token": "a"},
        {"url": "https://git.example"},
        {"url": "https://git.example", "token": "a", "colour": "red"},
        {"url": "https://name:word@git.example", "token": "a"},
        {"url": "ftp://git.example", "token": "a"},
    ],
)
def test_settings_name_a_server_and_a_token(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GiteaSettings.model_validate(settings)


def test_a_former_name_leads_to_the_repository_and_its_present_name(gitea: GiteaState, tracker: Tracker) -> None:
    portal = gitea.add_repository(PORTAL)
    gitea.rename_repository(portal, "newowner/shop")
    found = tracker.find_project(PORTAL)
    assert (found.id, found.name) == (str(portal), "newowner/shop")
    assert found.url.endswith("/newowner/shop")


def test_a_name_that_somebody_else_has_taken_does_not_change_what_is_read(gitea: GiteaState, tracker: Tracker) -> None:
    portal = gitea.add_repository(PORTAL)
    design = gitea.add_milestone(portal, "Design")
    before = observe(tracker, portal)
    gitea.rename_repository(portal, "acme/gate")
    other = gitea.add_repository(PORTAL)
    gitea.close_milestone(other, gitea.add_milestone(other, "Design"))
    after = observe(tracker, portal, before.cursor)
    assert (after.project.name, [one.number for one in after.milestones]) == ("acme/gate", [design])
    assert [one.state for one in after.milestones] == ["open"]


def test_a_repository_that_takes_the_name_while_it_is_read_is_not_taken_for_ours(
    clock: FrozenClock, tmp_path: Path
) -> None:
    with SwappedGitea(clock) as sandbox, closing(connected(sandbox, clock, tmp_path)) as tracker:
        portal = sandbox.gitea.add_repository(PORTAL)
        result = poll(tracker, portal)
        assert isinstance(result, Failed)
        assert isinstance(result.error, BadAnswer)
        assert observe(tracker, portal).milestones == ()


def test_an_answer_about_another_repository_is_refused(sandbox: GiteaSandbox, tracker: Tracker) -> None:
    portal, shop = sandbox.gitea.add_repository(PORTAL), sandbox.gitea.add_repository("acme/shop")
    other = sandbox.handle(Request("GET", f"/api/v1/repositories/{shop}", {}, {"authorization": f"token {TOKEN}"}, b""))
    sandbox.faults.append(Fault(answer=other, path=f"/repositories/{portal}"))
    result = poll(tracker, portal)
    assert isinstance(result, Failed)
    assert isinstance(result.error, BadAnswer)


@pytest.mark.parametrize("name", ["portal", "acme/portal/x", "acme/../user", "../user", "acme/portal?x=1", "a b/c", ""])
def test_what_cannot_be_a_repository_is_not_asked_for(sandbox: GiteaSandbox, tracker: Tracker, name: str) -> None:
    (*_, finding) = tracker.check([name])
    assert not finding.ok
    assert [request.path for request in sandbox.requests] == ["/api/v1/repos/search"]


@pytest.mark.parametrize("strange", ["../user", "0", "1?x=1", "x", "", "٣"])
def test_what_cannot_be_an_id_is_not_asked_for(sandbox: GiteaSandbox, tracker: Tracker, strange: str) -> None:
    sandbox.gitea.add_milestone(portal := sandbox.gitea.add_repository(PORTAL), "Design")
    (result,) = tracker.poll([ProjectCursor(strange, None)])
    assert isinstance(result, Failed)
    assert isinstance(result.error, NotThere)
    assert not sandbox.requests
    (milestone,) = observe(tracker, portal).milestones
    with pytest.raises(NotThere):
        tracker.work(replace(milestone, id=strange))


def test_a_closing_is_told_to_the_second_and_leads_to_its_page(sandbox: GiteaSandbox, tracker: Tracker) -> None:
    milestone = answered(sandbox, tracker)
    assert milestone.closed_at == datetime(2026, 2, 20, 8, tzinfo=UTC)
    assert milestone.url == f"{sandbox.url}/acme/portal/milestone/7"


def test_the_state_decides_whatever_the_closing_time_says(sandbox: GiteaSandbox, tracker: Tracker) -> None:
    milestone = answered(sandbox, tracker, state="open")
    assert (milestone.state, milestone.closed_at) == ("open", None)


@pytest.mark.parametrize("unknown", ["1970-01-01T00:00:00Z", "1970-01-01T01:00:00+01:00", "0001-01-01T00:00:00Z", None])
def test_the_beginning_of_a_calendar_is_no_instant(
    sandbox: GiteaSandbox, tracker: Tracker, unknown: str | None
) -> None:
    milestone = answered(sandbox, tracker, closed_at=unknown, created_at=unknown, updated_at=unknown)
    assert milestone.state == "closed"
    assert (milestone.closed_at, milestone.created_at, milestone.updated_at) == (None, None, None)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-03-31T23:59:59Z", date(2026, 3, 31)),
        ("2026-03-31T23:59:59-05:00", date(2026, 3, 31)),
        ("2026-03-31T23:59:59+09:00", date(2026, 3, 31)),
        # what older servers keep for "none"
        ("9999-12-31T23:59:59Z", None),
        ("1970-01-01T01:00:00+01:00", None),
        (None, None),
    ],
)
def test_a_due_date_is_the_day_as_written(
    sandbox: GiteaSandbox, tracker: Tracker, written: str | None, day: date | None
) -> None:
    assert answered(sandbox, tracker, due_on=written).due_on == day


def test_a_poll_takes_two_requests_while_nothing_changes_and_one_more_after_a_change(
    sandbox: GiteaSandbox, tracker: Tracker
) -> None:
    portal = sandbox.gitea.add_repository(PORTAL)
    design = sandbox.gitea.add_milestone(portal, "Design")
    cursor = observe(tracker, portal).cursor
    assert len(sandbox.requests) == 3
    assert poll(tracker, portal, cursor) == Unchanged(str(portal), cursor)
    assert len(sandbox.requests) == 5
    sandbox.gitea.close_milestone(portal, design)
    observe(tracker, portal, cursor)
    assert len(sandbox.requests) == 8


class TestRepositoriesOfAnOwner:
    """Gitea cuts the pages first and then takes away what the account may not see."""

    def listed(self, tracker: Tracker, owner: str = "acme") -> list[str]:
        return [one.name for one in tracker.projects(owner)]

    def test_what_is_hidden_from_us_hides_nothing_else(self, gitea: GiteaState, tracker: Tracker) -> None:
        """A whole page is empty, and another one follows."""
        names = [f"acme/p{number}" for number in range(2 * MOST + 3)]
        for number, name in enumerate(names):
            id_ = gitea.add_repository(name)
            if number <= MOST:
                gitea.hide_code(id_)
        assert self.listed(tracker) == names[MOST + 1 :]

    @pytest.mark.parametrize("tells_totals", [True, False])
    @pytest.mark.parametrize("most", [MOST, 7])
    def test_every_page_is_read_whatever_the_server_tells(
        self, clock: FrozenClock, tmp_path: Path, most: int, tells_totals: bool
    ) -> None:
        with GiteaSandbox(clock, most=most) as sandbox, closing(connected(sandbox, clock, tmp_path)) as tracker:
            sandbox.tells_totals = tells_totals
            names = [f"acme/p{number}" for number in range(MOST + 1)]
            for name in names:
                sandbox.gitea.add_repository(name)
            assert self.listed(tracker) == names

    @pytest.mark.parametrize("total", [{"X-Total-Count": "51"}, {}])
    def test_links_that_a_proxy_takes_away_hide_no_page(
        self, sandbox: GiteaSandbox, tracker: Tracker, total: dict[str, str]
    ) -> None:
        rows = [
            answers.repository(sandbox.url, sandbox.gitea.repositories[sandbox.gitea.add_repository(f"acme/p{number}")])
            for number in range(MOST + 1)
        ]
        pages = [Answer(200, rows[:MOST], total), Answer(200, rows[MOST:], total)]
        pages += [] if total else [Answer(200, [])]
        sandbox.faults.extend(Fault(answer=page, path="/users/") for page in pages * 2)
        assert len(self.listed(tracker)) == MOST + 1

    def test_the_missing_scope_is_named(self, sandbox: GiteaSandbox, tracker: Tracker) -> None:
        sandbox.reads_users = False
        with pytest.raises(AccessDenied, match="read:user"):
            tracker.projects("acme")

    @pytest.mark.parametrize("owner", ["", "..", "acme/portal", "acme?page=2", "ac me"])
    def test_what_cannot_be_an_owner_is_not_asked_for(
        self, sandbox: GiteaSandbox, tracker: Tracker, owner: str
    ) -> None:
        with pytest.raises(NotThere):
            tracker.projects(owner)
        assert not sandbox.requests

    def test_pages_without_an_end_are_an_error(self, sandbox: GiteaSandbox, tracker: Tracker) -> None:
        portal = answers.repository(sandbox.url, sandbox.gitea.repositories[sandbox.gitea.add_repository(PORTAL)])
        endless = Answer(200, [portal], {"Link": f'<{sandbox.url}/api/v1/users/acme/repos?page=2>; rel="next"'})
        sandbox.faults.extend([Fault(answer=endless, path="/users/")] * 100)
        with pytest.raises(BadAnswer):
            tracker.projects("acme")
