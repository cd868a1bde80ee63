"""Where the business terms of EN 16931 stand in CII (CEN/TS 16931-3-3), for reading.

Terms that end with `-1` and `-2` are attributes of the term before: of an identifier its scheme, of an attachment its
kind and its name. `-0` marks what a syntax has beside a term and EN 16931 does not number.
"""

from __future__ import annotations

from tracker2invoice.validation.bound import Binding, Bound, is_

_TRADE = "rsm:SupplyChainTradeTransaction"
_AGREEMENT = f"{_TRADE}/ram:ApplicableHeaderTradeAgreement"
_DELIVERY = f"{_TRADE}/ram:ApplicableHeaderTradeDelivery"
_SETTLEMENT = f"{_TRADE}/ram:ApplicableHeaderTradeSettlement"
_SUMS = f"{_SETTLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
_SELLER, _BUYER = f"{_AGREEMENT}/ram:SellerTradeParty", f"{_AGREEMENT}/ram:BuyerTradeParty"
_HEADING = "rsm:ExchangedDocument"
_AGENT = f"{_AGREEMENT}/ram:SellerTaxRepresentativeTradeParty"
_PAYEE = f"{_SETTLEMENT}/ram:PayeeTradeParty"
_CII_OTHERS = {
    "BT-60": f"{_PAYEE}/ram:ID|{_PAYEE}/ram:GlobalID",
    "BT-60-1": f"{_PAYEE}/ram:GlobalID/@schemeID",
    "BT-61": f"{_PAYEE}/ram:SpecifiedLegalOrganization/ram:ID",
    "BT-61-1": f"{_PAYEE}/ram:SpecifiedLegalOrganization/ram:ID/@schemeID",
    "BG-11": _AGENT,
    "BT-63": f"{_AGENT}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']",
    "BG-12": f"{_AGENT}/ram:PostalTradeAddress",
    "BT-64": f"{_AGENT}/ram:PostalTradeAddress/ram:LineOne",
    "BT-66": f"{_AGENT}/ram:PostalTradeAddress/ram:CityName",
    "BT-67": f"{_AGENT}/ram:PostalTradeAddress/ram:PostcodeCode",
    "BT-69": f"{_AGENT}/ram:PostalTradeAddress/ram:CountryID",
    "BT-90": f"{_SETTLEMENT}/ram:CreditorReferenceID",
}
_CII_DELIVER_TO = f"{_DELIVERY}/ram:ShipToTradeParty/ram:PostalTradeAddress"
_MANDATE = "../ram:SpecifiedTradePaymentTerms/ram:DirectDebitMandateID"
_DEBITED = "ram:PayerPartyDebtorFinancialAccount/ram:IBANID"
_NET, _GROSS = "ram:NetPriceProductTradePrice", "ram:GrossPriceProductTradePrice"
_CII_LINE = f"{_TRADE}/ram:IncludedSupplyChainTradeLineItem"
_EITHER = "ram:SpecifiedTradeAllowanceCharge"
_ON_LINE = "ram:SpecifiedLineTradeSettlement"
_CII_REDUCTION = f"ram:SpecifiedTradeAllowanceCharge[{is_('ram:ChargeIndicator/udt:Indicator', true=False)}]"
_CII_CHARGE = f"ram:SpecifiedTradeAllowanceCharge[{is_('ram:ChargeIndicator/udt:Indicator', true=True)}]"

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
        "BT-11": f"{_AGREEMENT}/ram:SpecifiedProcuringProject/ram:ID",
        "BT-13": f"{_AGREEMENT}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID",
        "BT-18": f"{_AGREEMENT}/ram:AdditionalReferencedDocument[ram:TypeCode='130']/ram:IssuerAssignedID",
        "BT-20": f"{_SETTLEMENT}/ram:SpecifiedTradePaymentTerms/ram:Description",
        "BT-23": "rsm:ExchangedDocumentContext/ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID",
        "BT-24": "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
        "BT-27": f"{_SELLER}/ram:Name",
        "BT-28": f"{_SELLER}/ram:SpecifiedLegalOrganization/ram:TradingBusinessName",
        "BT-29": f"{_SELLER}/ram:ID|{_SELLER}/ram:GlobalID",
        "BT-29-1": f"{_SELLER}/ram:GlobalID/@schemeID",
        "BT-30": f"{_SELLER}/ram:SpecifiedLegalOrganization/ram:ID",
        "BT-30-1": f"{_SELLER}/ram:SpecifiedLegalOrganization/ram:ID/@schemeID",
        "BT-31": f"{_SELLER}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']",
        "BT-32": f"{_SELLER}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID='FC']",
        "BT-34": f"{_SELLER}/ram:URIUniversalCommunication/ram:URIID",
        "BT-34-1": f"{_SELLER}/ram:URIUniversalCommunication/ram:URIID/@schemeID",
        "BG-5": f"{_SELLER}/ram:PostalTradeAddress",
        "BT-35": f"{_SELLER}/ram:PostalTradeAddress/ram:LineOne",
        "BT-37": f"{_SELLER}/ram:PostalTradeAddress/ram:CityName",
        "BT-38": f"{_SELLER}/ram:PostalTradeAddress/ram:PostcodeCode",
        "BT-40": f"{_SELLER}/ram:PostalTradeAddress/ram:CountryID",
        "BG-6": f"{_SELLER}/ram:DefinedTradeContact",
        "BT-41": f"{_SELLER}/ram:DefinedTradeContact/ram:PersonName"
        f"|{_SELLER}/ram:DefinedTradeContact/ram:DepartmentName",
        "BT-42": f"{_SELLER}/ram:DefinedTradeContact/ram:TelephoneUniversalCommunication/ram:CompleteNumber",
        "BT-43": f"{_SELLER}/ram:DefinedTradeContact/ram:EmailURIUniversalCommunication/ram:URIID",
        "BT-44": f"{_BUYER}/ram:Name",
        "BT-45": f"{_BUYER}/ram:SpecifiedLegalOrganization/ram:TradingBusinessName",
        "BT-46": f"{_BUYER}/ram:ID|{_BUYER}/ram:GlobalID",
        "BT-46-1": f"{_BUYER}/ram:GlobalID/@schemeID",
        "BT-47": f"{_BUYER}/ram:SpecifiedLegalOrganization/ram:ID",
        "BT-47-1": f"{_BUYER}/ram:SpecifiedLegalOrganization/ram:ID/@schemeID",
        "BT-48": f"{_BUYER}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']",
        "BT-49": f"{_BUYER}/ram:URIUniversalCommunication/ram:URIID",
        "BT-49-1": f"{_BUYER}/ram:URIUniversalCommunication/ram:URIID/@schemeID",
        "BG-8": f"{_BUYER}/ram:PostalTradeAddress",
        "BT-50": f"{_BUYER}/ram:PostalTradeAddress/ram:LineOne",
        "BT-52": f"{_BUYER}/ram:PostalTradeAddress/ram:CityName",
        "BT-53": f"{_BUYER}/ram:PostalTradeAddress/ram:PostcodeCode",
        "BT-55": f"{_BUYER}/ram:PostalTradeAddress/ram:CountryID",
        **_CII_OTHERS,
        "BT-72": f"{_DELIVERY}/ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime/udt:DateTimeString",
        "BT-73": f"{_SETTLEMENT}/ram:BillingSpecifiedPeriod/ram:StartDateTime/udt:DateTimeString",
        "BT-74": f"{_SETTLEMENT}/ram:BillingSpecifiedPeriod/ram:EndDateTime/udt:DateTimeString",
        "BG-15": _CII_DELIVER_TO,
        "BT-77": f"{_CII_DELIVER_TO}/ram:CityName",
        "BT-78": f"{_CII_DELIVER_TO}/ram:PostcodeCode",
        "BT-80": f"{_CII_DELIVER_TO}/ram:CountryID",
        "BT-106": f"{_SUMS}/ram:LineTotalAmount",
        "BT-107": f"{_SUMS}/ram:AllowanceTotalAmount",
        "BT-108": f"{_SUMS}/ram:ChargeTotalAmount",
        "BT-109": f"{_SUMS}/ram:TaxBasisTotalAmount",
        "BT-110": f"{_SUMS}/ram:TaxTotalAmount[@currencyID=../../ram:InvoiceCurrencyCode or not(@currencyID)]",
        "BT-111": f"{_SUMS}/ram:TaxTotalAmount[@currencyID!=../../ram:InvoiceCurrencyCode]",
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
                "BT-83": "../ram:PaymentReference",
                "BG-17": "ram:PayeePartyCreditorFinancialAccount",
                "BT-84": "ram:PayeePartyCreditorFinancialAccount/ram:IBANID"
                "|ram:PayeePartyCreditorFinancialAccount/ram:ProprietaryID",
                "BT-86": "ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID",
                "BG-18": "ram:ApplicableTradeSettlementFinancialCard",
                "BG-19": f"{_MANDATE}|../ram:CreditorReferenceID|{_DEBITED}",
                "BT-89": _MANDATE,
                "BT-91": _DEBITED,
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
            f"{_AGREEMENT}/ram:AdditionalReferencedDocument[not(ram:TypeCode='50')]",
            {
                "BT-122": "ram:IssuerAssignedID",
                "BT-123": "ram:Name",
                "BT-124": "ram:URIID",
                "BT-125-1": "ram:AttachmentBinaryObject/@mimeCode",
                "BT-125-2": "ram:AttachmentBinaryObject/@filename",
            },
        ),
        "BG-25": Bound(
            _CII_LINE,
            {
                "BT-126": "ram:AssociatedDocumentLineDocument/ram:LineID",
                "BT-129": "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity",
                "BT-130": "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity/@unitCode",
                "BT-131": f"{_ON_LINE}/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",
                "BT-128": f"{_ON_LINE}/ram:AdditionalReferencedDocument/ram:IssuerAssignedID",
                "BT-128-0": f"{_ON_LINE}/ram:AdditionalReferencedDocument/ram:TypeCode",
                "BT-132": "ram:SpecifiedLineTradeAgreement/ram:BuyerOrderReferencedDocument/ram:LineID",
                "BG-26": f"{_ON_LINE}/ram:BillingSpecifiedPeriod",
                "BT-134": f"{_ON_LINE}/ram:BillingSpecifiedPeriod/ram:StartDateTime/udt:DateTimeString",
                "BT-135": f"{_ON_LINE}/ram:BillingSpecifiedPeriod/ram:EndDateTime/udt:DateTimeString",
                "BT-136": f"{_ON_LINE}/{_CII_REDUCTION}/ram:ActualAmount",
                "BT-141": f"{_ON_LINE}/{_CII_CHARGE}/ram:ActualAmount",
                "BT-146": f"ram:SpecifiedLineTradeAgreement/{_NET}/ram:ChargeAmount",
                "BT-147": f"ram:SpecifiedLineTradeAgreement/{_GROSS}/ram:AppliedTradeAllowanceCharge/ram:ActualAmount",
                "BT-147-0": f"ram:SpecifiedLineTradeAgreement/{_GROSS}/ram:AppliedTradeAllowanceCharge"
                "/ram:ChargeIndicator/udt:Indicator",
                "BT-148": f"ram:SpecifiedLineTradeAgreement/{_GROSS}/ram:ChargeAmount",
                "BT-149": f"ram:SpecifiedLineTradeAgreement/{_NET}/ram:BasisQuantity",
                "BT-149-0": f"ram:SpecifiedLineTradeAgreement/{_GROSS}/ram:BasisQuantity",
                "BT-150": f"ram:SpecifiedLineTradeAgreement/{_NET}/ram:BasisQuantity/@unitCode",
                "BT-150-0": f"ram:SpecifiedLineTradeAgreement/{_GROSS}/ram:BasisQuantity/@unitCode",
                "BT-151": f"{_ON_LINE}/ram:ApplicableTradeTax/ram:CategoryCode",
                "BT-152": f"{_ON_LINE}/ram:ApplicableTradeTax/ram:RateApplicablePercent",
                "BT-153": "ram:SpecifiedTradeProduct/ram:Name",
            },
        ),
        "BG-27": Bound(
            f"{_CII_LINE}/{_ON_LINE}/{_CII_REDUCTION}",
            {
                "BT-136": "ram:ActualAmount",
                "BT-137": "ram:BasisAmount",
                "BT-138": "ram:CalculationPercent",
                "BT-140": "ram:ReasonCode",
            },
        ),
        "BG-28": Bound(
            f"{_CII_LINE}/{_ON_LINE}/{_CII_CHARGE}",
            {
                "BT-141": "ram:ActualAmount",
                "BT-142": "ram:BasisAmount",
                "BT-143": "ram:CalculationPercent",
                "BT-145": "ram:ReasonCode",
            },
        ),
        "BG-20 to BG-28": Bound(
            f"{_SETTLEMENT}/{_EITHER}|{_CII_LINE}/{_ON_LINE}/{_EITHER}",
            {"indicator": "ram:ChargeIndicator/udt:Indicator"},
        ),
    },
    currencies=f"//@currencyID[not(parent::ram:TaxTotalAmount) or . != /*/{_SETTLEMENT}/ram:TaxCurrencyCode]",
)
