"""The QR code from which a banking app takes a SEPA credit transfer: name, IBAN, amount and our reference.

Source: European Payments Council, EPC069-12, "Quick Response Code: Guidelines to enable data capture for the
initiation of a SEPA credit transfer": version 002, error correction M, at most 331 bytes.
"""

from __future__ import annotations

import re
from decimal import Decimal

from tracker2invoice.documents.text import clean
from tracker2invoice.model.invoice import Draft

_LONGEST_NAME, _MOST_BYTES = 70, 210
_MOST = Decimal("999999999.99")
_SEPA = re.compile(
    "A[DLT]|B[EG]|C[HYZ]|D[EK]|E[ES]|F[IR]|G[BIR]|H[RU]|I[EST]|L[ITUV]|M[CDEKT]|N[LO]|P[LT]|R[OS]|S[EIKM]|VA"
)
"""How IBANs begin in the countries of the SEPA schemes (European Payments Council, EPC409-09)."""


def payment_code(draft: Draft) -> str:
    """Return the QR code as SVG, without its quiet zone; empty where no transfer of one amount pays the document.

    There is none for other currencies than the euro, for credit notes, for accounts outside SEPA, where nothing is to
    be paid, and where the client may choose what to pay: a discount for paying early, or installments.
    """
    if not _is_one_transfer(draft):
        return ""
    from segno.helpers import make_epc_qr

    supplier = draft.supplier
    code = make_epc_qr(
        name=_name(supplier.name),
        iban=supplier.iban.replace(" ", ""),
        amount=draft.totals.payable,
        text=draft.reference,
        bic=supplier.bic or None,
        encoding="utf-8",
    )
    return code.svg_inline(border=0, omitsize=True, svgclass=None, lineclass=None)


def _is_one_transfer(draft: Draft) -> bool:
    supplier = draft.supplier
    return (
        draft.currency == "EUR"
        and not draft.is_credit_note
        and not draft.early_payment
        and not draft.installments
        and 0 < draft.totals.payable <= _MOST
        and _SEPA.match(supplier.iban) is not None
        and bool(_name(supplier.name))
    )


def _name(text: str) -> str:
    return clean(text)[:_LONGEST_NAME].encode()[:_MOST_BYTES].decode(errors="ignore").strip()
