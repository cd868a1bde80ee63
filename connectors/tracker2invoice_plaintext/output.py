"""Drafts as entries for plain-text accounting, a file each; `docs/connectors/plaintext.md` is the manual.

A document is there when its file is there and not unfinished. Creating it again writes the same bytes in the same
place. What a person has cleared is not removed any more. No other place is read or written.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from stat import S_ISREG

from tracker2invoice.durable import is_unfinished, publish, remove
from tracker2invoice.errors import AccessDenied, BadAnswer, Rejected, StorageFailed, Unsupported
from tracker2invoice.finding import one_by_one
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import REFERENCE, Draft
from tracker2invoice.plugins import Context, Document, Finding, RemoteClient
from tracker2invoice_plaintext import CAPABILITIES, ENDINGS, Format, PlaintextSettings
from tracker2invoice_plaintext.findings import findings
from tracker2invoice_plaintext.reading import Summary, read_summary
from tracker2invoice_plaintext.syntax import render

MODE = 0o640
"""Books are nobody's business but the owner's and the group's; the umask can take the group away."""


class PlaintextOutput:
    """One configured folder. The reference is the file's name, and the id of the document."""

    capabilities = CAPABILITIES

    def __init__(self, settings: PlaintextSettings, context: Context) -> None:
        self._name = context.name
        self._settings = settings
        self._directory = (context.directory / settings.directory.expanduser()).resolve()

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Try the folder, and name the accounts that the contracts need."""
        return findings(self._name, self._directory, self._settings, contracts)

    def prepare(self, draft: Draft) -> bytes:
        """Return the entry as text and its format, as canonical JSON.

        Raises:
            Unsupported: the draft is no invoice and no credit note, or its sums do not add up.
            Rejected: its reference is no file name, or the client's `remote` no part of an account.
        """
        format_ = self._settings.format
        self._path(draft.reference, format_)
        text = render(self._name, self._settings, draft)
        request = {"entry": text, "format": format_}
        return json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    def find(self, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
        """Return what has the draft's reference: one document for each format it is there in.

        Raises:
            AccessDenied: the folder or file cannot be read. BadAnswer: the file is no entry of ours.
            StorageFailed: the disk fails. Rejected: the reference is no file name.
        """
        return one_by_one(lambda one: self._standing(one.reference), draft, others)

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:  # noqa: ARG002 (the file name is the key)
        """Write the file that the payload holds; the same payload writes the same bytes.

        Raises:
            Rejected: the payload is no entry of this draft. StorageFailed: the folder cannot be written.
        """
        content, format_ = self._read(payload)
        try:
            summary = read_summary(content)
        except ValueError as error:
            raise Rejected(self._name, "the stored request cannot be read") from error
        path = self._path(draft.reference, format_)
        if summary.reference != draft.reference:
            raise Rejected(self._name, "the stored request is of another draft")
        publish(self._directory, {path.name: content}, MODE)
        return _document(path, summary)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Do nothing: `create` wrote everything."""

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:  # noqa: ARG002
        """Yield each document as it lies there. Raises like `find`."""
        for receipt in receipts:
            found = self._standing(receipt.remote_id)
            yield found[0] if found else Document(replace(receipt, state="deleted"), None, None, None)

    def withdraw(self, receipt: Receipt) -> None:
        """Remove the file of the document.

        Raises:
            Rejected: a person has cleared or rewritten it, or the reference is no file name.
            AccessDenied: the file cannot be read. StorageFailed: it cannot be removed.
        """
        try:
            standing = self._standing(receipt.remote_id)
        except BadAnswer as error:
            raise Rejected(self._name, error.detail) from error
        if any(one.receipt.state != "draft" for one in standing):
            raise Rejected(self._name, "the entry is cleared: it is no draft any more")
        remove(self._directory, [path.name for path in self._paths(receipt.remote_id)])

    def clients(self, party: Party) -> Iterator[RemoteClient]:  # noqa: ARG002
        """Yield nobody: a folder has no list of clients."""
        yield from ()

    def create_client(self, party: Party, currency: str) -> RemoteClient:  # noqa: ARG002
        """Refuse: nobody is created here."""
        raise Unsupported(self._name, "clients that are to be created")

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _standing(self, reference: str) -> tuple[Document, ...]:
        paths = self._paths(reference)
        try:
            if is_unfinished(self._directory, (path.name for path in paths)):
                return ()
            return tuple(_document(path, self._summary(path, reference)) for path in paths if _is_file(path))
        except PermissionError as error:
            raise AccessDenied(self._name, error.strerror or "permission denied") from error
        except OSError as error:
            raise StorageFailed(str(self._directory), error.strerror or type(error).__name__) from error

    def _paths(self, reference: str) -> tuple[Path, ...]:
        return tuple(self._path(reference, format_) for format_ in ENDINGS)

    def _path(self, reference: str, format_: Format) -> Path:
        if not REFERENCE.fullmatch(reference):
            raise Rejected(self._name, "the reference cannot be a file name")
        return self._directory / f"{reference}.{ENDINGS[format_]}"

    def _summary(self, path: Path, reference: str) -> Summary:
        try:
            summary = read_summary(path.read_bytes())
        except ValueError as error:
            raise BadAnswer(self._name, f"{path.name} cannot be read") from error
        if summary.reference != reference:
            raise BadAnswer(self._name, f"{path.name} holds another document")
        return summary

    def _read(self, payload: bytes) -> tuple[bytes, Format]:
        try:
            request = json.loads(payload)
            content: bytes = request["entry"].encode()
            return content, next(format_ for format_ in ENDINGS if format_ == request["format"])
        except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
            raise Rejected(self._name, "the stored request cannot be read") from error


def _document(path: Path, summary: Summary) -> Document:
    return Document(
        receipt=Receipt(summary.reference, "", path.as_uri(), summary.state),
        client=None,
        currency=summary.currency,
        gross=summary.gross,
        issue_date=summary.issue_date,
        due_date=summary.due_date,
    )


def _is_file(path: Path) -> bool:
    try:
        return S_ISREG(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
