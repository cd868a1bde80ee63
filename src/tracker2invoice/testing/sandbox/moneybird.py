"""A pretended Moneybird on 127.0.0.1, with state and faults.

    with MoneybirdSandbox(clock) as moneybird:
        contact = moneybird.books.add_contact("Acme B.V.")
        settings = MoneybirdSettings(url=moneybird.url, administration=ADMINISTRATION, token=TOKEN, ...)

Over HTTP, a test or a rehearsal steers it with JSON, all by POST except the first:

    GET  /_sandbox/state               every contact and invoice
    POST /_sandbox/contacts            {"company_name": "…", "id": "…"} -> {"id": "…"}
    POST /_sandbox/invoices/<id>       {"do": "send"}, {"do": "delete"}, or fields to change: what a person does
    POST /_sandbox/payments/<id>       {"amount": "100.00", "on": "2026-04-01"}
    POST /_sandbox/faults              {"when": "after", "do": "drop", "method": "POST", "path": "/sales_invoices",
                                        "status": 503, "body": "…", "headers": {…}}: for the next such request
    POST /_sandbox/stale               {"reads": 2}: so many searches miss the invoice created last
    POST /_sandbox/revoke              {}: the token is good no more

Sources: moneybird/openapi, openapi.yml v2-20260821; developer.moneybird.com, introduction (throttling, pagination).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from email import message_from_bytes
from typing import cast

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.moneybird_books import Fields, MoneybirdBooks, Refused
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request, Sandbox
from tracker2invoice.wire import NotJson, read_json, write_json

TOKEN = "sandbox-token"  # noqa: S105 (opens nothing)
ADMINISTRATION = "123456789012345678"
_API = f"/api/v2/{ADMINISTRATION}"
_MOST_IDS = 100


class MoneybirdSandbox(Sandbox):
    """One administration and one token. `books` holds the state."""

    def __init__(self, clock: Clock, port: int = 0) -> None:
        super().__init__(port)
        self.books = MoneybirdBooks(clock)
        self.stale_reads = 0
        self.revoked = False

    def revoke(self) -> None:
        """Withdraw the token."""
        self.revoked = True

    def handle(self, request: Request) -> Answer:
        """Answer a request to the API or the controls."""
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        if self.revoked or request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _json(401, {"error": "unauthorized", "symbolic": {"token": "invalid"}})
        if not request.path.startswith(f"{_API}/"):
            return _not_found("administration_id", "Administration not found or no access")
        try:
            return self._answer(request)
        except Refused as refused:
            return _json(refused.status, refused.body)

    def _answer(self, request: Request) -> Answer:
        parts = request.path.removeprefix(f"{_API}/").removesuffix(".json").split("/")
        match (request.method, parts):
            case (method, ["sales_invoices", *rest]):
                return self._invoices(method, rest, request)
            case (method, ["contacts", *rest]):
                return self._contacts(method, rest, request)
            case ("GET", ["tax_rates"]):
                return _page(self.books.tax_rates, request)
            case ("GET", ["ledger_accounts", remote_id]):
                return _found(next((one for one in self.books.accounts if one["id"] == remote_id), None))
            case _:
                return _not_found("path", "not found")

    def _invoices(self, method: str, rest: list[str], request: Request) -> Answer:
        match (method, rest):
            case ("GET", []):
                return _page(self._seen(_terms(request)), request)
            case ("POST", []):
                return _json(201, self.books.create(cast("Fields", _body(request).get("sales_invoice", {}))))
            case ("POST", ["synchronization"]):
                ids = [str(one) for one in cast("list[object]", _body(request).get("ids", []))]
                found = [one for one in self.books.invoices if one["id"] in ids[:_MOST_IDS]]
                return _json(200, found)
            case (_, [remote_id]):
                return self._one(method, remote_id)
            case ("POST", [remote_id, "attachments"]) if invoice := self.books.invoice(remote_id):
                self.books.attach(invoice, *_uploaded(request))
                return _json(200, 200)
            case _:
                return _not_found("path", "not found")

    def _one(self, method: str, remote_id: str) -> Answer:
        invoice = self.books.invoice(remote_id)
        if invoice is None or method == "GET":
            return _found(invoice)
        if method != "DELETE":
            return _not_found("path", "not found")
        if invoice["payments"]:
            raise Refused(400, "Sales invoice cannot be destroyed", {"id": "cannot_be_destroyed"})
        self.books.delete(invoice)
        return Answer(204)

    def _seen(self, terms: dict[str, str]) -> list[Fields]:
        found = self.books.listed(terms)
        if self.stale_reads and self.books.invoices:
            self.stale_reads -= 1
            found = [one for one in found if one is not self.books.invoices[-1]]
        return found

    def _contacts(self, method: str, rest: list[str], request: Request) -> Answer:
        archived = request.query.get("include_archived") == "true"
        match (method, rest):
            case ("GET", []):
                return _page(self.books.found_contacts(request.query.get("query", ""), archived=archived), request)
            case ("POST", []):
                return _json(201, self.books.create_contact(cast("Fields", _body(request).get("contact", {}))))
            case ("GET", [remote_id]):
                contact = self.books.contact(remote_id)
                hidden = contact is not None and contact["archived"] and not archived
                return _found(None if hidden else contact)
            case _:
                return _not_found("path", "not found")

    def _control(self, request: Request) -> Answer:
        order = _body(request)
        match request.path.removeprefix("/_sandbox/").split("/"):
            case ["state"]:
                return _json(200, {"contacts": self.books.contacts, "invoices": self.books.invoices})
            case ["contacts"]:
                name, given = (str(order.get(one, "")) for one in ("company_name", "id"))
                return _json(200, {"id": self.books.add_contact(name, given)})
            case ["invoices", remote_id] if invoice := self.books.invoice(remote_id):
                deed = order.pop("do", "")
                if deed == "send":
                    self.books.send(invoice)
                if deed == "delete":
                    self.books.delete(invoice)
                invoice |= order
                return _json(200, invoice)
            case ["payments", remote_id] if invoice := self.books.invoice(remote_id):
                self.books.pay(invoice, Decimal(str(order["amount"])), date.fromisoformat(str(order["on"])))
                return _json(200, invoice)
            case ["faults"]:
                self.faults.append(Fault.ordered(order, _API))
            case ["stale"]:
                self.stale_reads = int(str(order.get("reads", 1)))
            case ["revoke"]:
                self.revoke()
            case _:
                return Answer(404)
        return _json(200, {})


def rate_limited(until: datetime) -> Fault:
    """Return the fault that answers the next request as Moneybird does when the limit is used up."""
    epoch = str(int(until.timestamp()))
    headers = {"RateLimit-Limit": "150", "RateLimit-Remaining": "0", "RateLimit-Reset": epoch, "Retry-After": epoch}
    body = write_json("Retry later").encode()
    return Fault(answer=Answer(429, body, {"Content-Type": "application/json", **headers}), path=_API)


def _terms(request: Request) -> dict[str, str]:
    """Read a filter; what is passed replaces the default entirely."""
    text = request.query.get("filter", "period:this_year")
    return {name: value for name, _, value in (term.partition(":") for term in text.split(","))}


def _page(items: list[Fields], request: Request) -> Answer:
    page, size = int(request.query.get("page", "1")), int(request.query.get("per_page", "50"))
    if not 1 <= size <= 100:
        raise Refused(400, "per_page does not have a valid value")
    return _json(200, items[(page - 1) * size : page * size])


def _found(item: Fields | None) -> Answer:
    return _json(200, item) if item else _not_found("id", "record not found")


def _not_found(name: str, said: str) -> Answer:
    return _json(404, {"error": said, "symbolic": {name: "not_found"}})


def _body(request: Request) -> Fields:
    body = read_json(request.body or b"{}")
    if isinstance(body, NotJson) or not isinstance(body, dict):
        return {}
    return cast("Fields", body)


def _uploaded(request: Request) -> tuple[str, bytes]:
    """Return the name and the content of the file in a form (RFC 7578)."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n"
    for part in message_from_bytes(head.encode() + request.body).walk():
        if part.get_param("name", header="Content-Disposition") == "file":
            return part.get_filename() or "", cast("bytes", part.get_payload(decode=True))
    raise Refused(400, "File is required", {"file": "required"})


def _json(status: int, value: object) -> Answer:
    return Answer(status, write_json(value).encode(), {"Content-Type": "application/json; charset=utf-8"})
