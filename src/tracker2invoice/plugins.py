"""The two ports, Tracker and Output, and what a connector declares about itself.

A connector is an import package with a module-level `plugin` of type `TrackerPlugin` or `OutputPlugin`, named by an
entry point in the group `tracker2invoice.trackers` or `tracker2invoice.outputs`. Importing it must be cheap: heavy
libraries are imported inside `connect`. The conformance suites in `tracker2invoice.testing` say what a connector
must do; this module says what the engine does with the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel

from tracker2invoice.errors import Tracker2InvoiceError
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.look import PLAIN, Look
from tracker2invoice.model.milestone import Deliverable, Milestone, Project
from tracker2invoice.model.term import Countable
from tracker2invoice.model.work import Work
from tracker2invoice.oauth.declaration import Consent
from tracker2invoice.pace import Paces, SystemTimer, Timer
from tracker2invoice.rendition import Rendition

if TYPE_CHECKING:
    from tracker2invoice.testing.twins import OutputTwin, TrackerTwin

Clock = Callable[[], datetime]
"""Returns the present instant, aware, UTC."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a connector gets besides its settings.

    `name` is the configured name (`[outputs.books]` gives `books`). `directory` is the configuration file's
    folder: relative paths and token stores belong there. `clock` is the only source of the present time, `timer` of
    how long to wait for a limit, which `paces` keep longer than a connection lasts. `look` is that of the documents for
    people, if the connector makes any.
    """

    name: str
    directory: Path
    clock: Clock
    timer: Timer = field(default_factory=SystemTimer)
    paces: Paces = field(default_factory=Paces)
    look: Look = PLAIN


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `check`: what was looked at, whether it is all right, and the next step if it is not, or not long."""

    ok: bool
    what: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class ProjectCursor:
    """A project to poll, by its pinned id. `cursor` is the opaque string of the last complete poll, None at first."""

    project_id: str
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Observed:
    """A complete reading of one project: every milestone that may have changed since the cursor, both states.

    `complete` says that `milestones` is the whole list, so that what is missing from it is gone.
    """

    project: Project
    milestones: tuple[Milestone, ...]
    cursor: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The project was reached and nothing has changed since the cursor. `cursor` replaces the old one."""

    project_id: str
    cursor: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The project could not be read completely, so nothing about it is known. Never an empty answer."""

    project_id: str
    error: Tracker2InvoiceError


PollResult = Observed | Unchanged | Failed


class Tracker(Protocol):
    """A configured issue tracker, read only."""

    def find_project(self, name: str) -> Project:
        """Look a project up by its configured name; the engine pins the id at first sight and asks no more.

        Raises:
            NotThere: there is no such project, or the credentials do not show it.
            AccessDenied, TryLater: as always.
        """
        ...

    def projects(self, owner: str) -> tuple[Project, ...]:
        """Return every project under a name (organisation, user, group), archived ones too, in any order.

        The engine asks at each run for what a contract follows with `tracker:owner/*`, and pins what is new.

        Raises:
            CannotList: trackers of this kind have no such list.
            NotThere: there is no such name, or the credentials do not show it.
            AccessDenied, TryLater: the list could not be read completely.
        """
        ...

    def poll(self, projects: Sequence[ProjectCursor]) -> Iterator[PollResult]:
        """Read the milestones of many projects; yield exactly one result for each, in any order.

        One project's failure is its own `Failed`; the others go on. Raises nothing that a `Failed` can say.
        """
        ...

    def deliverables(self, milestone: Milestone) -> tuple[Deliverable, ...]:
        """Return the closed issues and merged merge requests of a milestone, all pages, ordered by number.

        Raises:
            AccessDenied, NotThere, TryLater: the list could not be read completely.
        """
        ...

    def work(self, milestone: Milestone, comments_since: datetime | None = None, labels: Collection[str] = ()) -> Work:
        """Return every issue and merge request of a milestone, open and closed, all pages, ordered by number.

        Each has its labels, and the points, estimate and times that the tracker keeps; None and () if it keeps none.
        What was given up, such as a merge request that was closed without being merged, is not in it: the closed ones
        are those that `deliverables` returns.

        With `comments_since` (UTC) each has its comments that were written, or edited by their authors, at that instant
        or later: all of them, or the work could not be read. What somebody else has edited is nobody's word and left
        out, where the tracker tells; so is what the tracker itself wrote. Trackers without `comments` in their `counts`
        leave them all out.

        With `labels` each finished item that has one of them tells who has set it: every time that this was done, also
        by the tracker's own robots, or the work could not be read. Trackers without `labellings` in their `counts`
        leave them all out.

        Raises:
            AccessDenied, NotThere, TryLater: the list could not be read completely.
        """
        ...

    def check(self, project_names: Iterable[str]) -> Iterator[Finding]:
        """Reach the tracker and each project; name the permission that is missing. Raises nothing expected."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an output can do; the engine and `check` act on it, `connectors` prints it.

    `draft_state`: documents wait there for a person. `key_lifetime`: how long the output recognises a repeated
    request by its idempotency key (None: never). `settle`: how long after an unclear answer a look-up can be
    trusted to show the document. `unique_reference`: the output itself refuses a second document with one reference.
    `pins_client`: the client's id there must be configured (`remote`). `negative_lines`: a line may deduct; an output
    without them refuses a draft that has one, and one with allowances (`Draft.rows`) unless it has these by themselves.
    `credit_notes`: it writes drafts that take an invoice back (`Draft.is_credit_note`), whose amounts are positive; an
    output without them refuses one. `attachments`: `finish` attaches what was delivered. `withdraws`: it can delete a
    draft that nobody has sent. `creates_clients`: it creates a client that is not there. `finds_together`: for how many
    drafts of one client and kind it can be asked at once, with hardly more requests than for one. A plugin declares
    what can be asked for; a connected output has `attachments` and `creates_clients` only if its settings do ask.
    """

    draft_state: bool
    key_lifetime: timedelta | None
    settle: timedelta
    unique_reference: bool
    pins_client: bool
    negative_lines: bool
    credit_notes: bool
    attachments: bool
    withdraws: bool
    numbers: bool
    finalizes: bool
    creates_clients: bool = False
    finds_together: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it stands in an output. None where the output does not tell.

    Not `complete` is a draft of which `create` was cut short between two requests: it lacks its amounts, say. Nothing
    is compared with it; the engine creates as if it were not there, and `create` completes it. `other` is the reference
    that it carries, if that is not the one of the draft that was looked for.
    """

    receipt: Receipt
    client: str | None
    currency: str | None
    gross: Decimal | None
    issue_date: date | None = None
    due_date: date | None = None
    complete: bool = True
    other: str = ""


@dataclass(frozen=True, slots=True)
class RemoteClient:
    """A client as an output has it. `id` is what `remote` pins; not `usable` is one that is archived or blocked."""

    id: str
    name: str
    vat_id: str = ""
    email: str = ""
    usable: bool = True
    url: str = ""


class Output(Protocol):
    """A configured accounting platform or folder. One process at a time uses it: the engine holds its lock."""

    capabilities: Capabilities

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Reach the output; name every account, tax code, currency or client that `contracts` need and it lacks."""
        ...

    def prepare(self, draft: Draft) -> bytes:
        """Turn the draft into the exact request body. Pure; the engine stores it before it is sent.

        Raises:
            Unsupported: the output cannot express a feature of the draft.
            Rejected: the configuration gives no account, tax code or client for it.
        """
        ...

    def find(self, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
        """Return every document with the draft's reference, exactly, in every state, deleted and void included.

        Also every document with one of `others`, marked with it: the references of more drafts of the same client and
        kind, as many as `finds_together` allows, and of documents that would bill the same as one of them. All of it is
        one request where several references can be asked for.

        Raises:
            AccessDenied, TryLater: it could not be looked up; the engine then creates nothing.
        """
        ...

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:
        """Create the document from `payload`; the same `key` comes with the same bytes on every retry.

        The client is checked by its pinned id first. If the last `find` for this draft has returned a document that is
        not complete, that one is completed and no other is made. Returns only when the output has confirmed the
        document, with the client, currency and gross amount as they stand there: the engine compares them with the
        draft.

        Raises:
            Rejected: refused for good. AccessDenied, RateLimited, Unreachable: certainly not carried out.
            Unclear: anything else; the engine looks the reference up before it sends again.
        """
        ...

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Attach what was delivered, unless it is there; safe to repeat. Only asked for with `attachments`.

        Raises:
            Rejected: refused for good; a person decides whether to do without. Otherwise like `create`.
        """
        ...

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:
        """Yield these documents as they stand there now, by their `remote_id`, in any order.

        One that is not there any more is yielded with its receipt in the state `deleted`, and None for all else. With
        `since` (UTC), what has certainly not changed after it may be left out; an output that cannot tell yields all.

        Raises:
            AccessDenied, TryLater: not everything could be read; what was yielded is true all the same.
        """
        ...

    def withdraw(self, receipt: Receipt) -> None:
        """Delete the document if it is a draft that nobody has sent; do nothing if it is not there any more.

        Safe to repeat. Only outputs with the capability `withdraws` are asked.

        Raises:
            Rejected: it is no draft any more, or is not to be deleted. Unclear: it may have been deleted.
            AccessDenied, RateLimited, Unreachable: certainly not carried out.
        """
        ...

    def clients(self, party: Party) -> Iterator[RemoteClient]:
        """Yield who over there may be this client, by VAT id, e-mail address or name; archived ones too, in any order.

        Raises:
            AccessDenied, BadAnswer, TryLater: they could not be looked up.
        """
        ...

    def create_client(self, party: Party, currency: str) -> RemoteClient:
        """Create the client. Only outputs with the capability `creates_clients` are asked, if nobody may be it.

        Where clients have a currency of their own, it is that (ISO 4217) of the draft which waits for the client.

        Raises:
            Rejected, AccessDenied, RateLimited, Unreachable, Unclear: like `create`.
        """
        ...

    def close(self) -> None:
        """Let go of connections and temporary files."""
        ...


S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class TrackerPlugin(Generic[S]):
    """What a tracker connector declares: one line about it, its settings model, how to connect, what it `counts`.

    `twin` starts a stand-in for the far side on this machine, which lives until the context ends. It gets the clock
    and the folder of the configuration. `consent` says what consent of a person these settings need, None if none.
    """

    summary: str
    settings: type[S]
    connect: Callable[[S, Context], Tracker]
    twin: Callable[[Clock, Path], AbstractContextManager[TrackerTwin]] | None = None
    counts: frozenset[Countable] = frozenset()
    consent: Callable[[S], Consent | None] | None = None
    group: Literal["trackers"] = "trackers"


Proof = Literal["real system", "published schema", "documents"]
"""What a connector was held against: the vendor's own software or files that other programs read; a schema or client
library that the vendor publishes; or what the vendor writes about it, its source included."""


@dataclass(frozen=True, slots=True)
class OutputPlugin(Generic[S]):
    """What an output connector declares: one line about it, its settings model, how to connect, what it can do.

    `twin` and `consent` are as in `TrackerPlugin`. `lacks` says in words, a setting each, what the configuration does
    not say and the documents of a contract need; nothing is billed before it does. It is pure: it reaches nothing and
    needs no secret. `renditions` are the formats that it can show a draft in, by name. `proof` says what it
    was held against.
    """

    summary: str
    settings: type[S]
    connect: Callable[[S, Context], Output]
    capabilities: Capabilities
    twin: Callable[[Clock, Path], AbstractContextManager[OutputTwin]] | None = None
    consent: Callable[[S], Consent | None] | None = None
    lacks: Callable[[S, Contract], Iterable[str]] | None = None
    renditions: Mapping[str, Rendition[S]] = field(default_factory=dict[str, Rendition[S]])
    proof: Proof = "documents"
    group: Literal["outputs"] = "outputs"
