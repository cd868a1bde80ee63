"""Identifiers with their scheme in front: what is accepted, and what is refused before it stands on an invoice."""

from __future__ import annotations

import pytest

from tracker2invoice.config.identifiers import check_iban, check_vat_id
from tracker2invoice.config.schemes import endpoint, legal_id
from tracker2invoice.model.contract import Identifier


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0002:552100554", Identifier("552100554", "0002")),
        (" 0208: 0202239951 ", Identifier("0202239951", "0208")),
        ("HRB 123456 B", Identifier("HRB 123456 B")),
        ("0240:whatever", Identifier("whatever", "0240")),
    ],
)
def test_a_registration_has_the_scheme_that_stands_before_it_or_none(written: str, expected: Identifier) -> None:
    assert legal_id(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("9930:DE123456788", Identifier("DE123456788", "9930")),
        ("0204:04011000-1234512345-06", Identifier("04011000-1234512345-06", "0204")),
        ("0225:552100554_AP", Identifier("552100554_AP", "0225")),
        ("EM:ap@acme.example", Identifier("ap@acme.example", "EM")),
    ],
)
def test_an_electronic_address_has_a_scheme_of_the_code_list(written: str, expected: Identifier) -> None:
    assert endpoint(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("0002:552100555", id="SIREN"),
        pytest.param("0009:55210055400014", id="SIRET"),
        pytest.param("0208:0202239952", id="Belgian enterprise number"),
        pytest.param("0208:0202.239.951", id="dots, which receivers do not read over"),
        pytest.param("0192:123456789", id="Norwegian organisation number"),
        pytest.param("0208:BE0202239951", id="Belgian enterprise number with a country before it"),
        pytest.param("0208:202239951", id="Belgian enterprise number of nine digits"),
        pytest.param("0184:dk13585628", id="Danish number in small letters"),
        pytest.param("0106:1234", id="Dutch chamber of commerce"),
        pytest.param("0190:123", id="Dutch organisation"),
        pytest.param("0217:123", id="Dutch establishment"),
        pytest.param("0196:12", id="Icelandic number"),
        pytest.param("0096:12", id="Danish production unit"),
        pytest.param("0198:13585628", id="Danish number for VAT without its country"),
        pytest.param("0201:x", id="Italian public office"),
        pytest.param("0210:ABC", id="Italian tax code"),
        pytest.param("0211:IT00743110158", id="Italian number for VAT"),
        pytest.param("0151:51824753557", id="Australian number"),
        pytest.param("0060:\u200e", id="nothing that documents would show"),
        pytest.param("0500:1", id="no such scheme"),
        pytest.param("0181:1", id="a scheme that was left out of the list"),
        pytest.param("DE:1", id="a country is no scheme"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_registration_with_a_wrong_check_digit_or_scheme_is_refused_without_repeating_it(written: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        legal_id(written)
    number = written.partition(":")[2]
    assert not number or f"{number}" not in str(caught.value).replace('"0002:552100554"', "")


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("0204:04011000-1234512345-07", id="Leitweg-ID"),
        pytest.param("9930:DE123456789", id="German VAT id"),
        pytest.param("0088:7300010000002", id="GLN"),
        pytest.param("9944:004495445B01", id="Dutch VAT id without its country"),
        pytest.param("EM:nobody", id="no e-mail address"),
        pytest.param("0003:1", id="no scheme of addresses"),
        pytest.param("ap@acme.example", id="no scheme at all"),
        pytest.param(["9930", "DE123456788"], id="no text"),
    ],
)
def test_an_electronic_address_that_leads_nowhere_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r"write|check digits|written"):
        endpoint(written)


@pytest.mark.parametrize("vat_id", ["NL004495445B01", "BE 0202.239.951", "EL094259216", "XI980780684", "US123456789"])
def test_a_vat_id_begins_with_its_country_and_is_written_without_blanks(vat_id: str) -> None:
    assert check_vat_id(vat_id) == "".join(char for char in vat_id if char.isalnum())


@pytest.mark.parametrize("vat_id", ["XX123456", "NL4495445B01", "BE202239951", "136695976", "DE1"])
def test_a_vat_id_of_no_country_or_without_its_zeros_is_refused(vat_id: str) -> None:
    with pytest.raises(ValueError, match=r"country"):
        check_vat_id(vat_id)


def test_an_iban_of_a_bank_that_no_list_has_yet_is_taken() -> None:
    assert check_iban("BE68 5390 0754 7034") == "BE68539007547034"


@pytest.mark.parametrize("iban", ["BE69539007547034", "BE6853900754703", "ZZ68539007547034", "DE02120300000000202052"])
def test_an_iban_with_wrong_digits_length_or_country_is_refused(iban: str) -> None:
    with pytest.raises(ValueError, match="not a valid IBAN"):
        check_iban(iban)
