"""Requests to the REST API of one Tryton database.

Routes, query and context: trytond 8.2, trytond/protocols/rest.py and jsonrpc.py. The API is chosen before JSON-RPC for
its key: it is one string that does not expire and can be cancelled by itself, while a session of JSON-RPC needs the
password of a user and ends when it is not used.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urlencode

from pydantic import TypeAdapter, ValidationError

from tracker2invoice.errors import AccessDenied, BadAnswer, NotThere
from tracker2invoice.plugins import Context
from tracker2invoice.rest import FixedHeaders, Session
from tracker2invoice.wire import write_json
from tracker2invoice_tryton import TrytonSettings

T = TypeVar("T")


class Client:
    """Reads and writes records; `name` is the configured name of the output, for errors.

    Reading raises AccessDenied and TryLater if it could not be done completely. `url` is where people open the
    database.
    """

    def __init__(self, settings: TrytonSettings, context: Context) -> None:
        """Connect to nothing yet.

        Raises:
            SecretMissing: there is no key.
        """
        server = settings.url.rstrip("/")
        self.name, self.url = context.name, f"{server}/#{settings.database}"
        self._session = Session(
            context.name,
            f"{server}/{settings.database}/rest/model",
            context.clock,
            authorisation=FixedHeaders({"Authorization": f"Bearer {settings.key.reveal()}"}),
            # which of the user's companies is meant decides what they see
            headers={"X-Tryton-Context": encoded({"company": settings.company})},
        )

    def search(self, model: str, domain: Sequence[object], fields: Sequence[str], kind: TypeAdapter[T]) -> T:
        """Return the records of a model that match a domain, inactive ones only if it asks for them."""
        query = urlencode([("d", encoded(list(domain))), *(("f", field) for field in fields)])
        return self._understood(model, kind, self._read(f"/{model}?{query}"))

    def record(self, model: str, record_id: int, fields: Sequence[str], kind: TypeAdapter[T]) -> T | None:
        """Return the record with that id, active or not; None if there is none that the user may see."""
        try:
            data = self._read(f"/{model}/{record_id}?{_asking_for(fields)}")
        except NotThere:
            return None
        return self._understood(model, kind, data)

    def create(self, model: str, payload: bytes, fields: Sequence[str]) -> object:
        """Create one record with all that is in it, in one transaction of the server; return its fields.

        Raises:
            Rejected, AccessDenied, RateLimited, Unreachable, Unclear: as `Session.write`.
        """
        return self._session.write("POST", f"/{model}?{_asking_for(fields)}", payload).data

    def delete(self, model: str, record_id: int) -> None:
        """Delete one record; raises as `create`, and NotThere if it is not there."""
        self._session.write("DELETE", f"/{model}/{record_id}", b"")

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _read(self, path: str) -> object:
        try:
            return self._session.read(path).data
        except BadAnswer as error:
            # what is only read is refused for want of rights alone (protocols/wrappers.py, user_application)
            if error.detail.startswith("HTTP 400"):
                raise AccessDenied(self.name, error.detail) from None
            raise

    def _understood(self, model: str, kind: TypeAdapter[T], data: object) -> T:
        try:
            return kind.validate_python(data)
        except ValidationError:
            raise BadAnswer(self.name, f"the answer about {model} cannot be read") from None


def _asking_for(fields: Sequence[str]) -> str:
    return urlencode([("f", field) for field in fields])


def encoded(value: object) -> str:
    """Return a domain or a context as queries and headers carry it."""
    return base64.urlsafe_b64encode(write_json(value).encode()).decode()
