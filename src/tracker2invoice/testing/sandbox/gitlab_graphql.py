"""What the sandbox GitLab answers by GraphQL: milestones of projects and groups with their counts, and logged time.

Names follow docs.gitlab.com, api/graphql/reference. What may not be seen is left out of a list; a field is null.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import cast

from tracker2invoice.testing.sandbox.gitlab_answers import milestone_path
from tracker2invoice.testing.sandbox.gitlab_state import GitLabState, Item, Kind, Milestone, Owner, Timelog
from tracker2invoice.testing.sandbox.graphql import Arguments, Invalid, Refused, Thing, connection

Counts = tuple[Counter[int | None], Counter[int | None]]
Withholds = Callable[[Owner], bool]
"""Whether an owner's milestones are refused this time."""


def root(url: str, gitlab: GitLabState, withholds: Withholds) -> Thing:
    """Return the object that queries begin with."""
    counts = gitlab.counts()

    def owners(arguments: Arguments, *, is_group: bool) -> Thing:
        wanted = _numbers(arguments.get("ids"), "Group" if is_group else "Project")
        found = [one for one in gitlab.owners(is_group=is_group) if wanted is None or one.id in wanted]
        return connection([_owner(url, one, counts, withholds) for one in found], arguments)

    def projects(arguments: Arguments) -> Thing:
        return owners(arguments, is_group=False)

    def groups(arguments: Arguments) -> Thing:
        return owners(arguments, is_group=True)

    user = {"id": "gid://gitlab/User/1", "username": "anna"}
    return {"currentUser": user, "projects": projects, "groups": groups}


def _owner(url: str, one: Owner, counts: Counts, withholds: Withholds) -> Thing:
    def milestones(arguments: Arguments) -> Thing:
        if withholds(one):
            raise Refused("The resource that you are attempting to access does not exist")
        rows = sorted(one.milestones.values(), key=_order(arguments.get("sort")))
        return connection([_milestone(one, row, counts) for row in rows], arguments)

    def items(kind: Kind) -> Callable[[Arguments], Thing]:
        def some(arguments: Arguments) -> Thing:
            iids = cast("Sequence[str] | None", arguments.get("iids"))
            rows = [row for row in one.items if row.kind == kind and (iids is None or str(row.iid) in iids)]
            return connection([_item(row) for row in rows], arguments)

        return some

    kind, page = ("Group", "groups/") if one.is_group else ("Project", "")
    return {
        "id": f"gid://gitlab/{kind}/{one.id}",
        "fullPath": one.path,
        "webUrl": f"{url}/{page}{one.path}",
        "milestones": milestones,
        **({} if one.is_group else {"issues": items("issue"), "mergeRequests": items("merge_request")}),
    }


def _milestone(owner: Owner, one: Milestone, counts: Counts) -> Thing:
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


def _item(one: Item) -> Thing:
    kind = "Issue" if one.kind == "issue" else "MergeRequest"
    logs = [_timelog(number, log) for number, log in enumerate(one.timelogs, 1)]

    def timelogs(arguments: Arguments) -> Thing:
        return connection(logs, arguments)

    return {"id": f"gid://gitlab/{kind}/{one.id}", "iid": str(one.iid), "timelogs": timelogs}


def _timelog(number: int, one: Timelog) -> Thing:
    return {
        "id": f"gid://gitlab/Timelog/{number}",
        "timeSpent": one.seconds,
        "spentAt": _time(one.spent_at),
        "user": {"username": one.person},
    }


def _order(sort: object) -> Callable[[Milestone], tuple[datetime, int]]:
    if sort == "CREATED_ASC":
        return lambda one: (one.created_at, one.id)
    raise Invalid(f"Argument 'sort' on Field 'milestones' has an invalid value ({sort})")


def _numbers(ids: object, kind: str) -> set[int] | None:
    if ids is None:
        return None
    found = {str(one).removeprefix(f"gid://gitlab/{kind}/") for one in cast("Sequence[object]", ids)}
    if not all(one.isdigit() for one in found):
        raise Invalid(f"an id is not a valid ID for {kind}")
    return {int(one) for one in found}


def _time(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
