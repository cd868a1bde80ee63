"""The JSON that scripts outside the project read: every key, its type, and nothing else on stdout (docs/cli.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tracker2invoice.model.currency import MINOR_UNITS

if TYPE_CHECKING:
    from tests.cli.conftest import Answer, World

Check = Callable[[Any], bool]
KINDS = {"bill", "hold", "credit", "withdraw", "release", "none"}
STATES = {"planned", "pending", "sending", "delivered", "rejected", "held", "gone"}


def matches(pattern: str) -> Check:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value, re.DOTALL) is not None


def maybe(check: Check) -> Check:
    return lambda value: value is None or check(value)


def one_of(values: set[str]) -> Check:
    return lambda value: value in values


text = matches(r".+")
reason = matches(r"[a-z]+(-[a-z]+)*: \S.*")
address = matches(r"https?://\S+")


def instant(value: Any) -> bool:
    """RFC 3339, section 5.6, in UTC with Z."""
    if not matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")(value):
        return False
    datetime.fromisoformat(value)
    return True


def amount(value: Any, currency: str) -> bool:
    """A string with exactly the decimals that ISO 4217 gives the currency."""
    digits = MINOR_UNITS[currency]
    return matches(rf"-?\d+\.\d{{{digits}}}" if digits else r"-?\d+")(value)


MILESTONE: Mapping[str, Check] = {"key": text, "title": text, "url": address, "closed_at": maybe(instant)}
OUTPUT: Mapping[str, Check] = {
    "output": text,
    "state": one_of(STATES),
    "url": maybe(text),
    "document": maybe(matches(r"T2I-[A-Z2-7]{12}")),
}
TERM: Mapping[str, Check] = {
    "id": text,
    "state": one_of({"open", "held", "billed", "delivered"}),
    "milestone": maybe(text),
}
ACTION: Mapping[str, Check] = {
    "action": one_of(KINDS),
    "contract": maybe(text),
    "term": maybe(text),
    "project": maybe(text),
    "milestone": lambda value: value is None or fits(value, MILESTONE),
    "currency": maybe(matches("[A-Z]{3}")),
    "reason": reason,
    "command": maybe(matches(r"t2i .+")),
    "reference": maybe(matches(r"T2I-[A-Z2-7]{12}")),
    "outputs": lambda value: all(fits(one, OUTPUT) for one in value),
}
CONTRACT_AMOUNTS = ("price", "change_orders", "billed", "retained", "paid", "open")


def fits(value: Any, shape: Mapping[str, Check]) -> bool:
    assert shape.keys() - value.keys() == set()
    assert {key: value[key] for key, check in shape.items() if not check(value[key])} == {}
    return True


def check_action(action: Any) -> None:
    assert fits(action, ACTION)
    assert "amount" in action
    assert (action["amount"] is None) == (action["currency"] is None)
    assert action["amount"] is None or amount(action["amount"], action["currency"])
    if action["action"] == "bill":
        assert action["amount"] is not None
        assert action["reference"] is not None
        assert action["milestone"]["closed_at"] is not None
        assert action["outputs"] != []
    if action["action"] == "hold":
        assert action["command"] is not None


def check_report(answer: Answer) -> list[dict[str, Any]]:
    report = answer.json
    assert fits(report, {"plan_hash": matches("[0-9a-f]{64}"), "as_of": instant, "troubles": lambda one: one == []})
    for action in report["actions"]:
        check_action(action)
    actions: list[dict[str, Any]] = report["actions"]
    return actions


def check_status(answer: Answer) -> list[dict[str, Any]]:
    contracts: list[dict[str, Any]] = answer.json["contracts"]
    for contract in contracts:
        assert fits(contract, {"id": text, "client": text, "currency": matches("[A-Z]{3}")})
        currency = contract["currency"]
        assert [name for name in CONTRACT_AMOUNTS if not amount(contract[name], currency)] == []
        for term in contract["terms"]:
            assert fits(term, TERM)
            assert amount(term["amount"], currency)
        for action in contract["waiting"]:
            check_action(action)
    return contracts


COMMANDS = [
    ("plan",),
    ("run", "--dry-run"),
    ("run",),
    ("backfill", "--since", "2026-01-01", "--until", "2026-12-31", "--dry-run"),
    ("backfill", "--since", "2026-01-01", "--until", "2026-12-31"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_plan_has_its_promised_shape_whatever_carries_it(world: World, command: tuple[str, ...]) -> None:
    world.stage.close("Design")
    answer = world.t2i(*command, "--json")
    actions = check_report(answer)
    assert [(one["action"], one["term"], one["amount"], one["currency"]) for one in actions] == [
        ("bill", "design", "18000.00", "EUR"),
        ("none", "beta", "30000.00", "EUR"),
        ("none", "acceptance", "12000.00", "EUR"),
    ]
    assert answer.code == 0


def test_the_milestone_of_an_action_says_what_it_is_and_when_it_was_closed(world: World) -> None:
    world.stage.close("Design")
    (bill,) = [one for one in check_report(world.t2i("plan", "--json")) if one["action"] == "bill"]
    assert bill["milestone"]["title"] == "Design"
    assert bill["milestone"]["closed_at"] == "2026-11-23T12:00:00Z"
    assert bill["project"] == "github:acme/portal"
    assert bill["outputs"] == [
        {"output": "files", "state": "planned", "url": None, "document": bill["reference"]},
        {"output": "books", "state": "planned", "url": None, "document": bill["reference"]},
    ]


def test_after_a_run_the_outputs_say_delivered_and_where(world: World) -> None:
    world.stage.close("Design")
    (bill,) = [one for one in check_report(world.t2i("run", "--json")) if one["action"] == "bill"]
    outputs = {one["output"]: one for one in bill["outputs"]}
    assert {name: one["state"] for name, one in outputs.items()} == {"files": "delivered", "books": "delivered"}
    assert outputs["books"]["url"].startswith(world.stage.xero.url)
    assert (world.invoices / f"{bill['reference']}.json").exists()


def test_holds_withdrawals_and_what_was_billed_keep_the_shape(world: World) -> None:
    world.stage.close("Design")
    world.t2i("run")
    world.stage.reopen("Design")
    world.stage.close("Beta")
    world.t2i("hold", world.reference("beta"))
    answer = world.t2i("plan", "--json")
    actions = {one["term"]: one for one in check_report(answer)}
    assert actions["design"]["action"] == "hold"
    assert actions["design"]["reason"].startswith("reopened-after-billing: ")
    assert actions["design"]["command"] == f"t2i approve {actions['design']['reference']}"
    assert actions["beta"]["reason"].startswith("held-by-person: ")
    assert answer.code == 3


def test_a_currency_without_decimals_has_none_in_json(world: World) -> None:
    world.configure('currency = "EUR"', 'currency = "JPY"')
    world.configure('price = "60000.00"', 'price = "6000001"')
    world.stage.close("Design")
    actions = {one["term"]: one for one in check_report(world.t2i("plan", "--json"))}
    assert sum(int(one["amount"]) for one in actions.values()) == 6000001
    (contract,) = check_status(world.t2i("status", "--json"))
    assert (contract["price"], contract["billed"]) == ("6000001", "0")


def test_status_has_its_promised_shape(world: World) -> None:
    (before,) = check_status(world.t2i("status", "--json"))
    assert (before["billed"], before["open"]) == ("0.00", "60000.00")
    world.stage.close("Design")
    world.t2i("run")
    (after,) = check_status(world.t2i("status", "--json"))
    assert {name: after[name] for name in ("id", "client", *CONTRACT_AMOUNTS)} == {
        "id": "acme-portal",
        "client": "acme",
        "price": "60000.00",
        "change_orders": "0.00",
        "billed": "18000.00",
        "retained": "0.00",
        "paid": "0.00",
        "open": "42000.00",
    }
    assert [(one["id"], one["state"], one["amount"], one["milestone"]) for one in after["terms"]] == [
        ("design", "delivered", "18000.00", "Design"),
        ("beta", "open", "30000.00", "Beta"),
        ("acceptance", "open", "12000.00", "Acceptance"),
    ]
    assert after["waiting"] == []


def test_status_lists_what_waits_and_answers_3(world: World) -> None:
    world.stage.close("Design")
    reference = world.reference("design")
    world.t2i("hold", reference, "--note", "ask Ann first")
    answer = world.t2i("status", "--json")
    (contract,) = check_status(answer)
    assert [one["reference"] for one in contract["waiting"]] == [reference]
    assert "ask Ann first" in contract["waiting"][0]["reason"]
    assert [one["state"] for one in contract["terms"]] == ["held", "open", "open"]
    assert answer.code == 3


def test_troubles_are_named_in_json_too(world: World) -> None:
    world.stage.github.revoke()
    answer = world.t2i("run", "--json")
    (trouble,) = answer.json["troubles"]
    assert trouble["subject"] == "github:acme/portal"
    assert trouble["error"] == "AccessDenied"
    assert "t2i check" in trouble["message"]
    assert answer.code == 2


def test_with_json_people_read_stderr_and_without_it_stdout(world: World) -> None:
    world.stage.close("Design")
    spoken, machine = world.t2i("plan"), world.t2i("plan", "--json")
    assert "would go to files, books" in spoken.out
    assert spoken.err == ""
    assert "would go to files, books" in machine.err
    assert machine.json["actions"] != []


REFUSALS = [
    ("plan", "--out", "no/such/folder/plan.json"),
    ("apply", "missing.json"),
    ("approve",),
    ("approve", "T2I-AAAAAAAAAAAA"),
    ("explain", "github:acme/portal", "Gamma"),
    ("backfill", "--since", "2026-02-01", "--until", "2026-01-01"),
]


@pytest.mark.parametrize("command", REFUSALS, ids=" ".join)
def test_a_refusal_is_json_on_stdout_and_words_on_stderr(world: World, command: tuple[str, ...]) -> None:
    answer = world.t2i(*command, "--json")
    assert set(answer.json) == {"error", "message"}
    assert answer.json["message"].split()[0] in answer.err
    assert answer.code in (1, 2)
