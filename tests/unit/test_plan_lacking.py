"""Nothing is billed while an output needs what the configuration does not say: a frozen draft stays as it is."""

from __future__ import annotations

from collections.abc import Mapping

from tests.unit.deals import PROJECT, deal, milestones, share

from tracker2invoice.mapping.actions import Action, Facts
from tracker2invoice.mapping.plan import plan
from tracker2invoice.model.claim import Decision
from tracker2invoice.model.contract import Brake, Limit
from tracker2invoice.testing.samples import NOW

LACKING = {"acme-portal": "files needs clients.acme.endpoint: electronic address of the buyer, BT-49"}
CONTRACT = deal(share("Design", "30"), share("Beta", "70"))


def planned(lacking: Mapping[str, str], decision: Decision | None = None) -> dict[str, Action]:
    facts = Facts(
        now=NOW,
        contracts=(CONTRACT,),
        projects={"github:acme/portal": PROJECT},
        milestones=milestones(["Design"], ["Beta"]),
        claims=(),
        brake=Brake(Limit(), Limit()),
        lacking=lacking,
        decisions={decision.reference: decision} if decision else {},
    )
    return {action.term: action for action in plan(facts).actions}


def test_what_would_be_billed_is_held_and_the_setting_is_named() -> None:
    held = planned(LACKING)["design"]
    assert (held.kind, held.reason.code, held.reason.command) == ("hold", "details-missing", "t2i check")
    assert "clients.acme.endpoint" in held.reason.words


def test_what_is_not_due_keeps_the_reason_that_it_has() -> None:
    assert planned(LACKING)["beta"].reason.code == "not-closed"


def test_an_approval_does_not_make_up_for_a_setting() -> None:
    held = planned(LACKING)["design"]
    assert planned(LACKING, Decision(held.reference, "approve", "ann", NOW))["design"].kind == "hold"


def test_another_contract_is_billed_all_the_same() -> None:
    assert planned({"globex-shop": "files needs supplier.address"})["design"].kind == "bill"
