"""Invoice Ninja v5 as an output: draft invoices and credits through its API. Importing this must stay cheap."""

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

HOSTED = "https://invoicing.co"

CAPABILITIES = Capabilities(
    draft_state=True,
    key_lifetime=None,
    settle=timedelta(seconds=60),
    # a deleted invoice gives its number up, and without `strict_unique` the number is Invoice Ninja's own
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


def _long_enough(names: Mapping[str, str]) -> Mapping[str, str]:
    # InvoiceItemSum.calcTaxes adds up no tax whose name has one character
    if any(len(name.strip()) < 2 for name in names.values()):
        raise ValueError("the name of a tax has at least two characters")
    return names


class InvoiceNinjaSettings(BaseModel):
    """`[outputs.<name>]` with `kind = "invoiceninja"`.

    `url` is that of your own server, a proxy or the sandbox. `tax` maps a contract's tax to the name of a tax rate
    there. `strict_unique` uses the reference as number, so that Invoice Ninja itself refuses a second one.
    `attach_annex` attaches the list of what was delivered as a PDF; `create_missing` creates clients whom nobody over
    there may be.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["invoiceninja"] = "invoiceninja"
    url: Address = HOSTED
    token: Secret
    tax: Annotated[TaxCodes, AfterValidator(_long_enough)]
    strict_unique: bool = False
    attach_annex: bool = False
    create_missing: bool = False


def _connect(settings: InvoiceNinjaSettings, context: Context) -> Output:
    from tracker2invoice_invoiceninja.output import connect

    return connect(settings, context)


def _twin(clock: Clock, _: Path) -> AbstractContextManager[OutputTwin]:
    from tracker2invoice_invoiceninja.twin import start

    return start(clock)


plugin = OutputPlugin(
    summary="Invoice Ninja v5: draft invoices and credits",
    settings=InvoiceNinjaSettings,
    connect=_connect,
    capabilities=CAPABILITIES,
    twin=_twin,
    proof="published schema",
)
