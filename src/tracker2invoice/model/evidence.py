"""Why there is this invoice: what was delivered and who accepted it, with the proof that nobody changed it since.

Everything but its number and a `Comparison` was frozen when the document was claimed. Text of trackers in it is
hostile.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.milestone import Deliverable


@dataclass(frozen=True, slots=True)
class Recorded:
    """A journal entry as its hash is taken over it: `at` and `body` are the texts that were hashed.

    `hash` is the hexadecimal SHA-256 of the JSON list of `previous` (the hash of the entry before) and the five fields
    after it, without spaces, all but ASCII escaped.
    """

    previous: str
    seq: int
    at: str
    kind: str
    subject: str
    body: str
    hash: str


@dataclass(frozen=True, slots=True)
class ClosedMilestone:
    """A milestone as it was when it was billed. `closed_at` is UTC, `closing` says in words when and by whom.

    `recorded` is None for a milestone that no tracker has.
    """

    key: str
    title: str
    url: str
    closed_at: datetime | None
    closed_by: str
    closing: str
    recorded: Recorded | None


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's decision to let a bill go, made before it went; `reference` is that of the claim, `at` is UTC."""

    reference: str
    by: str
    at: datetime
    note: str
    recorded: Recorded


@dataclass(frozen=True, slots=True)
class Delivered:
    """A deliverable, the milestone that its line was billed for, and the SHA-256 of its canonical JSON."""

    deliverable: Deliverable
    milestone_key: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """The entry of a claim, and the SHA-256 of the draft of each of its documents: the entry has the `seal` of them."""

    recorded: Recorded
    drafts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Numbered:
    """The number (BT-1) that a document got when a person finalized it, and the entry which says so."""

    number: str
    recorded: Recorded


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands behind one document. `frozen` are the canonical bytes of its draft, as they were claimed.

    `numbered` is None as long as nobody has finalized it; no digest of the draft covers it.
    """

    draft: Draft
    frozen: bytes
    milestones: tuple[ClosedMilestone, ...]
    deliverables: tuple[Delivered, ...]
    approvals: tuple[Approval, ...]
    claims: tuple[Claimed, ...]
    numbered: Numbered | None = None

    @property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the draft, as it was frozen."""
        return hashlib.sha256(self.frozen).hexdigest()


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a milestone or deliverable since it was billed.

    `gone` was deleted, or is in no milestone of its project. `title` is the one that it was billed with; of what was
    `added` the present one. `now` is the new title of what was renamed, or the milestone to which it was moved.
    """

    subject: Literal["milestone", "deliverable"]
    change: Literal["reopened", "renamed", "moved", "gone", "added"]
    number: str
    title: str
    now: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A milestone of which the tracker did not tell, so that nothing is known about it, and why."""

    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the tracker differed at `at` (UTC) from what was billed; what is `unread` may differ all the same."""

    at: datetime
    changes: tuple[Change, ...]
    unread: tuple[Unread, ...]
