"""The twin of plain-text books is a folder, read by the amounts of the postings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from tracker2invoice.model.claim import DocumentState
from tracker2invoice.testing.twins import Booked

_HEAD = re.compile(r'^\d{4}-\d\d-\d\d ([!*]) ".*" ".*" \^(T2I-[A-Z2-7]{12})$', re.MULTILINE)
_POSTING = re.compile(r"^  ([A-Z][A-Za-z0-9:-]+)  (-?[0-9.]+) ([A-Z]{3})$", re.MULTILINE)


class JournalTwin:
    """The folder `books` beside the configuration, in beancount's format."""

    settings: Mapping[str, object] = {"directory": "books", "format": "beancount"}
    environment: Mapping[str, str] = {}
    variants: Mapping[str, Mapping[str, object]] = {}
    client = ""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / "books"

    def documents(self) -> Sequence[Booked]:
        """Return every transaction that can be read in full and balances."""
        return [booked for path in sorted(self._folder.glob("T2I-*.beancount")) if (booked := _booked(path))]

    def leftovers(self) -> Sequence[str]:
        """Name temporary files, and files that cannot be read to the end."""
        if not self._folder.is_dir():
            return ()
        return sorted(path.name for path in self._folder.iterdir() if _booked(path) is None)

    def change(self, reference: str, state: DocumentState) -> None:
        """Clear the entry with that reference, or delete it; a file knows no other state."""
        for path in self._folder.glob(f"{reference}.beancount"):
            if state in ("void", "deleted"):
                path.unlink()
            elif state in ("sent", "paid"):
                path.write_bytes(path.read_bytes().replace(b' ! "', b' * "', 1))

    def forget_keys(self) -> None:
        """Do nothing: a folder knows no keys."""


def _booked(path: Path) -> Booked | None:
    text = path.read_text(encoding="utf-8")
    heads = _HEAD.findall(text)
    postings = [(account, Decimal(amount), currency) for account, amount, currency in _POSTING.findall(text)]
    if len(heads) != 1 or len(postings) < 2 or _sum(postings, ""):
        return None
    ((flag, reference),) = heads
    if path.name != f"{reference}.beancount":
        return None
    return Booked(
        reference=reference,
        client="",
        currency=postings[0][2],
        net=-_sum(postings, "Income:"),
        gross=_sum(postings, "Assets:"),
        state="draft" if flag == "!" else "sent",
    )


def _sum(postings: Sequence[tuple[str, Decimal, str]], beginning: str) -> Decimal:
    return sum((amount for account, amount, _ in postings if account.startswith(beginning)), Decimal(0))
