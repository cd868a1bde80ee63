"""What the sandbox GitHub knows, and what people do there: repositories, milestones, issues, pull requests.

Values and rules only, no HTTP. Ids and numbers count up from fixed starts, times come from the clock, so that the same
deeds always give the same answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Literal

from tracker2invoice.plugins import Clock

State = Literal["open", "closed"]
Reason = Literal["completed", "not_planned", "duplicate", "reopened"]


@dataclass(slots=True)
class Milestone:
    """A milestone. `due_on` is a day: GitHub keeps no time of day (docs: rest/issues/milestones)."""

    id: int
    number: int
    title: str
    description: str | None
    due_on: date | None
    created_at: datetime
    updated_at: datetime
    state: State = "open"
    closed_at: datetime | None = None


@dataclass(slots=True)
class Comment:
    """A comment on an issue or pull request. Whoever may write in the repository may edit it.

    `author` is a person's login, or with `bot` that of an App.
    """

    id: int
    author: str
    body: str
    created_at: datetime
    bot: bool
    edited_at: datetime | None = None
    editor: str = ""

    @property
    def updated_at(self) -> datetime:
        """When it was last changed."""
        return self.edited_at or self.created_at


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label was set by a person, or with `bot` by an App (docs: rest/using-the-rest-api/issue-event-types)."""

    id: int
    label: str
    author: str
    created_at: datetime
    bot: bool


@dataclass(slots=True)
class Issue:
    """An issue, or a pull request, which GitHub also lists as one (docs: rest/issues/issues)."""

    id: int
    number: int
    title: str
    milestone: int | None
    created_at: datetime
    state: State
    state_reason: Reason | None
    closed_at: datetime | None
    pull: bool
    merged_at: datetime | None
    assignees: tuple[str, ...]
    labels: tuple[str, ...]
    comments: list[Comment] = field(default_factory=list[Comment])
    labelled: list[Labelled] = field(default_factory=list[Labelled])


@dataclass(slots=True)
class Repository:
    """A repository. `name` is `owner/repository`."""

    id: int
    name: str
    created_at: datetime
    milestones: dict[int, Milestone] = field(default_factory=dict[int, Milestone])
    issues: dict[int, Issue] = field(default_factory=dict[int, Issue])
    milestone_numbers: count[int] = field(default_factory=lambda: count(1))
    issue_numbers: count[int] = field(default_factory=lambda: count(1))

    def is_seen_by(self, owner: str) -> bool:
        """Say whether somebody sees it who sees what that owner has; the empty string is everybody's."""
        return not owner or self.name.partition("/")[0].lower() == owner.lower()

    def count(self, milestone: int, state: State) -> int:
        """Return how many issues and pull requests of the milestone are in that state."""
        return sum(one.milestone == milestone and one.state == state for one in self.issues.values())


class GitHubState:
    """All repositories, and what can be done to them.

    Repositories are named by their present name `owner/repository`, milestones by their number. A name or number
    that is not there is a `KeyError`. Not meant to be changed while requests are being answered: from outside the
    process use the control addresses, which take their turn.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = count(1001)
        self._by_id: dict[int, Repository] = {}
        self._by_name: dict[str, Repository] = {}
        self._former: dict[str, int] = {}

    def add_repository(self, repository: str) -> int:
        """Create a repository; return its id."""
        one = Repository(next(self._ids), repository, self._clock())
        self._by_id[one.id] = self._by_name[repository.lower()] = one
        self._former.pop(repository.lower(), None)
        return one.id

    def rename_repository(self, repository: str, to: str) -> None:
        """Rename or transfer a repository; its former name redirects (docs: repositories/renaming-a-repository)."""
        one = self.repository(repository)
        self._former[one.name.lower()] = one.id
        self._former.pop(to.lower(), None)
        del self._by_name[one.name.lower()]
        self._by_name[to.lower()] = one
        one.name = to

    def delete_repository(self, repository: str) -> None:
        """Delete a repository with all that is in it."""
        del self._by_id[self._by_name.pop(repository.lower()).id]

    def add_milestone(
        self, repository: str, title: str, due_on: str | None = None, description: str | None = None
    ) -> int:
        """Create an open milestone, due on an ISO date; return its number."""
        one, now = self.repository(repository), self._clock()
        number = next(one.milestone_numbers)
        due = date.fromisoformat(due_on[:10]) if due_on else None
        one.milestones[number] = Milestone(next(self._ids), number, title, description, due, now, now)
        return number

    def close_milestone(self, repository: str, milestone: int) -> None:
        """Close a milestone now. Closing a closed one changes nothing."""
        one = self._touched(repository, milestone)
        one.closed_at = one.closed_at if one.state == "closed" else self._clock()
        one.state = "closed"

    def reopen_milestone(self, repository: str, milestone: int) -> None:
        """Open a milestone again."""
        one = self._touched(repository, milestone)
        one.state, one.closed_at = "open", None

    def rename_milestone(self, repository: str, milestone: int, title: str) -> None:
        """Give a milestone another title."""
        self._touched(repository, milestone).title = title

    def describe_milestone(self, repository: str, milestone: int, description: str | None) -> None:
        """Give a milestone another description."""
        self._touched(repository, milestone).description = description

    def schedule_milestone(self, repository: str, milestone: int, due_on: str | None) -> None:
        """Give a milestone another due date, an ISO date or instant."""
        self._touched(repository, milestone).due_on = date.fromisoformat(due_on[:10]) if due_on else None

    def delete_milestone(self, repository: str, milestone: int) -> None:
        """Delete a milestone; its issues stay, without one."""
        one = self.repository(repository)
        del one.milestones[milestone]
        for issue in one.issues.values():
            if issue.milestone == milestone:
                issue.milestone = None

    def add_issue(
        self,
        repository: str,
        title: str,
        milestone: int | None = None,
        *,
        state: State = "closed",
        reason: Reason | None = None,
        pull: bool = False,
        merged: bool = False,
        assignees: tuple[str, ...] = (),
        labels: tuple[str, ...] = (),
    ) -> int:
        """Create an issue or, with `pull`, a pull request; return its number.

        `reason` says why an issue is closed, `completed` unless it is said; a pull request has none.
        """
        one, now = self.repository(repository), self._clock()
        number = next(one.issue_numbers)
        closed = now if state == "closed" else None
        why = None if pull else reason or ("completed" if closed else None)
        one.issues[number] = Issue(
            next(self._ids), number, title, milestone, now, state, why, closed, pull,
            closed if pull and merged else None, tuple(assignees), tuple(labels),
        )  # fmt: skip
        if milestone is not None:
            self._touched(repository, milestone)
        return number

    def set_label(self, repository: str, issue: int, label: str, by: str, *, bot: bool = False) -> None:
        """Set a label on an issue or pull request, by its number."""
        one = self.repository(repository).issues[issue]
        one.labels = (*one.labels, label)
        one.labelled.append(Labelled(next(self._ids), label, by, self._clock(), bot))

    def remove_label(self, repository: str, issue: int, label: str) -> None:
        """Take a label away from an issue or pull request."""
        one = self.repository(repository).issues[issue]
        one.labels = tuple(each for each in one.labels if each != label)

    def comment(self, repository: str, issue: int, author: str, body: str, *, bot: bool = False) -> int:
        """Write a comment on an issue or pull request, by its number; return the comment's id."""
        one = Comment(next(self._ids), author, body, self._clock(), bot)
        self.repository(repository).issues[issue].comments.append(one)
        return one.id

    def edit_comment(self, repository: str, comment: int, body: str, by: str) -> None:
        """Let somebody change what a comment says."""
        _, one = self._comment(repository, comment)
        one.body, one.edited_at, one.editor = body, self._clock(), by

    def delete_comment(self, repository: str, comment: int) -> None:
        """Delete a comment."""
        issue, one = self._comment(repository, comment)
        issue.comments.remove(one)

    def repository(self, name: str) -> Repository:
        """Return the repository that has this name now; GitHub ignores case."""
        return self._by_name[name.lower()]

    def repositories_of(self, owner: str) -> list[Repository]:
        """Return the repositories of an organisation or user, oldest first."""
        return [one for one in self._by_id.values() if one.name.lower().startswith(f"{owner.lower()}/")]

    def repository_by_id(self, repository_id: int) -> Repository:
        """Return the repository with this id."""
        return self._by_id[repository_id]

    def moved_to(self, name: str) -> int | None:
        """Return the id of the repository that once had this name, if no other has it now."""
        return self._former.get(name.lower())

    def issue_by_id(self, issue_id: int) -> tuple[Repository, Issue]:
        """Return the issue or pull request with this id, and where it is."""
        for where in self._by_id.values():
            for one in where.issues.values():
                if one.id == issue_id:
                    return where, one
        raise KeyError(issue_id)

    def _comment(self, repository: str, comment: int) -> tuple[Issue, Comment]:
        for issue in self.repository(repository).issues.values():
            for one in issue.comments:
                if one.id == comment:
                    return issue, one
        raise KeyError(comment)

    def _touched(self, repository: str, milestone: int) -> Milestone:
        one = self.repository(repository).milestones[milestone]
        one.updated_at = self._clock()
        return one


def token_expiry(now: datetime) -> datetime:
    """Return when an installation's token granted now expires (docs: rest/apps/apps)."""
    return now + timedelta(hours=1)
