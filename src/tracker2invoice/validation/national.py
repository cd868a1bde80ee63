"""What Peppol BIS Billing 3.0 asks of the suppliers of a country (3.0.21, 2026-05), besides the settings.

Some rules go by the address of the seller, some by its VAT id. What is asked of settings too is in
`documents/preflight.py`, what holds between German parties in `german.py`, and what Greece asks for in `greek.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from tracker2invoice.documents.profiles import Profile
from tracker2invoice.validation import greek
from tracker2invoice.validation.checks import (
    Broken,
    Check,
    asked,
    both_in,
    country,
    country_of_tax,
    lacks,
    lacks_in,
    none_of,
)
from tracker2invoice.validation.faults import Fault
from tracker2invoice.validation.reading import Group, Invoice

Holds = Callable[[Invoice], bool]
"""Whether the rules of a table hold for an invoice."""

_DANISH_MEANS = ("1", "10", "31", "42", "48", "49", "50", "58", "59", "93", "97")
_DUTCH_MEANS = ("30", "48", "49", "57", "58", "59")
_GIRO, _FIK = ("01#", "04#", "15#"), ("71#", "73#", "75#")
_UNSPSC = ("19.05.01", "19.0501", "26.08.01", "26.0801")
_DUE = "EINDAGI"


def _sold_in(code: str) -> Holds:
    return lambda invoice: country(invoice, "BT-40") == code


def _within(code: str) -> Holds:
    return lambda invoice: both_in(invoice, code)


def _invoiced_within(code: str) -> Holds:
    return lambda invoice: both_in(invoice, code) and not invoice.is_credit_note


def _taxed_in(code: str) -> Holds:
    return lambda invoice: country_of_tax(invoice, "BT-31", "BT-40", "BT-63") == code


def _paid_by(means: str, broken: Callable[[Group], bool]) -> Broken:
    return lambda one, _: one.text("BT-81") == means and broken(one)


def _no_scheme(head: Group, _: Invoice) -> bool:
    return any(len(head.texts(id_)) > sum(map(bool, head.texts(f"{id_}-1"))) for id_ in ("BT-29", "BT-46"))


def _bad_reason(code: str, reason: str) -> Broken:
    return lambda one, _: one.text(code) == "ZZZ" and not _names_a_tax(one.text(reason))


def _names_a_tax(reason: str) -> bool:
    inside = "#" in reason and not reason.startswith("#") and not reason.endswith("#")
    return inside or (len(reason) == len("9999") and reason.isdecimal())


def _negative_credit(head: Group, invoice: Invoice) -> bool:
    return invoice.is_credit_note and (head.number_of("BT-115") or 0) < 0


def _unpaid(head: Group, invoice: Invoice) -> bool:
    payable = head.number_of("BT-115")
    asks = payable is not None and (payable < 0 if invoice.is_credit_note else payable > 0)
    return asks and not invoice.groups["BG-16"]


def _classified(one: Group, _: Invoice) -> bool:
    return "TST" in one.texts("BT-158-1") and not set(one.texts("BT-158-2")) & set(_UNSPSC)


def _due_days(invoice: Invoice) -> tuple[str, ...]:
    return tuple(one.text("BT-122") for one in invoice.groups["BG-24"] if one.text("BT-123") == _DUE)


def _is_day(text: str) -> bool:
    try:
        return len(text) == len("2026-01-31") and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _account(means: str) -> Broken:
    return _paid_by(means, lambda one: len(one.text("BT-84")) != len("012345678901"))


def _swedish_giro(branch: str, broken: Callable[[str], bool]) -> Broken:
    return _paid_by(
        "30", lambda one: one.text("BT-86") == f"SE:{branch}" and one.has("BT-84") and broken(one.text("BT-84"))
    )


DANISH: tuple[Check, ...] = (
    Check("DK-R-003", "BG-25", ("BT-158",), "its classification is of no version that Denmark knows", _classified),
    Check("DK-R-004", "BG-20", ("BT-97",), "a tax that is no VAT is named by four digits or with a # inside",
          _bad_reason("BT-98", "BT-97")),
    Check("DK-R-004", "BG-21", ("BT-104",), "a tax that is no VAT is named by four digits or with a # inside",
          _bad_reason("BT-105", "BT-104")),
    Check("DK-R-013", "", ("BT-29", "BT-46"), "an identifier has no scheme", _no_scheme),
    Check("DK-R-016", "", ("BT-115",), "a credit note is not about less than nothing", _negative_credit),
)  # fmt: skip

DANISH_PAYMENT: tuple[Check, ...] = (
    Check("DK-R-005", "BG-16", ("BT-81",), "Denmark does not know this means of payment",
          lambda one, _: one.text("BT-81") not in _DANISH_MEANS),
    Check("DK-R-006", "BG-16", ("BT-84", "BT-86"), "a transfer needs account and registration",
          lambda one, _: one.text("BT-81") in ("31", "42") and not (one.text("BT-84") and one.text("BT-86"))),
    Check("DK-R-007", "BG-16", ("BT-89", "BT-91"), "a direct debit needs mandate and account",
          _paid_by("49", lambda one: not (one.text("BT-89") and one.text("BT-91")))),
    Check("DK-R-008", "BG-16", ("BT-83", "BT-84"), "a giro needs a kind of card and an account of 7 or 8 digits",
          _paid_by("50", lambda one: not (one.text("BT-83").startswith(_GIRO) and one.text("BT-84").isdecimal()
                                          and len(one.text("BT-84")) in (7, 8)))),
    Check("DK-R-009", "BG-16", ("BT-83",), "an instruction has 16 digits after its kind of card",
          _paid_by("50", lambda one: one.text("BT-83").startswith(_GIRO[1:])
                   and len(one.text("BT-83")) != len("04#") + 16)),
    Check("DK-R-010", "BG-16", ("BT-83", "BT-84"), "a FIK needs a kind of card and an account of 8 characters",
          _paid_by("93", lambda one: not (one.text("BT-83").startswith(_FIK) and len(one.text("BT-84")) == 8))),
    Check("DK-R-011", "BG-16", ("BT-83",), "an instruction has 15 or 16 digits after its kind of card",
          _paid_by("93", lambda one: one.text("BT-83").startswith((_FIK[0], _FIK[2]))
                   and len(one.text("BT-83")) not in (len("71#") + 15, len("71#") + 16))),
)  # fmt: skip

NORWEGIAN: tuple[Check, ...] = (
    Check("NO-R-002", "", ("BT-32",), "companies say 'Foretaksregisteret'",
          lambda one, _: one.text("BT-32") != "Foretaksregisteret", warning=True),
)  # fmt: skip

ITALIAN: tuple[Check, ...] = (
    Check("IT-R-002", "", ("BT-35",), "the street of the seller is missing", lacks("BT-35")),
    Check("IT-R-003", "", ("BT-37",), "the city of the seller is missing", lacks("BT-37")),
    Check("IT-R-004", "", ("BT-38",), "the post code of the seller is missing", lacks("BT-38")),
)  # fmt: skip

SWEDISH: tuple[Check, ...] = (
    Check("SE-R-007", "BG-16", ("BT-84",), "a Plusgiro has digits alone",
          _swedish_giro("PLUSGIRO", lambda text: not text.isdecimal()), warning=True),
    Check("SE-R-010", "BG-16", ("BT-84",), "a Plusgiro has 2 to 8 characters",
          _swedish_giro("PLUSGIRO", lambda text: not 2 <= len(text) <= 8), warning=True),
    Check("SE-R-008", "BG-16", ("BT-84",), "a Bankgiro has digits alone",
          _swedish_giro("BANKGIRO", lambda text: not text.isdecimal()), warning=True),
    Check("SE-R-009", "BG-16", ("BT-84",), "a Bankgiro has 7 or 8 characters",
          _swedish_giro("BANKGIRO", lambda text: len(text) not in (7, 8)), warning=True),
    Check("SE-R-011", "BG-16", ("BT-81",), "Bankgiro and Plusgiro are paid by means 30 and named as the bank",
          lambda one, _: one.text("BT-81") in ("50", "56"), warning=True),
    Check("SE-R-012", "BG-16", ("BT-81",), "a transfer within Sweden is of means 30",
          lambda one, invoice: one.text("BT-81") == "31" and both_in(invoice, "SE"), warning=True),
)  # fmt: skip

ICELANDIC: tuple[Check, ...] = (
    Check("IS-R-001", "", ("BT-3",), "Iceland knows invoices 380 and credit notes 381",
          none_of("BT-3", ("380", "381")), warning=True),
    Check("IS-R-003", "", ("BT-35", "BT-38"), "street or post code of the seller is missing", lacks("BT-35", "BT-38")),
    Check("IS-R-006", "BG-16", ("BT-84",), "a claim needs an account of 12 digits", _account("9")),
    Check("IS-R-007", "BG-16", ("BT-84",), "a transfer needs an account of 12 digits", _account("42")),
    Check("IS-R-008", "BG-24", ("BT-122",), "EINDAGI is no day",
          lambda one, _: one.text("BT-123") == _DUE and not _is_day(one.text("BT-122"))),
    Check("IS-R-009", "", ("BT-9",), "with EINDAGI there is a day on which it is due",
          lambda one, invoice: bool(_due_days(invoice)) and not one.has("BT-9")),
    Check("IS-R-010", "", ("BT-9",), "EINDAGI is not before it is due",
          lambda one, invoice: any(one.text("BT-9") > day for day in _due_days(invoice))),
)  # fmt: skip

DUTCH: tuple[Check, ...] = (
    Check("NL-R-001", "", ("BG-3",), "a credit note names an invoice",
          lambda _, invoice: invoice.is_credit_note
          and not any(one.text("BT-25") for one in invoice.groups["BG-3"])),
    Check("NL-R-002", "", ("BT-35", "BT-37", "BT-38"), "street, city or post code of the seller is missing",
          lacks_in("BG-5", "BT-35", "BT-37", "BT-38")),
    Check("NL-R-006", "", ("BT-64", "BT-66", "BT-67"), "street, city or post code of the agent is missing",
          lambda one, _: one.text("BT-69").upper() == "NL" and not all(map(one.text, ("BT-64", "BT-66", "BT-67")))),
    Check("NL-R-007", "", ("BG-16",), "there are no payment instructions", _unpaid),
    Check("NL-R-009", "BG-25", ("BT-132", "BT-13"), "a line of an order needs the order",
          lambda one, invoice: one.has("BT-132") and not invoice.head.has("BT-13")),
)  # fmt: skip

TABLES: tuple[tuple[Holds, tuple[Check, ...]], ...] = (
    (_within("DK"), DANISH),
    (_invoiced_within("DK"), DANISH_PAYMENT),
    (_taxed_in("NO"), NORWEGIAN),
    (_taxed_in("IT"), ITALIAN),
    (_sold_in("SE"), SWEDISH),
    (_sold_in("IS"), ICELANDIC),
    (_within("IS"), (Check("IS-R-005", "", ("BT-50", "BT-53"), "street or post code of the buyer is missing",
                           lacks("BT-50", "BT-53")),)),
    (_sold_in("NL"), DUTCH),
    (_within("NL"), (
        Check("NL-R-004", "", ("BT-50", "BT-52", "BT-53"), "street, city or post code of the buyer is missing",
              lacks_in("BG-8", "BT-50", "BT-52", "BT-53")),
        Check("NL-R-008", "BG-16", ("BT-81",), "the Netherlands do not know this means of payment",
              none_of("BT-81", _DUTCH_MEANS)),
    )),
    (greek.sold, greek.CHECKS),
)  # fmt: skip
"""Rules by where they hold."""


def national(invoice: Invoice, profile: Profile) -> Iterator[Fault]:
    """Yield what the rules of the seller's country have against an invoice that follows Peppol."""
    if profile.name == "peppol":
        for holds, checks in TABLES:
            yield from asked(checks, invoice) if holds(invoice) else ()
