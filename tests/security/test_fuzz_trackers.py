"""Whatever a tracker or Xero answers: a reading, or an error of our tree. Never a guess, never another exception.

The trackers are those that are installed and have a sandbox, so that one that is added later takes part by itself.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker2invoice.errors import BadAnswer, Tracker2InvoiceError, Unclear
from tracker2invoice.ledger.store import open_ledger
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Context, Failed, Observed, Output, ProjectCursor, Tracker, Unchanged
from tracker2invoice.registry import installed, load_output, load_tracker
from tracker2invoice.testing.samples import sample_contract, sample_draft
from tracker2invoice.testing.sandbox.github import TOKEN, GitHubSandbox
from tracker2invoice.testing.sandbox.server import Answer, Request, Sandbox
from tracker2invoice.testing.sandbox.xero import CLIENT_ID, CLIENT_SECRET, XeroSandbox
from tracker2invoice.wire import NotJson, read_instant, read_json

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
QUICKLY = settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip

ODD: st.SearchStrategy[Any] = st.sampled_from([
    None, True, -1, 0, 2**31, 2**63, 2**64, 10**400, 1.5, 1e308, "", "0", "\x00", "\ud800", "x" * 100_000, [], {}, [[]],
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0000-00-00T00:00:00Z", "2026-02-30", "-1", "1e999999",
    "2026-01-01T00:00:00", "NaN", "closed ", "javascript:alert(1)", "2026-11-23T12:00:00+99:99", [None],
])  # fmt: skip
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20) | ODD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
BROKEN = st.sampled_from([
    b"", b"{", b"[1,", b"\xff\xfe", b"<html>", b"[" * 100_000, b"9" * 100_000, b"1e99999999999999999999", b"NaN",
    b'"\\ud800"', b'{"a":1,"a":2}', b"\xef\xbb\xbf[]",
])  # fmt: skip


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to every value inside."""
    pairs: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value).items()
    elif isinstance(value, list):
        pairs = enumerate(cast("list[object]", value))
    for key, inner in pairs:
        yield (*path, key)
        yield from places(inner, (*path, key))


def content(answer: Answer) -> Any:
    """Return the JSON of an answer, to be changed at will."""
    return json.loads(answer.body) if isinstance(answer.body, bytes) and answer.body else deepcopy(answer.body)


@dataclass
class Spoiler:
    """Changes the answers of a sandbox as hypothesis says; None in `choice` leaves them as they are."""

    sandbox: Sandbox
    choice: st.DataObject | None = None
    shortened: bool = False
    """Whether the latest answer may truly say less than before."""

    def __post_init__(self) -> None:
        self._truly = self.sandbox.respond
        self.sandbox.respond = self.respond  # type: ignore[method-assign]

    def respond(self, request: Request) -> Answer | None:
        answer = self._truly(request)
        if self.choice is None or answer is None or "token" in request.path:
            return answer
        return self._spoil(answer, self.choice)

    def _spoil(self, answer: Answer, choice: st.DataObject) -> Answer:
        body = content(answer)
        match choice.draw(st.sampled_from(["drop", "change", "change", "wrap", "replace", "break", "head"])):
            case "replace":
                self.shortened = True
                body = choice.draw(ANYTHING)
            case "break":
                return Answer(answer.status, choice.draw(BROKEN), {"Content-Type": "application/json"})
            case "wrap":
                self.shortened = True
                body = choice.draw(st.sampled_from([[body], {"data": body}, {"items": [body]}, [body, body]]))
            case "head":
                names = st.sampled_from(
                    ["Link", "ETag", "Retry-After", "Location", "x-ratelimit-reset", "Content-Type"]
                )
                value = choice.draw(
                    st.sampled_from(['<http://[>; rel="next"', "<x>", "\xff", "9" * 400, "", "0001-01-01"])
                )
                headers = {**answer.headers, choice.draw(names): value}
                return Answer(choice.draw(st.sampled_from([200, 204, 301, 403, 429, 500, 304])), answer.body, headers)
            case how:
                ways = list(places(body))
                if ways:
                    self._change(body, choice.draw(st.sampled_from(ways)), None if how == "drop" else choice.draw(ODD))
        return Answer(answer.status, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _change(self, body: Any, way: tuple[str | int, ...], value: object) -> None:
        *above, last = way
        for step in above:
            body = body[step]
        if value is None:
            self.shortened = self.shortened or isinstance(last, int)
            del body[last]
        else:
            body[last] = value


@contextmanager
def github(directory: Path) -> Generator[tuple[Spoiler, Tracker, str]]:
    with GitHubSandbox(lambda: NOON) as sandbox:
        project_id = sandbox.github.add_repository("acme/portal")
        for title in ("Design", "Beta"):
            number = sandbox.github.add_milestone("acme/portal", title)
            sandbox.github.add_issue("acme/portal", "Search", number)
            sandbox.github.close_milestone("acme/portal", number)
        plugin = load_tracker("github")
        chosen = plugin.settings.model_validate({"url": sandbox.url, "token": TOKEN})
        with closing(plugin.connect(chosen, Context("github", directory, lambda: NOON))) as tracker:
            yield Spoiler(sandbox), tracker, str(project_id)


STAGES = {"github": github}
TRACKERS = [one.kind for one in installed("trackers")]


def test_every_installed_tracker_has_a_stage_here() -> None:
    assert sorted(TRACKERS) == sorted(STAGES)


@pytest.mark.parametrize("kind", TRACKERS)
def test_a_poll_is_read_or_failed_and_never_less_than_there_is(kind: str, tmp_path: Path) -> None:
    with STAGES[kind](tmp_path) as (spoiler, tracker, project_id):
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
                assert result.milestones or not result.complete or "empty" in data.draw(st.just("empty"))

        poll()


@pytest.mark.parametrize("kind", TRACKERS)
def test_deliverables_work_and_projects_are_read_or_refused(kind: str, tmp_path: Path) -> None:
    with STAGES[kind](tmp_path) as (spoiler, tracker, project_id):
        (whole,) = tracker.poll([ProjectCursor(project_id, None)])
        assert isinstance(whole, Observed)

        @QUICKLY
        @given(st.data())
        def ask(data: st.DataObject) -> None:
            spoiler.choice = data
            for question in (
                lambda: tracker.deliverables(whole.milestones[0]),
                lambda: tracker.work(whole.milestones[0]),
                lambda: tracker.find_project("acme/portal"),
                lambda: list(tracker.check(["acme/portal"])),
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
