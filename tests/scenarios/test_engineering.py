"""An engineering contract that is billed each month by what is complete, as `examples/engineering` has it.

150000.00 EUR net and reverse charge, so no tax. The design makes 60 % by points, 100 of them in two milestones, and
15000.00 more by a change order; the permits make 10 % by issues, four of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from tests.scenarios.stage import Life, Standing

from tracker2invoice.model.invoice import Period
from tracker2invoice.model.work import WorkItem


@pytest.fixture
def life(life_of: Callable[[str], Life]) -> Life:
    return life_of("engineering")


def drawings(*, done: tuple[int, ...], to_do: tuple[int, ...]) -> list[WorkItem]:
    """Return drawings with these points."""
    points = [(weight, True) for weight in done] + [(weight, False) for weight in to_do]
    return [
        WorkItem(str(number), f"Drawing {number}", closed=closed, points=Decimal(weight))
        for number, (weight, closed) in enumerate(points, start=1)
    ]


def permits(done: int) -> list[WorkItem]:
    """Return four permits, so many of them granted."""
    return [WorkItem(str(number), f"Permit {number}", closed=number <= done) for number in range(1, 5)]


def test_a_bridge_from_the_concept_to_the_handover_of_the_next_year(life: Life) -> None:
    the_concept_is_done(life)
    the_first_month_bills_what_is_complete(life)
    a_month_without_progress_bills_nothing(life)
    a_milestone_is_complete_when_it_is_closed(life)
    a_fall_is_told_and_nothing_is_taken_back(life)
    the_second_abutment_makes_the_design_worth_more(life)
    the_rest_is_complete(life)
    the_handover_costs_more_in_the_next_year(life)
    life.close_the_books(net="165843.75", tax="0.00", gross="165843.75")


def the_concept_is_done(life: Life) -> None:
    life.on(2026, 3, 1)
    life.plan_work("Concept", "Detail superstructure", "Detail abutments", "Permits", "Handover")
    life.work("Detail superstructure", *drawings(done=(), to_do=(16, 24)))
    life.work("Detail abutments", *drawings(done=(), to_do=(12, 20, 28)))
    life.work("Permits", *permits(0))
    life.on(2026, 3, 20)
    life.close("Concept")
    assert life.run() == [("concept", "18000.00", "0.00", "18000.00")]
    assert life.drafts[0].due_date == date(2026, 4, 30)


def the_first_month_bills_what_is_complete(life: Life) -> None:
    """16 of 100 points of 90000.00, and one permit of four of 15000.00."""
    life.work("Detail superstructure", *drawings(done=(16,), to_do=(24,)))
    life.work("Permits", *permits(1))
    life.on(2026, 4, 1)
    assert life.run() == [
        ("design@2026-03", "14400.00", "0.00", "14400.00"),
        ("permits@2026-03", "3750.00", "0.00", "3750.00"),
    ]
    assert life.standing == Standing("150000.00", billed="36150.00", open="113850.00")


def a_month_without_progress_bills_nothing(life: Life) -> None:
    life.on(2026, 5, 1)
    assert life.run() == []
    assert life.reason("design@2026-04") == (
        "no-progress: 16 % of 90000.00 EUR done by points = 14400.00 EUR, and 14400.00 EUR was billed before"
    )


def a_milestone_is_complete_when_it_is_closed(life: Life) -> None:
    """The superstructure is closed with 24 points to do and counts whole: 52 of 100 points are 46800.00."""
    life.work("Detail abutments", *drawings(done=(12,), to_do=(20, 28)))
    life.close("Detail superstructure")
    life.work("Permits", *permits(2))
    life.on(2026, 6, 1)
    assert life.run() == [
        ("design@2026-05", "32400.00", "0.00", "32400.00"),
        ("permits@2026-05", "3750.00", "0.00", "3750.00"),
    ]
    assert life.standing == Standing("150000.00", billed="72300.00", open="77700.00")
    assert life.drafts[-1].delivery_period == Period(date(2026, 5, 1), date(2026, 5, 31))
    listed = [[one.title for line in draft.lines for one in line.deliverables] for draft in life.drafts]
    assert (listed[2], listed[4]) == (["Permit 1"], ["Permit 2"])


def a_fall_is_told_and_nothing_is_taken_back(life: Life) -> None:
    life.work("Detail abutments", *drawings(done=(), to_do=(12, 20, 28)))
    life.on(2026, 6, 30)
    life.run()
    life.on(2026, 7, 1)
    assert life.run() == []
    assert life.reason("design@2026-06") == (
        "no-progress: 40 % of 105000.00 EUR done by points = 42000.00 EUR, and 46800.00 EUR was billed before; "
        "nothing is taken back"
    )


def the_second_abutment_makes_the_design_worth_more(life: Life) -> None:
    """72 of 100 points of 105000.00 are 75600.00, less 46800.00."""
    life.work("Detail abutments", *drawings(done=(12, 20), to_do=(28,)))
    life.work("Permits", *permits(3))
    life.on(2026, 8, 1)
    assert life.run() == [
        ("design@2026-07", "28800.00", "0.00", "28800.00"),
        ("permits@2026-07", "3750.00", "0.00", "3750.00"),
    ]
    assert life.standing == Standing("165000.00", billed="104850.00", open="60150.00")


def the_rest_is_complete(life: Life) -> None:
    life.work("Detail abutments", *drawings(done=(12, 20, 28), to_do=()))
    life.work("Permits", *permits(4))
    life.on(2026, 9, 1)
    assert life.run() == [
        ("design@2026-08", "29400.00", "0.00", "29400.00"),
        ("permits@2026-08", "3750.00", "0.00", "3750.00"),
    ]
    life.close("Detail abutments")
    life.close("Permits")
    life.on(2026, 10, 1)
    assert life.run() == []
    assert life.standing == Standing("165000.00", billed="138000.00", open="27000.00")


def the_handover_costs_more_in_the_next_year(life: Life) -> None:
    """18 % of 150000.00 are 27000.00; the index rose from 118.4 to 122.1, by 3.125 %, which is 843.75."""
    life.on(2027, 1, 15)
    life.close("Handover")
    assert life.run() == [("handover", "27843.75", "0.00", "27843.75")]
    assert [str(line.net) for line in life.drafts[-1].lines] == ["27000.00", "843.75"]
    assert life.standing == Standing("165000.00", billed="165000.00", open="0.00")
