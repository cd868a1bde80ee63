"""The far side of a connector on this machine: what a rehearsal and the crash tests need of it.

A connector that declares a `twin` in its plugin takes part in both without a line of theirs. A twin copies what the
vendor documents, its errors and limits included, and keeps books of its own, which are what a test judges by.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic, Literal, Protocol, TypeVar

from tracker2invoice.model.claim import DocumentState


class TrackerDeeds(Protocol):
    """What people do in a tracker."""

    def add_project(self, name: str) -> str:
        """Create a project (`owner/name`); return its stable id."""
        ...

    def add_milestone(self, project_id: str, title: str) -> int:
        """Create an open milestone; return its number."""
        ...

    def add_issue(
        self,
        project_id: str,
        number: int,
        title: str,
        kind: Literal["issue", "merge_request"] = "issue",
        *,
        done: bool = True,
        labels: tuple[str, ...] = (),
    ) -> None:
        """Add an issue or merge request to a milestone; what is not done is an open issue or a refused change."""
        ...

    def close(self, project_id: str, number: int) -> None:
        """Close a milestone."""
        ...

    def reopen(self, project_id: str, number: int) -> None:
        """Open a closed milestone again."""
        ...

    def rename(self, project_id: str, number: int, title: str) -> None:
        """Give a milestone another title."""
        ...

    def rename_project(self, project_id: str, name: str) -> None:
        """Give a project another name."""
        ...

    def delete_milestone(self, project_id: str, number: int) -> None:
        """Delete a milestone."""
        ...


class TrackerTwin(TrackerDeeds, Protocol):
    """A tracker on this machine.

    `settings` is the section of the configuration that leads to it, without `kind`; its `url`, if it has one, may be
    replaced by that of a proxy. `environment` holds the secrets that the section refers to. A twin may have
    `tells_when = False`: the tracker does not tell when a milestone was closed. Trials then begin with milestones that
    were seen open.
    """

    settings: Mapping[str, object]
    environment: Mapping[str, str]


P = TypeVar("P")
P_contra = TypeVar("P_contra", contravariant=True)


class Milestones(Protocol[P_contra]):
    """What a sandbox does to milestones: it knows projects by a name or number of its own, and takes dates as text."""

    def add_milestone(self, project: P_contra, title: str, due_on: str | None = None, /) -> int:
        """Create an open milestone, due on an ISO date; return its number."""
        ...

    def close_milestone(self, project: P_contra, milestone: int, /) -> None:
        """Close a milestone."""
        ...

    def reopen_milestone(self, project: P_contra, milestone: int, /) -> None:
        """Open a closed milestone again."""
        ...

    def rename_milestone(self, project: P_contra, milestone: int, title: str, /) -> None:
        """Give a milestone another title."""
        ...

    def delete_milestone(self, project: P_contra, milestone: int, /) -> None:
        """Delete a milestone."""
        ...


class MilestonesTwin(ABC, Generic[P]):
    """The half of a `TrackerTwin` about milestones, for a sandbox that has them; `place` translates the rest."""

    def __init__(self, milestones: Milestones[P]) -> None:
        self._milestones = milestones

    @abstractmethod
    def place(self, project_id: str) -> P:
        """Return what the sandbox calls a project."""

    def add_milestone(self, project_id: str, title: str, due_on: date | None = None) -> int:
        """Create an open milestone; return its number."""
        day = due_on.isoformat() if due_on else None
        return self._milestones.add_milestone(self.place(project_id), title, day)

    def close(self, project_id: str, number: int) -> None:
        """Close a milestone."""
        self._milestones.close_milestone(self.place(project_id), number)

    def reopen(self, project_id: str, number: int) -> None:
        """Open a closed milestone again."""
        self._milestones.reopen_milestone(self.place(project_id), number)

    def rename(self, project_id: str, number: int, title: str) -> None:
        """Give a milestone another title."""
        self._milestones.rename_milestone(self.place(project_id), number, title)

    def delete_milestone(self, project_id: str, number: int) -> None:
        """Delete a milestone."""
        self._milestones.delete_milestone(self.place(project_id), number)


@dataclass(frozen=True, slots=True)
class Booked:
    """A document in the books of an output's twin. `client` is the client's id there, empty if it has no such list."""

    reference: str
    client: str
    currency: str
    net: Decimal
    gross: Decimal
    state: DocumentState


class OutputTwin(Protocol):
    """An accounting platform or folder on this machine; `settings` and `environment` as in `TrackerTwin`.

    The contracts that are billed through it have tax of category S at 19 percent and are in EUR. `client` is the id
    of a client that it knows, empty if it has no list of clients. `variants` are settings that change how documents
    are told apart or who we are, by name; each is put over `settings`.
    """

    settings: Mapping[str, object]
    environment: Mapping[str, str]
    client: str
    variants: Mapping[str, Mapping[str, object]]

    def documents(self) -> Sequence[Booked]:
        """Return every document in the books, in whatever state."""
        ...

    def leftovers(self) -> Sequence[str]:
        """Name what lies there and belongs to no finished document: half written files, attachments without one."""
        ...

    def change(self, reference: str, state: DocumentState) -> None:
        """Do what a person does there: send, void or delete the documents with that reference."""
        ...

    def forget_keys(self) -> None:
        """Recognise no idempotency key from now on."""
        ...
