"""A GitLab to rehearse against: the part of its REST and GraphQL APIs that reads milestones, with a state of its own.

Each behaviour follows a page of docs.gitlab.com, named where it is written. Groups, projects, milestones, issues and
merge requests are changed from Python through `GitLabSandbox.gitlab`, or from outside by a POST to a control address,
which needs no token. Its JSON object has the arguments of the function of the same name:

    curl -d '{"project": "acme/portal"}'                                  $URL/_sandbox/add_project
    curl -d '{"group": "acme/web"}'                                       $URL/_sandbox/add_group
    curl -d '{"owner": "acme/portal", "to": "acme/gate"}'                 $URL/_sandbox/rename
    curl -d '{"project": "acme/portal", "group": "globex"}'               $URL/_sandbox/share
    curl -d '{"project": "acme/portal"}'                                  $URL/_sandbox/delete_project
    curl -d '{"owner": "acme/portal", "title": "Design"}'                 $URL/_sandbox/add_milestone
    curl -d '{"owner": "acme/portal", "milestone": 1, "by": "ben"}'       $URL/_sandbox/close_milestone
    curl -d '{"owner": "acme/portal", "milestone": 1}'                    $URL/_sandbox/reopen_milestone
    curl -d '{"owner": "acme/portal", "milestone": 1, "title": "Beta"}'   $URL/_sandbox/rename_milestone
    curl -d '{"owner": "acme/portal", "milestone": 1}'                    $URL/_sandbox/delete_milestone
    curl -d '{"project": "acme/portal", "title": "Log in", "milestone": 1}' $URL/_sandbox/add_item
    curl -d '{"project": "acme/portal", "iid": 1, "person": "ben", "seconds": 3600, "at": "2026-03-02T09:00Z"}' \\
                                                                          $URL/_sandbox/spend
    curl -d '{"project": "acme/portal", "iid": 1, "author": "anna", "body": "accepted"}' $URL/_sandbox/comment
    curl -d '{"project": "acme/portal", "iid": 1, "label": "accepted", "by": "anna"}' $URL/_sandbox/set_label
    curl -d '{"status": 502, "times": 3}'                                 $URL/_sandbox/fail
    curl -d '{"seconds": 60}'                                             $URL/_sandbox/limit
    curl -d '{"there": false}'                                            $URL/_sandbox/offer_graphql
    curl -d '{}'                                                          $URL/_sandbox/revoke
    curl -d '{"seconds": 0.5}'                                            $URL/_sandbox/slow

Each answers `{"result": ...}`: the new id or number, or null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox import gitlab_answers as answers
from tracker2invoice.testing.sandbox.gitlab_graphql import root
from tracker2invoice.testing.sandbox.gitlab_state import GitLabState, Item, Kind, Milestone, Owner
from tracker2invoice.testing.sandbox.graphql import Refused, read_query, resolve
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request, Sandbox

TOKEN = "sandbox-gitlab-token"  # noqa: S105 (it opens nothing but the sandbox)
_OWNER = re.compile(r"/api/v4/(projects|groups)/(.+?)(/(?:milestones|issues|merge_requests|events|projects)(?:/.*)?)?")
_ONE_MILESTONE = re.compile(r"/milestones/(\d+)(?:/(issues|merge_requests))?")
_LABEL_EVENTS = re.compile(r"/(issues|merge_requests)/(\d+)/resource_label_events")
_LISTS: Mapping[str, Kind] = {"issues": "issue", "merge_requests": "merge_request"}
_WILDCARDS = ("none", "any", "upcoming", "started")
# docs: user/profile/contributions_calendar, "event time period limit"
_EVENTS_ARE_KEPT = timedelta(days=3 * 365)


class GitLabSandbox(Sandbox):
    """The server; a context manager. `gitlab` is its state; GraphQL refuses the projects in `withheld` once."""

    def __init__(self, clock: Clock, *, port: int = 0, latency: float = 0.0) -> None:
        super().__init__(port, latency)
        self.gitlab = GitLabState(clock)
        self.withheld: list[int] = []
        self._clock = clock
        self._tokens = {TOKEN}
        self._graphql = True
        self._quiet_until, self._tells = clock(), True

    def fail(self, status: int, times: int = 1, path: str = "/api/v4/projects/") -> None:
        """Answer the next requests with that status; `path` is a part of their path. A 5xx comes as HTML."""
        page = Answer(status, b"<html><body>GitLab is not responding</body></html>", {"Content-Type": "text/html"})
        refusal = Answer(status, {"message": f"{status} told to fail"})
        self.faults.extend([Fault(answer=page if status >= 500 else refusal, path=path)] * times)

    def limit(self, seconds: int, *, told: bool = True) -> None:
        """Refuse everything for so many seconds, saying for how long or not (docs: security/rate_limits)."""
        self._quiet_until, self._tells = self._clock() + timedelta(seconds=seconds), told

    def offer_graphql(self, there: bool) -> None:  # noqa: FBT001
        """Answer GraphQL from now on, or have none."""
        self._graphql = there

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
        if request.path == "/api/graphql" and not self._graphql:
            return Answer(404, b"<html><body>Not found</body></html>", {"Content-Type": "text/html"})
        if self._token(request) not in self._tokens:
            # docs: api/rest/troubleshooting, "status codes"; api/graphql
            graphql = {"errors": [{"message": "Invalid token"}]}
            return Answer(401, graphql if request.path == "/api/graphql" else {"message": "401 Unauthorized"})
        if request.path == "/api/v4/version":
            return Answer(200, {"version": "18.5.0", "revision": "0123456789a"})
        if limited := self._limited():
            return limited
        return self._query(request) if request.path == "/api/graphql" else self._route(request)

    @staticmethod
    def _token(request: Request) -> str:
        """Both headers are good for every kind of access token (docs: api/rest/authentication)."""
        return request.headers.get("private-token") or request.headers.get("authorization", "").partition(" ")[2]

    def _control(self, request: Request) -> Answer:
        gitlab = self.gitlab
        deeds: dict[str, Callable[..., object]] = {
            deed.__name__: deed
            for deed in (
                gitlab.add_project, gitlab.add_group, gitlab.rename, gitlab.share, gitlab.delete_project,
                gitlab.add_milestone, gitlab.close_milestone, gitlab.reopen_milestone, gitlab.rename_milestone,
                gitlab.delete_milestone, gitlab.add_item, gitlab.spend, gitlab.set_label, gitlab.remove_label,
                gitlab.comment, gitlab.edit_comment, gitlab.delete_comment,
                self.fail, self.limit, self.offer_graphql, self.revoke, self.slow,
            )
        }  # fmt: skip
        try:
            arguments = cast("dict[str, Any]", request.json())
            return Answer(200, {"result": deeds[request.path.removeprefix("/_sandbox/")](**arguments)})
        except (KeyError, TypeError, ValueError) as error:
            return Answer(422, {"message": f"{type(error).__name__}: {error}"})

    def _limited(self) -> Answer | None:
        """Refuse while limited, in plain text (docs: security/rate_limits and settings/user_and_ip_rate_limits)."""
        left = int((self._quiet_until - self._clock()).total_seconds())
        if left <= 0:
            return None
        reset = {"Retry-After": str(left), "RateLimit-Reset": str(int(self._quiet_until.timestamp()))}
        return Answer(429, b"Retry later\n", {"Content-Type": "text/plain", **(reset if self._tells else {})})

    def _query(self, request: Request) -> Answer:
        asked = cast("dict[str, Any]", request.json())
        try:
            query = read_query(asked["query"], asked.get("variables") or {})
            return Answer(200, resolve(query, self._root()))
        except Refused as refused:
            return Answer(200, {"errors": [{"message": str(refused)}]})

    def _root(self) -> Mapping[str, object]:
        return root(self.url, self.gitlab, self._withholds)

    def _withholds(self, owner: Owner) -> bool:
        if owner.is_group or owner.id not in self.withheld:
            return False
        self.withheld.remove(owner.id)
        return True

    def _route(self, request: Request) -> Answer:
        found = _OWNER.fullmatch(request.path)
        if found is None or request.method != "GET":
            return Answer(404, {"error": "404 Not Found"})
        is_group, name, rest = found[1] == "groups", found[2], found[3] or ""
        try:
            owner = self.gitlab.owner_by_id(int(name), is_group=is_group) if name.isdigit() else self.gitlab.owner(name)
        except KeyError:
            return self._moved(request, name, is_group=is_group)
        if owner.is_group != is_group:
            return _missing("Group" if is_group else "Project")
        return self._in(request, owner, rest)

    def _moved(self, request: Request, name: str, *, is_group: bool) -> Answer:
        """Redirect from a former path to the id (docs: api/rest, "redirects")."""
        kind, new = "groups" if is_group else "projects", self.gitlab.moved_to(name)
        if new is None or new.is_group != is_group:
            return _missing("Group" if is_group else "Project")
        query = f"?{urlencode(request.query)}" if request.query else ""
        there = f"{self.url}/api/v4/{kind}/{new.id}{query}"
        return Answer(301, {"message": "Moved Permanently"}, {"Location": there})

    def _in(self, request: Request, owner: Owner, rest: str) -> Answer:
        if rest == "":
            return Answer(200, (answers.group if owner.is_group else answers.project)(self.url, owner))
        if rest == "/milestones":
            rows = [answers.milestone(self.url, owner, one) for one in _milestones(owner, request.query)]
            return self._page(request, rows)
        if rest == "/projects" and owner.is_group:
            return self._page(request, [answers.project(self.url, one) for one in self._projects(owner, request.query)])
        if rest == "/events" and not owner.is_group:
            return self._page(request, self._events(owner, request.query))
        if rest in ("/issues", "/merge_requests"):
            kind = _LISTS[rest[1:]]
            items = [one for one in self._items(owner) if one.kind == kind and self._chosen(one, request.query)]
            return self._page(request, [self._item(one) for one in items])
        if found := _LABEL_EVENTS.fullmatch(rest):
            return self._label_events(request, owner, _LISTS[found[1]], int(found[2]))
        return self._in_milestone(request, owner, rest)

    def _label_events(self, request: Request, owner: Owner, kind: Kind, iid: int) -> Answer:
        found = next((one for one in owner.items if (one.kind, one.iid) == (kind, iid)), None)
        if found is None:
            return _missing("Issue" if kind == "issue" else "Merge Request")
        return self._page(request, [answers.label_event(self.url, found, one) for one in found.label_events])

    def _in_milestone(self, request: Request, owner: Owner, rest: str) -> Answer:
        found = _ONE_MILESTONE.fullmatch(rest)
        milestone = next((one for one in owner.milestones.values() if found and one.id == int(found[1])), None)
        if found is None or milestone is None:
            return _missing("Milestone")
        if not found[2]:
            return Answer(200, answers.milestone(self.url, owner, milestone))
        # what belongs to subgroups is left out (docs: api/group_milestones); the title is what is looked for
        just_here = [one for one in self._items(owner) if not owner.is_group or self._is_just_below(owner, one)]
        of_title = {"milestone": milestone.title}
        rows = [one for one in just_here if one.kind == _LISTS[found[2]] and self._chosen(one, of_title)]
        return self._page(request, [self._item(one) for one in rows])

    def _projects(self, group: Owner, query: Mapping[str, str]) -> list[Owner]:
        """List the newest first unless asked, without subgroups, and with what others share (docs: api/groups)."""
        below = list(self.gitlab.below(group))
        if query.get("include_subgroups") != "true":
            below = [one for one in below if one.path.rpartition("/")[0] == group.path]
        rows = below + (group.shared if query.get("with_shared", "true") == "true" else [])
        return sorted(rows, key=lambda one: one.id, reverse=query.get("sort", "desc") == "desc")

    def _is_just_below(self, group: Owner, one: Item) -> bool:
        return self.gitlab.owner_by_id(one.project, is_group=False).path.rpartition("/")[0] == group.path

    def _items(self, owner: Owner) -> Iterable[Item]:
        if not owner.is_group:
            return owner.items
        return [one for project in self.gitlab.below(owner) for one in project.items]

    def _chosen(self, one: Item, query: Mapping[str, str]) -> bool:
        """Filter by state and the milestone's title, of which some are no titles (docs: api/issues, `milestone`)."""
        if query.get("state", "all") not in ("all", one.state):
            return False
        title, own = query.get("milestone"), self.gitlab.milestone(one.milestone)
        if title is None:
            return True
        if title.lower() in _WILDCARDS:
            return (own is None) == (title.lower() == "none")
        return own is not None and own.title == title

    def _item(self, one: Item) -> answers.Json:
        owner, of = self.gitlab.owner_by_id(one.project, is_group=False), self.gitlab.milestone(one.milestone)
        above = self.gitlab.owner_by_id(of.owner, is_group=of.of_group) if of else owner
        return answers.item(self.url, owner, answers.milestone(self.url, above, of) if of else None, one)

    def _events(self, owner: Owner, query: Mapping[str, str]) -> list[answers.Json]:
        """List events, newest first unless asked; both days are left out themselves (docs: api/events)."""
        after = date.fromisoformat(query["after"]) if "after" in query else date.min
        before = date.fromisoformat(query["before"]) if "before" in query else date.max
        kept = self._clock() - _EVENTS_ARE_KEPT
        rows = [
            answers.event(self.url, one)
            for one in self.gitlab.events
            if one.project == owner.id
            and after < one.created_at.date() < before
            and one.created_at > kept
            and query.get("action", one.action) == one.action
        ]
        return rows if query.get("sort") == "asc" else rows[::-1]

    def _page(self, request: Request, rows: Sequence[object]) -> Answer:
        """Answer one page (docs: api/rest, "offset-based pagination")."""
        size = min(int(request.query.get("per_page", "20")), 100)
        page, last = int(request.query.get("page", "1")), max(1, -(-len(rows) // size))
        rels = {"prev": page - 1} if page > 1 else {}
        rels |= {"next": page + 1} if page < last else {}
        path = f"{self.url}{request.target.partition('?')[0]}"
        links = [
            f'<{path}?{urlencode({**request.query, "page": there})}>; rel="{rel}"'
            for rel, there in {**rels, "first": 1, "last": last}.items()
        ]
        headers = {
            "Link": ", ".join(links),
            "X-Page": str(page),
            "X-Per-Page": str(size),
            "X-Next-Page": str(page + 1) if page < last else "",
            "X-Prev-Page": str(page - 1) if page > 1 else "",
            "X-Total": str(len(rows)),
            "X-Total-Pages": str(last),
        }
        return Answer(200, list(rows[(page - 1) * size : page * size]), headers)


def _missing(what: str) -> Answer:
    return Answer(404, {"message": f"404 {what} Not Found"})


def _milestones(owner: Owner, query: Mapping[str, str]) -> list[Milestone]:
    """Sort by due date, those without at the end, then newest first (docs: api/milestones; as seen)."""
    chosen = [one for one in owner.milestones.values() if query.get("state", "all") in ("all", one.state)]
    return sorted(chosen, key=lambda one: (one.due_date or date.max, -one.id))
