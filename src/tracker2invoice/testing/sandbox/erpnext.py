"""A pretended ERPNext on 127.0.0.1, with state and faults.

    with ErpnextSandbox(clock) as erpnext:
        client = erpnext.books.add_customer("Acme GmbH")
        settings = ErpnextSettings(url=erpnext.url, key=KEY, secret=SECRET, company=COMPANY, ...)

Over HTTP, a test or a rehearsal steers it with JSON, all by POST except the first:

    GET  /_sandbox/state               every client, invoice, credit note and attached file
    POST /_sandbox/customers           {"name": "…"}
    POST /_sandbox/invoices/<name>     {"do": "submit"}, "pay", "cancel", "delete", or fields to change
    POST /_sandbox/faults              {"when": "after", "do": "drop", "method": "POST", "path": "/Sales Invoice",
                                        "status": 503, "body": "…", "headers": {…}}: for the next such request
    POST /_sandbox/revoke              {}: the key is good no more

Sources: frappe/frappe version-15: frappe/api/v1.py and v2.py for addresses, frappe/client.py for lists,
frappe/handler.py and frappe/core/doctype/file for files, frappe/auth.py for keys, frappe/utils/response.py and
frappe/exceptions.py for errors.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import cast

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.erpnext_books import ErpnextBooks, Fields, Refused, packed
from tracker2invoice.testing.sandbox.erpnext_customers import create_customer
from tracker2invoice.testing.sandbox.multipart import Part, read_parts
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request, Sandbox
from tracker2invoice.wire import NotJson, read_json

KEY, SECRET = "key-of-sandbox", "secret-of-sandbox"
_STATUSES = {"AuthenticationError": 401, "PermissionError": 403, "DoesNotExistError": 404}
_ROWS = ("Item Tax Template Detail", "Contact Email", "Dynamic Link", "Party Account", "Closed Document")
"""Tables in forms."""

_TRACEBACK = 'Traceback (most recent call last):\n  File "apps/frappe/frappe/app.py", line 1\n'


class ErpnextSandbox(Sandbox):
    """One site with one company, one user and one key. `books` holds the state."""

    def __init__(self, clock: Clock, port: int = 0) -> None:
        super().__init__(port)
        self.books = ErpnextBooks(clock)
        self.revoked = False

    def revoke(self) -> None:
        """Take the key away."""
        self.revoked = True

    def handle(self, request: Request) -> Answer:
        """Answer a request to the API or the controls."""
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        try:
            return self._called(request)
        except Refused as refused:
            return _error(_STATUSES.get(refused.kind, 417), refused.kind, refused.text)
        except Exception as error:  # noqa: BLE001 (the server shows any of its own)
            return _error(500, type(error).__name__, str(error))

    def _called(self, request: Request) -> Answer:
        if self.revoked or request.headers.get("authorization") != f"token {KEY}:{SECRET}":
            raise Refused("", "AuthenticationError")
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["api", "method", "frappe.client.get_list"]:
                return _json({"message": self._listed(_body(request))})
            case "POST", ["api", "method", "frappe.client.get_single_value"]:
                return _json({"message": int(self._setting(str(_body(request)["field"])))})
            case "GET", ["api", "v2", "doctype", "Sales Invoice", "meta"]:
                own = {"fieldname": "customer", "fieldtype": "Link", "unique": 0, "no_copy": 0}
                return _json({"data": {"fields": [own, *filter(None, [self.books.reference_field])]}})
            case "POST", ["api", "resource", "Sales Invoice"]:
                return _json({"data": self.books.create(_body(request))})
            case "POST", ["api", "resource", "Customer"]:
                return _json({"data": create_customer(self.books, _body(request))})
            case "POST", ["api", "method", "upload_file"]:
                return _json({"message": self._uploaded(read_parts(request))})
            case "DELETE", ["api", "resource", "Sales Invoice", name]:
                self.books.delete(name)
                return Answer(202, {"message": "ok"})
            case _:
                raise Refused("Not Found", "DoesNotExistError")

    def _setting(self, field: str) -> bool:
        return {
            "allow_negative_rates_for_items": self.books.negative_rates,
            "allow_multi_currency_invoices_against_single_party_account": self.books.any_currency,
        }[field]

    def _listed(self, asked: Fields) -> list[Fields]:
        doctype = str(asked["doctype"])
        if doctype in _ROWS and not asked.get("parent"):
            raise Refused("Insufficient Permission", "PermissionError")
        filters, fields = (cast("list[str]", asked[name]) for name in ("filters", "fields"))
        found = self.books.select(doctype, filters, fields, cast("list[object]", asked.get("or_filters", [])))
        return found[: int(str(asked.get("limit_page_length", 20))) or None]

    def _uploaded(self, parts: dict[str, Part]) -> Fields:
        told = {name: part.content.decode() for name, part in parts.items() if not part.file}
        belongs_to: Fields = {"attached_to_doctype": told["doctype"], "attached_to_name": told["docname"]}
        privacy: Fields = {"is_private": int(told.get("is_private", "0"))}
        return self.books.attach(parts["file"].file, belongs_to | privacy, len(parts["file"].content))

    def _control(self, request: Request) -> Answer:
        order = _body(request)
        match request.path.removeprefix("/_sandbox/").split("/"):
            case ["state"]:
                customers, files = self.books.tables["Customer"], self.books.tables["File"]
                return _json({"customers": customers, "invoices": self.books.invoices, "files": files})
            case ["customers"]:
                self.books.add_customer(str(order.get("name", "")))
            case ["invoices", name]:
                return self._touched(self.books.record("Sales Invoice", name), order)
            case ["faults"]:
                self.faults.append(_fault(order))
            case ["revoke"]:
                self.revoke()
            case _:
                return Answer(404)
        return _json({})

    def _touched(self, invoice: Fields, order: Fields) -> Answer:
        deeds: dict[str, Callable[[Fields], None]] = {
            "submit": self.books.submit,
            "pay": self.books.pay,
            "cancel": self.books.cancel,
            "delete": lambda one: self.books.delete(str(one["name"])),
        }
        if deed := deeds.get(str(order.pop("do", ""))):
            deed(invoice)
        invoice |= order
        return _json(invoice)


def _body(request: Request) -> Fields:
    body = read_json(request.body or b"{}")
    if isinstance(body, NotJson) or not isinstance(body, dict):
        return {}
    return cast("Fields", body)


def _json(value: object) -> Answer:
    # numbers go out as floats there
    text = json.dumps(value, default=lambda one: float(one) if isinstance(one, Decimal) else str(one))
    return Answer(200, text.encode(), {"Content-Type": "application/json"})


def _error(status: int, kind: str, text: str) -> Answer:
    told: Fields = {"exception": f"frappe.exceptions.{kind}: {text}", "exc_type": kind}
    return Answer(status, told | {"exc": json.dumps([f"{_TRACEBACK}{text}"]), "_server_messages": packed([text])})


def _fault(order: Fields) -> Fault:
    headers = cast("dict[str, str]", order.get("headers", {}))
    return Fault(
        when="after" if order.get("when") == "after" else "before",
        do="drop" if order.get("do") == "drop" else "answer",
        answer=Answer(int(str(order.get("status", 500))), str(order.get("body", "")).encode(), headers),
        method=str(order.get("method", "")),
        path=str(order.get("path", "/")),
    )
