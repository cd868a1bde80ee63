"""Odoo's JSON-2 API, from version 19 on: one request is one call and one transaction.

Sources: odoo/odoo 19.0, addons/rpc/controllers/json2.py; odoo/http.py, Json2Dispatcher, for errors; odoo/exceptions.py
for their statuses (a refusal is 422, no permission 403, a record that is not there 404); addons/web/models/models.py
for `web_save`, which creates and reads in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tracker2invoice.rest import Session
from tracker2invoice.wire import write_json


class Json2:
    """`Calls` over JSON-2; `context` is that of Odoo."""

    def __init__(self, session: Session, context: Mapping[str, object]) -> None:
        self._session, self._context = session, context

    def search_read(self, model: str, domain: Sequence[object], fields: Sequence[str]) -> object:
        """Search and read."""
        context = {**self._context, "active_test": False}
        asked = {"domain": list(domain), "fields": list(fields), "context": context}
        return self._session.query(f"/json/2/{model}/search_read", _body(asked)).data

    def create(self, model: str, values: Mapping[str, object], fields: Sequence[str]) -> object:
        """Save what is none yet: this creates it."""
        specification: dict[str, object] = {name: {} for name in fields}
        asked = {"vals": dict(values), "specification": specification, "context": dict(self._context)}
        return self._session.write("POST", f"/json/2/{model}/web_save", _body(asked)).data

    def unlink(self, model: str, record_id: int) -> None:
        """Delete."""
        self._session.write(
            "POST", f"/json/2/{model}/unlink", _body({"ids": [record_id], "context": dict(self._context)})
        )

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()


def _body(asked: Mapping[str, object]) -> bytes:
    return write_json(dict(asked)).encode()
