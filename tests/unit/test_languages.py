from __future__ import annotations

import io
import re
from dataclasses import replace
from string import Formatter

import pypdf
import pytest
from tests.archived import faults

from tracker2invoice.documents import glyphs
from tracker2invoice.documents.pdf import render_pdf
from tracker2invoice.languages.labels import LANGUAGES, labels
from tracker2invoice.model.invoice import Draft
from tracker2invoice.testing.bills import with_all_of_these
from tracker2invoice.testing.samples import sample_draft, with_installments

OFFICIAL_IN_THE_EU = {
    *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv", "mt", "nl", "pl"),
    *("pt", "ro", "sk", "sl", "sv"),
}

LETTERS = re.compile("[A-Za-z]{3}")
LOAN_WORDS = {
    *("Contract", "Document", "Item", "Net", "Note", "Number", "Project", "Reference", "Total"),
    *("VAT", "VAT {rate} %"),
}


def in_languages(draft: Draft, *languages: str) -> Draft:
    return replace(draft, client=replace(draft.client, languages=languages))


def text_of(draft: Draft) -> str:
    pages = pypdf.PdfReader(io.BytesIO(render_pdf(draft))).pages
    text = " ".join(one.extract_text() for one in pages)
    return " ".join(text.replace("\N{NARROW NO-BREAK SPACE}", " ").split())


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def test_there_are_the_official_languages_of_the_eu_three_of_its_neighbours_and_three_of_the_world() -> None:
    assert {*LANGUAGES} == {*OFFICIAL_IN_THE_EU, "nb", "uk", "tr", "ar", "ja", "zh"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_with_every_value_in_it(language: str) -> None:
    said = labels(language)
    assert [*said] == [*labels("en")]
    assert all(word.strip() == word != "" for word in said.values())
    assert {name: placeholders(word) for name, word in said.items()} == {
        name: placeholders(word) for name, word in labels("en").items()
    }


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_no_language_says_anything_in_english_but_words_that_it_has_too(language: str) -> None:
    same = {word for name, word in labels(language).items() if word == labels("en")[name]}
    assert {word for word in same if LETTERS.search(re.sub("{.*?}", "", word))} <= LOAN_WORDS


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_of_every_language_can_be_shown(language: str) -> None:
    assert {one for word in labels(language).values() for one in word if not glyphs.has_glyph(one)} == set()
    assert "\N{REPLACEMENT CHARACTER}" not in text_of(in_languages(with_all_of_these(sample_draft()), language))


@pytest.mark.parametrize("languages", [("el", "en"), ("tr",), ("hu", "bg"), ("ar",), ("ja", "zh")])
def test_documents_in_other_languages_can_be_archived_and_read_aloud(languages: tuple[str, ...]) -> None:
    assert faults(render_pdf(in_languages(with_installments(sample_draft()), *languages))) == []


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        (
            "de",
            ["Rechnungsentwurf", "2. März 2026", "USt-IdNr. DE987654321", "USt 19 %", "EUR 21.420,00", "Deutschland"],
        ),
        ("fr", ["Projet de facture", "2 mars 2026", "TVA 19 %", "EUR 21 420,00", "Allemagne"]),
        ("pt", ["Rascunho de fatura", "2 de março de 2026", "IVA 19 %", "EUR 21 420,00"]),
        ("el", ["Σχέδιο τιμολογίου", "2 Μαρτίου 2026", "ΦΠΑ 19 %", "EUR 21.420,00", "Γερμανία"]),
        ("uk", ["Проєкт рахунку-фактури", "2 березня 2026", "ПДВ 19 %", "EUR 21 420,00"]),
        ("ja", ["請求書(下書き)", "2026年 3月 2日", "税 19 %", "EUR 21,420.00"]),
        ("zh", ["发票草稿", "2026年 3月 2日", "增值税 19 %", "EUR 21,420.00"]),
        ("tr", ["Taslak fatura", "2 Mart 2026", "KDV %19", "EUR 21.420,00"]),
    ],
)
def test_words_days_and_numbers_are_those_of_the_clients_language(language: str, parts: list[str]) -> None:
    text = text_of(in_languages(sample_draft(), language))
    assert [part for part in parts if part not in text] == []
    assert "Amount due" not in text


def test_a_second_language_stands_by_every_label_and_what_is_the_same_in_both_stands_once() -> None:
    text = text_of(in_languages(sample_draft(), "de", "nl"))
    for part in (
        "Rechnungsentwurf Conceptfactuur",
        "Fällig am Vervaldatum 1. April 2026",
        "Projekt Project github",
        "USt-IdNr. / Btw-nummer DE987654321",
        "USt 19 % Btw 19 %",
        "Zahlung / Betaling",
        "Netto EUR Customer",
    ):
        assert part in text, part
    assert text.count("21.420,00") == text_of(in_languages(sample_draft(), "de")).count("21.420,00")


def test_every_kind_of_tax_is_named_in_the_clients_language() -> None:
    assert "Steuerschuldnerschaft des Leistungsempfängers" in text_of(
        in_languages(sample_draft(category="AE", rate="0"), "de")
    )


def test_in_arabic_the_page_runs_from_right_to_left_and_other_scripts_keep_their_order() -> None:
    draft = in_languages(with_all_of_these(sample_draft()), "ar")
    page = pypdf.PdfReader(io.BytesIO(render_pdf(draft))).pages[0]
    places: dict[str, float] = {}

    def place(text: str, at: list[float], *_: object) -> None:
        places.setdefault(text.strip(), at[4])

    page.extract_text(visitor_text=place)
    middle = float(page.mediabox.width) / 2
    assert places["Support, ann"] > middle > places["1,200.00"]
    text = page.extract_text().replace("\N{NO-BREAK SPACE}", " ")
    assert "30 % of 60000.00 EUR" in text
    assert "\N{MINUS SIGN}100.00" in text
    assert "20095 Hamburg" in text


def test_on_a_page_from_right_to_left_a_telephone_number_is_read_from_its_plus_on() -> None:
    draft = in_languages(sample_draft(), "ar")
    page = pypdf.PdfReader(io.BytesIO(render_pdf(replace(draft, client=replace(draft.client, phone="+49 30 1234567")))))
    shown: list[str] = []

    def keep(text: str, *_: object) -> None:
        shown.append(text)

    page.pages[0].extract_text(visitor_text=keep)
    # what is turned around is shown piece by piece
    assert "+49 30 1234567" in shown
