"""What GitHub's answers mean in our words. No I/O. The fields are those of docs.github.com, rest/issues/milestones."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field, ValidationError

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.milestone import Deliverable, Milestone, Project

_IN_REPOSITORY = re.compile(r"/repos/([^/]+/[^/]+)/milestones/\d+")
_PAGE = re.compile(r"(https?://[^/]+/.+)/milestone/\d+")
_NEVER_DONE = frozenset({"not_planned", "duplicate"})


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


def _day(value: object) -> object:
    """Take the day as it is written.

    GitHub stores it as midnight, on the Pacific coast in older data and UTC in newer: the first ten characters are
    right in both, a conversion to any time zone is not.
    """
    return value[:10] if isinstance(value, str) else value


Instant = Annotated[AwareDatetime, AfterValidator(_utc)]


class _Repository(BaseModel):
    id: int
    full_name: str = Field(min_length=3)
    html_url: str


class _Milestone(BaseModel):
    id: int
    number: int
    url: str
    html_url: str | None = None
    title: str
    description: str | None = None
    state: Literal["open", "closed"]
    # recordings from before 2014 have no such key
    closed_at: Instant | None = None
    due_on: Annotated[date | None, BeforeValidator(_day)] = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    open_issues: int
    closed_issues: int


class _Assignee(BaseModel):
    login: str


class _PullRequest(BaseModel):
    # required here, though not by GitHub's schema: without it nobody knows whether it was merged
    merged_at: Instant | None


class _Issue(BaseModel):
    number: int
    title: str
    html_url: str
    state: Literal["open", "closed"]
    state_reason: str | None = None
    closed_at: Instant | None
    assignees: tuple[_Assignee, ...] = ()
    pull_request: _PullRequest | None = None


class _User(BaseModel):
    login: str


T = TypeVar("T", bound=BaseModel)


def project(system: str, data: object) -> Project:
    """Return the repository.

    Raises:
        BadAnswer: a field is missing or of another kind; so do the other functions here.
    """
    raw = _read(system, _Repository, data)
    return Project(system, str(raw.id), raw.full_name, raw.html_url)


def project_of(system: str, project_id: str, data: object) -> Project | None:
    """Return the repository as the addresses of one of its milestones name it now, None if they do not."""
    raw = _read(system, _Milestone, data)
    name = _IN_REPOSITORY.search(raw.url)
    page = _PAGE.fullmatch(raw.html_url or "")
    return Project(system, project_id, name[1], page[1]) if name and page else None


def milestone(system: str, project_id: str, data: object) -> Milestone:
    """Return the milestone. Whether it is closed is what `state` says, whatever `closed_at` holds."""
    raw = _read(system, _Milestone, data)
    return Milestone(
        tracker=system,
        project_id=project_id,
        id=str(raw.id),
        number=raw.number,
        title=raw.title,
        description=raw.description or "",
        url=raw.html_url or raw.url,
        state=raw.state,
        closed_at=raw.closed_at,
        due_on=raw.due_on,
        created_at=raw.created_at,
        updated_at=raw.updated_at,
        open_items=raw.open_issues,
        closed_items=raw.closed_issues,
    )


def deliverables(system: str, items: tuple[object, ...]) -> tuple[Deliverable, ...]:
    """Return what was delivered, ordered by number: no issue closed as not planned, no unmerged pull request."""
    issues = sorted((_read(system, _Issue, item) for item in items), key=lambda issue: issue.number)
    return tuple(_deliverable(issue) for issue in issues if _is_done(issue))


def login(system: str, data: object) -> str:
    """Return the name of the user that the token belongs to."""
    return _read(system, _User, data).login


def _is_done(issue: _Issue) -> bool:
    if issue.pull_request is not None:
        return issue.pull_request.merged_at is not None
    return issue.state == "closed" and issue.state_reason not in _NEVER_DONE


def _deliverable(issue: _Issue) -> Deliverable:
    return Deliverable(
        kind="merge_request" if issue.pull_request else "issue",
        number=str(issue.number),
        title=issue.title,
        url=issue.html_url,
        closed_at=issue.closed_at,
        assignees=tuple(assignee.login for assignee in issue.assignees),
    )


def _read(system: str, model: type[T], data: object) -> T:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise BadAnswer(system, f"{model.__name__[1:].lower()} with an unreadable {field}") from None
