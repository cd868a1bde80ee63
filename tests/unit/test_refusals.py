"""What a person is told to do about a refusal."""

from __future__ import annotations

from tracker2invoice.errors import Rejected
from tracker2invoice.plugins import Finding
from tracker2invoice.refusals import explained


def test_a_refusal_is_told_with_the_next_steps_of_what_check_finds_wrong_and_no_others() -> None:
    found = [Finding(ok=True, what="tax S 19"), Finding(ok=False, what="tax S 7", next_step='correct tax."S 7"')]
    assert explained(Rejected("books", "Tax is odd."), found).detail == 'Tax is odd; correct tax."S 7"'


def test_a_refusal_of_which_check_knows_nothing_is_told_as_it_is() -> None:
    assert explained(Rejected("books", "No"), []).detail == "No"
