"""Documents of ours with one thing changed, each of which breaks a rule of Peppol or XRechnung."""

from __future__ import annotations

from typing import NamedTuple

from tests.einvoice.rules import Syntax


class Swap(NamedTuple):
    """A text of a document, counted from 0 where it stands several times, and what stands there instead."""

    old: str
    new: str
    which: int = 0

    def within(self, text: str) -> str:
        *first, after = text.split(self.old, self.which + 1)
        assert len(first) > self.which, self.old
        return self.new.join((self.old.join(first), after))


Texts = tuple[Swap, ...]


class Change(NamedTuple):
    """What breaks a rule: other texts in the document of a scenario, one after the other.

    With `base` a document is made first that keeps the rule.
    """

    rule: str
    texts: Texts
    name: str = "standard rate"
    number: int = 0
    syntax: Syntax = "ubl"
    words: str = ""
    base: Texts = ()


def one(rule: str, old: str, new: str, name: str = "standard rate", number: int = 0) -> Change:
    return Change(rule, (Swap(old, new),), name, number, words=name)


def before(rule: str, mark: str, new: str, name: str = "standard rate", number: int = 0) -> Change:
    """Return what puts something before a text."""
    return one(rule, mark, f"{new}{mark}", name, number)


def element(tag: str, text: str, **attributes: str) -> str:
    named = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<cbc:{tag}{named}>{text}</cbc:{tag}>"


def amount(tag: str, text: str, currency: str = "EUR") -> str:
    return element(tag, text, currencyID=currency)


def within(tag: str, *inside: str) -> str:
    return f"<cac:{tag}>{''.join(inside)}</cac:{tag}>"


def allowance(indicator: str, *inside: str) -> str:
    return within("AllowanceCharge", element("ChargeIndicator", indicator), *inside)


def coded(code: str, words: str = "") -> str:
    return element("AllowanceChargeReasonCode", code) + (element("AllowanceChargeReason", words) if words else "")


def deliver_to(address: str) -> str:
    return within("DeliveryLocation", within("Address", address))


def identification(number: str, **scheme: str) -> str:
    return within("PartyIdentification", element("ID", number, **scheme))


def referred(tag: str, id_: str, kind: str) -> str:
    return within(tag, element("ID", id_), element("DocumentTypeCode", kind))


def attached(name: str, mime: str = "application/pdf") -> str:
    content = element("EmbeddedDocumentBinaryObject", "QQ==", mimeCode=mime, filename=name)
    return within("AdditionalDocumentReference", element("ID", name), within("Attachment", content))


def document(description: str, id_: str, link: str = "") -> str:
    attachment = within("Attachment", within("ExternalReference", element("URI", link))) if link else ""
    about = element("DocumentDescription", description)
    return within("AdditionalDocumentReference", element("ID", id_), about, attachment)


def without(tag: str, text: str, which: int = 0) -> Swap:
    return Swap(element(tag, text), "", which)


def hidden(tag: str) -> Texts:
    """Return what gives an element a name that nobody looks for."""
    return Swap(f"<cac:{tag}>", "<cac:Unknown>"), Swap(f"</cac:{tag}>", "</cac:Unknown>")


ACCOUNT, PAYMENT_END = "<cac:PayeeFinancialAccount>", "</cac:PaymentMeans>"
ITEM, TOTAL, SUMS = "<cac:Item>", "<cac:TaxTotal>", "<cac:LegalMonetaryTotal>"
LINE_END, PRICE_END, DELIVERY_END = "</cac:InvoiceLine>", "</cac:Price>", "</cac:Delivery>"
PARTY = "\n    <cac:Party>"
SELLER, BUYER = f"<cac:AccountingSupplierParty>{PARTY}", f"<cac:AccountingCustomerParty>{PARTY}"
PROJECT, TYPE, CREDITED = "<cac:ProjectReference>", "InvoiceTypeCode>380<", "CreditNoteTypeCode>381<"
STREET, CITY, POST_CODE = "StreetName", "CityName", "PostalZone"
ENDPOINT = element("EndpointID", "DE136695976", schemeID="9930")
MANDATE = within("PaymentMandate", element("ID", "M-1"))
CARD = within("CardAccount", element("PrimaryAccountNumberID", "1234"))
ONE, OF_TEN = amount("Amount", "1.00"), amount("BaseAmount", "10.00")
TENTH = element("MultiplierFactorNumeric", "10")
PROCESS = element("ProfileID", "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0")
REASON = "<cbc:TaxExemptionReason>"
OBJECT = (
    "<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>2</ram:IssuerAssignedID><ram:TypeCode>130</ram:TypeCode>"
    "</ram:AdditionalReferencedDocument><ram:SpecifiedProcuringProject>"
)
GROSS = (
    "<ram:GrossPriceProductTradePrice><ram:ChargeAmount>1</ram:ChargeAmount><ram:BasisQuantity>2</ram:BasisQuantity>"
    "</ram:GrossPriceProductTradePrice><ram:NetPriceProductTradePrice><ram:BasisQuantity>1</ram:BasisQuantity>"
)


def means(code: str, *more: Swap) -> Texts:
    return Swap("PaymentMeansCode>58<", f"PaymentMeansCode>{code}<"), *more


def reason(code: str) -> Texts:
    """Return what gives an exempt breakdown a reason of another category."""
    return (Swap(REASON, f"{element('TaxExemptionReasonCode', code)}{REASON}"),)


GERMAN: tuple[Change, ...] = (
    Change("BR-DE-1", hidden("PaymentMeans")),
    Change("BR-DE-2", hidden("Contact")),
    Change("BR-DE-3", (without(CITY, "Berlin"),)),
    Change("BR-DE-4", (without(POST_CODE, "10115"),)),
    Change("BR-DE-8", (without(CITY, "Berlin", 1),)),
    Change("BR-DE-9", (without(POST_CODE, "10115", 1),)),
    Change("BR-DE-5", (without("Name", "Accounts receivable"),)),
    Change("BR-DE-6", (without("Telephone", "+49 30 1234567"),)),
    Change("BR-DE-7", (without("ElectronicMail", "accounts@northwind.example"),)),
    Change("BR-DE-15", (without("BuyerReference", "04011000-1234512345-06"),)),
    before("BR-DE-10", DELIVERY_END, deliver_to(element(POST_CODE, "53111"))),
    before("BR-DE-11", DELIVERY_END, deliver_to(element(CITY, "Bonn"))),
    Change("BR-DE-14", (without("Percent", "19"),)),
    Change("BR-DE-16", (without("CompanyID", "DE136695976"), without("CompanyID", "37/123/45678"))),
    one("BR-DE-17", TYPE, "InvoiceTypeCode>386<"),
    one("BR-DE-18", "without deduction.", "\n#SKONTO#TAGE=14#PROZENT=2#\n"),
    one("BR-DE-19", "DE02120300000000202051", "DE02120300000000202052"),
    Change("BR-DE-20", means("59", Swap(ACCOUNT, f"{MANDATE}{ACCOUNT}"))),
    before("BR-DE-22", PROJECT, attached("a.pdf") * 2),
    Change("BR-DE-23-a", hidden("PayeeFinancialAccount")),
    before("BR-DE-23-b", ACCOUNT, CARD),
    Change("BR-DE-24-a", means("54")),
    Change("BR-DE-24-b", means("54", Swap(ACCOUNT, f"{CARD}{ACCOUNT}"))),
    Change("BR-DE-25-a", means("59")),
    Change("BR-DE-25-b", means("59", Swap(PAYMENT_END, f"{MANDATE}{PAYMENT_END}"))),
    one("BR-DE-26", TYPE, "InvoiceTypeCode>384<"),
    one("BR-DE-27", "+49 30 1234567", "ask 12"),
    one("BR-DE-28", "accounts@northwind.example", "a@b@northwind.example"),
    before("BR-DE-30", PAYMENT_END, MANDATE),
    before("BR-DE-31", PAYMENT_END, MANDATE),
    one("BR-TMP-2", "https://github.com/acme/portal/milestone/3", "milestone/3"),
    one("BR-DE-21", "xrechnung_3.0", "xrechnung_3.0_x"),
    Change("BR-DE-TMP-32", (without("ActualDeliveryDate", "2026-03-01"),)),
    Change("BR-TMP-3", (Swap("<ram:NetPriceProductTradePrice>", GROSS),), syntax="cii"),
)
"""Rules of XRechnung; those that Peppol has too are broken there by the same change."""


def _identified(scheme: str, number: str) -> Texts:
    return (Swap('schemeID="9930">DE136695976', f'schemeID="{scheme}">{number}'),)


_NUMBERS = (
    ("40", "0088", "9780471117095"), ("41", "0192", "995525829"), ("42", "0184", "1358562"),
    ("43", "0208", "BE0202239951"), ("44", "0201", "x"), ("45", "0210", "1"), ("47", "0211", "IT00743110158"),
    ("49", "0007", "1234567890"), ("50", "0151", "51824753557"), ("52", "0096", "12"), ("53", "0198", "13585628"),
    ("54", "0106", "1234"), ("55", "0190", "1"), ("56-1", "9944", "004495445B01"), ("57", "0217", "1"),
)  # fmt: skip
_CURRENCY = element("DocumentCurrencyCode", "EUR")
_LINE_PERIOD = "a period of delivery"

PEPPOL: tuple[Change, ...] = (
    one("PEPPOL-EN16931-R001", PROCESS, ""),
    before("PEPPOL-EN16931-R002", "<cbc:DocumentCurrencyCode>", element("Note", "a") * 2, "NL to NL"),
    Change("PEPPOL-EN16931-R003", (without("BuyerReference", "04011000-1234512345-06"), without("ID", "PO-4711"))),
    one("PEPPOL-EN16931-R004", "billing:3.0<", "billing:3.0::x<"),
    Change("PEPPOL-EN16931-R005", (Swap(_CURRENCY, f"{_CURRENCY}{element('TaxCurrencyCode', 'EUR')}"),)),
    Change("PEPPOL-EN16931-R006", (Swap("<ram:SpecifiedProcuringProject>", OBJECT),), syntax="cii"),
    one("PEPPOL-EN16931-R007", "billing:01:1.0<", "billing:99:1.0<"),
    one("PEPPOL-EN16931-R008", "<cbc:CityName>Berlin", "<cbc:CityName> "),
    Change("PEPPOL-EN16931-R020", (Swap(ENDPOINT, ""),)),
    Change("PEPPOL-EN16931-R010", (Swap(ENDPOINT, "", 1),)),
    before("PEPPOL-EN16931-R040", TOTAL, allowance("false", TENTH, amount("Amount", "9.00"), OF_TEN)),
    before("PEPPOL-EN16931-R041", LINE_END, allowance("true", TENTH, ONE)),
    before("PEPPOL-EN16931-R042", LINE_END, allowance("false", ONE, OF_TEN)),
    before("PEPPOL-EN16931-R043", TOTAL, allowance("0", ONE)),
    before("PEPPOL-EN16931-R044", PRICE_END, allowance("true", ONE)),
    before("PEPPOL-EN16931-R046", PRICE_END, allowance("false", ONE, OF_TEN)),
    one("PEPPOL-EN16931-R051", amount("TaxAmount", "3420.00"), amount("TaxAmount", "3420.00", "USD")),
    before("PEPPOL-EN16931-R053", SUMS, within("TaxTotal", amount("TaxAmount", "1.00"), within("TaxSubtotal", ONE))),
    before("PEPPOL-EN16931-R054", SUMS, within("TaxTotal", amount("TaxAmount", "1.00", "USD"))),
    Change("PEPPOL-EN16931-R055", (
        Swap(_CURRENCY, f"{_CURRENCY}{element('TaxCurrencyCode', 'USD')}"),
        Swap(SUMS, within("TaxTotal", amount("TaxAmount", "-1.00", "USD")) + SUMS),
    )),
    Change("PEPPOL-EN16931-R061", means("59")),
    before("PEPPOL-EN16931-R080", "<cac:AdditionalDocumentReference>",
           referred("AdditionalDocumentReference", "p", "50"), number=1),
    before("PEPPOL-EN16931-R100", ITEM, referred("DocumentReference", "2", "130")),
    Change("PEPPOL-EN16931-R101", (without("DocumentTypeCode", "130", 1),)),
    before("PEPPOL-EN16931-R110", ITEM, within("InvoicePeriod", element("StartDate", "2020-01-01")), _LINE_PERIOD),
    before("PEPPOL-EN16931-R111", ITEM, within("InvoicePeriod", element("EndDate", "2040-01-01")), _LINE_PERIOD),
    one("PEPPOL-EN16931-R120", '"C62">1<', '"C62">2<'),
    before("PEPPOL-EN16931-R121", PRICE_END, element("BaseQuantity", "0")),
    before("PEPPOL-EN16931-R130", PRICE_END, element("BaseQuantity", "1", unitCode="HUR")),
    one("PEPPOL-EN16931-P0100", TYPE, "InvoiceTypeCode>389<"),
    one("PEPPOL-EN16931-P0101", CREDITED, "CreditNoteTypeCode>261<", number=1),
    one("PEPPOL-EN16931-P0112", TYPE, "InvoiceTypeCode>326<", "NL to NL"),
    *(Change(f"PEPPOL-EN16931-P0{number}", reason(f"VATEX-EU-{code}"), "small business", words=code)
      for number, code in ((104, "G"), (105, "O"), (106, "IC"), (107, "AE"))),
    *(one(f"PEPPOL-EN16931-P0{number}", "VATEX-EU-AE", f"VATEX-EU-{code}", "reverse charge")
      for number, code in ((108, "D"), (109, "F"), (110, "I"), (111, "J"))),
    one("PEPPOL-EN16931-F001", "2026-03-02", "02.03.2026"),
    before("PEPPOL-EN16931-CL001", PROJECT, attached("a.xml", "application/xml")),
    before("PEPPOL-EN16931-CL002", TOTAL, allowance("false", coded("AA"), ONE)),
    before("PEPPOL-EN16931-CL002", LINE_END, allowance("false", coded("AA"), ONE)),
    before("PEPPOL-EN16931-CL003", TOTAL, allowance("true", coded("95"), ONE)),
    before("PEPPOL-EN16931-CL003", LINE_END, allowance("true", coded("95"), ONE)),
    before("PEPPOL-EN16931-CL006", "<cac:OrderReference>", within("InvoicePeriod", element("DescriptionCode", "7"))),
    one("PEPPOL-EN16931-CL007", amount("TaxAmount", "3420.00"), amount("TaxAmount", "3420.00", "EUX")),
    one("PEPPOL-EN16931-CL008", 'schemeID="9930"', 'schemeID="EM"'),
    *(Change(f"PEPPOL-COMMON-R0{rule}", _identified(scheme, number)) for rule, scheme, number in _NUMBERS),
    one("PEPPOL-COMMON-R043", SELLER, SELLER + identification("1", schemeID="0208"), "BE to BE"),
    one("PEPPOL-COMMON-R056-2", "NL004495445B01", "NL4495445B01", "NL to NL"),
)  # fmt: skip
"""Rules of Peppol, wherever the parties are."""
