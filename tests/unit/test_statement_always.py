"""What holds for every progress statement, whatever was agreed, billed, held back, released and drawn down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.statements import FIRST, deal

from tracker2invoice.mapping.counting import latest
from tracker2invoice.mapping.due import local_date
from tracker2invoice.mapping.statement import opening, statements
from tracker2invoice.model.claim import Claim, Part
from tracker2invoice.model.conditions import ChangeOrder
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.money import Money
from tracker2invoice.model.statement import Application
from tracker2invoice.model.term import Match, Term

ZERO = Money.zero("EUR")
TERMS = ["a", "b", "c", "gone"]

# signs are those of model/claim.py, and of what takes them back: work that was credited, retainage of it
money = st.integers(-(10**9), 10**9).map(lambda units: Money.of_units(units, "EUR"))
parts = st.builds(
    Part,
    st.sampled_from(["work", "written-down", "escalation", "discount", "retained", "released", "advance", "drawn"]),
    st.sampled_from([*TERMS, "retainage"]),
    money,
)


@st.composite
def claims(draw: st.DrawFn) -> list[Claim]:
    return [draw(one_claim(number)) for number in range(draw(st.integers(0, 8)))]


@st.composite
def one_claim(draw: st.DrawFn, number: int) -> Claim:
    """A claim within three weeks; some have no parts, some are of the next generation of another."""
    made = tuple(draw(st.lists(parts, max_size=4)))
    return Claim(
        reference=f"T2I-{number}",
        contract=draw(st.sampled_from(["acme-portal"] * 5 + ["another"])),
        term=f"{draw(st.sampled_from(TERMS))}@{draw(st.integers(0, 6))}",
        milestone_key=f"github:1:{number}",
        generation=draw(st.integers(1, 2)),
        amount=total(part.amount for part in made) if made else draw(money),
        draft_sha256="",
        claimed_at=FIRST + timedelta(hours=draw(st.integers(0, 500))),
        parts=made,
    )


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    terms = tuple(
        Term(
            name,
            Match("title", name),
            percent=draw(st.fractions(min_value=0, max_value=60)),
            progress=draw(st.sampled_from([None, "points"])),
        )
        for name in ("a", "b", "c")
    )
    orders = tuple(
        ChangeOrder(
            number=str(number),
            effective=(FIRST + timedelta(days=draw(st.integers(-5, 25)))).date(),
            amount=draw(money),
            term=draw(st.sampled_from(["", "a"])),
        )
        for number in range(draw(st.integers(0, 3)))
    )
    return replace(deal("0.00"), price=draw(money), terms=terms, change_orders=orders)


def total(amounts: Iterable[Money]) -> Money:
    return sum(amounts, ZERO)


def counted(contract: Contract, found: Sequence[Claim]) -> list[Claim]:
    return [claim for claim in latest(found).values() if claim.contract == contract.id]


def work(application: Application) -> dict[tuple[str, str], Money]:
    return {(item.kind, item.id): item.completed for item in application.items if item.completed != ZERO}


@settings(deadline=None)
@given(contracts(), claims())
def test_line_8_of_all_applications_makes_line_6_of_the_last(contract: Contract, found: list[Claim]) -> None:
    made = statements(contract, found)
    assert total(one.lines["8"] for one in made) == (made[-1].lines["6"] if made else ZERO)


@settings(deadline=None)
@given(contracts(), claims())
def test_what_an_application_asks_for_is_what_the_claims_of_its_day_come_to(
    contract: Contract, found: list[Claim]
) -> None:
    for one in statements(contract, found):
        of_the_day = [
            claim.amount
            for claim in counted(contract, found)
            if local_date(claim.claimed_at, contract.timezone) == one.day
        ]
        assert of_the_day != []
        assert one.asked == total(of_the_day)


@settings(deadline=None)
@given(contracts(), claims())
def test_the_columns_make_the_lines(contract: Contract, found: list[Claim]) -> None:
    for one in (opening(contract, FIRST.date()), *statements(contract, found)):
        lines = one.lines
        assert total(item.scheduled for item in one.items) == lines["3"]
        assert total(item.completed for item in one.items) == lines["4"]
        assert total(item.retainage for item in one.items) == lines["5"]
        assert total(item.balance for item in one.items) == lines["3"] - lines["4"]
        assert lines["1"] + lines["2"] + lines["2a"] == lines["3"]
        assert lines["5a"] + lines["5b"] == lines["5"]
        assert lines["6"] + lines["9"] == lines["3"]


@settings(deadline=None)
@given(contracts(), claims())
def test_columns_d_and_e_of_one_application_are_column_d_of_the_next(contract: Contract, found: list[Claim]) -> None:
    made = statements(contract, found)
    for before, after in pairwise(made):
        previous = {(item.kind, item.id): item.previous for item in after.items if item.previous != ZERO}
        assert previous == work(before)
        assert after.lines["7"] == before.lines["6"]


@settings(deadline=None)
@given(contracts(), claims())
def test_balance_is_what_is_scheduled_less_what_is_completed(contract: Contract, found: list[Claim]) -> None:
    for one in statements(contract, found):
        for item in one.items:
            assert item.completed + item.balance == item.scheduled
            assert item.stored == ZERO
            if item.percent is not None:
                share = item.percent / 100 * Fraction(item.scheduled.amount)
                assert share == Fraction(item.completed.amount)


@settings(deadline=None)
@given(contracts(), claims())
def test_what_is_retained_is_never_negative_and_neither_is_what_is_released_beyond_it(
    contract: Contract, found: list[Claim]
) -> None:
    for one in statements(contract, found):
        assert all(item.retainage >= ZERO for item in one.items)
        assert all(item.completed >= ZERO for item in one.items if item.kind == "released")


@settings(deadline=None)
@given(contracts(), claims())
def test_work_and_retainage_are_those_of_the_claims(contract: Contract, found: list[Claim]) -> None:
    """Against sums over all parts at once, which know no days."""
    made = statements(contract, found)
    entries = [part for claim in counted(contract, found) for part in claim.entries]
    if made:
        held = total(ZERO - part.amount for part in entries if part.kind in ("retained", "released"))
        worked = total(part.amount for part in entries if part.kind in ("work", "written-down"))
        last = made[-1]
        assert total(item.completed for item in last.items if item.kind in ("term", "removed")) == worked
        assert last.lines["5"] == max(ZERO, held)


@settings(deadline=None)
@given(contracts(), claims(), st.data())
def test_the_order_of_the_claims_plays_no_part(contract: Contract, found: list[Claim], data: st.DataObject) -> None:
    assert statements(contract, data.draw(st.permutations(found))) == statements(contract, found)
