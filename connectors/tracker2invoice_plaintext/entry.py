"""A draft as a double entry, for whichever program. Pure: the same draft gives the same entry.

An invoice debits what the client owes and credits income and tax. What is held back stays owed, in an account of its
own, until its release is billed; a deposit is owed to the client until work uses it up. A credit note turns all of it
around.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from tracker2invoice.documents.text import capped, clean, web_link
from tracker2invoice.errors import Rejected, Unsupported
from tracker2invoice.model.contract import Party
from tracker2invoice.model.invoice import COMMERCIAL_INVOICE, CREDIT_NOTE, REFERENCE, Draft, PartKind
from tracker2invoice.model.money import Money
from tracker2invoice_plaintext import CLIENT, PARTS, PlaintextSettings

Use = Literal["receivable", "retainage", "income", "tax", "deposits"]
Facts = tuple[tuple[str, str], ...]
"""Names with texts of one line each."""

_USES: Mapping[PartKind, Use] = {
    "work": "income",
    "written-down": "income",
    "escalation": "income",
    "discount": "income",
    "retained": "retainage",
    "released": "retainage",
    "advance": "deposits",
    "drawn": "deposits",
}
_PLAIN_ID = re.compile("[a-z0-9][a-z0-9-]*")
# a comma, semicolon or bracket would end or begin something in a comment of hledger
_IN_LINKS = str.maketrans({",": "%2C", ";": "%3B", "|": "%7C", "[": "%5B", "]": "%5D"})


@dataclass(frozen=True, slots=True)
class Posting:
    """An amount on an account, positive for a debit."""

    account: str
    amount: Decimal
    facts: Facts = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A transaction that waits for a person. The amounts of its postings make nothing together.

    `links` are the references of the document and of those it refers to. `gross` is what the document comes to
    (BT-112), without the sign of a credit note. No text has more than one line.
    """

    day: date
    due: date
    payee: str
    narration: str
    links: tuple[str, ...]
    gross: Decimal
    currency: str
    facts: Facts
    postings: tuple[Posting, ...]

    @property
    def reference(self) -> str:
        """The reference of the document itself."""
        return self.links[0]


def to_entry(output: str, settings: PlaintextSettings, draft: Draft) -> Entry:
    """Return the entry of the draft. `output` is the configured name.

    Raises:
        Unsupported: it is no invoice and no credit note, its sums do not add up, or they are finer than the currency.
        Rejected: the client's `remote` cannot stand in the name of an account.
    """
    if draft.type_code not in (COMMERCIAL_INVOICE, CREDIT_NOTE):
        raise Unsupported(output, f"documents of type {draft.type_code}")
    part = client_part(output, settings, draft.client)
    try:
        postings = tuple(_posting(settings, part, draft, *one) for one in _debits(draft))
    except ValueError as error:
        raise Unsupported(output, f"amounts with more decimals than {draft.currency} has") from error
    if sum(one.amount for one in postings) or draft.totals.payable + draft.totals.prepaid != draft.totals.gross:
        raise Unsupported(output, "totals that lines, taxes and what was prepaid do not add up to")
    title = one_line(draft.rows[0].description)
    return Entry(
        day=draft.issue_date,
        due=draft.due_date,
        payee=one_line(draft.client.name or draft.client.id),
        narration=f"Credit note: {title}" if draft.is_credit_note else title,
        links=(draft.reference, *(one.reference for one in draft.preceding if REFERENCE.fullmatch(one.reference))),
        gross=draft.totals.gross,
        currency=draft.currency,
        facts=tuple((name, text) for name, text in _facts(draft) if text),
        postings=postings,
    )


def client_part(output: str, settings: PlaintextSettings, client: Party) -> str:
    """Return what stands for the client in accounts: the `remote` of this output, or else the id with a capital.

    No two ids give the same: what an account cannot hold is made up for by some digits of a hash.

    Raises:
        Rejected: the `remote` cannot stand there.
    """
    pinned = client.remote.get(output, "")
    if not pinned:
        return _from_id(client.id)
    if not PARTS[settings.format].fullmatch(pinned):
        raise Rejected(output, f"client {client.id}: remote.{output} cannot be a part of an account's name")
    return pinned


def account(settings: PlaintextSettings, use: Use, part: str) -> str:
    """Return the account for a use, with the client's part in its place."""
    configured: str = getattr(settings.accounts, use)
    return configured.replace(CLIENT, part)


def one_line(text: str) -> str:
    """Return hostile text on one line, without control and bidi characters, with single spaces, at most 300 long."""
    return " ".join(capped(clean(text)).split())


def _from_id(id_: str) -> str:
    if _PLAIN_ID.fullmatch(id_):
        return id_[0].upper() + id_[1:]
    kept = re.sub("[^A-Za-z0-9]+", "-", id_).strip("-")
    return f"{kept[:1].upper()}{kept[1:40]}-{hashlib.sha256(id_.encode()).hexdigest()[:8]}".lstrip("-")


def _debits(draft: Draft) -> Iterator[tuple[Use, Decimal, Facts]]:
    """Yield what an invoice of these amounts debits, credits as negative amounts."""
    totals = draft.totals
    yield "receivable", totals.payable, ()
    if totals.prepaid:
        yield "deposits", totals.prepaid, (("line", "Deposit, paid before"),)
    for row in draft.rows:
        yield _USES[row.kind], -row.net, (("line", one_line(row.description)), ("basis", one_line(row.basis)))
    for subtotal in draft.tax:
        if subtotal.amount:
            words = f"{subtotal.category} {subtotal.rate:f} % of {subtotal.base:f}"
            yield "tax", -subtotal.amount, (("tax", words),)


def _posting(settings: PlaintextSettings, part: str, draft: Draft, use: Use, debit: Decimal, facts: Facts) -> Posting:
    amount = Money(-debit if draft.is_credit_note else debit, draft.currency).amount
    # nothing owed has no sign
    return Posting(account(settings, use, part), amount + 0, tuple((name, text) for name, text in facts if text))


def _facts(draft: Draft) -> Iterator[tuple[str, str]]:
    yield "type", draft.type_code
    yield "contract", one_line(draft.contract)
    yield "project", one_line(draft.project)
    yield "milestone", one_line(draft.why.milestone_title)
    yield "url", web_link(draft.why.milestone_url).translate(_IN_LINKS)
    yield "order", one_line(draft.order_reference)
    yield "terms", one_line(draft.payment_terms)
    yield "tax-note", one_line(draft.tax_note)
