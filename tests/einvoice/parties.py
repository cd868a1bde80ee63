"""Suppliers and clients of several countries with all that electronic invoices ask for; all of it is invented."""

from __future__ import annotations

from dataclasses import replace

from tracker2invoice.model.contract import Address, Identifier, Party

DE = Party(
    id="de",
    name="Northwind Software GmbH",
    address=Address("Hauptstr. 1", "Berlin", "10115", "DE", "2nd floor"),
    vat_id="DE136695976",
    tax_id="37/123/45678",
    email="accounts@northwind.example",
    phone="+49 30 1234567",
    iban="DE02120300000000202051",
    bic="BYLADEM1001",
    legal_id=Identifier("HRB 123456 B"),
    endpoint=Identifier("DE136695976", "9930"),
    contact="Accounts receivable",
    buyer_reference="04011000-1234512345-06",
)

PARTIES: dict[str, Party] = {
    "DE": DE,
    "DE small": replace(DE, id="small", vat_id="", legal_id=Identifier("GnR 12")),
    "AT": replace(
        DE, id="at", name="Kanzlei Österreich", address=Address("Ring 1", "Wien", "1010", "AT"), vat_id="ATU13585627",
        legal_id=Identifier("FN 123456b"), endpoint=Identifier("ATU13585627", "9914"),
    ),
    "FR": replace(
        DE, id="fr", name="Société Générique", address=Address("1 rue de la Paix", "Paris", "75002", "FR"),
        vat_id="FR83404833048", legal_id=Identifier("404833048", "0002"), endpoint=Identifier("404833048", "0225"),
        iban="FR1420041010050500013M02606", bic="PSSTFRPPPAR",
        notes={"PMT": "40 EUR pour frais de recouvrement", "PMD": "12 % par an", "AAB": "Pas d'escompte"},
        tax_currency="EUR", identifier=Identifier("40483304800022", "0009"),
    ),
    "NL": replace(
        DE, id="nl", name="Globex B.V.", address=Address("Kade 7", "Utrecht", "3511 AB", "NL"), vat_id="NL004495445B01",
        tax_id="", legal_id=Identifier("12345678", "0106"), endpoint=Identifier("12345678", "0106"),
        iban="NL91ABNA0417164300", bic="ABNANL2A",
    ),
    "BE": replace(
        DE, id="be", name="Brasserie SRL", address=Address("Grand-Place 1", "Bruxelles", "1000", "BE"),
        vat_id="BE0202239951", tax_id="", legal_id=Identifier("0202239951", "0208"),
        endpoint=Identifier("0202239951", "0208"), iban="BE68539007547034", bic="",
    ),
    "DK": replace(
        DE, id="dk", name="Havn A/S", address=Address("Nyhavn 1", "København", "1051", "DK"), vat_id="DK13585628",
        tax_id="", legal_id=Identifier("13585628", "0184"), endpoint=Identifier("13585628", "0184"),
        iban="DK5000400440116243", bic="",
    ),
    "SE": replace(
        DE, id="se", name="Skog AB", address=Address("Storgatan 1", "Stockholm", "111 22", "SE"),
        vat_id="SE123456789701", tax_id="Godkänd för F-skatt", legal_id=Identifier("1234567897", "0007"),
        endpoint=Identifier("1234567897", "0007"), iban="SE4550000000058398257466", bic="", tax_currency="SEK",
    ),
    "PL": replace(
        DE, id="pl", name="Żubr sp. z o.o.", address=Address("ul. Długa 1", "Warszawa", "00-001", "PL"),
        vat_id="PL5260250274", tax_id="", legal_id=Identifier("0000123456"),
        endpoint=Identifier("PL5260250274", "9945"), iban="PL61109010140000071219812874", bic="", tax_currency="PLN",
    ),
    "NO": replace(
        DE, id="no", name="Fjord AS", address=Address("Storgata 1", "Oslo", "0155", "NO"), vat_id="NO995525828MVA",
        tax_id="Foretaksregisteret", legal_id=Identifier("995525828", "0192"), endpoint=Identifier("995525828", "0192"),
        iban="NO9386011117947", bic="",
    ),
    "IT": replace(
        DE, id="it", name="Caffè S.r.l.", address=Address("Via Roma 1", "Roma", "00184", "IT"), vat_id="IT00743110157",
        tax_id="00743110157", legal_id=None, endpoint=Identifier("IT00743110157", "0211"),
        iban="IT60X0542811101000000123456", bic="",
    ),
    "IS": replace(
        DE, id="is", name="Jökull ehf.", address=Address("Laugavegur 1", "Reykjavík", "101", "IS"), vat_id="IS12345",
        tax_id="", legal_id=Identifier("5402696029", "0196"), endpoint=Identifier("5402696029", "0196"),
        iban="IS140159260076545510730339", bic="",
    ),
    "GR": replace(
        DE, id="gr", name="Θάλασσα", address=Address("Ερμού 1", "Αθήνα", "105 63", "GR"), vat_id="EL094259216",
        tax_id="", legal_id=None, endpoint=Identifier("094259216", "9933"), iban="GR1601101250000000012300695", bic="",
    ),
    "US": replace(
        DE, id="us", name="Initech, Inc.", address=Address("1 Main St", "Austin", "78701", "US"), vat_id="", tax_id="",
        legal_id=None, endpoint=Identifier("123456789", "0060"), iban="", bic="",
    ),
}  # fmt: skip
"""By country; every one of them can be supplier or client."""
