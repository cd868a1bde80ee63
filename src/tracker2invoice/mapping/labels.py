"""Do all finished items have the label that accepts them, set by one of the named people? Trackers' words are hostile.

Only who set it last counts, as the item has it now: somebody else may take a label away and set it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tracker2invoice.mapping.accept import in_words
from tracker2invoice.mapping.actions import Reason
from tracker2invoice.mapping.comments import LONGEST_URL, comments_since
from tracker2invoice.mapping.people import is_one_of, seen_from
from tracker2invoice.mapping.text import one_line, plural
from tracker2invoice.model.contract import ByLabel
from tracker2invoice.model.invoice import AcceptedBy
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.work import Labelling, Work, WorkItem

_NAMED = 5
"""So many items are named one by one."""

_Finished = tuple[Milestone, WorkItem]


def accepted_by_label(
    condition: ByLabel, milestones: Sequence[Milestone], work: Mapping[str, Work]
) -> tuple[AcceptedBy, ...] | Reason:
    """Return who set the label on each finished item of the milestones, or which of them lack it.

    Where nobody is named it does not matter who it was, and nobody is returned. What was refused in the tracker is
    listed by its number and title until somebody accepts it.
    """
    finished: list[_Finished] = []
    for milestone in milestones:
        if milestone.key not in work:
            return Reason("work-unread", f"the items of '{one_line(milestone.title)}' were not read yet")
        finished.extend((milestone, one) for one in work[milestone.key] if one.closed)
    lacking = [(item, why) for milestone, item in finished if (why := _why_not(condition, milestone, item))]
    if lacking:
        return Reason("not-labelled", _words(condition, len(finished), lacking))
    if not condition.by:
        return ()
    if not finished:
        return Reason("not-labelled", f"nothing is finished on which {_people(condition)} could set '{condition.name}'")
    return tuple(_evidence(condition, finished))


def _why_not(condition: ByLabel, milestone: Milestone, item: WorkItem) -> str:
    """Say why an item does not count, nothing if it does."""
    if condition.name not in item.labels:
        return "missing"
    if not condition.by:
        return ""
    last = _set_last(condition, item)
    if last is None or not last.by:
        return "set by somebody whom the tracker does not name"
    who = f"set by {one_line(last.by)}"
    if not is_one_of(last.by, condition.by):
        return who
    # where nobody knows when an item was finished, it was when its milestone was closed
    if last.at < seen_from(item.closed_at or comments_since(milestone)):
        return f"{who} at {in_words(last.at)}, before it was finished"
    return ""


def _set_last(condition: ByLabel, item: WorkItem) -> Labelling | None:
    return next((one for one in reversed(item.labellings) if one.label == condition.name), None)


def _evidence(condition: ByLabel, finished: Iterable[_Finished]) -> Iterator[AcceptedBy]:
    for milestone, item in finished:
        if last := _set_last(condition, item):
            yield AcceptedBy(
                login=one_line(last.by),
                at=last.at,
                milestone_title=one_line(milestone.title),
                item=one_line(item.number),
                url=one_line(last.url, longest=LONGEST_URL),
                label=condition.name,
            )


def _words(condition: ByLabel, finished: int, lacking: Sequence[tuple[WorkItem, str]]) -> str:
    named = ", ".join(_named(condition, item, why) for item, why in lacking[:_NAMED])
    more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
    whose = f" set by {_people(condition)}" if condition.by else ""
    items = plural(finished, "finished item")
    return f"{len(lacking)} of {items} without the label '{condition.name}'{whose}: {named}{more}"


def _named(condition: ByLabel, item: WorkItem, why: str) -> str:
    named = f"{one_line(item.number)} '{one_line(item.title)}'"
    return f"{named} ({why})" if condition.by else named


def _people(condition: ByLabel) -> str:
    return " or ".join(condition.by)
