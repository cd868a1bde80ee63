"""Stripe Invoicing as an output: draft invoices through the official library. Importing this must stay cheap."""

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

_TAX_RATE = re.compile(r"txr_\w+", re.ASCII)

STRIPE = "https://api.stripe.com"

CAPABILITIES = Capabilities(
    draft_state=True,
    # docs.stripe.com/api/idempotent_requests: keys are kept for at least 24 hours
    key_lifetime=timedelta(hours=24),
    settle=timedelta(seconds=60),
    unique_reference=False,
    pins_client=True,
    negative_lines=True,
    # docs.stripe.com/api/credit_notes/create: issued at once, and sent unless told otherwise
    credit_notes=False,
    # docs.stripe.com/api/invoices/create: there is no parameter for them
    attachments=False,
    withdraws=True,
    numbers=True,
    finalizes=False,
    creates_clients=True,
    finds_together=20,
)

Address = Annotated[str, Field(pattern=r"^https?://[^\s@?#]+$")]


def _ids_of_tax_rates(ids: Mapping[str, str]) -> Mapping[str, str]:
    if not all(_TAX_RATE.fullmatch(one) for one in ids.values()):
        raise ValueError('give the id of a tax rate, as in "S 19" = "txr_1NoX"')
    return ids


class StripeSettings(BaseModel):
    """`[outputs.<name>]` with `kind = "stripe"`.

    `url` leads to a sandbox or proxy. `api_key` is a restricted key, or the secret key, of the account. `tax` maps a
    contract's tax to the id of a tax rate there. `tax_name` is what the tax is called on an invoice whose tax has to be
    sent along, because Stripe would round it otherwise. `create_missing` lets customers be created.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["stripe"] = "stripe"
    url: Address = STRIPE
    api_key: Secret
    tax: Annotated[TaxCodes, AfterValidator(_ids_of_tax_rates)]
    tax_name: str = Field("VAT", min_length=1, max_length=50)
    create_missing: bool = False


def _connect(settings: StripeSettings, context: Context) -> Output:
    from tracker2invoice_stripe.output import connect

    return connect(settings, context)


def _twin(clock: Clock, _: Path) -> AbstractContextManager[OutputTwin]:
    from tracker2invoice_stripe.twin import start

    return start(clock)


plugin = OutputPlugin(
    summary="Stripe Invoicing: draft invoices",
    settings=StripeSettings,
    connect=_connect,
    capabilities=CAPABILITIES,
    twin=_twin,
    proof="published schema",
)
