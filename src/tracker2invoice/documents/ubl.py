"""The draft as UBL 2.1, an Invoice or a CreditNote (ISO/IEC 19845), as EN 16931 binds it (CEN/TS 16931-3-2).

Every element stands in the order of the XSD; what it holds is said by `terms.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from tracker2invoice.documents.profiles import Profile
from tracker2invoice.documents.terms import Item, Link, Note, Terms, Vat, plain, rate, told
from tracker2invoice.documents.text import clean_lines
from tracker2invoice.documents.xml import NAMESPACES, Node, group, leaf, render
from tracker2invoice.model.contract import Address, Identifier, Party
from tracker2invoice.model.invoice import AccountingTax, Allowance, Draft, LineTax, Preceding

_PROJECT, _OBJECT = "50", "130"
"""Documents that are referred to (code list UNCL1001): a project, an invoiced object."""

_GENERAL = "AAI"
"""The subject of a note that is about nothing special (code list UNCL4451)."""

_LIKE_A_SUBJECT = re.compile("[^#]*#[^#]{3}#")


def render_ubl(draft: Draft, profile: Profile) -> bytes:
    """Return the draft in UTF-8; a credit note has a root of its own."""
    terms = Terms(draft, profile)
    root = "note:CreditNote" if draft.is_credit_note else "invoice:Invoice"
    document = Node(root, "", tuple(node for node in _document(terms) if node is not None), {})
    own = NAMESPACES[root.partition(":")[0]]
    return render(document, {None: own, "cac": NAMESPACES["cac"], "cbc": NAMESPACES["cbc"]})


def _document(terms: Terms) -> Iterator[Node | None]:
    draft, is_note = terms.draft, terms.draft.is_credit_note
    yield leaf("cbc:CustomizationID", terms.profile.specification)
    yield leaf("cbc:ProfileID", terms.process)
    yield leaf("cbc:ID", terms.number)
    yield _day("cbc:IssueDate", draft.issue_date)
    yield _day("cbc:DueDate", terms.due_date)
    yield leaf("cbc:CreditNoteTypeCode" if is_note else "cbc:InvoiceTypeCode", terms.type_code)
    yield from map(_note, terms.notes)
    yield leaf("cbc:DocumentCurrencyCode", draft.currency)
    yield leaf("cbc:TaxCurrencyCode", draft.accounting_tax.currency) if draft.accounting_tax else None
    yield leaf("cbc:BuyerReference", draft.client.buyer_reference)
    yield _period(terms)
    yield group("cac:OrderReference", leaf("cbc:ID", draft.order_reference))
    yield from map(_preceding, draft.preceding)
    yield group("cac:ContractDocumentReference", leaf("cbc:ID", terms.contract))
    yield from _references(terms)
    yield group("cac:AccountingSupplierParty", _party(draft.supplier, _seller_taxes(terms)))
    yield group("cac:AccountingCustomerParty", _party(draft.client, (_tax_id(terms.vat_id(draft.client)),)))
    yield _delivery(terms)
    yield _payment(terms)
    yield group("cac:PaymentTerms", leaf("cbc:Note", terms.payment_terms))
    yield from (_allowance(one, draft.currency) for one in draft.allowances)
    yield _tax_total(terms)
    yield _accounting_tax(draft.accounting_tax)
    yield _totals(terms)
    yield from (_line(item, terms) for item in terms.items)


def _note(note: Note) -> Node | None:
    # the subject stands in the text, so that in "#12 #13" a receiver would look for one (BR-CL-08)
    subject = note.subject or (_GENERAL if _LIKE_A_SUBJECT.match(clean_lines(note.text)) else "")
    return leaf("cbc:Note", f"#{subject}#{note.text}" if subject else note.text)


def _period(terms: Terms) -> Node | None:
    period = terms.draft.delivery_period
    if period is None:
        return None
    return group("cac:InvoicePeriod", _day("cbc:StartDate", period.start), _day("cbc:EndDate", period.end))


def _preceding(one: Preceding) -> Node | None:
    return group(
        "cac:BillingReference",
        group(
            "cac:InvoiceDocumentReference",
            leaf("cbc:ID", one.number or one.reference),
            _day("cbc:IssueDate", one.issue_date),
        ),
    )


def _references(terms: Terms) -> Iterator[Node | None]:
    """Yield the invoiced object (BT-18), supporting documents (BG-24), and the project (BT-11).

    A credit note has no element for a project, so that it is a kind of document there.
    """
    draft = terms.draft
    yield _reference(draft.why.milestone_key, _OBJECT)
    yield from map(_link, terms.links)
    if draft.is_credit_note:
        yield _reference(draft.project, _PROJECT)
    else:
        yield group("cac:ProjectReference", leaf("cbc:ID", draft.project))


def _link(link: Link) -> Node | None:
    return group(
        "cac:AdditionalDocumentReference",
        leaf("cbc:ID", link.id),
        leaf("cbc:DocumentDescription", link.title),
        group("cac:Attachment", group("cac:ExternalReference", leaf("cbc:URI", link.url))),
    )


def _reference(id_: str, kind: str) -> Node | None:
    return group("cac:AdditionalDocumentReference", leaf("cbc:ID", id_), leaf("cbc:DocumentTypeCode", kind))


def _party(party: Party, taxes: tuple[Node | None, ...]) -> Node | None:
    return group(
        "cac:Party",
        _identifier("cbc:EndpointID", party.endpoint),
        group("cac:PartyIdentification", _identifier("cbc:ID", party.identifier)),
        _address("cac:PostalAddress", party.address),
        *taxes,
        group(
            "cac:PartyLegalEntity",
            leaf("cbc:RegistrationName", party.name),
            _identifier("cbc:CompanyID", party.legal_id),
        ),
        group(
            "cac:Contact",
            leaf("cbc:Name", party.contact),
            leaf("cbc:Telephone", party.phone),
            leaf("cbc:ElectronicMail", party.email),
        ),
    )


def _identifier(tag: str, identifier: Identifier | None) -> Node | None:
    return leaf(tag, identifier.id, schemeID=identifier.scheme) if identifier else None


def _address(tag: str, address: Address | None) -> Node | None:
    if address is None:
        return None
    return group(
        tag,
        leaf("cbc:StreetName", address.street),
        leaf("cbc:AdditionalStreetName", address.extra),
        leaf("cbc:CityName", address.city),
        leaf("cbc:PostalZone", address.postcode),
        group("cac:Country", leaf("cbc:IdentificationCode", address.country)),
    )


def _seller_taxes(terms: Terms) -> tuple[Node | None, ...]:
    supplier = terms.draft.supplier
    # Peppol calls it TAX, and Norway looks for that (NO-R-002)
    local = "TAX" if terms.profile.name == "peppol" else "FC"
    return (_tax_id(terms.vat_id(supplier)), _tax_id(supplier.tax_id, local))


def _tax_id(id_: str, scheme: str = "VAT") -> Node | None:
    """Return a VAT id (BT-31, BT-48), or in another scheme the number of the local tax office (BT-32)."""
    return group("cac:PartyTaxScheme", leaf("cbc:CompanyID", id_), _scheme(scheme)) if id_ else None


def _scheme(id_: str = "VAT") -> Node | None:
    return group("cac:TaxScheme", leaf("cbc:ID", id_))


def _delivery(terms: Terms) -> Node | None:
    return group(
        "cac:Delivery",
        _day("cbc:ActualDeliveryDate", terms.draft.delivery_date),
        group("cac:DeliveryLocation", _address("cac:Address", terms.deliver_to)),
    )


def _payment(terms: Terms) -> Node | None:
    payment = terms.payment
    if payment is None:
        return None
    return group(
        "cac:PaymentMeans",
        leaf("cbc:PaymentMeansCode", payment.means),
        leaf("cbc:PaymentID", terms.payment_reference),
        group(
            "cac:PayeeFinancialAccount",
            leaf("cbc:ID", payment.iban),
            leaf("cbc:Name", payment.account_name),
            group("cac:FinancialInstitutionBranch", leaf("cbc:ID", payment.bic)),
        ),
    )


def _allowance(one: Allowance, currency: str) -> Node | None:
    return group(
        "cac:AllowanceCharge",
        leaf("cbc:ChargeIndicator", "false"),
        leaf("cbc:AllowanceChargeReason", told(one.reason, one.basis)),
        _amount("cbc:Amount", one.amount, currency),
        _category("cac:TaxCategory", one.tax),
    )


def _category(tag: str, tax: LineTax) -> Node | None:
    return group(tag, leaf("cbc:ID", tax.category), _number("cbc:Percent", rate(tax)), _scheme())


def _tax_total(terms: Terms) -> Node | None:
    currency = terms.draft.currency
    return group(
        "cac:TaxTotal",
        _amount("cbc:TaxAmount", terms.draft.totals.tax, currency),
        *(_subtotal(one, currency) for one in terms.vat),
    )


def _accounting_tax(one: AccountingTax | None) -> Node | None:
    return group("cac:TaxTotal", _amount("cbc:TaxAmount", one.amount, one.currency)) if one else None


def _subtotal(one: Vat, currency: str) -> Node | None:
    return group(
        "cac:TaxSubtotal",
        _amount("cbc:TaxableAmount", one.base, currency),
        _amount("cbc:TaxAmount", one.amount, currency),
        group(
            "cac:TaxCategory",
            leaf("cbc:ID", one.category),
            _number("cbc:Percent", one.rate),
            leaf("cbc:TaxExemptionReasonCode", one.reason_code),
            leaf("cbc:TaxExemptionReason", one.reason),
            _scheme(),
        ),
    )


def _totals(terms: Terms) -> Node | None:
    totals, currency = terms.draft.totals, terms.draft.currency
    return group(
        "cac:LegalMonetaryTotal",
        _amount("cbc:LineExtensionAmount", terms.lines_total, currency),
        _amount("cbc:TaxExclusiveAmount", totals.net, currency),
        _amount("cbc:TaxInclusiveAmount", totals.gross, currency),
        _amount("cbc:AllowanceTotalAmount", totals.allowances, currency) if totals.allowances else None,
        _amount("cbc:PrepaidAmount", totals.prepaid, currency) if totals.prepaid else None,
        _amount("cbc:PayableAmount", totals.payable, currency),
    )


def _line(item: Item, terms: Terms) -> Node | None:
    line, currency, is_note = item.line, terms.draft.currency, terms.draft.is_credit_note
    quantity = "cbc:CreditedQuantity" if is_note else "cbc:InvoicedQuantity"
    return group(
        "cac:CreditNoteLine" if is_note else "cac:InvoiceLine",
        leaf("cbc:ID", item.id),
        leaf("cbc:Note", line.basis),
        leaf(quantity, plain(line.quantity), unitCode=line.unit),
        _amount("cbc:LineExtensionAmount", line.net, currency),
        _line_object(line.milestone_key),
        group(
            "cac:Item",
            leaf("cbc:Description", item.description),
            leaf("cbc:Name", item.name),
            _category("cac:ClassifiedTaxCategory", line.tax),
        ),
        group("cac:Price", _amount("cbc:PriceAmount", line.unit_price, currency)),
    )


def _line_object(id_: str) -> Node | None:
    if not id_:
        return None
    return group("cac:DocumentReference", leaf("cbc:ID", id_), leaf("cbc:DocumentTypeCode", _OBJECT))


def _day(tag: str, day: date | None) -> Node | None:
    return leaf(tag, day.isoformat()) if day else None


def _number(tag: str, number: Decimal | None) -> Node | None:
    return None if number is None else leaf(tag, plain(number))


def _amount(tag: str, amount: Decimal, currency: str) -> Node | None:
    return leaf(tag, plain(amount), currencyID=currency)
