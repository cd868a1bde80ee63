"""A folder as an output: each draft as a beancount or hledger entry. Importing this must stay cheap."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from tracker2invoice.plugins import Capabilities, Clock, Context, Output, OutputPlugin
from tracker2invoice.rendition import Rendition

if TYPE_CHECKING:
    from tracker2invoice.model.invoice import Draft
    from tracker2invoice.testing.twins import OutputTwin

Format = Literal["beancount", "hledger"]

CAPABILITIES = Capabilities(
    draft_state=True,
    key_lifetime=None,
    settle=timedelta(0),
    unique_reference=True,
    pins_client=False,
    negative_lines=True,
    credit_notes=True,
    attachments=False,
    withdraws=True,
    numbers=False,
    finalizes=False,
)

ENDINGS: Mapping[Format, str] = {"beancount": "beancount", "hledger": "journal"}
"""What a file's name ends with."""

CLIENT = "{client}"
"""Stands in an account for the client's part of its name."""

_CAPITAL, _LETTER = r"[A-Z0-9]|[^\W_a-z0-9]", r"[A-Za-z0-9-]|[^\W_]"
PARTS: Mapping[Format, re.Pattern[str]] = {
    "beancount": re.compile(f"(?:{_CAPITAL})(?:{_LETTER})*"),
    "hledger": re.compile(r"[^\W_][\w-]*(?: [\w-]+)*"),
}
"""What a part of an account's name may be, between colons.

Sources: Beancount Language Syntax, "Accounts"; hledger manual, "Account names", less what it could take for a comment,
a virtual posting or a status mark.
"""


class Accounts(BaseModel):
    """Names of accounts. `{client}` in them stands for the client: its id, or what its `remote` says.

    `retainage` is what is held back and owed later, `deposits` what was paid before the work.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    receivable: str = "Assets:Receivable:{client}"
    retainage: str = "Assets:Retainage:{client}"
    income: str = "Income:Services"
    tax: str = "Liabilities:VAT"
    deposits: str = "Liabilities:Deposits:{client}"


class PlaintextSettings(BaseModel):
    """`[outputs.<name>]` with `kind = "plaintext"`.

    `directory` is relative to the configuration file. `format` says for which program entries are written.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["plaintext"] = "plaintext"
    directory: Path
    format: Format = "beancount"
    accounts: Accounts = Accounts()

    @model_validator(mode="after")
    def _accounts_are_names(self) -> Self:
        part = PARTS[self.format]
        for use, account in self.accounts:
            parts = str(account).replace(CLIENT, "Client").split(":")
            if len(parts) < 2 or not all(part.fullmatch(one) for one in parts):
                message = f'accounts.{use} is no account of {self.format}: write it like "Assets:Receivable:{CLIENT}"'
                raise ValueError(message)
        return self


def _connect(settings: PlaintextSettings, context: Context) -> Output:
    from tracker2invoice_plaintext.output import PlaintextOutput

    return PlaintextOutput(settings, context)


def _rendition(format_: Format) -> Rendition[PlaintextSettings]:
    def render(settings: PlaintextSettings | None, output: str, draft: Draft, *_: object) -> bytes:
        from tracker2invoice_plaintext.syntax import show

        return show(output, settings or PlaintextSettings(directory=Path()), draft, format_)

    return Rendition(ENDINGS[format_], is_text=True, writes=lambda settings: settings.format == format_, render=render)


def _twin(_: Clock, directory: Path) -> AbstractContextManager[OutputTwin]:
    from tracker2invoice_plaintext.twin import JournalTwin

    return nullcontext(JournalTwin(directory))


plugin = OutputPlugin(
    summary="A folder: each draft as a beancount or hledger entry",
    settings=PlaintextSettings,
    connect=_connect,
    capabilities=CAPABILITIES,
    twin=_twin,
    renditions={format_: _rendition(format_) for format_ in ENDINGS},
    proof="real system",
)
