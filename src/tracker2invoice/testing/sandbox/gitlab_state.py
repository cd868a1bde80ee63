"""What the sandbox GitLab knows, and what people do there: groups, projects, milestones, issues, merge requests, hours.

Values and rules only, no HTTP. Ids and numbers count up from fixed starts, times come from the clock, so that the same
deeds always give the same answers. `iid` is GitLab's word for the number that people see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Literal

from tracker2invoice.plugins import Clock

Kind = Literal["issue", "merge_request"]
ItemState = Literal["opened", "closed", "merged"]


@dataclass(slots=True)
class Milestone:
    """A milestone of a project or group. It has no closing time."""

    id: int
    iid: int
    owner: int
    of_group: bool
    title: str
    description: str | None
    due_date: date | None
    created_at: datetime
    updated_at: datetime
    state: Literal["active", "closed"] = "active"


@dataclass(frozen=True, slots=True)
class Timelog:
    """Time that somebody spent on an item; a correction is negative."""

    person: str
    seconds: int
    spent_at: datetime


@dataclass(slots=True)
class Note:
    """A comment on an item, or what GitLab itself wrote there (`system`)."""

    id: int
    author: str
    body: str
    created_at: datetime
    system: bool
    edited_at: datetime | None = None
    editor: str = ""


@dataclass(frozen=True, slots=True)
class LabelEvent:
    """A label was set or taken away; its name is no more where it was deleted (docs: api/resource_label_events)."""

    id: int
    label: str | None
    author: str
    action: Literal["add", "remove"]
    created_at: datetime


@dataclass(slots=True)
class Item:
    """An issue or merge request. `milestone` is the id of one of its project or of a group above it."""

    id: int
    iid: int
    kind: Kind
    project: int
    title: str
    milestone: int | None
    state: ItemState
    created_at: datetime
    closed_at: datetime | None
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    weight: int | None
    estimate: int
    moved_to: int | None
    timelogs: list[Timelog] = field(default_factory=list[Timelog])
    notes: list[Note] = field(default_factory=list[Note])
    label_events: list[LabelEvent] = field(default_factory=list[LabelEvent])

    @property
    def spent(self) -> int:
        """The running total in seconds, which is all that REST tells."""
        return sum(one.seconds for one in self.timelogs)


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a milestone of a project. Milestones of groups leave none (docs: api/events)."""

    id: int
    project: int
    action: str
    milestone: int
    title: str
    author: str
    created_at: datetime


@dataclass(slots=True)
class Owner:
    """A project or a group; `path` is `group/sub/project` or `group/sub`. `shared` are projects of other groups."""

    id: int
    is_group: bool
    path: str
    created_at: datetime
    milestones: dict[int, Milestone] = field(default_factory=dict[int, Milestone])
    items: list[Item] = field(default_factory=list[Item])
    shared: list[Owner] = field(default_factory=list["Owner"])
    iids: dict[str, count[int]] = field(default_factory=dict[str, "count[int]"])

    def next_iid(self, kind: str) -> int:
        """Return the next number: milestones, issues and merge requests are numbered apart."""
        return next(self.iids.setdefault(kind, count(1)))


class GitLabState:
    """All groups and projects, and what can be done to them.

    Owners are named by their present path, milestones by their iid. What is not there is a `KeyError`. Not meant to
    be changed while requests are being answered: from outside the process use the control addresses, which take their
    turn.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = count(2001)
        self._owners: dict[tuple[bool, int], Owner] = {}
        self._former: dict[str, Owner] = {}
        self.events: list[Event] = []

    def add_group(self, group: str) -> int:
        """Create a group, and those above it that are missing; return its id."""
        above = group.rpartition("/")[0]
        if above and not self._by_path(above):
            self.add_group(above)
        return self._add(group, is_group=True).id

    def add_project(self, project: str) -> int:
        """Create a project, and the groups above it that are missing; return its id."""
        above = project.rpartition("/")[0]
        if not self._by_path(above):
            self.add_group(above)
        return self._add(project, is_group=False).id

    def rename(self, owner: str, to: str) -> None:
        """Rename or move a project or group; its former path leads to the new one (docs: user/project/repository)."""
        one = self.owner(owner)
        self._former[one.path.lower()] = one
        one.path = to

    def share(self, project: str, group: str) -> None:
        """Share a project with another group, whose list of projects then has it, too (docs: api/groups)."""
        self.owner(group).shared.append(self.owner(project))

    def delete_project(self, project: str) -> None:
        """Delete a project."""
        del self._owners[False, self.owner(project).id]

    def add_milestone(self, owner: str, title: str, due_date: str | None = None, description: str | None = None) -> int:
        """Create an open milestone, due on an ISO date; return its iid."""
        one, now = self.owner(owner), self._clock()
        due = date.fromisoformat(due_date) if due_date else None
        iid = one.next_iid("milestone")
        made = Milestone(next(self._ids), iid, one.id, one.is_group, title, description, due, now, now)
        one.milestones[iid] = made
        self._tell(made, "created", "anna")
        return iid

    def close_milestone(self, owner: str, milestone: int, by: str = "anna") -> None:
        """Close a milestone now. Closing a closed one changes nothing."""
        one = self.owner(owner).milestones[milestone]
        if one.state != "closed":
            one.state, one.updated_at = "closed", self._clock()
            self._tell(one, "closed", by)

    def reopen_milestone(self, owner: str, milestone: int, by: str = "anna") -> None:
        """Open a milestone again."""
        one = self.owner(owner).milestones[milestone]
        if one.state != "active":
            one.state, one.updated_at = "active", self._clock()
            self._tell(one, "reopened", by)

    def rename_milestone(self, owner: str, milestone: int, title: str) -> None:
        """Give a milestone another title."""
        one = self.owner(owner).milestones[milestone]
        one.title, one.updated_at = title, self._clock()

    def delete_milestone(self, owner: str, milestone: int) -> None:
        """Delete a milestone; its issues stay, without one."""
        gone = self.owner(owner).milestones.pop(milestone)
        for item in self.items():
            if item.milestone == gone.id:
                item.milestone = None
        self._tell(gone, "destroyed", "anna")

    def add_item(
        self,
        project: str,
        title: str,
        milestone: int | None = None,
        *,
        kind: Kind = "issue",
        of: str | None = None,
        state: ItemState = "closed",
        labels: tuple[str, ...] = (),
        assignees: tuple[str, ...] = (),
        weight: int | None = None,
        estimate: int = 0,
        moved_to: int | None = None,
    ) -> int:
        """Create an issue or merge request; return its iid. Its milestone is of `of`, else of its own project.

        `estimate` is in seconds. Milestones do not change by it.
        """
        one, now = self.owner(project), self._clock()
        of_milestone = self.owner(of or project).milestones[milestone].id if milestone is not None else None
        item = Item(
            next(self._ids), one.next_iid(kind), kind, one.id, title, of_milestone, state, now,
            None if state == "opened" else now, tuple(labels), tuple(assignees), weight, estimate, moved_to,
        )  # fmt: skip
        one.items.append(item)
        return item.iid

    def spend(self, project: str, iid: int, person: str, seconds: int, at: str, kind: Kind = "issue") -> None:
        """Log time on an item, spent at an ISO instant."""
        self.item(project, iid, kind).timelogs.append(Timelog(person, seconds, datetime.fromisoformat(at)))

    def set_label(self, project: str, iid: int, label: str, by: str, kind: Kind = "issue") -> None:
        """Set a label on an item."""
        one = self.item(project, iid, kind)
        one.labels = (*one.labels, label)
        one.label_events.append(LabelEvent(next(self._ids), label, by, "add", self._clock()))

    def remove_label(self, project: str, iid: int, label: str, by: str = "ben", kind: Kind = "issue") -> None:
        """Take a label away from an item."""
        one = self.item(project, iid, kind)
        one.labels = tuple(each for each in one.labels if each != label)
        one.label_events.append(LabelEvent(next(self._ids), label, by, "remove", self._clock()))

    def comment(
        self, project: str, iid: int, author: str, body: str, kind: Kind = "issue", *, system: bool = False
    ) -> int:
        """Write a comment on an item; return its id."""
        one = Note(next(self._ids), author, body, self._clock(), system)
        self.item(project, iid, kind).notes.append(one)
        return one.id

    def edit_comment(self, project: str, comment: int, body: str, by: str) -> None:
        """Let somebody change what a comment says."""
        _, one = self._note(project, comment)
        one.body, one.edited_at, one.editor = body, self._clock(), by

    def delete_comment(self, project: str, comment: int) -> None:
        """Delete a comment."""
        item, one = self._note(project, comment)
        item.notes.remove(one)

    def item(self, project: str, iid: int, kind: Kind = "issue") -> Item:
        """Return an issue or merge request by its number."""
        for item in self.owner(project).items:
            if (item.kind, item.iid) == (kind, iid):
                return item
        raise KeyError(iid)

    def items(self) -> Iterator[Item]:
        """Return the items of all projects, oldest first."""
        for owner in self._owners.values():
            yield from owner.items

    def owner(self, path: str) -> Owner:
        """Return the project or group that has this path now; GitLab ignores case."""
        if found := self._by_path(path):
            return found
        raise KeyError(path)

    def owner_by_id(self, owner_id: int, *, is_group: bool) -> Owner:
        """Return the project or group with this id."""
        return self._owners[is_group, owner_id]

    def owners(self, *, is_group: bool) -> Iterator[Owner]:
        """Return all projects, or all groups."""
        return (one for one in self._owners.values() if one.is_group == is_group)

    def moved_to(self, path: str) -> Owner | None:
        """Return what once had this path, if nothing else has it now."""
        return self._former.get(path.lower())

    def below(self, group: Owner) -> Iterator[Owner]:
        """Return the projects of a group and of the groups in it."""
        return (one for one in self.owners(is_group=False) if one.path.lower().startswith(f"{group.path.lower()}/"))

    def counts(self) -> tuple[Counter[int | None], Counter[int | None]]:
        """Return how many issues there are by milestone, in whatever project, and how many of them are closed."""
        issues = [one for one in self.items() if one.kind == "issue"]
        closed = Counter(one.milestone for one in issues if one.state == "closed")
        return Counter(one.milestone for one in issues), closed

    def milestone(self, milestone_id: int | None) -> Milestone | None:
        """Return a milestone by its id."""
        all_of_them = (one for owner in self._owners.values() for one in owner.milestones.values())
        return next((one for one in all_of_them if one.id == milestone_id), None)

    def _note(self, project: str, comment: int) -> tuple[Item, Note]:
        for item in self.owner(project).items:
            for one in item.notes:
                if one.id == comment:
                    return item, one
        raise KeyError(comment)

    def _add(self, path: str, *, is_group: bool) -> Owner:
        if self._by_path(path):
            raise ValueError(f"{path} is taken")
        one = Owner(next(self._ids), is_group, path, self._clock())
        self._former.pop(path.lower(), None)
        self._owners[is_group, one.id] = one
        return one

    def _by_path(self, path: str) -> Owner | None:
        return next((one for one in self._owners.values() if one.path.lower() == path.lower()), None)

    def _tell(self, milestone: Milestone, action: str, by: str) -> None:
        if not milestone.of_group:
            event = Event(
                next(self._ids), milestone.owner, action, milestone.id, milestone.title, by, self._clock()
            )  # fmt: skip
            self.events.append(event)
