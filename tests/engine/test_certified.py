"""What a person certified is billed once, whatever is lost, restored or credited; the draft keeps who certified it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.engine.conftest import Scene

from tracker2invoice.engine.decide import approve, certify, credit
from tracker2invoice.ledger.verify import verify
from tracker2invoice.mapping.occasions import NO_MILESTONE
from tracker2invoice.model.contract import Acceptance
from tracker2invoice.model.invoice import Certification
from tracker2invoice.model.term import Match, Term
from tracker2invoice.testing.memory_output import CAPABILITIES, MemoryBooks

DESIGN = Term("design", Match("title", "Design"), percent=Fraction(30), progress="certified")
BY_ITSELF = replace(DESIGN, match=NO_MILESTONE)


@pytest.fixture(params=[DESIGN, BY_ITSELF], ids=["a milestone", "by itself"])
def certified(scene: Scene, request: pytest.FixtureRequest) -> Scene:
    """A term of 18000.00 that anna certifies, of a milestone that is closed, or without one."""
    scene.capabilities = replace(CAPABILITIES, credit_notes=True)
    scene.books = MemoryBooks(scene.clock, scene.capabilities)
    scene.contract = replace(scene.contract, terms=(request.param,), acceptance=Acceptance(by=("anna",)))
    scene.close("Design")
    scene.run()
    return scene


def certify_and_run(scene: Scene, percent: str, note: str = "") -> Certification:
    scene.clock.advance(hours=1)
    made = Certification("acme-portal", "design", Decimal(percent), "anna", scene.clock.now, note)
    with scene.house() as house:
        assert certify(house, made) == ""
    scene.run()
    return made


def nets(scene: Scene) -> list[str]:
    with scene.house() as house:
        assert verify(house.ledger) == ()
    return [str(entry.draft.totals.net) for entry in scene.books.entries]


def test_each_draft_keeps_who_certified_how_much_of_it_when(certified: Scene) -> None:
    made = [certify_and_run(certified, "60", "all but the search"), certify_and_run(certified, "100")]
    certified.run()
    assert nets(certified) == ["10800.00", "7200.00"]
    assert [entry.draft.certified_by for entry in certified.books.entries] == [(one,) for one in made]


@pytest.mark.parametrize("percent", ["60", "80", "100"])
def test_an_older_ledger_that_is_restored_doubles_nothing_whatever_is_certified_then(
    certified: Scene, percent: str
) -> None:
    ledger = certified.directory / "ledger.db"
    shutil.copy(ledger, certified.directory / "before.db")
    certify_and_run(certified, "60")
    certify_and_run(certified, "100")
    shutil.copy(certified.directory / "before.db", ledger)
    certify_and_run(certified, percent)
    certify_and_run(certified, "100")
    with certified.house() as house:
        for claim in house.ledger.claims():
            approve(house.ledger, claim.reference, "anna")
    certified.run()
    assert nets(certified) == ["10800.00", "7200.00"]


def test_what_was_credited_is_billed_again_only_if_it_is_certified_anew(certified: Scene) -> None:
    certify_and_run(certified, "60")
    reference = certified.only_reference()
    certified.books.mark(reference, "sent")
    with certified.house() as house:
        claim = house.ledger.claim(reference)
        assert claim
        assert credit(house, claim, "kim")[1] == ""
    certified.run()
    certified.run()
    assert nets(certified) == ["10800.00", "10800.00"]
    certify_and_run(certified, "50")
    assert nets(certified)[2:] == ["9000.00"]
