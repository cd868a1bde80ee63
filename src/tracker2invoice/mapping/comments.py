"""Has one of the named people accepted a milestone by a comment? The words of trackers are hostile.

What counts is the first line of the comment: a quotation, or an answer to it below, is no acceptance, and what a mail
program puts below an answer does not matter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tracker2invoice.mapping.accept import closing_of, in_words
from tracker2invoice.mapping.actions import Reason
from tracker2invoice.mapping.people import is_one_of, seen_from
from tracker2invoice.mapping.text import one_line
from tracker2invoice.model.contract import ByComment
from tracker2invoice.model.invoice import AcceptedBy
from tracker2invoice.model.milestone import EARLIEST, Milestone
from tracker2invoice.model.work import Comment, Work

LONGEST_URL = 2000
"""So many characters of an address are kept."""


def accepted_by_comment(
    condition: ByComment, milestones: Sequence[Milestone], work: Mapping[str, Work]
) -> tuple[AcceptedBy, ...] | Reason:
    """Return the first comment that accepts each of the closed milestones, or why not all of them are accepted.

    Who wrote it before the milestone was closed, or closed again, or before the last item was finished, has not seen
    what is billed.
    """
    found: list[AcceptedBy] = []
    for milestone in milestones:
        if milestone.key not in work:
            return Reason("work-unread", f"the items of '{one_line(milestone.title)}' were not read yet")
        since = max(comments_since(milestone), _finished(work[milestone.key]))
        first = min(_accepting(condition, milestone, work[milestone.key], since), key=_at, default=None)
        if first is None:
            return Reason("not-accepted", _asked(condition, milestone, since))
        found.append(first)
    return tuple(found)


def comments_since(milestone: Milestone) -> datetime:
    """Return the instant (UTC) from which on comments on a closed milestone can accept it."""
    closing = closing_of(milestone)
    return closing.at if closing else EARLIEST


def only_accepting(work: Work, conditions: Sequence[ByComment]) -> Work:
    """Return the work without the comments that accept nothing: nobody needs to keep what else people write."""
    return tuple(
        replace(item, comments=tuple(one for one in item.comments if any(_meets(one, each) for each in conditions)))
        for item in work
    )


def _accepting(condition: ByComment, milestone: Milestone, work: Work, since: datetime) -> Iterator[AcceptedBy]:
    for item in work:
        for comment in item.comments:
            if comment.at >= since and _meets(comment, condition):
                yield AcceptedBy(
                    login=one_line(comment.author),
                    at=comment.at,
                    milestone_title=one_line(milestone.title),
                    item=one_line(item.number),
                    url=one_line(comment.url, longest=LONGEST_URL),
                )


def _finished(work: Work) -> datetime:
    """Return the earliest instant of a comment of somebody who has seen all that is finished."""
    last = max((one.closed_at for one in work if one.closed and one.closed_at), default=EARLIEST)
    return seen_from(last)


def _asked(condition: ByComment, milestone: Milestone, since: datetime) -> str:
    people = " or ".join(condition.by)
    after = f", not before {in_words(since)}" if since > EARLIEST else ""
    where = f"on an issue or merge request of '{one_line(milestone.title)}'"
    return f"waits for {people} to write '{condition.text}' in a comment {where}{after}"


def _meets(comment: Comment, condition: ByComment) -> bool:
    wanted = _folded(condition.text)
    return _folded(comment.text) == wanted and is_one_of(comment.author, condition.by)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())


def _at(one: AcceptedBy) -> datetime:
    return one.at
