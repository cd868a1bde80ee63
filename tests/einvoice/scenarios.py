"""Contracts of all kinds, and what was closed under them: whatever can stand on a document stands on one of these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tests.einvoice.billing import Scenario

from tracker2invoice.model.work import TimeEntry, WorkItem
from tracker2invoice.testing.output_suite import HOSTILE_TITLES

TWO, THREE = (("Design",), ("Beta",)), (("Design",), ("Beta",), ("Acceptance",))
AT_ONCE = (("Design", "Beta", "Acceptance"),)
HOURS = (
    WorkItem(
        "1",
        "Log in",
        True,
        ("billable",),
        Decimal(5),
        Decimal(8),
        (TimeEntry("anna", date(2026, 2, 2), Decimal("7.25")),),
    ),
    WorkItem(
        "2",
        "Search",
        True,
        ("billable",),
        Decimal(3),
        Decimal(4),
        (TimeEntry("ben", date(2026, 2, 3), Decimal("3.3333")),),
    ),
    WorkItem("3", "Export", False, (), Decimal(8), Decimal(9)),
)


def taxed(category: str, reason: str = "", rate: str = "0") -> dict[str, Any]:
    return {"category": category, "rate": rate, **({"exemption_reason": reason} if reason else {})}


def only(*terms: Mapping[str, Any]) -> dict[str, Any]:
    return {"terms": list(terms)}


def term(milestone: str | int, **more: Any) -> dict[str, Any]:
    """Return a term that the milestone with this title, or this number, triggers."""
    named = {"number": milestone} if isinstance(milestone, int) else milestone
    return {"id": str(milestone).lower(), "milestone": named, **more}


THIRDS = only(*(term(name, percent="100/3") for name in ("Design", "Beta", "Acceptance")))
LATER = {"tax": "later", "category": "O", "exemption_reason": "Advance, VAT is on the final invoice"}
REVERSE = taxed("AE", "Reverse charge, article 196 of Directive 2006/112/EC")
SMALL = taxed("E", "Kein Ausweis von Umsatzsteuer, § 19 UStG")
RATES = only(
    term("Design", percent="30"),
    term("Beta", percent="50", tax=taxed("S", rate="7")),
    term("Acceptance", percent="20", tax=taxed("E", "Exempt, section 4 UStG")),
)
BUILD = {"retainage": {"percent": "5", "release": [{"milestone": "Warranty"}]}}
DEPOSIT = {"deposit": {"percent": "20", "milestone": "Kick-off", "drawdown": "pro rata"}}

TAXES: dict[str, Scenario] = {
    "standard rate": Scenario(closed=THREE),
    "zero rate": Scenario({"tax": taxed("Z")}),
    "small business": Scenario({"tax": SMALL}, supplier="DE small"),
    "reverse charge": Scenario({"tax": REVERSE, "client": "FR"}),
    "reverse charge to Norway": Scenario({"tax": REVERSE, "client": "NO"}, supplier="NL"),
    "within the EU": Scenario({"tax": taxed("K", "Intra-community supply"), "client": "NL"}),
    "within the EU over a period": Scenario(
        {"tax": taxed("K", "Intra-community supply"), "client": "AT", "delivery": "period"}
    ),
    "export": Scenario({"tax": taxed("G", "Export outside the EU"), "client": "US", "currency": "USD"}),
    "outside the scope": Scenario({"tax": taxed("O", "Not subject to VAT, article 44"), "client": "US"}),
    "three taxes in one document": Scenario({**RATES, "invoice_per": "run"}, closed=AT_ONCE),
    "a tax for each term": Scenario(RATES, closed=THREE),
    "exempt for two reasons": Scenario(
        {
            "tax": SMALL,
            "invoice_per": "run",
            **only(
                term("Design", percent="30"),
                term("Beta", percent="70", tax=taxed("E", "Training, section 4 no. 21 UStG")),
            ),
        },
        supplier="DE small",
        closed=(("Design", "Beta"),),
    ),
}

PRICES: dict[str, Scenario] = {
    "a fixed amount": Scenario(only(term("Design", amount="10000.00"))),
    "a third": Scenario({"price": "1000.00", **THIRDS}, closed=THREE),
    "one cent": Scenario({"price": "0.01", **only(term("Design", percent="100"))}),
    "millions": Scenario({"price": "987654321.99"}, closed=THREE),
    "pieces at a price": Scenario(only(term("Design", unit_price="120.55", quantity="17", unit="C62"))),
    "pieces at a fraction of a cent": Scenario(only(term("Design", unit_price="0.0375", quantity="12345", unit="C62"))),
    "days": Scenario(only(term("Design", unit_price="960.00", quantity="2.5", unit="DAY"))),
    "issues with a label": Scenario(
        only(term("Design", unit_price="450.00", quantity={"label": "billable"}, not_to_exceed="9000.00")),
        work={"Design": HOURS},
    ),
    "story points": Scenario(
        only(term("Design", unit_price="33.33", quantity={"points": True}, not_to_exceed="9000.00")),
        work={"Design": HOURS},
    ),
    "hours": Scenario(
        only(term("Design", rates={"default": "95.15", "people": {"anna": "120.00"}}, not_to_exceed="9000.00")),
        work={"Design": HOURS},
    ),
    "hours above the limit": Scenario(
        only(term("Design", rates={"default": "95.15"}, not_to_exceed="500.00")), work={"Design": HOURS}
    ),
    "percent complete": Scenario(only(term("Design", percent="100", progress="issues")), work={"Design": HOURS}),
    "prices that include tax": Scenario(
        {"price": "100.00", "prices_include_tax": True, "tax": taxed("S", rate="21")}, closed=THREE
    ),
    "pieces whose price includes tax": Scenario(
        {"prices_include_tax": True, **only(term("Design", unit_price="19.99", quantity="7"))}
    ),
    "prices that include two taxes": Scenario(
        {**RATES, "prices_include_tax": True, "invoice_per": "run"}, closed=AT_ONCE
    ),
    "tax rounded by line": Scenario(
        {"price": "0.12", "tax_rounding": "line", "invoice_per": "run", **THIRDS}, closed=AT_ONCE
    ),
    "yen": Scenario({"currency": "JPY", "price": "6000000"}, closed=TWO),
    "pounds": Scenario({"currency": "GBP", "price": "999.99"}, closed=THREE),
}

CONDITIONS: dict[str, Scenario] = {
    "a discount": Scenario({"discount": "2.5"}),
    "two discounts": Scenario({"discount": "2", **only(term("Design", percent="30", discount="5"))}),
    "a discount with two taxes": Scenario({**RATES, "discount": "3", "invoice_per": "run"}, closed=AT_ONCE),
    "escalation": Scenario({"escalations": [{"since": "2026-02-01", "percent": "3.2", "reason": "Yearly adjustment"}]}),
    "a change order": Scenario(
        {"change_orders": [{"number": 1, "effective": "2026-02-01", "amount": "-2500.00"}]}, closed=TWO
    ),
    "retainage that leaves the tax": Scenario({**BUILD}, closed=(*THREE, ("Warranty",))),
    "retainage that reduces the tax": Scenario(
        {"retainage": {**BUILD["retainage"], "tax": "reduced"}}, closed=(*THREE, ("Warranty",))
    ),
    "retainage without tax": Scenario({**BUILD, "tax": REVERSE, "client": "AT"}, closed=(*TWO, ("Warranty",))),
    "retainage of prices that include tax": Scenario({**BUILD, "prices_include_tax": True}, closed=TWO),
    "retainage that is returned in steps": Scenario(
        {
            "retainage": {
                "percent": "5",
                "steps": [
                    {"until": "50", "percent": "10", "returns": "50"},
                    {"until": "100", "percent": "5"},
                ],
                "release": [{"milestone": "Warranty"}],
            }
        },
        closed=(*THREE, ("Warranty",)),
    ),
    "a deposit": Scenario(DEPOSIT, closed=(("Kick-off",), *THREE)),
    "a deposit deducted first": Scenario(
        {"deposit": {**DEPOSIT["deposit"], "drawdown": "first"}}, closed=(("Kick-off",), *TWO)
    ),
    "a deposit deducted from prices that include tax": Scenario(
        {**DEPOSIT, "prices_include_tax": True, "tax": taxed("S", rate="21")}, closed=(("Kick-off",), *THREE)
    ),
    "a deposit outside VAT": Scenario({"deposit": {**DEPOSIT["deposit"], **LATER}}, closed=(("Kick-off",), *THREE)),
    "a deposit that is exempt": Scenario(
        {"deposit": {**DEPOSIT["deposit"], **LATER, "category": "E"}}, closed=(("Kick-off",), *TWO)
    ),
    "deposit, retainage and discount": Scenario(
        {**DEPOSIT, **BUILD, "discount": "2", "invoice_per": "run"},
        closed=(("Kick-off",), ("Design", "Beta"), ("Acceptance",)),
    ),
    "two payers": Scenario(
        {"payers": [{"client": "DE", "percent": "200/3"}, {"client": "AT", "percent": "100/3"}]}, closed=TWO
    ),
    "two payers of hours": Scenario(
        {
            "payers": [{"client": "DE", "percent": "60"}, {"client": "NL", "percent": "40"}],
            **only(term("Design", rates={"default": "95.15"}, not_to_exceed="9000.00")),
        },
        work={"Design": HOURS},
    ),
    "all of a run": Scenario({"invoice_per": "run"}, closed=AT_ONCE),
    "partial invoices": Scenario({"invoice_type": "partial"}, closed=THREE),
    "partial invoices abroad": Scenario({"invoice_type": "partial", "tax": REVERSE, "client": "FR"}, closed=TWO),
    "construction": Scenario(
        {**BUILD, **DEPOSIT, "invoice_type": "construction"}, closed=(("Kick-off",), *THREE, ("Warranty",))
    ),
}

TIMES: dict[str, Scenario] = {
    "a discount for paying early": Scenario({"early_payment": [{"days": 10, "percent": "2"}]}),
    "two steps for paying early": Scenario(
        {"early_payment": [{"days": 7, "percent": "3"}, {"days": 14, "percent": "1.5"}]}
    ),
    "a discount of the net amount": Scenario(
        {"early_payment": [{"days": 14, "percent": "2"}], "early_payment_tax": "excluded"}
    ),
    "installments": Scenario({"installments": [{"percent": "50", "due": "14 days"}, {"rest": True, "due": "30 days"}]}),
    "a late fee": Scenario(
        {"late_fee": "Late payments bear interest of 9 percentage points above the base rate a year."}
    ),
    "a period of delivery": Scenario({"delivery": "period"}),
    "due at once": Scenario({"due": "0 days"}),
    "due by a rule": Scenario({"due": {"rule": "30 days then EOM", "payment_days": [10, 25]}}),
}

TEXTS: dict[str, Scenario] = {
    **{
        f"hostile {number}": Scenario(only(term(1, percent="100")), closed=((title,),), deliverables=HOSTILE_TITLES)
        for number, title in enumerate((*HOSTILE_TITLES, " \t ", "\x00\x07\ufffe\ud800", "A" * 100_000))
    },
    "no title and no order": Scenario({"title": "", "order_reference": ""}),
    "a note of several lines": Scenario({"note": "Thank you.\n\n<b>Until</b> next time & later\x0b"}),
    "a number of the contract": Scenario({"contract_reference": "V-2026/17 «A»"}),
    "many deliverables": Scenario(deliverables=[f"Issue {number}" for number in range(300)]),
    "no deliverables": Scenario(deliverables=()),
    **{
        f"in words of the language {language}": Scenario(
            {**DEPOSIT, **BUILD, "discount": "2", "early_payment": [{"days": 10, "percent": "2"}]},
            closed=(("Kick-off",), ("Design", "Beta")),
            languages=(language,),
        )
        for language in ("ar", "de", "fr", "ja", "lt")
    },
}

COUNTRIES: dict[str, Scenario] = {
    f"{supplier} to {client}": Scenario(
        {"client": client, "currency": currency, "tax": taxed("S", rate=rate)}, supplier=supplier
    )
    for supplier, client, currency, rate in (
        ("AT", "AT", "EUR", "20"),
        ("FR", "FR", "EUR", "20"),
        ("NL", "NL", "EUR", "21"),
        ("BE", "BE", "EUR", "21"),
        ("DK", "DK", "DKK", "25"),
        ("SE", "SE", "SEK", "25"),
        ("NO", "NO", "NOK", "25"),
        ("IS", "IS", "EUR", "24"),
        ("DK", "SE", "EUR", "25"),
        ("IT", "IT", "EUR", "22"),
        ("BE", "NL", "EUR", "21"),
        ("FR", "DE", "EUR", "20"),
    )
}

CURRENCIES: dict[str, Scenario] = {
    "dollars from Poland": Scenario(
        {"currency": "USD", "tax": taxed("S", rate="23"), "client": "PL", **DEPOSIT},
        supplier="PL",
        closed=(("Kick-off",), *THREE),
    ),
    "yen from Poland": Scenario(
        {"currency": "JPY", "price": "6000001", "tax": taxed("S", rate="23")}, supplier="PL", closed=TWO
    ),
    "euros from Sweden, two rates": Scenario(
        {
            "tax": taxed("S", rate="25"),
            "invoice_per": "run",
            **only(term("Design", percent="30"), term("Beta", percent="50", tax=taxed("S", rate="12"))),
        },
        supplier="SE",
        closed=(("Design", "Beta"),),
    ),
    "dollars from Poland without VAT": Scenario(
        {"currency": "USD", "client": "DE", "tax": REVERSE}, supplier="PL", closed=TWO
    ),
}
"""The supplier accounts for VAT in another currency than that of the invoice."""

SCENARIOS: dict[str, Scenario] = {**TAXES, **PRICES, **CONDITIONS, **TIMES, **TEXTS, **COUNTRIES, **CURRENCIES}
