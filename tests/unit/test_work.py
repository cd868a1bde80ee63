"""The work in a milestone, as far as values can keep it right."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tracker2invoice.model.work import LONGEST_LINE, Comment, Labelling, TimeEntry, WorkItem

WRITTEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
NOBODY_COUNTED = [Decimal(text) for text in ("NaN", "sNaN", "Infinity", "1e9", "1e999999", "1e-999999")]


@pytest.mark.parametrize("number", [*NOBODY_COUNTED, Decimal(-1)], ids=str)
def test_points_and_estimates_that_cannot_be_meant_are_refused(number: Decimal) -> None:
    with pytest.raises(ValueError, match="nobody counted"):
        WorkItem("1", "Log in", closed=True, points=number)
    with pytest.raises(ValueError, match="nobody counted"):
        WorkItem("1", "Log in", closed=True, estimate=number)


@pytest.mark.parametrize("hours", NOBODY_COUNTED, ids=str)
def test_hours_that_cannot_be_meant_are_refused(hours: Decimal) -> None:
    with pytest.raises(ValueError, match="nobody counted"):
        TimeEntry("ada", date(2026, 3, 1), hours)


def test_a_correction_of_hours_is_negative_and_a_divided_hour_has_many_decimals() -> None:
    hours = Decimal(-1) / Decimal(3600)
    assert TimeEntry("ada", date(2026, 3, 1), hours).hours == hours


def test_text_that_no_database_keeps_is_replaced() -> None:
    item = WorkItem("1\0", "Log\ud800 in", closed=True, labels=("a\0",))
    assert (item.number, item.title, item.labels) == ("1\ufffd", "Log\ufffd in", ("a\ufffd",))
    assert TimeEntry("a\0da", date(2026, 3, 1), Decimal(1)).person == "a\ufffdda"
    assert Labelling("a\0", "b\0", WRITTEN, "c\0") == Labelling("a\ufffd", "b\ufffd", WRITTEN, "c\ufffd")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("accepted", "accepted"),
        ("\n \r\n accepted \r\nThank you", "accepted"),
        ("> accepted\n\naccepted", "> accepted"),
        ("accepted\x0bnot yet", "accepted\x0bnot yet"),
        ("accepted\u2028not yet", "accepted\u2028not yet"),
        ("\u202edetpecca", "\u202edetpecca"),
        ("acc\0epted", "acc\ufffdepted"),
        ("accepted" + 100_000 * "x", "accepted" + (LONGEST_LINE - 9) * "x" + "…"),
        ("accepted" + 100_000 * " " + "not", "accepted" + (LONGEST_LINE - 9) * " " + "…"),
        ("\n" * 100_000, ""),
    ],
)
def test_of_a_comment_the_first_line_is_kept_as_it_was_typed(text: str, kept: str) -> None:
    assert Comment("anna", WRITTEN, text, "").text == kept


def test_a_comment_or_labelling_of_no_instant_that_can_be_meant_is_refused() -> None:
    for at in (datetime(2026, 3, 2, 10), datetime(1, 1, 1, tzinfo=UTC)):  # noqa: DTZ001 (what is refused)
        with pytest.raises(ValueError, match="an instant"):
            Comment("anna", at, "accepted", "")
        with pytest.raises(ValueError, match="an instant"):
            Labelling("accepted", "anna", at, "")
