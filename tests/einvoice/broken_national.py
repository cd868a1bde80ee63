"""Documents of ours with one thing changed, which breaks a rule that Peppol has for the suppliers of a country."""

from __future__ import annotations

from tests.einvoice.broken import (
    BUYER,
    CITY,
    ITEM,
    POST_CODE,
    PROJECT,
    STREET,
    TOTAL,
    TYPE,
    Change,
    Swap,
    Texts,
    allowance,
    amount,
    before,
    coded,
    document,
    element,
    hidden,
    identification,
    means,
    one,
    within,
    without,
)

_DK, _IS, _IT, _NL, _NO, _SE, _GR = (f"{code} to {code}" for code in ("DK", "IS", "IT", "NL", "NO", "SE", "GR"))
_CROWN = amount("Amount", "1.00", "DKK")
_CLASSIFIED = within("CommodityClassification", element("ItemClassificationCode", "1", listID="TST"))
_AGENT = within(
    "TaxRepresentativeParty", within("PostalAddress", within("Country", element("IdentificationCode", "NL")))
)
_NAMED = within("PartyName", element("Name", "N"))
_BANK = "</cac:PayeeFinancialAccount>"
_MARK, _LINK = document("##M.AR.K##", "400001"), document("##INVOICE|URL##", "1", "https://authority.example/1")
_NUMBER = "094259216|02/03/2026|0|1.1|A|5"
_KEEPS_GREEK_RULES: Texts = (
    Swap("<cbc:ID>T2I", f"<cbc:ID>{_NUMBER}</cbc:ID><cbc:Unknown>T2I"),
    Swap("</cbc:ID>\n  <cbc:IssueDate>", "</cbc:Unknown>\n  <cbc:IssueDate>"),
    Swap("</cbc:EndpointID>", f"</cbc:EndpointID>{_NAMED}"),
    Swap("</cbc:EndpointID>", f"</cbc:EndpointID>{_NAMED}", 1),
    Swap(PROJECT, f"{_MARK}{_LINK}{PROJECT}"),
)
"""What a Greek supplier writes and this program cannot."""


def _paid(code: str, *more: Swap) -> Texts:
    return Swap("PaymentMeansCode>1<", f"PaymentMeansCode>{code}<"), *more


def _into(account: str, reference: str) -> Texts:
    return Swap("PaymentID>T2I", f"PaymentID>{reference}"), Swap("DK5000400440116243", account)


def _swedish(branch: str, account: str) -> Texts:
    bank = within("FinancialInstitutionBranch", element("ID", f"SE:{branch}"))
    return Swap(_BANK, f"{bank}{_BANK}"), Swap("SE4550000000058398257466", account)


def _greek(rule: str, old: str, new: str, which: int = 0) -> Change:
    return Change(rule, (*_KEEPS_GREEK_RULES, Swap(old, new, which)), _GR, base=_KEEPS_GREEK_RULES)


DANISH: tuple[Change, ...] = (
    one("DK-R-002", element("CompanyID", "13585628", schemeID="0184"), "", _DK),
    before("DK-R-003", "<cac:ClassifiedTaxCategory>", _CLASSIFIED, _DK),
    before("DK-R-004", TOTAL, allowance("true", coded("ZZZ", "x"), _CROWN), _DK),
    before("DK-R-004", TOTAL, allowance("false", coded("ZZZ", "#x"), _CROWN), _DK),
    Change("DK-R-005", _paid("30"), _DK),
    Change("DK-R-006", _paid("42"), _DK),
    Change("DK-R-007", _paid("49"), _DK),
    Change("DK-R-008", _paid("50"), _DK),
    Change("DK-R-009", _paid("50", *_into("1234567", "04#")), _DK),
    Change("DK-R-010", _paid("93"), _DK),
    Change("DK-R-011", _paid("93", *_into("12345678", "71#")), _DK),
    one("DK-R-013", BUYER, BUYER + identification("1"), _DK),
    one("DK-R-014", 'CompanyID schemeID="0184"', 'CompanyID schemeID="0088"', _DK),
    one("DK-R-016", '"DKK">22500.00</cbc:PayableAmount>', '"DKK">-22500.00</cbc:PayableAmount>', _DK, 1),
    Change("DK-R-017", (Swap('CompanyID schemeID="0184"', 'CompanyID schemeID="0088"', 1),), _DK),
)

NORDIC: tuple[Change, ...] = (
    one("NO-R-001", "CompanyID>NO995525828MVA<", "CompanyID>NO995525828<", _NO),
    one("NO-R-002", "Foretaksregisteret", "12345", _NO),
    one("SE-R-001", "SE123456789701", "SE12345678970", _SE),
    one("SE-R-002", "SE123456789701", "SE12345678970X", _SE),
    one("SE-R-003", 'CompanyID schemeID="0007">1234567897', "CompanyID>123456789X", _SE),
    one("SE-R-004", 'CompanyID schemeID="0007">1234567897', "CompanyID>12345678", _SE),
    one("SE-R-005", "Godkänd för F-skatt", "4711", _SE),
    one("SE-R-006", element("Percent", "25"), element("Percent", "19"), _SE),
    Change("SE-R-007", _swedish("PLUSGIRO", "12-3"), _SE),
    Change("SE-R-008", _swedish("BANKGIRO", "123-4567"), _SE),
    Change("SE-R-009", _swedish("BANKGIRO", "1"), _SE),
    Change("SE-R-010", _swedish("PLUSGIRO", "123456789"), _SE),
    one("SE-R-011", "PaymentMeansCode>30<", "PaymentMeansCode>50<", _SE),
    one("SE-R-012", "PaymentMeansCode>30<", "PaymentMeansCode>31<", _SE),
    one("SE-R-013", 'CompanyID schemeID="0007">1234567897', "CompanyID>1234567890", _SE),
    one("IS-R-001", TYPE, "InvoiceTypeCode>386<", _IS),
    one("IS-R-002", 'CompanyID schemeID="0196"', "CompanyID", _IS),
    Change("IS-R-003", (without(POST_CODE, "101"),), _IS),
    Change("IS-R-004", (Swap('CompanyID schemeID="0196"', "CompanyID", 1),), _IS),
    Change("IS-R-005", (without(POST_CODE, "101", 1),), _IS),
    Change("IS-R-006", means("9"), _IS),
    Change("IS-R-007", means("42"), _IS),
    before("IS-R-008", PROJECT, document("EINDAGI", "tomorrow"), _IS),
    Change(
        "IS-R-009",
        (Swap(PROJECT, document("EINDAGI", "2026-05-01") + PROJECT), without("DueDate", "2026-04-01")),
        _IS,
    ),
    before("IS-R-010", PROJECT, document("EINDAGI", "2026-01-01"), _IS),
)

DUTCH: tuple[Change, ...] = (
    Change("NL-R-001", hidden("BillingReference"), _NL, 1),
    Change("NL-R-002", (without(STREET, "Kade 7"),), _NL),
    one("NL-R-003", 'CompanyID schemeID="0106"', "CompanyID", _NL),
    Change("NL-R-004", (without(STREET, "Kade 7", 1),), _NL),
    Change("NL-R-005", (Swap('CompanyID schemeID="0106"', "CompanyID", 1),), _NL),
    before("NL-R-006", "<cac:Delivery>", _AGENT, _NL),
    Change("NL-R-007", hidden("PaymentMeans"), _NL),
    Change("NL-R-008", means("1"), _NL),
    Change(
        "NL-R-009",
        (Swap(ITEM, within("OrderLineReference", element("LineID", "1")) + ITEM), without("ID", "PO-4711")),
        _NL,
    ),
)

ITALIAN: tuple[Change, ...] = (
    one("IT-R-001", "CompanyID>00743110157<", "CompanyID>0074/3110/157<", _IT),
    Change("IT-R-002", (without(STREET, "Via Roma 1"),), _IT),
    Change("IT-R-003", (without(CITY, "Roma"),), _IT),
    Change("IT-R-004", (without(POST_CODE, "00184"),), _IT),
)

GREEK: tuple[Change, ...] = (
    _greek("GR-R-001-1", _NUMBER, f"{_NUMBER}|6"),
    _greek("GR-R-001-2", _NUMBER, "094259217|02/03/2026|0|1.1|A|5"),
    _greek("GR-R-001-3", _NUMBER, "094259216|03/03/2026|0|1.1|A|5"),
    _greek("GR-R-001-4", _NUMBER, "094259216|02/03/2026|x|1.1|A|5"),
    _greek("GR-R-001-5", _NUMBER, "094259216|02/03/2026|0|9.9|A|5"),
    _greek("GR-R-001-6", _NUMBER, "094259216|02/03/2026|0|1.1||5"),
    _greek("GR-R-001-7", _NUMBER, "094259216|02/03/2026|0|1.1|A|"),
    _greek("GR-R-002", _NAMED, ""),
    _greek("GR-R-003", "EL094259216", "EL094259217"),
    _greek("GR-S-011", "EL094259216", "EL094259217"),
    _greek("GR-R-004-1", _MARK, ""),
    _greek("GR-R-004-2", _MARK, document("##M.AR.K##", "0")),
    _greek("GR-R-005", _NAMED, "", 1),
    _greek("GR-R-006", "EL094259216", "EL094259217", 1),
    _greek("GR-S-008-1", _LINK, ""),
    _greek("GR-R-008-2", _LINK, _LINK * 2),
    _greek("GR-R-008-3", _LINK, document("##INVOICE|URL##", "1")),
    _greek("GR-R-009", 'schemeID="9933">094259216', 'schemeID="9933">094259217'),
    _greek("GR-R-010", 'schemeID="9933">094259216', 'schemeID="9933">094259217', 1),
)

NATIONAL: tuple[Change, ...] = (*DANISH, *NORDIC, *DUTCH, *ITALIAN, *GREEK)
