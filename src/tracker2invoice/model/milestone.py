"""What a tracker says: projects, milestones and their deliverables. Text in them is hostile input.

It is kept as it was typed, but for what no database and no encoding can hold: NUL and lone surrogates. Numbers and
instants that cannot be meant are refused: nothing later has to be careful with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

from tracker2invoice.model.text import storable

LARGEST = 2**63 - 1
"""The largest number that every database keeps."""

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
"""Instants from the first on and before the second can be meant, and are far from the ends of the calendar."""

CALENDAR, TOGETHER = "calendar", "all"
"""Names that no tracker may have: they stand for who closes a day or month, and several milestones as one."""


@dataclass(frozen=True, slots=True)
class Project:
    """A repository or tracker project. `id` is the tracker's stable id; `name` may change over time."""

    tracker: str
    id: str
    name: str
    url: str

    def __post_init__(self) -> None:
        _keep_storable(self, "name", "url")

    @property
    def label(self) -> str:
        """How people and the configuration call it: `github:acme/portal`."""
        return f"{self.tracker}:{self.name}"


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone as last observed. Instants are aware, UTC; `due_on` is a plain date.

    Identity is (tracker, project_id, id), never the title; `key` is that in one string, `github:1296269:1002604`.
    `open_items` counts what is not finished yet: issues and merge requests. `number` is what people see in the
    milestone's URL. `closed_by` is who closed it, if the tracker tells. Where it does not tell when, the ledger keeps
    what was seen: at `closed_after` it was still open, at `closed_until` it was closed.

    Raises:
        ValueError: a number is negative or larger than `LARGEST`; an instant is naive or not within its bounds.
    """

    tracker: str
    project_id: str
    id: str
    number: int
    title: str
    description: str
    url: str
    state: Literal["open", "closed"]
    closed_at: datetime | None
    due_on: date | None
    created_at: datetime | None
    updated_at: datetime | None
    open_items: int
    closed_items: int
    closed_by: str = ""
    closed_after: datetime | None = None
    closed_until: datetime | None = None
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.tracker}:{self.project_id}:{self.id}")
        _keep_storable(self, "title", "description", "url", "closed_by")
        refuse_instants(self.closed_at, self.created_at, self.updated_at, self.closed_after, self.closed_until)
        if not all(0 <= number <= LARGEST for number in (self.number, self.open_items, self.closed_items)):
            raise ValueError("a number or count that no milestone has")

    @property
    def is_made(self) -> bool:
        """Whether no tracker has it: the calendar closes it, or it stands for several together."""
        return self.tracker in (CALENDAR, TOGETHER)


@dataclass(frozen=True, slots=True)
class Deliverable:
    """A closed issue or merged merge request of a milestone, as it stood when the milestone was billed."""

    kind: Literal["issue", "merge_request"]
    number: str
    title: str
    url: str
    closed_at: datetime | None
    assignees: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _keep_storable(self, "number", "title", "url")
        object.__setattr__(self, "assignees", tuple(map(storable, self.assignees)))
        refuse_instants(self.closed_at)


def refuse_instants(*instants: datetime | None) -> None:
    """Refuse instants that cannot be meant; None is none.

    Raises:
        ValueError: one has no offset, or is not within `EARLIEST` and `LATEST`.
    """
    for instant in filter(None, instants):
        if instant.tzinfo is None or not EARLIEST <= instant < LATEST:
            raise ValueError("an instant without an offset, or one that cannot be meant")


def _keep_storable(value: object, *names: str) -> None:
    for name in names:
        text: str = getattr(value, name)
        if (kept := storable(text)) != text:
            object.__setattr__(value, name, kept)
