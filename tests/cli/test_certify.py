"""`certify`: the client accepts a part of a closed milestone now and the rest later, told with the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import World


@pytest.fixture
def certified(world: World) -> World:
    """A closed milestone of 18000.00 of which anna or ben certify how much is done."""
    world.configure('outputs = ["files", "books"]', 'outputs = ["files"]')
    world.configure("accept = { all_issues_closed = true }", 'accept = { by = ["anna", "ben"] }')
    world.configure('percent = "30"', 'percent = "30"\n  progress = "certified"')
    world.stage.close("Design")
    return world


def documents(world: World) -> list[Any]:
    """Return the documents in the folder, in the order of their issue dates."""
    return sorted((json.loads(path.read_text()) for path in world.invoices.glob("*.json")), key=by_date)


def by_date(document: Any) -> str:
    return str(document["issue_date"])


def test_a_part_is_accepted_now_and_the_rest_later(certified: World) -> None:
    world = certified
    waiting = world.t2i("run")
    assert waiting.code == 3
    assert "waits for anna or ben to certify how much of it is done" in waiting.words
    assert "t2i certify acme-portal design PERCENT --by NAME" in waiting.words

    said = world.t2i("certify", "acme-portal", "design", "60", "--by", "anna", "--note", "all but the search")
    assert said.code == 0
    assert "anna certified 60 % of design of acme-portal." in said.words
    assert "10800.00 EUR" in said.words
    assert world.t2i("run").code == 0
    assert world.t2i("run").code == 0

    world.advance(days=30)
    world.t2i("certify", "acme-portal", "design", "100", "--by", "ben")
    world.t2i("run")
    first, second = documents(world)
    assert [one["totals"]["net"] for one in (first, second)] == ["10800.00", "7200.00"]
    assert [len(one["lines"][0]["deliverables"]) for one in (first, second)] == [4, 0]
    [evidence] = first["certified_by"]
    assert evidence == {
        "contract": "acme-portal",
        "term": "design",
        "percent": "60",
        "by": "anna",
        "at": "2026-11-23T12:00:00Z",
        "note": "all but the search",
    }
    [basis] = [line["basis"] for line in second["lines"]]
    assert basis.startswith(
        "100 % of 18000.00 EUR certified by ben at 2026-12-23T12:00:00Z = 18000.00 EUR, less 10800.00"
    )

    told = world.t2i("explain", "github:acme/portal", "Design", "--json")
    assert told.json["certified_by"][first["reference"]] == [evidence]
    story = world.t2i("explain", "github:acme/portal", "Design")
    assert "term.certified design 60 anna all but the search" in story.words
    assert "anna 2026-11-23 12:00:00 design 60 all but the search" in story.words
    [contract] = world.t2i("status", "--json").json["contracts"]
    assert (contract["billed"], contract["terms"][0]["state"]) == ("18000.00", "delivered")
    applications = world.t2i("statement", "acme-portal", "--all", "--json").json["applications"]
    columns = [[one["items"][0][name] for name in ("previous", "this_period", "completed")] for one in applications]
    assert columns == [["0.00", "10800.00", "10800.00"], ["10800.00", "7200.00", "18000.00"]]
    assert world.t2i("ledger", "verify").code == 0


def test_less_than_was_billed_is_told_and_nothing_is_taken_back(certified: World) -> None:
    certified.t2i("run")
    certified.t2i("certify", "acme-portal", "design", "60", "--by", "anna")
    certified.t2i("run")
    said = certified.t2i("certify", "acme-portal", "design", "40", "--by", "anna", "--json")
    assert said.code == 0
    assert said.json["certified"]["percent"] == "40"
    assert [one["reason"].partition(":")[0] for one in said.json["actions"]] == ["already-billed", "no-progress"]
    assert "nothing is taken back" in said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["acme-portal", "design", "100.01"], "PERCENT is a number from 0 to 100, such as 60 or 62.5."),
        (["acme-portal", "design", "sixty"], "PERCENT is a number from 0 to 100"),
        (["acme-portal", "design", "NaN"], "PERCENT is a number from 0 to 100"),
        (["acme", "design", "60"], "no contract has this id; configured: acme-portal"),
        (["acme-portal", "search", "60"], "the contract has no such term; it has design, beta, acceptance"),
        (
            ["acme-portal", "beta", "60"],
            'nobody certifies this term; write progress = "certified" in it if somebody should',
        ),
        (["acme-portal", "design", "60", "--by", "eve"], "--by has to be anna or ben, as the contract says"),
    ],
)
def test_what_cannot_be_certified_is_refused_with_what_to_do(
    certified: World, arguments: list[str], words: str
) -> None:
    by = [] if "--by" in arguments else ["--by", "anna"]
    said = certified.t2i("certify", *arguments, *by, "--json")
    assert (said.code, said.json["error"]) == (2, "UsageError")
    assert words in said.json["message"]
    certified.t2i("run")
    assert documents(certified) == []


def test_before_anything_of_it_was_certified_status_says_who_is_waited_for(certified: World) -> None:
    certified.t2i("run")
    [contract] = certified.t2i("status", "--json").json["contracts"]
    assert [one["reason"].partition(":")[0] for one in contract["waiting"]] == ["not-certified"]
    certified.t2i("certify", "acme-portal", "design", "60", "--by", "anna")
    certified.t2i("run")
    [contract] = certified.t2i("status", "--json").json["contracts"]
    assert [one["reason"].partition(":")[0] for one in contract["waiting"]] == ["partly-certified"]
    assert (contract["terms"][0]["state"], contract["billed"]) == ("begun", "10800.00")


def test_of_a_term_without_a_milestone_nobody_waits_until_something_of_it_is_done(certified: World) -> None:
    certified.configure('  milestone = "Design*"\n', "")
    assert certified.t2i("run").code == 0
    [contract] = certified.t2i("status", "--json").json["contracts"]
    assert [one["reason"].partition(":")[0] for one in contract["waiting"]] == ["no-term"]
    certified.t2i("certify", "acme-portal", "design", "50", "--by", "ben")
    certified.t2i("run")
    [contract] = certified.t2i("status", "--json").json["contracts"]
    assert [one["reason"].partition(":")[0] for one in contract["waiting"]] == ["no-term"]
    [document] = documents(certified)
    assert (document["totals"]["net"], document["lines"][0]["deliverables"]) == ("9000.00", [])
    assert document["why"]["accepted"] == "closed 2026-11-23T12:00:00Z by ben"
