"""The JSON of Jira as far as we need it. What is missing or odd is an error, never a guess.

Source: Atlassian's OpenAPI description of Jira Cloud's REST API v3, and its example answers. Data Center's v2 has the
same shapes but for texts, which are strings there and documents in Cloud.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, TypeVar, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.milestone import EARLIEST, LARGEST, LATEST
from tracker2invoice.model.work import MOST

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# bulkfetch documents seconds since 1970 and is seen to give milliseconds; as seconds these are past the year 5000
_MILLISECONDS_FROM = 10**11


def _instant(value: object) -> object:
    """Read `2016-03-03T13:40:01.000+0000`, or a number since 1970."""
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _EPOCH + (timedelta(milliseconds=value) if value >= _MILLISECONDS_FROM else timedelta(seconds=value))
    return value


def _meant(value: datetime) -> datetime:
    if value.tzinfo is None or not EARLIEST <= value < LATEST:
        raise ValueError("an instant without an offset, or one that cannot be meant")
    return value


def _utc(value: datetime) -> datetime:
    return _meant(value).astimezone(UTC)


def _day(value: object) -> object:
    """A day as it was typed. As a number of milliseconds it is midnight in a zone that nobody tells: no day."""
    if isinstance(value, int) and not isinstance(value, bool):
        return None
    return date.fromisoformat(value) if isinstance(value, str) else value


def _within(number: str) -> str:
    if int(number) > LARGEST:
        raise ValueError("a number that nothing has")
    return number


Id = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,18}$"), AfterValidator(_within)]
Key = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*-[1-9][0-9]{0,18}$"), AfterValidator(lambda key: _whole(key))]
Count = Annotated[int, Field(ge=0, le=LARGEST)]
Seconds = Annotated[int, Field(ge=0, lt=3600 * 10**9)]
Instant = Annotated[datetime, BeforeValidator(_instant), AfterValidator(_utc)]
LocalInstant = Annotated[datetime, BeforeValidator(_instant), AfterValidator(_meant)]
"""Keeps the offset that it came with."""
Day = Annotated[date | None, BeforeValidator(_day)]
Points = Annotated[Decimal, BeforeValidator(lambda value: _exact(value)), Field(ge=0, lt=MOST)]


def _whole(key: str) -> str:
    _within(key.rpartition("-")[2])
    return key


def _exact(value: object) -> object:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Reading(BaseModel):
    """What all answers have in common: nothing is converted silently."""

    model_config = ConfigDict(strict=True, frozen=True)


class ServerInfo(Reading):
    """`GET serverInfo`; a Data Center says `Server`."""

    deploymentType: str  # noqa: N815 (Jira's name)
    baseUrl: Annotated[str, Field(pattern=r"^https?://[^\s@?#]+$")]  # noqa: N815 (Jira's name)


class ProjectAnswer(Reading):
    """A project, whole or as issues mention it."""

    id: Id
    key: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
    name: str = ""


class StatusCategory(Reading):
    """`key` is `new`, `indeterminate`, `done` or `undefined`, in whatever language the site is."""

    key: str


class Status(Reading):
    """A status, which every issue has."""

    id: Id
    statusCategory: StatusCategory  # noqa: N815 (Jira's name)

    @property
    def done(self) -> bool:
        """Whether an issue with this status is finished."""
        return self.statusCategory.key == "done"


class FieldAnswer(Reading):
    """A field of issues. `schema` is not there for the few that are none."""

    id: str
    schema_: dict[str, Any] = Field(default_factory=dict[str, Any], alias="schema")


STATUSES = TypeAdapter(list[Status])
FIELDS = TypeAdapter(list[FieldAnswer])
SERVER = TypeAdapter(ServerInfo)
PROJECT = TypeAdapter(ProjectAnswer)
POINTS: TypeAdapter[Decimal] = TypeAdapter(Points, config=ConfigDict(strict=True))


def read(tracker: str, shape: TypeAdapter[T], data: object) -> T:
    """Read an answer.

    Raises:
        BadAnswer: something is missing or of the wrong kind.
    """
    try:
        return shape.validate_python(data)
    except (ValueError, OverflowError, RecursionError):  # pydantic's own error is a ValueError that quotes the answer
        raise BadAnswer(tracker, "the answer does not have the form that Jira documents") from None


def plain_text(value: object) -> str:
    """Return a description as text: Data Center has one, Cloud a document of nested nodes, or none."""
    if isinstance(value, str):
        return value
    found: list[str] = []
    waiting: list[object] = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(reversed(cast("list[object]", node)))
        elif isinstance(node, dict):
            fields = cast("dict[str, object]", node)
            if isinstance(text := fields.get("text"), str):
                found.append(text)
            elif fields.get("type") in _BLOCKS and found:
                found.append("\n")
            waiting.append(fields.get("content"))
    return re.sub(r"\n+", "\n", "".join(found)).strip()


_BLOCKS = frozenset({"paragraph", "heading", "listItem", "hardBreak", "codeBlock", "tableRow"})
