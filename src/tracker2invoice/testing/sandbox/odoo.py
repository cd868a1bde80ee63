"""A pretended Odoo on 127.0.0.1, with state and faults, over JSON-2 (from version 19 on) and XML-RPC.

    with OdooSandbox(clock) as odoo:
        client = odoo.books.add_partner("Acme GmbH")
        settings = OdooSettings(url=odoo.url, database=DATABASE, key=KEY, company=str(COMPANY), ...)

Over HTTP, a test or a rehearsal steers it with JSON, all by POST except the first:

    GET  /_sandbox/state               every client, invoice, credit note and attachment
    POST /_sandbox/partners            {"name": "…", "id": 7} -> {"id": 7}
    POST /_sandbox/moves/<id>          {"do": "post"}, "pay", "cancel", "unlink", or fields to change
    POST /_sandbox/faults              {"when": "after", "do": "drop", "path": "/account.move/web_save",
                                        "status": 503, "body": "…", "headers": {…}}: for the next such request
    POST /_sandbox/stale               {"reads": 2}: so many searches miss the document created last
    POST /_sandbox/revoke              {}: the key is good no more

A fault names a call of XML-RPC by the path that it would have: `/xmlrpc/2/object/account.move/create`.

Sources: odoo/odoo 19.0, addons/rpc/controllers, json2.py and xmlrpc.py; odoo/http.py for errors; addons/web/models/
models.py for `web_save`. A search may go to a replica of the database, which lags (odoo/http.py, `readonly`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast
from xmlrpc.client import Fault as XmlFault
from xmlrpc.client import dumps, loads

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.odoo_books import Broken, Fields, OdooBooks, Refused
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request, Sandbox
from tracker2invoice.wire import NotJson, read_json, write_json

KEY, LOGIN, DATABASE, USER = "sandbox-key", "billing@northwind.example", "northwind", 2
_STATUSES = {"AccessError": 403, "MissingError": 404}
_CODES = {"AccessError": 4}
_TRACEBACK = 'Traceback (most recent call last):\n  File "/opt/odoo/odoo/http.py", line 1\n'


class OdooSandbox(Sandbox):
    """One database, one user and one key. `books` holds the state; `version` is that of Odoo."""

    def __init__(self, clock: Clock, port: int = 0, version: int = 19) -> None:
        super().__init__(port)
        self.books = OdooBooks(clock)
        self.version = version
        self.stale_reads = 0
        self.revoked = False

    def revoke(self) -> None:
        """Delete the key."""
        self.revoked = True

    def handle(self, request: Request) -> Answer:
        """Answer a request to an API or the controls."""
        match request.path.strip("/").split("/"):
            case ["_sandbox", *control]:
                return self._control(control, request)
            case ["json", "2", model, method] if self.version >= 19:
                return self._json2(model, method, request)
            case ["xmlrpc", "2", service]:
                return _xml(self._xmlrpc(service, request.body))
            case _:
                return Answer(404, b"<!doctype html><title>404 Not Found</title>", {"Content-Type": "text/html"})

    def path_of(self, request: Request) -> str:
        """Return the path of a request; a call of XML-RPC has the model and the method behind it."""
        if not request.path.endswith("/xmlrpc/2/object"):
            return request.path
        params, _ = cast("tuple[Sequence[Any], str]", loads(request.body))
        return f"{request.path}/{params[3]}/{params[4]}"

    def _fault_for(self, request: Request) -> Fault | None:
        return super()._fault_for(replace(request, path=self.path_of(request)))

    def _json2(self, model: str, method: str, request: Request) -> Answer:
        if self.revoked or request.headers.get("authorization") != f"bearer {KEY}":
            return _error(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")
        if request.headers.get("x-odoo-database") != DATABASE:
            return _error(404, "werkzeug.exceptions.NotFound", "the database is not there")
        try:
            return _json(200, self._called(model, method, _body(request)))
        except Refused as refused:
            return _error(_STATUSES.get(refused.kind, 422), f"odoo.exceptions.{refused.kind}", refused.text)
        except Exception as error:  # noqa: BLE001 (the server shows any of its own)
            return _error(500, "builtins.ValueError", str(error))

    def _called(self, model: str, method: str, asked: Fields) -> object:
        match method:
            case "search_read":
                return self._search_read(model, asked)
            case "web_save" if not asked.get("ids"):
                fields = list(cast("Fields", asked["specification"]))
                # one transaction: what may not be read is not created
                self.books.read([], fields, "")
                return self.books.read([self.books.create(model, cast("Fields", asked["vals"]))], fields, "")
            case "create":
                return self.books.create(model, cast("Fields", asked["vals_list"]))["id"]
            case "unlink":
                self.books.unlink(model, cast("list[object]", asked["ids"]))
                return True
            case _:
                raise Refused("MissingError", f"the method {method!r} does not exist on {model!r}")

    def _search_read(self, model: str, asked: Fields) -> list[Fields]:
        domain, fields = (cast("list[Any]", asked[name]) for name in ("domain", "fields"))
        found = self.books.search(model, domain, cast("Fields", asked.get("context", {})))
        if self.stale_reads and model == "account.move" and self.books.moves:
            self.stale_reads -= 1
            found = [one for one in found if one is not self.books.moves[-1]]
        return self.books.read(found, fields, asked.get("load", "_classic_read"))

    def _xmlrpc(self, service: str, body: bytes) -> object:
        params, method = cast("tuple[Sequence[Any], str]", loads(body))
        try:
            if params[0] != DATABASE:
                raise Broken(f'psycopg2.OperationalError: database "{params[0]}" does not exist')
            match (service, method):
                case ("common", "authenticate"):
                    known = params[:3] == (DATABASE, LOGIN, KEY) and not self.revoked
                    return USER if known else False
                case ("object", "execute_kw"):
                    return self._executed(*params)
                case _:
                    raise Broken(f"KeyError: {service}")
        except Refused as refused:
            return XmlFault(_CODES.get(refused.kind, 2), refused.text)
        except Exception as error:  # noqa: BLE001 (the server shows any of its own)
            return XmlFault(1, f"{_TRACEBACK}{error}")

    def _executed(
        self, _: str, user: int, key: str, model: str, method: str, given: Sequence[Any], *more: Fields
    ) -> object:
        if self.revoked or (user, key) != (USER, KEY):
            return XmlFault(3, "Access Denied")
        name = {"search_read": "domain", "create": "vals_list", "unlink": "ids"}.get(method, "ids")
        return self._called(model, method, {name: given[0], **(more[0] if more else {})})

    def _control(self, control: list[str], request: Request) -> Answer:
        order = _body(request)
        match control:
            case ["state"]:
                tables = self.books.tables
                shown = {"partners": "res.partner", "moves": "account.move", "attachments": "ir.attachment"}
                return _exact({name: tables[model] for name, model in shown.items()})
            case ["partners"]:
                partner_id = self.books.add_partner(str(order.get("name", "")), int(str(order.get("id", 0))))
                return _json(200, {"id": partner_id})
            case ["moves", move_id]:
                return self._touched(self.books.record("account.move", int(move_id)), order)
            case ["faults"]:
                self.faults.append(Fault.ordered(order, "/"))
            case ["stale"]:
                self.stale_reads = int(str(order.get("reads", 1)))
            case ["revoke"]:
                self.revoke()
            case _:
                return Answer(404)
        return _json(200, {})

    def _touched(self, move: Fields, order: Fields) -> Answer:
        deeds: dict[str, Callable[[Fields], None]] = {
            "post": self.books.post,
            "pay": self.books.pay,
            "cancel": self.books.cancel,
            "unlink": lambda one: self.books.unlink("account.move", [one["id"]]),
        }
        if deed := deeds.get(str(order.pop("do", ""))):
            deed(move)
        move |= order
        return _exact(move)


def _body(request: Request) -> Fields:
    body = read_json(request.body or b"{}")
    if isinstance(body, NotJson) or not isinstance(body, dict):
        return {}
    return cast("Fields", body)


def _json(status: int, value: object) -> Answer:
    return Answer(status, value)


def _exact(value: Fields) -> Answer:
    return Answer(200, write_json(value).encode(), {"Content-Type": "application/json"})


def _error(status: int, name: str, message: str) -> Answer:
    told: Fields = {"name": name, "message": message, "arguments": [message], "context": {}}
    return _json(status, told | {"debug": f"{_TRACEBACK}{message}"})


def _xml(value: object) -> Answer:
    told: Any = value if isinstance(value, XmlFault) else (value,)
    return Answer(200, dumps(told, methodresponse=True).encode(), {"Content-Type": "text/xml"})
