"""Find the projects under a name (`github:acme/*`) and pin each under a label of its own, so that it is polled.

A project that was pinned once stays, whatever becomes of the list: moved, renamed or not to be seen for a while.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tracker2invoice.engine.guard import guarded
from tracker2invoice.engine.house import House
from tracker2invoice.errors import CannotList
from tracker2invoice.failpoints import failpoint
from tracker2invoice.model.label import is_under, label_under, owner_of
from tracker2invoice.model.milestone import Project
from tracker2invoice.plugins import Tracker


def follow(house: House, tracker: Tracker, pattern: str) -> None:
    """Pin the projects that are new under a pattern.

    Raises:
        FixConfig, TryLater: they could not be listed; those that are known go on.
        Stop: the ledger cannot be written.
    """
    found = projects_under(tracker, pattern)
    house.ledger.pin_projects(_new(pattern, found, house.ledger.projects()))


def projects_under(tracker: Tracker, pattern: str) -> tuple[Project, ...]:
    """Ask a tracker for the projects that a pattern stands for.

    Raises:
        CannotList: trackers of its kind cannot list projects.
        AccessDenied, NotThere, TryLater: this one could not.
    """
    name = pattern.partition(":")[0]
    # a connector may be older than this method of the port
    if not hasattr(tracker, "projects"):
        raise CannotList(name)
    with guarded(name), failpoint("tracker.projects"):
        return tuple(tracker.projects(owner_of(pattern)))


def _new(pattern: str, found: Iterable[Project], pinned: Mapping[str, Project]) -> Mapping[str, Project]:
    taken = {label for label in pinned if is_under(pattern, label)}
    known = {(pinned[label].tracker, pinned[label].id) for label in taken}
    new: dict[str, Project] = {}
    for project in found:
        if (project.tracker, project.id) in known:
            continue
        label = label_under(pattern, project.name)
        # the name was another project's once, which has a label for good
        free = label if label not in taken else f"{label}@{project.id}"
        new[free] = project
        taken.add(free)
        known.add((project.tracker, project.id))
    return new
