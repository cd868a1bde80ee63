"""Turns the JSON of GitLab's REST API into values of the core. What is missing or odd is an error, never a guess.

Sources, pages of docs.gitlab.com: api/milestones, api/group_milestones, api/issues, api/merge_requests. Text is taken
as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.milestone import EARLIEST, LARGEST, LATEST, Milestone, Project

T = TypeVar("T")

GROUP = "group-"
"""Begins the id of a group, so that it is never that of a project."""


def _day(value: object) -> object:
    """REST writes a day, GraphQL a day or its midnight: the first ten characters are the day in all of them."""
    return date.fromisoformat(value[:10]) if isinstance(value, str) else value


def _utc(value: datetime) -> datetime:
    instant = value.astimezone(UTC)
    if not EARLIEST <= instant < LATEST:
        raise ValueError("nothing was done on GitLab then")
    return instant


Count = Annotated[int, Field(ge=0, le=LARGEST)]
Number = Annotated[int, Field(ge=1, le=LARGEST)]
Seconds = Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
Day = Annotated[date, BeforeValidator(_day)]
State = Literal["active", "closed"]


class Shape(BaseModel):
    """What an answer must be like; more is passed over."""

    model_config = ConfigDict(strict=True, frozen=True)


class MilestoneAnswer(Shape):
    """What we need of a milestone. The API has no closing time, and no counts."""

    id: Number
    iid: Number
    title: str
    state: State
    web_url: str
    created_at: Instant
    updated_at: Instant
    description: str | None = None
    due_date: Day | None = None


class ProjectAnswer(Shape):
    """What we need of a project."""

    id: Number
    path_with_namespace: str
    web_url: str


class GroupAnswer(Shape):
    """What we need of a group."""

    id: Number
    full_path: str
    web_url: str


class _MilestoneId(Shape):
    id: Number


class StateAnswer(Shape):
    """An issue, as far as its milestone's counts need it."""

    id: Number
    state: Literal["opened", "closed"]
    milestone: _MilestoneId | None


MILESTONES = TypeAdapter(list[MilestoneAnswer])
MILESTONE = TypeAdapter(MilestoneAnswer)
PROJECT = TypeAdapter(ProjectAnswer)
PROJECTS = TypeAdapter(list[ProjectAnswer])
GROUP_ANSWER = TypeAdapter(GroupAnswer)
STATES = TypeAdapter(list[StateAnswer])


def read(system: str, shape: TypeAdapter[T], body: bytes) -> T:
    """Read an answer.

    Raises:
        BadAnswer: it is not JSON, or something is missing or of the wrong kind.
    """
    try:
        return shape.validate_json(body)
    except (ValueError, OverflowError):  # pydantic's own error is a ValueError that quotes the answer
        raise BadAnswer(system, "the answer does not have the form that GitLab documents") from None


def project(tracker: str, answer: ProjectAnswer) -> Project:
    """Return the project with its current name."""
    return Project(tracker, str(answer.id), answer.path_with_namespace, answer.web_url)


def group(tracker: str, answer: GroupAnswer) -> Project:
    """Return the group with its current name, as the project of its own milestones."""
    return Project(tracker, f"{GROUP}{answer.id}", answer.full_path, answer.web_url)


def milestone(owner: Project, answer: MilestoneAnswer, open_items: int, closed_items: int) -> Milestone:
    """Return the milestone; when it was closed is not in the answer."""
    return Milestone(
        tracker=owner.tracker,
        project_id=owner.id,
        id=str(answer.id),
        number=answer.iid,
        title=answer.title,
        description=answer.description or "",
        url=answer.web_url,
        state="closed" if answer.state == "closed" else "open",
        closed_at=None,
        due_on=answer.due_date,
        created_at=answer.created_at,
        updated_at=answer.updated_at,
        open_items=open_items,
        closed_items=closed_items,
    )


def counts(answers: Iterable[StateAnswer]) -> Mapping[int, tuple[int, int]]:
    """Return how many issues are open and closed, by the milestone's id."""
    found: dict[int, tuple[int, int]] = {}
    for answer in answers:
        if answer.milestone:
            opened, closed = found.get(answer.milestone.id, (0, 0))
            is_closed = answer.state == "closed"
            found[answer.milestone.id] = (opened + (not is_closed), closed + is_closed)
    return found
