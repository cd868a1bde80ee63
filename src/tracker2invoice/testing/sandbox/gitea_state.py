"""What the sandbox Gitea knows, and what people do there: repositories, milestones, issues, pull requests, times.

Values and rules only, no HTTP. Ids count up over all repositories, as there; times come from the clock, so that the
same deeds always give the same answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Literal

from tracker2invoice.plugins import Clock

State = Literal["open", "closed"]


@dataclass(slots=True)
class Milestone:
    """A milestone. It has no number besides its id; `due_on` is a day."""

    id: int
    title: str
    description: str
    due_on: date | None
    created_at: datetime
    updated_at: datetime
    state: State = "open"
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Time:
    """Time that somebody logged, in seconds."""

    id: int
    user: str
    created: datetime
    seconds: int


@dataclass(slots=True)
class Comment:
    """A comment on an issue or pull request. Gitea does not tell who has edited it."""

    id: int
    author: str
    body: str
    created_at: datetime
    updated_at: datetime
    original_author: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something in the timeline: a label was set or taken away, or with `code` a comment on a line of code."""

    id: int
    author: str
    created_at: datetime
    label: str = ""
    added: bool = False
    code: bool = False


@dataclass(slots=True)
class Issue:
    """An issue, or a pull request, which Gitea also lists as one. `estimate` is in seconds, 0 for none."""

    id: int
    number: int
    title: str
    milestone: int | None
    created_at: datetime
    closed_at: datetime | None
    pull: bool
    merged: bool
    assignees: tuple[str, ...]
    labels: tuple[str, ...]
    estimate: int
    times: list[Time] = field(default_factory=list[Time])
    comments: list[Comment] = field(default_factory=list[Comment])
    timeline: list[Event] = field(default_factory=list[Event])

    @property
    def state(self) -> State:
        """Whether it is open."""
        return "closed" if self.closed_at else "open"


@dataclass(slots=True)
class Repository:
    """A repository. `name` is `owner/repository`; without `shows_code` we may read its issues alone."""

    id: int
    name: str
    created_at: datetime
    keeps_times: bool
    shows_code: bool = True
    milestones: dict[int, Milestone] = field(default_factory=dict[int, Milestone])
    issues: dict[int, Issue] = field(default_factory=dict[int, Issue])
    numbers: count[int] = field(default_factory=lambda: count(1))

    def count(self, milestone: int, state: State) -> int:
        """Return how many issues and pull requests of the milestone are in that state."""
        return sum(one.milestone == milestone and one.state == state for one in self.issues.values())


class GiteaState:
    """All repositories, and what can be done to them.

    Repositories and milestones are named by their ids, issues by their numbers. What is not there is a `KeyError`. Not
    meant to be changed while requests are being answered: from outside use the control addresses, which take their
    turn.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = count(101)
        self.repositories: dict[int, Repository] = {}
        self._former: dict[str, int] = {}

    def add_repository(self, name: str, *, keeps_times: bool = True) -> int:
        """Create a repository; return its id. A redirect from its name ends."""
        one = Repository(next(self._ids), name, self._clock(), keeps_times)
        self.repositories[one.id] = one
        self._former.pop(name.lower(), None)
        return one.id

    def rename_repository(self, repository: int, name: str) -> None:
        """Rename or transfer a repository; its former name redirects."""
        one = self.repositories[repository]
        self._former[one.name.lower()] = one.id
        self._former.pop(name.lower(), None)
        one.name = name

    def hide_code(self, repository: int) -> None:
        """Let us read no more than the issues of a repository."""
        self.repositories[repository].shows_code = False

    def delete_repository(self, repository: int) -> None:
        """Delete a repository."""
        del self.repositories[repository]

    def add_milestone(self, repository: int, title: str, due_on: str | None = None, description: str = "") -> int:
        """Create an open milestone, due on an ISO date; return its id."""
        now, day = self._clock(), date.fromisoformat(due_on) if due_on else None
        one = Milestone(next(self._ids), title, description, day, now, now)
        self.repositories[repository].milestones[one.id] = one
        return one.id

    def close_milestone(self, repository: int, milestone: int) -> None:
        """Close a milestone now. Closing a closed one changes nothing."""
        one = self._touched(repository, milestone)
        one.closed_at = one.closed_at or self._clock()
        one.state = "closed"

    def reopen_milestone(self, repository: int, milestone: int) -> None:
        """Open a milestone again."""
        one = self._touched(repository, milestone)
        one.state, one.closed_at = "open", None

    def rename_milestone(self, repository: int, milestone: int, title: str) -> None:
        """Give a milestone another title."""
        self._touched(repository, milestone).title = title

    def schedule_milestone(self, repository: int, milestone: int, due_on: str | None) -> None:
        """Give a milestone another due date, which changes its place in the list."""
        self._touched(repository, milestone).due_on = date.fromisoformat(due_on) if due_on else None

    def delete_milestone(self, repository: int, milestone: int) -> None:
        """Delete a milestone; its issues stay, without one."""
        one = self.repositories[repository]
        del one.milestones[milestone]
        for issue in one.issues.values():
            if issue.milestone == milestone:
                issue.milestone = None

    def add_issue(
        self,
        repository: int,
        title: str,
        milestone: int | None = None,
        *,
        state: State = "closed",
        pull: bool = False,
        merged: bool = False,
        assignees: tuple[str, ...] = (),
        labels: tuple[str, ...] = (),
        estimate: int = 0,
    ) -> int:
        """Create an issue or, with `pull`, a pull request; return its number."""
        where, now = self.repositories[repository], self._clock()
        closed_at = now if state == "closed" else None
        one = Issue(
            next(self._ids), next(where.numbers), title, milestone, now, closed_at, pull,
            pull and merged and closed_at is not None, tuple(assignees), tuple(labels), estimate,
        )  # fmt: skip
        where.issues[one.number] = one
        return one.number

    def log_time(self, repository: int, issue: int, user: str, seconds: int, created: str = "") -> None:
        """Log time on an issue, now or at an RFC 3339 instant."""
        at = datetime.fromisoformat(created) if created else self._clock()
        self.repositories[repository].issues[issue].times.append(Time(next(self._ids), user, at, seconds))

    def set_label(self, repository: int, issue: int, label: str, by: str) -> None:
        """Set a label on an issue or pull request."""
        one = self.repositories[repository].issues[issue]
        one.labels = (*one.labels, label)
        one.timeline.append(Event(next(self._ids), by, self._clock(), label, added=True))

    def remove_label(self, repository: int, issue: int, label: str, by: str = "ben") -> None:
        """Take a label away from an issue or pull request."""
        one = self.repositories[repository].issues[issue]
        one.labels = tuple(each for each in one.labels if each != label)
        one.timeline.append(Event(next(self._ids), by, self._clock(), label))

    def review(self, repository: int, issue: int, author: str, lines: int) -> None:
        """Comment on so many lines of code in a pull request."""
        events = (Event(next(self._ids), author, self._clock(), code=True) for _ in range(lines))
        self.repositories[repository].issues[issue].timeline.extend(events)

    def comment(self, repository: int, issue: int, author: str, body: str, original_author: str = "") -> int:
        """Write a comment on an issue or pull request; return its id. An import names the original author."""
        now = self._clock()
        one = Comment(next(self._ids), author, body, now, now, original_author)
        self.repositories[repository].issues[issue].comments.append(one)
        return one.id

    def edit_comment(self, repository: int, comment: int, body: str) -> None:
        """Change what a comment says."""
        _, one = self._comment(repository, comment)
        one.body, one.updated_at = body, self._clock()

    def delete_comment(self, repository: int, comment: int) -> None:
        """Delete a comment."""
        issue, one = self._comment(repository, comment)
        issue.comments.remove(one)

    def named(self, name: str) -> Repository:
        """Return the repository that has this name now; Gitea ignores case."""
        for one in self.repositories.values():
            if one.name.lower() == name.lower():
                return one
        raise KeyError(name)

    def of_owner(self, owner: str) -> list[Repository]:
        """Return the repositories of an organisation or user, oldest first."""
        return [one for one in self.repositories.values() if one.name.lower().startswith(f"{owner.lower()}/")]

    def moved_to(self, name: str) -> Repository | None:
        """Return the repository that once had this name, if it is there and no other has the name now."""
        return self.repositories.get(self._former.get(name.lower(), 0))

    def _comment(self, repository: int, comment: int) -> tuple[Issue, Comment]:
        for issue in self.repositories[repository].issues.values():
            for one in issue.comments:
                if one.id == comment:
                    return issue, one
        raise KeyError(comment)

    def _touched(self, repository: int, milestone: int) -> Milestone:
        one = self.repositories[repository].milestones[milestone]
        one.updated_at = self._clock()
        return one
