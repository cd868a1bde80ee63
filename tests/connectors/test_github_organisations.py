"""One App in two organisations: each repository is read with the token of its owner's installation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.connectors.test_github_app import APP, pem

from tracker2invoice.errors import AccessDenied, NotThere, Tracker2InvoiceError
from tracker2invoice.plugins import Context, Failed, Observed, PollResult, ProjectCursor, Tracker, Unchanged
from tracker2invoice.testing.sandbox.github import GitHubSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice_github import GitHubSettings, plugin

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

PORTAL, SHOP = "acme/portal", "Globex/shop"


@pytest.fixture(scope="module")
def key() -> str:
    return pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(clock) as running:
        running.installations = {1: "acme", 2: "Globex"}
        for name in (PORTAL, SHOP, "initech/app"):
            running.github.add_repository(name)
            running.github.close_milestone(name, running.github.add_milestone(name, "Design"))
            running.github.add_issue(name, "task", 1)
        yield running


def connect(sandbox: GitHubSandbox, key: str, clock: FrozenClock, folder: Path) -> Tracker:
    settings = GitHubSettings.model_validate({"url": sandbox.url, "app": {"id": APP, "private_key": key}})
    return plugin.connect(settings, Context("github", folder, clock))


@pytest.fixture
def tracker(sandbox: GitHubSandbox, key: str, clock: FrozenClock, tmp_path: Path) -> Iterator[Tracker]:
    with closing(connect(sandbox, key, clock, tmp_path)) as one:
        yield one


def ids(sandbox: GitHubSandbox, *names: str) -> list[str]:
    return [str(sandbox.github.repository(name).id) for name in names]


def poll(tracker: Tracker, *asked: tuple[str, str | None]) -> dict[str, PollResult]:
    results = list(tracker.poll([ProjectCursor(*one) for one in asked]))
    assert len(results) == len(asked)
    return {one.project.id if isinstance(one, Observed) else one.project_id: one for one in results}


def observed(tracker: Tracker, *project_ids: str) -> dict[str, Observed]:
    results = poll(tracker, *((one, None) for one in project_ids))
    return {project_id: one for project_id, one in results.items() if isinstance(one, Observed)}


def test_each_repository_is_found_listed_and_read_through_its_owners_installation(
    sandbox: GitHubSandbox, tracker: Tracker
) -> None:
    projects = [tracker.find_project(PORTAL), *tracker.projects("globex")]
    assert [one.name for one in projects] == [PORTAL, SHOP]
    readings = observed(tracker, *(one.id for one in projects))
    assert sorted(readings) == sorted(ids(sandbox, PORTAL, SHOP))
    for one in readings.values():
        assert len(tracker.work(one.milestones[0])) == len(tracker.deliverables(one.milestones[0])) == 1


def test_after_a_restart_nothing_has_to_be_looked_up_but_the_installations(
    sandbox: GitHubSandbox, tracker: Tracker, key: str, clock: FrozenClock, tmp_path: Path
) -> None:
    cursors = {name: one.cursor for name, one in observed(tracker, *ids(sandbox, PORTAL, SHOP)).items()}
    sandbox.requests.clear()
    with closing(connect(sandbox, key, clock, tmp_path)) as restarted:
        assert {type(one) for one in poll(restarted, *cursors.items()).values()} == {Unchanged}
    assert [one.path for one in sandbox.requests].count("/graphql") == 2
    assert len(sandbox.requests) == 5  # the installations, and a token and a query for each


def test_a_repository_that_has_moved_to_another_organisation_is_read_on(
    sandbox: GitHubSandbox, tracker: Tracker
) -> None:
    (portal,) = ids(sandbox, PORTAL)
    before = observed(tracker, portal)[portal]
    sandbox.github.rename_repository(PORTAL, "globex/portal")
    result = poll(tracker, (portal, before.cursor))[portal]
    assert isinstance(result, Observed)
    assert result.project.name == "globex/portal"


def test_where_the_app_is_not_installed_is_said_and_nothing_else_fails(
    sandbox: GitHubSandbox, tracker: Tracker
) -> None:
    for question in (lambda: tracker.find_project("initech/app"), lambda: tracker.projects("initech")):
        with pytest.raises(NotThere):
            question()
    app, portal = ids(sandbox, "initech/app", PORTAL)
    results = poll(tracker, (app, None), (portal, None))
    assert isinstance(results[portal], Observed)
    failed = results[app]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, NotThere)
    assert [(one.ok, "install the App" in one.next_step) for one in tracker.check(["initech/app", PORTAL])] == [
        (False, True),
        (True, False),
        (True, False),
    ]


def test_an_installation_that_is_added_meanwhile_is_found(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    tracker.find_project(PORTAL)
    sandbox.installations[3] = "initech"
    assert tracker.find_project("initech/app").name == "initech/app"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(401, {"message": "A JSON web token could not be decoded"}), AccessDenied),
        (Answer(200, []), NotThere),
        (Answer(200, {}), Tracker2InvoiceError),
        (Answer(502, b"<html>Unicorn!</html>"), Tracker2InvoiceError),
    ],
)
def test_without_the_list_of_installations_every_repository_fails(
    sandbox: GitHubSandbox, tracker: Tracker, answer: Answer, expected: type[Tracker2InvoiceError]
) -> None:
    sandbox.faults.append(Fault(answer=answer, path="/app/installations"))
    results = poll(tracker, *((one, None) for one in ids(sandbox, PORTAL, SHOP)))
    assert all(isinstance(one, Failed) and isinstance(one.error, expected) for one in results.values())
