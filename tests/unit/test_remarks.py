"""Texts that follow the lines of an invoice: they fit, and whatever is cut shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracker2invoice.documents.remarks import fitting, shortened


@given(st.lists(st.text(max_size=30), min_size=1, max_size=20), st.integers(20, 200))
def test_a_fitted_text_always_fits(lines: list[str], limit: int) -> None:
    assert len(fitting(lines, limit, "en").encode("utf-16-le")) // 2 <= limit


def test_a_text_is_never_cut_in_the_middle_of_a_character() -> None:
    assert shortened("😀" * 10, 10) == "😀" * 4 + "…"
