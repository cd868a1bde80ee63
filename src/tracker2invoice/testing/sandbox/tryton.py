"""A pretended Tryton on 127.0.0.1, with state and faults.

    with TrytonSandbox(clock) as tryton:
        pinned = tryton.books.add_party("Acme GmbH")
        settings = TrytonSettings(url=tryton.url, database=DATABASE, key=KEY, company=COMPANY, ...)

Over HTTP, a test or a rehearsal steers it with JSON, all by POST except the first:

    GET  /_sandbox/state               every party, address and invoice, and what is attached
    POST /_sandbox/parties             {"name": "…"} -> {"id": "12/34"}
    POST /_sandbox/invoices/<id>       {"do": "post"}, {"do": "delete"}, or fields to change: what a person does
    POST /_sandbox/payments/<id>       {"amount": "100.00", "on": "2026-04-01"}
    POST /_sandbox/faults              {"when": "after", "do": "drop", "method": "POST", "path": "/account.invoice",
                                        "status": 503, "body": "…", "headers": {…}}: for the next such request
    POST /_sandbox/stale               {"reads": 2}: so many searches miss the invoice created last
    POST /_sandbox/revoke              {}: the key is good no more

Sources: those of `tryton_books` and `tryton_query`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request, Sandbox
from tracker2invoice.testing.sandbox.tryton_books import ATTACHMENT, INVOICE, PARTY, Fields, Refused, TrytonBooks
from tracker2invoice.testing.sandbox.tryton_query import chosen, decoded, from_json, matches, to_json

KEY = "sandbox-key"
DATABASE = "sandbox"
_API = f"/{DATABASE}/rest/model/"


class TrytonSandbox(Sandbox):
    """One database and one key. `books` holds the state."""

    def __init__(self, clock: Clock, port: int = 0) -> None:
        super().__init__(port)
        self.books = TrytonBooks(clock)
        self._creating = {
            INVOICE: self.books.create,
            PARTY: self.books.create_party,
            ATTACHMENT: self.books.attach,
        }
        self.stale_reads = 0
        self.revoked = False

    def revoke(self) -> None:
        """Cancel the key."""
        self.revoked = True

    def handle(self, request: Request) -> Answer:
        """Answer a request to the API or the controls."""
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        if not request.path.startswith(_API):
            return _page(404, "Not Found")
        if self.revoked or request.headers.get("authorization") != f"Bearer {KEY}":
            return _page(401, "Unauthorized")
        try:
            return self._answer(request)
        except Refused as refused:
            return Answer(400, {"status": 400, "message": refused.message, "description": refused.description})
        except (LookupError, TypeError):
            # a model, a field or an operator that it does not know
            return _page(500, "Internal Server Error")

    def _answer(self, request: Request) -> Answer:
        parts = request.path.removeprefix(_API).split("/")
        table = self.books.tables[parts[0]]
        match (request.method, parts):
            case ("GET", [model]):
                return self._found(model, request)
            case ("POST", [model]) if create := self._creating.get(model):
                return self._shown(model, create(from_json(request.body)), request)
            case (method, [model, record_id, *rest]):
                record = table.get(int(record_id))
                if record is None or not self.books.shows(record):
                    return _page(404, "Not Found")
                return self._one(method, model, record, rest, request)
            case _:
                return _page(405, "Method Not Allowed")

    def _one(self, method: str, model: str, record: Fields, rest: list[str], request: Request) -> Answer:
        match (method, model, rest):
            case ("GET", _, []):
                return self._shown(model, record, request)
            case ("DELETE", "account.invoice", []):
                self.books.delete(record)
                return Answer(204)
            case ("POST", "account.invoice", [button]):
                self.books.act(record, button)
                return self._shown(model, record, request)
            case _:
                return _page(405, "Method Not Allowed")

    def _found(self, model: str, request: Request) -> Answer:
        domain = decoded(_asked(request, "d")[0])
        if model == ATTACHMENT:
            self.books.refuse_search(domain)
        # whoever asks for it sees what is not active
        hidden = () if any(clause[0] == "active" for clause in domain) else (False,)
        found = [
            record
            for record in self.books.tables[model].values()
            if self.books.shows(record)
            and record.get("active", True) not in hidden
            and matches(self.books, self.books.read(model, record), domain)
        ]
        if model == INVOICE and self.stale_reads and self.books.invoices:
            self.stale_reads -= 1
            found = [one for one in found if one is not self.books.invoices[-1]]
        fields = _asked(request, "f")
        return Answer(200, to_json([chosen(self.books, self.books.read(model, one), fields) for one in found]))

    def _shown(self, model: str, record: Fields, request: Request) -> Answer:
        return Answer(200, to_json(chosen(self.books, self.books.read(model, record), _asked(request, "f"))))

    def _control(self, request: Request) -> Answer:
        order = from_json(request.body or b"{}")
        match request.path.removeprefix("/_sandbox/").split("/"):
            case ["state"]:
                shown = (PARTY, "party.address", INVOICE, ATTACHMENT)
                return Answer(200, to_json({model: list(self.books.tables[model].values()) for model in shown}))
            case ["parties"]:
                return Answer(200, {"id": self.books.add_party(order["name"])})
            case ["invoices", invoice_id]:
                return self._steered(self.books.tables[INVOICE][int(invoice_id)], order)
            case ["payments", invoice_id]:
                invoice = self.books.tables[INVOICE][int(invoice_id)]
                self.books.pay(invoice, Decimal(order["amount"]), date.fromisoformat(order["on"]))
            case ["faults"]:
                self.faults.append(Fault.ordered(order, _API))
            case ["stale"]:
                self.stale_reads = order["reads"]
            case ["revoke"]:
                self.revoke()
            case _:
                return Answer(404)
        return Answer(200, {})

    def _steered(self, invoice: Fields, order: Fields) -> Answer:
        deed = order.pop("do", "")
        if deed == "delete":
            self.books.delete(invoice)
        elif deed:
            self.books.act(invoice, deed)
        invoice |= order
        return Answer(200, to_json(invoice))


def _asked(request: Request, name: str) -> list[str]:
    return [value for one, value in parse_qsl(urlsplit(request.target).query) if one == name]


def _page(status: int, title: str) -> Answer:
    body = f"<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n"
    return Answer(status, body.encode(), {"Content-Type": "text/html; charset=utf-8"})
