"""Which work a plan could need now: what bills by it, or is accepted by labels or comments on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tracker2invoice.mapping.billed import is_withdrawn
from tracker2invoice.mapping.comments import comments_since
from tracker2invoice.mapping.lookup import Lookup, project_key
from tracker2invoice.model.contract import ByComment, ByLabel
from tracker2invoice.model.milestone import CALENDAR, Milestone


@dataclass(frozen=True, slots=True)
class Wanted:
    """A milestone whose items are needed, with the configured name of its project.

    `accepting` are the comments that could accept it; without any, no comments are needed. `labels` are those of which
    it is needed who has set them.
    """

    project: str
    milestone: Milestone
    accepting: tuple[ByComment, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def comments_since(self) -> datetime | None:
        """From which instant (UTC) on comments are needed, None if none are."""
        return comments_since(self.milestone) if self.accepting else None


def wanted_work(lookup: Lookup) -> tuple[Wanted, ...]:
    """Return each milestone whose items a bill could depend on now, or a withdrawn draft before it goes out again."""
    wanted: dict[Milestone, dict[ByComment | ByLabel, None]] = {}
    for milestone, condition in (*_due(lookup), *_withdrawn(lookup)):
        accepting = wanted.setdefault(milestone, {})
        if condition is not None:
            accepting[condition] = None
    return tuple(
        Wanted(
            lookup.labels[project_key(one)],
            one,
            tuple(each for each in accepting if isinstance(each, ByComment)),
            tuple(dict.fromkeys(each.name for each in accepting if isinstance(each, ByLabel) and each.by)),
        )
        for one, accepting in wanted.items()
        if one.key not in lookup.facts.gone
    )


_Needs = Iterator[tuple[Milestone, ByComment | ByLabel | None]]


def _due(lookup: Lookup) -> _Needs:
    for key, found in lookup.rivals.items():
        for one in found if key not in lookup.claims else ():
            if one.needs_work:
                yield from ((milestone, one.by_label) for milestone in one.behind)
            if one.by_comment is not None:
                yield from ((milestone, one.by_comment) for milestone in lookup.accepted_as(one.milestone))


def _withdrawn(lookup: Lookup) -> _Needs:
    """Yield what was billed, withdrawn and closed again: it has to be accepted again."""
    conditions = {one.id: one.acceptance for one in lookup.facts.contracts if one.acceptance.needs_work}
    for claim in lookup.claims.values():
        condition, milestone = conditions.get(claim.contract), lookup.milestones.get(claim.milestone_key)
        if condition is None or milestone is None or milestone.tracker == CALENDAR or milestone.state != "closed":
            continue
        if any(map(is_withdrawn, claim.deliveries)):
            for one in lookup.accepted_as(milestone):
                yield from ((one, condition.label), (one, condition.comment))
