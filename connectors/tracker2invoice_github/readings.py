"""Turns the JSON of GitHub into values of the core. What is missing or odd is an error, never a guess.

Source: schemas milestone, issue and full-repository of GitHub's OpenAPI description. Text is taken as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.milestone import EARLIEST, LARGEST, LATEST, Deliverable, Milestone, Project
from tracker2invoice.model.work import Comment, Labelling, Work, WorkItem

T = TypeVar("T")

_NOT_DELIVERED = frozenset({"not_planned", "duplicate"})
_MILESTONE_PAGE = re.compile(r"(https?://[^/]+/([^/]+/[^/]+))/milestone/\d+")


def _day(value: object) -> object:
    """GitHub stores a day as midnight, Pacific or UTC: the first ten characters are the day in both."""
    return date.fromisoformat(value[:10]) if isinstance(value, str) else value


def _utc(value: datetime) -> datetime:
    instant = value.astimezone(UTC)
    if not EARLIEST <= instant < LATEST:
        raise ValueError("nothing was done on GitHub then")
    return instant


Count = Annotated[int, Field(ge=0, le=LARGEST)]
Number = Annotated[int, Field(ge=1, le=LARGEST)]
Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
Day = Annotated[date, BeforeValidator(_day)]


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class MilestoneAnswer(_Answer):
    """What we need of a milestone. Answers recorded before 2014 lack `closed_at`, older ones `html_url`, too."""

    id: Number
    number: Number
    title: str
    state: Literal["open", "closed"]
    open_issues: Count
    closed_issues: Count
    url: str
    html_url: str | None = None
    description: str | None = None
    due_on: Day | None = None
    closed_at: Instant | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class UserAnswer(_Answer):
    """What we need of an account."""

    login: str


class Installation(_Answer):
    """What we need of an App's installation; by the schema it may be nobody's."""

    id: Number
    account: UserAnswer | None = None


class _PullRequest(_Answer):
    # required here, though not in GitHub's schema: without it nobody knows whether it was merged
    merged_at: Instant | None


class _Label(_Answer):
    name: str


class IssueAnswer(_Answer):
    """What we need of an issue; with `pull_request` it is one of those. By the schema a label may be its name alone.

    `node_id` is its id in GraphQL, which old recordings lack.
    """

    number: Number
    title: str
    html_url: str
    state: Literal["open", "closed"]
    labels: list[_Label | str]
    closed_at: Instant | None
    state_reason: str | None = None
    assignees: list[UserAnswer | None] | None = None
    pull_request: _PullRequest | None = None
    node_id: str | None = None


class RepositoryAnswer(_Answer):
    """What we need of a repository."""

    id: Number
    full_name: str
    html_url: str


MILESTONES = TypeAdapter(list[MilestoneAnswer])
ISSUES = TypeAdapter(list[IssueAnswer])
REPOSITORY = TypeAdapter(RepositoryAnswer)
REPOSITORIES = TypeAdapter(list[RepositoryAnswer])
USER = TypeAdapter(UserAnswer)


def read(system: str, shape: TypeAdapter[T], body: str) -> T:
    """Read an answer.

    Raises:
        BadAnswer: it is not JSON, or something is missing or of the wrong kind.
    """
    try:
        return shape.validate_json(body)
    except (ValueError, OverflowError):  # pydantic's own error is a ValueError that quotes the answer
        raise BadAnswer(system, "the answer does not have the form that GitHub documents") from None


def milestone(tracker: str, project_id: str, answer: MilestoneAnswer) -> Milestone:
    """Return the milestone. The state decides: an open one has no closing time, whatever the answer says."""
    return Milestone(
        tracker=tracker,
        project_id=project_id,
        id=str(answer.id),
        number=answer.number,
        title=answer.title,
        description=answer.description or "",
        url=answer.html_url or answer.url,
        state=answer.state,
        closed_at=answer.closed_at if answer.state == "closed" else None,
        due_on=answer.due_on,
        created_at=answer.created_at,
        updated_at=answer.updated_at,
        open_items=answer.open_issues,
        closed_items=answer.closed_issues,
    )


def project(tracker: str, answer: RepositoryAnswer) -> Project:
    """Return the repository with its current name."""
    return Project(tracker, str(answer.id), answer.full_name, answer.html_url)


def project_of(tracker: str, project_id: str, answers: Iterable[MilestoneAnswer]) -> Project | None:
    """Return the repository by the addresses of its milestones' pages, which carry its current name."""
    for answer in answers:
        if found := _MILESTONE_PAGE.fullmatch(answer.html_url or ""):
            return Project(tracker, project_id, found[2], found[1])
    return None


def deliverables(answers: Iterable[IssueAnswer]) -> tuple[Deliverable, ...]:
    """Return what was delivered, by number: completed issues and merged pull requests, each once."""
    return tuple(map(_deliverable, _by_number(filter(_is_delivered, answers))))


def work(
    answers: Iterable[IssueAnswer],
    comments: Mapping[int, tuple[Comment, ...]],
    labellings: Mapping[int, tuple[Labelling, ...]],
) -> Work:
    """Return what is open or was delivered, by number, each once; GitHub has no points, estimates or hours.

    `comments` and `labellings` have those that are wanted by the numbers of items.
    """
    found = (one for one in _by_number(answers) if one.state == "open" or _is_delivered(one))
    return tuple(_item(one, comments.get(one.number, ()), labellings.get(one.number, ())) for one in found)


def _item(answer: IssueAnswer, comments: tuple[Comment, ...], labellings: tuple[Labelling, ...]) -> WorkItem:
    closed = answer.state == "closed"
    return WorkItem(
        number=str(answer.number),
        title=answer.title,
        closed=closed,
        labels=labels_of(answer),
        closed_at=answer.closed_at if closed else None,
        comments=comments,
        labellings=labellings,
    )


def _by_number(answers: Iterable[IssueAnswer]) -> Iterator[IssueAnswer]:
    each = {answer.number: answer for answer in answers}
    yield from (each[number] for number in sorted(each))


def labels_of(answer: IssueAnswer) -> tuple[str, ...]:
    """Return the names of the labels that an item has."""
    return tuple(one if isinstance(one, str) else one.name for one in answer.labels)


def _is_delivered(answer: IssueAnswer) -> bool:
    if answer.state == "open":
        return False
    if answer.pull_request:
        return answer.pull_request.merged_at is not None
    return answer.state_reason not in _NOT_DELIVERED


def _deliverable(answer: IssueAnswer) -> Deliverable:
    return Deliverable(
        kind="merge_request" if answer.pull_request else "issue",
        number=str(answer.number),
        title=answer.title,
        url=answer.html_url,
        closed_at=answer.closed_at,
        assignees=tuple(one.login for one in answer.assignees or () if one),
    )
