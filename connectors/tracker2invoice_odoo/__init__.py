"""Odoo as an output: draft customer invoices and credit notes. Importing this must stay cheap."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tracker2invoice.plugins import Capabilities, Clock, Context, Output, OutputPlugin
from tracker2invoice.secret import Secret
from tracker2invoice.taxcodes import TaxCodes

if TYPE_CHECKING:
    from tracker2invoice.testing.twins import OutputTwin

CAPABILITIES = Capabilities(
    draft_state=True,
    key_lifetime=None,
    settle=timedelta(seconds=60),
    # Odoo has no unique field on a draft; only numbers of posted entries are unique
    unique_reference=False,
    pins_client=True,
    negative_lines=True,
    credit_notes=True,
    attachments=True,
    withdraws=True,
    numbers=True,
    finalizes=False,
    creates_clients=True,
    finds_together=20,
)

Address = Annotated[str, Field(pattern=r"^https?://[^\s@?#]+$")]
Database = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]*$")]
"""A name as Odoo has them (odoo/addons/web/controllers/database.py, DBNAME_PATTERN)."""

Identifier = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$")]
"""The id of a record: digits in quotes, as for other outputs."""


def _are_ids(codes: Mapping[str, str]) -> Mapping[str, str]:
    if not all(code.isascii() and code.isdigit() for code in codes.values()):
        raise ValueError("name it by its id, which has digits alone")
    return codes


Ids = Annotated[TaxCodes, AfterValidator(_are_ids)]


class OdooSettings(BaseModel):
    """`[outputs.<name>]` with `kind = "odoo"`.

    With `login`, XML-RPC is spoken (Odoo 16 to 18), without it JSON-2 (Odoo 19 and later). `company`, `journal`,
    `account` and the values of `tax` are ids of records; without `journal` it is the company's first one for sales.
    `account_by_tax` names accounts for taxes whose revenue is booked elsewhere than on `account`. `attach_annex`
    attaches the list of what was delivered as a PDF; `create_missing` creates clients whom nobody over there may be.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["odoo"] = "odoo"
    url: Address
    database: Database
    key: Secret
    login: str = ""
    company: Identifier
    journal: Identifier | None = None
    account: Identifier
    account_by_tax: Ids
    tax: Ids
    attach_annex: bool = False
    create_missing: bool = False


def _connect(settings: OdooSettings, context: Context) -> Output:
    from tracker2invoice_odoo.output import connect

    return connect(settings, context)


def _twin(clock: Clock, _: Path) -> AbstractContextManager[OutputTwin]:
    from tracker2invoice_odoo.twin import start

    return start(clock)


plugin = OutputPlugin(
    summary="Odoo: draft customer invoices and credit notes",
    settings=OdooSettings,
    connect=_connect,
    capabilities=CAPABILITIES,
    twin=_twin,
)
