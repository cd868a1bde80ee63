"""What a tracker says: projects, milestones and their deliverables. Text in them is hostile input.

It is kept as it was typed, but for what no database and no encoding can hold: NUL and lone surrogates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from tracker2invoice.model.text import storable


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

    Identity is (tracker, project_id, id), never the title. `open_items` counts what is not finished yet:
    issues and merge requests. `number` is what people see in the milestone's URL.
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

    def __post_init__(self) -> None:
        _keep_storable(self, "title", "description", "url")

    @property
    def key(self) -> str:
        """The stable identity in one string: `github:1296269:1002604`."""
        return f"{self.tracker}:{self.project_id}:{self.id}"


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


def _keep_storable(value: object, *names: str) -> None:
    for name in names:
        text: str = getattr(value, name)
        if (kept := storable(text)) != text:
            object.__setattr__(value, name, kept)
