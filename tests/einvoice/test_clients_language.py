"""In whose language documents are: every word of ours in the client's, every word of a person as it is."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from string import Formatter
from typing import Any

import pypdf
import pytest
from tests.archived import faults
from tests.einvoice.billing import Scenario
from tests.einvoice.scenarios import BUILD, DEPOSIT, SCENARIOS, only, taxed, term
from tests.statements import house

from tracker2invoice.documents.evidence_view import EvidenceView
from tracker2invoice.documents.pdf import render_evidence_pdf, render_pdf, render_statement_pdf
from tracker2invoice.documents.profiles import PROFILES
from tracker2invoice.documents.remarks import remarks, row_text
from tracker2invoice.documents.statement_html import render_statement_html
from tracker2invoice.documents.terms import Terms
from tracker2invoice.documents.text import Plain
from tracker2invoice.languages.labels import labels
from tracker2invoice.model.evidence import Change, Comparison, Evidence, Unread
from tracker2invoice.model.invoice import Certification, Draft
from tracker2invoice.testing.samples import NOW

FOREIGN = ("de", "fr", "pl", "ar", "ja")
EVERYTHING: dict[str, Any] = {
    **DEPOSIT,
    **BUILD,
    **only(term("M1", percent="30"), term("M2", percent="50"), term("M3", percent="20", tax=taxed("E", "§ 4 UStG"))),
    "title": "Portal",
    "discount": "2",
    "early_payment": [{"days": 10, "percent": "2"}, {"days": 20, "percent": "1"}],
    "due": {
        "rule": "30 days then EOM", "payment_days": [10, 25], "cut_off": 5,
        "business_days": "following", "calendar": "DE-BE",
    },
    "late_fee": "Bei Verzug 9 % Zins.",
    "delivery": "period",
    "invoice_per": "run",
}  # fmt: skip
CLOSED = (("Kick-off",), ("M1", "M2"), ("M3", "Warranty"))


def literals(language: str) -> Iterator[str]:
    for word in labels(language).values():
        yield from (text.strip(" .,:;()=+-") for text, *_ in Formatter().parse(word))


@cache
def english(language: str) -> re.Pattern[str]:
    """A pattern for every piece of our English; single words are another language's, too, if it has them."""
    own = " ".join(literals(language)).casefold()
    pieces = {
        one for one in literals("en") if re.search("[A-Za-z]{4}", one) and (" " in one or one.casefold() not in own)
    }
    return re.compile("|".join(rf"\b{re.escape(one)}\b" for one in sorted(pieces, key=len, reverse=True)))


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def texts_in(value: Plain) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    else:
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from texts_in(one)


def ours(draft: Draft) -> Iterator[str]:
    """Yield what the draft says in our words; names of work, and reasons for no tax, are those of people."""
    yield draft.payment_terms.replace(draft.late_fee, "")
    yield draft.tax_note
    yield draft.why.formula
    for row in draft.rows:
        yield row.basis
        if row.kind != "work":
            yield row.description.removeprefix(draft.contract_title)


@pytest.mark.parametrize("language", FOREIGN)
def test_whatever_a_contract_bills_no_english_of_ours_is_in_the_draft(language: str) -> None:
    found = {
        (name, text)
        for name, scenario in SCENARIOS.items()
        for draft in replace(scenario, languages=(language,)).drafts()
        for text in ours(draft)
        # what a change order or an escalation is called is a person's word
        if english(language).search(text.replace("Yearly adjustment", ""))
    }
    assert found == set()


@pytest.mark.parametrize("language", FOREIGN)
def test_no_english_of_ours_is_left_on_the_page(language: str) -> None:
    drafts = Scenario(EVERYTHING, closed=CLOSED, languages=(language,)).drafts()
    assert {draft.type_code for draft in drafts} == {"380", "381"}
    text = " ".join(text_of(render_pdf(draft)) for draft in drafts)
    assert "Portal" in text
    assert english(language).findall(text) == []


@pytest.mark.parametrize("language", FOREIGN)
def test_platforms_are_told_in_the_clients_language_too(language: str) -> None:
    drafts = Scenario(EVERYTHING, closed=CLOSED, languages=(language,)).drafts()
    told = [text for draft in drafts for text in remarks(draft, 4000)]
    told += [row_text(draft, row, 4000) for draft in drafts for row in draft.rows]
    told += [Terms(draft, PROFILES["en16931"]).payment_terms for draft in drafts]
    assert [text for text in told if english(language).search(text)] == []


@pytest.mark.parametrize("language", FOREIGN)
def test_a_statement_is_in_the_clients_language(language: str) -> None:
    contract, applications = house()
    contract = replace(contract, client=replace(contract.client, languages=(language,)))
    page = re.sub("<[^>]*>", " ", render_statement_html(contract, applications).decode().partition("</style>")[2])
    for text in (text_of(render_statement_pdf(contract, applications)), page):
        assert "Lake house" in text
        assert english(language).findall(text.replace("Roof with gutters", "")) == []


@pytest.mark.parametrize("language", FOREIGN)
def test_an_evidence_pack_is_in_the_clients_language_but_for_what_was_recorded(language: str) -> None:
    draft = Scenario(EVERYTHING, closed=CLOSED, languages=(language,)).drafts()[2]
    certified = replace(draft, certified_by=(Certification(draft.contract, "m1", Decimal("62.5"), "ann", NOW),))
    pack = Evidence(certified, certified.to_bytes(), (), (), (), ())
    changes = (Change("milestone", "gone", "1", "M1"), Change("deliverable", "moved", "2", "Log in", "M2"))
    for comparison in (Comparison(NOW, changes, (Unread("M2", "403"),)), Comparison(NOW, (), ())):
        data = EvidenceView(pack, comparison).data()
        told = [value for name, value in data.items() if name not in ("conditions", "how_to_check")]
        assert [text for text in texts_in(told) if english(language).search(text)] == []
        assert faults(render_evidence_pdf(pack, comparison)) == []


def test_what_is_frozen_in_other_words_is_shown_in_these_words() -> None:
    english_draft = Scenario(EVERYTHING, closed=CLOSED).drafts()[2]
    german = replace(english_draft, client=replace(english_draft.client, languages=("de",)))
    frozen = Draft.from_bytes(german.to_bytes())
    text = text_of(render_pdf(frozen))
    for words in ("Payable by 2026-06-10", "Deposit, paid before", "retainage of the work to date", "Rechnungsentwurf"):
        assert words in text, words


def test_the_words_change_no_amount_no_day_and_no_reference() -> None:
    def facts(draft: Draft) -> tuple[object, ...]:
        amounts = [(row.net, row.unit_price, row.quantity, row.tax) for row in draft.rows]
        return draft.reference, draft.totals, amounts, draft.due_date, draft.early_payment, draft.preceding

    english_drafts = Scenario(EVERYTHING, closed=CLOSED).drafts()
    for language in FOREIGN:
        others = Scenario(EVERYTHING, closed=CLOSED, languages=(language,)).drafts()
        assert [*map(facts, others)] == [*map(facts, english_drafts)]


def test_the_lines_for_machines_stand_behind_the_terms_in_words() -> None:
    draft = Scenario(EVERYTHING, closed=CLOSED, languages=("de",)).drafts()[2]
    assert Terms(draft, PROFILES["xrechnung"]).payment_terms == (
        "Zahlbar bis 10. Juni 2026 (Rechnungen am Monatsende (letzte 6 Tage) zählen ab dem 1. des Folgemonats, "
        "Rechnungsdatum + 30 Tage, dann Monatsende, dann nächster Monatstag: 10 oder 25, "
        "auf einen Geschäftstag verschoben (DE-BE)), ohne Abzug. "
        "Bei Zahlung bis 21. April 2026: 41.357,57 EUR, 2 % Skonto (844,03 EUR). "
        "Bei Zahlung bis 1. Mai 2026: 41.779,58 EUR, 1 % Skonto (422,02 EUR). Bei Verzug 9 % Zins.\n"
        "#SKONTO#TAGE=10#PROZENT=2.00#\n#SKONTO#TAGE=20#PROZENT=1.00#\n"
    )


def test_the_reason_for_no_tax_is_in_the_clients_language_unless_the_contract_words_it() -> None:
    held = Scenario(EVERYTHING, closed=CLOSED, languages=("fr",)).drafts()[2]
    assert [one.exemption_reason for one in held.tax if one.category == "E"] == [labels("fr")["vat_held_back"]]
    later = {"deposit": {"percent": "20", "milestone": "Kick-off", "tax": "later", "category": "O"}}
    advance = Scenario(later, closed=CLOSED, languages=("fr",)).drafts()[0]
    assert advance.tax[0].exemption_reason == labels("fr")["vat_later"]
    worded = {"deposit": {**later["deposit"], "exemption_reason": "Advance"}}
    assert Scenario(worded, closed=CLOSED, languages=("fr",)).drafts()[0].tax[0].exemption_reason == "Advance"


def test_each_payer_reads_their_own_language() -> None:
    agreed = {"payers": [{"client": "FR", "percent": "60"}, {"client": "NL", "percent": "40"}]}

    class TwoLanguages(Scenario):
        @property
        def contract(self) -> Any:
            made = super().contract
            payers = zip(made.payers, ("fr", "nl"), strict=True)
            return replace(made, payers=tuple(replace(p, client=replace(p.client, languages=(w,))) for p, w in payers))

    french, _, dutch, _ = TwoLanguages(agreed).drafts()
    assert french.lines[0].basis == "60 % de 18 000,00 EUR: 30 % de 60 000,00 EUR = 18 000,00 EUR"
    assert dutch.payment_terms.startswith("Betaaltermijn 30 dagen: uiterlijk ")
