"""Reads the milestones of one project or group by REST, where GraphQL does not show them.

The list has no counts. They come from one list of all issues that have a milestone: exact, and without a title in the
query, which GitLab may take for something else ("None", "Any").
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracker2invoice.model.milestone import Project
from tracker2invoice_gitlab.client import Client
from tracker2invoice_gitlab.graph import Reading, kind_of
from tracker2invoice_gitlab.listing import read_settled
from tracker2invoice_gitlab.readings import (
    GROUP,
    GROUP_ANSWER,
    MILESTONES,
    PROJECT,
    STATES,
    MilestoneAnswer,
    counts,
    group,
    milestone,
    project,
    read,
)

_NUMBER = re.compile(r"[0-9]{1,18}")


def path_of(project_id: str) -> str:
    """Return the path of a project or group by its id, which renaming and moving do not change."""
    number = project_id.removeprefix(GROUP)
    # an id is ours; whatever else is in a ledger must not lead elsewhere
    return f"/{kind_of(project_id)}/{number if _NUMBER.fullmatch(number) else 0}"


def named(client: Client, is_group: bool, path: str) -> Project:  # noqa: FBT001
    """Return the project or group at a path of the API, with its present name.

    Raises:
        AccessDenied, NotThere, TryLater: it could not be looked up.
    """
    system = client.failures.system
    if is_group:
        return group(system, read(system, GROUP_ANSWER, client.get(path, {"with_projects": "false"}).body))
    return project(system, read(system, PROJECT, client.get(path).body))


def read_alone(client: Client, project_id: str) -> Reading:
    """Read all milestones of one project or group.

    Raises:
        AccessDenied, NotThere, TryLater: it could not be read completely.
    """
    path = path_of(project_id)
    answers = read_settled(client, MILESTONES, f"{path}/milestones", {"state": "all"})
    owner = _owner_of(client, project_id, answers) or _ask_for(client, project_id)
    of_issues = {"milestone": "Any", "state": "all", "scope": "all", **in_archived_projects(project_id)}
    issues = read_settled(client, STATES, f"{path}/issues", of_issues) if answers else ()
    found = counts(issues)
    return Reading(owner, tuple(milestone(owner, one, *found.get(one.id, (0, 0))) for one in answers))


def _owner_of(client: Client, project_id: str, answers: Iterable[MilestoneAnswer]) -> Project | None:
    """Return the owner by the address of a milestone's page: asking for projects has a low limit of its own.

    Source: security/rate_limits (400 a minute on gitlab.com).
    """
    before = f"{client.url}/groups/" if kind_of(project_id) == "groups" else f"{client.url}/"
    for answer in answers:
        page, found, _ = answer.web_url.rpartition("/-/milestones/")
        if found and page.startswith(before):
            return Project(client.failures.system, project_id, page.removeprefix(before), page)
    return None


def _ask_for(client: Client, project_id: str) -> Project:
    return named(client, kind_of(project_id) == "groups", path_of(project_id))


def in_archived_projects(project_id: str) -> dict[str, str]:
    """Return what lets a group's lists show the work in its archived projects, too (api/issues, `non_archived`)."""
    return {"non_archived": "false"} if kind_of(project_id) == "groups" else {}
