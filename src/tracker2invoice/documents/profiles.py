"""The profiles of EN 16931 that a document can be written in: how they identify themselves, which codes they know.

A profile is a CIUS: it takes nothing away from EN 16931 but freedom. What each of them asks for is in `preflight.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tracker2invoice.model.contract import Party
from tracker2invoice.model.invoice import COMMERCIAL_INVOICE, PARTIAL_INVOICE, PREPAYMENT_INVOICE, Draft

ProfileName = Literal["en16931", "peppol", "xrechnung", "france"]

_EN16931 = "urn:cen.eu:en16931:2017"
_PEPPOL = "urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_XRECHNUNG = "urn:xeinkauf.de:kosit:xrechnung_3.0"
_BILLING = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"

_PEPPOL_ADDRESSES = (
    "0002 0007 0009 0060 0088 0096 0097 0106 0130 0135 0142 0151 0183 0184 0188 0190 0191 0192 0195 0196 "
    "0198 0199 0200 0201 0204 0208 0209 0210 0211 0216 0218 0221 0225 0230 0235 0240 0242 0244 0245 0246 "
    "0248 9910 9913 9914 9915 9918 9919 9920 9922 9923 9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 "
    "9934 9935 9936 9937 9938 9939 9940 9941 9942 9943 9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 "
    "9957 9959"
)
PEPPOL_ADDRESSES = frozenset(_PEPPOL_ADDRESSES.split())
"""Schemes of electronic addresses (BT-34-1, BT-49-1) that Peppol knows (PEPPOL-EN16931-CL008); none for e-mail."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile with its specification identifier (BT-24) and its business process (BT-23), empty if it has none."""

    name: ProfileName
    specification: str
    process: str = ""


PROFILES: Mapping[ProfileName, Profile] = {
    "en16931": Profile("en16931", _EN16931),
    "peppol": Profile("peppol", f"{_EN16931}#compliant#{_PEPPOL}", _BILLING),
    "xrechnung": Profile("xrechnung", f"{_EN16931}#compliant#{_XRECHNUNG}", _BILLING),
    "france": Profile("france", _EN16931),
}
"""Peppol BIS Billing 3.0, XRechnung 3.0 and FR-CTC Flux 2; without a process it is the draft's, or there is none."""


def process(draft: Draft, profile: Profile) -> str:
    """Return the business process (BT-23), empty if the profile has none.

    France wants a kind of invoice there (BR-FR-08): S1 for services, S4 if advances are deducted.
    """
    if profile.name != "france":
        return profile.process
    return "S4" if draft.preceding and not draft.is_credit_note else "S1"


def type_code(draft: Draft, profile: Profile) -> str:
    """Return the type code (BT-3) that the profile and the countries of both parties allow for the draft.

    Peppol takes 326 between German parties alone (PEPPOL-EN16931-P0112) and nothing but 380 and 381 from Iceland
    (IS-R-001), France none of the partial invoices (BR-FR-04 of FR-CTC Flux 2). There the document is a commercial
    invoice, which is never wrong.
    """
    exact = draft.exact_type_code
    if draft.is_credit_note or not exact:
        return draft.type_code
    if profile.name == "peppol" and country_of(draft.supplier) == "IS":
        return COMMERCIAL_INVOICE
    if exact == PREPAYMENT_INVOICE:
        return exact
    abroad = not are_german(draft.supplier, draft.client)
    refused = profile.name == "peppol" and exact == PARTIAL_INVOICE and abroad
    french = "FR" in (country_of(draft.supplier), country_of(draft.client))
    return COMMERCIAL_INVOICE if refused or french else exact


def wants_german_details(profile: Profile, supplier: Party, client: Party) -> bool:
    """Whether the demands of XRechnung hold: Peppol makes them between German parties too (DE-R-001 to DE-R-031)."""
    return profile.name == "xrechnung" or (profile.name == "peppol" and are_german(supplier, client))


def are_german(supplier: Party, client: Party) -> bool:
    """Whether both are in Germany."""
    return country_of(supplier) == country_of(client) == "DE"


def country_of(party: Party) -> str:
    """Return the country of the address (BT-40, BT-55), empty if there is none."""
    return party.address.country if party.address else ""
