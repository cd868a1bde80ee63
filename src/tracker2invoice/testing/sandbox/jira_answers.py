"""What the sandbox Jira answers, as JSON.

Shapes follow the example answers on Atlassian's pages for project versions, projects, issue search, issues and issue
worklogs. Texts are documents in Cloud and strings in Data Center.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from tracker2invoice.testing.sandbox.jira_query import EPIC_LINK
from tracker2invoice.testing.sandbox.jira_state import (
    STATUSES,
    SUBTASK,
    Change,
    Issue,
    JiraState,
    LabelChange,
    Project,
    Version,
    Worklog,
)

POINTS = "customfield_10016"
"""The custom field for story points."""

EMBEDDED = 20
"""So many worklogs and comments of an issue come with a search."""

Json = dict[str, Any]


def refusal(message: str) -> Json:
    """Return an error answer."""
    return {"errorMessages": [message], "errors": {}}


def server_info(url: str, now: datetime, *, cloud: bool) -> Json:
    """Return what `serverInfo` says; a Data Center calls itself Server."""
    return {
        "baseUrl": url,
        "version": "1001.0.0-SNAPSHOT" if cloud else "10.3.5",
        "versionNumbers": [1001, 0, 0] if cloud else [10, 3, 5],
        "deploymentType": "Cloud" if cloud else "Server",
        "buildNumber": 100290 if cloud else 10030005,
        "serverTime": time(now),
        "serverTitle": "Jira",
    }


def project(url: str, one: Project) -> Json:
    """Return a project."""
    return {"self": f"{url}/rest/api/2/project/{one.id}", "id": str(one.id), "key": one.key, "name": one.name}


def version(url: str, jira: JiraState, where: Project, one: Version, expand: str = "") -> Json:
    """Return a version; with `issuesstatus`, how many issues of each category are in it."""
    answer: Json = {
        "self": f"{url}/rest/api/2/version/{one.id}",
        "id": str(one.id),
        "name": one.name,
        "archived": one.archived,
        "released": one.released,
        "projectId": where.id,
    }
    if one.description is not None:
        answer["description"] = one.description
    if one.release_date:
        # the second is localised, and never to be read
        answer |= {
            "releaseDate": one.release_date.isoformat(),
            "userReleaseDate": f"{one.release_date:%d/%b/%y}",
            "overdue": False,
        }
    if "issuesstatus" in expand:
        categories = [STATUSES[issue.status][1] for issue in jira.issues.values() if one.id in issue.versions]
        counts = {"toDo": "new", "inProgress": "indeterminate", "done": "done"}
        answer["issuesStatusForFixVersion"] = {"unmapped": 0} | {
            name: categories.count(category) for name, category in counts.items()
        }
    return answer


def status(number: int) -> Json:
    """Return a status with its category, as issues have it."""
    name, category = STATUSES[number]
    return {"id": str(number), "name": name, "statusCategory": {"key": category, "name": category.title()}}


def issue(url: str, jira: JiraState, one: Issue, fields: Collection[str], *, cloud: bool) -> Json:
    """Return an issue with those of its fields that were asked for; without any, with its id alone in Cloud."""
    whole = _fields(url, jira, one, cloud=cloud)
    chosen = {name: value for name, value in whole.items() if name in fields or "*all" in fields}
    if cloud and not fields:
        return {"id": str(one.id)}
    return {"id": str(one.id), "key": jira.key(one.id), "fields": chosen}


def history(changes: Iterable[Change | LabelChange], *, cloud: bool) -> list[Json]:
    """Return changes, as a changelog has them."""
    return [_change(one, cloud=cloud) for one in changes]


def _change(one: Change | LabelChange, *, cloud: bool) -> Json:
    if isinstance(one, LabelChange):
        author, item = _writer(one.by, cloud=cloud), _of_labels(one)
    else:
        author, item = user(one.by), _of_status(one)
    return {"id": str(one.id), "author": author, "created": time(one.at), "items": [item]}


def _of_status(one: Change) -> Json:
    return {
        "field": "status",
        "fieldtype": "jira",
        "fieldId": "status",
        "from": str(one.before),
        "fromString": STATUSES[one.before][0],
        "to": str(one.after),
        "toString": STATUSES[one.after][0],
    }


def _of_labels(one: LabelChange) -> Json:
    return {
        "field": "labels",
        "fieldtype": "jira",
        "fieldId": "labels",
        "from": None,
        "fromString": " ".join(one.before),
        "to": None,
        "toString": " ".join(one.after),
    }


def worklogs(found: list[Worklog], start: int, size: int) -> Json:
    """Return a page of worklogs."""
    rows = [
        {
            "id": str(one.id),
            "author": user(one.author),
            "started": one.started,
            "timeSpentSeconds": one.seconds,
        }
        for one in found[start : start + size]
    ]
    return {"startAt": start, "maxResults": size, "total": len(found), "worklogs": rows}


def comments(url: str, one: Issue, start: int, size: int, *, cloud: bool) -> Json:
    """Return a page of comments; the text is a document in Cloud."""
    rows = [
        {
            "self": f"{url}/rest/api/2/issue/{one.id}/comment/{each.id}",
            "id": str(each.id),
            "author": _writer(each.author, cloud=cloud),
            "updateAuthor": _writer(each.editor, cloud=cloud),
            "body": _text(each.body) if cloud else each.body,
            "created": time(each.created),
            "updated": time(each.updated),
        }
        for each in one.comments[start : start + size]
    ]
    return {"startAt": start, "maxResults": size, "total": len(one.comments), "comments": rows}


def _writer(login: str, *, cloud: bool) -> Json:
    """Return a user by what the site knows them; the name that people see is anybody's choice."""
    return {"accountId" if cloud else "name": login, "active": True, "displayName": "Anna"}


def user(name: str) -> Json:
    """Return a user as others' answers mention it."""
    return {"accountId": f"5b10{name.casefold().replace(' ', '')}", "active": True, "displayName": name}


def time(instant: datetime) -> str:
    """Return an instant as Jira writes it, without a colon in the offset."""
    return f"{instant:%Y-%m-%dT%H:%M:%S.}{instant.microsecond // 1000:03}{instant:%z}"


def _fields(url: str, jira: JiraState, one: Issue, *, cloud: bool) -> Json:
    where = jira.projects[one.project]
    fields: Json = {
        "summary": one.summary,
        "description": _text(one.description) if cloud else one.description,
        "issuetype": {"name": one.type, "subtask": False},
        "project": project(url, where),
        "status": status(one.status),
        "resolution": {"name": one.resolution} if one.resolution else None,
        "resolutiondate": time(one.resolved_at) if one.resolved_at else None,
        "created": time(one.created),
        "updated": time(one.updated),
        "duedate": one.due.isoformat() if one.due else None,
        "labels": list(one.labels),
        "assignee": user(one.assignee) if one.assignee else None,
        "timeoriginalestimate": one.estimate,
        "fixVersions": [
            version(url, jira, where, where.versions[number]) for number in one.versions if number in where.versions
        ],
        "worklog": worklogs(one.worklogs, 0, EMBEDDED),
        "comment": comments(url, one, 0, EMBEDDED, cloud=cloud),
        POINTS: _number(one.points),
    }
    key = jira.key(one.parent) if one.parent else None
    if key and (cloud or one.type == SUBTASK):
        fields["parent"] = {"id": str(one.parent), "key": key}
    if cloud:
        return fields | {"statuscategorychangedate": time(one.category_at)}
    return fields | {f"customfield_{EPIC_LINK}": key if one.type != SUBTASK else None}


def _number(points: str | None) -> float | int | None:
    if points is None:
        return None
    number = Decimal(points)
    return int(number) if number == int(number) else float(number)


def _text(text: str | None) -> Json | None:
    if text is None:
        return None
    return {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in text.split("\n") if line
        ],
    }
