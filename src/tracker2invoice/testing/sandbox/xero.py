"""A pretended Xero on 127.0.0.1: identity server and Accounting API, with state, idempotency keys and faults.

    with XeroSandbox(clock) as xero:
        contact = xero.books.add_contact("Acme GmbH")
        settings = XeroSettings(url=xero.url, tenant=xero.tenant, ...)

Over HTTP, a test or a rehearsal steers it with JSON, all by POST except the first:

    GET  /_sandbox/state               every contact, invoice and credit note, and the names of what is attached
    POST /_sandbox/contacts            {"name": "…", "id": "…", "status": "ACTIVE"} -> {"ContactID": "…"}
    POST /_sandbox/invoices/<id>       {"Status": "VOIDED"}, {"Reference": "…"}: what a person does
    POST /_sandbox/creditnotes/<id>    the same with a credit note
    POST /_sandbox/payments/<id>       {"amount": "100.00", "on": "2026-04-01"}
    POST /_sandbox/faults              {"when": "after", "do": "drop", "method": "PUT", "path": "/Invoices",
                                        "status": 503, "body": "…", "headers": {…}}: for the next such request
    POST /_sandbox/stale               {"reads": 2}: so many lists miss the document created last
    POST /_sandbox/deny                {}: a person who is asked for consent declines
    POST /_sandbox/revoke              {}: no token is good any more, and none is given

Sources: XeroAPI/Xero-OpenAPI, xero_accounting.yaml 16.1.0; developer.xero.com, faq/oauth2, oauth2/troubleshooting and
guides/idempotent-requests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import cast

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.oauth import ConsentedSandbox, Rules, json_answer
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request
from tracker2invoice.testing.sandbox.xero_books import (
    CREDIT_NOTES,
    INVOICES,
    NOWHERE,
    BadFilter,
    Fields,
    Kind,
    Refused,
    XeroBooks,
)
from tracker2invoice.testing.sandbox.xero_contacts import contacts_found, create_contact
from tracker2invoice.testing.sandbox.xero_dates import ms
from tracker2invoice.wire import NotJson, read_json

TENANT = "0b5c7f9e-5d0c-4f3e-9a41-6d1f7f1b2a10"
CLIENT_ID = "SANDBOXCLIENT"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 (opens nothing)
FIRST_REFRESH_TOKEN = "refresh-0"  # noqa: S105 (opens nothing)
_KEY_LIFETIME = timedelta(minutes=6)
_RULES = Rules(
    CLIENT_ID,
    CLIENT_SECRET,
    FIRST_REFRESH_TOKEN,
    access=timedelta(minutes=30),
    grace=timedelta(minutes=30),
    idle=timedelta(days=60),
)
_API = "/api.xro/2.0"
_KINDS = {kind.path: kind for kind in (INVOICES, CREDIT_NOTES)}
_DENIED = {"Title": "Unauthorized", "Status": 401, "Detail": "AuthenticationUnsuccessful"}
_OTHER_TENANT = {"Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"}


@dataclass(frozen=True, slots=True)
class _Kept:
    request: tuple[str, str, bytes]
    answer: Answer
    until: datetime


class XeroSandbox(ConsentedSandbox):
    """One app, one organisation. `books` holds the state; `tenant` is the organisation's id."""

    tenant = TENANT
    authorizes_at = "/identity/connect/authorize"
    grants_at = "/connect/token"
    api = _API

    def __init__(self, clock: Clock, port: int = 0) -> None:
        super().__init__(clock, _RULES, port)
        self._clock = clock
        self.books = XeroBooks(clock)
        self.knows_keys = True
        # the trial has ended, or nobody pays for it any more
        self.has_lapsed = False
        self._keys: dict[str, _Kept] = {}

    def handle(self, request: Request) -> Answer:
        """Answer a request to the identity server, the API or the controls."""
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        if answer := self.identified(request):
            return answer
        if not self.lets_in(request):
            return json_answer(401, _DENIED)
        if (request.method, request.path) == ("GET", "/connections"):
            return json_answer(200, [{"id": TENANT, "tenantId": TENANT, "tenantType": "ORGANISATION"}])
        if request.headers.get("xero-tenant-id") != TENANT or self.has_lapsed:
            return json_answer(403, _OTHER_TENANT)
        return self._once(request) if request.method in ("PUT", "POST") else self._read(request)

    def _once(self, request: Request) -> Answer:
        """Carry a request out, or repeat what it was answered, errors included."""
        key = request.headers.get("idempotency-key")
        if key is None or not self.knows_keys:
            return self._write(request)
        if len(key) > 128:
            return _refusal("The idempotency key cannot be longer than 128 characters")
        same = (request.method, request.target, request.body)
        kept = self._keys.get(key)
        if kept is None or kept.until <= self._clock():
            kept = _Kept(same, self._write(request), self._clock() + _KEY_LIFETIME)
            self._keys[key] = kept
        if kept.request != same:
            return _refusal("The idempotency key was used with a different request")
        return kept.answer

    def _write(self, request: Request) -> Answer:
        if attached := _attached(request):
            return self._attach(*attached, request.body)
        body = read_json(request.body)
        if isinstance(body, NotJson) or not isinstance(body, dict):
            return _refusal("The request body is not JSON")
        fields = cast("Fields", body)
        name, _, key = request.path.removeprefix(f"{_API}/").partition("/")
        if (request.method, name, key) == ("PUT", "Contacts", ""):
            return self._each(request, name, "ContactID", fields, lambda element: create_contact(self.books, element))
        kind = _KINDS.get(name)
        if kind is None or (key and request.method == "PUT"):
            return Answer(404)
        decimals = int(request.query.get("unitdp", "2"))

        def create_one(element: Fields) -> Fields:
            return self.books.create(kind, element, decimals)

        def change_one(element: Fields) -> Fields:
            return self._upsert(kind, key, element, decimals)

        return self._each(request, name, kind.id, fields, create_one if request.method == "PUT" else change_one)

    def _upsert(self, kind: Kind, named: str, element: Fields, decimals: int) -> Fields:
        key = named or str(element.get(kind.id) or element.get(kind.number) or "")
        if named or (key and self.books.document(kind, key)):
            return self.books.change(key, element, kind)
        return self.books.create(kind, element, decimals)

    def _attach(self, kind: Kind, document_id: str, name: str, content: bytes) -> Answer:
        try:
            self.books.attach(kind, document_id, name, content)
        except Refused as refused:
            return _refusal(*refused.reasons)
        return self._listing("Attachments", [_attachment(name, content)])

    def _each(
        self, request: Request, name: str, id_field: str, fields: Fields, do: Callable[[Fields], Fields]
    ) -> Answer:
        done: list[Fields] = []
        for element in cast("list[Fields]", fields.get(name, [fields])):
            try:
                done.append({**do(element), "StatusAttributeString": "OK"})
            except Refused as refused:
                if request.query.get("summarizeErrors") != "false":
                    return _refusal(*refused.reasons, element=element)
                done.append(_with_errors(id_field, element, refused))
        return self._listing(name, done)

    def _read(self, request: Request) -> Answer:
        collections: dict[str, list[Fields]] = {
            "Organisation": [{"OrganisationID": TENANT, "Name": "Sandbox", **self.books.organisation}],
            "Accounts": self.books.accounts,
            "TaxRates": self.books.tax_rates,
            "Currencies": [{"Code": code, "Description": code} for code in self.books.currencies],
        }
        name, _, key = request.path.removeprefix(f"{_API}/").partition("/")
        if request.path.endswith("/Attachments"):
            files = self.books.attachments.get(key.removesuffix("/Attachments"), {})
            return self._listing("Attachments", [_attachment(*file) for file in files.items()])
        if kind := _KINDS.get(name):
            return self._document(kind, key) if key else self._documents(kind, request)
        if name == "Contacts":
            return self._contact(key) if key else self._contacts(request)
        if name not in collections or key:
            return Answer(404)
        return self._listing("Organisations" if name == "Organisation" else name, collections[name])

    def _document(self, kind: Kind, key: str) -> Answer:
        document = self.books.document(kind, key)
        return self._listing(kind.path, [document]) if document else Answer(404)

    def _contact(self, key: str) -> Answer:
        contact = self.books.contact(key)
        return self._listing("Contacts", [contact]) if contact else Answer(404)

    def _contacts(self, request: Request) -> Answer:
        try:
            contacts = contacts_found(self.books, request.query)
        except BadFilter as bad:
            return _bad_filter(bad)
        return (
            self._paged("Contacts", contacts, request)
            if "page" in request.query
            else self._listing("Contacts", contacts)
        )

    def _documents(self, kind: Kind, request: Request) -> Answer:
        try:
            found = self.books.search(kind, request.query)
        except BadFilter as bad:
            return _bad_filter(bad)
        if since := request.headers.get("if-modified-since"):
            instant = datetime.fromisoformat(since).replace(tzinfo=UTC)
            found = [one for one in found if str(one["UpdatedDateUTC"]) > ms(instant)]
        if self.stale_reads:
            self.stale_reads -= 1
            found = [one for one in found if one is not self.books.kept(kind)[-1]]
        if "page" not in request.query:
            return self._listing(kind.path, [{**one, "LineItems": []} for one in found])
        return self._paged(kind.path, found, request)

    def _paged(self, name: str, items: list[Fields], request: Request) -> Answer:
        page, size = int(request.query["page"]), int(request.query.get("pageSize", "100"))
        pages = -(-len(items) // size)
        pagination = {"page": page, "pageSize": size, "pageCount": pages, "itemCount": len(items)}
        return self._listing(name, items[(page - 1) * size : page * size], pagination=pagination)

    def _listing(self, name: str, items: list[Fields], **more: object) -> Answer:
        head = {"Id": TENANT, "Status": "OK", "ProviderName": "Sandbox", "DateTimeUTC": ms(self._clock())}
        return json_answer(200, {**head, **more, name: items})

    def _control(self, request: Request) -> Answer:
        body = read_json(request.body or b"{}")
        order = cast("Fields", body) if isinstance(body, dict) else {}
        try:
            return self._obey(request.path.removeprefix("/_sandbox/").split("/"), order)
        except Refused as refused:
            return _refusal(*refused.reasons)

    def _obey(self, path: list[str], order: Fields) -> Answer:
        done: object = {}
        match path:
            case ["state"]:
                kept = {kind.path: self.books.kept(kind) for kind in _KINDS.values()}
                names = {document_id: [*files] for document_id, files in self.books.attachments.items()}
                done = {"Contacts": self.books.contacts, **kept, "Attachments": names}
            case ["contacts"]:
                name, status, given = (str(order.get(one, "")) for one in ("name", "status", "id"))
                done = {"ContactID": self.books.add_contact(name, status or "ACTIVE", given)}
            case ["invoices", invoice_id]:
                done = self.books.change(invoice_id, order)
            case ["creditnotes", note_id]:
                done = self.books.change(note_id, order, CREDIT_NOTES)
            case ["payments", invoice_id]:
                amount, on = Decimal(str(order["amount"])), date.fromisoformat(str(order["on"]))
                done = self.books.pay(invoice_id, amount, on)
            case _:
                return self.obey(path, order)
        return json_answer(200, done)


def rate_limited(seconds: int, problem: str = "minute") -> Fault:
    """Return the fault that answers the next request as Xero does when a limit is used up."""
    headers = {"Retry-After": str(seconds), "X-Rate-Limit-Problem": problem, "X-MinLimit-Remaining": "0"}
    return Fault(answer=Answer(429, headers=headers), path=_API)


def _attached(request: Request) -> tuple[Kind, str, str] | None:
    """Return the kind and id of the document that a file is for, and its name; None if the request is for no file."""
    parts = request.path.removeprefix(f"{_API}/").split("/", 3)
    if len(parts) < 4 or parts[2] != "Attachments" or parts[0] not in _KINDS:
        return None
    return _KINDS[parts[0]], parts[1], parts[3]


def _attachment(name: str, content: bytes) -> Fields:
    return {"AttachmentID": NOWHERE, "FileName": name, "MimeType": "application/pdf", "ContentLength": len(content)}


def _refusal(*reasons: str, element: Fields | None = None) -> Answer:
    elements = [{**(element or {}), "ValidationErrors": [{"Message": reason} for reason in reasons]}]
    head = {"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception occurred"}
    return json_answer(400, {**head, "Elements": elements})


def _bad_filter(bad: BadFilter) -> Answer:
    return json_answer(400, {"ErrorNumber": bad.number, "Type": bad.kind, "Message": str(bad)})


def _with_errors(id_field: str, element: Fields, refused: Refused) -> Fields:
    errors: list[object] = [{"Message": reason} for reason in refused.reasons]
    marks: Fields = {"HasErrors": True, "StatusAttributeString": "ERROR", "ValidationErrors": errors}
    return {id_field: NOWHERE, **element, **marks}
