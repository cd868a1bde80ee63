"""What has become of milestones and deliverables since they were billed? Text of trackers is made fit, as on drafts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from tracker2invoice.mapping.text import one_line
from tracker2invoice.model.evidence import Change
from tracker2invoice.model.milestone import Deliverable, Milestone
from tracker2invoice.model.work import Work, WorkItem


def milestone_changes(title: str, now: Milestone | None) -> Iterator[Change]:
    """Yield what became of a milestone that was closed and had this title; `now` is None if it is not there."""
    if now is None:
        yield Change("milestone", "gone", "", title)
        return
    number = str(now.number)
    if now.state == "open":
        yield Change("milestone", "reopened", number, title)
    if one_line(now.title) != title:
        yield Change("milestone", "renamed", number, title, one_line(now.title))


def deliverable_changes(
    billed: Sequence[Deliverable], delivered: Sequence[Deliverable], work: Work, *, whole: bool
) -> Iterator[Change]:
    """Yield what became of deliverables: `delivered` is what is finished in their milestones now, `work` all in them.

    What was added is told only if the `whole` of those milestones was billed.
    """
    pairs = _paired(billed, delivered)
    still_open = {item.number for item in work if not item.closed}
    for one in billed:
        now = pairs.get(one)
        if now is None:
            # a merge request that was merged cannot be opened again
            is_open = one.kind == "issue" and one.number in still_open
            yield Change("deliverable", "reopened" if is_open else "gone", one.number, one.title)
        elif one_line(now.title) != one.title:
            yield Change("deliverable", "renamed", one.number, one.title, one_line(now.title))
    if whole:
        known = {one.number for one in billed}
        kept = set(pairs.values())
        new = [(one.number, one.title) for one in delivered if one not in kept]
        new += [(item.number, item.title) for item in work if not item.closed and item.number not in known]
        yield from (Change("deliverable", "added", one_line(number), one_line(title)) for number, title in new)


def with_moves(changes: Iterable[Change], elsewhere: Iterable[tuple[str, Work]]) -> Iterator[Change]:
    """Yield the changes; what is gone was moved if it is `elsewhere`: in another milestone, given by its title."""
    places = {_named(item): title for title, work in elsewhere for item in work}
    for one in changes:
        place = places.get((one.number, one.title)) if one.subject == "deliverable" and one.change == "gone" else None
        yield one if place is None else replace(one, change="moved", now=one_line(place))


def _paired(billed: Sequence[Deliverable], delivered: Sequence[Deliverable]) -> Mapping[Deliverable, Deliverable]:
    """Return what each deliverable is now. Its address tells it from one with its number elsewhere, unless it moved."""
    by_number: defaultdict[tuple[str, str], list[Deliverable]] = defaultdict(list)
    for one in delivered:
        by_number[one.kind, one_line(one.number)].append(one)
    urls = {one.url for one in billed}
    pairs: dict[Deliverable, Deliverable] = {}
    for one in billed:
        alike = by_number[one.kind, one.number]
        here = [each for each in alike if _url(each) == one.url]
        if found := here or [each for each in alike if _url(each) not in urls]:
            pairs[one] = next((each for each in found if one_line(each.title) == one.title), found[0])
    return pairs


def _url(one: Deliverable) -> str:
    return one_line(one.url, longest=2000)


def _named(item: WorkItem) -> tuple[str, str]:
    return one_line(item.number), one_line(item.title)
