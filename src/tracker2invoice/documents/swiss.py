"""The Swiss QR-bill: what stands in the payment part and in its code, for accounts in Switzerland and Liechtenstein.

Source: SIX, Swiss Payment Standards, "Swiss Implementation Guidelines for the QR-bill", version 2.3: addresses are
structured, references are those of a QR-IBAN or of ISO 11649, characters are Latin ones.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from stdnum.ch import esr
from stdnum.iso7064 import mod_97_10

from tracker2invoice.documents.text import clean
from tracker2invoice.model.contract import Party
from tracker2invoice.model.invoice import Draft

if TYPE_CHECKING:
    from tracker2invoice.documents.text import Plain

CURRENCIES = frozenset({"CHF", "EUR"})

_ACCOUNT = re.compile("(CH|LI)[0-9]{2}[0-9A-Z]{17}")
_MOST = Decimal("999999999.99")
_LATIN = re.compile("[ -~\u00a0-\u017f\u0218-\u021b\u20ac]+")
_NUMBERED = re.compile(
    r"(?!Postfach|Case postale|Casella postale)(.*\D) ([0-9]{1,6}[A-Za-z]?(?:[-/.][0-9]{1,6}[A-Za-z]?)?)"
)
_BASE_32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV")


@dataclass(frozen=True, slots=True)
class Addressee:
    """A structured address."""

    name: str
    street: str
    number: str
    postcode: str
    town: str
    country: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The address as it is printed, with the country if that is abroad."""
        abroad = f"{self.country} \N{EN DASH} " if self.country != "CH" else ""
        return (self.name, f"{self.street} {self.number}".strip(), f"{abroad}{self.postcode} {self.town}")

    @property
    def elements(self) -> tuple[str, ...]:
        """The address as it is coded: its type first."""
        return ("S", self.name, self.street, self.number, self.postcode, self.town, self.country)


@dataclass(frozen=True, slots=True)
class QrBill:
    """What is to be paid, by whom and to whom.

    `amount` is empty where the client may choose what to pay, `debtor` None where the code cannot hold the address.
    """

    account: str
    creditor: Addressee
    amount: str
    currency: str
    debtor: Addressee | None
    reference: str
    message: str

    @property
    def payload(self) -> str:
        """The content of the code, an element each line."""
        nobody = ("",) * 7
        debtor = self.debtor.elements if self.debtor else nobody
        kind = "SCOR" if self.reference.startswith("RF") else "QRR"
        return "\n".join(
            (
                *("SPC", "0200", "1", self.account, *self.creditor.elements, *nobody),
                *(self.amount, self.currency, *debtor, kind, self.reference, self.message, "EPD"),
            )
        )

    @property
    def printed_reference(self) -> str:
        """The reference in groups: of four from the left, or of five from the right."""
        if self.reference.startswith("RF"):
            return _in_groups(self.reference, 4)
        return f"{self.reference[:2]} {_in_groups(self.reference[2:], 5)}"

    @property
    def code(self) -> str:
        """The QR code as SVG, without its quiet zone and without the cross in its middle."""
        import segno

        made = segno.make_qr(self.payload, error="m", mode="byte", encoding="utf-8", boost_error=False)
        return made.svg_inline(border=0, omitsize=True, svgclass=None, lineclass=None)


def qr_bill(draft: Draft) -> QrBill | None:
    """Return what pays a draft; None for other currencies and accounts, and where there is nothing to pay."""
    if not has_qr_bill(draft.supplier, draft.currency) or not _is_payable(draft):
        return None
    creditor = _addressee(draft.supplier)
    if creditor is None:
        return None
    account = draft.supplier.iban.replace(" ", "")
    return QrBill(
        account=account,
        creditor=creditor,
        amount="" if draft.early_payment or draft.installments else f"{draft.totals.payable:.2f}",
        currency=draft.currency,
        debtor=_addressee(draft.client),
        reference=_qr_reference(draft.reference) if _is_qr_iban(account) else _creditor_reference(draft.reference),
        message=draft.number if draft.number and _LATIN.fullmatch(draft.number) else draft.reference,
    )


def has_qr_bill(supplier: Party, currency: str) -> bool:
    """Whether invoices in that currency are paid by QR-bill: the account is in Switzerland or Liechtenstein."""
    return currency in CURRENCIES and _ACCOUNT.fullmatch(supplier.iban.replace(" ", "")) is not None


def printed(bill: QrBill, languages: Sequence[str]) -> dict[str, Plain]:
    """Return what stands in receipt and payment part, with their words in the first language that there is of them."""
    language = next((one for one in languages if one in _words()), "en")
    return {
        "language": language,
        "words": _words()[language],
        "account": _in_groups(bill.account, 4),
        "creditor": bill.creditor.lines,
        "reference": bill.printed_reference,
        "message": bill.message,
        "debtor": bill.debtor.lines if bill.debtor else (),
        "currency": bill.currency,
        "amount": f"{Decimal(bill.amount):,}".replace(",", " ") if bill.amount else "",
        "code": bill.code,
    }


def lacking(supplier: Party, currency: str) -> Iterator[str]:
    """Yield the settings that a QR-bill in that currency needs; nothing where there is none."""
    if has_qr_bill(supplier, currency) and supplier.address is None:
        yield "supplier.address: street, postcode, city and country of the payee (QR-bill)"
    elif has_qr_bill(supplier, currency) and _addressee(supplier) is None:
        yield "supplier.name and supplier.address: in Latin letters (QR-bill)"


def _is_payable(draft: Draft) -> bool:
    return not draft.is_credit_note and 0 < draft.totals.payable <= _MOST


def _addressee(party: Party) -> Addressee | None:
    """Return the name and address in characters and lengths that the code can hold, None if it cannot."""
    if party.address is None:
        return None
    address = party.address
    texts = [clean(one) for one in (party.name, address.street, address.postcode, address.city)]
    if not all(_LATIN.fullmatch(one) for one in texts):
        return None
    name, street, postcode, town = texts
    # elsewhere nobody knows where in a street its number stands; then it stays there
    found = _NUMBERED.fullmatch(street) if address.country in ("CH", "LI") else None
    street, number = (found[1], found[2]) if found else (street, "")
    return Addressee(name[:70].strip(), street[:70].strip(), number, postcode[:16], town[:35].strip(), address.country)


def _is_qr_iban(account: str) -> bool:
    # the bank clearing numbers that are set aside for it
    return "30000" <= account[4:9] <= "31999"


def _qr_reference(reference: str) -> str:
    """Return our reference as a number of 26 digits and its check digit (modulo 10, recursive)."""
    # zeros alone are no reference
    digits = f"1{int(_own(reference).translate(_BASE_32), 32):025}"
    return digits + esr.calc_check_digit(digits)


def _creditor_reference(reference: str) -> str:
    """Return our reference as a creditor reference (ISO 11649)."""
    own = f"T2I{_own(reference)}"
    return f"RF{mod_97_10.calc_check_digits(f'{own}RF')}{own}"


def _own(reference: str) -> str:
    return reference.removeprefix("T2I-")


def _in_groups(text: str, size: int) -> str:
    return " ".join(text[start : start + size] for start in range(0, len(text), size))


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((Path(__file__).parent / "qrbill.toml").read_text(encoding="utf-8"))
