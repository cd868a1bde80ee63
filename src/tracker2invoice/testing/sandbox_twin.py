"""Twins of trackers whose sandbox knows milestones as such: what a twin does, in the words of the sandbox.

A sandbox calls a project by a name or number of its own, `place`, and takes days as ISO text.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date
from typing import Generic, Literal, Protocol, TypeVar

P = TypeVar("P")
P_contra = TypeVar("P_contra", contravariant=True)


class Milestones(Protocol[P_contra]):
    """What a sandbox does to milestones."""

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
    """The half of a `TrackerTwin` that is about milestones."""

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


class Repositories(Milestones[P_contra], Protocol[P_contra]):
    """What a sandbox does that has repositories, and pull requests among their issues."""

    def add_repository(self, name: str, /) -> int:
        """Create a repository (`owner/name`); return its id."""
        ...

    def rename_repository(self, project: P_contra, name: str, /) -> None:
        """Give a repository another name."""
        ...

    def add_issue(
        self,
        project: P_contra,
        title: str,
        milestone: int,
        /,
        *,
        state: Literal["open", "closed"],
        pull: bool,
        merged: bool,
        labels: tuple[str, ...],
    ) -> object:
        """Add an issue or, with `pull`, a pull request."""
        ...


class RepositoriesTwin(MilestonesTwin[P]):
    """A `TrackerTwin` but for its settings, for a sandbox that has repositories."""

    def __init__(self, repositories: Repositories[P]) -> None:
        super().__init__(repositories)
        self._repositories = repositories

    def add_project(self, name: str) -> str:
        """Create a repository; return its id."""
        return str(self._repositories.add_repository(name))

    def rename_project(self, project_id: str, name: str) -> None:
        """Give a repository another name."""
        self._repositories.rename_repository(self.place(project_id), name)

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
        """Add an issue or pull request to a milestone; what is not done is closed unmerged, or open."""
        pull = kind == "merge_request"
        state: Literal["open", "closed"] = "closed" if done or pull else "open"
        self._repositories.add_issue(
            self.place(project_id), title, number, state=state, pull=pull, merged=done, labels=labels
        )
