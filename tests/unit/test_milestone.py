"""Text from a tracker is kept as typed, unless nothing could store it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker2invoice.model.milestone import Deliverable, Project

LONE_SURROGATE = json.loads(r'"Phase \ud800 1"')


@pytest.mark.parametrize(("typed", "kept"), [("a\x00b", "a\ufffdb"), (LONE_SURROGATE, "Phase \ufffd 1")])
def test_what_no_database_can_hold_is_replaced_where_it_enters(typed: str, kept: str) -> None:
    deliverable = Deliverable("issue", "1", typed, "https://x.example", None, (typed,))
    assert (deliverable.title, deliverable.assignees) == (kept, (kept,))


@given(st.text())
def test_every_text_can_be_stored_and_all_else_stays(text: str) -> None:
    name = Project("github", "1", text, "").name
    name.encode()
    assert "\x00" not in name
    assert name == text.replace("\x00", "\ufffd")
