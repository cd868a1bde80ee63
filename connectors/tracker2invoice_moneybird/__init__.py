"""Moneybird as an output: draft sales invoices through its API. Importing this must stay cheap."""

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
Identifier = Annotated[str, Field(pattern=r"^\d{1,20}$")]
"""An id of Moneybird: digits in quotes, for they are more than a number of JSON holds."""


def _are_ids(codes: Mapping[str, str]) -> Mapping[str, str]:
    if not all(code.isascii() and code.isdigit() for code in codes.values()):
        raise ValueError("a tax rate is named by its id, which has digits alone")
    return codes


class MoneybirdSettings(BaseModel):
    """`[outputs.<name>]` with `kind = "moneybird"`.

    `url` leads to a sandbox or proxy. `administration` is the id of the administration, `account` that of the ledger
    account for revenue. `tax` maps a contract's tax to the id of a tax rate for sales invoices. `attach_annex` attaches
    the list of what was delivered, `create_missing` lets contacts be created.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["moneybird"] = "moneybird"
    url: Address = "https://moneybird.com"
    administration: Identifier
    token: Secret
    account: Identifier
    tax: Annotated[TaxCodes, AfterValidator(_are_ids)]
    attach_annex: bool = False
    create_missing: bool = False


def _connect(settings: MoneybirdSettings, context: Context) -> Output:
    from tracker2invoice_moneybird.output import connect

    return connect(settings, context)


def _twin(clock: Clock, _: Path) -> AbstractContextManager[OutputTwin]:
    from tracker2invoice_moneybird.twin import start

    return start(clock)


plugin = OutputPlugin(
    summary="Moneybird: draft sales invoices and credit invoices",
    settings=MoneybirdSettings,
    connect=_connect,
    capabilities=CAPABILITIES,
    twin=_twin,
    proof="published schema",
)
