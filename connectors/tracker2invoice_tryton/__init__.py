"""Tryton as an output: draft customer invoices through its REST API. Importing this must stay cheap."""

from __future__ import annotations

import re
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
    finds_together=10,
)

Address = Annotated[str, Field(pattern=r"^https?://[^\s@?#]+$")]
Identifier = Annotated[int, Field(gt=0)]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]

_TAX = re.compile(r"[1-9]\d*(/[1-9]\d*)?")


def _are_ids(codes: Mapping[str, str]) -> Mapping[str, str]:
    if not all(_TAX.fullmatch(code) for code in codes.values()):
        raise ValueError('a tax is named by its id, or by its id and that of its account, as in "5/132"')
    return codes


class TrytonSettings(BaseModel):
    """`[outputs.<name>]` with `kind = "tryton"`. Whatever is numbered is named by its id there; `check` helps.

    `url` leads to the server, a proxy or the sandbox; `key` is that of a user application for REST. `account` is the
    revenue account of the lines, `receivable` the account of the invoice. `currencies` maps codes to ids, `tax` a
    contract's tax to the id of a tax there, with a slash and the id of its account if amounts are to be ours to the
    cent. `attach_annex` attaches the list of what was delivered as a PDF; `create_missing` creates clients whom nobody
    over there may be.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["tryton"] = "tryton"
    url: Address
    database: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*$")]
    key: Secret
    company: Identifier
    journal: Identifier
    account: Identifier
    receivable: Identifier
    currencies: Mapping[CurrencyCode, Identifier] = Field(default_factory=dict[str, int])
    tax: Annotated[TaxCodes, AfterValidator(_are_ids)]
    attach_annex: bool = False
    create_missing: bool = False


def _connect(settings: TrytonSettings, context: Context) -> Output:
    from tracker2invoice_tryton.output import connect

    return connect(settings, context)


def _twin(clock: Clock, _: Path) -> AbstractContextManager[OutputTwin]:
    from tracker2invoice_tryton.twin import start

    return start(clock)


plugin = OutputPlugin(
    summary="Tryton: draft customer invoices and credit notes",
    settings=TrytonSettings,
    connect=_connect,
    capabilities=CAPABILITIES,
    twin=_twin,
    proof="real system",
)
