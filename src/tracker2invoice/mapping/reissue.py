"""May a claim be reissued? Only if none of its documents is anywhere, and none of them can turn up again."""

from __future__ import annotations

from collections.abc import Callable

from tracker2invoice.mapping.billed import APPROVE_SETTLES, REOPENED
from tracker2invoice.mapping.lookup import Lookup
from tracker2invoice.mapping.unbilled import approve
from tracker2invoice.model.claim import Claim, Delivery

Rule = Callable[[Claim, Lookup], str]


def objection(claim: Claim, lookup: Lookup) -> str:
    """Say in words what stands against reissuing a claim, nothing if it can be done."""
    return next((words for rule in RULES if (words := rule(claim, lookup))), "")


def _is_credit(claim: Claim, _: Lookup) -> str:
    return "it is a credit note, which is written once" if claim.credits else ""


def _credited(claim: Claim, lookup: Lookup) -> str:
    if claim.reference not in lookup.credits and not lookup.facts.credited(claim.reference):
        return ""
    return f"the credit note {claim.credit_reference} takes it back"


def _replaced(claim: Claim, lookup: Lookup) -> str:
    newest = lookup.claims.get((claim.contract, claim.term))
    if newest is None:
        return "a later claim of its term was credited"
    return "" if newest.reference == claim.reference else f"the term was billed again as {newest.reference}"


def _decided(claim: Claim, lookup: Lookup) -> str:
    if not lookup.facts.reissued(claim.reference):
        return ""
    return f"it was reissued already and waits to be billed as {claim.next_reference}; `t2i run` bills it"


def _has_documents(claim: Claim, _: Lookup) -> str:
    return "; ".join(unsettled(delivery) for delivery in claim.live)


def unsettled(delivery: Delivery) -> str:
    """Say how a delivery stands that has a document, or may get one, and what settles it."""
    return f"{delivery.output} {delivery.state}: {_settles(delivery)}"


def _settles(delivery: Delivery) -> str:
    match delivery.state:
        case "delivered":
            return "the document is there; correct it there"
        case "held" if delivery.reason in (*APPROVE_SETTLES, REOPENED):
            return f"settle that first with `{approve(delivery.reference)}`"
        case "held":
            return f"settle that first with `t2i retry {delivery.reference}`"
        case _:
            return "settle that first with `t2i run`"


def _may_be_on_another(claim: Claim, lookup: Lookup) -> str:
    """Refuse if a shared document that this ledger does not know is there: it may bill the claim already."""
    contract = lookup.agreed.get(claim.contract)
    if contract is None or contract.invoice_per == "term":
        return ""
    other = next((one for one in claim.deliveries if (one.state, one.reason) == ("gone", "replaced")), None)
    return f"{other.detail}, and may bill it: look at that document, and approve if it does" if other else ""


def _not_configured(claim: Claim, lookup: Lookup) -> str:
    if (claim.contract, claim.term) in lookup.replacements:
        return ""
    return "the configuration no longer has its contract, its term or its project; `t2i check`"


def _leaves_no_trace(claim: Claim, lookup: Lookup) -> str:
    """Refuse a second generation in a row that an output has never had.

    A restored older ledger bills an earlier generation and finds the later ones by looking one ahead: two in a row
    without a trace over there would hide the third.
    """
    if claim.generation == 1:
        return ""
    seen = {
        delivery.output
        for one in _before(claim, lookup)
        for delivery in one.deliveries
        if delivery.state in ("gone", "delivered")
    }
    twice = sorted(one.output for one in claim.deliveries if one.state == "rejected" and one.output not in seen)
    if not twice:
        return ""
    words = f"{', '.join(twice)} refused it twice in a row; correct the cause"
    return f"{words}, then `t2i retry {claim.reference}`"


def _before(claim: Claim, lookup: Lookup) -> list[Claim]:
    identity = (claim.contract, claim.term, claim.milestone_key, claim.generation - 1)
    return [
        one for one in lookup.facts.claims if (one.contract, one.term, one.milestone_key, one.generation) == identity
    ]


RULES: tuple[Rule, ...] = (
    _is_credit,
    _credited,
    _replaced,
    _decided,
    _has_documents,
    _may_be_on_another,
    _not_configured,
    _leaves_no_trace,
)
"""The rules in their order; each returns what it has against it, in words."""
