"""Every expected problem, grouped by what happens next.

    Tracker2InvoiceError
    ├── FixConfig              a person changes the configuration, a permission or an installation
    │   ├── ConfigInvalid        every problem of the file at once, never a value
    │   ├── SecretMissing        a reference to a secret leads nowhere
    │   ├── NoSuchConnector      no installed package provides that kind
    │   ├── BrokenConnector      an installed connector cannot be loaded
    │   ├── AccessDenied         the remote system refuses our credentials or permissions
    │   │   └── NoConsent          a person has to consent, or to consent again
    │   ├── ConsentFailed        a person was asked for consent, and there is none
    │   ├── CannotList           the tracker cannot list the projects under a name
    │   └── NotThere             the remote system does not have what the configuration names
    ├── TryLater               nothing happened over there; the next run tries again by itself
    │   ├── RateLimited
    │   ├── Unreachable
    │   └── BadAnswer            a reading request got an answer that makes no sense
    ├── Unclear                a writing request may have been carried out: look before sending again
    ├── Rejected               this document was refused; others go on
    │   └── Unsupported          the output cannot express a feature of the document
    └── Stop                   going on could do harm or lose something
        ├── LedgerTooNew, LedgerTooOld, LedgerDamaged, LedgerBusy
        ├── AlreadyRunning
        ├── StorageFailed
        └── PlanChanged

Errors carry data. The sentence that a person reads is worded in `cli/wording.py` alone. No error holds a
secret or a configured value.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


class Tracker2InvoiceError(Exception):
    """The root of the tree; never raised itself."""


class FixConfig(Tracker2InvoiceError):
    """A person has to change something before this can work."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a configuration file: where, and what to do about it, never the value."""

    file: str
    section: str
    key: str
    message: str


class ConfigInvalid(FixConfig):
    """The configuration is refused; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{len(problems)} problems in the configuration")
        self.problems = problems


class SecretMissing(FixConfig):
    """A secret's reference leads nowhere. `source` names the place (`environment variable X`), no value."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.source = source


class NoSuchConnector(FixConfig):
    """No installed package provides a connector of that kind."""

    def __init__(self, group: str, kind: str, installed: tuple[str, ...]) -> None:
        super().__init__(kind)
        self.group, self.kind, self.installed = group, kind, installed


class BrokenConnector(FixConfig):
    """A connector is installed, but cannot be used; `reason` says why."""

    def __init__(self, kind: str, distribution: str, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind, self.distribution, self.reason = kind, distribution, reason


class _Remote(Tracker2InvoiceError):
    """An error of an outside system: `system` is its configured name, `detail` what it said, redacted."""

    def __init__(self, system: str, detail: str) -> None:
        super().__init__(f"{system}: {detail}")
        self.system, self.detail = system, detail


class AccessDenied(_Remote, FixConfig):
    """The credentials are wrong or expired, or a permission is missing (HTTP 401, 403)."""


class NoConsent(AccessDenied):
    """The consent of a person is needed, and there is none: never given, at its end, or taken back."""


ConsentFailure = Literal[
    "address", "code", "denied", "elsewhere", "lost", "no-code", "no-refresh", "refused", "silence", "state", "tenant"
]


class ConsentFailed(_Remote, FixConfig):
    """A person was asked for consent and there is none; what was there before is as it was.

    `reason` is one of: `address` (the redirect address is taken or not ours), `elsewhere` (it is not on this machine),
    `silence` (nobody came back in time), `denied` (by the person), `refused` (by the system), `state` (the answer is
    to another question), `no-code` (it is none), `code` (its code was used already or is too old), `lost` (the code was
    sent, and there was no answer), `no-refresh` (no refresh token), `tenant` (the consent is for another account).
    """

    def __init__(self, system: str, reason: ConsentFailure, detail: str = "") -> None:
        super().__init__(system, detail or reason)
        self.reason = reason


class CannotList(FixConfig):
    """The configuration follows all projects under a name, which trackers of this kind cannot list."""

    def __init__(self, system: str) -> None:
        super().__init__(f"{system}: cannot list projects")
        self.system = system


class NotThere(_Remote, FixConfig):
    """The configuration names something that the system does not have or does not show us (HTTP 404)."""


class TryLater(_Remote):
    """Nothing was changed over there, and it may work later; `not_before` (UTC) if the system said when."""

    def __init__(self, system: str, detail: str, not_before: datetime | None = None) -> None:
        super().__init__(system, detail)
        self.not_before = not_before


class RateLimited(TryLater):
    """The system's request limit is used up."""


class Unreachable(TryLater):
    """No connection could be made, or the system is down. The request was not carried out."""


class BadAnswer(TryLater):
    """A reading request was answered with something unreadable: HTML, broken JSON, missing fields."""


class Unclear(_Remote):
    """A writing request got no readable answer (time-out, reset, 5xx): it may have been carried out."""


class Rejected(_Remote):
    """The system refused this document for a reason that trying again does not change."""


class Unsupported(Rejected):
    """The output cannot express `feature` of the document, so nothing was sent."""

    def __init__(self, system: str, feature: str) -> None:
        super().__init__(system, f"cannot express {feature}")
        self.feature = feature


class Stop(Tracker2InvoiceError):
    """Going on could do harm."""


class LedgerTooNew(Stop):
    """The ledger was written by a later version of the program."""


class LedgerTooOld(Stop):
    """The ledger needs `ledger migrate` first."""


class LedgerDamaged(Stop):
    """The ledger cannot be read, or contradicts itself."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class LedgerBusy(Stop):
    """Another process has held the ledger or one of its locks for too long; `what` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class AlreadyRunning(Stop):
    """Another daemon works on this ledger."""


class StorageFailed(Stop):
    """A file could not be written: disk full, read-only, no permission."""

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(f"{path}: {detail}")
        self.path, self.detail = path, detail


class PlanChanged(Stop):
    """What a saved plan rests on has changed since it was made."""
