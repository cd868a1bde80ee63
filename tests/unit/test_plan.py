"""What becomes of milestones and terms that nobody has billed yet, rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tracker2invoice.mapping.actions import Action, Facts, Plan, Window
from tracker2invoice.mapping.plan import plan
from tracker2invoice.model.claim import Claim, Decision
from tracker2invoice.model.contract import Acceptance, Brake, Contract, Limit, Match, Term
from tracker2invoice.model.invoice import reference
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.model.money import Money
from tracker2invoice.testing.samples import NOW, sample_contract

PORTAL = Project("github", "1", "acme/portal", "")
SHOP = Project("github", "2", "acme/shop", "")
PROJECTS = {"github:acme/portal": PORTAL, "github:acme/shop": SHOP}
CONTRACT = sample_contract()
YESTERDAY = NOW - timedelta(days=1)


def milestone(title: str, number: int = 1, *, project: str = "1", **changes: Any) -> Milestone:
    closed = Milestone(
        tracker="github",
        project_id=project,
        id=f"{project}{number}",
        number=number,
        title=title,
        description="",
        url="",
        state="closed",
        closed_at=YESTERDAY,
        due_on=None,
        created_at=None,
        updated_at=YESTERDAY,
        open_items=0,
        closed_items=3,
    )
    return replace(closed, **changes)


BETA = milestone("Beta")


def facts(*milestones: Milestone, contracts: Sequence[Contract] = (CONTRACT,), **changes: Any) -> Facts:
    bare = Facts(
        now=NOW,
        contracts=tuple(contracts),
        projects=PROJECTS,
        milestones=milestones,
        claims=(),
        brake=Brake(Limit(), Limit()),
    )
    return replace(bare, **changes)


def ref(milestone: Milestone, term: str = "beta", contract: str = "acme-portal") -> str:
    return reference(contract, term, milestone.key, 1)


def decisions(decision: Any, *references: str) -> dict[str, Decision]:
    return {one: Decision(one, decision, "ann", NOW, "wait for the client") for one in references}


def of_term(made: Plan, term: str = "beta", contract: str = "acme-portal") -> list[Action]:
    return [action for action in made.actions if (action.contract, action.term) == (contract, term)]


def codes(made: Plan, term: str = "beta", contract: str = "acme-portal") -> list[tuple[str, str]]:
    return [(action.kind, action.reason.code) for action in of_term(made, term, contract)]


def one_contract(*terms: Term, identifier: str = "acme-portal", **changes: Any) -> Contract:
    return replace(CONTRACT, id=identifier, terms=terms, **changes)


def term(identifier: str, match: Match, percent: int = 50, *, shared: bool = False) -> Term:
    return Term(identifier, match, percent=Money(Decimal(percent), "EUR").amount.__class__ and _share(percent), shares_milestone=shared)
