"""A pretended Invoice Ninja v5 on 127.0.0.1, with state and faults.

    with InvoiceNinjaSandbox(clock) as ninja:
        client = ninja.books.add_client("Acme GmbH")
        settings = InvoiceNinjaSettings(url=ninja.url, token=TOKEN, ...)

Over HTTP, a test or a rehearsal steers it with JSON, all by POST except the first:

    GET  /_sandbox/state               every client, invoice, credit and file
    POST /_sandbox/clients             {"name": "…", "currency_id": "3", "id": "…"} -> {"id": "…"}
    POST /_sandbox/invoices/<id>       {"action": "mark_sent"}, or fields to change: what a person does
    POST /_sandbox/credits/<id>        the same
    POST /_sandbox/payments/<id>       {"amount": "100.00", "on": "2026-04-01"}
    POST /_sandbox/faults              {"when": "after", "do": "drop", "method": "POST", "path": "/invoices",
                                        "status": 503, "body": "…", "headers": {…}}: for the next such request
    POST /_sandbox/stale               {"reads": 2}: so many lists miss the invoice created last
    POST /_sandbox/revoke              {}: the token is good no more

Sources: invoiceninja/invoiceninja 5.10.17, openapi/api-docs.yaml; app/Filters for the lists, BaseController.php for
pages, TokenAuth.php, EntityPolicy.php and Exceptions/Handler.php for refusals.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from email import message_from_bytes
from email.message import Message
from typing import cast

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.invoiceninja_books import Fields, Invalid, InvoiceNinjaBooks
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request, Sandbox
from tracker2invoice.wire import NotJson, read_json, write_json

TOKEN, TOKEN_ELSEWHERE = "sandbox-token", "token-of-another-company"
_API = "/api/v1"
_UNAUTHORIZED = {"message": "This action is unauthorized."}
_SEARCHED = ("number", "po_number", "date", "amount", "balance", "custom_value1", "custom_value2")
_STATUSES = {"draft": ("1",), "unpaid": ("2", "3"), "paid": ("4",), "cancelled": ("5",)}
_LONGEST_PAGE = 5000


class InvoiceNinjaSandbox(Sandbox):
    """One company and its token. `books` holds the state. `TOKEN_ELSEWHERE` is for another company, without any."""

    def __init__(self, clock: Clock, port: int = 0) -> None:
        super().__init__(port)
        self.books = InvoiceNinjaBooks(clock)
        self.stale_reads = 0
        self.revoked = False
        self.clients_elsewhere: set[str] = set()
        """Ids of clients of other companies, which are those of the whole server."""
        self.has_api = True
        """A hosted server lets programs in on its paid plans alone."""

    def revoke(self) -> None:
        """Delete the token."""
        self.revoked = True

    def handle(self, request: Request) -> Answer:
        """Answer a request to the API or the controls."""
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        token = request.headers.get("x-api-token")
        if self.revoked or token not in (TOKEN, TOKEN_ELSEWHERE):
            return _json(403, {"message": "Invalid token", "errors": {}})
        if not self.has_api:
            return _json(403, {"message": "Feature not available with free / unpaid account.", "errors": {}})
        try:
            return self._answer(request) if token == TOKEN else self._elsewhere(request)
        except Invalid as invalid:
            return _json(422, {"message": "The given data was invalid.", "errors": invalid.errors})
        except RuntimeError:
            return _json(500, {"message": "Server Error"})

    def _answer(self, request: Request) -> Answer:
        match (request.method, request.path.removeprefix(f"{_API}/").split("/")):
            case ("GET", ["invoices"]):
                return self._page(self._listed(self.books.invoices, request), request)
            case ("GET", ["credits"]):
                return self._page(self._listed(self.books.credits, request), request)
            case ("POST", ["invoices" | "credits" as kind]):
                return self._one(self.books.create(_body(request), kind.removesuffix("s")), request)
            case ("POST", ["invoices" | "credits", remote_id, "upload"]):
                return self._upload(self._document(remote_id), request)
            case ("POST", ["invoices", "bulk"]):
                return self._bulk(_body(request))
            case ("PUT", ["invoices" | "credits", remote_id, "upload"]):
                # PHP reads no form that comes by PUT, so no file is kept
                return self._one(self._document(remote_id), request)
            case (method, ["invoices", remote_id]):
                return self._by_id(method, self.books.invoice(remote_id), request)
            case (method, ["credits", remote_id]):
                return self._by_id(method, self.books.credit(remote_id), request)
            case _:
                return self._surroundings(request)

    def _elsewhere(self, request: Request) -> Answer:
        match (request.method, request.path.removeprefix(f"{_API}/").split("/")):
            case ("GET", ["invoices" | "credits" | "clients"]):
                return self._page([], request)
            case ("POST", ["invoices" | "credits"]):
                raise Invalid(client_id="The selected client id is invalid.")
            case (_, ["invoices" | "credits" | "clients", _, *_]):
                return _json(401, _UNAUTHORIZED)
            case _:
                return self._surroundings(request)

    def _surroundings(self, request: Request) -> Answer:
        match (request.method, request.path.removeprefix(f"{_API}/").split("/")):
            case ("GET", ["clients"]):
                return self._page([one for one in self.books.clients if _names(one, request)], request)
            case ("POST", ["clients"]):
                return _found("Client", self.books.create_client(_body(request)))
            case (_, ["clients", remote_id]) if remote_id in self.clients_elsewhere:
                return _json(401, _UNAUTHORIZED)
            case ("GET", ["clients", remote_id]):
                return _found("Client", self.books.client(remote_id))
            case ("GET", ["group_settings", remote_id]):
                return _found("GroupSetting", next((one for one in self.books.groups if one["id"] == remote_id), None))
            case ("GET", ["tax_rates"]):
                return self._page(self.books.tax_rates, request)
            case ("GET", ["statics"]):
                return _json(200, {"currencies": self.books.currencies, "countries": self.books.countries})
            case ("POST", ["companies", "current"]):
                user = {"company_user": self.books.user} if "company_user" in _included(request) else {}
                return _json(200, {"data": self.books.company | user})
            case _:
                return _json(404, {"message": "Route does not exist"})

    def _listed(self, items: list[Fields], request: Request) -> list[Fields]:
        query = request.query
        found = [one for one in items if _matches(one, request)]
        if (chosen := query.get("client_status", "")) and "all" not in chosen.split(","):
            wanted = {status for word in chosen.split(",") for status in _STATUSES.get(word, ())}
            found = [one for one in found if one["status_id"] in wanted]
        if self.stale_reads and items:
            self.stale_reads -= 1
            found = [one for one in found if one is not items[-1]]
        return found

    def _page(self, items: list[Fields], request: Request) -> Answer:
        size = min(abs(int(request.query.get("per_page", "20"))), _LONGEST_PAGE)
        page = int(request.query.get("page", "1"))
        shown = items[(page - 1) * size : page * size]
        pagination: Fields = {
            "total": len(items),
            "count": len(shown),
            "per_page": size,
            "current_page": page,
            "total_pages": max(1, -(-len(items) // size)),
            "links": {},
        }
        data = [self._with(one, request) for one in shown]
        return _json(200, {"data": data, "meta": {"pagination": pagination}})

    def _one(self, invoice: Fields | None, request: Request) -> Answer:
        return _found("Invoice", self._with(invoice, request) if invoice else None)

    def _with(self, item: Fields, request: Request) -> Fields:
        included = _included(request)
        # they come without being asked for
        more: Fields = {"documents": self.books.files.get(str(item["id"]), [])} if "client_id" in item else {}
        if "client" in included and "client_id" in item:
            more["client"] = self.books.client(item["client_id"])
        if "payments" in included and "client_id" in item:
            more["payments"] = self.books.payments.get(str(item["id"]), [])
        return item | more

    def _by_id(self, method: str, invoice: Fields | None, request: Request) -> Answer:
        if invoice and method == "DELETE":
            self.books.act(invoice, "delete")
        return self._one(invoice, request)

    def _upload(self, item: Fields | None, request: Request) -> Answer:
        head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        form = {_field(part): part for part in message_from_bytes(head + request.body).walk()}
        if "_method" not in form or form["_method"].get_payload() != "PUT":
            return _json(405, {"message": "Method not supported for this route"})
        if not self.books.takes_files:
            return _json(403, {"message": "Upgrade to a paid plan for this feature."})
        if item:
            public = "is_public" not in form or form["is_public"].get_payload() in ("1", "true")
            self.books.attach(item, form["documents[]"].get_filename() or "", is_public=public)
        return self._one(item, request)

    def _document(self, remote_id: str) -> Fields | None:
        return self.books.invoice(remote_id) or self.books.credit(remote_id)

    def _bulk(self, body: Fields) -> Answer:
        ids = cast("list[str]", body.get("ids", []))
        chosen = [one for one in self.books.invoices if one["id"] in ids]
        if not chosen:
            return _json(200, {"message": "No Invoices Found"})
        for invoice in chosen:
            self.books.act(invoice, str(body.get("action", "")))
        return _json(200, {"data": chosen})

    def _control(self, request: Request) -> Answer:
        order = _body(request)
        match request.path.removeprefix("/_sandbox/").split("/"):
            case ["state"]:
                books = self.books
                return _json(
                    200,
                    {
                        "clients": books.clients,
                        "invoices": books.invoices,
                        "credits": books.credits,
                        "files": books.files,
                    },
                )
            case ["clients"]:
                name, currency, given = (str(order.get(one, "")) for one in ("name", "currency_id", "id"))
                return _json(200, {"id": self.books.add_client(name, currency, given)})
            case ["invoices" | "credits", remote_id] if invoice := self._document(remote_id):
                self.books.act(invoice, str(order.pop("action", "")))
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


def rate_limited(seconds: int) -> Fault:
    """Return the fault that answers the next request as a hosted server does when a limit is used up."""
    body = write_json({"message": "Too many requests"}).encode()
    headers = {"Content-Type": "application/json", "Retry-After": str(seconds), "X-RateLimit-Remaining": "0"}
    return Fault(answer=Answer(429, body, headers), path=_API)


def _matches(invoice: Fields, request: Request) -> bool:
    query = request.query
    exact, notes, term = (query.get(name, "") for name in ("number", "private_notes", "filter"))
    return (
        (not exact or invoice["number"] == exact)
        and notes.lower() in str(invoice["private_notes"]).lower()
        and any(term.lower() in str(invoice[name]).lower() for name in _SEARCHED)
        and _lifecycle(invoice) in query.get("status", "active,archived,deleted").split(",")
        and (query.get("is_deleted") != "true" or bool(invoice["is_deleted"]))
        and int(str(invoice["updated_at"])) >= int(query.get("updated_at") or 0)
    )


def _names(client: Fields, request: Request) -> bool:
    term = request.query.get("filter", "").lower()
    contacts = cast("list[Fields]", client["contacts"])
    texts = (client["name"], client["id_number"], *(one["email"] for one in contacts))
    wanted = request.query.get("status", "active,archived,deleted").split(",")
    return any(term in str(text).lower() for text in texts) and _lifecycle(client) in wanted


def _lifecycle(invoice: Fields) -> str:
    if invoice["is_deleted"]:
        return "deleted"
    return "archived" if invoice["archived_at"] else "active"


def _field(part: Message) -> str:
    return str(part.get_param("name", header="content-disposition"))


def _included(request: Request) -> list[str]:
    return request.query.get("include", "").split(",")


def _found(model: str, item: Fields | None) -> Answer:
    if item is None:
        return _json(400, {"message": f"No query results for model [App\\Models\\{model}]."})
    return _json(200, {"data": item})


def _body(request: Request) -> Fields:
    body = read_json(request.body or b"{}")
    if isinstance(body, NotJson) or not isinstance(body, dict):
        return {}
    return cast("Fields", body)


def _json(status: int, value: object) -> Answer:
    return Answer(status, write_json(value).encode(), {"Content-Type": "application/json"})
