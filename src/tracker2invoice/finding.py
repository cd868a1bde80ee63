"""What outputs need to find documents and clients with few requests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Clock, Document

_TRUSTED_FOR = timedelta(minutes=1)


def one_by_one(
    look: Callable[[Draft], Sequence[Document]], draft: Draft, rivals: Collection[str]
) -> tuple[Document, ...]:
    """Answer `Output.find` where only one reference can be looked for at a time.

    `look` returns the documents with the reference of a draft. Rivals are not looked for if the draft itself is there:
    then it does not matter whether they are.
    """
    own = tuple(look(draft))
    if any(document.complete for document in own):
        return own
    others = ((rival, replace(draft, reference=rival)) for rival in rivals)
    return (*own, *(replace(document, rival=rival) for rival, other in others for document in look(other)))


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
