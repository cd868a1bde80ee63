"""When a milestone counts as closed, in time and accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from tracker2invoice.mapping.accept import Closing, accept, closing_of, not_in_time
from tracker2invoice.mapping.actions import Reason, Window
from tracker2invoice.model.contract import Acceptance
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.testing.samples import sample_contract, sample_milestone

CLOSED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BETA = replace(sample_milestone("Beta"), closed_at=CLOSED, updated_at=CLOSED + timedelta(days=1), open_items=2)
EXACT = Closing(CLOSED, exact=True)


def judge(acceptance: Acceptance, now: datetime, milestone: Milestone = BETA) -> str | Reason:
    return accept(acceptance, milestone, closing_of(milestone), now)


def test_without_conditions_a_closed_milestone_counts_at_once() -> None:
    assert judge(Acceptance(), CLOSED) == "closed 2026-03-01T12:00:00Z"


def test_open_items_stop_a_contract_that_wants_all_of_them_closed() -> None:
    verdict = judge(Acceptance(all_issues_closed=True), CLOSED)
    assert verdict == Reason("items-open", "closed, but 2 items in it still open")


@pytest.mark.parametrize(("finished", "counts"), [(4, True), (3, False)])
def test_a_share_of_the_issues_is_enough_where_the_contract_says_so(finished: int, counts: bool) -> None:
    done = replace(sample_milestone(), closed_items=finished, open_items=5 - finished)
    verdict = accept(Acceptance(issues_closed=Fraction(80)), done, closing_of(done), CLOSED)
    assert isinstance(verdict, str) == counts
    assert "80 %" in (verdict if isinstance(verdict, str) else verdict.words)


def test_open_items_stop_no_other_contract() -> None:
    assert isinstance(judge(Acceptance(after=timedelta(hours=1)), CLOSED + timedelta(hours=1)), str)


def test_too_young_says_from_when_it_counts() -> None:
    verdict = judge(Acceptance(after=timedelta(hours=24)), CLOSED + timedelta(hours=24, microseconds=-1))
    assert isinstance(verdict, Reason)
    assert verdict.code == "too-young"
    assert "counts from 2026-03-02T12:00:00Z, 24 hours later" in verdict.words


def test_it_counts_from_the_very_instant_on() -> None:
    all_closed = replace(BETA, open_items=0)
    verdict = judge(
        Acceptance(all_issues_closed=True, after=timedelta(hours=24)), CLOSED + timedelta(hours=24), all_closed
    )
    assert verdict == "closed 2026-03-01T12:00:00Z, nothing in it open, for at least 24 hours"


def test_without_an_age_a_clock_behind_the_trackers_stops_nothing() -> None:
    assert isinstance(judge(Acceptance(), CLOSED - timedelta(minutes=3)), str)


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (timedelta(days=2), "2 days"),
        (timedelta(days=1), "24 hours"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(seconds=61), "61 seconds"),
    ],
)
def test_an_age_is_worded_as_one_would_say_it(after: timedelta, words: str) -> None:
    assert judge(Acceptance(after=after), CLOSED + after) == f"closed 2026-03-01T12:00:00Z, for at least {words}"


def test_without_a_closing_time_the_last_change_is_its_upper_bound_and_the_words_say_so() -> None:
    closing = closing_of(replace(BETA, closed_at=None))
    assert closing == Closing(CLOSED + timedelta(days=1), exact=False, after=BETA.created_at)
    closing = closing_of(replace(BETA, closed_at=None, created_at=None))
    assert str(closing) == "closed 2026-03-02T12:00:00Z or earlier (the tracker gives no closing time)"


def test_what_was_seen_of_a_closing_is_kept_whatever_changes_later_and_says_who_it_was() -> None:
    seen = replace(
        BETA, closed_at=None, closed_after=CLOSED, closed_until=CLOSED + timedelta(minutes=5), closed_by="ann"
    )
    closing = closing_of(seen)
    assert str(closing) == (
        "closed by ann between 2026-03-01T12:00:00Z and 2026-03-01T12:05:00Z (the tracker gives no closing time)"
    )


def test_without_any_time_the_closing_is_unknown() -> None:
    assert closing_of(replace(BETA, closed_at=None, updated_at=None)) is None


def test_the_start_counts_in_the_time_zone_of_the_contract() -> None:
    """31 December 23:30 in UTC is 1 January in Berlin and still December in New York."""
    closing = Closing(datetime(2025, 12, 31, 23, 30, tzinfo=UTC), exact=True)
    contract = replace(sample_contract(), start=date(2026, 1, 1))
    assert not_in_time(contract, closing, None) is None
    reason = not_in_time(replace(contract, timezone="America/New_York"), closing, None)
    assert reason is not None
    assert reason.code == "before-start"


def test_a_window_takes_both_its_days_and_replaces_the_start() -> None:
    contract = replace(sample_contract(), start=date(2030, 1, 1))
    assert not_in_time(contract, EXACT, Window(date(2026, 3, 1), date(2026, 3, 1))) is None
    for window in (Window(date(2026, 2, 1), date(2026, 2, 28)), Window(date(2026, 3, 2), date(2026, 3, 9))):
        reason = not_in_time(contract, EXACT, window)
        assert reason is not None
        assert reason.code == "outside-window"
