"""The GraphQL side of the sandbox GitHub: repositories by node id or name, their milestones, comments, events, points.

Names and types follow GitHub's published schema; limits and errors the page
rate-limits-and-query-limits-for-the-graphql-api. Milestones have no `databaseId` there, as at GitHub.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, cast

from tracker2invoice.testing.sandbox.github_answers import instant, node_id
from tracker2invoice.testing.sandbox.github_state import Comment, GitHubState, Issue, Labelled, Milestone, Repository
from tracker2invoice.testing.sandbox.graphql import (
    Arguments,
    Missing,
    Object,
    Query,
    Refused,
    Selection,
    read_query,
    resolve,
)

_MOST = 100
_NODES = 500_000


class GraphQL:
    """Answers queries about the repositories of `github`, whose pages are at `url`; to some only about one owner's."""

    def __init__(self, github: GitHubState, url: str, owner: str = "") -> None:
        self._github, self._url, self._owner = github, url, owner

    def answer(self, asked: object, left: int, reset: datetime) -> tuple[int, dict[str, Any]]:
        """Return what the query costs, and the answer; `left` points are there until `reset`."""
        body = cast("Mapping[str, Any]", asked)
        try:
            query = read_query(str(body["query"]), body.get("variables") or {})
            cost = _cost(query)
            if cost > left:
                message = "API rate limit exceeded for user ID 1."
                return 0, {"errors": [{"type": "RATE_LIMITED", "message": message}]}
            return cost, resolve(query, self._root(cost, left - cost, reset))
        except Refused as refused:
            return 0, {"errors": [{"message": str(refused), "path": [], "extensions": {"code": refused.code}}]}

    def _root(self, cost: int, left: int, reset: datetime) -> Object:
        rate = {"cost": cost, "remaining": left, "resetAt": instant(reset)}
        return {
            "__typename": "Query",
            "rateLimit": {"__typename": "RateLimit", **rate},
            "nodes": self._nodes,
            "repository": self._named,
        }

    def _nodes(self, asked: Arguments) -> list[object]:
        ids = cast("list[str]", asked["ids"])
        if len(ids) > _MOST:
            message = f"You may not provide more than {_MOST} node ids; you provided {len(ids)}."
            raise Missing(message, "ARGUMENT_LIMIT")
        return [self._node(one) for one in ids]

    def _node(self, node: str) -> object:
        kind, _, number = b64decode(node).decode().partition(":")
        try:
            if kind in ("Issue", "PullRequest"):
                return self._issue(kind, *self._github.issue_by_id(int(number)))
            return self._repository(self._github.repository_by_id(int(number)))
        except KeyError:
            return Missing(f"Could not resolve to a {kind} with the global id of '{node}'.", "NOT_FOUND")

    def _named(self, asked: Arguments) -> Object:
        full = f"{asked['owner']}/{asked['name']}"
        try:
            moved = self._github.moved_to(full)
            return self._repository(self._github.repository_by_id(moved) if moved else self._github.repository(full))
        except KeyError:
            raise Missing(f"Could not resolve to a Repository with the name '{full}'.", "NOT_FOUND") from None

    def _repository(self, one: Repository) -> Object:
        if not one.is_seen_by(self._owner):
            raise KeyError(one.name)

        def milestones(asked: Arguments) -> Object:
            states = asked.get("states")
            found = [each for each in one.milestones.values() if not states or each.state.upper() in states]
            ordered = _ordered(found, asked.get("orderBy") or {"field": "NUMBER", "direction": "ASC"})
            return _connection("Milestone", [self._milestone(one, each) for each in ordered], asked)

        return {
            "__typename": "Repository",
            "id": node_id("Repository", one.id),
            "databaseId": one.id,
            "nameWithOwner": one.name,
            "url": f"{self._url}/{one.name}",
            "milestones": milestones,
        }

    def _issue(self, kind: str, where: Repository, one: Issue) -> Object:
        if not where.is_seen_by(self._owner):
            raise KeyError(one.id)
        page = f"{self._url}/{where.name}/{'pull' if one.pull else 'issues'}/{one.number}"

        def comments(asked: Arguments) -> Object:
            changed_last = sorted(one.comments, key=lambda each: (each.updated_at, each.id), reverse=True)
            rows = changed_last if asked.get("orderBy") else one.comments
            return _connection("IssueComment", [_comment(page, each) for each in rows], asked)

        def timeline(asked: Arguments) -> Object:
            wanted = asked.get("itemTypes") or ["LABELED_EVENT"]
            rows = one.labelled if "LABELED_EVENT" in wanted else []
            return _connection(f"{kind}TimelineItem", [_labelled(each) for each in rows], asked)

        return {
            "__typename": kind,
            "id": node_id(kind, one.id),
            "number": one.number,
            "comments": comments,
            "timelineItems": timeline,
        }

    def _milestone(self, where: Repository, one: Milestone) -> Object:
        closed, still_open = where.count(one.number, "closed"), where.count(one.number, "open")
        return {
            "__typename": "Milestone",
            "id": node_id("Milestone", one.id),
            "number": one.number,
            "title": one.title,
            "description": one.description,
            "state": one.state.upper(),
            "closed": one.state == "closed",
            "closedAt": instant(one.closed_at),
            "createdAt": instant(one.created_at),
            "updatedAt": instant(one.updated_at),
            "dueOn": instant(datetime.combine(one.due_on, time(), UTC)) if one.due_on else None,
            "progressPercentage": 100 * closed / ((closed + still_open) or 1),
            "url": f"{self._url}/{where.name}/milestone/{one.number}",
        }


def _comment(page: str, one: Comment) -> Object:
    return {
        "__typename": "IssueComment",
        "url": f"{page}#issuecomment-{one.id}",
        "body": one.body,
        "createdAt": instant(one.created_at),
        "updatedAt": instant(one.updated_at),
        "lastEditedAt": instant(one.edited_at),
        "author": _actor(one.author, bot=one.bot),
        "editor": _actor(one.editor),
    }


def _labelled(one: Labelled) -> Object:
    return {
        "__typename": "LabeledEvent",
        "id": node_id("LabeledEvent", one.id),
        "createdAt": instant(one.created_at),
        "actor": _actor(one.author, bot=one.bot),
        "label": {"__typename": "Label", "name": one.label},
    }


def _actor(login: str, *, bot: bool = False) -> Object | None:
    """Return who did something, null if the account is no more."""
    return {"__typename": "Bot" if bot else "User", "login": login} if login else None


def _connection(kind: str, rows: list[Object], asked: Arguments) -> Object:
    first: int | None = asked.get("first")
    name = f"{kind[0].lower()}{kind[1:]}s"
    if first is None:
        words = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise Missing(words, "MISSING_PAGINATION_BOUNDARIES")
    if not 1 <= first <= _MOST:
        words = f"Requesting {first} records on the `{name}` connection exceeds the `first` limit of {_MOST}"
        raise Missing(f"{words} records.", "EXCESSIVE_PAGINATION")
    start = int(asked.get("after") or 0)
    end = start + first
    return {
        "__typename": f"{kind}Connection",
        "totalCount": len(rows),
        "nodes": rows[start:end],
        "pageInfo": {"__typename": "PageInfo", "hasNextPage": end < len(rows), "endCursor": str(end)},
    }


def _ordered(rows: list[Milestone], by: Mapping[str, str]) -> list[Milestone]:
    def key(one: Milestone) -> Any:
        match by["field"]:
            case "UPDATED_AT":
                return (one.updated_at, one.number)
            case "CREATED_AT":
                return (one.created_at, one.number)
            case "DUE_DATE":
                return (one.due_on or date.max, one.number)
            case _:
                return one.number

    return sorted(rows, key=key, reverse=by["direction"] == "DESC")


def _cost(query: Query) -> int:
    """Return the points: the requests that fill every connection, by hundreds, at least one."""
    requests, nodes = _requests(query, query.selection, 1)
    if nodes > _NODES:
        raise Refused(f"This query may return up to {nodes} possible nodes, more than {_NODES}", "MAX_NODE_LIMIT")
    return max(1, round(requests / 100))


def _requests(query: Query, selection: Selection, times: int) -> tuple[int, int]:
    requests = nodes = 0
    for one in query.fields(selection):
        given = query.arguments(one)
        here = len(given["ids"]) if "ids" in given else given.get("first") or 1
        found = _requests(query, one.selection, times * here)
        requests += found[0] + (times if "first" in given else 0)
        nodes += found[1] + (times * here if here > 1 else 0)
    return requests, nodes
