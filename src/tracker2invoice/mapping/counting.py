"""Which claims count? A reissue replaces a claim; a credit does not: both count, and what is billed after them.

So the sums over all claims that count are what was billed, whatever was taken back of it and billed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tracker2invoice.model.claim import Claim

TermKey = tuple[str, str]
"""Contract id and term id."""


def latest(claims: Iterable[Claim]) -> Mapping[TermKey, Claim]:
    """Return the latest bill of each term, whether it was credited or not: one that was reissued no longer counts."""
    bills = (claim for claim in claims if not claim.credits)
    in_order = sorted(bills, key=lambda claim: (claim.generation, claim.claimed_at, claim.reference))
    return {(claim.contract, claim.term): claim for claim in in_order}


def credits_of(claims: Iterable[Claim]) -> Mapping[str, Claim]:
    """Return the credits by the reference of the claim that each takes back."""
    return {claim.credits: claim for claim in claims if claim.credits}


def in_force(claims: Iterable[Claim]) -> Mapping[TermKey, Claim]:
    """Return the claim of each term that is billed now: its latest, unless that was credited."""
    known = tuple(claims)
    credited = credits_of(known)
    return {key: claim for key, claim in latest(known).items() if claim.reference not in credited}


def counting(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return every claim that counts: the latest of each term, and all that were credited, with their credits."""
    known = tuple(claims)
    credited = credits_of(known)
    newest = {claim.reference for claim in latest(known).values()}
    return tuple(one for one in known if one.credits or one.reference in newest or one.reference in credited)
