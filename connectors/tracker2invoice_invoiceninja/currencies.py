"""The currency in which a client is invoiced. Reads only.

An invoice has none of its own: it is that of the client, else of the client's group, else of the company
(app/Models/Client.php, getSetting, and InvoiceSum.php).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, Field, ValidationError

from tracker2invoice.errors import BadAnswer
from tracker2invoice.finding import Trust
from tracker2invoice.rest import Session
from tracker2invoice_invoiceninja.answers import Client, CurrencyId, Settings


class Member(BaseModel):
    """The user whose token we have. `permissions` is a list with commas; administrators and owners have all."""

    permissions: str = ""
    is_owner: bool = False
    is_admin: bool = False


class Company(BaseModel):
    """The company that the token leads to; `calculate_taxes` says that it puts taxes of its own on lines."""

    settings: Settings
    calculate_taxes: bool = False
    company_user: Member | None = None


class _OneCompany(BaseModel):
    data: Company


class _Group(BaseModel):
    settings: Settings


class _OneGroup(BaseModel):
    data: _Group


class Currency(BaseModel):
    """A currency as the server knows it; `precision` is how many decimals it rounds to."""

    id: CurrencyId
    code: str
    precision: int


class _Statics(BaseModel):
    currencies: tuple[Currency, ...] = Field(min_length=1)


T = TypeVar("T", bound=BaseModel)


class Currencies:
    """Which client is invoiced in which currency."""

    def __init__(self, session: Session, name: str, trust: Trust) -> None:
        self._session, self._name, self._trust = session, name, trust
        self._known: dict[str, Currency] = {}
        self._chosen: dict[str, str] = {}

    def of(self, client: Client) -> Currency:
        """Return the currency of a client.

        Raises:
            AccessDenied, TryLater: it could not be looked up.
        """
        chosen = client.settings.currency_id or self._of_group(client.group_settings_id) or self._of_company()
        if chosen not in self._known:
            self._read_all()
        if chosen not in self._known:
            raise BadAnswer(self._name, "a client has a currency that the server does not list")
        return self._known[chosen]

    def with_code(self, code: str) -> Currency | None:
        """Return the currency with that code (ISO 4217); None if the server does not know it.

        Raises:
            AccessDenied, TryLater: it could not be looked up.
        """
        if not self._known:
            self._read_all()
        return next((one for one in self._known.values() if one.code == code), None)

    def company(self) -> Company:
        """Return the company, with the user whose token we have."""
        answer = self._session.query("/companies/current?include=company_user", b"{}")
        return self._understood(_OneCompany, answer.data).data

    def _read_all(self) -> None:
        statics = self._understood(_Statics, self._session.read("/statics").data)
        self._known = {one.id: one for one in statics.currencies}

    def _of_group(self, group: str) -> str:
        return self._lasting(f"group {group}", lambda: self._group(group)) if group else ""

    def _of_company(self) -> str:
        return self._lasting("company", lambda: self.company().settings)

    def _lasting(self, owner: str, look: Callable[[], Settings]) -> str:
        """Return the currency that is set for a group or the company; it is good for a minute."""
        if not self._trust.holds(owner):
            self._chosen[owner] = look().currency_id
            self._trust.give(owner)
        return self._chosen[owner]

    def _group(self, group: str) -> Settings:
        answer = self._session.read(f"/group_settings/{quote(group, safe='')}")
        return self._understood(_OneGroup, answer.data).data.settings

    def _understood(self, model: type[T], data: object) -> T:
        try:
            return model.model_validate(data)
        except ValidationError:
            raise BadAnswer(self._name, "the answer about currencies cannot be read") from None
