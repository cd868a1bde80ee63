"""Where the business terms of EN 16931 stand in UBL (CEN/TS 16931-3-2) and in CII (CEN/TS 16931-3-3), for reading.

`HEAD` is what there is once, by paths from the root. `GROUPS` can be there several times, and have terms of their own
by paths from the group. A term that ends with `-1` is the scheme of the identifier before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Syntax = Literal["ubl", "cii"]


@dataclass(frozen=True, slots=True)
class Bound:
    """A group in one syntax: the XPath of its elements, and of its terms from there."""

    path: str
    terms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Binding:
    """All that is read of one syntax."""

    head: Mapping[str, str]
    groups: Mapping[str, Bound]


def _is(indicator: str, *, true: bool) -> str:
    """Return the condition that a boolean of XSD holds."""
    words = ("true", "1") if true else ("false", "0")
    return " or ".join(f"normalize-space({indicator})='{word}'" for word in words)


def _ubl_party(role: str, terms: Mapping[str, str]) -> dict[str, str]:
    return {term: f"cac:{role}/cac:Party/{path}" for term, path in terms.items()}


_IS_VAT = "[normalize-space(cac:TaxScheme/cbc:ID)='VAT']"
_UBL_SELLER = {
    "BT-27": "cac:PartyLegalEntity/cbc:RegistrationName",
    "BT-29": "cac:PartyIdentification/cbc:ID",
    "BT-29-1": "cac:PartyIdentification/cbc:ID/@schemeID",
    "BT-30": "cac:PartyLegalEntity/cbc:CompanyID",
    "BT-30-1": "cac:PartyLegalEntity/cbc:CompanyID/@schemeID",
    "BT-31": f"cac:PartyTaxScheme{_IS_VAT}/cbc:CompanyID",
    "BT-32": "cac:PartyTaxScheme[normalize-space(cac:TaxScheme/cbc:ID)!='VAT']/cbc:CompanyID",
    "BT-34": "cbc:EndpointID",
    "BT-34-1": "cbc:EndpointID/@schemeID",
    "BG-5": "cac:PostalAddress",
    "BT-37": "cac:PostalAddress/cbc:CityName",
    "BT-38": "cac:PostalAddress/cbc:PostalZone",
    "BT-40": "cac:PostalAddress/cac:Country/cbc:IdentificationCode",
    "BT-41": "cac:Contact/cbc:Name",
    "BT-42": "cac:Contact/cbc:Telephone",
    "BT-43": "cac:Contact/cbc:ElectronicMail",
}
_UBL_BUYER = {
    "BT-44": "cac:PartyLegalEntity/cbc:RegistrationName",
    "BT-46": "cac:PartyIdentification/cbc:ID",
    "BT-46-1": "cac:PartyIdentification/cbc:ID/@schemeID",
    "BT-47": "cac:PartyLegalEntity/cbc:CompanyID",
    "BT-47-1": "cac:PartyLegalEntity/cbc:CompanyID/@schemeID",
    "BT-48": f"cac:PartyTaxScheme{_IS_VAT}/cbc:CompanyID",
    "BT-49": "cbc:EndpointID",
    "BT-49-1": "cbc:EndpointID/@schemeID",
    "BG-8": "cac:PostalAddress",
    "BT-52": "cac:PostalAddress/cbc:CityName",
    "BT-53": "cac:PostalAddress/cbc:PostalZone",
    "BT-55": "cac:PostalAddress/cac:Country/cbc:IdentificationCode",
}
_UBL_REDUCTION = f"cac:AllowanceCharge[{_is('cbc:ChargeIndicator', true=False)}]"
_UBL_CHARGE = f"cac:AllowanceCharge[{_is('cbc:ChargeIndicator', true=True)}]"

UBL = Binding(
    head={
        "BT-1": "cbc:ID",
        "BT-2": "cbc:IssueDate",
        "BT-3": "cbc:InvoiceTypeCode|cbc:CreditNoteTypeCode",
        "BT-5": "cbc:DocumentCurrencyCode",
        "BT-6": "cbc:TaxCurrencyCode",
        "BT-7": "cbc:TaxPointDate",
        "BT-8": "cac:InvoicePeriod/cbc:DescriptionCode",
        "BT-9": "cbc:DueDate|cac:PaymentMeans/cbc:PaymentDueDate",
        "BT-10": "cbc:BuyerReference",
        "BT-13": "cac:OrderReference/cbc:ID",
        "BT-20": "cac:PaymentTerms/cbc:Note",
        "BT-23": "cbc:ProfileID",
        "BT-24": "cbc:CustomizationID",
        **_ubl_party("AccountingSupplierParty", _UBL_SELLER),
        **_ubl_party("AccountingCustomerParty", _UBL_BUYER),
        "BT-72": "cac:Delivery/cbc:ActualDeliveryDate",
        "BT-73": "cac:InvoicePeriod/cbc:StartDate",
        "BT-74": "cac:InvoicePeriod/cbc:EndDate",
        "BT-80": "cac:Delivery/cac:DeliveryLocation/cac:Address/cac:Country/cbc:IdentificationCode",
        "BT-106": "cac:LegalMonetaryTotal/cbc:LineExtensionAmount",
        "BT-107": "cac:LegalMonetaryTotal/cbc:AllowanceTotalAmount",
        "BT-108": "cac:LegalMonetaryTotal/cbc:ChargeTotalAmount",
        "BT-109": "cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount",
        "BT-110": "cac:TaxTotal[cac:TaxSubtotal]/cbc:TaxAmount",
        "BT-111": "cac:TaxTotal[not(cac:TaxSubtotal)]/cbc:TaxAmount",
        "BT-112": "cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount",
        "BT-113": "cac:LegalMonetaryTotal/cbc:PrepaidAmount",
        "BT-114": "cac:LegalMonetaryTotal/cbc:PayableRoundingAmount",
        "BT-115": "cac:LegalMonetaryTotal/cbc:PayableAmount",
    },
    groups={
        "BG-1": Bound("cbc:Note", {"BT-22": "."}),
        "BG-3": Bound("cac:BillingReference/cac:InvoiceDocumentReference", {"BT-25": "cbc:ID"}),
        "BG-16": Bound(
            "cac:PaymentMeans", {"BT-81": "cbc:PaymentMeansCode", "BT-84": "cac:PayeeFinancialAccount/cbc:ID"}
        ),
        "BG-20": Bound(
            _UBL_REDUCTION,
            {
                "BT-92": "cbc:Amount",
                "BT-93": "cbc:BaseAmount",
                "BT-94": "cbc:MultiplierFactorNumeric",
                "BT-95": f"cac:TaxCategory{_IS_VAT}/cbc:ID",
                "BT-96": "cac:TaxCategory/cbc:Percent",
                "BT-97": "cbc:AllowanceChargeReason",
                "BT-98": "cbc:AllowanceChargeReasonCode",
            },
        ),
        "BG-21": Bound(
            _UBL_CHARGE,
            {
                "BT-99": "cbc:Amount",
                "BT-100": "cbc:BaseAmount",
                "BT-101": "cbc:MultiplierFactorNumeric",
                "BT-102": f"cac:TaxCategory{_IS_VAT}/cbc:ID",
                "BT-103": "cac:TaxCategory/cbc:Percent",
                "BT-104": "cbc:AllowanceChargeReason",
                "BT-105": "cbc:AllowanceChargeReasonCode",
            },
        ),
        "BG-23": Bound(
            "cac:TaxTotal/cac:TaxSubtotal",
            {
                "BT-116": "cbc:TaxableAmount",
                "BT-117": "cbc:TaxAmount",
                "BT-118": f"cac:TaxCategory{_IS_VAT}/cbc:ID",
                "BT-119": "cac:TaxCategory/cbc:Percent",
                "BT-120": "cac:TaxCategory/cbc:TaxExemptionReason",
                "BT-121": "cac:TaxCategory/cbc:TaxExemptionReasonCode",
            },
        ),
        "BG-24": Bound("cac:AdditionalDocumentReference[not(cbc:DocumentTypeCode='50')]", {"BT-122": "cbc:ID"}),
        "BG-25": Bound(
            "cac:InvoiceLine|cac:CreditNoteLine",
            {
                "BT-126": "cbc:ID",
                "BT-129": "cbc:InvoicedQuantity|cbc:CreditedQuantity",
                "BT-130": "cbc:InvoicedQuantity/@unitCode|cbc:CreditedQuantity/@unitCode",
                "BT-131": "cbc:LineExtensionAmount",
                "BT-134": "cac:InvoicePeriod/cbc:StartDate",
                "BT-135": "cac:InvoicePeriod/cbc:EndDate",
                "BT-136": f"{_UBL_REDUCTION}/cbc:Amount",
                "BT-141": f"{_UBL_CHARGE}/cbc:Amount",
                "BT-146": "cac:Price/cbc:PriceAmount",
                "BT-149": "cac:Price/cbc:BaseQuantity",
                "BT-151": f"cac:Item/cac:ClassifiedTaxCategory{_IS_VAT}/cbc:ID",
                "BT-152": "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent",
                "BT-153": "cac:Item/cbc:Name",
            },
        ),
    },
)


_TRADE = "rsm:SupplyChainTradeTransaction"
_AGREEMENT = f"{_TRADE}/ram:ApplicableHeaderTradeAgreement"
_DELIVERY = f"{_TRADE}/ram:ApplicableHeaderTradeDelivery"
_SETTLEMENT = f"{_TRADE}/ram:ApplicableHeaderTradeSettlement"
_SUMS = f"{_SETTLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
_SELLER, _BUYER = f"{_AGREEMENT}/ram:SellerTradeParty", f"{_AGREEMENT}/ram:BuyerTradeParty"
_HEADING = "rsm:ExchangedDocument"
_ON_LINE = "ram:SpecifiedLineTradeSettlement"
_CII_REDUCTION = f"ram:SpecifiedTradeAllowanceCharge[{_is('ram:ChargeIndicator/udt:Indicator', true=False)}]"
_CII_CHARGE = f"ram:SpecifiedTradeAllowanceCharge[{_is('ram:ChargeIndicator/udt:Indicator', true=True)}]"

CII = Binding(
    head={
        "BT-1": f"{_HEADING}/ram:ID",
        "BT-2": f"{_HEADING}/ram:IssueDateTime/udt:DateTimeString",
        "BT-3": f"{_HEADING}/ram:TypeCode",
        "BT-5": f"{_SETTLEMENT}/ram:InvoiceCurrencyCode",
        "BT-6": f"{_SETTLEMENT}/ram:TaxCurrencyCode",
        "BT-7": f"{_SETTLEMENT}/ram:ApplicableTradeTax/ram:TaxPointDate/udt:DateString",
        "BT-8": f"{_SETTLEMENT}/ram:ApplicableTradeTax/ram:DueDateTypeCode",
        "BT-9": f"{_SETTLEMENT}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString",
        "BT-10": f"{_AGREEMENT}/ram:BuyerReference",
        "BT-13": f"{_AGREEMENT}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID",
        "BT-20": f"{_SETTLEMENT}/ram:SpecifiedTradePaymentTerms/ram:Description",
        "BT-23": "rsm:ExchangedDocumentContext/ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID",
        "BT-24": "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
        "BT-27": f"{_SELLER}/ram:Name",
        "BT-29": f"{_SELLER}/ram:ID|{_SELLER}/ram:GlobalID",
        "BT-29-1": f"{_SELLER}/ram:GlobalID/@schemeID",
        "BT-30": f"{_SELLER}/ram:SpecifiedLegalOrganization/ram:ID",
        "BT-30-1": f"{_SELLER}/ram:SpecifiedLegalOrganization/ram:ID/@schemeID",
        "BT-31": f"{_SELLER}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']",
        "BT-32": f"{_SELLER}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID='FC']",
        "BT-34": f"{_SELLER}/ram:URIUniversalCommunication/ram:URIID",
        "BT-34-1": f"{_SELLER}/ram:URIUniversalCommunication/ram:URIID/@schemeID",
        "BG-5": f"{_SELLER}/ram:PostalTradeAddress",
        "BT-37": f"{_SELLER}/ram:PostalTradeAddress/ram:CityName",
        "BT-38": f"{_SELLER}/ram:PostalTradeAddress/ram:PostcodeCode",
        "BT-40": f"{_SELLER}/ram:PostalTradeAddress/ram:CountryID",
        "BT-41": f"{_SELLER}/ram:DefinedTradeContact/ram:PersonName"
        f"|{_SELLER}/ram:DefinedTradeContact/ram:DepartmentName",
        "BT-42": f"{_SELLER}/ram:DefinedTradeContact/ram:TelephoneUniversalCommunication/ram:CompleteNumber",
        "BT-43": f"{_SELLER}/ram:DefinedTradeContact/ram:EmailURIUniversalCommunication/ram:URIID",
        "BT-44": f"{_BUYER}/ram:Name",
        "BT-46": f"{_BUYER}/ram:ID|{_BUYER}/ram:GlobalID",
        "BT-46-1": f"{_BUYER}/ram:GlobalID/@schemeID",
        "BT-47": f"{_BUYER}/ram:SpecifiedLegalOrganization/ram:ID",
        "BT-47-1": f"{_BUYER}/ram:SpecifiedLegalOrganization/ram:ID/@schemeID",
        "BT-48": f"{_BUYER}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']",
        "BT-49": f"{_BUYER}/ram:URIUniversalCommunication/ram:URIID",
        "BT-49-1": f"{_BUYER}/ram:URIUniversalCommunication/ram:URIID/@schemeID",
        "BG-8": f"{_BUYER}/ram:PostalTradeAddress",
        "BT-52": f"{_BUYER}/ram:PostalTradeAddress/ram:CityName",
        "BT-53": f"{_BUYER}/ram:PostalTradeAddress/ram:PostcodeCode",
        "BT-55": f"{_BUYER}/ram:PostalTradeAddress/ram:CountryID",
        "BT-72": f"{_DELIVERY}/ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime/udt:DateTimeString",
        "BT-73": f"{_SETTLEMENT}/ram:BillingSpecifiedPeriod/ram:StartDateTime/udt:DateTimeString",
        "BT-74": f"{_SETTLEMENT}/ram:BillingSpecifiedPeriod/ram:EndDateTime/udt:DateTimeString",
        "BT-80": f"{_DELIVERY}/ram:ShipToTradeParty/ram:PostalTradeAddress/ram:CountryID",
        "BT-106": f"{_SUMS}/ram:LineTotalAmount",
        "BT-107": f"{_SUMS}/ram:AllowanceTotalAmount",
        "BT-108": f"{_SUMS}/ram:ChargeTotalAmount",
        "BT-109": f"{_SUMS}/ram:TaxBasisTotalAmount",
        "BT-110": f"{_SUMS}/ram:TaxTotalAmount[@currencyID=../../ram:InvoiceCurrencyCode or not(@currencyID)]",
        "BT-111": f"{_SUMS}/ram:TaxTotalAmount[@currencyID=../../ram:TaxCurrencyCode]",
        "BT-112": f"{_SUMS}/ram:GrandTotalAmount",
        "BT-113": f"{_SUMS}/ram:TotalPrepaidAmount",
        "BT-114": f"{_SUMS}/ram:RoundingAmount",
        "BT-115": f"{_SUMS}/ram:DuePayableAmount",
    },
    groups={
        "BG-1": Bound(f"{_HEADING}/ram:IncludedNote", {"BT-21": "ram:SubjectCode", "BT-22": "ram:Content"}),
        "BG-3": Bound(f"{_SETTLEMENT}/ram:InvoiceReferencedDocument", {"BT-25": "ram:IssuerAssignedID"}),
        "BG-16": Bound(
            f"{_SETTLEMENT}/ram:SpecifiedTradeSettlementPaymentMeans",
            {
                "BT-81": "ram:TypeCode",
                "BT-84": "ram:PayeePartyCreditorFinancialAccount/ram:IBANID"
                "|ram:PayeePartyCreditorFinancialAccount/ram:ProprietaryID",
            },
        ),
        "BG-20": Bound(
            f"{_SETTLEMENT}/{_CII_REDUCTION}",
            {
                "BT-92": "ram:ActualAmount",
                "BT-93": "ram:BasisAmount",
                "BT-94": "ram:CalculationPercent",
                "BT-95": "ram:CategoryTradeTax/ram:CategoryCode",
                "BT-96": "ram:CategoryTradeTax/ram:RateApplicablePercent",
                "BT-97": "ram:Reason",
                "BT-98": "ram:ReasonCode",
            },
        ),
        "BG-21": Bound(
            f"{_SETTLEMENT}/{_CII_CHARGE}",
            {
                "BT-99": "ram:ActualAmount",
                "BT-100": "ram:BasisAmount",
                "BT-101": "ram:CalculationPercent",
                "BT-102": "ram:CategoryTradeTax/ram:CategoryCode",
                "BT-103": "ram:CategoryTradeTax/ram:RateApplicablePercent",
                "BT-104": "ram:Reason",
                "BT-105": "ram:ReasonCode",
            },
        ),
        "BG-23": Bound(
            f"{_SETTLEMENT}/ram:ApplicableTradeTax",
            {
                "BT-116": "ram:BasisAmount",
                "BT-117": "ram:CalculatedAmount",
                "BT-118": "ram:CategoryCode",
                "BT-119": "ram:RateApplicablePercent",
                "BT-120": "ram:ExemptionReason",
                "BT-121": "ram:ExemptionReasonCode",
            },
        ),
        "BG-24": Bound(
            f"{_AGREEMENT}/ram:AdditionalReferencedDocument[not(ram:TypeCode='50')]", {"BT-122": "ram:IssuerAssignedID"}
        ),
        "BG-25": Bound(
            f"{_TRADE}/ram:IncludedSupplyChainTradeLineItem",
            {
                "BT-126": "ram:AssociatedDocumentLineDocument/ram:LineID",
                "BT-129": "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity",
                "BT-130": "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity/@unitCode",
                "BT-131": f"{_ON_LINE}/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",
                "BT-134": f"{_ON_LINE}/ram:BillingSpecifiedPeriod/ram:StartDateTime/udt:DateTimeString",
                "BT-135": f"{_ON_LINE}/ram:BillingSpecifiedPeriod/ram:EndDateTime/udt:DateTimeString",
                "BT-136": f"{_ON_LINE}/{_CII_REDUCTION}/ram:ActualAmount",
                "BT-141": f"{_ON_LINE}/{_CII_CHARGE}/ram:ActualAmount",
                "BT-146": "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice/ram:ChargeAmount",
                "BT-149": "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice/ram:BasisQuantity",
                "BT-151": f"{_ON_LINE}/ram:ApplicableTradeTax/ram:CategoryCode",
                "BT-152": f"{_ON_LINE}/ram:ApplicableTradeTax/ram:RateApplicablePercent",
                "BT-153": "ram:SpecifiedTradeProduct/ram:Name",
            },
        ),
    },
)

BINDINGS: Mapping[Syntax, Binding] = {"ubl": UBL, "cii": CII}
