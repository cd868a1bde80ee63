"""Odoo's XML-RPC API, for versions 16 to 18: a login, then one request is one call and one transaction.

Sources: odoo/odoo 18.0, odoo/addons/base/controllers/rpc.py (from 19 on addons/rpc/controllers/xmlrpc.py) for the codes
of faults; odoo/service/common.py for `authenticate`, which says False to a wrong key. The standard library writes and
reads the values; `tracker2invoice.rest` sends, so that nothing is sent twice. Whatever declares a document type is not
read: entities that grow have no place in an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any, NoReturn, cast
from xml.parsers import expat
from xmlrpc.client import Fault, ResponseError, Unmarshaller, dumps

from tracker2invoice.errors import AccessDenied, BadAnswer, NotThere, Rejected, Tracker2InvoiceError, Unclear
from tracker2invoice.rest import Media, Session
from tracker2invoice.wire import NotJson

_REFUSED, _DENIED = 2, (3, 4)
"""Codes of faults: a refusal in words for people; no access. Any other is a traceback, which is nobody's business."""

_FAILED = "Odoo failed over the request; its log says why"


class XmlRpc:
    """`Calls` over XML-RPC; `name` is the configured name of the output, for errors."""

    def __init__(
        self, session: Session, name: str, database: str, login: str, key: str, context: Mapping[str, object]
    ) -> None:
        self._session, self._name, self._context = session, name, context
        self._database, self._login, self._key = database, login, key
        self._user = 0
        # it stands in the body of every request
        session.hide(key)

    def search_read(self, model: str, domain: Sequence[object], fields: Sequence[str]) -> object:
        """Search and read."""
        more = {"fields": list(fields), "context": {**self._context, "active_test": False}}
        answer = self._session.query("/xmlrpc/2/object", self._executed(model, "search_read", list(domain), more)).data
        if isinstance(answer, Fault):
            raise self._unread(answer)
        return answer

    def create(self, model: str, values: Mapping[str, object], fields: Sequence[str]) -> object:
        """Create, which tells no more than the id, and read.

        What cannot be read was created all the same.
        """
        created = self._changed(model, "create", dict(values))
        try:
            return self.search_read(model, [["id", "=", created]], fields)
        except Tracker2InvoiceError as error:
            raise Unclear(self._name, f"created, but not read: {error}") from None

    def unlink(self, model: str, record_id: int) -> None:
        """Delete."""
        self._changed(model, "unlink", [record_id])

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _changed(self, model: str, method: str, argument: object) -> object:
        body = self._executed(model, method, argument, {"context": dict(self._context)})
        answer = self._session.write("POST", "/xmlrpc/2/object", body).data
        if not isinstance(answer, Fault):
            return answer
        if answer.faultCode in _DENIED:
            raise AccessDenied(self._name, self._words(answer))
        if answer.faultCode == _REFUSED:
            raise Rejected(self._name, self._words(answer))
        # the answer may have failed to be written when all was done
        raise Unclear(self._name, _FAILED)

    def _executed(self, model: str, method: str, argument: object, more: Mapping[str, object]) -> bytes:
        who = (self._database, self._user or self._authenticate(), self._key)
        return written("execute_kw", (*who, model, method, [argument], dict(more)))

    def _authenticate(self) -> int:
        who = written("authenticate", (self._database, self._login, self._key, {}))
        answer = self._session.query("/xmlrpc/2/common", who).data
        if isinstance(answer, Fault):
            # the words of PostgreSQL stand in the traceback
            missing = f'database "{self._database}" does not exist' in answer.faultString
            raise NotThere(self._name, f"database {self._database}") if missing else self._unread(answer)
        if not isinstance(answer, int) or not answer:
            raise AccessDenied(self._name, "Odoo does not accept the login and the key for this database")
        self._user = answer
        return answer

    def _unread(self, fault: Fault) -> AccessDenied | BadAnswer:
        if fault.faultCode in _DENIED:
            return AccessDenied(self._name, self._words(fault))
        return BadAnswer(self._name, self._words(fault) if fault.faultCode == _REFUSED else _FAILED)

    def _words(self, fault: Fault) -> str:
        return self._session.redacted(fault.faultString)


def written(method: str, params: tuple[object, ...]) -> bytes:
    """Return the body of a call."""
    return dumps(cast("tuple[Any, ...]", _doubled(params)), method).encode()


def _doubled(value: object) -> object:
    """Turn decimals into floats: XML-RPC knows no others, and what is written of one are the digits of the decimal."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: _doubled(item) for name, item in cast("dict[str, object]", value).items()}
    if isinstance(value, tuple | list):
        return tuple(map(_doubled, cast("Sequence[object]", value)))
    return value


def understood(body: bytes) -> object:
    """Return the value of an answer, or the `Fault` that it is, or a `NotJson` if it cannot be read."""
    values, parser = Unmarshaller(use_builtin_types=True), expat.ParserCreate()
    # expat tells text as it is, which needs no decoding
    values.xml("", None)
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = values.start
    parser.EndElementHandler = values.end
    parser.CharacterDataHandler = values.data
    try:
        parser.ParseFile(BytesIO(body))
        (value,) = values.close()
    except Fault as fault:
        return fault
    except (expat.ExpatError, ResponseError, ValueError, TypeError, LookupError, ArithmeticError):
        return NotJson()
    return value


def _refuse(*_: object) -> NoReturn:
    raise ValueError("a document type")


MEDIA = Media("text/xml", understood)
