"""Sorts repositories by whether they have changed, in as few queries as the GraphQL API can answer in time.

GitHub gives up on a query after ten seconds, with a 502, a 504 or with a part of the answer (page
rate-limits-and-query-limits-for-the-graphql-api). What was not answered is asked again in batches of half the size; a
repository that is not answered even alone is for REST to read. One query at a time: the processor time of GraphQL is
limited to that of about one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from tracker2invoice.errors import AccessDenied, Tracker2InvoiceError, Unreachable
from tracker2invoice.plugins import Failed, ProjectCursor, Unchanged
from tracker2invoice_github.client import Client
from tracker2invoice_github.cursor import Cursor, load
from tracker2invoice_github.graph import MOST, NOTHING, Asked, Graph, Told

_GIVE_UP = 2
"""After so many single ones in a row without an answer it is not they that are too much: REST reads the rest."""


@dataclass(frozen=True, slots=True)
class ToRead:
    """A repository for REST to read, and what GraphQL said of it just before."""

    asked: ProjectCursor
    told: Told = NOTHING


Verdict = Unchanged | Failed | ToRead


@dataclass(slots=True)
class Pieces:
    """How many repositories a query asks about.

    Each time half as many, once it was too much; twice as many again after one that GitHub does not even answer
    alone. A poll without trouble lets the next begin with a few more.
    """

    size: int = MOST
    _trouble: bool = False
    _rising: bool = False

    def begin(self) -> None:
        """Begin a poll."""
        if not self._trouble:
            self.size = min(MOST, self.size + self.size // 4 + 1)
        self._trouble = self._rising = False

    def answered(self) -> None:
        """A query was answered in time."""
        if self._rising:
            self.size = min(MOST, self.size * 2)

    def too_much(self, asked: int) -> None:
        """A query about so many was not, or not completely."""
        self._trouble, self._rising = True, asked == 1
        self.size = max(1, asked // 2)


@dataclass(frozen=True, slots=True)
class _Known:
    project: ProjectCursor
    cursor: Cursor

    @property
    def asked(self) -> Asked:
        return Asked(self.project.project_id, self.cursor.name, self.cursor.node)

    def judge(self, told: Told) -> Unchanged | ToRead:
        if told.mark != self.cursor.mark:
            return ToRead(self.project, told)
        return Unchanged(self.project.project_id, self.cursor.model_copy(update={"node": told.node}).text())


def sort_out(
    client: Client, graph: Graph, pieces: Pieces, projects: Iterable[ProjectCursor], now: datetime
) -> Iterator[Verdict]:
    """Say of each repository that it is as it was, that it could not be asked about, or that it is to be read."""
    known: list[_Known] = []
    for project in projects:
        cursor = load(project.cursor)
        if cursor is None or not cursor.mark or cursor.is_stale(project.project_id, now):
            yield ToRead(project)
        else:
            known.append(_Known(project, cursor))
    yield from _ask_about(client, graph, pieces, known)


def _ask_about(client: Client, graph: Graph, pieces: Pieces, known: list[_Known]) -> Iterator[Verdict]:
    waiting, unheard = deque(known), 0
    pieces.begin()
    while waiting and graph.there and unheard < _GIVE_UP:
        batch = [waiting.popleft() for _ in range(min(pieces.size, len(waiting)))]
        told = _ask(client, graph, batch)
        if isinstance(told, Tracker2InvoiceError):
            yield from (Failed(one.project.project_id, told) for one in batch)
            continue
        yield from (one.judge(told[one.project.project_id]) for one in batch if one.project.project_id in told)
        left = [one for one in batch if one.project.project_id not in told]
        if not left:
            pieces.answered()
            unheard = 0
        else:
            pieces.too_much(len(batch))
            waiting.extendleft(reversed(left))
        if left and len(batch) == 1:
            unheard += 1
            yield ToRead(waiting.popleft().project)
    yield from (ToRead(one.project) for one in waiting)


def _ask(client: Client, graph: Graph, batch: list[_Known]) -> Mapping[str, Told] | Tracker2InvoiceError:
    """Return what is told, or why nothing can be concluded from it. Who may not ask GraphQL may still ask REST."""
    try:
        return graph.ask(client, [one.asked for one in batch])
    except Unreachable:
        return {}
    except AccessDenied:
        return {one.project.project_id: NOTHING for one in batch}
    except Tracker2InvoiceError as error:
        return error
