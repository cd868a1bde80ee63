"""What holds whatever people, trackers, outputs, clocks and power cuts do, in any order."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from tests.engine.model.explore import SETTINGS
from tests.engine.model.machine import business_in
from tests.memory import folder_in_memory


def test_whatever_happens_each_term_is_billed_once_and_nothing_is_forgotten() -> None:
    """A small selection, the same ones every time; `python -m tests.engine.model` runs as many as one likes.

    What fails is shrunk and printed as the steps that lead there, followed by a `@reproduce_failure` line: put that
    above the class in a copy of this test, and only that example is run.
    """
    few = settings(SETTINGS, max_examples=60, derandomize=True, print_blob=True)
    with folder_in_memory() as directory:
        run_state_machine_as_test(business_in(directory), settings=few)
