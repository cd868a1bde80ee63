"""What the sandbox GitLab answers by GraphQL: milestones of projects and groups with their counts, logged time, notes.

Names follow docs.gitlab.com, api/graphql/reference. What may not be seen is left out of a list; a field is null.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import cast

from tracker2invoice.testing.sandbox.gitlab_answers import milestone_path
from tracker2invoice.testing.sandbox.gitlab_state import GitLabState, Item, Kind, Milestone, Note, Owner, Timelog
from tracker2invoice.testing.sandbox.graphql import Arguments, Missing, Object, Refused

_MOST = 100

Counts = tuple[Counter[int | None], Counter[int | None]]
Withholds = Callable[[Owner], bool]
"""Whether an owner's milestones are refused this time."""


def root(url: str, gitlab: GitLabState, withholds: Withholds) -> Object:
    """Return the object that queries begin with."""
    counts = gitlab.counts()

    def owners(arguments: Arguments, *, is_group: bool) -> Object:
        wanted = _numbers(arguments.get("ids"), "Group" if is_group else "Project")
        found = [one for one in gitlab.owners(is_group=is_group) if wanted is None or one.id in wanted]
        return _connection([_owner(url, one, counts, withholds) for one in found], arguments)

    def projects(arguments: Arguments) -> Object:
        return owners(arguments, is_group=False)

    def groups(arguments: Arguments) -> Object:
        return owners(arguments, is_group=True)

    user = {"id": "gid://gitlab/User/1", "username": "anna"}
    return {"currentUser": user, "projects": projects, "groups": groups}


def _owner(url: str, one: Owner, counts: Counts, withholds: Withholds) -> Object:
    def milestones(arguments: Arguments) -> Object:
        if withholds(one):
            raise Missing("The resource that you are attempting to access does not exist")
        rows = sorted(one.milestones.values(), key=_order(arguments.get("sort")))
        return _connection([_milestone(one, row, counts) for row in rows], arguments)

    def items(kind: Kind) -> Callable[[Arguments], Object]:
        def some(arguments: Arguments) -> Object:
            iids = cast("Sequence[str] | None", arguments.get("iids"))
            rows = [row for row in one.items if row.kind == kind and (iids is None or str(row.iid) in iids)]
            return _connection([_item(f"{url}/{one.path}", row) for row in rows], arguments)

        return some

    kind, page = ("Group", "groups/") if one.is_group else ("Project", "")
    return {
        "id": f"gid://gitlab/{kind}/{one.id}",
        "fullPath": one.path,
        "webUrl": f"{url}/{page}{one.path}",
        "milestones": milestones,
        **({} if one.is_group else {"issues": items("issue"), "mergeRequests": items("merge_request")}),
    }


def _milestone(owner: Owner, one: Milestone, counts: Counts) -> Object:
    total, closed = counts
    return {
        "id": f"gid://gitlab/Milestone/{one.id}",
        "iid": str(one.iid),
        "title": one.title,
        "description": one.description,
        "state": one.state,
        "webPath": milestone_path(owner, one),
        "dueDate": one.due_date.isoformat() if one.due_date else None,
        "createdAt": _time(one.created_at),
        "updatedAt": _time(one.updated_at),
        "stats": {"totalIssuesCount": total[one.id], "closedIssuesCount": closed[one.id]},
    }


def _item(page: str, one: Item) -> Object:
    kind = "Issue" if one.kind == "issue" else "MergeRequest"
    logs = [_timelog(number, log) for number, log in enumerate(one.timelogs, 1)]

    def timelogs(arguments: Arguments) -> Object:
        return _connection(logs, arguments)

    def notes(arguments: Arguments) -> Object:
        address = f"{page}/-/{'issues' if one.kind == 'issue' else 'merge_requests'}/{one.iid}"
        return _connection([_note(address, note) for note in one.notes], arguments)

    return {"id": f"gid://gitlab/{kind}/{one.id}", "iid": str(one.iid), "timelogs": timelogs, "notes": notes}


def _note(page: str, one: Note) -> Object:
    return {
        "id": f"gid://gitlab/Note/{one.id}",
        "system": one.system,
        "body": one.body,
        "url": f"{page}#note_{one.id}",
        "createdAt": _time(one.created_at),
        "lastEditedAt": _time(one.edited_at) if one.edited_at else None,
        "author": {"username": one.author},
        "lastEditedBy": {"username": one.editor} if one.editor else None,
    }


def _timelog(number: int, one: Timelog) -> Object:
    return {
        "id": f"gid://gitlab/Timelog/{number}",
        "timeSpent": one.seconds,
        "spentAt": _time(one.spent_at),
        "user": {"username": one.person},
    }


def _connection(rows: Sequence[Object], arguments: Arguments) -> Object:
    """Return a page of a list; the cursor is the id of its last row, behind which the next page begins.

    The list is in an order that does not change, and one that is gone does not move the others.
    """
    after = arguments.get("after")
    start = _behind(rows, _decoded(str(after))) if after is not None else 0
    end = start + min(arguments.get("first") or _MOST, _MOST)
    page = rows[start:end]
    info = {"hasNextPage": end < len(rows), "endCursor": _encoded(str(page[-1]["id"])) if page else None}
    return {"nodes": list(page), "pageInfo": info}


def _behind(rows: Sequence[Object], last: str) -> int:
    """Return where the list goes on behind an id; ids count up."""
    return next((index for index, row in enumerate(rows) if _number(row["id"]) > _number(last)), len(rows))


def _number(global_id: str) -> int:
    return int(global_id.rpartition("/")[2])


def _encoded(text: str) -> str:
    return base64.b64encode(json.dumps({"id": text}).encode()).decode()


def _decoded(cursor: str) -> str:
    try:
        return str(json.loads(base64.b64decode(cursor))["id"])
    except (ValueError, KeyError, TypeError):
        raise Missing("Please provide a valid cursor") from None


def _order(sort: object) -> Callable[[Milestone], tuple[datetime, int]]:
    if sort == "CREATED_ASC":
        return lambda one: (one.created_at, one.id)
    raise Refused(
        f"Argument 'sort' on Field 'milestones' has an invalid value ({sort})", "argumentLiteralsIncompatible"
    )


def _numbers(ids: object, kind: str) -> set[int] | None:
    if ids is None:
        return None
    found = {str(one).removeprefix(f"gid://gitlab/{kind}/") for one in cast("Sequence[object]", ids)}
    if not all(one.isdigit() for one in found):
        raise Refused(f"an id is not a valid ID for {kind}", "argumentLiteralsIncompatible")
    return {int(one) for one in found}


def _time(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
