"""What the sandbox Jira knows, and what people do there: projects, versions, issues, their history and worklogs.

Values and rules only, no HTTP. Ids and keys count up from fixed starts, times come from the clock, so that the same
deeds always give the same answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import ClassVar

from tracker2invoice.plugins import Clock

STATUSES = {
    1: ("To Do", "new"),
    3: ("In Progress", "indeterminate"),
    10001: ("Done", "done"),
    10002: ("Accepted", "done"),
}
"""The name and the category of each status (docs: rest/v3/api-group-workflow-statuses)."""

TO_DO, DONE = 1, 10001
EPIC, SUBTASK = "Epic", "Sub-task"


@dataclass(slots=True)
class Version:
    """A version. `release_date` is a day that somebody typed; nobody keeps when it was released, or who did it."""

    id: int
    name: str
    description: str | None
    release_date: date | None
    released: bool = False
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A change of an issue's status."""

    field: ClassVar[str] = "status"
    id: int
    at: datetime
    by: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class LabelChange:
    """A change of an issue's labels, by account id or user name, with all labels before and after it."""

    field: ClassVar[str] = "labels"
    id: int
    at: datetime
    by: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Worklog:
    """Time that somebody worked; `started` is as it was typed, with its offset."""

    id: int
    author: str
    started: str
    seconds: int


@dataclass(slots=True)
class Comment:
    """A comment, and who changed it last: both by account id or user name."""

    id: int
    author: str
    body: str
    created: datetime
    updated: datetime
    editor: str


@dataclass(slots=True)
class Issue:
    """An issue of any type. `parent` is the id of its epic, or of the issue that it is a part of.

    `category_at` is when the category of its status last changed.
    """

    id: int
    number: int
    project: int
    type: str
    summary: str
    created: datetime
    updated: datetime
    category_at: datetime
    status: int
    resolution: str | None
    resolved_at: datetime | None
    versions: list[int]
    parent: int | None
    labels: tuple[str, ...]
    points: str | None
    estimate: int | None
    assignee: str | None
    due: date | None = None
    description: str | None = None
    changes: list[Change | LabelChange] = field(default_factory=list["Change | LabelChange"])
    worklogs: list[Worklog] = field(default_factory=list[Worklog])
    comments: list[Comment] = field(default_factory=list[Comment])

    @property
    def done(self) -> bool:
        """Whether its status is of the category Done."""
        return STATUSES[self.status][1] == "done"


@dataclass(slots=True)
class Project:
    """A project. Its key begins the keys of its issues."""

    id: int
    key: str
    name: str
    versions: dict[int, Version] = field(default_factory=dict[int, Version])
    numbers: count[int] = field(default_factory=lambda: count(1))


class JiraState:
    """All projects and issues, and what can be done to them.

    Projects, versions and issues are named by their ids. An id that is not there is a `KeyError`. Not meant to be
    changed while requests are being answered: from outside use the control addresses, which take their turn.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = count(10001)
        self.projects: dict[int, Project] = {}
        self.issues: dict[int, Issue] = {}

    def add_project(self, name: str, key: str = "") -> int:
        """Create a project; return its id. Without a key, Jira suggests one by the name."""
        one = Project(next(self._ids), key or self._suggested(name), name)
        self.projects[one.id] = one
        return one.id

    def rename_project(self, project: int, name: str, key: str = "") -> None:
        """Give a project another name, and perhaps another key, which changes those of its issues."""
        one = self.projects[project]
        one.name, one.key = name, key or one.key

    def add_version(
        self, project: int, name: str, release_date: str | None = None, description: str | None = None
    ) -> int:
        """Create an unreleased version, to be released on an ISO date; return its id."""
        day = date.fromisoformat(release_date) if release_date else None
        one = Version(next(self._ids), name, description, day)
        self.projects[project].versions[one.id] = one
        return one.id

    def release_version(self, version: int) -> None:
        """Release a version. Its issues stay as they are."""
        self.version(version).released = True

    def unrelease_version(self, version: int) -> None:
        """Take a release back."""
        self.version(version).released = False

    def archive_version(self, version: int) -> None:
        """Archive a version, released or not."""
        self.version(version).archived = True

    def rename_version(self, version: int, name: str) -> None:
        """Give a version another name."""
        self.version(version).name = name

    def delete_version(self, version: int) -> None:
        """Delete a version; its issues stay, without it."""
        for one in self.projects.values():
            one.versions.pop(version, None)
        for issue in self.issues.values():
            if version in issue.versions:
                issue.versions.remove(version)
                issue.updated = self._clock()

    def add_issue(
        self,
        project: int,
        summary: str,
        *,
        type: str = "Story",  # noqa: A002 (Jira's name)
        version: int | None = None,
        epic: int | None = None,
        status: int = TO_DO,
        resolution: str | None = None,
        labels: tuple[str, ...] = (),
        points: str | None = None,
        estimate: int | None = None,
        assignee: str | None = None,
    ) -> int:
        """Create an issue; return its id. `estimate` is in seconds, `points` a decimal."""
        now = self._clock()
        one = Issue(
            next(self._ids), next(self.projects[project].numbers), project, type, summary, now, now, now, TO_DO,
            None, None, [version] if version else [], epic, tuple(labels), points, estimate, assignee,
        )  # fmt: skip
        self.issues[one.id] = one
        if status != TO_DO:
            self.move_issue(one.id, status, resolution=resolution)
        return one.id

    def move_issue(self, issue: int, status: int, by: str = "Mia Krystof", resolution: str | None = None) -> None:
        """Give an issue another status. What has no resolution is not resolved, whatever its category."""
        one, now = self.issues[issue], self._clock()
        if one.status == status:
            return
        one.changes.append(Change(next(self._ids), now, by, one.status, status))
        if STATUSES[one.status][1] != STATUSES[status][1]:
            one.category_at = now
        one.status, one.updated = status, now
        one.resolution, one.resolved_at = resolution, now if resolution else None

    def rename_issue(self, issue: int, summary: str) -> None:
        """Give an issue another summary."""
        self.issues[issue].summary = summary
        self.issues[issue].updated = self._clock()

    def move_to_project(self, issue: int, project: int) -> None:
        """Move an issue to another project: its id stays, its key does not."""
        one = self.issues[issue]
        one.project, one.number = project, next(self.projects[project].numbers)
        one.updated = self._clock()

    def delete_issue(self, issue: int) -> None:
        """Delete an issue; those in it stay, without a parent."""
        del self.issues[issue]
        for one in self.issues.values():
            if one.parent == issue:
                one.parent = None

    def log_work(self, issue: int, author: str, started: str, seconds: int) -> None:
        """Log work, which began at an instant like `2026-03-02T09:30:00.000+0100`."""
        one = self.issues[issue]
        one.worklogs.append(Worklog(next(self._ids), author, started, seconds))
        one.updated = self._clock()

    def set_label(self, issue: int, label: str, by: str) -> None:
        """Set a label on an issue, by account id or user name. One that it is created with leaves no change."""
        self._relabel(issue, (*self.issues[issue].labels, label), by)

    def remove_label(self, issue: int, label: str, by: str = "ben") -> None:
        """Take a label away from an issue."""
        self._relabel(issue, tuple(one for one in self.issues[issue].labels if one != label), by)

    def comment(self, issue: int, author: str, body: str) -> int:
        """Write a comment, by account id or user name; return its id."""
        now = self._clock()
        one = Comment(next(self._ids), author, body, now, now, author)
        self.issues[issue].comments.append(one)
        return one.id

    def edit_comment(self, comment: int, body: str, by: str) -> None:
        """Let somebody change what a comment says."""
        _, one = self._comment(comment)
        one.body, one.updated, one.editor = body, self._clock(), by

    def delete_comment(self, comment: int) -> None:
        """Delete a comment."""
        issue, one = self._comment(comment)
        issue.comments.remove(one)

    def version(self, version: int) -> Version:
        """Return a version of any project."""
        return {number: one for where in self.projects.values() for number, one in where.versions.items()}[version]

    def key(self, issue: int) -> str:
        """Return the key that an issue has now."""
        one = self.issues[issue]
        return f"{self.projects[one.project].key}-{one.number}"

    def _relabel(self, issue: int, labels: tuple[str, ...], by: str) -> None:
        one = self.issues[issue]
        one.changes.append(LabelChange(next(self._ids), self._clock(), by, one.labels, labels))
        one.labels, one.updated = labels, self._clock()

    def _comment(self, comment: int) -> tuple[Issue, Comment]:
        for issue in self.issues.values():
            for one in issue.comments:
                if one.id == comment:
                    return issue, one
        raise KeyError(comment)

    def _suggested(self, name: str) -> str:
        plain = "".join(letter for letter in name.rpartition("/")[2].upper() if letter.isascii() and letter.isalnum())
        wanted = plain[:10] if plain[:1].isalpha() else f"P{plain[:9]}"
        taken = {one.key for one in self.projects.values()}
        return next(key for number in count() if (key := f"{wanted}{number or ''}") not in taken)
