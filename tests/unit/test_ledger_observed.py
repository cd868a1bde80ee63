"""What the ledger remembers of projects, polls and milestones, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.ledger import schema
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.ledger.verify import verify
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.plugins import Observed, Unchanged
from tracker2invoice.testing.samples import NOW

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

LABEL = "github:acme/portal"
PROJECT = Project("github", "1296269", "acme/portal", "https://github.com/acme/portal")
BETA = Milestone(
    tracker="github",
    project_id="1296269",
    id="1002604",
    number=1,
    title="Beta",
    description="",
    url="https://github.com/acme/portal/milestone/1",
    state="open",
    closed_at=None,
    due_on=date(2026, 3, 31),
    created_at=NOW,
    updated_at=NOW,
    open_items=2,
    closed_items=3,
)
CLOSED = replace(BETA, state="closed", closed_at=NOW, open_items=0, closed_items=5)
DESIGN = replace(BETA, id="1002605", number=2, title="Design")


def observed(*milestones: Milestone, cursor: str = "one", complete: bool = True) -> Observed:
    return Observed(PROJECT, milestones, cursor, complete)


def kinds(ledger: Ledger) -> list[str]:
    return [entry.kind for entry in ledger.journal()]


def dump(ledger: Ledger) -> dict[str, list[tuple[object, ...]]]:
    with ledger.database.read() as connection:
        return {
            name: [tuple(row) for row in connection.execute(table.select())]
            for name, table in schema.metadata.tables.items()
        }


class TestProjects:
    def test_a_project_is_found_by_the_name_it_is_configured_under(self, ledger: Ledger) -> None:
        ledger.pin_project(LABEL, PROJECT)
        assert ledger.projects() == {LABEL: PROJECT}

    def test_a_pinned_name_never_moves_to_another_project(self, ledger: Ledger) -> None:
        ledger.pin_project(LABEL, PROJECT)
        ledger.pin_project(LABEL, replace(PROJECT, id="666"))
        assert ledger.projects() == {LABEL: PROJECT}

    def test_a_renamed_project_keeps_its_configured_name(self, ledger: Ledger) -> None:
        ledger.pin_project(LABEL, PROJECT)
        renamed = replace(PROJECT, name="acme/shop", url="https://github.com/acme/shop")
        ledger.record_observed(Observed(renamed, (), "one", complete=True))
        assert ledger.projects() == {LABEL: renamed}
        assert kinds(ledger) == ["project.pinned", "project.renamed"]


class TestObserving:
    def test_what_was_seen_is_remembered(self, ledger: Ledger) -> None:
        assert ledger.record_observed(observed(BETA, DESIGN)) == (BETA, DESIGN)
        assert ledger.milestones() == (BETA, DESIGN)

    @pytest.mark.parametrize(
        ("before", "now", "kind"),
        [
            (BETA, CLOSED, "milestone.closed"),
            (CLOSED, BETA, "milestone.reopened"),
            (BETA, replace(BETA, title="Beta 2"), "milestone.changed"),
            (CLOSED, replace(CLOSED, closed_at=NOW + timedelta(hours=1)), "milestone.changed"),
        ],
    )
    def test_each_change_is_journalled_under_its_name(
        self, ledger: Ledger, before: Milestone, now: Milestone, kind: str
    ) -> None:
        ledger.record_observed(observed(before, DESIGN))
        assert ledger.record_observed(observed(now, DESIGN)) == (now,)
        assert ledger.milestones() == (now, DESIGN)
        assert [entry.kind for entry in ledger.journal(BETA.key)] == ["milestone.seen", kind]

    def test_a_milestone_missing_from_a_complete_reading_is_gone_until_it_is_seen_again(self, ledger: Ledger) -> None:
        ledger.record_observed(observed(BETA, DESIGN))
        assert ledger.record_observed(observed(DESIGN)) == (BETA,)
        assert ledger.gone() == {BETA.key}
        assert ledger.record_observed(observed(DESIGN)) == ()
        assert ledger.record_observed(observed(BETA, DESIGN)) == (BETA,)
        assert ledger.gone() == frozenset()
        told = [entry.kind for entry in ledger.journal(BETA.key)]
        assert told == ["milestone.seen", "milestone.gone", "milestone.seen"]

    def test_a_milestone_missing_from_an_incomplete_reading_is_still_there(self, ledger: Ledger) -> None:
        ledger.record_observed(observed(BETA, DESIGN))
        assert ledger.record_observed(observed(CLOSED, complete=False)) == (CLOSED,)
        assert ledger.gone() == frozenset()
        assert ledger.milestones() == (CLOSED, DESIGN)

    def test_a_reading_of_one_project_leaves_the_others_alone(self, ledger: Ledger) -> None:
        other = replace(BETA, project_id="2")
        ledger.record_observed(Observed(replace(PROJECT, id="2"), (other,), "one", complete=True))
        ledger.record_observed(observed())
        assert (ledger.milestones(), ledger.gone()) == ((other,), frozenset())

    def test_the_cursor_is_that_of_the_last_complete_poll(self, ledger: Ledger) -> None:
        assert ledger.cursors("github") == {}
        ledger.record_observed(observed(cursor="one"))
        ledger.record_unchanged("github", [Unchanged(PROJECT.id, "two")])
        ledger.record_failed("github", PROJECT.id, "Unreachable: github: timed out")
        assert ledger.cursors("github") == {PROJECT.id: "two"}

    @pytest.mark.parametrize("how", ["observed", "unchanged"])
    def test_a_poll_without_changes_touches_only_its_cursor(self, ledger: Ledger, clock: FrozenClock, how: str) -> None:
        ledger.pin_project(LABEL, PROJECT)
        ledger.record_observed(observed(BETA, CLOSED, cursor="one"))
        before = dump(ledger)
        clock.advance(timedelta(minutes=5))
        if how == "observed":
            assert ledger.record_observed(observed(BETA, CLOSED, cursor="two")) == ()
        else:
            ledger.record_unchanged("github", [Unchanged(PROJECT.id, "two")])
        after = dump(ledger)
        assert [name for name in before if before[name] != after[name]] == ["cursor"]

    def test_failed_polls_in_a_row_are_counted_and_told_until_the_next_good_one(self, ledger: Ledger) -> None:
        ledger.pin_project(LABEL, PROJECT)
        ledger.record_observed(observed(BETA))
        assert ledger.unread() == {}
        ledger.record_failed("github", PROJECT.id, "Unreachable: github: timed out")
        ledger.record_failed("github", PROJECT.id, "RateLimited: github: 429")
        assert ledger.unread() == {LABEL: "RateLimited: github: 429 (2 polls in a row)"}
        assert ledger.milestones() == (BETA,)
        ledger.record_unchanged("github", [Unchanged(PROJECT.id, "two")])
        assert ledger.unread() == {}

    def test_a_poll_that_fails_first_of_all_is_told(self, ledger: Ledger) -> None:
        ledger.pin_project(LABEL, PROJECT)
        ledger.record_failed("github", PROJECT.id, "AccessDenied: github: 401")
        assert ledger.unread() == {LABEL: "AccessDenied: github: 401"}

    @pytest.mark.parametrize(
        "title", ["Übergabe ☃ 請求書 🚀", "'; DROP TABLE claim; --", "a\u202eb\u0301", "=1+1\r\n\t"]
    )
    def test_a_title_is_kept_as_it_is(self, ledger: Ledger, title: str) -> None:
        named = replace(BETA, title=title)
        ledger.record_observed(observed(named))
        assert ledger.milestones() == (named,)

    @pytest.mark.parametrize("foreign", ["a\0b", "a\ud800b"])
    def test_what_no_database_keeps_is_replaced_and_is_no_change_the_next_time(
        self, ledger: Ledger, foreign: str
    ) -> None:
        odd = replace(BETA, id=foreign, title=foreign)
        ledger.record_observed(observed(odd))
        assert [(one.id, one.title) for one in ledger.milestones()] == [("a\ufffdb", "a\ufffdb")]
        assert ledger.record_observed(observed(odd)) == ()

    def test_a_failure_told_in_odd_characters_is_kept(self, ledger: Ledger) -> None:
        ledger.pin_project(LABEL, PROJECT)
        ledger.record_failed("github", PROJECT.id, "BadAnswer: \0\ud800")
        assert ledger.unread() == {LABEL: "BadAnswer: \ufffd\ufffd"}

    def test_a_project_with_thousands_of_milestones_is_one_reading(self, ledger: Ledger) -> None:
        many = tuple(replace(BETA, id=str(number), number=number) for number in range(3000))
        assert ledger.record_observed(observed(*many)) == many
        assert ledger.milestones() == many
        assert len(kinds(ledger)) == 3000
        assert verify(ledger) == ()


class TestClosingsWithoutATime:
    """What is kept of a closing if the tracker does not tell when it was."""

    def test_it_was_closed_between_the_two_polls_that_saw_it_open_and_closed(
        self, ledger: Ledger, clock: FrozenClock
    ) -> None:
        ledger.record_observed(observed(UNTIMED_OPEN))
        seen_open = clock()
        clock.advance(timedelta(minutes=5))
        ledger.record_observed(observed(UNTIMED))
        assert closing_in(ledger) == (seen_open, clock())
        assert verify(ledger) == ()

    def test_a_poll_without_changes_saw_it_open_too(self, ledger: Ledger, clock: FrozenClock) -> None:
        ledger.record_observed(observed(UNTIMED_OPEN))
        clock.advance(timedelta(minutes=5))
        ledger.record_unchanged("github", [Unchanged(PROJECT.id, "two")])
        clock.advance(timedelta(minutes=5))
        ledger.record_observed(observed(UNTIMED))
        assert closing_in(ledger) == (clock() - timedelta(minutes=5), clock())

    def test_its_last_change_is_a_closer_bound_and_later_changes_move_nothing(
        self, ledger: Ledger, clock: FrozenClock
    ) -> None:
        ledger.record_observed(observed(UNTIMED_OPEN))
        seen_open = clock()
        clock.advance(timedelta(hours=5))
        changed = clock() - timedelta(hours=2)
        ledger.record_observed(observed(replace(UNTIMED, updated_at=changed)))
        clock.advance(timedelta(days=9))
        ledger.record_observed(observed(replace(UNTIMED, title="Beta 2", updated_at=clock())))
        assert closing_in(ledger) == (seen_open, changed)

    def test_one_that_was_closed_at_first_sight_has_its_last_change_or_nothing(
        self, ledger: Ledger, clock: FrozenClock
    ) -> None:
        changed = clock() - timedelta(days=400)
        undated = replace(DESIGN, state="closed", updated_at=None)
        ledger.record_observed(observed(replace(UNTIMED, updated_at=changed), undated))
        assert [(one.closed_after, one.closed_until) for one in ledger.milestones()] == [(None, changed), (None, None)]

    def test_one_that_is_closed_again_was_closed_again(self, ledger: Ledger, clock: FrozenClock) -> None:
        for reading in (UNTIMED_OPEN, UNTIMED, UNTIMED_OPEN, UNTIMED):
            clock.advance(timedelta(hours=1))
            ledger.record_observed(observed(reading))
        assert closing_in(ledger) == (clock() - timedelta(hours=1), clock())


UNTIMED_OPEN = replace(BETA, updated_at=None)
UNTIMED = replace(UNTIMED_OPEN, state="closed")


def closing_in(ledger: Ledger) -> tuple[datetime | None, datetime | None]:
    """Return between which instants the only milestone was closed."""
    (milestone,) = ledger.milestones()
    return milestone.closed_after, milestone.closed_until
