"""A Gitea to rehearse against: the part of its API that reads milestones, with a state of its own.

Each behaviour follows the Swagger description that every server has at `/api/swagger`, or a page of docs.gitea.com,
named where it is written. Repositories, milestones and issues are changed from Python through `GiteaSandbox.gitea`, or
from outside by a POST to a control address, which needs no token. Its JSON object has the arguments of the function of
the same name:

    curl -d '{"name": "acme/portal"}'                                          $URL/_sandbox/add_repository
    curl -d '{"repository": 101, "name": "acme/gate"}'                         $URL/_sandbox/rename_repository
    curl -d '{"repository": 101}'                                              $URL/_sandbox/hide_code
    curl -d '{"repository": 101, "title": "Design"}'                           $URL/_sandbox/add_milestone
    curl -d '{"repository": 101, "milestone": 102}'                            $URL/_sandbox/close_milestone
    curl -d '{"repository": 101, "milestone": 102}'                            $URL/_sandbox/reopen_milestone
    curl -d '{"repository": 101, "milestone": 102, "title": "Beta"}'           $URL/_sandbox/rename_milestone
    curl -d '{"repository": 101, "milestone": 102}'                            $URL/_sandbox/delete_milestone
    curl -d '{"repository": 101, "title": "Log in", "milestone": 102}'         $URL/_sandbox/add_issue
    curl -d '{"repository": 101, "issue": 1, "user": "mia", "seconds": 3600}'  $URL/_sandbox/log_time
    curl -d '{"repository": 101, "issue": 1, "author": "anna", "body": "accepted"}' $URL/_sandbox/comment
    curl -d '{"repository": 101, "issue": 1, "label": "accepted", "by": "anna"}' $URL/_sandbox/set_label
    curl -d '{"status": 502, "times": 3}'                                      $URL/_sandbox/fail
    curl -d '{"seconds": 60}'                                                  $URL/_sandbox/limit
    curl -d '{}'                                                               $URL/_sandbox/revoke
    curl -d '{"seconds": 0.5}'                                                 $URL/_sandbox/slow

Each answers `{"result": ...}`: the new id or number, or null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox import gitea_answers as answers
from tracker2invoice.testing.sandbox.gitea_state import Event, GiteaState, Issue, Milestone, Repository
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request, Sandbox

TOKEN, USER = "sandbox-token", "robot"
MOST = 50
"""Entries on a page unless the server is told otherwise (administration/config-cheat-sheet, `MAX_RESPONSE_ITEMS`)."""
_USUAL = 30
_REPOSITORY = re.compile(r"/api/v1/(?:repos/(?P<name>[^/]+/[^/]+)|repositories/(?P<id>\d+))(?P<rest>/.*)?")
_OF_OWNER = re.compile(r"/api/v1/users/([^/]+)/repos")
_ONE_MILESTONE = re.compile(r"/milestones/([^/]+)")
_TIMELINE = re.compile(r"/issues/(\d+)/timeline")
_PAGE = b"<html><body>502 Bad Gateway</body></html>"


class GiteaSandbox(Sandbox):
    """The server; a context manager. `gitea` is its state.

    Signed in with `TOKEN` as `USER`, who reads everything; `writes_issues` says whether they may write issues as well,
    `reads_users` whether the token has the scope `read:user`.
    `most` is how many entries a page has at most; an old Gitea does not tell totals (`tells_totals`).
    """

    def __init__(self, clock: Clock, *, port: int = 0, latency: float = 0.0, most: int = MOST) -> None:
        super().__init__(port, latency)
        self.gitea = GiteaState(clock)
        self.most, self.tells_totals, self.writes_issues, self.reads_users = most, True, True, True
        self._clock = clock
        self._token: str | None = TOKEN
        self._quiet_until = clock()

    def fail(self, status: int, times: int = 1, path: str = "/api/v1/repos") -> None:
        """Answer the next requests with that status; `path` is a part of their path. A 5xx comes as HTML."""
        page = Answer(status, _PAGE, {"Content-Type": "text/html"})
        refused = Answer(status, answers.refusal(self.url, "Told to fail"))
        self.faults.extend([Fault(answer=page if status >= 500 else refused, path=path)] * times)

    def limit(self, seconds: int) -> None:
        """Refuse everything for so many seconds, as a proxy in front of Gitea may."""
        self._quiet_until = self._clock() + timedelta(seconds=seconds)

    def revoke(self) -> None:
        """Make the token worthless."""
        self._token = None

    def slow(self, seconds: float) -> None:
        """Let every request take so long."""
        self.latency = seconds

    def handle(self, request: Request) -> Answer:
        """Answer one request."""
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        if self._clock() < self._quiet_until:
            wait = str(int((self._quiet_until - self._clock()).total_seconds()))
            return Answer(429, b"<html>Too Many Requests</html>", {"Content-Type": "text/html", "Retry-After": wait})
        if not request.path.startswith("/api/v1/"):
            return Answer(404, b"<html>Page Not Found</html>", {"Content-Type": "text/html"})
        if request.headers.get("authorization") != f"token {self._token}":  # docs: development/api-usage
            return Answer(401, answers.refusal(self.url, "invalid username, password or token"))
        return self._route(request)

    def _control(self, request: Request) -> Answer:
        gitea = self.gitea
        deeds: dict[str, Callable[..., object]] = {
            deed.__name__: deed
            for deed in (
                gitea.add_repository, gitea.rename_repository, gitea.hide_code, gitea.delete_repository,
                gitea.add_milestone, gitea.close_milestone, gitea.reopen_milestone, gitea.rename_milestone,
                gitea.schedule_milestone, gitea.delete_milestone, gitea.add_issue, gitea.log_time, gitea.set_label,
                gitea.remove_label, gitea.review, gitea.comment, gitea.edit_comment, gitea.delete_comment,
                self.fail, self.limit, self.revoke, self.slow,
            )
        }  # fmt: skip
        try:
            arguments = cast("dict[str, Any]", request.json())
            return Answer(200, {"result": deeds[request.path.removeprefix("/_sandbox/")](**arguments)})
        except (KeyError, TypeError, ValueError) as error:
            return Answer(422, answers.refusal(self.url, f"{type(error).__name__}: {error}"))

    def _route(self, request: Request) -> Answer:
        if request.path == "/api/v1/repos/search":
            rows = [answers.repository(self.url, one) for one in self.gitea.repositories.values()]
            return Answer(200, {"ok": True, "data": rows[: self._size(request.query)]})
        if of_owner := _OF_OWNER.fullmatch(request.path):
            return self._owned(request, self.gitea.of_owner(of_owner[1]))
        found = _REPOSITORY.fullmatch(request.path)
        try:
            if found is None:
                return self._not_found()
            if found["id"]:
                where = self.gitea.repositories[int(found["id"])]
                return self._not_found() if found["rest"] else Answer(200, answers.repository(self.url, where))
            return self._in_repository(request, self.gitea.named(found["name"]), found["rest"] or "")
        except KeyError:
            return self._moved(request, found["name"] or "" if found else "")

    def _owned(self, request: Request, owned: Sequence[Repository]) -> Answer:
        """List, oldest first; who may not read code is not shown it, after pages were cut (Swagger: userListRepos)."""
        if not self.reads_users:
            words = "token does not have at least one of required scope(s), required=[read:user]"
            return Answer(403, answers.refusal(self.url, words))
        if not owned:
            return self._not_found()
        shown = {one.id: answers.repository(self.url, one) for one in owned if one.shows_code}
        page = self._page(request, [one.id for one in owned])
        return replace(page, body=[shown[id_] for id_ in cast("list[int]", page.body) if id_ in shown])

    def _not_found(self) -> Answer:
        return Answer(404, answers.refusal(self.url, "The target couldn't be found."))

    def _moved(self, request: Request, name: str) -> Answer:
        """Redirect from a former name to the present one, with the query."""
        there = self.gitea.moved_to(name)
        if there is None:
            return self._not_found()
        path = request.target.replace(f"/repos/{name}", f"/repos/{there.name}", 1)
        return Answer(307, None, {"Location": path})

    def _in_repository(self, request: Request, where: Repository, rest: str) -> Answer:
        if rest == "":
            return Answer(200, answers.repository(self.url, where))
        if rest == "/milestones":
            rows = [answers.milestone(where, one) for one in _milestones(where, request.query)]
            return self._page(request, rows)
        if rest == "/issues":
            return self._issues(request, where)
        if rest == "/issues/comments":
            return self._comments(request, where)
        if found := _TIMELINE.fullmatch(rest):
            return self._timeline(request, where, where.issues[int(found[1])])
        if rest == "/times":
            return self._times(request, where)
        if found := _ONE_MILESTONE.fullmatch(rest):
            return self._one_milestone(where, found[1])
        return self._not_found()

    def _one_milestone(self, where: Repository, asked: str) -> Answer:
        """Answer a milestone by its id or else its title (Swagger: issueGetMilestone)."""
        by_id = [one for one in where.milestones.values() if str(one.id) == asked]
        by_title = [one for one in where.milestones.values() if one.title == asked]
        for one in (*by_id, *by_title):
            return Answer(200, answers.milestone(where, one))
        return self._not_found()

    def _issues(self, request: Request, where: Repository) -> Answer:
        """List newest first; milestones that are not there are left out of the question (Swagger: issueListIssues)."""
        state = request.query.get("state", "open")
        milestones = _named(where, request.query.get("milestones", ""))
        rows = [
            answers.issue(self.url, where, one)
            for one in reversed(where.issues.values())
            if state in ("all", one.state) and (not milestones or one.milestone in milestones)
        ]
        return self._page(request, rows)

    def _comments(self, request: Request, where: Repository) -> Answer:
        """List the comments that were changed since an instant (Swagger: issueGetRepoComments)."""
        since = datetime.fromisoformat(request.query.get("since", "1970-01-01T00:00:00Z"))
        written = sorted(
            ((of, one) for of in where.issues.values() for one in of.comments if one.updated_at >= since),
            key=lambda of_and_one: of_and_one[1].id,
        )
        return self._page(request, [answers.comment(self.url, where, of, one) for of, one in written])

    def _timeline(self, request: Request, where: Repository, of: Issue) -> Answer:
        """List events without a total; what is not shown leaves its page after that was cut, and an empty one is null.

        Source: the server's code for Swagger's issueGetCommentsAndTimeline.
        """
        page = cast("list[Event]", self._page(request, of.timeline).body)
        shown = [answers.event(self.url, where, of, one) for one in page if not one.code]
        headers = {"X-Total-Count": str(len(shown)), "Content-Type": "application/json"}
        return Answer(200, shown or b"null", headers)

    def _times(self, request: Request, where: Repository) -> Answer:
        """List times; readers get their own, and may not ask for those of others (Swagger: repoTrackedTimes)."""
        if not where.keeps_times:
            return Answer(400, answers.refusal(self.url, "time tracking disabled"))
        whose = request.query.get("user", "")
        if not self.writes_issues and whose not in ("", USER):
            return Answer(403, answers.refusal(self.url, "query by user not allowed; not enough rights"))
        if not self.writes_issues:
            whose = USER
        logged = sorted(
            ((of, one) for of in where.issues.values() for one in of.times), key=lambda of_and_one: of_and_one[1].id
        )
        rows = [answers.tracked_time(self.url, where, of, one) for of, one in logged if whose in ("", one.user)]
        return self._page(request, rows)

    def _page(self, request: Request, rows: Sequence[object]) -> Answer:
        """Answer one page (docs: development/api-usage, "Pagination"); the server decides how long it is at most."""
        size, page = self._size(request.query), int(request.query.get("page", "1"))
        last = max(1, -(-len(rows) // size))
        rels = {"next": page + 1, "last": last} if page < last else {}
        rels |= {"first": 1, "prev": page - 1} if page > 1 else {}
        links = [
            f'<{self.url}{request.path}?{urlencode({**request.query, "page": there})}>; rel="{rel}"'
            for rel, there in rels.items()
        ]
        headers = {"X-Total-Count": str(len(rows))} if self.tells_totals else {}
        headers |= {"Link": ",".join(links)} if links else {}
        return Answer(200, list(rows[(page - 1) * size : page * size]), headers)

    def _size(self, query: Mapping[str, str]) -> int:
        return min(int(query.get("limit", _USUAL)), self.most)


def _milestones(where: Repository, query: Mapping[str, str]) -> list[Milestone]:
    """Choose and sort as Gitea does (Swagger: issueGetMilestonesList): by due date, those without one last."""
    state = query.get("state", "open")
    chosen = [one for one in where.milestones.values() if state in ("all", one.state)]
    return sorted(chosen, key=lambda one: (one.due_on or date.max, one.id))


def _named(where: Repository, asked: str) -> set[int]:
    """Return the ids of milestones that are named in a list of titles or ids."""
    by_title = {one.title: one.id for one in where.milestones.values()}
    by_id = {str(number): number for number in where.milestones}
    return {found for part in asked.split(",") if (found := by_title.get(part) or by_id.get(part))}
