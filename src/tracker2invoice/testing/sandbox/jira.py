"""A Jira to rehearse against, Cloud or Data Center: the part of its REST API that reads versions, epics and issues.

Each behaviour follows a page of developer.atlassian.com, named where it is written. Projects, versions and issues are
changed from Python through `JiraSandbox.jira`, or from outside by a POST to a control address, which needs no token.
Its JSON object has the arguments of the function of the same name:

    curl -d '{"name": "Customer portal", "key": "PORTAL"}'                 $URL/_sandbox/add_project
    curl -d '{"project": 10001, "name": "Portal"}'                         $URL/_sandbox/rename_project
    curl -d '{"project": 10001, "name": "Design"}'                         $URL/_sandbox/add_version
    curl -d '{"version": 10002}'                                           $URL/_sandbox/release_version
    curl -d '{"version": 10002}'                                           $URL/_sandbox/unrelease_version
    curl -d '{"version": 10002, "name": "Concept"}'                        $URL/_sandbox/rename_version
    curl -d '{"version": 10002}'                                           $URL/_sandbox/delete_version
    curl -d '{"project": 10001, "summary": "Log in", "version": 10002}'    $URL/_sandbox/add_issue
    curl -d '{"project": 10001, "summary": "Design", "type": "Epic"}'      $URL/_sandbox/add_issue
    curl -d '{"issue": 10003, "status": 10001, "resolution": "Done"}'      $URL/_sandbox/move_issue
    curl -d '{"issue": 10003, "author": "Mia", "seconds": 3600, "started": "2026-03-02T09:30:00.000+0100"}' \
                                                                           $URL/_sandbox/log_work
    curl -d '{"issue": 10003, "author": "5b10a2844c20165700ede21g", "body": "accepted"}' $URL/_sandbox/comment
    curl -d '{"issue": 10003, "label": "accepted", "by": "5b10a2844c20165700ede21g"}' $URL/_sandbox/set_label
    curl -d '{"status": 503, "times": 3}'                                  $URL/_sandbox/fail
    curl -d '{"seconds": 60}'                                              $URL/_sandbox/limit
    curl -d '{}'                                                           $URL/_sandbox/revoke
    curl -d '{"seconds": 0.5}'                                             $URL/_sandbox/slow

Each answers `{"result": ...}`: the new id, or null.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox import jira_answers as answers
from tracker2invoice.testing.sandbox.jira_query import EPIC_LINK, BadQuery, find
from tracker2invoice.testing.sandbox.jira_state import STATUSES, Issue, JiraState, Project
from tracker2invoice.testing.sandbox.oauth import AuthorizationServer, Rules
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request, Sandbox

EMAIL, TOKEN = "robot@acme.example", "sandbox-token"
CLOUD_ID = "c0ffee00-aaaa-4bbb-8ccc-dddddddddddd"
CLIENT_ID = "SANDBOXAPP"
CLIENT_SECRET = "sandbox-app-secret"  # noqa: S105 (opens nothing)
FIRST_REFRESH_TOKEN = "refresh-0"  # noqa: S105 (opens nothing)
# docs: cloud/jira/platform/oauth-2-3lo-apps, refresh tokens; cloud/oauth/getting-started/refresh-tokens
_RULES = Rules(
    CLIENT_ID,
    CLIENT_SECRET,
    FIRST_REFRESH_TOKEN,
    access=timedelta(hours=1),
    grace=timedelta(minutes=10),
    idle=timedelta(days=90),
    lasts=timedelta(days=365),
    authenticates="form",
    refused=403,
)
_UNAUTHORIZED = Answer(401, {"code": 401, "message": "Unauthorized"})
_GATEWAY = re.compile(r"/ex/jira/([^/]+)(/.*)")
MOST, MOST_WITH_FIELDS = 5000, 100
"""Issues on a page of a search: Cloud gives fewer if more than ids and keys were asked for."""
_DATA_CENTER_MOST = 1000
_MAINTENANCE = b"<html><body>Jira is down for maintenance.</body></html>"
_API = re.compile(r"/rest/api/([23])(/.*)")
_ONE = re.compile(r"/(project|version|issue)/([^/]+)(/.*)?")
_NOT_THERE = "it does not exist, or you do not have permission to view it."


class JiraSandbox(Sandbox):
    """The server; a context manager. `jira` is its state, `hidden` the projects that our account may not browse.

    Signed in with `EMAIL` and `TOKEN` in Cloud, with `TOKEN` as a personal access token in Data Center. In Cloud it is
    also Atlassian's authorisation server, `identity`, and the gateway where a person's consent lets an app in.
    """

    def __init__(self, clock: Clock, *, cloud: bool = True, port: int = 0, latency: float = 0.0) -> None:
        super().__init__(port, latency)
        self.jira = JiraState(clock)
        self.cloud = cloud
        self.hidden: set[int] = set()
        self._clock = clock
        self._signed_in: str | None = _credentials(cloud=cloud)
        self._quiet_until = clock()
        self.identity = AuthorizationServer(clock, _RULES)

    def fail(self, status: int, times: int = 1, path: str = "/rest/api/") -> None:
        """Answer the next requests with that status; `path` is a part of their path. A 5xx comes as HTML."""
        page = Answer(status, _MAINTENANCE, {"Content-Type": "text/html;charset=UTF-8"})
        refused = Answer(status, answers.refusal("Told to fail"))
        self.faults.extend([Fault(answer=page if status >= 500 else refused, path=path)] * times)

    def limit(self, seconds: int) -> None:
        """Refuse everything for so many seconds (docs: cloud/jira/platform/rate-limiting)."""
        self._quiet_until = self._clock() + timedelta(seconds=seconds)

    def revoke(self) -> None:
        """Make the token worthless, and disconnect the app."""
        self._signed_in = None
        self.identity.revoke()

    def slow(self, seconds: float) -> None:
        """Let every request take so long."""
        self.latency = seconds

    def handle(self, request: Request) -> Answer:
        """Answer one request."""
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        if self.cloud and (through := self._atlassian(request)):
            return through
        return self._site(request, signed_in=request.headers.get("authorization") == self._signed_in)

    def _atlassian(self, request: Request) -> Answer | None:
        """Answer what is not the site's own: consent, tokens, sites, and the API for apps."""
        match request.method, request.path:
            case "GET", "/authorize":
                return self.identity.authorize(request)
            case "POST", "/oauth/token":
                return self.identity.token(request)
            case "GET", "/oauth/token/accessible-resources":
                site = {"id": CLOUD_ID, "url": self.url, "name": "acme", "scopes": ["read:jira-work"], "avatarUrl": ""}
                return Answer(200, [site]) if self.identity.lets_in(request) else _UNAUTHORIZED
            case _:
                found = _GATEWAY.fullmatch(request.path)
        if found is None:
            return None
        if not self.identity.lets_in(request):
            return _UNAUTHORIZED
        if found[1] != CLOUD_ID:
            return Answer(404, {"code": 404, "message": "Not Found"})
        return self._site(replace(request, path=found[2]), signed_in=True)

    def _site(self, request: Request, *, signed_in: bool) -> Answer:
        found = _API.fullmatch(request.path)
        if found is None or (found[1] == "3" and not self.cloud):
            return Answer(404, b"<html>Not Found</html>", {"Content-Type": "text/html"})
        if limited := self._limited():
            return limited
        if found[2] == "/serverInfo":  # docs: rest/v3/api-group-server-info; anybody may ask
            return Answer(200, answers.server_info(self.url, self._clock(), cloud=self.cloud))
        if not signed_in:
            message = "Client must be authenticated to access this resource."
            return Answer(401, answers.refusal(message), {"WWW-Authenticate": 'OAuth realm="jira"'})
        return self._route(request, found[2])

    def _control(self, request: Request) -> Answer:
        jira = self.jira
        deeds: dict[str, Callable[..., object]] = {
            deed.__name__: deed
            for deed in (
                jira.add_project, jira.rename_project, jira.add_version, jira.release_version, jira.unrelease_version,
                jira.archive_version, jira.rename_version, jira.delete_version, jira.add_issue, jira.move_issue,
                jira.rename_issue, jira.move_to_project, jira.delete_issue, jira.log_work,
                jira.set_label, jira.remove_label, jira.comment, jira.edit_comment, jira.delete_comment,
                self.fail, self.limit, self.revoke, self.slow,
            )
        }  # fmt: skip
        try:
            arguments = cast("dict[str, Any]", request.json())
            return Answer(200, {"result": deeds[request.path.removeprefix("/_sandbox/")](**arguments)})
        except (KeyError, TypeError, ValueError, StopIteration) as error:
            return Answer(400, answers.refusal(f"{type(error).__name__}: {error}"))

    def _limited(self) -> Answer | None:
        if self._clock() >= self._quiet_until:
            return None
        wait = {
            "Retry-After": str(int((self._quiet_until - self._clock()).total_seconds())),
            "X-RateLimit-Remaining": "0",
            "RateLimit-Reason": "jira-burst-based",
        }
        return Answer(429, answers.refusal("Rate limit exceeded"), wait)

    def _route(self, request: Request, path: str) -> Answer:
        if path.startswith("/search"):
            return self._search(request, path)
        if path == "/changelog/bulkfetch" and self.cloud:
            return self._bulk_changes(request)
        if path == "/status":
            return Answer(200, [answers.status(number) for number in STATUSES])
        if path == "/field":
            return Answer(200, self._fields())
        if path in ("/project", "/project/search"):
            return self._projects(request, path)
        if found := _ONE.fullmatch(path):
            return self._one(request, found[1], found[2], found[3] or "")
        return Answer(404, answers.refusal("null for uri"))

    def _fields(self) -> list[dict[str, Any]]:
        """List fields (docs: rest/v3/api-group-issue-fields); the one for epics is Data Center's."""
        fields: list[dict[str, Any]] = [
            {"id": "summary", "name": "Summary", "custom": False, "schema": {"type": "string", "system": "summary"}},
            {"id": "thumbnail", "name": "Images", "custom": False},
            {"id": answers.POINTS, "name": "Story Points", "custom": True, "schema": {"type": "number"}},
        ]
        link = {"type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link", "customId": EPIC_LINK}
        epic = {"id": f"customfield_{EPIC_LINK}", "name": "Epic Link", "custom": True, "schema": link}
        return fields if self.cloud else [*fields, epic]

    def _projects(self, request: Request, path: str) -> Answer:
        """List projects: all at once in Data Center, in pages and by a part of the name in Cloud."""
        visible = [one for one in self.jira.projects.values() if one.id not in self.hidden]
        if path == "/project":
            return Answer(200, [answers.project(self.url, one) for one in visible])
        query = request.query.get("query", "").casefold()
        rows = [answers.project(self.url, one) for one in visible if query in f"{one.key} {one.name}".casefold()]
        return Answer(200, _page(request.query, rows, 50))

    def _one(self, request: Request, kind: str, name: str, rest: str) -> Answer:
        try:
            if kind == "project":
                return self._in_project(request, self._project(name), rest)
            if kind == "version" and not rest:
                return self._version(int(name))
            if kind == "issue":
                return self._issue(request, self._found_issue(name), rest)
        except (LookupError, ValueError, StopIteration):
            return Answer(404, answers.refusal(f"The {kind} cannot be found: {_NOT_THERE}"))
        return Answer(404, answers.refusal("null for uri"))

    def _in_project(self, request: Request, where: Project, rest: str) -> Answer:
        """Answer a project or its versions (docs: rest/v3/api-group-project-versions)."""
        expand = request.query.get("expand", "") if self.cloud else ""
        rows = [answers.version(self.url, self.jira, where, one, expand) for one in where.versions.values()]
        match rest:
            case "":
                return Answer(200, answers.project(self.url, where))
            case "/versions":
                return Answer(200, rows)
            case "/version":
                return Answer(200, _page(request.query, rows, 50))
            case _:
                return Answer(404, answers.refusal("null for uri"))

    def _version(self, number: int) -> Answer:
        where = next(one for one in self.jira.projects.values() if number in one.versions)
        return Answer(200, answers.version(self.url, self.jira, where, where.versions[number]))

    def _issue(self, request: Request, one: Issue, rest: str) -> Answer:
        if rest == "":
            fields = request.query.get("fields", "*all").split(",")
            return Answer(200, answers.issue(self.url, self.jira, one, fields, cloud=self.cloud))
        if rest == "/worklog":  # docs: rest/v3/api-group-issue-worklogs
            start, size = int(request.query.get("startAt", "0")), int(request.query.get("maxResults", "5000"))
            return Answer(200, answers.worklogs(one.worklogs, start, size))
        if rest == "/comment":  # docs: rest/v3/api-group-issue-comments
            start, size = int(request.query.get("startAt", "0")), min(int(request.query.get("maxResults", "100")), 100)
            return Answer(200, answers.comments(self.url, one, start, size, cloud=self.cloud))
        return Answer(404, answers.refusal("null for uri"))

    def _search(self, request: Request, path: str) -> Answer:
        """Search (docs: rest/v3/api-group-issue-search, Data Center's REST reference, "search")."""
        if path == "/search" and self.cloud:
            message = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
            return Answer(410, answers.refusal(message))
        if path == "/search/jql" and not self.cloud:
            return Answer(404, answers.refusal("null for uri"))
        asked = cast("dict[str, Any]", request.json())
        try:
            found = find(self.jira, asked["jql"], cloud=self.cloud, hidden=frozenset(self.hidden))
        except BadQuery as error:
            return Answer(400, answers.refusal(str(error)))
        return Answer(200, (self._tokens if self.cloud else self._numbers)(asked, found))

    def _tokens(self, asked: Mapping[str, Any], found: list[Issue]) -> dict[str, Any]:
        """Cloud's pages: no total, a token for the next one, ids alone unless fields are asked for."""
        fields = asked.get("fields", [])
        size = min(asked.get("maxResults", 50), MOST_WITH_FIELDS if fields else MOST)
        start = int(asked.get("nextPageToken", "token-0").removeprefix("token-"))
        rows = [answers.issue(self.url, self.jira, one, fields, cloud=True) for one in found[start : start + size]]
        last = start + size >= len(found)
        return {"issues": rows, "isLast": last} | ({} if last else {"nextPageToken": f"token-{start + size}"})

    def _numbers(self, asked: Mapping[str, Any], found: list[Issue]) -> dict[str, Any]:
        """Data Center's pages: counted, with the history where it is asked for."""
        size, start = min(asked.get("maxResults", 50), _DATA_CENTER_MOST), asked.get("startAt", 0)
        rows: list[dict[str, Any]] = []
        for one in found[start : start + size]:
            row = answers.issue(self.url, self.jira, one, asked.get("fields", ["*all"]), cloud=False)
            if "changelog" in asked.get("expand", []):
                changes = answers.history(one.changes, cloud=False)
                row["changelog"] = {
                    "startAt": 0,
                    "maxResults": len(changes),
                    "total": len(changes),
                    "histories": changes,
                }
            rows.append(row)
        return {"startAt": start, "maxResults": size, "total": len(found), "issues": rows}

    def _bulk_changes(self, request: Request) -> Answer:
        """Fetch the changes of many issues (docs: rest/v3/api-group-issues, "bulk fetch changelogs")."""
        asked = cast("dict[str, Any]", request.json())
        wanted = set(map(int, asked["issueIdsOrKeys"]))
        issues = [one for one in self.jira.issues.values() if one.id in wanted]
        size, start = asked.get("maxResults", 50), int(asked.get("nextPageToken", "token-0").removeprefix("token-"))
        flat = [(one, change) for one in issues for change in one.changes if change.field in asked["fieldIds"]]
        logs: dict[int, list[Any]] = {}
        for one, change in flat[start : start + size]:
            (row,) = answers.history([change], cloud=True)
            logs.setdefault(one.id, []).append(row | {"created": int(change.at.timestamp())})
        answer: dict[str, Any] = {
            "issueChangeLogs": [{"issueId": str(number), "changeHistories": rows} for number, rows in logs.items()]
        }
        return Answer(200, answer | ({"nextPageToken": f"token-{start + size}"} if start + size < len(flat) else {}))

    def _project(self, name: str) -> Project:
        one = next(one for one in self.jira.projects.values() if name in (str(one.id), one.key))
        if one.id in self.hidden:
            raise KeyError(name)
        return one

    def _found_issue(self, name: str) -> Issue:
        one = next(one for one in self.jira.issues.values() if name in (str(one.id), self.jira.key(one.id)))
        if one.project in self.hidden:
            raise KeyError(name)
        return one


def _credentials(*, cloud: bool) -> str:
    return f"Basic {base64.b64encode(f'{EMAIL}:{TOKEN}'.encode()).decode()}" if cloud else f"Bearer {TOKEN}"


def _page(query: Mapping[str, str], rows: list[dict[str, Any]], default: int) -> dict[str, Any]:
    start, size = int(query.get("startAt", "0")), min(int(query.get("maxResults", default)), 100)
    return {
        "startAt": start,
        "maxResults": size,
        "total": len(rows),
        "isLast": start + size >= len(rows),
        "values": rows[start : start + size],
    }
