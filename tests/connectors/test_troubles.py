"""Whatever is wrong with a platform is said in words, with what to do next; nothing is lost, and nobody else waits."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest
from tests.connectors.troubles.desk import ILL, OUTPUT, WELL, Answer, CannotBe, Case, Cases, Desk, Trouble

from tracker2invoice.cli.common import DONE, FAILED, HELD, USAGE
from tracker2invoice.registry import installed, load_output

WORDS: Mapping[Trouble, tuple[str, str]] = {
    "wrong tenant": (r"tenant|organi[sz]ation|compan|administration|another mode of the account", r"t2i check"),
    "archived contact": (
        r"archived|inactive|not active|not there|deleted|disabled",
        r"restore the client|(enable|activate) it there|pin another client",
    ),
    "unknown tax code": (r"tax", r'(correct|set) tax\."S 7"'),
    "locked period": (r"lock|closed", r"open the period"),
    "currency not enabled": (
        r"currenc|billed in",
        r"enable the currency|(change|set) its currency|activate [A-Z]{3}|add a receivable account|set currencies\.",
    ),
    "invoice number taken": (r"number", r"t2i retry"),
    "revoked consent": (r"consent|credentials|token|key", r"t2i auth|t2i check"),
    "expired refresh token": (r"consent", r"t2i auth"),
    "plan without API": (r"plan", r"(renew|upgrade) the plan"),
}
"""What must be said of a trouble, and of what a person does next. Both are looked for without regard to case."""

NOBODY = {
    "erpnext": "Nobody",
    "invoiceninja": "nobody",
    "moneybird": "9999",
    "odoo": "9999",
    "quickbooks": "9999",
    "stripe": "cus_nobody",
    "tryton": "99/99",
    "xero": "00000000-0000-4000-8000-000000000000",
    "zoho": "9999",
}
"""An id that no client has there."""

PLATFORMS = [one.kind for one in installed("outputs") if load_output(one.kind).capabilities.pins_client]
"""The outputs that have clients: all but those that write files."""

CASES: Mapping[tuple[str, Trouble], Case | CannotBe] = {
    (kind, trouble): case
    for kind in PLATFORMS
    for trouble, case in import_module(f"tests.connectors.troubles.{kind}").CASES.items()
}

PAGE = Path(__file__).parents[2] / "docs" / "outputs.md"


def those(*outcomes: str) -> pytest.MarkDecorator:
    """Let a test run once for each trouble that has one of these outcomes."""
    found = [key for key, case in CASES.items() if isinstance(case, Case) and case.outcome in outcomes]
    return pytest.mark.parametrize(("kind", "trouble"), found, ids=[" ".join(one) for one in found])


@pytest.fixture
def desk(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name in [name for name in os.environ if name.startswith("T2I_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with Desk.set_up(kind, tmp_path, monkeypatch) as one:
        yield one


def case_of(kind: str, trouble: Trouble) -> Case:
    case = CASES[kind, trouble]
    assert isinstance(case, Case)
    return case


def messages(answer: Answer) -> list[str]:
    return [one["message"] for one in answer.json["troubles"]]


def assert_said(words: str, trouble: Trouble) -> None:
    assert OUTPUT in words
    for pattern in WORDS[trouble]:
        assert re.search(pattern, words, re.IGNORECASE), words


def found_by_check(desk: Desk) -> Mapping[str, str]:
    """Return the next step for everything that is not as it should be."""
    findings: list[Mapping[str, str]] = desk.t2i("check").json["findings"]
    return {one["what"]: one["next_step"] for one in findings if not one["ok"]}


def get_into(desk: Desk, trouble: Trouble, case: Case) -> Mapping[str, str]:
    """Let the trouble begin, which `check` tells if it can; return what it finds wrong without it."""
    desk.close_milestones()
    otherwise = found_by_check(desk)
    case.begin(desk)
    seen = {what: step for what, step in found_by_check(desk).items() if what not in otherwise}
    assert bool(seen) == case.beforehand, seen
    for what, step in seen.items():
        assert step
        assert re.search(WORDS[trouble][0], f"{what}: {step}", re.IGNORECASE), seen
    return otherwise


def assert_delivered_once(desk: Desk) -> None:
    """Let what was put right be delivered; what had been before is there once, too."""
    answer = desk.t2i("run")
    assert answer.code == DONE
    assert desk.there(answer) == [["draft"], ["draft"]]


@those("rejected", "held")
def test_a_draft_in_trouble_keeps_nobody_waiting_and_goes_out_once_when_that_is_put_right(
    desk: Desk, kind: str, trouble: Trouble
) -> None:
    case = case_of(kind, trouble)
    get_into(desk, trouble, case)
    answer = desk.t2i("run")
    assert answer.code == (FAILED if case.outcome == "rejected" else HELD)
    assert (answer.state(WELL), answer.state(ILL)) == ("delivered", case.outcome)
    held = desk.action(ILL)
    for words in (*messages(answer), held["reason"]):
        assert_said(words, trouble)
    case.end(desk)
    assert desk.t2i(f"{case.command} {held['reference']}").code == DONE
    assert_delivered_once(desk)


@those("waits")
def test_while_an_output_is_in_trouble_all_drafts_wait_and_each_goes_out_once_when_that_is_put_right(
    desk: Desk, kind: str, trouble: Trouble
) -> None:
    case = case_of(kind, trouble)
    otherwise = get_into(desk, trouble, case)
    answer = desk.t2i("run")
    assert answer.code in (FAILED, USAGE)
    for words in messages(answer):
        assert_said(words, trouble)
    assert (answer.state(WELL), answer.state(ILL)) == ("pending", "pending")
    assert desk.twin.documents() == []
    case.end(desk)
    assert found_by_check(desk) == otherwise
    assert_delivered_once(desk)


@pytest.mark.parametrize("kind", NOBODY)
def test_a_bill_for_a_client_who_is_not_there_is_reissued_for_the_right_one(desk: Desk, kind: str) -> None:
    desk.close_milestones()
    right, desk.clients[ILL] = desk.clients[ILL], NOBODY[kind]
    assert desk.t2i("run").code == FAILED
    refused = desk.action(ILL)
    assert "pin another client there, then `t2i reissue`" in refused["reason"]
    desk.clients[ILL] = right
    assert desk.t2i(f"reissue {refused['reference']}").code == DONE
    assert_delivered_once(desk)


def test_the_page_about_outputs_tells_of_each_platform_what_becomes_of_its_drafts() -> None:
    troubles: tuple[Trouble, ...] = get_args(Trouble)
    rows = {kind: [CASES[kind, trouble] for trouble in troubles] for kind in PLATFORMS}
    cells = {kind: [one.outcome if isinstance(one, Case) else "cannot be" for one in row] for kind, row in rows.items()}
    heading = [f"| output | {' | '.join(troubles)} |", "|---" * (len(troubles) + 1) + "|"]
    table = [*heading, *(f"| `{kind}` | {' | '.join(row)} |" for kind, row in cells.items())]
    assert "\n".join(table) in PAGE.read_text("utf-8")


@pytest.mark.parametrize("kind", PLATFORMS)
def test_every_platform_says_of_each_trouble_how_it_comes_about_or_why_it_cannot(kind: str) -> None:
    cases: Cases = import_module(f"tests.connectors.troubles.{kind}").CASES
    assert set(cases) == set(get_args(Trouble))
    for case in cases.values():
        if isinstance(case, CannotBe):
            assert case.why
            assert case.source
