"""Where the business terms of EN 16931 stand in UBL (CEN/TS 16931-3-2), for reading.

Terms that end with `-1` and `-2` are attributes of the term before: of an identifier its scheme, of an attachment its
kind and its name. `-0` marks what a syntax has beside a term and EN 16931 does not number.
"""

from __future__ import annotations

from collections.abc import Mapping

from tracker2invoice.validation.bound import Binding, Bound, is_


def _ubl_party(role: str, terms: Mapping[str, str]) -> dict[str, str]:
    return {term: f"cac:{role}/cac:Party/{path}" for term, path in terms.items()}


_IS_VAT = "[normalize-space(cac:TaxScheme/cbc:ID)='VAT']"
_UBL_SELLER = {
    "BT-27": "cac:PartyLegalEntity/cbc:RegistrationName",
    "BT-28": "cac:PartyName/cbc:Name",
    "BT-29": "cac:PartyIdentification/cbc:ID",
    "BT-29-1": "cac:PartyIdentification/cbc:ID/@schemeID",
    "BT-30": "cac:PartyLegalEntity/cbc:CompanyID",
    "BT-30-1": "cac:PartyLegalEntity/cbc:CompanyID/@schemeID",
    "BT-31": f"cac:PartyTaxScheme{_IS_VAT}/cbc:CompanyID",
    "BT-32": "cac:PartyTaxScheme[normalize-space(cac:TaxScheme/cbc:ID)!='VAT']/cbc:CompanyID",
    "BT-34": "cbc:EndpointID",
    "BT-34-1": "cbc:EndpointID/@schemeID",
    "BG-5": "cac:PostalAddress",
    "BT-35": "cac:PostalAddress/cbc:StreetName",
    "BT-37": "cac:PostalAddress/cbc:CityName",
    "BT-38": "cac:PostalAddress/cbc:PostalZone",
    "BT-40": "cac:PostalAddress/cac:Country/cbc:IdentificationCode",
    "BG-6": "cac:Contact",
    "BT-41": "cac:Contact/cbc:Name",
    "BT-42": "cac:Contact/cbc:Telephone",
    "BT-43": "cac:Contact/cbc:ElectronicMail",
}
_UBL_BUYER = {
    "BT-44": "cac:PartyLegalEntity/cbc:RegistrationName",
    "BT-45": "cac:PartyName/cbc:Name",
    "BT-46": "cac:PartyIdentification/cbc:ID",
    "BT-46-1": "cac:PartyIdentification/cbc:ID/@schemeID",
    "BT-47": "cac:PartyLegalEntity/cbc:CompanyID",
    "BT-47-1": "cac:PartyLegalEntity/cbc:CompanyID/@schemeID",
    "BT-48": f"cac:PartyTaxScheme{_IS_VAT}/cbc:CompanyID",
    "BT-49": "cbc:EndpointID",
    "BT-49-1": "cbc:EndpointID/@schemeID",
    "BG-8": "cac:PostalAddress",
    "BT-50": "cac:PostalAddress/cbc:StreetName",
    "BT-52": "cac:PostalAddress/cbc:CityName",
    "BT-53": "cac:PostalAddress/cbc:PostalZone",
    "BT-55": "cac:PostalAddress/cac:Country/cbc:IdentificationCode",
}
_UBL_OTHERS = {
    "BT-60": "cac:PayeeParty/cac:PartyIdentification/cbc:ID",
    "BT-60-1": "cac:PayeeParty/cac:PartyIdentification/cbc:ID/@schemeID",
    "BT-61": "cac:PayeeParty/cac:PartyLegalEntity/cbc:CompanyID",
    "BT-61-1": "cac:PayeeParty/cac:PartyLegalEntity/cbc:CompanyID/@schemeID",
    "BG-11": "cac:TaxRepresentativeParty",
    "BT-63": f"cac:TaxRepresentativeParty/cac:PartyTaxScheme{_IS_VAT}/cbc:CompanyID",
    "BG-12": "cac:TaxRepresentativeParty/cac:PostalAddress",
    "BT-64": "cac:TaxRepresentativeParty/cac:PostalAddress/cbc:StreetName",
    "BT-66": "cac:TaxRepresentativeParty/cac:PostalAddress/cbc:CityName",
    "BT-67": "cac:TaxRepresentativeParty/cac:PostalAddress/cbc:PostalZone",
    "BT-69": "cac:TaxRepresentativeParty/cac:PostalAddress/cac:Country/cbc:IdentificationCode",
    "BT-90": "cac:AccountingSupplierParty/cac:Party/cac:PartyIdentification/cbc:ID[@schemeID='SEPA']"
    "|cac:PayeeParty/cac:PartyIdentification/cbc:ID[@schemeID='SEPA']",
}
_UBL_DELIVER_TO = "cac:Delivery/cac:DeliveryLocation/cac:Address"
_UBL_LINE = "(cac:InvoiceLine|cac:CreditNoteLine)"
_UBL_REDUCTION = f"cac:AllowanceCharge[{is_('cbc:ChargeIndicator', true=False)}]"
_UBL_CHARGE = f"cac:AllowanceCharge[{is_('cbc:ChargeIndicator', true=True)}]"

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
        "BT-11": "cac:ProjectReference/cbc:ID|cac:AdditionalDocumentReference[cbc:DocumentTypeCode='50']/cbc:ID",
        "BT-13": "cac:OrderReference/cbc:ID",
        "BT-18": "cac:AdditionalDocumentReference[cbc:DocumentTypeCode='130']/cbc:ID",
        "BT-20": "cac:PaymentTerms/cbc:Note",
        "BT-23": "cbc:ProfileID",
        "BT-24": "cbc:CustomizationID",
        **_ubl_party("AccountingSupplierParty", _UBL_SELLER),
        **_ubl_party("AccountingCustomerParty", _UBL_BUYER),
        **_UBL_OTHERS,
        "BT-72": "cac:Delivery/cbc:ActualDeliveryDate",
        "BT-73": "cac:InvoicePeriod/cbc:StartDate",
        "BT-74": "cac:InvoicePeriod/cbc:EndDate",
        "BG-15": _UBL_DELIVER_TO,
        "BT-77": f"{_UBL_DELIVER_TO}/cbc:CityName",
        "BT-78": f"{_UBL_DELIVER_TO}/cbc:PostalZone",
        "BT-80": f"{_UBL_DELIVER_TO}/cac:Country/cbc:IdentificationCode",
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
            "cac:PaymentMeans",
            {
                "BT-81": "cbc:PaymentMeansCode",
                "BT-83": "cbc:PaymentID",
                "BG-17": "cac:PayeeFinancialAccount",
                "BT-84": "cac:PayeeFinancialAccount/cbc:ID",
                "BT-86": "cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cbc:ID",
                "BG-18": "cac:CardAccount",
                "BG-19": "cac:PaymentMandate",
                "BT-89": "cac:PaymentMandate/cbc:ID",
                "BT-91": "cac:PaymentMandate/cac:PayerFinancialAccount/cbc:ID",
            },
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
        "BG-24": Bound(
            "cac:AdditionalDocumentReference[not(cbc:DocumentTypeCode='50')]",
            {
                "BT-122": "cbc:ID",
                "BT-123": "cbc:DocumentDescription",
                "BT-124": "cac:Attachment/cac:ExternalReference/cbc:URI",
                "BT-125-1": "cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@mimeCode",
                "BT-125-2": "cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@filename",
            },
        ),
        "BG-25": Bound(
            "cac:InvoiceLine|cac:CreditNoteLine",
            {
                "BT-126": "cbc:ID",
                "BT-129": "cbc:InvoicedQuantity|cbc:CreditedQuantity",
                "BT-130": "cbc:InvoicedQuantity/@unitCode|cbc:CreditedQuantity/@unitCode",
                "BT-131": "cbc:LineExtensionAmount",
                "BT-128": "cac:DocumentReference/cbc:ID",
                "BT-128-0": "cac:DocumentReference/cbc:DocumentTypeCode",
                "BT-132": "cac:OrderLineReference/cbc:LineID",
                "BG-26": "cac:InvoicePeriod",
                "BT-134": "cac:InvoicePeriod/cbc:StartDate",
                "BT-135": "cac:InvoicePeriod/cbc:EndDate",
                "BT-136": f"{_UBL_REDUCTION}/cbc:Amount",
                "BT-141": f"{_UBL_CHARGE}/cbc:Amount",
                "BT-146": "cac:Price/cbc:PriceAmount",
                "BT-147": "cac:Price/cac:AllowanceCharge/cbc:Amount",
                "BT-147-0": "cac:Price/cac:AllowanceCharge/cbc:ChargeIndicator",
                "BT-148": "cac:Price/cac:AllowanceCharge/cbc:BaseAmount",
                "BT-149": "cac:Price/cbc:BaseQuantity",
                "BT-150": "cac:Price/cbc:BaseQuantity/@unitCode",
                "BT-151": f"cac:Item/cac:ClassifiedTaxCategory{_IS_VAT}/cbc:ID",
                "BT-152": "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent",
                "BT-153": "cac:Item/cbc:Name",
                "BT-158-1": "cac:Item/cac:CommodityClassification/cbc:ItemClassificationCode/@listID",
                "BT-158-2": "cac:Item/cac:CommodityClassification/cbc:ItemClassificationCode/@listVersionID",
            },
        ),
        "BG-27": Bound(
            f"{_UBL_LINE}/{_UBL_REDUCTION}",
            {
                "BT-136": "cbc:Amount",
                "BT-137": "cbc:BaseAmount",
                "BT-138": "cbc:MultiplierFactorNumeric",
                "BT-140": "cbc:AllowanceChargeReasonCode",
            },
        ),
        "BG-28": Bound(
            f"{_UBL_LINE}/{_UBL_CHARGE}",
            {
                "BT-141": "cbc:Amount",
                "BT-142": "cbc:BaseAmount",
                "BT-143": "cbc:MultiplierFactorNumeric",
                "BT-145": "cbc:AllowanceChargeReasonCode",
            },
        ),
        "BG-20 to BG-28": Bound(
            f"cac:AllowanceCharge|{_UBL_LINE}/cac:AllowanceCharge", {"indicator": "cbc:ChargeIndicator"}
        ),
    },
    currencies="//@currencyID[not(parent::cbc:TaxAmount/parent::cac:TaxTotal[not(cac:TaxSubtotal)])]",
)
