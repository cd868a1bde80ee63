"""ERPNext as an output: draft sales invoices and credit notes. Importing this must stay cheap."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tracker2invoice.plugins import Capabilities, Clock, Context, Output, OutputPlugin
from tracker2invoice.secret import Secret
from tracker2invoice.taxcodes import TaxCodes

if TYPE_CHECKING:
    from tracker2invoice.testing.twins import OutputTwin

CAPABILITIES = Capabilities(
    draft_state=True,
    key_lifetime=None,
    settle=timedelta(seconds=60),
    # the field of the reference is unique in the database; nothing is created where it is not
    unique_reference=True,
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
Name = Annotated[str, Field(min_length=1, max_length=140)]
"""The name of a record, which is its id there."""

UnitCode = Annotated[str, Field(pattern=r"^(C62|HUR|DAY|MON)$")]
"""UN/ECE Rec 20."""


def _english_units() -> dict[str, str]:
    """Return what an ERPNext that was set up in English has (erpnext/setup/setup_wizard/data/uom_data.json)."""
    return {"C62": "Nos", "HUR": "Hour", "DAY": "Day"}


class ErpnextSettings(BaseModel):
    """`[outputs.<name>]` with `kind = "erpnext"`.

    `key` and `secret` are those of a user's API access. `company` and `account` (for revenue) are names, and so are the
    values of `tax`: accounts on which tax is booked. `account_by_tax` names accounts for taxes whose revenue is booked
    elsewhere than on `account`, `template_by_tax` item tax templates for invoices that bear several taxes. `units`
    names units of measure. `attach_annex` attaches the list of what was delivered, `create_missing` creates customers
    for clients that nobody there may be.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["erpnext"] = "erpnext"
    url: Address
    key: Secret
    secret: Secret
    company: Name
    account: Name
    account_by_tax: TaxCodes
    tax: TaxCodes
    template_by_tax: TaxCodes
    units: Mapping[UnitCode, Name] = Field(default_factory=_english_units)
    attach_annex: bool = False
    create_missing: bool = False


def _connect(settings: ErpnextSettings, context: Context) -> Output:
    from tracker2invoice_erpnext.output import connect

    return connect(settings, context)


def _twin(clock: Clock, _: Path) -> AbstractContextManager[OutputTwin]:
    from tracker2invoice_erpnext.twin import start

    return start(clock)


plugin = OutputPlugin(
    summary="ERPNext: draft sales invoices and credit notes",
    settings=ErpnextSettings,
    connect=_connect,
    capabilities=CAPABILITIES,
    twin=_twin,
)
