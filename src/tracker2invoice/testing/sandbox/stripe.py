"""A pretended Stripe on 127.0.0.1: the API for invoices, with state, idempotency keys and faults.

    with StripeSandbox(clock) as stripe:
        customer = stripe.books.add_customer("Acme GmbH")
        settings = StripeSettings(url=stripe.url, api_key=API_KEY, ...)

Over HTTP, a test or a rehearsal steers it with JSON, all by POST except the first:

    GET  /_sandbox/state               every customer and invoice
    POST /_sandbox/customers           {"name": "…", "id": "…", "tax_exempt": "none"} -> {"id": "…"}
    POST /_sandbox/credits/<id>        {"amount": 100}: a credit note, in the smallest unit
    POST /_sandbox/faults              {"when": "after", "do": "drop", "method": "POST", "path": "/v1/invoices",
                                        "status": 503, "body": "…", "headers": {…}}: for the next such request
    POST /_sandbox/breakdown           {"when": "after"}: the next POST is answered with a 500, which is kept
    POST /_sandbox/stale               {"reads": 2}: so many lists miss the invoice created last
    POST /_sandbox/revoke              {}: the key is good for nothing any more

Sources, all on docs.stripe.com: api/idempotent_requests, error-low-level, api/errors, api/pagination, rate-limits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, cast

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.form import Fields, read_form
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request, Sandbox
from tracker2invoice.testing.sandbox.stripe_books import StripeBooks, lines_of
from tracker2invoice.testing.sandbox.stripe_customers import shown_customer
from tracker2invoice.testing.sandbox.stripe_refusal import Refused
from tracker2invoice.wire import read_json, write_json

API_KEY = "rk_test_sandbox"
_KEY_LIFETIME = timedelta(hours=24)
_LONGEST_KEY = 255
_LINES_SHOWN = 10
_REPLAYED = "Idempotent-Replayed"


@dataclass(frozen=True, slots=True)
class _Kept:
    request: tuple[str, str, Fields]
    answer: Answer
    until: datetime


class StripeSandbox(Sandbox):
    """One account. `books` holds the state. `breakdowns` are what happens to the next POST requests."""

    def __init__(self, clock: Clock, port: int = 0) -> None:
        super().__init__(port)
        self._clock = clock
        self.books = StripeBooks(clock)
        self.stale_reads = 0
        self.knows_keys = True
        self.breakdowns: deque[Literal["before", "after"]] = deque()
        self.api_key = API_KEY
        self._keys: dict[str, _Kept] = {}

    def revoke(self) -> None:
        """Make the key worthless."""
        self.api_key = ""

    def handle(self, request: Request) -> Answer:
        """Answer a request to the API or the controls."""
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        if not self.api_key or request.headers.get("authorization") != f"Bearer {self.api_key}":
            return _error(401, "invalid_request_error", "Invalid API Key provided")
        try:
            return self._once(request) if request.method == "POST" else self._carried_out(request)
        except Refused as refused:
            return _refusal(refused)

    def _once(self, request: Request) -> Answer:
        """Carry a request out, or repeat what it was answered, a 500 included."""
        key = request.headers.get("idempotency-key")
        if key is None or not self.knows_keys:
            return self._with_breakdowns(request)
        if len(key) > _LONGEST_KEY:
            raise Refused(f"Idempotency keys have at most {_LONGEST_KEY} characters")
        same = (request.method, request.path, read_form(request.body.decode()))
        kept = self._keys.get(key)
        if kept and self._clock() < kept.until:
            return _repeated(kept) if kept.request == same else _misused(key)
        try:
            answer = self._with_breakdowns(request)
        except Refused as refused:
            if not refused.executed:
                raise
            answer = _refusal(refused)
        self._keys[key] = _Kept(same, answer, self._clock() + _KEY_LIFETIME)
        return answer

    def _with_breakdowns(self, request: Request) -> Answer:
        breakdown = self.breakdowns.popleft() if self.breakdowns else None
        if breakdown is None:
            return self._carried_out(request)
        if breakdown == "after":
            self._carried_out(request)
        return _error(500, "api_error", "An unknown error occurred")

    def _carried_out(self, request: Request) -> Answer:
        form = read_form(request.body.decode())
        match request.method, request.path.strip("/").split("/")[1:]:
            case _, ["customers", *rest]:
                return self._customers(request, rest, form)
            case "GET", ["tax_rates", tax_rate_id]:
                done = self.books.tax_rate(tax_rate_id)
            case "GET", ["invoices"]:
                return self._invoices(request)
            case "GET", ["events"]:
                since = int(request.query.get("created[gte]", "0"))
                return _page(request, "/v1/events", self.books.happened(request.query.get("type", "*"), since))
            case "POST", ["invoices"]:
                done = _shown(self.books.create(form))
            case "GET", ["invoices", invoice_id]:
                done = _shown(self.books.invoice(invoice_id), payments=request.query.get("expand[0]") == "payments")
            case "DELETE", ["invoices", invoice_id]:
                done = self.books.delete(invoice_id)
            case "POST", ["invoices", invoice_id, what]:
                done = _shown(self._act(invoice_id, what, form))
            case _:
                raise Refused(f"Unrecognized request URL ({request.method}: {request.path})", status=404)
        return _json(200, done)

    def _act(self, invoice_id: str, what: str, form: Fields) -> Fields:
        match what:
            case "add_lines":
                return self.books.add_lines(invoice_id, form)
            case "finalize" | "send":
                return self.books.finalize(invoice_id)
            case "pay":
                return self.books.pay(invoice_id)
            case "void":
                return self.books.mark(invoice_id, "void")
            case "mark_uncollectible":
                return self.books.mark(invoice_id, "uncollectible")
            case _:
                raise Refused(f"Unrecognized request URL (POST: {what})", status=404)

    def _invoices(self, request: Request) -> Answer:
        since = request.query.get("created[gte]")
        found = self.books.listed(request.query.get("customer", ""), int(since) if since else None)
        if self.stale_reads:
            self.stale_reads -= 1
            found = [one for one in found if one is not self.books.invoices[-1]]
        return _page(request, "/v1/invoices", found, _shown)

    def _customers(self, request: Request, rest: list[str], form: Fields) -> Answer:
        clients, query = self.books.clients, request.query
        match request.method, rest:
            case "POST", []:
                return _json(200, shown_customer(clients.create(form)))
            case "GET", []:
                found = clients.with_email(query.get("email", ""))
            case "GET", ["search"]:
                found = clients.found(query.get("query", ""))
            case "GET", [customer_id]:
                return _json(200, shown_customer(clients.one(customer_id)))
            case _:
                raise Refused(f"Unrecognized request URL ({request.method}: {request.path})", status=404)
        show = partial(shown_customer, tax_ids=query.get("expand[0]") == "data.tax_ids")
        return _page(request, request.path, found, show)

    def _control(self, request: Request) -> Answer:
        body = read_json(request.body or b"{}")
        order = cast("Fields", body) if isinstance(body, dict) else {}
        try:
            return self._obey(request.path.removeprefix("/_sandbox/").split("/"), order)
        except Refused as refused:
            return _refusal(refused)

    def _obey(self, path: list[str], order: Fields) -> Answer:
        done: Fields = {}
        match path:
            case ["state"]:
                done = {"customers": list(self.books.customers.values()), "invoices": list(self.books.invoices)}
            case ["customers"]:
                fields = {name: value for name, value in order.items() if name not in ("name", "id")}
                done = {"id": self.books.add_customer(str(order.get("name", "")), str(order.get("id", "")), **fields)}
            case ["credits", invoice_id]:
                done = self.books.credit(invoice_id, int(str(order["amount"])))
            case ["faults"]:
                self.faults.append(Fault.ordered(order, "/v1/"))
            case ["breakdown"]:
                self.breakdowns.append("after" if order.get("when") == "after" else "before")
            case ["stale"]:
                self.stale_reads = int(str(order.get("reads", 1)))
            case ["revoke"]:
                self.revoke()
            case _:
                return Answer(404)
        return _json(200, done)


def rate_limited() -> Fault:
    """Return the fault that answers the next request as Stripe does when there were too many."""
    words = "Request rate limit exceeded"
    answer = _error(429, "invalid_request_error", words, code="rate_limit")
    return Fault(answer=answer, path="/v1/")


def lock_timeout() -> Fault:
    """Return the fault that answers the next POST as Stripe does when somebody else holds the object."""
    words = "This object cannot be accessed right now because another API request or Stripe process is accessing it"
    return Fault(answer=_error(429, "invalid_request_error", words, code="lock_timeout"), method="POST", path="/v1/")


def key_in_use() -> Fault:
    """Return the fault that answers the next POST as Stripe does while one with the same key is carried out."""
    words = "There is currently another in-progress request using this Idempotent Key"
    return Fault(answer=_error(409, "idempotency_error", words, code="idempotency_key_in_use"), method="POST")


def _page(
    request: Request, url: str, found: list[Fields], show: Callable[[Fields], Fields] = lambda one: one
) -> Answer:
    limit = int(request.query.get("limit", "10"))
    if not 1 <= limit <= 100:
        raise Refused("Limit must be between 1 and 100", param="limit")
    if after := request.query.get("starting_after"):
        found = found[_place(found, after, "starting_after") + 1 :]
    shown = found[:limit]
    if before := request.query.get("ending_before"):
        found = found[: _place(found, before, "ending_before")]
        shown = found[-limit:]
    page = [show(one) for one in shown]
    return _json(200, {"object": "list", "url": url, "has_more": len(found) > limit, "data": page})


def _place(found: list[Fields], wanted: str, param: str) -> int:
    for place, one in enumerate(found):
        if one["id"] == wanted:
            return place
    raise Refused(f"No such object: '{wanted}'", code="resource_missing", param=param)


def _json(status: int, value: object) -> Answer:
    return Answer(status, write_json(value).encode(), {"Content-Type": "application/json"})


def _error(status: int, kind: str, message: str, *, code: str = "", param: str = "") -> Answer:
    named = {name: text for name, text in (("code", code), ("param", param)) if text}
    return _json(status, {"error": {"type": kind, "message": message, **named}})


def _refusal(refused: Refused) -> Answer:
    return _error(refused.status, "invalid_request_error", refused.message, code=refused.code, param=refused.param)


def _repeated(kept: _Kept) -> Answer:
    return Answer(kept.answer.status, kept.answer.body, {**kept.answer.headers, _REPLAYED: "true"})


def _misused(key: str) -> Answer:
    words = f"Keys for idempotent requests can only be used with the parameters they were first used with: '{key}'"
    return _error(400, "idempotency_error", words)


def _shown(invoice: Fields, *, payments: bool = False) -> Fields:
    """Return an invoice as it is answered: with its first lines, and its payments if they are asked for."""
    lines = lines_of(invoice)
    paid = {"payments": {"object": "list", "data": invoice["payments"], "has_more": False}} if payments else {}
    invoice = {name: field for name, field in invoice.items() if name != "payments"} | paid
    first = {**cast("Fields", invoice["lines"]), "data": lines[:_LINES_SHOWN], "has_more": len(lines) > _LINES_SHOWN}
    return {**invoice, "lines": first}
