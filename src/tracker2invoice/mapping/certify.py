"""May a person certify how much of a term is done? Only who is named for that, of a term that is billed by it."""

from __future__ import annotations

from collections.abc import Iterable

from tracker2invoice.mapping.actions import Reason
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.invoice import Certification


def command(contract: str, term: str) -> str:
    """Return the command with which a person certifies how much of a term is done."""
    return f"t2i certify {contract} {term} PERCENT --by NAME"


def nothing_yet(contract: str, term: str) -> Reason:
    """Return the reason for not billing a term that nothing but certifications bill, while there are none."""
    return Reason("nothing-certified", f"nobody has certified how much of it is done; `{command(contract, term)}`")


def objection(certification: Certification, contracts: Iterable[Contract]) -> str:
    """Say in words what stands against a certification, nothing if it can be recorded."""
    known = {contract.id: contract for contract in contracts}
    contract = known.get(certification.contract)
    if contract is None:
        return f"no contract has this id; configured: {', '.join(known) or 'none'}"
    term = next((one for one in contract.terms if one.id == certification.term), None)
    if term is None:
        return f"the contract has no such term; it has {', '.join(one.id for one in contract.terms)}"
    if not term.is_certified:
        return 'nobody certifies this term; write progress = "certified" in it if somebody should'
    if certification.by not in contract.acceptance.by:
        return f"--by has to be {' or '.join(contract.acceptance.by)}, as the contract says"
    return ""
