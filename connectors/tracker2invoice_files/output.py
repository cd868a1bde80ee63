"""Drafts as files in one folder; `docs/connectors/files.md` is the manual.

A document is there when one of its files is there and none is unfinished. Creating it again writes the same
bytes in the same place, so nothing here can make a second one. No other place is read or written.

Once a document has its number it is no draft any more. The JSON file says so, which is the last one to get it: when it
has the number, all of them have.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from stat import S_ISREG

from tracker2invoice.documents.document import Summary, read_summary
from tracker2invoice.durable import is_unfinished, publish, remove
from tracker2invoice.errors import AccessDenied, BadAnswer, Rejected, StorageFailed, Unsupported
from tracker2invoice.finding import one_by_one
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import REFERENCE, Draft
from tracker2invoice.plugins import Context, Document, Finding, RemoteClient
from tracker2invoice_files import CAPABILITIES, ENDINGS, FilesSettings, Format
from tracker2invoice_files.findings import findings
from tracker2invoice_files.rendering import refuse_unfit, render

MODE = 0o640
"""Invoices are nobody's business but the owner's and the group's; the umask can take the group away."""


class FilesOutput:
    """One configured folder. Its receipts point to the PDF, or to the first format there is."""

    capabilities = CAPABILITIES

    def __init__(self, settings: FilesSettings, context: Context) -> None:
        self._name = context.name
        self._settings, self._look = settings, context.look
        self._directory = (context.directory / settings.directory.expanduser()).resolve()

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Try the folder and the fonts, and look for what the contracts' documents would lack."""
        return findings(self._name, self._directory, self._settings, contracts)

    def prepare(self, draft: Draft) -> bytes:
        """Return the draft and the settings of its formats, as canonical JSON.

        Raises:
            Unsupported: the draft is no invoice and no credit note. Rejected: its reference is no file name, or it
                lacks something that an electronic invoice needs.
        """
        settings = self._settings
        refuse_unfit(self._name, settings, draft)
        self._path(draft.reference, "json")
        request = {
            "draft": draft.to_dict(),
            **settings.model_dump(mode="json", exclude_none=True, exclude={"kind", "directory"}),
        }
        return json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    def find(self, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
        """Return the document with the draft's reference, in whatever formats it is there.

        Raises:
            AccessDenied: the folder or file cannot be read. BadAnswer: the JSON file is no document of ours.
            StorageFailed: the disk fails. Rejected: the reference is no file name.
        """
        return one_by_one(lambda one: self._standing(one.reference), draft, others)

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:  # noqa: ARG002 (the file name is the key)
        """Write the files that the payload asks for; the same payload writes the same bytes.

        Raises:
            Rejected: a document cannot be made from the payload. StorageFailed: the folder cannot be written.
        """
        frozen, settings = self._read(payload)
        if frozen.reference != draft.reference:
            raise Rejected(self._name, "the stored request is of another draft")
        self._publish(frozen, settings, settings.formats)
        receipt = self._receipt(frozen.reference, settings.formats, "")
        return Document(receipt, frozen.client.remote.get(self._name), frozen.currency, frozen.totals.gross)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Do nothing: `create` wrote everything."""

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:  # noqa: ARG002
        """Yield each document as it lies there. Raises like `find`."""
        for receipt in receipts:
            found = self._standing(receipt.remote_id, delivered=True)
            yield found[0] if found else Document(replace(receipt, state="deleted"), None, None, None)

    def withdraw(self, receipt: Receipt) -> None:
        """Remove every file of the document.

        Raises:
            Rejected: it has a number, or the reference is no file name. StorageFailed: a file cannot be removed.
        """
        if any(one.receipt.number for one in self._standing(receipt.remote_id, delivered=True)):
            raise Rejected(self._name, "the document has its number: it is no draft any more")
        remove(self._directory, [self._path(receipt.remote_id, format_).name for format_ in ENDINGS])

    def numbers(self) -> Collection[str]:
        """Return the numbers of all documents in the folder.

        Raises:
            AccessDenied, BadAnswer, StorageFailed: a JSON file cannot be read.
        """
        with self._reading():
            references = [path.stem for path in self._directory.glob("*.json") if REFERENCE.fullmatch(path.stem)]
            return {number for one in references if (number := self._summary(one).number)}

    def finalize(self, draft: Draft, receipt: Receipt) -> Document:
        """Write every file of the document anew with the draft's number, and a JSON file if there was none.

        Raises:
            Rejected: another number stands on it, or it cannot be made. Otherwise like `find` and `create`.
        """
        with self._reading():
            present = self._present(draft.reference, delivered=True)
            known = self._summary(draft.reference).number if "json" in present else ""
        if known not in ("", draft.number):
            raise Rejected(self._name, f"it has the number {known} already")
        formats: list[Format] = [*(one for one in present if one != "json"), "json"]
        self._publish(draft, self._settings, formats)
        return next(self.read_back([receipt], None))

    def clients(self, party: Party) -> Iterator[RemoteClient]:  # noqa: ARG002
        """Yield nobody: a folder has no list of clients."""
        yield from ()

    def create_client(self, party: Party, currency: str) -> RemoteClient:  # noqa: ARG002
        """Refuse: nobody is created here."""
        raise Unsupported(self._name, "clients that are to be created")

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _publish(self, draft: Draft, settings: FilesSettings, formats: Iterable[Format]) -> None:
        files = {
            self._path(draft.reference, one).name: render(self._name, settings, draft, one, look=self._look)
            for one in formats
        }
        publish(self._directory, files, MODE)

    @contextmanager
    def _reading(self) -> Generator[None]:
        try:
            yield
        except PermissionError as error:
            raise AccessDenied(self._name, error.strerror or "permission denied") from error
        except OSError as error:
            raise StorageFailed(str(self._directory), error.strerror or type(error).__name__) from error

    def _standing(self, reference: str, *, delivered: bool = False) -> tuple[Document, ...]:
        with self._reading():
            present = self._present(reference, delivered=delivered)
            summary = self._summary(reference) if "json" in present else None
        if not present:
            return ()
        receipt = self._receipt(reference, present, summary.number if summary else "")
        if summary is None:
            return (Document(receipt, None, None, None),)
        return (Document(receipt, summary.remote.get(self._name), summary.currency, summary.gross),)

    def _path(self, reference: str, format_: Format) -> Path:
        if not REFERENCE.fullmatch(reference):
            raise Rejected(self._name, "the reference cannot be a file name")
        return self._directory / f"{reference}.{ENDINGS[format_]}"

    def _present(self, reference: str, *, delivered: bool = False) -> list[Format]:
        """Return the formats that are there; of what was `delivered`, also while it is being written anew."""
        paths: dict[Format, Path] = {format_: self._path(reference, format_) for format_ in ENDINGS}
        if not delivered and is_unfinished(self._directory, (path.name for path in paths.values())):
            return []
        return [format_ for format_, path in paths.items() if _is_file(path)]

    def _receipt(self, reference: str, formats: Sequence[Format], number: str) -> Receipt:
        shown: Format = next(format_ for format_ in ENDINGS if format_ in formats)
        return Receipt(reference, number, self._path(reference, shown).as_uri(), "sent" if number else "draft")

    def _summary(self, reference: str) -> Summary:
        path = self._path(reference, "json")
        try:
            summary = read_summary(path.read_bytes())
        except ValueError as error:
            raise BadAnswer(self._name, f"{path.name} cannot be read") from error
        if summary.reference != reference:
            raise BadAnswer(self._name, f"{path.name} holds another document")
        return summary

    def _read(self, payload: bytes) -> tuple[Draft, FilesSettings]:
        """Return the draft and the settings that it was prepared with; those of the folder do not count."""
        try:
            request = json.loads(payload)
            draft = Draft.from_bytes(json.dumps(request.pop("draft")).encode())
            return draft, FilesSettings.model_validate({**request, "directory": self._directory})
        except (ValueError, KeyError, TypeError) as error:
            raise Rejected(self._name, "the stored request cannot be read") from error


def _is_file(path: Path) -> bool:
    try:
        return S_ISREG(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
