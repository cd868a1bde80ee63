"""The progress statement against figures that others have published, each named with its source."""

from __future__ import annotations

from datetime import date

from tests.statements import claim, columns, deal, euro, lines

from tracker2invoice.mapping.statement import statements
from tracker2invoice.model.conditions import ChangeOrder

LONG_AGO = date(2026, 1, 1)


def change(amount: str) -> ChangeOrder:
    return ChangeOrder("1", LONG_AGO, euro(amount))


def test_rt_1_columns_of_the_continuation_sheet_are_gross() -> None:
    """RT-1, a question on levelset: 80 % of a mobilization of 15,000.00, 5 % held back."""
    contract = deal("15000.00", mobilization="15000.00")
    billed = claim(0, ("work", "mobilization", "12000.00"), ("retained", "mobilization", "-600.00"))
    (only,) = statements(contract, [billed])
    assert columns(only) == {
        "mobilization": ["15000.00", "0.00", "12000.00", "0.00", "12000.00", "80 %", "3000.00", "600.00"]
    }
    assert only.asked == euro("11400.00")


def test_rt_2_lines_of_the_application() -> None:
    """RT-2, the same as lines of G702."""
    contract = deal("15000.00", mobilization="15000.00")
    billed = claim(0, ("work", "mobilization", "12000.00"), ("retained", "mobilization", "-600.00"))
    (only,) = statements(contract, [billed])
    assert lines(only) == {
        "1": "15000.00", "2": "0.00", "2a": "0.00", "3": "15000.00", "4": "12000.00", "5": "600.00", "6": "11400.00",
        "7": "0.00", "8": "11400.00", "9": "3600.00",
    }  # fmt: skip


def test_rt_3_a_release_is_an_application_without_work() -> None:
    """RT-3, the answer on levelset: all work is done, and what was withheld is asked for on its own."""
    contract = deal("15000.00", mobilization="15000.00")
    work = claim(0, ("work", "mobilization", "15000.00"), ("retained", "mobilization", "-750.00"))
    release = claim(30, ("released", "retainage", "750.00"))
    _, last = statements(contract, [work, release])
    assert lines(last) == {
        "1": "15000.00", "2": "0.00", "2a": "0.00", "3": "15000.00", "4": "15000.00", "5": "0.00", "6": "15000.00",
        "7": "14250.00", "8": "750.00", "9": "0.00",
    }  # fmt: skip
    assert columns(last)["mobilization"][-1] == "0.00"


def test_rt_4_half_is_returned_at_half_the_work() -> None:
    """RT-4, Arizona 41-2576: 10 % of 100,000.00 in quarters until half is done, half returned there, then 5 %."""
    contract = deal("100000.00", works="100000.00")
    claims = [
        claim(1, ("work", "works", "25000.00"), ("retained", "works", "-2500.00")),
        claim(2, ("work", "works", "25000.00"), ("retained", "works", "-2500.00"), ("released", "works", "2500.00")),
        claim(3, ("work", "works", "25000.00"), ("retained", "works", "-1250.00")),
        claim(4, ("work", "works", "25000.00"), ("retained", "works", "-1250.00")),
    ]
    withheld = [application.lines["5"] for application in statements(contract, claims)]
    assert withheld == [euro(amount) for amount in ("2500.00", "2500.00", "3750.00", "5000.00")]


def test_three_applications_that_the_city_of_carmel_paid_tie_out_with_a_ceiling_on_retainage() -> None:
    """City of Carmel, Indiana, cocdocs.carmel.in.gov, documents 473485, 940843, 495044: G702/CMa of ERMCO, Inc. for
    the Regional Performing Arts Center, applications 24 to 26 of 2010.

    Lines 1 to 5 are those of the forms (line 4 of the first is that of the second less its check), line 8 the checks.
    Retainage has reached its ceiling, 5 % of line 3. Lines 6, 7 and 9 cannot be read in the copies; they follow.
    """
    contract = deal("7505000.00", [change("-467808.00")], electrical="7037192.00")
    claims = [
        claim(0, ("work", "electrical", "5964311.26"), ("retained", "electrical", "-351859.60")),
        claim(30, ("work", "electrical", "300790.49")),
        claim(60, ("work", "electrical", "183194.52")),
        claim(90, ("work", "electrical", "137602.51")),
    ]
    found = [application.lines for application in statements(contract, claims)[1:]]
    for line, printed in {
        "1": ["7505000.00"] * 3,
        "2": ["-467808.00"] * 3,
        "3": ["7037192.00"] * 3,
        "4": ["6265101.75", "6448296.27", "6585898.78"],
        "5": ["351859.60"] * 3,
        "6": ["5913242.15", "6096436.67", "6234039.18"],
        "7": ["5612451.66", "5913242.15", "6096436.67"],
        "8": ["300790.49", "183194.52", "137602.51"],
        "9": ["1123949.85", "940755.33", "803152.82"],
    }.items():
        assert [str(application[line].amount) for application in found] == printed, line


def test_the_last_application_of_a_contract_of_the_city_of_carmel_releases_all_retainage() -> None:
    """City of Carmel, Indiana, cocdocs.carmel.in.gov, document 752421: G702/CMa of Gaylor, Inc. for the Energy Center,
    applications 17 and 18 of 2009. Lines 1 to 5 and both amounts paid are those of the form: 10 % was held back.
    """
    contract = deal("947700.00", [change("45492.00")], electrical="993192.00")
    claims = [
        claim(0, ("work", "electrical", "988436.39"), ("retained", "electrical", "-98843.64")),
        claim(30, ("work", "electrical", "4755.61"), ("retained", "electrical", "-475.56")),
        claim(60, ("released", "retainage", "99319.20")),
    ]
    _, seventeenth, eighteenth = statements(contract, claims)
    assert lines(seventeenth)["8"] == "4280.05"
    assert lines(eighteenth) == {
        "1": "947700.00", "2": "45492.00", "2a": "0.00", "3": "993192.00", "4": "993192.00", "5": "0.00",
        "6": "993192.00", "7": "893872.80", "8": "99319.20", "9": "0.00",
    }  # fmt: skip


def test_every_line_of_a_published_third_application_comes_out_as_printed() -> None:
    """scoutmytool.com/docs/contractor-payment-application-aia-g702: application PA-003 for a kitchen, 5 % held back.

    Lines 1 to 8 are as printed. The work before is what makes line 7 when 5 % of it are held back; line 9 follows.
    """
    contract = deal("38500.00", [change("1280.00")], kitchen="39780.00")
    claims = [
        claim(0, ("work", "kitchen", "20263.16"), ("retained", "kitchen", "-1013.16")),
        claim(30, ("work", "kitchen", "13536.84"), ("retained", "kitchen", "-676.84")),
    ]
    _, third = statements(contract, claims)
    assert lines(third) == {
        "1": "38500.00", "2": "1280.00", "2a": "0.00", "3": "39780.00", "4": "33800.00", "5": "1690.00",
        "6": "32110.00", "7": "19250.00", "8": "12860.00", "9": "7670.00",
    }  # fmt: skip


PAYAPPPRO = {
    "mobilization": ["25000.00", "25000.00", "0.00", "0.00", "25000.00", "100 %", "0.00", "2500.00"],
    "rough-carpentry": ["95000.00", "40000.00", "22500.00", "0.00", "62500.00", "66 %", "32500.00", "6250.00"],
    "finish-carpentry": ["145000.00", "0.00", "45000.00", "0.00", "45000.00", "31 %", "100000.00", "4500.00"],
}


def test_a_published_continuation_sheet_comes_out_row_by_row() -> None:
    """payapppro.com/examples/aia-g702-g703.php: three items of 265,000.00, 10 % held back of each.

    Its summary takes line 6 for line 8 and leaves retainage out of line 9. Lines 1 to 6 are compared as printed; 7 is
    the work of column D less 10 %, and 8 what is left.
    """
    contract = deal(
        "250000.00",
        [change("15000.00")],
        mobilization="25000.00",
        rough_carpentry="95000.00",
        finish_carpentry="145000.00",
    )
    claims = [
        claim(0, ("work", "mobilization", "25000.00"), ("retained", "mobilization", "-2500.00")),
        claim(0, ("work", "rough-carpentry", "40000.00"), ("retained", "rough-carpentry", "-4000.00")),
        claim(30, ("work", "rough-carpentry", "22500.00"), ("retained", "rough-carpentry", "-2250.00")),
        claim(30, ("work", "finish-carpentry", "45000.00"), ("retained", "finish-carpentry", "-4500.00")),
    ]
    _, last = statements(contract, claims)
    assert columns(last) == PAYAPPPRO
    assert [lines(last)[name] for name in ("1", "2", "3", "4", "5", "6", "7", "8")] == [
        "250000.00", "15000.00", "265000.00", "132500.00", "13250.00", "119250.00", "58500.00", "60750.00",
    ]  # fmt: skip
