"""What the sandbox Gitea answers, as JSON.

Shapes follow the Swagger description that every server has at `/api/swagger`: Repository, Milestone, Issue,
TrackedTime, Comment, TimelineComment. Instants are written in the server's zone.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from typing import Any

from tracker2invoice.testing.sandbox.gitea_state import Comment, Event, Issue, Milestone, Repository, Time

ZONE = timezone(timedelta(hours=-5))
"""The server's: its day ends when it is tomorrow in UTC."""

Json = dict[str, Any]


def user(login: str) -> Json:
    """Return a user as others' answers mention it."""
    return {"id": 1, "login": login, "full_name": "", "email": f"{login}@noreply.example", "username": login}


def repository(url: str, one: Repository) -> Json:
    """Return a repository."""
    owner, _, name = one.name.partition("/")
    return {
        "id": one.id,
        "owner": user(owner),
        "name": name,
        "full_name": one.name,
        "description": "",
        "private": True,
        "html_url": f"{url}/{one.name}",
        "url": f"{url}/api/v1/repos/{one.name}",
        "archived": False,
        "created_at": _instant(one.created_at),
        "permissions": {"admin": False, "push": False, "pull": True},
        "has_issues": True,
        "internal_tracker": {
            "enable_time_tracker": one.keeps_times,
            "allow_only_contributors_to_track_time": True,
            "enable_issue_dependencies": True,
        },
        "has_pull_requests": True,
    }


def milestone(where: Repository, one: Milestone) -> Json:
    """Return a milestone. It is due at the last second of its day."""
    due = datetime.combine(one.due_on, time(23, 59, 59), ZONE) if one.due_on else None
    return {
        "id": one.id,
        "title": one.title,
        "description": one.description,
        "state": one.state,
        "open_issues": where.count(one.id, "open"),
        "closed_issues": where.count(one.id, "closed"),
        "created_at": _instant(one.created_at),
        "updated_at": _instant(one.updated_at),
        "closed_at": _instant(one.closed_at),
        "due_on": _instant(due),
    }


def issue(url: str, where: Repository, one: Issue) -> Json:
    """Return an issue; a pull request is one with `pull_request`."""
    owner, _, name = where.name.partition("/")
    page = f"{url}/{where.name}/{'pulls' if one.pull else 'issues'}/{one.number}"
    assignees = [user(login) for login in one.assignees]
    merged_at = _instant(one.closed_at) if one.merged else None
    pull = {"merged": one.merged, "merged_at": merged_at, "draft": False, "html_url": page}
    of = where.milestones.get(one.milestone) if one.milestone else None
    return {
        "id": one.id,
        "url": f"{url}/api/v1/repos/{where.name}/issues/{one.number}",
        "html_url": page,
        "number": one.number,
        "user": user("robot"),
        "title": one.title,
        "body": "",
        "labels": [{"id": 1, "name": name, "color": "ededed", "description": ""} for name in one.labels],
        "milestone": milestone(where, of) if of else None,
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees or None,
        "state": one.state,
        "is_locked": False,
        "comments": len(one.comments),
        "created_at": _instant(one.created_at),
        "updated_at": _instant(one.closed_at or one.created_at),
        "closed_at": _instant(one.closed_at),
        "due_date": None,
        "time_estimate": one.estimate,
        "pull_request": pull if one.pull else None,
        "repository": {"id": where.id, "name": name, "owner": owner, "full_name": where.name},
    }


def tracked_time(url: str, where: Repository, of: Issue, one: Time) -> Json:
    """Return time that somebody logged."""
    return {
        "id": one.id,
        "created": _instant(one.created),
        "time": one.seconds,
        "user_id": 1,
        "user_name": one.user,
        "issue_id": of.id,
        "issue": issue(url, where, of),
    }


def comment(url: str, where: Repository, of: Issue, one: Comment) -> Json:
    """Return a comment."""
    page = f"{url}/{where.name}/{'pulls' if of.pull else 'issues'}/{of.number}"
    return {
        "id": one.id,
        "html_url": f"{page}#issuecomment-{one.id}",
        "pull_request_url": page if of.pull else "",
        "issue_url": "" if of.pull else page,
        "user": user(one.author),
        "original_author": one.original_author,
        "original_author_id": 0,
        "body": one.body,
        "assets": [],
        "created_at": _instant(one.created_at),
        "updated_at": _instant(one.updated_at),
    }


def event(url: str, where: Repository, of: Issue, one: Event) -> Json:
    """Return something in a timeline: of a label that is taken away the body is empty."""
    page = f"{url}/{where.name}/{'pulls' if of.pull else 'issues'}/{of.number}"
    return {
        "id": one.id,
        "type": "label",
        "html_url": f"{page}#issuecomment-{one.id}",
        "pull_request_url": page if of.pull else "",
        "issue_url": "" if of.pull else page,
        "user": user(one.author),
        "body": "1" if one.added else "",
        "created_at": _instant(one.created_at),
        "updated_at": _instant(one.created_at),
        "label": {"id": 1, "name": one.label, "color": "ededed", "description": ""} if one.label else None,
    }


def refusal(url: str, message: str) -> Json:
    """Return the body of an error."""
    return {"message": message, "url": f"{url}/api/swagger"}


def _instant(instant: datetime | None) -> str | None:
    return instant.astimezone(ZONE).isoformat(timespec="seconds") if instant else None
