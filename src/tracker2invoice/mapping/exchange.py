"""VAT in the currency in which the supplier accounts for it: on which day it is converted, and at which rate.

Source: Directive 2006/112/EC, articles 63 to 66 (when VAT becomes chargeable), 91(2) (the latest rate at that time,
for which every member state takes that of the European Central Bank) and 230 (VAT in the national currency).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from tracker2invoice.languages.phrases import Said, phrase
from tracker2invoice.mapping.due import local_date
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.invoice import AccountingTax
from tracker2invoice.model.money import Money
from tracker2invoice.model.rates import Rates
from tracker2invoice.model.term import Term


def tax_point(contract: Contract, term: Term, closed_at: datetime, now: datetime) -> date:
    """Return the day on which the VAT of a bill becomes chargeable: when the work was delivered.

    That of an advance is chargeable once it is paid. Nobody knows yet when that will be, so its day is that of the
    invoice.
    """
    return local_date(now if term.kind == "advance" else min(closed_at, now), contract.timezone)


def accounting_tax(contract: Contract, tax: Decimal, day: date, rates: Rates) -> AccountingTax | None:
    """Return the VAT of a document in the supplier's currency (BT-111), None if that is the currency of the contract.

    Raises:
        ValueError: there is VAT, and no rate of that day.
    """
    into = contract.supplier.tax_currency
    if into in ("", contract.currency):
        return None
    if not tax:
        return AccountingTax(into, Money.zero(into).amount, None)
    rate = rates.rate(contract.currency, into, day)
    if rate is None:
        raise ValueError(f"VAT without a rate is not billed: {contract.currency} in {into} on {day}")
    return AccountingTax(into, Money.rounded(Fraction(tax) * Fraction(rate.value), into).amount, rate)


def rate_missing(contract: Contract, day: date, rates: Rates) -> str:
    """Say in words which rate is missing for the VAT of a contract on a day, nothing if there is one or none needed."""
    into = contract.supplier.tax_currency
    if rates.rate(contract.currency, into, day):
        return ""
    words = f"no exchange rate of {contract.currency} in {into} holds on {day}, for the VAT"
    return f"{words}: {rates.trouble or 'write it in [rates], or fetch the file anew'}"


def conversion_note(converted: AccountingTax | None, tax: Decimal, currency: str) -> Said:
    """Say how the VAT was converted, nothing if it was not."""
    if converted is None or converted.rate is None:
        return ""
    rate = converted.rate
    return phrase(
        "vat_converted",
        amount=Money(tax, currency),
        converted=Money(converted.amount, converted.currency),
        rate=format(rate.value, "f"),
        source=rate.source,
        period=rate.period,
        basis=rate.basis,
    )
