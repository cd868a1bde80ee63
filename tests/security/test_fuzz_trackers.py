"""Whatever a tracker or Xero answers: a reading, or an error of our tree. Never a guess, never another exception.

Every tracker that is installed takes part, so that one that is added later needs a stage.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.security.stages import ANYTHING, BROKEN, NOON, PORTAL, STAGES, Spoiler, content, github

from tracker2invoice.errors import BadAnswer, Tracker2InvoiceError, Unclear
from tracker2invoice.ledger.store import open_ledger
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.milestone import EARLIEST
from tracker2invoice.plugins import Context, Failed, Observed, Output, ProjectCursor, Unchanged
from tracker2invoice.registry import installed, load_output
from tracker2invoice.testing.samples import sample_contract, sample_draft
from tracker2invoice.testing.sandbox.server import Answer, Request
from tracker2invoice.testing.sandbox.xero import CLIENT_ID, CLIENT_SECRET, XeroSandbox
from tracker2invoice.wire import NotJson, read_instant, read_json

QUICKLY = settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


def test_every_installed_tracker_has_a_stage_here() -> None:
    assert {one.kind for one in installed("trackers")} == {name.partition(" ")[0] for name in STAGES}


@pytest.mark.parametrize("name", STAGES)
def test_a_poll_is_read_or_failed_and_never_less_than_there_is(name: str, tmp_path: Path) -> None:
    with STAGES[name](tmp_path) as (spoiler, tracker, project_id):
        whole = next(iter(tracker.poll([ProjectCursor(project_id, None)])))
        assert isinstance(whole, Observed)

        @QUICKLY
        @given(st.data())
        def poll(data: st.DataObject) -> None:
            cursor = data.draw(st.sampled_from([None, "", "[]", "{", whole.cursor]))
            spoiler.choice, spoiler.shortened = data, False
            (result,) = tracker.poll([ProjectCursor(project_id, cursor)])
            spoiler.choice = None
            assert isinstance(result, Failed | Observed | Unchanged)
            if isinstance(result, Failed):
                assert isinstance(result.error, Tracker2InvoiceError)
            if isinstance(result, Observed):
                assert len(result.milestones) == len(whole.milestones) or spoiler.shortened
                with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", lambda: NOON) as ledger:
                    ledger.record_observed(result)

        poll()


@pytest.mark.parametrize("name", STAGES)
def test_deliverables_work_and_projects_are_read_or_refused(name: str, tmp_path: Path) -> None:
    with STAGES[name](tmp_path) as (spoiler, tracker, project_id):
        (whole,) = tracker.poll([ProjectCursor(project_id, None)])
        assert isinstance(whole, Observed)

        @QUICKLY
        @given(st.data())
        def ask(data: st.DataObject) -> None:
            spoiler.choice = data
            for question in (
                lambda: tracker.deliverables(whole.milestones[0]),
                lambda: tracker.work(whole.milestones[0], EARLIEST, ("accepted",)),
                lambda: tracker.find_project(PORTAL),
                lambda: list(tracker.check([whole.project.name])),
            ):
                with suppress(Tracker2InvoiceError):
                    question()
            spoiler.choice = None

        ask()


@contextmanager
def xero(directory: Path) -> Generator[tuple[Spoiler, Output, Draft]]:
    """Hand out a Xero that has the draft already."""
    with XeroSandbox(lambda: NOON) as sandbox:
        contact = sandbox.books.add_contact("Acme GmbH")
        chosen = {
            "url": sandbox.url, "tenant": sandbox.tenant, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
            "tax": {"S 19": "OUTPUT2"},
        }  # fmt: skip
        plugin, draft = load_output("xero"), sample_draft(remote={"books": contact})
        context = Context("books", directory, lambda: NOON)
        with closing(plugin.connect(plugin.settings.model_validate(chosen), context)) as output:
            output.create(draft, output.prepare(draft), "1")
            yield Spoiler(sandbox), output, draft


def test_xero_is_understood_or_refused(tmp_path: Path) -> None:
    with xero(tmp_path) as (spoiler, output, draft):
        payload = output.prepare(draft)

        @QUICKLY
        @given(st.data())
        def ask(data: st.DataObject) -> None:
            spoiler.choice = data
            with suppress(Tracker2InvoiceError):
                output.find(draft)
            with suppress(Tracker2InvoiceError):
                assert output.create(draft, payload, "1").receipt.remote_id
            assert list(output.check([sample_contract(remote=draft.client.remote)]))
            spoiler.choice = None

        ask()


@pytest.mark.parametrize("missing", ["InvoiceID", "Type", "Status", "CurrencyCode", "Contact", "Total"])
def test_a_list_of_invoices_that_lacks_what_tells_them_apart_is_no_list(tmp_path: Path, missing: str) -> None:
    with xero(tmp_path) as (spoiler, output, draft):
        truly = spoiler.sandbox.respond

        def respond(request: Request) -> Answer | None:
            answer: Any = truly(request)
            body = json.loads(answer.body)
            for invoice in body.get("Invoices", ()):
                del invoice[missing]
            return Answer(answer.status, body)

        spoiler.sandbox.respond = respond  # type: ignore[method-assign]
        with pytest.raises(BadAnswer):
            output.find(draft)
        with pytest.raises(Unclear):
            output.create(draft, output.prepare(draft), "1")


@QUICKLY
@given(
    st.text(max_size=60)
    | st.from_regex(r"\w{3}, \d+ \w{3} \d+ \d+:\d+:\d+ [+-]\d+|\d+-\d\d-\d\dT\d\d:\d\d[+-]\d\d:\d\d")
)
def test_an_instant_in_a_header_is_one_in_utc_or_none(text: str) -> None:
    found = read_instant(text, NOON)
    assert found is None or found.utcoffset() == NOON.utcoffset()


@pytest.mark.parametrize("text", [
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "Mon, 01 Jan 2024 00:00:00 +9999999999999",
    "Mon, 01 Jan 99999999999 00:00:00 GMT",
])  # fmt: skip
def test_an_instant_beyond_the_calendar_is_none(text: str) -> None:
    assert read_instant(text, NOON) is None


@QUICKLY
@given(st.binary(max_size=60) | BROKEN | ANYTHING.map(lambda value: json.dumps(value).encode()))
def test_a_body_is_json_or_not_and_nothing_else_happens(body: bytes) -> None:
    found = read_json(body)
    assert isinstance(found, NotJson) or found is None or isinstance(found, str | int | Decimal | list | dict)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", 2**63), ("number", 0), ("open_issues", -1), ("closed_issues", 2**64),
        ("closed_at", "9999-12-31T23:59:59Z"), ("updated_at", "0001-01-01T00:00:00Z"),
    ],
)  # fmt: skip
def test_numbers_and_instants_that_cannot_be_meant_fail_the_poll(tmp_path: Path, name: str, value: object) -> None:
    with github(tmp_path) as (spoiler, tracker, project_id):
        truly = spoiler.sandbox.respond

        def respond(request: Request) -> Answer | None:
            answer: Any = truly(request)
            return Answer(200, [{**one, name: value} for one in content(answer)])

        spoiler.sandbox.respond = respond  # type: ignore[method-assign]
        (result,) = tracker.poll([ProjectCursor(project_id, None)])
    assert isinstance(result, Failed)
    assert isinstance(result.error, BadAnswer)


def test_a_list_without_an_end_fails_the_poll(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker2invoice_github.listing.MOST_PAGES", 5)
    with github(tmp_path) as (spoiler, tracker, project_id):
        truly = spoiler.sandbox.respond

        def respond(request: Request) -> Answer | None:
            answer: Any = truly(request)
            page = int(request.query.get("page", "1"))
            link = f'<{spoiler.sandbox.url}{request.path}?state=all&page={page + 1}>; rel="next"'
            return Answer(200, answer.body, {"Link": link})

        spoiler.sandbox.respond = respond  # type: ignore[method-assign]
        (result,) = tracker.poll([ProjectCursor(project_id, None)])
    assert isinstance(result, Failed)
    assert "no end" in str(result.error)
