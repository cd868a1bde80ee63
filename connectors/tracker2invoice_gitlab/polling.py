"""Polls many projects: one GraphQL query for a hundred of them, and more only about what has changed.

The cursor holds, as JSON, a digest of what was read and when each closed milestone was closed, by its `updated_at`:
whatever opens or closes a milestone changes that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, ValidationError

from tracker2invoice.errors import AccessDenied, BadAnswer, Tracker2InvoiceError
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.plugins import Observed, ProjectCursor, Unchanged
from tracker2invoice_gitlab.client import Client
from tracker2invoice_gitlab.closings import Closing, look_up
from tracker2invoice_gitlab.failures import NoGraphQL, TooMuch
from tracker2invoice_gitlab.graph import AT_ONCE, Begun, Kind, Reading, begin, finish, kind_of
from tracker2invoice_gitlab.readings import Instant
from tracker2invoice_gitlab.rest import read_alone

# by then the event of a closing is there if there is one: GitLab writes it a moment later than the closing itself
_EVENT_IS_THERE = timedelta(days=1)
_PATIENCE = 10
"""So many queries of one poll may fail. To find the one project among a hundred that cannot be read takes seven."""


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True)

    changed: Instant
    at: Instant | None
    by: str


class _Cursor(BaseModel):
    model_config = ConfigDict(frozen=True)

    seen: str = ""
    closed: dict[str, _Closed] = {}


Outcome = Begun | Tracker2InvoiceError | None
"""What GraphQL gave of a project: its first page, why not, or nothing, so that REST has to be asked."""


@dataclass(slots=True)
class Batches:
    """Reads the first pages of one poll. A query that is too much for the server is halved."""

    client: Client
    _refused: set[Kind] = field(default_factory=set[Kind])
    _failed: list[Tracker2InvoiceError] = field(default_factory=list[Tracker2InvoiceError])

    def read(self, projects: Sequence[ProjectCursor]) -> Iterator[tuple[ProjectCursor, Outcome]]:
        """Yield each project with what GraphQL gave of it."""
        kinds: tuple[Kind, ...] = ("projects", "groups")
        for kind in kinds:
            asked = [one for one in projects if kind_of(one.project_id) == kind]
            for start in range(0, len(asked), AT_ONCE):
                yield from self._batch(kind, asked[start : start + AT_ONCE])

    def _batch(self, kind: Kind, asked: Sequence[ProjectCursor]) -> Iterator[tuple[ProjectCursor, Outcome]]:
        if kind in self._refused or len(self._failed) >= _PATIENCE:
            yield from self._all(asked, None if kind in self._refused else self._failed[-1])
            return
        try:
            found = begin(self.client, kind, [one.project_id for one in asked])
        except NoGraphQL:
            self._refused.add(kind)
            yield from self._all(asked, None)
        except AccessDenied as error:
            self._failed.extend([error] * _PATIENCE)
            yield from self._all(asked, error)
        except (TooMuch, BadAnswer) as error:
            self._failed.append(error)
            yield from self._halved(kind, asked, error)
        except Tracker2InvoiceError as error:
            self._failed.append(error)
            yield from self._all(asked, error)
        else:
            yield from ((one, found.get(one.project_id)) for one in asked)

    def _halved(
        self, kind: Kind, asked: Sequence[ProjectCursor], error: Tracker2InvoiceError
    ) -> Iterator[tuple[ProjectCursor, Outcome]]:
        if len(asked) == 1:
            yield asked[0], error
            return
        half = len(asked) // 2
        yield from self._batch(kind, asked[:half])
        yield from self._batch(kind, asked[half:])

    @staticmethod
    def _all(asked: Sequence[ProjectCursor], outcome: Outcome) -> Iterator[tuple[ProjectCursor, Outcome]]:
        yield from ((one, outcome) for one in asked)


def complete(client: Client, asked: ProjectCursor, outcome: Outcome) -> Observed | Unchanged:
    """Read what is still missing of a project.

    Raises:
        AccessDenied, NotThere, TryLater: it could not be read completely.
    """
    if isinstance(outcome, Tracker2InvoiceError):
        raise outcome
    reading = finish(client, outcome) if outcome else None
    return _result(client, asked, reading or read_alone(client, asked.project_id))


def _result(client: Client, asked: ProjectCursor, reading: Reading) -> Observed | Unchanged:
    before, seen = _read(asked.cursor), _digest(reading)
    closed = {one.id: one for one in reading.milestones if one.state == "closed"}
    known = {key: one for key, one in before.closed.items() if key in closed and one.changed == closed[key].updated_at}
    unknown = [one for key, one in closed.items() if key not in known]
    if kind_of(reading.project.id) == "groups":
        unknown = []
    if asked.cursor is not None and seen == before.seen and not unknown:
        return Unchanged(asked.project_id, asked.cursor)
    known |= _found(client, reading, before, unknown)
    lasting = {key: one for key, one in known.items() if _lasts(client, one)}
    return Observed(
        project=reading.project,
        milestones=tuple(_dated(one, known.get(one.id)) for one in reading.milestones),
        cursor=_Cursor(seen=seen, closed=lasting).model_dump_json(),
        complete=True,
    )


def _found(client: Client, reading: Reading, before: _Cursor, unknown: Sequence[Milestone]) -> dict[str, _Closed]:
    closings = look_up(client, reading.project.id, {one.id: _open_before(one, before) for one in unknown})
    return {one.id: _closed(one, closings.get(one.id)) for one in unknown}


def _open_before(one: Milestone, before: _Cursor) -> datetime:
    """Return an instant that the latest closing did not precede."""
    known = before.closed.get(one.id)
    since = known.at if known and known.at else one.created_at
    assert since
    return since


def _closed(one: Milestone, closing: Closing | None) -> _Closed:
    assert one.updated_at
    return _Closed(changed=one.updated_at, at=closing.at if closing else None, by=closing.by if closing else "")


def _dated(one: Milestone, closed: _Closed | None) -> Milestone:
    if closed is None or one.state != "closed":
        return one
    return replace(one, closed_at=closed.at, closed_by=closed.by)


def _lasts(client: Client, closed: _Closed) -> bool:
    return closed.at is not None or client.failures.clock() - closed.changed > _EVENT_IS_THERE


def _digest(reading: Reading) -> str:
    return hashlib.sha256(repr(reading).encode(errors="surrogatepass")).hexdigest()


def _read(cursor: str | None) -> _Cursor:
    """Return what the cursor holds; a strange one is none."""
    try:
        return _Cursor.model_validate_json(cursor or "{}")
    except ValidationError:
        return _Cursor()
