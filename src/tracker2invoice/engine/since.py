"""Asks the trackers what has changed since a document was billed. Nothing is written down.

What a tracker does not tell completely is said of each milestone: no changes means that there are none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tracker2invoice.engine.bill import gather
from tracker2invoice.engine.guard import guarded
from tracker2invoice.engine.house import House
from tracker2invoice.engine.observe import Trouble
from tracker2invoice.errors import BadAnswer, NotThere, Tracker2InvoiceError
from tracker2invoice.failpoints import failpoint
from tracker2invoice.mapping.lookup import Lookup, look_up
from tracker2invoice.mapping.since import deliverable_changes, milestone_changes, with_moves
from tracker2invoice.model.evidence import Change, ClosedMilestone, Comparison, Evidence, Unread
from tracker2invoice.model.milestone import CALENDAR, TOGETHER, Deliverable, Milestone
from tracker2invoice.model.work import Work
from tracker2invoice.plugins import Failed, Observed, ProjectCursor, Tracker


def compare(house: House, found: Evidence) -> tuple[Comparison, tuple[Trouble, ...]]:
    """Return how the trackers differ now from what was billed, and what failed.

    Raises:
        Stop: the ledger cannot be used.
    """
    now = house.clock()
    lookup = look_up(gather(house, (), now=now, window=None, released=False))
    asking = _Asking(house)
    changes: list[Change] = []
    for closed in found.milestones:
        billed = [one.deliverable for one in found.deliverables if one.milestone_key == closed.key]
        behind = _behind(lookup, closed.key)
        whole = _was_whole(closed, behind) and not found.draft.certified_by
        changes.extend(asking.about(closed, billed, behind, whole=whole))
    unread = tuple(Unread(trouble.subject, str(trouble.error)) for trouble in asking.troubles)
    return Comparison(now, tuple(changes), unread), tuple(asking.troubles)


def _behind(lookup: Lookup, key: str) -> Sequence[Milestone]:
    """Return the milestones of trackers that a milestone stands for: itself, as a rule."""
    known = lookup.milestones.get(key)
    return lookup.members.get(key, () if known is None or known.is_made else (known,))


@dataclass(slots=True)
class _Asking:
    """Reads each project once; `troubles` are what it could not read, by the title of the milestone as billed."""

    house: House
    troubles: list[Trouble] = field(default_factory=list[Trouble])
    _projects: dict[tuple[str, str], Mapping[str, Milestone]] = field(
        default_factory=dict[tuple[str, str], Mapping[str, Milestone]]
    )

    def about(
        self, closed: ClosedMilestone, billed: Sequence[Deliverable], behind: Sequence[Milestone], *, whole: bool
    ) -> Sequence[Change]:
        """Return what has changed about a milestone and what was delivered in it; `whole` if all of that was billed."""
        try:
            if not behind and (billed or not _is_of(CALENDAR, closed)):
                raise NotThere("configuration", f"what {closed.key} stands for")
            return list(self._changes(closed, billed, behind, whole=whole))
        except Tracker2InvoiceError as error:
            self.troubles.append(Trouble(closed.title, error))
            return ()

    def _changes(
        self, closed: ClosedMilestone, billed: Sequence[Deliverable], behind: Sequence[Milestone], *, whole: bool
    ) -> Iterator[Change]:
        present = {one.key: self._listed(one).get(one.key) for one in behind}
        for one in behind:
            if one.key == closed.key:
                yield from milestone_changes(closed.title, present[one.key])
            elif _is_of(TOGETHER, closed):
                yield from milestone_changes(one.title, present[one.key])
        there = [one for one in present.values() if one]
        delivered = [each for one in there for each in self._deliverables(one)]
        work = [each for one in there for each in self._work(one)]
        changes = list(deliverable_changes(billed, delivered, tuple(work), whole=whole))
        if any(one.change == "gone" for one in changes):
            others = {key: one for each in behind for key, one in self._listed(each).items() if key not in present}
            changes = list(with_moves(changes, [(one.title, self._work(one)) for one in others.values()]))
        yield from changes

    def _listed(self, milestone: Milestone) -> Mapping[str, Milestone]:
        """Return by key every milestone that its project has now."""
        project = (milestone.tracker, milestone.project_id)
        if project not in self._projects:
            self._projects[project] = self._poll(*project)
        return self._projects[project]

    def _poll(self, name: str, project_id: str) -> Mapping[str, Milestone]:
        with guarded(name), failpoint("tracker.poll"):
            results = list(self._tracker(name).poll([ProjectCursor(project_id, None)]))
        match results:
            case [Observed(milestones=found, complete=True)]:
                return {one.key: one for one in found}
            case [Failed(error=error)]:
                raise error
            case _:
                raise BadAnswer(name, "the connector did not list every milestone of the project")

    def _deliverables(self, milestone: Milestone) -> tuple[Deliverable, ...]:
        with guarded(milestone.tracker), failpoint("tracker.deliverables"):
            return self._tracker(milestone.tracker).deliverables(milestone)

    def _work(self, milestone: Milestone) -> Work:
        with guarded(milestone.tracker), failpoint("tracker.work"):
            return self._tracker(milestone.tracker).work(milestone)

    def _tracker(self, name: str) -> Tracker:
        if name not in self.house.configuration.trackers:
            raise NotThere("configuration", f"the tracker {name}")
        return self.house.tracker(name)


def _was_whole(closed: ClosedMilestone, behind: Sequence[Milestone]) -> bool:
    """Whether all that was finished in the milestones was billed: work under way is billed month by month."""
    return _is_of(TOGETHER, closed) or [one.key for one in behind] == [closed.key]


def _is_of(tracker: str, closed: ClosedMilestone) -> bool:
    return closed.key.startswith(f"{tracker}:")
