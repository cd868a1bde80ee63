"""The draft as a Cross Industry Invoice (UN/CEFACT CII D16B), as EN 16931 binds it (CEN/TS 16931-3-3).

Every element stands in the order of the XSD; what it holds is said by `terms.py`. One root serves all type codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from tracker2invoice.documents.levels import LEVELS, Level, kept
from tracker2invoice.documents.profiles import Profile
from tracker2invoice.documents.terms import Item, Note, Terms, Vat, plain, rate, told
from tracker2invoice.documents.xml import NAMESPACES, Node, group, leaf, render
from tracker2invoice.model.contract import Address, Identifier, Party
from tracker2invoice.model.invoice import Allowance, Draft, Preceding

_OBJECT, _SUPPORTING = "130", "916"
"""Documents that are referred to (code list UNCL1001): an invoiced object, a supporting document."""


def render_cii(draft: Draft, profile: Profile, level: Level = LEVELS["en16931"]) -> bytes:
    """Return the draft in UTF-8; in Factur-X, with what its level has."""
    terms = Terms(draft, profile)
    parts = (_context(terms), _heading(terms), _transaction(terms))
    root = Node("rsm:CrossIndustryInvoice", "", tuple(part for part in parts if part is not None), {})
    return render(kept(root, level), {prefix: NAMESPACES[prefix] for prefix in ("rsm", "ram", "qdt", "udt")})


def _context(terms: Terms) -> Node | None:
    return group(
        "rsm:ExchangedDocumentContext",
        group("ram:BusinessProcessSpecifiedDocumentContextParameter", leaf("ram:ID", terms.process)),
        group("ram:GuidelineSpecifiedDocumentContextParameter", leaf("ram:ID", terms.profile.specification)),
    )


def _heading(terms: Terms) -> Node | None:
    return group(
        "rsm:ExchangedDocument",
        leaf("ram:ID", terms.number),
        leaf("ram:TypeCode", terms.type_code),
        _day("ram:IssueDateTime", terms.draft.issue_date),
        *map(_note, terms.notes),
    )


def _note(note: Note) -> Node | None:
    content = leaf("ram:Content", note.text)
    return group("ram:IncludedNote", content, leaf("ram:SubjectCode", note.subject)) if content else None


def _transaction(terms: Terms) -> Node | None:
    return group(
        "rsm:SupplyChainTradeTransaction",
        *map(_line, terms.items),
        group("ram:ApplicableHeaderTradeAgreement", *_agreement(terms)),
        _delivery(terms),
        group("ram:ApplicableHeaderTradeSettlement", *_settlement(terms)),
    )


def _line(item: Item) -> Node | None:
    line = item.line
    return group(
        "ram:IncludedSupplyChainTradeLineItem",
        group(
            "ram:AssociatedDocumentLineDocument",
            leaf("ram:LineID", item.id),
            group("ram:IncludedNote", leaf("ram:Content", line.basis)),
        ),
        group("ram:SpecifiedTradeProduct", leaf("ram:Name", item.name), leaf("ram:Description", item.description)),
        group(
            "ram:SpecifiedLineTradeAgreement",
            group("ram:NetPriceProductTradePrice", _number("ram:ChargeAmount", line.unit_price)),
        ),
        group("ram:SpecifiedLineTradeDelivery", leaf("ram:BilledQuantity", plain(line.quantity), unitCode=line.unit)),
        group(
            "ram:SpecifiedLineTradeSettlement",
            _tax("ram:ApplicableTradeTax", line.tax.category, rate(line.tax)),
            group(
                "ram:SpecifiedTradeSettlementLineMonetarySummation",
                _number("ram:LineTotalAmount", line.net),
            ),
            _reference(line.milestone_key, _OBJECT) if line.milestone_key else None,
        ),
    )


def _agreement(terms: Terms) -> Iterator[Node | None]:
    draft = terms.draft
    yield leaf("ram:BuyerReference", draft.client.buyer_reference)
    yield _party("ram:SellerTradeParty", draft.supplier, _registrations(terms))
    yield _party("ram:BuyerTradeParty", draft.client, (_registration(terms.vat_id(draft.client), "VA"),))
    yield group("ram:BuyerOrderReferencedDocument", leaf("ram:IssuerAssignedID", draft.order_reference))
    yield group("ram:ContractReferencedDocument", leaf("ram:IssuerAssignedID", terms.contract))
    yield _reference(draft.why.milestone_key, _OBJECT)
    yield from (_reference(one.id, _SUPPORTING, one.url, one.title) for one in terms.links)
    # the XSD wants a name beside the id, EN 16931 has none
    yield group("ram:SpecifiedProcuringProject", leaf("ram:ID", draft.project), leaf("ram:Name", draft.project))


def _reference(id_: str, kind: str, link: str = "", name: str = "") -> Node | None:
    return group(
        "ram:AdditionalReferencedDocument",
        leaf("ram:IssuerAssignedID", id_),
        leaf("ram:URIID", link),
        leaf("ram:TypeCode", kind),
        leaf("ram:Name", name),
    )


def _party(tag: str, party: Party, registrations: tuple[Node | None, ...]) -> Node | None:
    with_scheme = party.identifier is not None and bool(party.identifier.scheme)
    return group(
        tag,
        _identifier("ram:GlobalID" if with_scheme else "ram:ID", party.identifier),
        leaf("ram:Name", party.name),
        group("ram:SpecifiedLegalOrganization", _identifier("ram:ID", party.legal_id)),
        group(
            "ram:DefinedTradeContact",
            leaf("ram:PersonName", party.contact),
            group("ram:TelephoneUniversalCommunication", leaf("ram:CompleteNumber", party.phone)),
            group("ram:EmailURIUniversalCommunication", leaf("ram:URIID", party.email)),
        ),
        _address(party.address),
        group("ram:URIUniversalCommunication", _identifier("ram:URIID", party.endpoint)),
        *registrations,
    )


def _identifier(tag: str, identifier: Identifier | None) -> Node | None:
    return leaf(tag, identifier.id, schemeID=identifier.scheme) if identifier else None


def _address(address: Address | None) -> Node | None:
    if address is None:
        return None
    return group(
        "ram:PostalTradeAddress",
        leaf("ram:PostcodeCode", address.postcode),
        leaf("ram:LineOne", address.street),
        leaf("ram:LineTwo", address.extra),
        leaf("ram:CityName", address.city),
        leaf("ram:CountryID", address.country),
    )


def _registrations(terms: Terms) -> tuple[Node | None, ...]:
    supplier = terms.draft.supplier
    return (_registration(terms.vat_id(supplier), "VA"), _registration(supplier.tax_id, "FC"))


def _registration(id_: str, scheme: str) -> Node | None:
    """Return a VAT id (BT-31, BT-48; `VA`), or the number of the local tax office (BT-32; `FC`)."""
    return group("ram:SpecifiedTaxRegistration", leaf("ram:ID", id_, schemeID=scheme))


def _delivery(terms: Terms) -> Node | None:
    return group(
        "ram:ApplicableHeaderTradeDelivery",
        group("ram:ShipToTradeParty", _address(terms.deliver_to)),
        group("ram:ActualDeliverySupplyChainEvent", _day("ram:OccurrenceDateTime", terms.draft.delivery_date)),
    )


def _settlement(terms: Terms) -> Iterator[Node | None]:
    draft = terms.draft
    yield leaf("ram:PaymentReference", terms.payment_reference) if terms.payment else None
    yield leaf("ram:TaxCurrencyCode", draft.accounting_tax.currency) if draft.accounting_tax else None
    yield leaf("ram:InvoiceCurrencyCode", draft.currency)
    yield _payment(terms)
    yield from map(_vat, terms.vat)
    yield _period(terms)
    yield from map(_allowance, draft.allowances)
    yield group(
        "ram:SpecifiedTradePaymentTerms",
        leaf("ram:Description", terms.payment_terms),
        _day("ram:DueDateDateTime", terms.due_date),
    )
    yield _totals(terms)
    yield from map(_preceding, draft.preceding)


def _payment(terms: Terms) -> Node | None:
    payment = terms.payment
    if payment is None:
        return None
    return group(
        "ram:SpecifiedTradeSettlementPaymentMeans",
        leaf("ram:TypeCode", payment.means),
        group(
            "ram:PayeePartyCreditorFinancialAccount",
            leaf("ram:IBANID", payment.iban),
            leaf("ram:AccountName", payment.account_name),
        ),
        group("ram:PayeeSpecifiedCreditorFinancialInstitution", leaf("ram:BICID", payment.bic)),
    )


def _vat(one: Vat) -> Node | None:
    return group(
        "ram:ApplicableTradeTax",
        _number("ram:CalculatedAmount", one.amount),
        leaf("ram:TypeCode", "VAT"),
        leaf("ram:ExemptionReason", one.reason),
        _number("ram:BasisAmount", one.base),
        leaf("ram:CategoryCode", one.category),
        leaf("ram:ExemptionReasonCode", one.reason_code),
        _number("ram:RateApplicablePercent", one.rate),
    )


def _tax(tag: str, category: str, percent: Decimal | None) -> Node | None:
    return group(
        tag,
        leaf("ram:TypeCode", "VAT"),
        leaf("ram:CategoryCode", category),
        _number("ram:RateApplicablePercent", percent),
    )


def _period(terms: Terms) -> Node | None:
    period = terms.draft.delivery_period
    if period is None:
        return None
    return group(
        "ram:BillingSpecifiedPeriod",
        _day("ram:StartDateTime", period.start),
        _day("ram:EndDateTime", period.end),
    )


def _allowance(one: Allowance) -> Node | None:
    return group(
        "ram:SpecifiedTradeAllowanceCharge",
        group("ram:ChargeIndicator", leaf("udt:Indicator", "false")),
        _number("ram:ActualAmount", one.amount),
        leaf("ram:Reason", told(one.reason, one.basis)),
        _tax("ram:CategoryTradeTax", one.tax.category, rate(one.tax)),
    )


def _totals(terms: Terms) -> Node | None:
    draft, totals, converted = terms.draft, terms.draft.totals, terms.draft.accounting_tax
    return group(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        _number("ram:LineTotalAmount", terms.lines_total),
        _number("ram:AllowanceTotalAmount", totals.allowances) if totals.allowances else None,
        _number("ram:TaxBasisTotalAmount", totals.net),
        leaf("ram:TaxTotalAmount", plain(totals.tax), currencyID=draft.currency),
        leaf("ram:TaxTotalAmount", plain(converted.amount), currencyID=converted.currency) if converted else None,
        _number("ram:GrandTotalAmount", totals.gross),
        _number("ram:TotalPrepaidAmount", totals.prepaid) if totals.prepaid else None,
        _number("ram:DuePayableAmount", totals.payable),
    )


def _preceding(one: Preceding) -> Node | None:
    return group(
        "ram:InvoiceReferencedDocument",
        leaf("ram:IssuerAssignedID", one.number or one.reference),
        _day("ram:FormattedIssueDateTime", one.issue_date, "qdt"),
    )


def _day(tag: str, day: date | None, prefix: str = "udt") -> Node | None:
    return group(tag, leaf(f"{prefix}:DateTimeString", f"{day:%Y%m%d}", format="102")) if day else None


def _number(tag: str, number: Decimal | None) -> Node | None:
    return None if number is None else leaf(tag, plain(number))
