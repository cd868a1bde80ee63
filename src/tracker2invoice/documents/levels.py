"""The profiles of Factur-X 1.0 (ZUGFeRD 2): how each identifies itself, and which elements of CII it does not have.

The settings call them by the name of the standard; here they are levels, as in the metadata of the PDF, because the
profiles of EN 16931 are something else. What a level leaves out stands on the pages of the PDF. There is no EXTENDED:
whoever reads it reads EN 16931, and nothing here needs more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from tracker2invoice.documents.profiles import PROFILES, Profile
from tracker2invoice.documents.xml import Node

LevelName = Literal["minimum", "basicwl", "basic", "en16931"]

_BASIC = frozenset(
    {
        "ram:AccountName",
        "ram:AdditionalReferencedDocument",
        "ram:DefinedTradeContact",
        "ram:PayeeSpecifiedCreditorFinancialInstitution",
        "ram:SpecifiedProcuringProject",
        "ram:SpecifiedTradeProduct/ram:Description",
    }
)
_BASIC_WL = _BASIC | {"ram:IncludedSupplyChainTradeLineItem"}
_MINIMUM = _BASIC_WL | {
    "ram:IncludedNote",
    "ram:PostcodeCode",
    "ram:LineOne",
    "ram:LineTwo",
    "ram:CityName",
    "ram:URIUniversalCommunication",
    "ram:ContractReferencedDocument",
    "ram:GlobalID",
    "ram:SellerTradeParty/ram:ID",
    "ram:BuyerTradeParty/ram:ID",
    "ram:BuyerTradeParty/ram:PostalTradeAddress",
    "ram:BuyerTradeParty/ram:SpecifiedTaxRegistration",
    "ram:ShipToTradeParty",
    "ram:ActualDeliverySupplyChainEvent",
    "ram:PaymentReference",
    "ram:TaxCurrencyCode",
    "ram:SpecifiedTradeSettlementPaymentMeans",
    "ram:ApplicableTradeTax",
    "ram:BillingSpecifiedPeriod",
    "ram:SpecifiedTradeAllowanceCharge",
    "ram:SpecifiedTradePaymentTerms",
    "ram:LineTotalAmount",
    "ram:AllowanceTotalAmount",
    "ram:TotalPrepaidAmount",
    "ram:InvoiceReferencedDocument",
}


@dataclass(frozen=True, slots=True)
class Level:
    """A profile of Factur-X: BT-24, its name in the metadata, and the elements that it does not have.

    Only one that `is_invoice` has all that an invoice needs; the others are data for booking. An element goes by its
    tag, or by that of its parent and its own.
    """

    specification: str
    conformance: str
    without: frozenset[str] = frozenset()
    is_invoice: bool = True


_EN16931 = PROFILES["en16931"].specification
LEVELS: Mapping[LevelName, Level] = {
    "minimum": Level("urn:factur-x.eu:1p0:minimum", "MINIMUM", _MINIMUM, is_invoice=False),
    "basicwl": Level("urn:factur-x.eu:1p0:basicwl", "BASIC WL", _BASIC_WL, is_invoice=False),
    "basic": Level(f"{_EN16931}#compliant#urn:factur-x.eu:1p0:basic", "BASIC", _BASIC),
    "en16931": Level(_EN16931, "EN 16931"),
}
"""By the names that people write; `basicwl` is BASIC WL, which is BASIC without lines."""


def at_level(profile: Profile, level: Level) -> Profile:
    """Return a profile of EN 16931 as it identifies itself at a level."""
    return replace(profile, specification=level.specification)


def kept(node: Node, level: Level) -> Node:
    """Return a tree of CII without the elements that the level does not have."""
    if not level.without:
        return node
    left = (one for one in node.children if not {one.tag, f"{node.tag}/{one.tag}"} & level.without)
    return node._replace(children=tuple(kept(one, level) for one in left))
