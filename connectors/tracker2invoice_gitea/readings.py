"""The JSON of Gitea as far as we need it, and what it means. What is missing or odd is an error, never a guess.

Source: the Swagger description that every server has at `/api/swagger`. Forgejo's differs in nothing that is read here.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.milestone import EARLIEST, LARGEST, LATEST, Milestone, Project

T = TypeVar("T")

NAME = re.compile(r"(?!\.{1,2}/)[\w.-]+/(?!\.{1,2}$)[\w.-]+", re.ASCII)
_NO_DEADLINE = 9999
_ITEM = re.compile(r"/(?:issues|pulls)/([1-9][0-9]{0,17})$", re.ASCII)
# the two instants of one that is written come from two looks at the clock
_SAVED_WITHIN = timedelta(seconds=2)


def _instant(value: object) -> object:
    """Gitea writes what it does not know as the beginning of 1970 or of the year 1."""
    if not isinstance(value, str):
        return value
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("an instant without an offset")
    if instant.year < EARLIEST.year or instant == EARLIEST:
        return None
    if instant >= LATEST:
        raise ValueError("an instant that cannot be meant")
    return instant.astimezone(UTC)


def _day(value: object) -> object:
    """A day is its last second in the server's zone, in which it is written: the first ten characters are the day."""
    if not isinstance(value, str):
        return value
    day = date.fromisoformat(value[:10])
    return day if EARLIEST.year < day.year < _NO_DEADLINE else None


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError("no repository has such a name")
    return value


Count = Annotated[int, Field(ge=0, le=LARGEST)]
Number = Annotated[int, Field(ge=1, le=LARGEST)]
Seconds = Annotated[int, Field(gt=-3600 * 10**9, lt=3600 * 10**9)]
Estimate = Annotated[int, Field(ge=0, lt=3600 * 10**9)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
MaybeInstant = Annotated[datetime | None, BeforeValidator(_instant)]
Day = Annotated[date | None, BeforeValidator(_day)]


class Reading(BaseModel):
    """What all answers have in common: nothing is converted silently."""

    model_config = ConfigDict(strict=True, frozen=True)


class HasId(Reading):
    """Something that an answer mentions."""

    id: Number


class User(Reading):
    """A person or an organisation."""

    login: str


class _IssueTracker(Reading):
    enable_time_tracker: bool


class RepositoryAnswer(Reading):
    """What we need of a repository. Without `internal_tracker` its issues are elsewhere, or there are none."""

    id: Number
    full_name: Annotated[str, AfterValidator(_name)]
    html_url: str
    owner: User
    internal_tracker: _IssueTracker | None = None

    @property
    def path(self) -> str:
        """Its address in the API, as long as it keeps its name."""
        return f"/repos/{self.full_name}"

    @property
    def keeps_times(self) -> bool:
        """Whether people can log time on its issues."""
        return self.internal_tracker is not None and self.internal_tracker.enable_time_tracker


class MilestoneAnswer(Reading):
    """What we need of a milestone. Pull requests are in the counts. Old servers do not say when it was made."""

    id: Number
    title: str
    state: Literal["open", "closed"]
    open_issues: Count
    closed_issues: Count
    closed_at: MaybeInstant
    due_on: Day
    description: str | None = None
    created_at: MaybeInstant = None
    updated_at: MaybeInstant = None


class _Label(Reading):
    name: str


class _PullRequest(Reading):
    merged: bool
    merged_at: MaybeInstant


class IssueAnswer(Reading):
    """What we need of an issue; with `pull_request` it is one of those. Not every server has `time_estimate`."""

    id: Number
    number: Number
    title: str
    html_url: str
    state: Literal["open", "closed"]
    labels: list[_Label]
    milestone: HasId | None
    closed_at: MaybeInstant
    assignees: list[User] | None = None
    pull_request: _PullRequest | None
    time_estimate: Estimate = 0

    @property
    def delivered(self) -> bool:
        """Whether it was done: a pull request that was closed without being merged was not."""
        return self.state == "closed" and (self.pull_request is None or self.pull_request.merged)

    @property
    def done_at(self) -> datetime | None:
        """When that was."""
        merged_at = self.pull_request.merged_at if self.pull_request else None
        return (merged_at or self.closed_at) if self.delivered else None


class TimeAnswer(Reading):
    """Time that somebody spent on an issue or pull request."""

    id: Number
    created: Instant
    time: Seconds
    user_name: str
    issue: HasId | None


class CommentAnswer(Reading):
    """A comment on an issue or pull request. `original_author` wrote it where it was imported from."""

    id: Number
    html_url: str
    issue_url: str
    pull_request_url: str
    user: User | None
    body: str
    created_at: MaybeInstant
    updated_at: MaybeInstant
    original_author: str = ""

    @property
    def item(self) -> int | None:
        """The number of what it is on; issues and pull requests are numbered together."""
        found = _ITEM.search(self.issue_url or self.pull_request_url)
        return int(found[1]) if found else None

    @property
    def is_plain(self) -> bool:
        """Whether the user wrote it here, and nobody has changed it."""
        if self.original_author or self.created_at is None or self.updated_at is None:
            return False
        return self.updated_at - self.created_at <= _SAVED_WITHIN


class TimelineAnswer(Reading):
    """Something that happened to an issue or pull request. Of the type `label`, the body says whether it was set."""

    id: Number
    type: str
    user: User | None
    body: str
    created_at: Instant
    label: _Label | None

    @property
    def sets(self) -> bool:
        """Whether a label was set by it."""
        return (self.type, self.body) == ("label", "1")


REPOSITORY = TypeAdapter(RepositoryAnswer)
REPOSITORIES = TypeAdapter(list[RepositoryAnswer])
MILESTONE = TypeAdapter(MilestoneAnswer)
MILESTONES = TypeAdapter(list[MilestoneAnswer])
ISSUES = TypeAdapter(list[IssueAnswer])
TIMES = TypeAdapter(list[TimeAnswer])
COMMENTS = TypeAdapter(list[CommentAnswer])
# an empty page is null there
TIMELINE = TypeAdapter(Annotated[list[TimelineAnswer], BeforeValidator(lambda value: [] if value is None else value)])


def read(tracker: str, shape: TypeAdapter[T], data: object) -> T:
    """Read an answer.

    Raises:
        BadAnswer: something is missing or of the wrong kind.
    """
    try:
        return shape.validate_python(data)
    except (ValueError, OverflowError, RecursionError):  # pydantic's own error is a ValueError that quotes the answer
        raise BadAnswer(tracker, "the answer does not have the form that Gitea documents") from None


def project(tracker: str, answer: RepositoryAnswer) -> Project:
    """Return the repository with its present name."""
    return Project(tracker, str(answer.id), answer.full_name, answer.html_url)


def milestone(where: Project, answer: MilestoneAnswer) -> Milestone:
    """Return the milestone. Its id is what people see in the address of its page."""
    return Milestone(
        tracker=where.tracker,
        project_id=where.id,
        id=str(answer.id),
        number=answer.id,
        title=answer.title,
        description=answer.description or "",
        url=f"{where.url}/milestone/{answer.id}",
        state=answer.state,
        closed_at=answer.closed_at if answer.state == "closed" else None,
        due_on=answer.due_on,
        created_at=answer.created_at,
        updated_at=answer.updated_at,
        open_items=answer.open_issues,
        closed_items=answer.closed_issues,
    )
