"""A tracker in memory: the twin of a real one, for tests of the engine and what surrounds it.

`MemoryProjects` is the far side and outlives any `MemoryTracker`, so that a test can restart the engine against the
same projects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from tracker2invoice.errors import AccessDenied, NotThere, Tracker2InvoiceError, Unreachable
from tracker2invoice.model.milestone import Deliverable, Milestone, Project
from tracker2invoice.model.work import Comment, Labelling, Work, WorkItem
from tracker2invoice.plugins import Clock, Failed, Finding, Observed, PollResult, ProjectCursor, Unchanged


@dataclass(frozen=True, slots=True)
class MemoryComment:
    """A comment on the item with that title, last edited by somebody."""

    title: str
    author: str
    at: datetime
    text: str
    edited_by: str


@dataclass(slots=True)
class MemoryProject:
    """One project; deliverables and work by milestone number, labellings with the titles of their items.

    `failures` are used up one per reading.
    """

    project: Project
    milestones: dict[int, Milestone] = field(default_factory=dict[int, Milestone])
    deliverables: dict[int, tuple[Deliverable, ...]] = field(default_factory=dict[int, tuple[Deliverable, ...]])
    work: dict[int, Work] = field(default_factory=dict[int, Work])
    comments: dict[int, MemoryComment] = field(default_factory=dict[int, MemoryComment])
    labellings: list[tuple[str, Labelling]] = field(default_factory=list[tuple[str, Labelling]])
    failures: list[Tracker2InvoiceError] = field(default_factory=list[Tracker2InvoiceError])
    ever: int = 0

    def with_comments(self, item: WorkItem, since: datetime) -> WorkItem:
        """Return an item with what its authors wrote on it at that instant or later."""
        page = f"{self.project.url}/issues/{item.number}"
        comments = (
            Comment(one.author, one.at, one.text, f"{page}#comment-{number}")
            for number, one in self.comments.items()
            if one.title == item.title and one.at >= since and one.edited_by == one.author
        )
        return replace(item, comments=tuple(comments))

    def with_labellings(self, item: WorkItem, labels: Collection[str]) -> WorkItem:
        """Return an item with who has set those of the labels that it has, if it is finished."""
        wanted = set(labels).intersection(item.labels) if item.closed else set[str]()
        found = (one for title, one in self.labellings if title == item.title and one.label in wanted)
        return replace(item, labellings=tuple(found))

    def relabel(self, title: str, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> WorkItem:
        """Change the labels of the item with that title; return it."""
        for number, work in self.work.items():
            self.work[number] = tuple(
                replace(one, labels=change(one.labels)) if one.title == title else one for one in work
            )
        return next(one for work in self.work.values() for one in work if one.title == title)


class MemoryProjects:
    """The far side. Everything happens at the instant of `clock`."""

    def __init__(self, clock: Clock, tracker: str = "github") -> None:
        self._clock, self._tracker = clock, tracker
        self.by_id: dict[str, MemoryProject] = {}
        self.accepts_us = True

    def add_project(self, name: str) -> str:
        """Create a project; return its stable id."""
        project_id = str(1000 + len(self.by_id))
        self.by_id[project_id] = MemoryProject(
            Project(self._tracker, project_id, name, f"https://tracker.example/{name}")
        )
        return project_id

    def rename_project(self, project_id: str, name: str) -> None:
        """Give a project another name; its id stays."""
        held = self.by_id[project_id]
        held.project = replace(held.project, name=name)

    def add_milestone(self, project_id: str, title: str, due_on: date | None = None) -> int:
        """Create an open milestone; return its number."""
        held, now = self.by_id[project_id], self._clock()
        held.ever += 1
        held.milestones[held.ever] = Milestone(
            tracker=self._tracker,
            project_id=project_id,
            id=f"{project_id}{held.ever:04}",
            number=held.ever,
            title=title,
            description="",
            url=f"{held.project.url}/milestone/{held.ever}",
            state="open",
            closed_at=None,
            due_on=due_on,
            created_at=now,
            updated_at=now,
            open_items=0,
            closed_items=0,
        )
        return held.ever

    def close(self, project_id: str, number: int) -> None:
        """Close a milestone."""
        self._change(project_id, number, state="closed", closed_at=self._clock())

    def reopen(self, project_id: str, number: int) -> None:
        """Open a closed milestone again."""
        self._change(project_id, number, state="open", closed_at=None)

    def rename(self, project_id: str, number: int, title: str) -> None:
        """Give a milestone another title."""
        self._change(project_id, number, title=title)

    def delete_milestone(self, project_id: str, number: int) -> None:
        """Delete a milestone; its number is never used again."""
        del self.by_id[project_id].milestones[number]

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
        """Add an issue or merge request to a milestone, finished or not; a merge request that is not was refused."""
        held = self.by_id[project_id]
        milestone = held.milestones[number]
        count = milestone.open_items + milestone.closed_items + 1
        closed_at = self._clock() if done else None
        item = WorkItem(str(count), title, closed=done, labels=labels, closed_at=closed_at)
        if done or kind == "issue":
            held.work[number] = (*held.work.get(number, ()), item)
        if done:
            added = self._delivered(held, kind, item)
            held.deliverables[number] = (*held.deliverables.get(number, ()), added)
        self._change(
            project_id,
            number,
            open_items=milestone.open_items + (not done),
            closed_items=milestone.closed_items + done,
        )

    def set_work(self, project_id: str, number: int, *work: WorkItem) -> None:
        """Put these issues in the place of all that a milestone had; the closed ones are delivered."""
        held, closed = self.by_id[project_id], [item for item in work if item.closed]
        held.work[number] = work
        held.deliverables[number] = tuple(self._delivered(held, "issue", item) for item in closed)
        self._change(project_id, number, open_items=len(work) - len(closed), closed_items=len(closed))

    def comment(self, project_id: str, title: str, author: str, text: str) -> int:
        """Write a comment on the item with that title; return its number."""
        held = self.by_id[project_id]
        held.ever += 1
        held.comments[held.ever] = MemoryComment(title, author, self._clock(), text, author)
        return held.ever

    def edit_comment(self, project_id: str, comment: int, text: str, by: str) -> None:
        """Let somebody change what a comment says."""
        comments = self.by_id[project_id].comments
        comments[comment] = replace(comments[comment], text=text, at=self._clock(), edited_by=by)

    def delete_comment(self, project_id: str, comment: int) -> None:
        """Delete a comment."""
        del self.by_id[project_id].comments[comment]

    def set_label(self, project_id: str, title: str, label: str, by: str) -> None:
        """Set a label on the item with that title."""
        held = self.by_id[project_id]
        item = held.relabel(title, lambda labels: (*labels, label))
        url = f"{held.project.url}/issues/{item.number}"
        held.labellings.append((title, Labelling(label, by, self._clock(), url)))

    def remove_label(self, project_id: str, title: str, label: str) -> None:
        """Take a label away from the item with that title."""
        self.by_id[project_id].relabel(title, lambda labels: tuple(one for one in labels if one != label))

    def fail_labels(self, project_id: str) -> None:
        """Let the next reading of who has set labels fail; in memory that is read with the project."""
        self.fail_next(project_id)

    def fail_comments(self, project_id: str) -> None:
        """Let the next reading of comments fail; in memory they are read with the project."""
        self.fail_next(project_id)

    def fail_next(self, project_id: str) -> None:
        """Let the next reading of a project fail."""
        self.by_id[project_id].failures.append(Unreachable(self._tracker, "the test says so"))

    def fail_half_way(self, project_id: str) -> None:
        """Let the next reading of a project fail after its first page; in memory that is the same."""
        self.fail_next(project_id)

    def refuse_us(self) -> None:
        """Make our credentials worthless."""
        self.accepts_us = False

    def _delivered(self, held: MemoryProject, kind: Literal["issue", "merge_request"], item: WorkItem) -> Deliverable:
        url, closed_at = f"{held.project.url}/issues/{item.number}", item.closed_at or self._clock()
        return Deliverable(kind, item.number, item.title, url, closed_at)

    def _change(self, project_id: str, number: int, **changes: object) -> None:
        milestones = self.by_id[project_id].milestones
        milestones[number] = replace(milestones[number], updated_at=self._clock(), **changes)  # type: ignore[arg-type]


class MemoryTracker:
    """A `Tracker` on `MemoryProjects`; `name` is its configured name."""

    def __init__(self, name: str, projects: MemoryProjects) -> None:
        self._name, self._projects = name, projects

    def find_project(self, name: str) -> Project:
        """Return the project of that name."""
        self._enter()
        for held in self._projects.by_id.values():
            if held.project.name == name:
                return held.project
        raise NotThere(self._name, f"project {name}")

    def projects(self, owner: str) -> tuple[Project, ...]:
        """Return the projects whose names begin with the owner's."""
        self._enter()
        found = tuple(
            held.project for held in self._projects.by_id.values() if held.project.name.startswith(f"{owner}/")
        )
        if not found:
            raise NotThere(self._name, f"projects under {owner}")
        return found

    def poll(self, projects: Sequence[ProjectCursor]) -> Iterator[PollResult]:
        """Yield one result for each project; the cursor is a digest of all its milestones."""
        for asked in projects:
            try:
                yield self._read(asked)
            except Tracker2InvoiceError as error:
                yield Failed(asked.project_id, error)

    def deliverables(self, milestone: Milestone) -> tuple[Deliverable, ...]:
        """Return what is finished in the milestone."""
        return self._held(milestone.project_id).deliverables.get(milestone.number, ())

    def work(self, milestone: Milestone, comments_since: datetime | None = None, labels: Collection[str] = ()) -> Work:
        """Return all that is in the milestone."""
        held = self._held(milestone.project_id)
        if milestone.number not in held.milestones:
            raise NotThere(self._name, f"milestone {milestone.number}")
        work = tuple(held.with_labellings(one, labels) for one in held.work.get(milestone.number, ()))
        return work if comments_since is None else tuple(held.with_comments(one, comments_since) for one in work)

    def check(self, project_names: Iterable[str]) -> Iterator[Finding]:
        """Say of each project whether it is there."""
        for name in project_names:
            try:
                self.find_project(name)
            except Tracker2InvoiceError as error:
                yield Finding(ok=False, what=f"project {name}", next_step=type(error).__name__)
            else:
                yield Finding(ok=True, what=f"project {name}")

    def close(self) -> None:
        """Do nothing: the projects stay."""

    def _read(self, asked: ProjectCursor) -> PollResult:
        held = self._held(asked.project_id)
        milestones = tuple(held.milestones.values())
        digest = hashlib.sha256(repr(milestones).encode()).hexdigest()
        if digest == asked.cursor:
            return Unchanged(asked.project_id, digest)
        return Observed(held.project, milestones, digest, complete=True)

    def _held(self, project_id: str) -> MemoryProject:
        self._enter()
        held = self._projects.by_id.get(project_id)
        if held is None:
            raise NotThere(self._name, f"project {project_id}")
        if held.failures:
            raise held.failures.pop(0)
        return held

    def _enter(self) -> None:
        if not self._projects.accepts_us:
            raise AccessDenied(self._name, "401")
