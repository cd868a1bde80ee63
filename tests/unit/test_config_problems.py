"""Everything that is wrong with a configuration is said at once, in sentences, and never with a value."""

from __future__ import annotations

import copy
import json
import os
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker2invoice.configfile import load
from tracker2invoice.errors import ConfigInvalid, Problem

FAKES = Path(__file__).parent / "fake_connectors"
GOOD: dict[str, Any] = tomllib.loads((FAKES / "good.toml").read_text(encoding="utf-8"))
GONE = object()

Change = tuple[str, object]


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FAKES)
    for name in [name for name in os.environ if name.upper().startswith("T2I_")]:
        monkeypatch.delenv(name)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return value.isoformat() if isinstance(value, date) else json.dumps(value)


def document(table: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {toml(value)}\n" for key, value in table.items())


def changed(*changes: Change) -> dict[str, Any]:
    table: Any = copy.deepcopy(GOOD)
    for where, value in changes:
        *way, last = [int(step) if step.isdigit() else step for step in where.split("/")]
        here = table
        for step in way:
            here = here[step]
        if value is GONE:
            del here[last]
        elif isinstance(here, list) and last == len(here):
            here.append(value)
        else:
            here[last] = value
    whole: dict[str, Any] = table
    return whole


def problems(folder: Path, text: str) -> tuple[Problem, ...]:
    path = folder / "tracker2invoice.toml"
    path.write_text(text, encoding="utf-8")
    try:
        load(path)
    except ConfigInvalid as error:
        return error.problems
    return ()


def said(folder: Path, *changes: Change) -> list[tuple[str, str, str]]:
    return [(one.section, one.key, one.message) for one in problems(folder, document(changed(*changes)))]


def test_the_file_that_the_other_tests_spoil_is_good(tmp_path: Path) -> None:
    assert said(tmp_path) == []


CONTRACT = "contracts.acme-portal"
NO_DURATION = 'write a number and a unit: "30 seconds", "5 minutes", "24 hours", "2 days"'
NO_AMOUNT = 'write the number in quotes, with a point: "1234.50"'
NO_SHARE = 'write the percentage in quotes: "30", "12.5" or "100/3"'
LATER = 'this due-date rule is not available yet; write a number of days: "30 days"'
ONE_WAY = 'write "Design*", { title = "…" }, { regex = "…" } or { number = 3 }'

KEYS = [
    ("timezon", "UTC", "", "timezon", "unknown key; did you mean 'timezone'?"),
    ("supplier/nmae", "x", "supplier", "nmae", "unknown key; did you mean 'name'?"),
    ("supplier/address/zip", "1", "supplier", "address.zip", "unknown key; known here: street, city, postcode, country, extra"),
    ("trackers/memo/tokn", "x", "trackers.memo", "tokn", "unknown key; did you mean 'token'?"),
    ("contracts/0/terms/1/percnt", "5", CONTRACT, "terms.beta.percnt", "unknown key; did you mean 'percent'?"),
    ("contracts/0/accept/afte", "x", CONTRACT, "accept.afte", "unknown key; did you mean 'after'?"),
    ("contracts/0/retainage", {"percent": "5"}, CONTRACT, "retainage", "retainage is not available yet; remove it, or write it as a term of its own"),
    ("contracts/0/deposit", "5", CONTRACT, "deposit", "deposits are not available yet; remove it, or write it as a term of its own"),
    ("timezone", GONE, "", "timezone", 'missing; write timezone = "Europe/Berlin"'),
    ("supplier", GONE, "supplier", "", "missing; write a section [supplier]"),
    ("supplier/name", GONE, "supplier", "name", 'missing; write name = "Acme GmbH"'),
    ("supplier/address/country", GONE, "supplier", "address.country", 'missing; write country = "DE"'),
    ("trackers/memo/kind", GONE, "trackers.memo", "kind", "missing; write kind = …"),
    ("trackers/memo/token", GONE, "trackers.memo", "token", 'missing; write token = { env = "NAME_OF_THE_VARIABLE" }'),
    ("outputs/books/tenant", GONE, "outputs.books", "tenant", "missing; write tenant = …"),
    ("contracts/0/start", GONE, CONTRACT, "start", "missing; write start = 2026-01-01"),
    ("contracts/0/tax", GONE, CONTRACT, "tax", 'missing; write tax = { category = "S", rate = "19" }'),
    ("contracts/0/outputs", GONE, CONTRACT, "outputs", 'missing; write outputs = ["files"]'),
    ("contracts/0/terms/1/milestone", GONE, CONTRACT, "terms.beta.milestone", 'missing; write milestone = "Design*"'),
    ("contracts/0/terms/1/id", GONE, CONTRACT, "terms[2].id", 'missing; write id = "design"'),
    ("contracts/0/id", GONE, "contracts[1]", "id", 'missing; write id = "acme-portal"'),
]  # fmt: skip

TYPES = [
    ("supplier/name", 3, "supplier", "name", "write text in quotes"),
    ("supplier/name", " ", "supplier", "name", "must not be empty"),
    ("supplier", "x", "supplier", "", "write a table: { key = value }"),
    ("supplier/address", "x", "supplier", "address", "write a table: { key = value }"),
    ("trackers", "x", "", "trackers", "write a table each: [trackers.NAME]"),
    ("trackers/memo", "x", "trackers.memo", "", "write a table: [trackers.memo]"),
    ("contracts", "x", "", "contracts", "write each contract as [[contracts]], or as a file of its own in the folder contracts"),
    ("trackers/memo/page_size", "x", "trackers.memo", "page_size", "write a whole number, without quotes"),
    ("trackers/memo/page_size", 0, "trackers.memo", "page_size", "must be more than 0"),
    ("outputs/folder/formats", ["pdf", "ubl"], "outputs.folder", "formats[2]", "write one of 'pdf', 'json' or 'csv'"),
    ("contracts/0/outputs", "folder", CONTRACT, "outputs", 'write a list: ["…", "…"]'),
    ("contracts/0/outputs", [], CONTRACT, "outputs", "must not be empty; write at least 1"),
    ("contracts/0/accept/all_issues_closed", "perhaps", CONTRACT, "accept.all_issues_closed", "write true or false, without quotes"),
    ("contracts/0/start", 20260101, CONTRACT, "start", "write a date, without quotes: 2026-01-31"),
    ("contracts/0/start", "2026-02-30", CONTRACT, "start", "write a date, without quotes: 2026-01-31"),
    ("contracts/0/id", "a b", "contracts[1]", "id", 'use letters, digits, "-", "_" and "." only, at most 64'),
    ("daemon/health/port", 65536, "daemon", "health.port", "must be 65535 or less"),
    ("daemon/poll", "often", "daemon", "poll", NO_DURATION),
    ("daemon/poll", 5, "daemon", "poll", NO_DURATION),
    ("daemon/poll", "0 minutes", "daemon", "poll", 'must be more than zero: "5 minutes"'),
    ("daemon/cron", "*/5 * * * *", "daemon", "", "write poll or cron, not both"),
    ("daemon", {"cron": "every day"}, "daemon", "cron", 'write five fields (minute, hour, day, month, weekday): "*/5 * * * *"'),
    ("contracts/0/accept/after", "1 fortnight", CONTRACT, "accept.after", NO_DURATION),
    ("contracts/0/due", "soon", CONTRACT, "due", 'write a number of days: "30 days"'),
    ("contracts/0/due", 30, CONTRACT, "due", 'write a number of days: "30 days"'),
    ("contracts/0/due", "EOM + 10 days", CONTRACT, "due", LATER),
    ("contracts/0/due", "30 days then EOM", CONTRACT, "due", LATER),
    ("contracts/0/due", "15th of next month", CONTRACT, "due", LATER),
    ("contracts/0/due", "10 business days", CONTRACT, "due", LATER),
    ("timezone", "Europe/Berln", "", "timezone", "unknown time zone; did you mean 'Europe/Berlin'?"),
    ("timezone", "Europe", "", "timezone", 'unknown time zone; write one such as "Europe/Berlin"'),
    ("timezone", "../../etc/passwd", "", "timezone", 'unknown time zone; write one such as "Europe/Berlin"'),
    ("contracts/0/timezone", "Mars", CONTRACT, "timezone", 'unknown time zone; write one such as "Europe/Berlin"'),
    ("ledger/url", "mysql://host/db", "ledger", "url", 'the ledger lives in SQLite or PostgreSQL; write "sqlite:///tracker2invoice.db" or "postgresql://user@host/database"'),
    ("ledger/url", "tracker.db", "ledger", "url", 'not the address of a database; write "sqlite:///tracker2invoice.db" or "postgresql://user@host/database"'),
    ("ledger/url", "sqlite://", "ledger", "url", 'the ledger must outlive a run, so it needs a file; write "sqlite:///tracker2invoice.db"'),
    ("contracts/0/terms/0/milestone", {"title": "a", "number": 3}, CONTRACT, "terms.design.milestone", ONE_WAY),
    ("contracts/0/terms/0/milestone", 3, CONTRACT, "terms.design.milestone", "write a table: { key = value }"),
    ("contracts/0/terms/0/milestone", {"number": 0}, CONTRACT, "terms.design.milestone.number", "must be 1 or more"),
    ("contracts/0/terms/0/milestone", {"regex": "Design("}, CONTRACT, "terms.design.milestone.regex", "not a regular expression of Python; check brackets and backslashes"),
]  # fmt: skip

MONEY = [
    ("contracts/0/price", 60000.0, CONTRACT, "price", NO_AMOUNT),
    ("contracts/0/price", "60.000,00", CONTRACT, "price", NO_AMOUNT),
    ("contracts/0/price", "1e5", CONTRACT, "price", NO_AMOUNT),
    ("contracts/0/price", True, CONTRACT, "price", NO_AMOUNT),
    ("contracts/0/price", "0.00", CONTRACT, "price", "must be more than zero"),
    ("contracts/0/price", "-1.00", CONTRACT, "price", "must be more than zero"),
    ("contracts/0/price", "60000.001", CONTRACT, "price", 'EUR has two decimals; write "1234.50"'),
    ("contracts/0/terms/2/amount", "0", CONTRACT, "terms.acceptance.amount", "must be more than zero"),
    ("contracts/0/terms/2/amount", "1.005", CONTRACT, "terms.acceptance.amount", 'EUR has two decimals; write "1234.50"'),
    ("contracts/0/brake/amount", 40000.5, CONTRACT, "brake.amount", NO_AMOUNT),
    ("brake/run/amount", {"JPY": "1.50"}, "brake", "run.amount", 'JPY has no decimals; write "1234"'),
    ("brake/run/amount", {"KWD": "1.5000"}, "brake", "run.amount", 'KWD has three decimals; write "1234.500"'),
    ("brake/run/amount", {"EURO": "1"}, "brake", "run.amount", 'unknown currency; write the three capital letters of ISO 4217: "EUR"'),
    ("brake/run/amount", "1.50", "brake", "run.amount", 'write amounts by currency: { EUR = "250000.00" }'),
    ("brake/run/count", 0, "brake", "run.count", "must be 1 or more"),
    ("contracts/0/currency", "eur", CONTRACT, "currency", 'unknown currency; write the three capital letters of ISO 4217: "EUR"'),
    ("contracts/0/terms/0/percent", 30.0, CONTRACT, "terms.design.percent", NO_SHARE),
    ("contracts/0/terms/0/percent", "30 %", CONTRACT, "terms.design.percent", NO_SHARE),
    ("contracts/0/terms/0/percent", "1/0", CONTRACT, "terms.design.percent", NO_SHARE),
    ("contracts/0/terms/0/percent", "-5", CONTRACT, "terms.design.percent", "must be more than zero"),
    ("contracts/0/terms/0/percent", "0", CONTRACT, "terms.design.percent", "must be more than zero"),
    ("contracts/0/terms/0/percent", "101", CONTRACT, "terms.design.percent", "must not be more than 100 percent"),
    ("contracts/0/terms/0/percent", GONE, CONTRACT, "terms.design", 'write exactly one of percent = "30" and amount = "5000.00"'),
    ("contracts/0/terms/0/amount", "5", CONTRACT, "terms.design", 'write exactly one of percent = "30" and amount = "5000.00"'),
    ("contracts/0/terms/0/percent", "60", CONTRACT, "terms", "the percentages make more than 100; lower one"),
    ("contracts/0/terms/2/amount", "12000.01", CONTRACT, "terms", "the terms make more than the price; lower one, or raise the price"),
]  # fmt: skip

TAX = [
    ({"category": "S"}, "tax.rate", 'category S needs a rate above zero: write rate = "19"'),
    ({"category": "S", "rate": "0"}, "tax.rate", 'category S needs a rate above zero: write rate = "19"'),
    ({"category": "S", "rate": 19.0}, "tax.rate", 'write the percentage in quotes: "19" or "8.1"'),
    ({"category": "S", "rate": "101"}, "tax.rate", "must be from 0 to 100 percent"),
    ({"category": "X", "rate": "19"}, "tax.category", "write one of 'S', 'Z', 'E', 'AE', 'K', 'G' or 'O'"),
    ({"category": "S", "rate": "19", "exemption_reason": "none"}, "tax.exemption_reason", "category S takes no exemption_reason; remove it"),
    ({"category": "Z", "exemption_reason": "none"}, "tax.exemption_reason", "category Z takes no exemption_reason; remove it"),
    ({"category": "Z", "rate": "19"}, "tax.rate", 'category Z has no tax: write rate = "0", or category = "S"'),
    *(
        ({"category": one, "rate": "7", "exemption_reason": "x"}, "tax.rate", f'category {one} has no tax: write rate = "0", or category = "S"')
        for one in ("E", "AE", "K", "G", "O")
    ),
    *(
        ({"category": one, "rate": "0"}, "tax.exemption_reason", f'category {one} needs a reason: write exemption_reason = "Reverse charge" or such')
        for one in ("E", "AE", "K", "G", "O")
    ),
]  # fmt: skip

PEOPLE = [
    ("supplier/vat_id", "123456788", "supplier", "vat_id", 'write the country letters first: "DE123456788"'),
    ("supplier/vat_id", "DE12345", "supplier", "vat_id", "not the form of a VAT id of that country; check its length and letters"),
    ("supplier/iban", "DE02120300000000202052", "supplier", "iban", "not a valid IBAN; its length or check digits are wrong"),
    ("supplier/bic", "BYLA", "supplier", "bic", "not a valid BIC; it has 8 or 11 characters"),
    ("supplier/email", "accounts", "supplier", "email", 'write one e-mail address: "ap@client.example"'),
    ("supplier/address/country", "Germany", "supplier", "address.country", 'write the two capital letters of ISO 3166: "DE"'),
    ("supplier/address/country", "de", "supplier", "address.country", 'write the two capital letters of ISO 3166: "DE"'),
    ("supplier/address/country", "UK", "supplier", "address.country", 'write "GB", as in ISO 3166'),
]  # fmt: skip

NAMES = [
    ("contracts/0/client", "acne", CONTRACT, "client", "no client has this name; did you mean 'acme'?"),
    ("contracts/0/client", "globex", CONTRACT, "client", "no client has this name; known: acme"),
    ("clients", {}, CONTRACT, "client", "no client is configured yet; add a section [clients.NAME]"),
    ("contracts/0/outputs", ["files"], CONTRACT, "outputs[1]", "no output has this name; known: folder, books"),
    ("contracts/0/projects", ["memmo:acme/portal"], CONTRACT, "projects[1]", "no tracker has this name; did you mean 'memo'?"),
    ("contracts/0/projects", ["acme/portal"], CONTRACT, "projects[1]", 'write the tracker first: "memo:owner/repository"'),
    ("contracts/0/projects", ["memo:"], CONTRACT, "projects[1]", 'write the tracker first: "memo:owner/repository"'),
    ("contracts/0/projects/1", "memo:acme/portal", CONTRACT, "projects", "'memo:acme/portal' is named twice; remove one"),
    ("clients/acme/remote", {"boks": "1", "books": "2"}, "clients.acme", "remote.boks", "no output has this name; did you mean 'books'?"),
    ("clients/acme/remote", {}, "clients.acme", "remote.books", 'missing; write the id that the client has there: remote = { books = "…" }'),
    ("contracts/0/terms/1/id", "design", CONTRACT, "terms", "'design' is the id of two terms; rename one"),
    ("trackers/memo/kind", "mem", "trackers.memo", "kind", "no installed connector has this name; did you mean 'memo'?"),
    ("trackers/memo/kind", "broken", "trackers.memo", "kind", "the connector (fake-connectors) cannot be used: AttributeError: module 'fake_connectors' has no attribute 'nothing_like_this'"),
    ("outputs/memo 2", {"kind": "folder", "directory": "x"}, "outputs.memo 2", "", 'name it with letters, digits, "-", "_" and "." only'),
    ("outputs/leaky", {"kind": "leaky", "password": "geheim"}, "outputs.leaky", "password", "not accepted here; the connector's page in the documentation says what to write"),
    ("outputs/fussy", {"kind": "fussy", "anything": "geheim"}, "outputs.fussy", "", "the connector fails on these settings (RuntimeError)"),
]  # fmt: skip


@pytest.mark.parametrize(("where", "value", "section", "key", "message"), [*KEYS, *TYPES, *MONEY, *PEOPLE, *NAMES])
def test_a_mistake_is_named_with_its_place_and_what_to_write(
    tmp_path: Path, where: str, value: object, section: str, key: str, message: str
) -> None:
    found = said(tmp_path, (where, value))

    if key == "kind" and value is GONE:
        assert found[0][2].startswith(message)
    else:
        assert found == [(section, key, message)]


@pytest.mark.parametrize(("tax", "key", "message"), TAX)
def test_category_rate_and_reason_of_a_tax_fit_together(tmp_path: Path, tax: object, key: str, message: str) -> None:
    assert said(tmp_path, ("contracts/0/tax", tax)) == [(CONTRACT, key, message)]


def contract(name: str, **settings: object) -> dict[str, Any]:
    table: dict[str, Any] = {**copy.deepcopy(GOOD["contracts"][0]), "id": name, "outputs": ["folder"], **settings}
    return table


def terms(*patterns: object, shared: bool = False) -> list[dict[str, object]]:
    return [
        {"id": f"t{number}", "milestone": pattern, "percent": "10", "shares_milestone": shared}
        for number, pattern in enumerate(patterns, start=1)
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Beta", "Beta"),
        ("Beta*", "Beta*"),
        ("Beta", "B*"),
        ("B?ta", "Beta"),
        ({"regex": "Beta( 2)?"}, {"title": "Beta 2"}),
        ({"regex": "Beta"}, {"regex": "Beta"}),
        ({"number": 3}, {"number": 3}),
    ],
)
def test_two_terms_that_one_milestone_surely_triggers_are_refused(tmp_path: Path, one: object, other: object) -> None:
    key = "terms.t2.milestone"
    way_out = "is triggered by the same milestone; change one, or write shares_milestone = true in both"

    assert said(tmp_path, ("contracts/0/terms", terms(one, other))) == [(CONTRACT, key, f"term 't1' {way_out}")]
    assert said(tmp_path, ("contracts/0/terms", terms(one, other, shared=True))) == []
    assert said(
        tmp_path,
        ("contracts/0/terms", terms("Else", one)),
        ("contracts/1", contract("second", terms=terms("Other", other))),
    ) == [("contracts.second", key, f"term 't2' of contract 'acme-portal' {way_out}")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Beta", "beta"),
        ("Beta", "Beta 2"),
        ("Beta*", "B*"),
        ({"title": "Beta*"}, "Beta"),
        ({"number": 3}, {"number": 4}),
        ({"number": 3}, {"title": "3"}),
    ],
)
def test_terms_that_need_not_meet_are_left_alone(tmp_path: Path, one: object, other: object) -> None:
    assert said(tmp_path, ("contracts/0/terms", terms(one, other))) == []


def test_sharing_a_milestone_on_one_side_only_is_refused(tmp_path: Path) -> None:
    both = terms("Beta", "Beta", shared=True)
    both[0]["shares_milestone"] = False

    assert len(said(tmp_path, ("contracts/0/terms", both))) == 1


def test_contracts_without_a_common_project_may_use_the_same_titles(tmp_path: Path) -> None:
    second = contract("second", projects=["memo:acme/shop"])

    assert said(tmp_path, ("contracts/1", second)) == []


def test_thirds_make_exactly_the_whole_price(tmp_path: Path) -> None:
    thirds = [{"id": one, "milestone": one, "percent": "100/3"} for one in ("a", "b", "c")]

    assert said(tmp_path, ("contracts/0/terms", thirds)) == []


def test_everything_wrong_in_all_files_is_said_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    folder.mkdir()
    (folder / "broken.toml").write_text('id = "x\n', encoding="utf-8")
    (folder / "latin.toml").write_bytes('title = "Größe"'.encode("latin-1"))
    (folder / "second.toml").write_text(document(contract("second", price="1,5", client="nobody")), encoding="utf-8")
    (tmp_path / ".env").write_bytes(b"T2I_TIMEZONE=\xff\n")
    spoiled = changed(("supplier/name", GONE), ("trackers/memo/token", GONE), ("contracts/0/price", 1.5))

    found = problems(tmp_path, document(spoiled))

    assert {(Path(one.file).name, one.section, one.key) for one in found} == {
        (".env", "", ""),
        ("broken.toml", "", ""),
        ("latin.toml", "", ""),
        ("second.toml", "contracts.second", "price"),
        ("second.toml", "contracts.second", "client"),
        ("tracker2invoice.toml", "supplier", "name"),
        ("tracker2invoice.toml", "trackers.memo", "token"),
        ("tracker2invoice.toml", CONTRACT, "price"),
    }


def test_a_broken_main_file_hides_no_contract_file_and_raises_no_false_alarm(tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    folder.mkdir()
    (folder / "second.toml").write_text(document(contract("second", due="soon")), encoding="utf-8")

    found = problems(tmp_path, 'timezone = "Europe/Berlin"\n[supplier\n')

    assert [(Path(one.file).name, one.key) for one in found] == [("tracker2invoice.toml", ""), ("second.toml", "due")]


def test_a_contract_id_in_two_files_is_refused_and_the_other_file_named(tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    folder.mkdir()
    twin = contract("acme-portal", projects=["memo:acme/shop"])
    (folder / "twin.toml").write_text(document(twin), encoding="utf-8")

    (found,) = problems(tmp_path, document(GOOD))

    assert found == Problem(
        str(folder / "twin.toml"),
        CONTRACT,
        "id",
        f"another contract has this id, in {tmp_path / 'tracker2invoice.toml'}; rename one",
    )


def test_a_contract_file_with_a_list_of_contracts_is_told_its_form(tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    folder.mkdir()
    (folder / "second.toml").write_text(document({"contracts": [contract("second")]}), encoding="utf-8")

    found = problems(tmp_path, document(GOOD))

    assert "a file of its own holds one contract: write its keys at the top, without [[contracts]]" in {
        one.message for one in found
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'a = "b"\nc = d\n', "not TOML at line 2, column 5; check quotes, brackets and = signs there"),
        (b'a = "S3cr3t', "not TOML at the end of the file; check quotes, brackets and = signs there"),
        (b"a = " + b"[" * 5000, "nested too deeply; check the brackets"),
        ('a = "b"'.encode("utf-16"), "not UTF-8; save the file in that encoding"),
    ],
)
def test_an_unreadable_file_says_where_and_what(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "tracker2invoice.toml"
    path.write_bytes(content)

    with pytest.raises(ConfigInvalid) as caught:
        load(path)

    assert caught.value.problems == (Problem(str(path), "", "", message),)


def test_a_missing_file_names_the_next_step(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.toml"

    with pytest.raises(ConfigInvalid) as caught:
        load(path)

    message = "there is no such file; write one with `t2i init`, or name it with --config"
    assert caught.value.problems == (Problem(str(path), "", "", message),)


def test_a_folder_in_place_of_the_file_is_no_crash(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load(tmp_path)

    assert caught.value.problems[0].message == "cannot be read; check that it is a file and its permissions"


def test_a_misspelt_variable_is_refused_like_a_misspelt_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T2I_LEGDER__URL", "sqlite:///other.db")
    monkeypatch.setenv("T2I_TRACKERS__MEMO__TOKN", "x")

    assert problems(tmp_path, document(GOOD)) == (
        Problem("environment", "", "T2I_LEGDER__URL", "no such setting; did you mean 'T2I_LEDGER'?"),
        Problem("environment", "trackers.memo", "tokn", "unknown key; did you mean 'token'?"),
    )


def test_a_missing_secrets_folder_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T2I_SECRETS_DIR", str(tmp_path / "nowhere"))

    (found,) = problems(tmp_path, document(GOOD))

    assert found.message == "cannot be read; check that it is there, readable, and UTF-8"


SECRET = "S3cr3tS3cr3t"
SHAPES = ("{}", "ghp_{}", "https://user:{}@host.example/x", "{}:acme/portal", "{}*(", "EUR {}", "  {}", "-{}.00", "'{}\"")


def places(value: object, way: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every place in the good file where something stands, and one in each table where nothing does yet."""
    if way:
        yield "/".join(way).replace("acme/portal", "")
    if isinstance(value, dict):
        yield "/".join((*way, "another"))
        for key, one in value.items():
            yield from places(one, (*way, key))
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from places(one, (*way, str(number)))


WRAPPINGS: tuple[Callable[[str], object], ...] = (
    lambda text: text,
    lambda text: [text],
    lambda text: {"token": text},
    lambda text: {"env": text, "file": text},
    lambda text: [{"milestone": {"regex": text}, "kind": text}],
)


@given(
    where=st.sampled_from(sorted(set(places(GOOD)))),
    shape=st.sampled_from(SHAPES),
    wrap=st.sampled_from(WRAPPINGS),
)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_problem_ever_shows_what_was_written(where: str, shape: str, wrap: Callable[[str], object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = problems(Path(folder), document(changed((where, wrap(shape.format(SECRET))))))

    shown = {one.message for one in found} if where.endswith("id") else {str(one) for one in found}
    assert not [text for text in shown if SECRET in text]


@pytest.mark.parametrize("variable", ["T2I_TIMEZONE", "T2I_LEDGER__URL", "T2I_TRACKERS", "T2I_CONTRACTS", "T2I_DAEMON__POLL"])
def test_no_problem_shows_what_a_variable_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, f"{{{SECRET}")

    found = problems(tmp_path, document(GOOD))

    assert found
    assert all(one.file == "environment" for one in found if one.section != CONTRACT)
    assert SECRET not in str(found)
