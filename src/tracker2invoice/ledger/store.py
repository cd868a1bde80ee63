"""The ledger as the engine sees it: each method is one transaction, durable when it returns.

No rule of billing lives here, and no statement either: those are in `observed`, `work`, `claimed` and `journal`.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection

from tracker2invoice.ledger import claimed, journal, locks, numbers, observed, work
from tracker2invoice.ledger.database import Database
from tracker2invoice.ledger.journal import Entry, Pen, Record
from tracker2invoice.ledger.migrate import ensure_head
from tracker2invoice.ledger.rows import sha256
from tracker2invoice.model.claim import Claim, Decision, Delivery, seal
from tracker2invoice.model.evidence import Recorded
from tracker2invoice.model.invoice import Certification, Draft
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.model.numbering import Series
from tracker2invoice.model.work import Work
from tracker2invoice.plugins import Clock, Observed, ProjectCursor, Unchanged


def open_ledger(url: str, clock: Clock, *, migrate: bool = False) -> Ledger:
    """Open the ledger at a URL (`sqlite:///file.db`, `postgresql://…`); an empty database becomes one.

    Raises:
        ConfigInvalid: the URL names nothing that can hold a ledger.
        LedgerTooNew: a later version of the program has written to it.
        LedgerTooOld: an earlier version has, and `migrate` is false.
        LedgerDamaged, LedgerBusy, StorageFailed: it cannot be read or created.
    """
    database = Database(url)
    try:
        ensure_head(database, migrate=migrate)
    except BaseException:
        database.close()
        raise
    return Ledger(database, clock)


class Ledger:
    """An open ledger. Every method may raise `LedgerBusy`, `LedgerDamaged` and `StorageFailed`.

    `directory` is where relative paths and token stores belong: the SQLite file's folder, or the current one.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        self.directory = database.path.parent if database.path else Path.cwd()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of every connection."""
        self.database.close()

    def pin_project(self, label: str, project: Project) -> None:
        """Bind a configured name to a project for good; a name that is bound already stays as it is."""
        with self._writing("pin-project") as (connection, pen):
            observed.pin(connection, pen, label, project)

    def pin_projects(self, pins: Mapping[str, Project]) -> None:
        """Bind many configured names at once; like `pin_project`."""
        if pins:
            with self._writing("pin-projects") as (connection, pen):
                for label, project in pins.items():
                    observed.pin(connection, pen, label, project)

    def projects(self) -> dict[str, Project]:
        """Return the pinned project of each configured name, with the name and URL it was last seen under."""
        with self.database.read() as connection:
            return observed.projects(connection)

    def cursors(self, tracker: str) -> dict[str, str]:
        """Return the opaque string of each project's last complete poll, by project id."""
        with self.database.read() as connection:
            return observed.positions(connection, tracker)

    def record_observed(self, reading: Observed, asked: ProjectCursor | None = None) -> tuple[Milestone, ...]:
        """Store a complete reading of one project; return the milestones that changed or are gone.

        One journal entry per change: `milestone.seen`, `.closed`, `.reopened`, `.changed`, `.gone`. If another process
        has stored a reading since this one was `asked` for, nobody knows which is the newer one: this one is dropped,
        and the next poll reads anew.
        """
        project = reading.project
        with self._writing("observed") as (connection, pen):
            if asked and observed.position(connection, project.tracker, project.id) != asked.cursor:
                return ()
            changed = observed.record(connection, pen, self.clock, reading)
            observed.record_poll(connection, self.clock, project.tracker, project.id, reading.cursor)
        return changed

    def record_unchanged(self, tracker: str, unchanged: Iterable[Unchanged]) -> None:
        """Note that projects were reached and nothing has changed there."""
        with self._writing("unchanged") as (connection, _):
            for one in unchanged:
                observed.record_poll(connection, self.clock, tracker, one.project_id, one.cursor)

    def record_failed(self, tracker: str, project_id: str, words: str) -> None:
        """Note that a project could not be read; everything known about it stays."""
        with self._writing("poll-failed") as (connection, _):
            observed.record_failure(connection, tracker, project_id, words)

    def unread(self) -> dict[str, str]:
        """Return by configured name what went wrong with projects whose latest poll failed, and how often in a row."""
        with self.database.read() as connection:
            return observed.unread(connection)

    def milestones(self) -> tuple[Milestone, ...]:
        """Return every milestone as last seen, those that are gone included."""
        with self.database.read() as connection:
            return observed.milestones(connection)

    def gone(self) -> frozenset[str]:
        """Return the keys of milestones that their tracker no longer has."""
        with self.database.read() as connection:
            return observed.gone(connection)

    def record_work(self, milestone_key: str, items: Work) -> None:
        """Remember the work in a milestone, with a journal entry `work.read` if it is not what was known."""
        with self._writing("work") as (connection, pen):
            work.record(connection, pen, self.clock(), milestone_key, items)

    def work(self) -> dict[str, Work]:
        """Return the work in each milestone of which it was read, by the milestone's key."""
        with self.database.read() as connection:
            return work.work(connection)

    def decisions(self) -> dict[str, Decision]:
        """Return the latest decision about each reference."""
        with self.database.read() as connection:
            return claimed.decisions(connection)

    def decision(self, reference: str) -> Decision | None:
        """Return the latest decision about one reference."""
        with self.database.read() as connection:
            return claimed.decisions(connection, reference).get(reference)

    def approvals(self) -> dict[str, dict[str, datetime]]:
        """Return by reference who approved it when (UTC), since somebody last held it back; out of the journal."""
        with self.database.read() as connection:
            return claimed.approvals(connection)

    def certify(self, certification: Certification) -> None:
        """Record what a person certified, for good; the latest of a term counts."""
        with self._writing("certification") as (_, pen):
            claimed.certify(pen, certification)

    def certifications(self) -> dict[tuple[str, str], tuple[Certification, ...]]:
        """Return by contract and term id what was certified, the latest last, since a bill of the term was last
        credited; out of the journal.
        """
        with self.database.read() as connection:
            return claimed.certifications(connection)

    def decide(self, decision: Decision) -> bool:
        """Record what a person decided; it replaces what was decided before.

        Returns False, with nothing written, if what was decided before is final.
        """
        return self.decide_together([decision])

    def decide_together(self, decisions: Sequence[Decision]) -> bool:
        """Record what a person decided about several references at once, or, as in `decide`, nothing of it."""
        with self._writing("decision") as (connection, pen):
            return claimed.decide(connection, pen, decisions)

    def claims(self) -> tuple[Claim, ...]:
        """Return every claim with its deliveries, oldest first."""
        with self.database.read() as connection:
            return claimed.claims(connection)

    def claim(self, reference: str) -> Claim | None:
        """Return the claim with that reference, with its deliveries."""
        with self.database.read() as connection:
            return next(iter(claimed.claims(connection, reference)), None)

    def claims_on(self, document: str) -> tuple[Claim, ...]:
        """Return the claims that are billed on a document, given its reference, oldest first."""
        with self.database.read() as connection:
            return claimed.claims_on(connection, document)

    def documents(self, reference: str) -> tuple[str, ...]:
        """Return the documents that were billed as `reference`, that of a claim or of a document; none if none were."""
        claim = self.claim(reference)
        return claim.documents if claim else (reference,) if self.claims_on(reference) else ()

    def write_claim(self, claim: Claim, draft: Draft) -> bool:
        """Write a claim that is billed on a document of its own; see `write_claims`."""
        return self.write_claims((claim,), (draft,))

    def write_claims(self, claims: Sequence[Claim], drafts: Sequence[Draft]) -> bool:
        """Write claims that have documents in common, all drafts and deliveries and their journal entries together.

        Returns False, with nothing written, if contract, term, milestone and generation of one were claimed before.

        Raises:
            ValueError: a draft or a delivery is not that of a claim, or a part of one in another currency.
            LedgerDamaged: a claim's reference already stands for something else.
        """
        written = {draft.reference: draft.to_bytes() for draft in drafts}
        for claim in claims:
            references = {delivery.reference for delivery in claim.deliveries} | set(claim.documents)
            if not references <= written.keys() or references != set(claim.documents):
                raise ValueError("drafts and deliveries must be those of the claim")
            if seal([sha256(written[name]) for name in claim.documents]) != claim.draft_sha256:
                raise ValueError("drafts and deliveries must be those of the claim")
        with self._writing("claim") as (connection, pen):
            return claimed.write(connection, pen, claims, written)

    def draft(self, reference: str) -> Draft:
        """Return the frozen draft of a document.

        Raises:
            LedgerDamaged: it is missing, or its bytes are not those that were claimed.
        """
        with self.database.read() as connection:
            return claimed.draft(connection, reference)

    def frozen(self, reference: str) -> bytes:
        """Return the canonical bytes of the draft of a document.

        Raises:
            LedgerDamaged: they are missing, or not those that were claimed.
        """
        with self.database.read() as connection:
            return claimed.frozen(connection, reference)

    def open_deliveries(self, output: str) -> tuple[Delivery, ...]:
        """Return the deliveries of an output that are pending or sending, oldest claim first."""
        with self.database.read() as connection:
            return claimed.open_deliveries(connection, output)

    def waiting(self) -> dict[str, int]:
        """Return how many deliveries are pending or sending, by output."""
        with self.database.read() as connection:
            return claimed.waiting(connection)

    def delivered(self, output: str) -> tuple[Delivery, ...]:
        """Return the deliveries that have a document in an output, ordered by reference."""
        with self.database.read() as connection:
            return claimed.delivered(connection, output)

    def read_back(self, output: str) -> tuple[datetime, datetime] | None:
        """Return when (UTC) an output's documents were last read back, and when all of them were; None: never."""
        with self.database.read() as connection:
            return claimed.read_back(connection, output)

    def record_read_back(self, output: str, at: datetime, whole_at: datetime) -> None:
        """Note when an output's documents were read back, and when all of them were."""
        with self._writing("read-back") as (connection, _):
            claimed.record_read_back(connection, output, at, whole_at)

    def save_delivery(self, delivery: Delivery, event: str) -> None:
        """Store a delivery as it is now, with a journal entry `delivery.<event>`.

        Raises:
            LedgerDamaged: the claim has no such delivery.
        """
        with self._writing(f"delivery-{event}") as (connection, pen):
            claimed.save_delivery(connection, pen, delivery, event)

    def allot_number(self, document: str, series: Series, taken: Collection[str], by: str) -> str:
        """Give a document the next number of the series that is not taken elsewhere; the one that it has, if it has.

        `by` is who finalizes it. Numbers follow each other without a gap, whoever asks and whatever is interrupted.
        """
        with self._writing("number") as (connection, pen):
            return numbers.allot(connection, pen, self.clock(), document, series, taken, by)

    def numbers(self) -> dict[str, str]:
        """Return the number of each document that has one, by its reference."""
        with self.database.read() as connection:
            return numbers.numbers(connection)

    def pinned_client(self, output: str, client_id: str) -> str | None:
        """Return the remote id under which a client was first billed through an output."""
        with self.database.read() as connection:
            return claimed.pinned_client(connection, output, client_id)

    def pin_client(self, output: str, client_id: str, remote_id: str) -> None:
        """Bind a client to its remote id in an output for good; one that is bound already stays as it is."""
        with self._writing("pin-client") as (connection, pen):
            claimed.pin_client(connection, pen, output, client_id, remote_id)

    def note(self, kind: str, subject: str, body: Mapping[str, object]) -> None:
        """Append an entry to the journal; `body` holds plain JSON values, amounts as text.

        Raises:
            TypeError: the body holds a float or something else that is no plain JSON value.
        """
        with self._writing("note") as (_, pen):
            pen.write([Record(kind, subject, body)])

    def journal(self, subject: str | None = None) -> Iterator[Entry]:
        """Yield the journal in order, all of it or the entries about one reference or milestone key."""
        return journal.read(self.database, subject)

    def recorded(self, entry: Entry) -> Recorded:
        """Return a journal entry as its hash is taken over it.

        Raises:
            LedgerDamaged: its content or the entry before it does not match its hash.
        """
        return journal.recorded(self.database, entry)

    def lock(self, name: str, timeout: timedelta) -> AbstractContextManager[None]:
        """Hold the lock `name` across processes; it is freed when the process dies. Zero tries once.

        Raises:
            LedgerBusy: somebody else still held it after `timeout`.
        """
        return locks.lock(self.database, name, timeout)

    @contextmanager
    def _writing(self, what: str) -> Generator[tuple[Connection, Pen]]:
        with self.database.write(what) as connection:
            yield connection, Pen(connection, self.clock())
