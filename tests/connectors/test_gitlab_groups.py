"""A group of GitLab whose projects are all followed: those in its subgroups, too, and nobody else's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pytest

from tracker2invoice.errors import BadAnswer, NotThere, TryLater
from tracker2invoice.plugins import Tracker
from tracker2invoice.testing.sandbox.gitlab import GitLabSandbox
from tracker2invoice.testing.sandbox.gitlab_state import GitLabState
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request


@dataclass(frozen=True, slots=True)
class OnSecondPage(Fault):
    def matches(self, request: Request) -> bool:
        return request.path.endswith("/projects") and request.query.get("page") == "2"


@dataclass(slots=True)
class Deletion:
    """Deletes projects, one before each second page; the page is answered all the same."""

    gitlab: GitLabState
    projects: list[str]

    def matches(self, request: Request) -> bool:
        if self.projects and OnSecondPage().matches(request):
            self.gitlab.delete_project(self.projects.pop())
        return False


def names(tracker: Tracker, owner: str) -> list[str]:
    return sorted(one.name for one in tracker.projects(owner))


def test_projects_in_subgroups_are_listed(gitlab: GitLabSandbox, gitlab_tracker: Tracker) -> None:
    for path in ("acme/portal", "acme/web/shop", "acme/web/old/app", "acmeshop/portal"):
        gitlab.gitlab.add_project(path)
    assert names(gitlab_tracker, "acme") == ["acme/portal", "acme/web/old/app", "acme/web/shop"]
    assert names(gitlab_tracker, "acme/web") == ["acme/web/old/app", "acme/web/shop"]


def test_a_project_that_another_group_shares_is_not_billed_as_one_of_the_group(
    gitlab: GitLabSandbox, gitlab_tracker: Tracker
) -> None:
    gitlab.gitlab.add_project("acme/portal")
    gitlab.gitlab.add_project("globex/shop")
    gitlab.gitlab.share("globex/shop", "acme")
    assert names(gitlab_tracker, "acme") == ["acme/portal"]


def test_a_group_without_projects_has_none(gitlab: GitLabSandbox, gitlab_tracker: Tracker) -> None:
    gitlab.gitlab.add_group("acme")
    assert gitlab_tracker.projects("acme") == ()


def test_a_former_path_of_the_group_is_followed(gitlab: GitLabSandbox, gitlab_tracker: Tracker) -> None:
    gitlab.gitlab.add_group("acme")
    gitlab.gitlab.rename("acme", "initech")
    gitlab.gitlab.add_project("initech/portal")
    assert names(gitlab_tracker, "acme") == ["initech/portal"]


@pytest.mark.parametrize("name", ["", "2001", "acme/..", "acme?x=1", "acme/portal", "./acme"])
def test_what_is_not_the_path_of_a_group_is_not_there(
    gitlab: GitLabSandbox, gitlab_tracker: Tracker, name: str
) -> None:
    gitlab.gitlab.add_project("acme/portal")
    with pytest.raises(NotThere):
        gitlab_tracker.projects(name)


def test_a_project_that_moves_up_a_page_meanwhile_is_not_missed(gitlab: GitLabSandbox, gitlab_tracker: Tracker) -> None:
    for number in range(102):
        gitlab.gitlab.add_project(f"acme/p{number}")
    gitlab.faults.append(cast("Fault", Deletion(gitlab.gitlab, ["acme/p0"])))
    assert names(gitlab_tracker, "acme") == sorted(f"acme/p{number}" for number in range(1, 102))


@pytest.mark.parametrize(
    ("answer", "error"),
    [(Answer(502, b"<html>"), TryLater), (Answer(200, [{"id": 1}]), BadAnswer), (Answer(200, {}), BadAnswer)],
)
def test_a_page_that_cannot_be_read_leaves_no_list(
    gitlab: GitLabSandbox, gitlab_tracker: Tracker, answer: Answer, error: type[Exception]
) -> None:
    for number in range(101):
        gitlab.gitlab.add_project(f"acme/p{number}")
    gitlab.faults.append(OnSecondPage(answer=answer))
    with pytest.raises(error):
        gitlab_tracker.projects("acme")
