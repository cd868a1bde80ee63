"""A pretended Zoho Books on 127.0.0.1: consent, tokens and the API, with state and faults.

    with ZohoSandbox(clock) as zoho:
        customer = zoho.books.add_contact("Acme GmbH")
        settings = ZohoSettings(url=zoho.url, organization=ORGANIZATION, ...)

Over HTTP, a test or a rehearsal steers it with JSON, all by POST except the first:

    GET  /_sandbox/state               every contact, invoice and credit note, and the names of what is attached
    POST /_sandbox/contacts            {"name": "…", "currency": "EUR", "id": "…"} -> {"contact_id": "…"}
    POST /_sandbox/invoices/<id>       {"do": "send"}, or "void", "delete"; or fields to change: what a person does
    POST /_sandbox/creditnotes/<id>    the same with a credit note
    POST /_sandbox/payments/<id>       {"amount": "100.00", "on": "2026-04-01"}
    POST /_sandbox/faults              {"when": "after", "do": "drop", "method": "POST", "path": "/invoices",
                                        "status": 503, "body": "…", "headers": {…}}: for the next such request
    POST /_sandbox/stale               {"reads": 2}: so many lists miss the document created last
    POST /_sandbox/deny                {}: a person who is asked for consent declines
    POST /_sandbox/revoke              {}: no token is good any more, and none is given

Sources: Zoho's OpenAPI description of Books v3; zoho.com/books/api/v3, OAuth, Errors and Pagination. That the token
server refuses with status 200 is what users report.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from email import message_from_bytes
from typing import cast

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.oauth import ConsentedSandbox, Rules, json_answer
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request
from tracker2invoice.testing.sandbox.zoho_books import (
    CREDIT_NOTES,
    INVOICES,
    Fields,
    Kind,
    Refused,
    ZohoBooks,
    with_id,
)
from tracker2invoice.testing.sandbox.zoho_contacts import contacts_found, create_contact
from tracker2invoice.wire import NotJson, read_json

ORGANIZATION = "10234695"
CLIENT_ID = "1000.SANDBOXCLIENT"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 (opens nothing)
FIRST_REFRESH_TOKEN = "refresh-0"  # noqa: S105 (opens nothing)
SCOPE = (
    "ZohoBooks.invoices.CREATE,ZohoBooks.invoices.READ,ZohoBooks.invoices.DELETE,ZohoBooks.creditnotes.CREATE,"
    "ZohoBooks.creditnotes.READ,ZohoBooks.creditnotes.DELETE,ZohoBooks.contacts.READ,ZohoBooks.settings.READ"
)
_NEVER = timedelta(days=100 * 365)
_RULES = Rules(
    CLIENT_ID,
    CLIENT_SECRET,
    FIRST_REFRESH_TOKEN,
    access=timedelta(hours=1),
    grace=_NEVER,
    idle=_NEVER,
    authenticates="form",
    refused=200,
    no_good="invalid_code",
    scheme="Zoho-oauthtoken",
    rotates=False,
    lasting=SCOPE,
)
_API = "/books/v3"
_KINDS = {kind.path: kind for kind in (INVOICES, CREDIT_NOTES)}
_MOST_A_PAGE = 200


class ZohoSandbox(ConsentedSandbox):
    """One app, one organisation. `books` holds the state."""

    authorizes_at = "/oauth/v2/auth"
    grants_at = "/oauth/v2/token"
    api = _API

    def __init__(self, clock: Clock, port: int = 0) -> None:
        super().__init__(clock, _RULES, port)
        self.books = ZohoBooks(clock)

    def handle(self, request: Request) -> Answer:
        """Answer a request for consent or tokens, to the API or to the controls."""
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        if answer := self.identified(request):
            return answer
        if not self.lets_in(request):
            return json_answer(401, {"code": 57, "message": "You are not authorized to perform this operation"})
        try:
            return self._answer(request)
        except Refused as refused:
            return json_answer(refused.status, refused.body)

    def _answer(self, request: Request) -> Answer:
        given = request.query.get("organization_id", "")
        if given != ORGANIZATION:
            raise Refused(6041, f"This user is not associated with the CompanyID/CompanyName:{given}.")
        path = request.path.removeprefix(f"{_API}/").split("/")
        if kind := _KINDS.get(path[0]):
            return self._document(kind, request, path[1:])
        books = self.books
        match (request.method, path):
            case ("GET", ["contacts"]):
                return _page("contacts", contacts_found(books, request.query), request)
            case ("POST", ["contacts"]):
                return _done("contact", create_contact(books, _body(request)), 201)
            case ("GET", ["contacts", remote_id]):
                return _done("contact", with_id(books.contacts, "contact", remote_id))
            case ("GET", ["items", remote_id]):
                return _done("item", with_id(books.items, "item", remote_id))
            case ("GET", ["settings", "taxes"]):
                return _page("taxes", books.taxes, request)
            case ("GET", ["settings", "currencies"]):
                return _page("currencies", books.currencies, request)
            case ("GET", ["settings", "fields"]):
                return _done("fields", books.fields)
            case _:
                raise Refused(5, "Invalid URL Passed", 404)

    def _document(self, kind: Kind, request: Request, path: list[str]) -> Answer:
        books = self.books
        match (request.method, path):
            case ("GET", []):
                return _page(kind.path, self._seen(kind, request), request)
            case ("POST", []):
                return _done(kind.name, books.in_full(kind, books.create(_body(request), kind)), 201)
            case ("GET", [remote_id]):
                return _done(kind.name, books.in_full(kind, books.document(kind, remote_id)))
            case ("DELETE", [remote_id]):
                books.delete(books.document(kind, remote_id))
                return _done("", None)
            case ("POST", [remote_id, "attachment"]):
                books.attach(kind, remote_id, *_file(request))
                return _done("documents", [{"file_name": name} for name in books.attachments[remote_id]])
            case _:
                raise Refused(5, "Invalid URL Passed", 404)

    def _seen(self, kind: Kind, request: Request) -> list[Fields]:
        found = self.books.listed(kind, request.query)
        if self.stale_reads and self.books.kept(kind):
            self.stale_reads -= 1
            newest = self.books.kept(kind)[-1][f"{kind.name}_id"]
            found = [one for one in found if one[f"{kind.name}_id"] != newest]
        return found

    def _control(self, request: Request) -> Answer:
        try:
            return self._obey(request.path.removeprefix("/_sandbox/").split("/"), _body(request))
        except Refused as refused:
            return json_answer(refused.status, refused.body)

    def _obey(self, parts: list[str], order: Fields) -> Answer:
        books, done = self.books, cast("object", {})
        match parts:
            case ["state"]:
                kept = {kind.path: books.kept(kind) for kind in _KINDS.values()}
                done = {"contacts": books.contacts, **kept, "attachments": books.attachments}
            case ["contacts"]:
                name, currency, given = (str(order.get(one, "")) for one in ("name", "currency", "id"))
                done = {"contact_id": books.add_contact(name, currency or "EUR", given)}
            case ["invoices" | "creditnotes" as path, remote_id]:
                done = self._act(books.document(_KINDS[path], remote_id), order)
            case ["payments", remote_id]:
                done = books.document(INVOICES, remote_id)
                books.pay(done, Decimal(str(order["amount"])), date.fromisoformat(str(order["on"])))
            case _:
                return self.obey(parts, order)
        return json_answer(200, done)

    def _act(self, document: Fields, order: Fields) -> Fields:
        match order.pop("do", ""):
            case "send":
                self.books.send(document)
            case "void":
                self.books.void(document)
            case "delete":
                self.books.delete(document)
            case _:
                self.books.change(document, order)
        return document


def rate_limited() -> Fault:
    """Return the fault that answers the next request as Zoho does when a limit is used up."""
    body = {"code": 44, "message": "For security reasons you have been blocked for some time as you have exceeded the "}
    return Fault(answer=json_answer(429, body), path=_API)


def _page(name: str, items: list[Fields], request: Request) -> Answer:
    page, size = int(request.query.get("page", "1")), int(request.query.get("per_page", str(_MOST_A_PAGE)))
    size = min(size, _MOST_A_PAGE)
    context = {"page": page, "per_page": size, "has_more_page": len(items) > page * size}
    return json_answer(
        200,
        {
            "code": 0,
            "message": "success",
            name: items[(page - 1) * size : page * size],
            "page_context": context,
        },
    )


def _done(name: str, value: object, status: int = 200) -> Answer:
    return json_answer(status, {"code": 0, "message": "success", **({name: value} if name else {})})


def _file(request: Request) -> tuple[str, bytes]:
    """Return the name and the content of the file in a form (RFC 7578)."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    for part in message_from_bytes(head + request.body).walk():
        if part.get_param("name", header="content-disposition") == "attachment":
            return part.get_filename() or "", cast("bytes", part.get_payload(decode=True))
    raise Refused(2, "The request passed is not valid.")


def _body(request: Request) -> Fields:
    body = read_json(request.body or b"{}")
    if isinstance(body, NotJson) or not isinstance(body, dict):
        return {}
    return cast("Fields", body)
