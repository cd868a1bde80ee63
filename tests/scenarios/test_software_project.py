"""A software project in four phases, as `examples/software-project` has it.

80000.00 EUR net, 19 % tax, a deposit of 15 % that each bill deducts in proportion to the work. A change order of
6400.00 is paid with the last phase, so that all documents together make 86400.00 net and 16416.00 tax.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from tests.scenarios.stage import Life, Standing


@pytest.fixture
def life(life_of: Callable[[str], Life]) -> Life:
    return life_of("software-project")


def test_a_software_project_from_the_deposit_to_the_last_phase(life: Life) -> None:
    the_deposit_is_billed_on_the_first_day(life)
    design_is_done(life)
    development_waits_for_both_of_its_milestones(life)
    single_sign_on_is_ordered_and_the_backend_is_opened_again(life)
    phase_three_is_closed_by_mistake_and_then_in_earnest(life)
    the_last_phase_uses_up_the_deposit(life)
    life.close_the_books(net="86400.00", tax="16416.00", gross="102816.00")


def the_deposit_is_billed_on_the_first_day(life: Life) -> None:
    life.on(2026, 1, 20)
    life.plan_work("Design", "Backend", "Web client", "Testing", "Deployment")
    assert life.run() == []
    life.on(2026, 2, 2)
    assert life.run() == [("deposit", "12000.00", "2280.00", "14280.00")]
    assert life.standing == Standing("80000.00", billed="0.00", open="80000.00", advance="12000.00")
    assert life.drafts[0].due_date == date(2026, 3, 4)


def design_is_done(life: Life) -> None:
    """20 % of 80000.00 are 16000.00, less 20 % of the deposit, 2400.00."""
    life.on(2026, 3, 13)
    life.close("Design")
    assert life.run() == []
    assert life.reason("design").startswith("too-young")
    life.on(2026, 3, 14)
    assert life.run() == [("design", "13600.00", "2584.00", "16184.00")]
    assert life.standing == Standing("80000.00", billed="16000.00", open="64000.00", advance="9600.00")


def development_waits_for_both_of_its_milestones(life: Life) -> None:
    """45 % of 80000.00 are 36000.00; 65 % of the work are done, and of the deposit 7800.00 - 2400.00 are deducted."""
    life.on(2026, 4, 24)
    life.close("Backend")
    life.on(2026, 4, 27)
    assert life.run() == []
    assert life.reason("development").startswith("not-closed")
    life.close("Web client")
    life.on(2026, 5, 25)
    assert life.run() == [("development", "30600.00", "5814.00", "36414.00")]
    assert life.standing == Standing("80000.00", billed="52000.00", open="28000.00", advance="4200.00")


def single_sign_on_is_ordered_and_the_backend_is_opened_again(life: Life) -> None:
    life.on(2026, 6, 3)
    life.reopen("Backend")
    assert life.run() == []
    assert life.reason("development").startswith("reopened-after-billing")
    life.on(2026, 6, 5)
    life.close("Backend")
    assert life.run() == []
    assert life.reason("development").startswith("already-billed")
    assert life.standing == Standing("86400.00", billed="52000.00", open="34400.00", advance="4200.00")


def phase_three_is_closed_by_mistake_and_then_in_earnest(life: Life) -> None:
    """15 % of 80000.00 are 12000.00. Of 86400.00 are 64000.00 done, 20/27: 8888.89 of the deposit, less 7800.00."""
    life.on(2026, 7, 6)
    life.close("Testing")
    assert life.run() == []
    life.on(2026, 7, 6, hour=15)
    life.reopen("Testing")
    life.on(2026, 7, 8)
    assert life.run() == []
    life.close("Testing")
    life.on(2026, 7, 13)
    assert life.run() == [("testing", "10911.11", "2073.11", "12984.22")]
    assert life.standing == Standing("86400.00", billed="64000.00", open="22400.00", advance="3111.11")


def the_last_phase_uses_up_the_deposit(life: Life) -> None:
    """20 % of 80000.00 and the change order are 22400.00, less all that is left of the deposit, 3111.11."""
    life.on(2026, 8, 28)
    life.close("Deployment")
    life.on(2026, 8, 31)
    assert life.run() == [("deployment", "19288.89", "3664.89", "22953.78")]
    assert life.standing == Standing("86400.00", billed="86400.00", open="0.00")
    (offer,) = life.drafts[-1].early_payment
    assert (offer.last_day, str(offer.amount_to_pay)) == (date(2026, 9, 10), "22494.70")
