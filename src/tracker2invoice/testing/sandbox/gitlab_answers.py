"""What the sandbox GitLab answers by REST, as JSON.

Shapes follow the examples on docs.gitlab.com: api/projects, api/groups, api/milestones, api/group_milestones,
api/issues, api/merge_requests, api/events, api/resource_label_events; times have milliseconds there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tracker2invoice.testing.sandbox.gitlab_state import Event, Item, LabelEvent, Milestone, Owner

Json = dict[str, Any]


def project(url: str, one: Owner) -> Json:
    """Return a project."""
    name = one.path.rpartition("/")[2]
    return {
        "id": one.id,
        "description": None,
        "name": name,
        "name_with_namespace": one.path.replace("/", " / "),
        "path": name,
        "path_with_namespace": one.path,
        "created_at": time(one.created_at),
        "default_branch": "main",
        "web_url": f"{url}/{one.path}",
        "archived": False,
        "visibility": "private",
        "issues_enabled": True,
        "merge_requests_enabled": True,
    }


def group(url: str, one: Owner) -> Json:
    """Return a group."""
    name = one.path.rpartition("/")[2]
    return {
        "id": one.id,
        "web_url": f"{url}/groups/{one.path}",
        "name": name,
        "path": name,
        "description": "",
        "visibility": "private",
        "full_name": one.path.replace("/", " / "),
        "full_path": one.path,
        "created_at": time(one.created_at),
        "parent_id": None,
    }


def milestone_path(owner: Owner, one: Milestone) -> str:
    """Return the path of a milestone's page."""
    return f"/{'groups/' if one.of_group else ''}{owner.path}/-/milestones/{one.iid}"


def milestone(url: str, owner: Owner, one: Milestone) -> Json:
    """Return a milestone: no closing time, no author, no counts."""
    return {
        "id": one.id,
        "iid": one.iid,
        ("group_id" if one.of_group else "project_id"): owner.id,
        "title": one.title,
        "description": one.description,
        "state": one.state,
        "created_at": time(one.created_at),
        "updated_at": time(one.updated_at),
        "due_date": one.due_date.isoformat() if one.due_date else None,
        "start_date": None,
        "expired": False,
        "web_url": url + milestone_path(owner, one),
    }


def item(url: str, owner: Owner, of: Json | None, one: Item) -> Json:
    """Return an issue or merge request of a project; `of` is its milestone. Free tiers have no weight."""
    page = "issues" if one.kind == "issue" else "merge_requests"
    sign = "#" if one.kind == "issue" else "!"
    own: Json = (
        {"weight": one.weight, "moved_to_id": one.moved_to, "closed_at": time(one.closed_at), "issue_type": "issue"}
        if one.kind == "issue"
        else {
            "merged_at": time(one.closed_at) if one.state == "merged" else None,
            "closed_at": time(one.closed_at) if one.state == "closed" else None,
            "draft": False,
        }
    )
    return {
        "id": one.id,
        "iid": one.iid,
        "project_id": one.project,
        "title": one.title,
        "description": None,
        "state": one.state,
        "created_at": time(one.created_at),
        "updated_at": time(one.closed_at or one.created_at),
        "labels": list(one.labels),
        "milestone": of,
        "assignees": [user(url, name) for name in one.assignees],
        "author": user(url, "anna"),
        "web_url": f"{url}/{owner.path}/-/{page}/{one.iid}",
        "time_stats": {
            "time_estimate": one.estimate,
            "total_time_spent": one.spent,
            "human_time_estimate": None,
            "human_total_time_spent": None,
        },
        "references": {
            "short": f"{sign}{one.iid}",
            "relative": f"{sign}{one.iid}",
            "full": f"{owner.path}{sign}{one.iid}",
        },
        **own,
    }


def event(url: str, one: Event) -> Json:
    """Return an event of a project."""
    return {
        "id": one.id,
        "project_id": one.project,
        # whatever is not closed or destroyed is called so, a reopening as well
        "action_name": one.action if one.action in ("closed", "destroyed") else "opened",
        "target_id": one.milestone,
        "target_iid": None,
        "target_type": "Milestone",
        "author_id": 1,
        "target_title": one.title,
        "created_at": time(one.created_at),
        "author": user(url, one.author),
        "author_username": one.author,
    }


def label_event(url: str, of: Item, one: LabelEvent) -> Json:
    """Return the event that a label was set or taken away."""
    label = {"id": 1, "name": one.label, "color": "#34495E", "description": ""}
    return {
        "id": one.id,
        "user": user(url, one.author) if one.author else None,
        "created_at": time(one.created_at),
        "resource_type": "Issue" if of.kind == "issue" else "MergeRequest",
        "resource_id": of.id,
        "label": None if one.label is None else label,
        "action": one.action,
    }


def user(url: str, name: str) -> Json:
    """Return a user as others' answers mention it."""
    return {"id": 1, "username": name, "name": name.title(), "state": "active", "web_url": f"{url}/{name}"}


def time(instant: datetime | None) -> str | None:
    """Return an instant as REST writes it."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03}Z" if instant else None
