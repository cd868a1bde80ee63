"""What outputs need to find documents and clients with few requests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Clock, Document

_TRUSTED_FOR = timedelta(minutes=1)


def one_by_one(
    look: Callable[[Draft], Sequence[Document]], draft: Draft, others: Collection[str]
) -> tuple[Document, ...]:
    """Answer `Output.find` where only one reference can be looked for at a time.

    `look` returns the documents with the reference of a draft.
    """
    marked = ((other, replace(draft, reference=other)) for other in others)
    return (*look(draft), *(replace(found, other=other) for other, one in marked for found in look(one)))


def marked(
    document: Document, carries: Callable[[str], bool], draft: Draft, others: Collection[str]
) -> Iterator[Document]:
    """Yield a document as `Output.find` does, for each reference that it `carries`: a person may put two on it."""
    if carries(draft.reference):
        yield document
    yield from (replace(document, other=one) for one in others if carries(one))


class Trust:
    """Remembers for a minute what was looked at and found good, so that not every draft has to look again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._given: dict[Hashable, datetime] = {}

    def holds(self, thing: Hashable) -> bool:
        """Say whether the thing was found good less than a minute ago; not if the clock was put back since."""
        at = self._given.get(thing)
        return at is not None and at <= self._clock() < at + _TRUSTED_FOR

    def give(self, thing: Hashable) -> None:
        """Remember that the thing was found good now."""
        self._given[thing] = self._clock()
