"""Any value that goes into the ledger comes out again the same, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker2invoice.ledger.store import Ledger
from tracker2invoice.ledger.verify import verify
from tracker2invoice.model.claim import Delivery, DeliveryState, DocumentState, Part, Receipt
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.invoice import PartKind
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.model.money import Money
from tracker2invoice.model.text import storable
from tracker2invoice.model.work import Comment, Labelling, TimeEntry, Work, WorkItem
from tracker2invoice.plugins import Observed
from tracker2invoice.testing.samples import NOW, sample_claim, sample_draft

PROJECT = Project("github", "1296269", "acme/portal", "https://github.com/acme/portal")

texts = st.text(max_size=40)
zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])
instants = st.datetimes(NOW.replace(year=1970, tzinfo=None), NOW.replace(year=2200, tzinfo=None), timezones=zones)
counts = st.integers(0, 2**31)
milestones = st.builds(
    Milestone,
    tracker=st.just("github"),
    project_id=st.just(PROJECT.id),
    id=texts,
    number=counts,
    title=texts,
    description=texts,
    url=texts,
    state=st.sampled_from(["open", "closed"]),
    closed_at=st.none() | instants,
    due_on=st.none() | st.dates(),
    created_at=st.none() | instants,
    updated_at=st.none() | instants,
    open_items=counts,
    closed_items=counts,
)
receipts = st.builds(Receipt, texts, texts, texts, st.sampled_from(get_args(DocumentState)))
money = st.builds(Money.of_units, st.integers(-(10**15), 10**15), st.sampled_from(sorted(MINOR_UNITS)))
numbers = st.decimals(-999_999_999, 999_999_999, places=9)
counted = st.decimals(0, 999_999_999, places=2)
parts = st.builds(
    Part,
    kind=st.sampled_from(get_args(PartKind)),
    term=texts.map(storable),
    amount=st.builds(Money.of_units, st.integers(-(10**15), 10**15), st.just("EUR")),
    item=texts.map(storable),
    quantity=st.none() | numbers,
)
time_entries = st.builds(TimeEntry, person=texts, day=st.dates(), hours=numbers)
comments = st.builds(Comment, author=texts, at=instants, text=texts, url=texts)
labellings = st.builds(Labelling, label=texts, by=texts, at=instants, url=texts)
items = st.builds(
    WorkItem,
    number=texts,
    title=texts,
    closed=st.booleans(),
    labels=st.lists(texts, max_size=3).map(tuple),
    points=st.none() | counted,
    estimate=st.none() | counted,
    time=st.lists(time_entries, max_size=3).map(tuple),
    comments=st.lists(comments, max_size=3).map(tuple),
    labellings=st.lists(labellings, max_size=3).map(tuple),
)
each_on_one_ledger = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class TestRoundTrip:
    @each_on_one_ledger
    @given(milestone=milestones)
    def test_any_milestone_comes_back(self, ledger: Ledger, milestone: Milestone) -> None:
        ledger.record_observed(Observed(PROJECT, (milestone,), "cursor", complete=False))
        clean = replace(milestone, id=storable(milestone.id))
        # what was seen of a closing is the ledger's own
        stored = (replace(one, closed_after=None, closed_until=None) for one in ledger.milestones())
        assert clean in stored
        assert ledger.record_observed(Observed(PROJECT, (milestone,), "cursor", complete=False)) == ()

    @each_on_one_ledger
    @given(amount=money, at=instants, number=st.integers(1))
    def test_any_claim_comes_back(self, ledger: Ledger, amount: Money, at: datetime, number: int) -> None:
        draft = sample_draft(milestone_id=str(number))
        claim = replace(sample_claim(draft), amount=amount, claimed_at=at)
        known = ledger.claim(claim.reference)
        assert ledger.write_claim(claim, draft) is (known is None)
        assert ledger.claim(claim.reference) == (known or claim)

    @each_on_one_ledger
    @given(parts=st.lists(parts, min_size=1, max_size=4).map(tuple), number=st.integers(1))
    def test_any_parts_of_a_claim_come_back(self, ledger: Ledger, parts: tuple[Part, ...], number: int) -> None:
        draft = sample_draft(milestone_id=str(number))
        claim = replace(sample_claim(draft), parts=parts)
        known = ledger.claim(claim.reference)
        ledger.write_claim(claim, draft)
        assert ledger.claim(claim.reference) == (known or claim)
        assert verify(ledger) == ()

    @each_on_one_ledger
    @given(number=st.integers(1))
    def test_what_a_claim_credits_comes_back(self, ledger: Ledger, number: int) -> None:
        draft = sample_draft(milestone_id=str(number))
        claim = replace(sample_claim(draft), credits="T2I-AAAAAAAAAAAA")
        known = ledger.claim(claim.reference)
        ledger.write_claim(claim, draft)
        assert ledger.claim(claim.reference) == (known or claim)
        assert verify(ledger) == ()

    @each_on_one_ledger
    @given(key=texts, work=st.lists(items, max_size=4).map(tuple))
    def test_any_work_comes_back(self, ledger: Ledger, key: str, work: Work) -> None:
        ledger.record_work(key, work)
        assert ledger.work()[storable(key)] == work
        assert verify(ledger) == ()

    @each_on_one_ledger
    @given(data=st.data())
    def test_any_delivery_comes_back(self, ledger: Ledger, data: st.DataObject) -> None:
        draft = sample_draft()
        ledger.write_claim(sample_claim(draft), draft)
        delivery = data.draw(
            st.builds(
                Delivery,
                reference=st.just(draft.reference),
                output=st.just("books"),
                state=st.sampled_from(get_args(DeliveryState)),
                attempt=counts,
                payload=st.none() | st.binary(max_size=50),
                first_sent_at=st.none() | instants,
                sent_at=st.none() | instants,
                misses=counts,
                not_before=st.none() | instants,
                reason=texts.map(storable),
                detail=texts.map(storable),
                receipt=st.none() | receipts.map(clean_receipt),
            )
        )
        ledger.save_delivery(delivery, "tested")
        claim = ledger.claim(draft.reference)
        assert claim
        assert claim.deliveries == (delivery,)
        assert verify(ledger) == ()


def clean_receipt(receipt: Receipt) -> Receipt:
    return Receipt(storable(receipt.remote_id), storable(receipt.number), storable(receipt.url), receipt.state)
