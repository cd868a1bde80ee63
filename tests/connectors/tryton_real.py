"""A real Tryton on this machine, behind a proxy that counts requests and breaks connections.

`make tryton` installs it into `.tryton`; without that folder, tests of it are skipped.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from base64 import b64decode
from collections import deque
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, Literal

import requests
from tests.connectors.tryton import given

from tracker2invoice.testing.sandbox.server import Answer, Fault, Request, Sandbox
from tracker2invoice_tryton.client import encoded
from tracker2invoice_tryton.payload import resource_of

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".tryton"
DATABASE = "books"
_INVOICES = f"/{DATABASE}/rest/model/account.invoice"


class RealTryton(Sandbox):
    """Passes requests on to the server, and does there what people do. `known` are the ids of what is set up."""

    def __init__(self, server: str, folder: Path, known: dict[str, Any]) -> None:
        super().__init__()
        self._real, self._folder, self.known = server, folder, known
        self._http = requests.Session()
        self._refuses = False

    def settings(self) -> dict[str, Any]:
        """Return the settings that lead to the server through this proxy."""
        return given(self.known, self.url, DATABASE)

    def handle(self, request: Request) -> Answer:
        """Let the server answer."""
        passed = ("authorization", "content-type", "x-tryton-context")
        headers = {name: request.headers[name] for name in passed if name in request.headers}
        if self._refuses:
            headers["authorization"] = "Bearer another"
        answer = self._http.request(
            request.method, self._real + request.target, headers=headers, data=request.body, timeout=60
        )
        return Answer(answer.status_code, answer.content, {"Content-Type": answer.headers.get("Content-Type", "")})

    def forget(self) -> None:
        """Take our references off all invoices, so that the next test finds none."""
        with closing(sqlite3.connect(self._folder / f"{DATABASE}.sqlite")) as database, database:
            database.execute("UPDATE account_invoice SET description = NULL, reference = NULL")

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Ask the server for something as a person does who is not warned of anything."""
        context = encoded({"company": self.known["company"], "_skip_warnings": True})
        headers = {"Authorization": f"Bearer {self.known['key']}", "X-Tryton-Context": context}
        answer = self._http.request(method, f"{self._real}{path}", headers=headers, json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def bearing(self, reference: str, *fields: str) -> list[dict[str, Any]]:
        """Return the invoices with that reference."""
        domain = encoded([["description", "like", f"%{reference}%"]])
        asked = "".join(f"&f={field}" for field in fields)
        found: list[dict[str, Any]] = self.call("GET", f"{_INVOICES}?d={domain}{asked}")
        return found

    def count(self, reference: str) -> int:
        return len(self.bearing(reference))

    def text(self, reference: str) -> str:
        (invoice,) = self.bearing(reference, "comment", "lines.description")
        return "\n".join([*(line["description"] for line in invoice["lines"]), invoice["comment"]])

    def attached(self, reference: str) -> list[tuple[str, bytes]]:
        """Return the names and contents of what is attached to the invoice with that reference."""
        (invoice,) = self.bearing(reference)
        domain = encoded([["resource", "=", resource_of(invoice["id"])]])
        found = self.call("GET", f"/{DATABASE}/rest/model/ir.attachment?d={domain}&f=name&f=data")
        return [(one["name"], b64decode(one["data"]["base64"])) for one in found]

    def attachments(self, reference: str) -> list[str]:
        return [name for name, _ in self.attached(reference)]

    def change(self, reference: str, state: Literal["sent", "paid", "deleted"]) -> None:
        (invoice,) = self.bearing(reference)
        if state == "deleted":
            self.call("DELETE", f"{_INVOICES}/{invoice['id']}")
            return
        self.call("POST", f"{_INVOICES}/{invoice['id']}/post?f=state", {})
        if state == "paid":
            self.settle(invoice["id"], "pay", "2026-03-09")

    def settle(self, invoice_id: int, *how: str) -> None:
        """Do what `tools/tryton_books.py` knows with a posted invoice: `pay` all of it on a day, or `credit` it."""
        program = [str(HOME / "venv/bin/python"), str(ROOT / "tools/tryton_books.py")]
        command, *day = how
        subprocess.run([*program, str(self._folder / "trytond.conf"), command, str(invoice_id), *day], check=True)

    def drop_next_write(self, moment: Literal["before", "after"]) -> None:
        self.faults.append(Fault(moment, "drop", method="POST"))

    def refuse_us(self) -> None:
        self._refuses = True


def is_installed() -> bool:
    """Say whether `make tryton` has been there."""
    return (HOME / "ids.json").is_file()


@contextmanager
def serving(folder: Path) -> Generator[str]:
    """Start the server on a copy of the books in that folder; give its address."""
    shutil.copy(HOME / "db" / f"{DATABASE}.sqlite", folder)
    config = folder / "trytond.conf"
    config.write_text(f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:0\n")
    command = [str(HOME / "venv/bin/trytond"), "-c", str(config), "-d", DATABASE, "-v"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        try:
            address = next(line.split(" on ")[1].strip() for line in server.stderr if " on http" in line)
            # whoever reads its log no more stops the server
            Thread(target=deque, args=(server.stderr, 0), daemon=True).start()
            yield address
        finally:
            server.terminate()


@contextmanager
def passing(server: str, folder: Path) -> Generator[RealTryton]:
    """Start a proxy to the server, on books without an invoice of ours."""
    with RealTryton(server, folder, json.loads((HOME / "ids.json").read_text())) as tryton:
        tryton.forget()
        yield tryton
