"""Numbers survive the wire exactly, and a header is an instant or nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker2invoice.wire import read_instant, read_json, write_json

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_a_decimal_survives_json_unchanged(number: Decimal) -> None:
    assert read_json(write_json({"n": [number]}).encode()) == {"n": [number]}


def test_a_float_is_never_written() -> None:
    with pytest.raises(TypeError):
        write_json([0.1])


@given(st.text(max_size=40))
def test_any_header_is_an_instant_or_nothing(value: str) -> None:
    instant = read_instant(value, NOW)
    assert instant is None or instant.tzinfo is not None


@pytest.mark.parametrize(
    "value", ["60", "1772443860", "Mon, 02 Mar 2026 09:31:00 GMT", "2026-03-02T09:31:00Z", "2026-03-02T10:31:00+01:00"]
)
def test_an_instant_is_understood_however_a_system_writes_it(value: str) -> None:
    # RFC 9110 10.2.3 has the first and the third; Moneybird, GitHub and Jira send the others
    assert read_instant(value, NOW) == NOW + timedelta(seconds=60)
