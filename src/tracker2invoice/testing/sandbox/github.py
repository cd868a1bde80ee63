"""A GitHub to rehearse against: the part of its two APIs that reads milestones, with a state of its own.

Each behaviour follows a page of docs.github.com, named where it is written. Milestones, issues and repositories are
changed from Python through `GitHubSandbox.github`, or from outside by a POST to a control address, which needs no
token. Its JSON object has the arguments of the function of the same name:

    curl -d '{"repository": "acme/portal"}'                                   $URL/_sandbox/add_repository
    curl -d '{"repository": "acme/portal", "to": "acme/gate"}'                $URL/_sandbox/rename_repository
    curl -d '{"repository": "acme/portal"}'                                   $URL/_sandbox/delete_repository
    curl -d '{"repository": "acme/portal", "title": "Design"}'                $URL/_sandbox/add_milestone
    curl -d '{"repository": "acme/portal", "milestone": 1}'                   $URL/_sandbox/close_milestone
    curl -d '{"repository": "acme/portal", "milestone": 1}'                   $URL/_sandbox/reopen_milestone
    curl -d '{"repository": "acme/portal", "milestone": 1, "title": "Beta"}'  $URL/_sandbox/rename_milestone
    curl -d '{"repository": "acme/portal", "milestone": 1}'                   $URL/_sandbox/delete_milestone
    curl -d '{"repository": "acme/portal", "title": "Log in", "milestone": 1}' $URL/_sandbox/add_issue
    curl -d '{"repository": "acme/portal", "issue": 1, "author": "anna", "body": "accepted"}' \
                                                                              $URL/_sandbox/comment
    curl -d '{"repository": "acme/portal", "issue": 1, "label": "accepted", "by": "anna"}' \
                                                                              $URL/_sandbox/set_label
    curl -d '{"status": 502, "times": 3}'                                     $URL/_sandbox/fail
    curl -d '{"kind": "primary", "seconds": 60}'                              $URL/_sandbox/limit
    curl -d '{}'                                                              $URL/_sandbox/revoke
    curl -d '{"seconds": 0.5}'                                                $URL/_sandbox/slow

Each answers `{"result": ...}`: the new id or number, or null.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, cast
from urllib.parse import urlencode

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox import github_answers as answers
from tracker2invoice.testing.sandbox.github_graphql import GraphQL
from tracker2invoice.testing.sandbox.github_state import GitHubState, Milestone, Repository, token_expiry
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request, Sandbox

TOKEN = "sandbox-token"  # noqa: S105 (it opens nothing but the sandbox)
USER = "octocat"
"""Who the token belongs to; every other owner is an organisation, and every repository private."""

_REPOSITORY = re.compile(r"/(?:repos/(?P<name>[^/]+/[^/]+)|repositories/(?P<id>\d+))(?P<rest>/.*)?")
_ONE_MILESTONE = re.compile(r"/milestones/(\d+)")
_LISTED = re.compile(r"/orgs/(?P<orgs>[^/]+)/repos|/users/(?P<users>[^/]+)/repos|/user/repos")
_GRANT = re.compile(r"/app/installations/(\d+)/access_tokens")
_LIMITS = "rest/using-the-rest-api/rate-limits-for-the-rest-api"
_NOT_FOUND = Answer(404, answers.refusal(404, "Not Found", "rest"))


class GitHubSandbox(Sandbox):
    """The server; a context manager. `github` is its state, `quota` the requests allowed in an hour.

    `used` counts the requests of this hour, without those that were answered 304; `spent` the points of the GraphQL
    API, of which there are `points`. Enterprise Server may be without it: `graphql`. Signed in with `TOKEN`, or with a
    token granted to an app's installation: of those in `installations` (number and owner) each sees its owner's
    repositories, any other all.
    """

    def __init__(
        self, clock: Clock, *, port: int = 0, latency: float = 0.0, quota: int = 5000, points: int = 5000,
        graphql: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(port, latency)
        self.github = GitHubState(clock)
        self.quota, self.points, self.graphql = quota, points, graphql
        self._clock = clock
        self.installations: dict[int, str] = {}
        self._sees: dict[str, str] = {}
        self._tokens: dict[str, datetime] = {TOKEN: datetime.max.replace(tzinfo=UTC)}
        self.used, self.spent, self._reset = 0, 0, clock() + timedelta(hours=1)
        self._quiet_until = datetime.min.replace(tzinfo=UTC)

    def fail(self, status: int, times: int = 1, path: str = "/repositories/") -> None:
        """Answer the next requests with that status; `path` is a part of their path.

        A 5xx comes as HTML, as from GitHub's load balancer. A client that tries again needs more of them.
        """
        page = Answer(status, b"<html><body>Unicorn!</body></html>", {"Content-Type": "text/html"})
        refusal = Answer(status, answers.refusal(status, "Told to fail", "rest"))
        self.faults.extend([Fault(answer=page if status >= 500 else refusal, path=path)] * times)

    def limit(self, kind: Literal["primary", "secondary"], seconds: int) -> None:
        """Refuse everything for so many seconds (docs: rest/using-the-rest-api/rate-limits-for-the-rest-api)."""
        until = self._clock() + timedelta(seconds=seconds)
        if kind == "primary":
            self.used, self.spent, self._reset = self.quota, self.points, until
        else:
            self._quiet_until = until

    def revoke(self) -> None:
        """Make every token worthless."""
        self._tokens.clear()

    def slow(self, seconds: float) -> None:
        """Let every request take so long."""
        self.latency = seconds

    def handle(self, request: Request) -> Answer:
        """Answer one request."""
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        if (granting := _GRANT.fullmatch(request.path)) and request.method == "POST":
            return self._grant(request, int(granting[1]))
        if request.path == "/app/installations":
            return self._installed(request)
        token = request.headers.get("authorization", "").partition(" ")[2]
        if self._clock() >= self._tokens.get(token, datetime.min.replace(tzinfo=UTC)):
            # docs: rest/authentication/authenticating-to-the-rest-api
            message = "Bad credentials" if token else "Requires authentication"
            return Answer(401, answers.refusal(401, message, "rest"))
        if request.path == "/rate_limit":  # docs: rest/rate-limit/rate-limit; asking is free
            return Answer(200, answers.rate_limit(self.quota, self.used, self._reset))
        if refusal := self._told_to_wait():
            return refusal
        if (request.method, request.path) == ("POST", "/graphql") and self.graphql:
            return self._query(request, self._sees.get(token, ""))
        return self._used_up() or self._counted(
            self._tagged(request, token, self._route(request, self._sees.get(token, "")))
        )

    def _control(self, request: Request) -> Answer:
        github = self.github
        deeds: dict[str, Callable[..., object]] = {
            deed.__name__: deed
            for deed in (
                github.add_repository, github.rename_repository, github.delete_repository, github.add_milestone,
                github.close_milestone, github.reopen_milestone, github.rename_milestone, github.delete_milestone,
                github.add_issue, github.set_label, github.remove_label, github.comment, github.edit_comment,
                github.delete_comment,
                self.fail, self.limit, self.revoke, self.slow,
            )
        }  # fmt: skip
        try:
            arguments = cast("dict[str, Any]", request.json())
            return Answer(200, {"result": deeds[request.path.removeprefix("/_sandbox/")](**arguments)})
        except (KeyError, TypeError, ValueError) as error:
            return Answer(422, answers.refusal(422, f"{type(error).__name__}: {error}", "rest"))

    def _installed(self, request: Request) -> Answer:
        """List where the app is installed (docs: rest/apps/apps)."""
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return Answer(401, answers.refusal(401, "A JSON web token could not be decoded", "rest"))
        rows = [answers.installation(self.url, number, owner) for number, owner in self.installations.items()]
        return self._page(request.query, request.path, rows)

    def _grant(self, request: Request, number: int) -> Answer:
        """Give an app's installation a token; the app's signature is not checked (docs: rest/apps/apps)."""
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return Answer(401, answers.refusal(401, "A JSON web token could not be decoded", "rest"))
        token, expires = f"installation-{len(self._tokens)}", token_expiry(self._clock())
        self._tokens[token] = expires
        self._sees[token] = self.installations.get(number, "")
        return Answer(201, {"token": token, "expires_at": f"{expires:%Y-%m-%dT%H:%M:%SZ}"})

    def _told_to_wait(self) -> Answer | None:
        now = self._clock()
        if now >= self._reset:
            self.used, self.spent, self._reset = 0, 0, now + timedelta(hours=1)
        if now >= self._quiet_until:
            return None
        wait = {"retry-after": str(int((self._quiet_until - now).total_seconds()))}
        message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        return Answer(403, answers.refusal(403, message, _LIMITS), self._core_headers() | wait)

    def _used_up(self) -> Answer | None:
        if self.used < self.quota:
            return None
        message = "API rate limit exceeded for user ID 1."
        return Answer(403, answers.refusal(403, message, _LIMITS), self._core_headers())

    def _query(self, request: Request, owner: str) -> Answer:
        """Answer a query, with the status 200 even if the limit is used up."""
        cost, body = GraphQL(self.github, self.url, owner).answer(request.json(), self.points - self.spent, self._reset)
        self.spent += cost
        return Answer(200, body, self._quota_headers("graphql", self.points, self.spent))

    def _counted(self, answer: Answer) -> Answer:
        # docs, same page: an authorised conditional request that is answered 304 does not count
        self.used += answer.status != 304
        return Answer(answer.status, answer.body, {**answer.headers, **self._core_headers()})

    def _core_headers(self) -> dict[str, str]:
        return self._quota_headers("core", self.quota, self.used)

    def _quota_headers(self, resource: str, limit: int, used: int) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(limit - used),
            "x-ratelimit-used": str(used),
            "x-ratelimit-reset": str(int(self._reset.timestamp())),
            "x-ratelimit-resource": resource,
        }

    def _tagged(self, request: Request, token: str, answer: Answer) -> Answer:
        """Give the answer its weak ETag, which is bound to the token (docs: rest/using-the-rest-api/best-practices)."""
        if answer.status != 200 or request.method != "GET":
            return answer
        body = json.dumps(answer.body).encode()
        etag = f'W/"{hashlib.sha256(token.encode() + body).hexdigest()}"'
        headers = {**answer.headers, "ETag": etag, "Content-Type": "application/json; charset=utf-8"}
        if request.headers.get("if-none-match") == etag:
            return Answer(304, None, headers)
        return Answer(200, body, headers)

    def _route(self, request: Request, owner: str) -> Answer:
        if request.path == "/user":
            return Answer(200, answers.signed_in_user(self.url, USER, self._clock()))
        if listed := _LISTED.fullmatch(request.path):
            return self._listed(request, listed["orgs"], listed["users"])
        found = _REPOSITORY.fullmatch(request.path)
        if found is None:
            return _NOT_FOUND
        try:
            if found["id"]:
                where = self.github.repository_by_id(int(found["id"]))
            else:
                where = self.github.repository(found["name"])
            if not where.is_seen_by(owner):
                return _NOT_FOUND
            return self._in_repository(request, where, found["rest"] or "")
        except KeyError:
            return self._moved(request, found["name"] or "", found["rest"] or "")

    def _listed(self, request: Request, organisation: str | None, user: str | None) -> Answer:
        """List repositories; a user's private ones are shown to nobody else (docs: rest/repos/repos)."""
        owner = (organisation or user or USER).lower()
        found = self.github.repositories_of(owner)
        if (organisation and (owner == USER or not found)) or (user and owner != USER):
            return _NOT_FOUND
        found = [] if user else found
        return self._page(request.query, request.path, [answers.repository(self.url, one) for one in found])

    def _moved(self, request: Request, name: str, rest: str) -> Answer:
        """Redirect from a former name to the id (docs: rest/using-the-rest-api/best-practices)."""
        new = self.github.moved_to(name)
        if new is None:
            return _NOT_FOUND
        query = f"?{urlencode(request.query)}" if request.query else ""
        there = f"{self.url}/repositories/{new}{rest}{query}"
        return Answer(301, {"message": "Moved Permanently", "url": there}, {"Location": there})

    def _in_repository(self, request: Request, where: Repository, rest: str) -> Answer:
        if rest == "":
            return Answer(200, answers.repository(self.url, where))
        if rest == "/milestones":
            rows = [answers.milestone(self.url, where, one) for one in _chosen_milestones(where, request.query)]
            return self._page(request.query, f"/repositories/{where.id}/milestones", rows)
        if rest == "/issues":
            return self._issues(request, where)
        if found := _ONE_MILESTONE.fullmatch(rest):
            return self._one_milestone(request, where, int(found[1]))
        return _NOT_FOUND

    def _issues(self, request: Request, where: Repository) -> Answer:
        """List by the milestone's number, newest first unless asked (docs: rest/issues/issues)."""
        state, number = request.query.get("state", "open"), request.query.get("milestone", "")
        if number and int(number) not in where.milestones:
            return Answer(422, answers.refusal(422, "Validation Failed", "rest/issues/issues"))
        rows = [
            answers.issue(self.url, where, one)
            for one in where.issues.values()
            if state in ("all", one.state) and number in ("", str(one.milestone))
        ]
        if request.query.get("direction") != "asc":
            rows.reverse()
        return self._page(request.query, f"/repositories/{where.id}/issues", rows)

    def _one_milestone(self, request: Request, where: Repository, number: int) -> Answer:
        """Answer a milestone, or change it (docs: rest/issues/milestones, "update a milestone")."""
        if request.method == "PATCH":
            self._patch(where, number, cast("dict[str, Any]", request.json()))
        return Answer(200, answers.milestone(self.url, where, where.milestones[number]))

    def _patch(self, where: Repository, number: int, fields: Mapping[str, Any]) -> None:
        if "title" in fields:
            self.github.rename_milestone(where.name, number, fields["title"])
        if "description" in fields:
            self.github.describe_milestone(where.name, number, fields["description"])
        if "due_on" in fields:
            self.github.schedule_milestone(where.name, number, fields["due_on"])
        if fields.get("state") == "closed":
            self.github.close_milestone(where.name, number)
        if fields.get("state") == "open":
            self.github.reopen_milestone(where.name, number)

    def _page(self, query: Mapping[str, str], path: str, rows: Sequence[object]) -> Answer:
        """Answer one page; links name the others (docs: rest/using-the-rest-api/using-pagination-in-the-rest-api)."""
        size = min(int(query.get("per_page", "30")), 100)
        page, last = int(query.get("page", "1")), max(1, -(-len(rows) // size))
        rels = {"prev": page - 1, "first": 1} if page > 1 else {}
        rels |= {"next": page + 1, "last": last} if page < last else {}
        links = [
            f'<{self.url}{path}?{urlencode({**query, "page": there})}>; rel="{rel}"' for rel, there in rels.items()
        ]
        headers = {"Link": ", ".join(links)} if links else {}
        return Answer(200, list(rows[(page - 1) * size : page * size]), headers)


def _chosen_milestones(where: Repository, query: Mapping[str, str]) -> list[Milestone]:
    """Filter and sort as the docs say (rest/issues/milestones); an unknown order is taken as `due_on`, as seen."""
    state = query.get("state", "open")
    chosen = [one for one in where.milestones.values() if state in ("all", one.state)]

    def completeness(one: Milestone) -> float:
        closed = where.count(one.number, "closed")
        return closed / ((closed + where.count(one.number, "open")) or 1)

    def due(one: Milestone) -> date:
        return one.due_on or date.max

    by = completeness if query.get("sort") == "completeness" else due
    return sorted(chosen, key=by, reverse=query.get("direction") == "desc")
