"""Where the tokens of an app are kept: one file for all processes, mode 0600, one writer, replaced as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from tracker2invoice.durable import probe, publish
from tracker2invoice.errors import StorageFailed, Unreachable
from tracker2invoice.intake import read_ordinary
from tracker2invoice.plugins import Context

if TYPE_CHECKING:
    from tracker2invoice.secret import SecretReference

_MARGIN = timedelta(minutes=2)
_LOCK_SECONDS = 60
_LARGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a token server gave. Instants are in UTC, None where it is not known.

    `expires_at` is of the access token. `seed` is the digest of the configured refresh token that the chain began
    with, `began_at` when it began, `renewed_at` when the present refresh token was given, `ends_at` until when the
    server said that it is good.
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime | None
    seed: str = ""
    began_at: datetime | None = None
    renewed_at: datetime | None = None
    ends_at: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Whether the access token will still be good for the requests that are about to be sent."""
        return self.expires_at is not None and now + _MARGIN < self.expires_at


_FILE = TypeAdapter(Tokens)


@dataclass(frozen=True, slots=True)
class TokenStore:
    """The file at `path` with the tokens of the connector called `name`."""

    path: Path
    name: str

    def read(self) -> Tokens | None:
        """Return the tokens, None if there are none.

        Raises:
            StorageFailed: the file belongs to somebody else. Whoever begins a new chain then loses the old one.
        """
        try:
            return _FILE.validate_json(read_ordinary(self.path, _LARGEST))
        except PermissionError as error:
            raise StorageFailed(str(self.path), error.strerror or "no permission") from None
        except (OSError, ValidationError):
            return None

    def write(self, tokens: Tokens) -> None:
        """Replace the tokens; they are on the disk when this returns. Only while it is `locked`.

        Raises:
            StorageFailed: the file cannot be written; the old one is as it was.
        """
        publish(self.path.parent, {self.path.name: _FILE.dump_json(tokens)}, 0o600)

    def probe(self) -> None:
        """See whether tokens could be written.

        Raises:
            StorageFailed: they could not.
        """
        probe(self.path.parent)

    @contextmanager
    def locked(self) -> Generator[None]:
        """Keep every other process from asking for tokens meanwhile.

        Raises:
            Unreachable: another process has been asking for too long.
            StorageFailed: the lock cannot be written.
        """
        lock = FileLock(f"{self.path}.lock", mode=0o600)
        try:
            lock.acquire(timeout=_LOCK_SECONDS)
        except Timeout:
            raise Unreachable(self.name, "another process has been renewing the access token for too long") from None
        except OSError as error:
            raise StorageFailed(f"{self.path}.lock", error.strerror or "not writable") from None
        try:
            yield
        finally:
            lock.release()


def token_store(kind: str, context: Context) -> TokenStore:
    """Return where a connector of that kind keeps its tokens: beside the configuration."""
    return TokenStore(context.directory / f"{kind}-{quote(context.name, safe='')}.token.json", context.name)


def seed_digest(seed: SecretReference | None) -> str:
    """Return by what a chain knows the configured refresh token that it began with.

    Raises:
        SecretMissing: it is configured, and not there.
    """
    return hashlib.sha256((seed.reveal() if seed else "").encode()).hexdigest()
