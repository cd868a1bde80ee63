"""The twin of a folder is a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from tracker2invoice.model.claim import DocumentState
from tracker2invoice.testing.twins import Booked

_ENDINGS = ("json", "csv", "ubl.xml")


class FolderTwin:
    """The folder `invoices` beside the configuration. Without PDF: it is slow and written like the others."""

    settings: Mapping[str, object] = {"directory": "invoices", "formats": ["json", "csv", "ubl"]}
    environment: Mapping[str, str] = {}
    variants: Mapping[str, Mapping[str, object]] = {}
    client = ""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / "invoices"

    def documents(self) -> Sequence[Booked]:
        """Return what can be read in full."""
        return [_booked(path) for path in sorted(self._folder.glob("*.json")) if _is_whole(path)]

    def leftovers(self) -> Sequence[str]:
        """Name temporary files, files that cannot be read to the end, and formats that are missing."""
        if not self._folder.is_dir():
            return ()
        present = {path.name for path in self._folder.iterdir()}
        wanted = {f"{path.name.partition('.')[0]}.{ending}" for path in self._folder.iterdir() for ending in _ENDINGS}
        broken = {path.name for path in self._folder.iterdir() if not _is_whole(path)}
        return sorted((present ^ wanted) | broken)

    def change(self, reference: str, state: DocumentState) -> None:
        """Delete the files with that reference; a folder knows no other state."""
        if state in ("void", "deleted"):
            for path in self._folder.glob(f"{reference}.*"):
                path.unlink()

    def forget_keys(self) -> None:
        """Do nothing: a folder knows no keys."""


def _is_whole(path: Path) -> bool:
    try:
        if path.suffix == ".json":
            json.loads(path.read_bytes())
        elif path.suffix == ".xml":
            etree.fromstring(path.read_bytes())
    except (ValueError, etree.XMLSyntaxError):
        return False
    return True


def _booked(path: Path) -> Booked:
    document: Any = json.loads(path.read_bytes())
    totals = document["totals"]
    return Booked(
        reference=document["reference"],
        client="",
        currency=document["currency"],
        net=Decimal(totals["net"]),
        gross=Decimal(totals["gross"]),
        state="sent" if document["number"] else "draft",
    )
