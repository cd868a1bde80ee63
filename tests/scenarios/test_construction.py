"""A construction contract with retainage and change orders, as `examples/construction` has it.

240000.00 GBP net, 20 % tax, 5 % held back; the roof costs 9600.00 more and the interior 4800.00 less than agreed at
first. Half of the retainage of 12240.00 is paid at practical completion, half when a person says so. All documents
together make 244800.00 net and 48960.00 tax.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from tests.scenarios.stage import Life, Standing


@pytest.fixture
def life(life_of: Callable[[str], Life]) -> Life:
    return life_of("construction")


def test_a_library_wing_from_the_foundation_to_the_last_of_the_retainage(life: Life) -> None:
    the_foundation_is_done(life)
    four_roof_lights_are_ordered(life)
    the_roof_is_opened_again_and_stays_as_it_was_billed(life)
    the_interior_is_cheaper_than_agreed(life)
    half_of_the_retainage_is_paid_at_practical_completion(life)
    the_rest_waits_for_the_word_of_a_person(life)
    life.close_the_books(net="244800.00", tax="48960.00", gross="293760.00")


def the_foundation_is_done(life: Life) -> None:
    """25 % of 240000.00 are 60000.00, of which 5 % are held back."""
    life.on(2026, 3, 2)
    life.plan_work("Foundation", "Roof", "Interior finish", "Practical completion")
    assert life.run() == []
    life.on(2026, 4, 17)
    life.close("Foundation")
    assert life.run() == [("foundation", "57000.00", "11400.00", "68400.00")]
    assert life.standing == Standing("240000.00", billed="60000.00", open="180000.00", retained="3000.00")
    assert life.drafts[0].due_date == date(2026, 5, 18), "17 May is a Sunday"


def four_roof_lights_are_ordered(life: Life) -> None:
    """35 % of 240000.00 and 9600.00 are 93600.00; of 153600.00 to date 7680.00 are held back, 3000.00 were before."""
    life.on(2026, 5, 1)
    assert life.run() == []
    assert life.standing == Standing("249600.00", billed="60000.00", open="189600.00", retained="3000.00")
    life.on(2026, 7, 10)
    life.close("Roof")
    assert life.run() == [("roof", "88920.00", "17784.00", "106704.00")]
    assert life.standing == Standing("249600.00", billed="153600.00", open="96000.00", retained="7680.00")


def the_roof_is_opened_again_and_stays_as_it_was_billed(life: Life) -> None:
    life.on(2026, 7, 14)
    life.reopen("Roof")
    assert life.run() == []
    assert life.reason("roof").startswith("reopened-after-billing")
    life.approve("roof")
    assert life.run() == []
    assert life.reason("roof").endswith("the milestone is open again, kept as billed by ann")
    life.on(2026, 7, 17)
    life.close("Roof")
    assert life.run() == []


def the_interior_is_cheaper_than_agreed(life: Life) -> None:
    """40 % of 240000.00 less 4800.00 are 91200.00; of 244800.00 to date 12240.00 are held back, 7680.00 were before."""
    life.on(2026, 10, 2)
    life.close("Interior finish")
    assert life.run() == [("interior-finish", "86640.00", "17328.00", "103968.00")]
    assert life.standing == Standing("244800.00", billed="244800.00", open="0.00", retained="12240.00")


def half_of_the_retainage_is_paid_at_practical_completion(life: Life) -> None:
    life.on(2026, 10, 30)
    life.close("Practical completion")
    assert life.run() == [("retainage", "6120.00", "1224.00", "7344.00")]
    assert life.standing == Standing("244800.00", billed="244800.00", open="0.00", retained="6120.00")


def the_rest_waits_for_the_word_of_a_person(life: Life) -> None:
    life.on(2027, 11, 1)
    assert life.run() == []
    assert life.reason("retainage-2").startswith("by-hand: paid out when a person says so: `t2i approve T2I-")
    life.approve("retainage-2")
    assert life.run() == [("retainage-2", "6120.00", "1224.00", "7344.00")]
    assert life.standing == Standing("244800.00", billed="244800.00", open="0.00")
    assert life.drafts[-1].delivery_date == date(2027, 11, 1)
