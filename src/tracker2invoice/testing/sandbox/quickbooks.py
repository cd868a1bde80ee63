"""A pretended QuickBooks Online on 127.0.0.1: consent, tokens and the accounting API, with state and faults.

    with QuickBooksSandbox(clock) as quickbooks:
        customer = quickbooks.books.add_customer("Acme GmbH")
        settings = QuickBooksSettings(url=quickbooks.url, realm=REALM, ...)

Over HTTP, a test or a rehearsal steers it with JSON, all by POST except the first:

    GET  /_sandbox/state                   every customer, document, payment and attached file
    POST /_sandbox/customers               {"name": "…", "currency": "EUR", "id": "…"} -> {"Id": "…"}
    POST /_sandbox/documents/<entity>/<id> {"do": "send"}, or "void", "delete", "bill" (an estimate); or fields
    POST /_sandbox/payments/<id>           {"amount": "100.00", "on": "2026-04-01"}: of an invoice
    POST /_sandbox/faults                  {"when": "after", "do": "drop", "method": "POST", "path": "/invoice",
                                            "status": 503, "body": "…", "headers": {…}}: for the next such request
    POST /_sandbox/stale                   {"reads": 2}: so many queries miss the document created last
    POST /_sandbox/preferences             {"own_numbers": false}: the company numbers its documents by itself
    POST /_sandbox/deny                    {}: a person who is asked for consent declines
    POST /_sandbox/revoke                  {}: no token is good any more, and none is given

Sources: developer.intuit.com, Set up OAuth 2.0, Attach images and notes, Error codes; blogs.intuit.com on request ids.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import cast

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.multipart import Part, read_parts
from tracker2invoice.testing.sandbox.oauth import ConsentedSandbox, Rules, json_answer
from tracker2invoice.testing.sandbox.quickbooks_books import SALES, Fields, QuickBooksBooks, Refused, shown
from tracker2invoice.testing.sandbox.quickbooks_query import read_query
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request
from tracker2invoice.wire import NotJson, read_json

REALM = "4620816365291273640"
CLIENT_ID = "SANDBOXCLIENT"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 (opens nothing)
FIRST_REFRESH_TOKEN = "refresh-0"  # noqa: S105 (opens nothing)
SCOPE = "com.intuit.quickbooks.accounting"
_RULES = Rules(
    CLIENT_ID,
    CLIENT_SECRET,
    FIRST_REFRESH_TOKEN,
    access=timedelta(hours=1),
    grace=timedelta(hours=24),
    idle=timedelta(days=100),
    lasts=timedelta(days=5 * 365),
    lasting=SCOPE,
    lifetime_field="x_refresh_token_expires_in",
    told={"realmId": REALM},
)
_API = f"/v3/company/{REALM}"
_ENTITIES = {one.lower(): one for one in (*SALES, "Customer", "Item", "TaxCode", "TaxRate")}
_LONGEST_KEY = 50


class QuickBooksSandbox(ConsentedSandbox):
    """One app, one company. `books` holds the state."""

    authorizes_at = "/connect/oauth2"
    grants_at = "/oauth2/v1/tokens/bearer"
    api = _API

    def __init__(self, clock: Clock, port: int = 0) -> None:
        super().__init__(clock, _RULES, port)
        self.books = QuickBooksBooks(clock)
        self.knows_keys = True
        self._keys: dict[str, Answer] = {}

    def handle(self, request: Request) -> Answer:
        """Answer a request for consent or tokens, to the API or to the controls."""
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        if answer := self.identified(request):
            return answer
        if not self.identity.lets_in(request):
            error = {"message": "message=AuthenticationFailed; errorCode=003200; statusCode=401", "code": "3200"}
            return json_answer(401, {"fault": {"error": [error], "type": "AUTHENTICATION"}})
        if not request.path.startswith(f"{_API}/"):
            return _fault_answer(403, Refused("3100", "ApplicationAuthorizationFailed"), "AuthorizationFault")
        try:
            return self._once(request) if request.method == "POST" else self._read(request)
        except Refused as refused:
            return _fault_answer(400, refused)

    def _once(self, request: Request) -> Answer:
        """Carry a request out, or repeat what it was answered."""
        key = request.query.get("requestid", "")
        if len(key) > _LONGEST_KEY:
            raise Refused("2050", "String length is either shorter or longer than supported", element="requestid")
        if not key or not self.knows_keys:
            return self._write(request)
        if key not in self._keys:
            try:
                self._keys[key] = self._write(request)
            except Refused as refused:
                self._keys[key] = _fault_answer(400, refused)
        return self._keys[key]

    def _write(self, request: Request) -> Answer:
        path = request.path.removeprefix(f"{_API}/")
        if path == "upload":
            return self._uploaded(read_parts(request))
        entity = _ENTITIES.get(path, "")
        body = read_json(request.body)
        if entity not in (*SALES, "Customer") or isinstance(body, NotJson) or not isinstance(body, dict):
            raise Refused("2010", "Request has invalid or unsupported property")
        asked = cast("Fields", body)
        if entity == "Customer":
            return json_answer(200, {entity: self.books.create_customer(asked)})
        if "operation" not in request.query:
            return json_answer(200, {entity: shown(self.books.create(entity, asked))})
        document = self.books.one(entity, asked.get("Id"))
        if request.query["operation"] != "delete":
            raise Refused("500", "Unsupported Operation")
        if document["SyncToken"] != asked.get("SyncToken"):
            raise Refused("5010", "Stale Object Error", "You and another user were working on this at the same time")
        self.books.delete(document)
        return json_answer(200, {entity: {"Id": document["Id"], "status": "Deleted", "domain": "QBO"}})

    def _uploaded(self, parts: dict[str, Part]) -> Answer:
        """Keep a file; a refusal stands in an answer that is none."""
        described, file = read_json(parts["file_metadata_01"].content), parts["file_content_01"]
        try:
            one: Fields = {"Attachable": self.books.attach(cast("Fields", described), len(file.content))}
        except Refused as refused:
            one = {"Fault": {"Error": [refused.error], "type": "ValidationFault"}}
        return json_answer(200, {"AttachableResponse": [one]})

    def _read(self, request: Request) -> Answer:
        match request.path.removeprefix(f"{_API}/").split("/"):
            case ["query"]:
                return self._queried(request.query.get("query", ""))
            case ["preferences"]:
                return json_answer(200, {"Preferences": self.books.preferences})
            case ["companyinfo", _]:
                return json_answer(200, {"CompanyInfo": {"Id": "1", "Country": self.books.country}})
            case [path, remote_id] if path in _ENTITIES:
                entity = _ENTITIES[path]
                return json_answer(200, {entity: shown(self.books.one(entity, remote_id))})
            case _:
                raise Refused("500", "Unsupported Operation")

    def _queried(self, statement: str) -> Answer:
        query = read_query(statement)
        if query is None:
            raise Refused("4000", "Error parsing query", "QueryParserError")
        entity = query.entity
        some = [shown(one) for one in self._seen(entity) if query.holds(one)][: query.most]
        pages: Fields = {"startPosition": 1, "maxResults": len(some)}
        return json_answer(200, {"QueryResponse": {entity: some, **pages} if some else {}})

    def _seen(self, entity: str) -> list[Fields]:
        found = self.books.of(entity)
        if self.stale_reads and entity in SALES:
            self.stale_reads -= 1
            return [one for one in found if one is not self.books.documents[-1]]
        return found

    def _control(self, request: Request) -> Answer:
        body = read_json(request.body or b"{}")
        order = cast("Fields", body) if isinstance(body, dict) else {}
        try:
            return self._obey(request.path.removeprefix("/_sandbox/").split("/"), order)
        except Refused as refused:
            return _fault_answer(400, refused)

    def _obey(self, path: list[str], order: Fields) -> Answer:
        books, done = self.books, cast("object", {})
        match path:
            case ["state"]:
                done = {"Customers": books.customers, "Documents": books.documents, "Payments": books.payments}
                done |= {"Attachables": books.attachables}
            case ["customers"]:
                name, currency, given = (str(order.get(one, "")) for one in ("name", "currency", "id"))
                done = {"Id": books.add_customer(name, currency or "EUR", given)}
            case ["documents", entity, remote_id]:
                done = self._act(books.one(entity, remote_id), order)
            case ["payments", remote_id]:
                done = books.one("Invoice", remote_id)
                books.pay(done, Decimal(str(order["amount"])), date.fromisoformat(str(order["on"])))
            case ["preferences"]:
                books.own_numbers = bool(order.get("own_numbers", books.own_numbers))
            case _:
                return self.obey(path, order)
        return json_answer(200, done)

    def _act(self, document: Fields, order: Fields) -> Fields:
        match order.pop("do", ""):
            case "send":
                self.books.send(document)
            case "void":
                self.books.void(document)
            case "delete":
                self.books.delete(document)
            case "bill":
                return self.books.bill(document)
            case _:
                self.books.change(document, order)
        return document


def throttled() -> Fault:
    """Return the fault that answers the next request as QuickBooks does when a limit is used up."""
    refused = Refused("3001", "message=ThrottleExceeded; errorCode=003001; statusCode=429")
    return Fault(answer=_fault_answer(429, refused, "ThrottleFault"), path=_API)


def _fault_answer(status: int, refused: Refused, kind: str = "ValidationFault") -> Answer:
    return json_answer(status, {"Fault": {"Error": [refused.error], "type": kind}})
