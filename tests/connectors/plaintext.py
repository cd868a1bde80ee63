"""What tests of plain-text books share: the programs that read them, and a reader that takes nothing but our form."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Context
from tracker2invoice.testing.samples import NOW
from tracker2invoice_plaintext import Format, PlaintextSettings
from tracker2invoice_plaintext.output import PlaintextOutput
from tracker2invoice_plaintext.syntax import FULL_WIDTH

HLEDGER = shutil.which("hledger")
needs_hledger = pytest.mark.skipif(HLEDGER is None, reason="hledger is not installed")
FORMATS: tuple[Format, ...] = ("beancount", "hledger")
ENDINGS: Mapping[Format, str] = {"beancount": "beancount", "hledger": "journal"}
BEAN_CHECK = Path(sys.executable).parent / "bean-check"

_LOAD = """
import json, sys
from beancount import loader
from beancount.core.data import Transaction

entries, errors, options = loader.load_file(sys.argv[1])
print(json.dumps({
    "errors": [error.message for error in errors],
    "included": len(options["include"]),
    "others": [type(e).__name__ for e in entries if type(e).__name__ not in ("Transaction", "Open")],
    "transactions": [
        {"flag": e.flag, "payee": e.payee, "narration": e.narration, "tags": sorted(e.tags), "links": sorted(e.links),
         "date": str(e.date), "meta": {k: str(v) for k, v in e.meta.items()},
         "postings": [
             [p.account, str(p.units.number), p.units.currency,
              {k: str(v) for k, v in p.meta.items() if k not in ("filename", "lineno")}] for p in e.postings]}
        for e in entries if isinstance(e, Transaction)],
}))
"""
_TEXT = r"[^;,|\[\]\x00-\x1f\x7f\x85\u2028\u2029]*"
_STRING = r'"(?:[^"\\\x00-\x1f\x7f\x85\u2028\u2029]|\\["\\])*"'
_LINES: Mapping[Format, Sequence[str]] = {
    "beancount": (
        rf"\d{{4}}-\d\d-\d\d ! {_STRING} {_STRING}(?: \^T2I-[A-Z2-7]{{12}})+",
        rf"  (?:  )?[a-z-]+: (?:{_STRING}|\d{{4}}-\d\d-\d\d|[0-9.]+ [A-Z]{{3}})",
        r"  [A-Z][\w-]*(?::[\w-]+)+  -?[0-9.]+ [A-Z]{3}",
    ),
    "hledger": (
        rf"\d{{4}}-\d\d-\d\d ! \(T2I-[A-Z2-7]{{12}}\) {_TEXT} \| {_TEXT}",
        rf"    (?:    )?; [a-z-]+: {_TEXT}",
        r"    [A-Z][\w-]*(?::[\w -]+)+  -?[0-9.]+ [A-Z]{3}",
        r"decimal-mark \.",
        "",
    ),
}
POSTING = re.compile(r"^ +([^\W_][\w -]*(?::[\w -]+)+)  (-?[0-9.]+) ([A-Z]{3})$", re.MULTILINE)


def connected(directory: Path, format_: Format = "beancount", **fields: Any) -> PlaintextOutput:
    settings = PlaintextSettings.model_validate({"directory": "books", "format": format_} | fields)
    return PlaintextOutput(settings, Context("ledger", directory, lambda: NOW))


def entry(draft: Draft, format_: Format = "beancount", **fields: Any) -> str:
    text: str = json.loads(connected(Path("/nowhere"), format_, **fields).prepare(draft))["entry"]
    return text


def is_our_form(text: str, format_: Format) -> bool:
    """Say whether every line is one that an entry may have, and only the first kind stands once."""
    lines = text.removesuffix("\n").split("\n")
    head = _LINES[format_][0]
    known = all(any(re.fullmatch(form, line) for form in _LINES[format_]) for line in lines)
    return known and sum(re.fullmatch(head, line) is not None for line in lines) == 1


def balances(texts: Iterator[str] | Sequence[str]) -> dict[str, Decimal]:
    """Add up what stands on each account; accounts with nothing on them are left out."""
    sums: dict[str, Decimal] = {}
    for text in texts:
        for account, amount, _ in POSTING.findall(text):
            sums[account] = sums.get(account, Decimal(0)) + Decimal(amount)
    return {account: amount for account, amount in sums.items() if amount}


def total(text: str) -> Decimal:
    """Return what the postings of an entry make together."""
    return sum((Decimal(amount) for _, amount, _ in POSTING.findall(text)), Decimal(0))


def booked(draft: Draft, **fields: Any) -> dict[str, str]:
    """Return what an entry leaves on each account."""
    return {account: f"{amount:f}" for account, amount in balances([entry(draft, **fields)]).items()}


@dataclass(frozen=True, slots=True)
class Books:
    """A folder of entries, and a main file that includes them all."""

    folder: Path

    def texts(self) -> list[str]:
        return [path.read_text() for path in sorted(self.folder.iterdir())]

    def bean_check(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run([BEAN_CHECK, self._main("beancount")], check=False, capture_output=True, text=True)

    def loaded(self) -> dict[str, Any]:
        command = [sys.executable, "-c", _LOAD, str(self._main("beancount"))]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def hledger(self, *arguments: str, before: str = "") -> str:
        assert HLEDGER
        command = [HLEDGER, "-f", str(self._main("journal", before)), *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _main(self, ending: str, before: str = "") -> Path:
        beginning = 'plugin "beancount.plugins.auto_accounts"\n' if ending == "beancount" else before
        quote = '"' if ending == "beancount" else ""
        paths = sorted(self.folder.glob(f"*.{ending}"))
        main = self.folder.parent / f"main.{ending}"
        main.write_text(beginning + "".join(f"include {quote}{path}{quote}\n" for path in paths))
        return main


def as_written(text: str, format_: Format) -> str:
    """Undo what a format does to text, as a reader of it does."""
    if format_ == "beancount":
        return re.sub(r"\\(.)", r"\1", text)
    return text.translate({wide: plain for plain, wide in FULL_WIDTH.items()})
