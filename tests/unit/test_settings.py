"""What a right configuration becomes: values, defaults, sources that override one another, warnings."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from sqlalchemy.engine import make_url

from tracker2invoice.config.agreements import digest
from tracker2invoice.config.types import Share
from tracker2invoice.configfile import Configuration, Daemon, load
from tracker2invoice.model.contract import Acceptance, Address, Brake, ByLabel, Limit, Party
from tracker2invoice.model.due import DueRule
from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import Tax
from tracker2invoice.model.term import Match, Term

pytestmark = pytest.mark.usefixtures("strangers_connectors")

GOOD = (Path(__file__).parent / "configuration" / "good.toml").read_text(encoding="utf-8")

SHORTEST = """
timezone = "Asia/Tokyo"
supplier = { name = "Northwind" }
trackers.memo = { kind = "memo", token = { env = "MEMO_TOKEN" } }
outputs.folder = { kind = "folder", directory = "invoices" }
clients.acme = { name = "Acme" }
[[contracts]]
id = "acme"
client = "acme"
projects = ["memo:acme/portal"]
start = 2026-01-01
currency = "JPY"
price = 1000
tax = { category = "Z" }
due = "0 days"
outputs = ["folder"]
terms = [{ id = "all", milestone = "Done", percent = 100 }]
"""


def loaded(folder: Path, text: str = GOOD) -> Configuration:
    path = folder / "tracker2invoice.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def warned(configuration: Configuration) -> set[tuple[str, str, str]]:
    return {(one.section, one.key, one.message) for one in configuration.warnings}


def test_a_contract_becomes_what_was_agreed(tmp_path: Path) -> None:
    (contract,) = loaded(tmp_path).contracts

    assert contract.supplier == Party(
        id="supplier",
        name="Northwind Software GmbH",
        address=Address("Hauptstr. 1", "Berlin", "10115", "DE"),
        vat_id="DE123456788",
        email="accounts@northwind.example",
        iban="DE02120300000000202051",
        bic="BYLADEM1001",
    )
    assert contract.client == Party("acme", "Acme GmbH", email="ap@acme.example", remote={"books": "4711"})
    assert (contract.id, contract.projects, contract.outputs) == (
        "acme-portal",
        ("memo:acme/portal",),
        ("folder", "books"),
    )
    assert (contract.start, contract.timezone) == (date(2026, 1, 1), "Europe/Berlin")
    assert contract.due == DueRule(days=30)
    assert contract.price == Money(Decimal("60000.00"), "EUR")
    assert contract.tax == Tax("S", Decimal(19))
    assert contract.acceptance == Acceptance(all_issues_closed=True, after=timedelta(hours=24))
    assert contract.brake == Limit(5, {"EUR": Money(Decimal("40000.00"), "EUR")})
    assert contract.terms == (
        Term("design", Match("glob", "Design*"), percent=Fraction(30)),
        Term("beta", Match("title", "Beta"), percent=Fraction(50)),
        Term("acceptance", Match("regex", "Acceptance.*"), fixed=Money(Decimal("12000.00"), "EUR")),
    )


def test_what_is_left_out_has_a_sensible_default(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, SHORTEST)

    assert configuration.daemon == Daemon(timedelta(minutes=5), "", timedelta(hours=1), "127.0.0.1", 8780)
    assert configuration.brake == Brake(run=Limit(50), contract=Limit(20))
    assert make_url(configuration.ledger_url).database == str(tmp_path / "tracker2invoice.db")
    assert configuration.contracts[0].acceptance == Acceptance()
    assert configuration.contracts[0].brake is None
    assert configuration.warnings == ()


def test_part_of_a_brake_leaves_its_other_defaults(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, SHORTEST + '[brake]\nrun = { amount = { JPY = "900" } }\n')

    assert configuration.brake == Brake(Limit(50, {"JPY": Money(Decimal(900), "JPY")}), Limit(20))


def test_a_daemon_may_run_by_a_cron_line_and_on_any_port(tmp_path: Path) -> None:
    daemon = loaded(tmp_path, SHORTEST + '[daemon]\ncron = "0 7 * * mon-fri"\nhealth.port = 0\n').daemon

    assert (daemon.cron, daemon.port) == ("0 7 * * mon-fri", 0)


def test_the_ledger_lies_beside_the_configuration_wherever_the_program_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, home = tmp_path / "elsewhere", tmp_path / "home"
    elsewhere.mkdir()
    home.mkdir()
    (home / "tracker2invoice.toml").write_text(SHORTEST + '[ledger]\nurl = "sqlite:///data/t2i.db"', encoding="utf-8")
    monkeypatch.chdir(home)
    configuration = load(Path("tracker2invoice.toml"))
    monkeypatch.chdir(elsewhere)

    assert make_url(configuration.ledger_url).database == str(home / "data" / "t2i.db")
    assert configuration.directory == home


def test_an_absolute_ledger_and_another_database_stay_as_they_are(tmp_path: Path) -> None:
    absolute = f"sqlite:///{tmp_path / 'there.db'}"
    server = "postgresql://t2i@db.example/t2i"

    assert loaded(tmp_path, f'{SHORTEST}[ledger]\nurl = "{absolute}"').ledger_url == absolute
    assert loaded(tmp_path, f'{SHORTEST}[ledger]\nurl = "{server}"').ledger_url == server


def test_the_ledger_address_opens_although_the_folder_has_odd_characters(tmp_path: Path) -> None:
    folder = tmp_path / "we ird %41#?"
    folder.mkdir()
    database = make_url(loaded(folder, SHORTEST).ledger_url).database

    assert database is not None
    sqlite3.connect(database).close()
    assert (folder / "tracker2invoice.db").exists()


def test_the_environment_overrides_secrets_folder_env_file_and_file_in_that_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def url() -> object:
        return loaded(tmp_path).trackers["memo"].settings.model_dump()["url"]

    secrets = tmp_path / "secrets"
    secrets.mkdir()
    assert url() == "https://memo.example"
    (tmp_path / ".env").write_text("T2I_TRACKERS__MEMO__URL=https://dotenv.example\n", encoding="utf-8")
    assert url() == "https://dotenv.example"
    (secrets / "T2I_TRACKERS__MEMO__URL").write_text("https://secrets.example\n", encoding="utf-8")
    monkeypatch.setenv("T2I_SECRETS_DIR", str(secrets))
    assert url() == "https://secrets.example"
    monkeypatch.setenv("T2I_TRACKERS__MEMO__URL", "https://environment.example")
    assert url() == "https://environment.example"


def test_a_variable_is_text_unless_it_is_a_list_or_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T2I_TRACKERS__MEMO__TOKEN", "0123")
    monkeypatch.setenv("T2I_OUTPUTS__FOLDER__FORMATS", '["json", "csv"]')
    monkeypatch.setenv("T2I_OUTPUTS__BOOKS__TENANT", "true")
    monkeypatch.setenv("T2I_DAEMON__HEALTH__PORT", "0")
    configuration = loaded(tmp_path)

    assert configuration.trackers["memo"].settings.model_dump()["token"]["plain"].get_secret_value() == "0123"
    assert configuration.outputs["folder"].settings.model_dump()["formats"] == ("json", "csv")
    assert configuration.outputs["books"].settings.model_dump()["tenant"] == "true"
    assert configuration.daemon.port == 0


def test_a_variable_reaches_a_section_whose_name_no_variable_can_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T2I_TRACKERS__MEMO_ON_PREMISE__URL", "https://inside.example")
    configuration = loaded(
        tmp_path, GOOD.replace("trackers.memo]", "trackers.Memo-on-premise]").replace("memo:", "Memo-on-premise:")
    )

    assert configuration.trackers["Memo-on-premise"].settings.model_dump()["url"] == "https://inside.example"


def test_the_path_given_comes_before_the_variable_and_that_before_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tracker2invoice.toml", "variable.toml", "given.toml"):
        (tmp_path / name).write_text(SHORTEST, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert load().path == Path("tracker2invoice.toml")
    monkeypatch.setenv("T2I_CONFIG", "variable.toml")
    assert load().path == Path("variable.toml")
    assert load(Path("given.toml")).path == Path("given.toml")


def split(folder: Path) -> str:
    """Move the contract of the good file into a file of its own; return what is left."""
    main, one = GOOD.split("[[contracts]]\n")
    contracts = folder / "contracts"
    contracts.mkdir(parents=True)
    (contracts / "portal.toml").write_text(one.replace("[[contracts.terms]]", "[[terms]]"), encoding="utf-8")
    (contracts / "notes.txt").write_text("not a contract", encoding="utf-8")
    (contracts / ".#portal.toml").write_text("an editor's lock", encoding="utf-8")
    return main


def test_a_contract_in_a_file_of_its_own_is_the_same_contract(tmp_path: Path) -> None:
    beside = loaded(tmp_path, split(tmp_path))
    (tmp_path / "one").mkdir()
    inside = loaded(tmp_path / "one")

    assert beside.contracts == inside.contracts
    assert beside.digest == inside.digest


def test_the_digest_changes_with_any_word_of_a_contract_and_with_nothing_else(tmp_path: Path) -> None:
    configuration = loaded(tmp_path)
    (contract,) = configuration.contracts
    variants = [
        replace(contract, due=DueRule(days=31)),
        replace(contract, client=replace(contract.client, remote={"books": "4712"})),
        replace(contract, terms=contract.terms[::-1]),
        replace(contract, terms=(*contract.terms[:2], replace(contract.terms[2], shares_milestone=True))),
        replace(contract, tax=replace(contract.tax, rate=Decimal(7))),
    ]

    assert len({configuration.digest, *(digest([variant]) for variant in variants)}) == 6
    assert loaded(tmp_path, GOOD.replace("5 minutes", "6 minutes")).digest == configuration.digest


def test_several_contracts_have_one_digest_in_any_order(tmp_path: Path) -> None:
    (contract,) = loaded(tmp_path).contracts
    other = replace(contract, id="another")

    assert digest([contract, other]) == digest([other, contract])


def test_a_secret_in_plain_text_is_warned_about_only_where_it_stands_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = GOOD.replace('{ env = "MEMO_TOKEN" }', '"ghp_plain"')
    advice = 'a secret in plain text; write { env = "NAME" }, { file = "…" } or { keyring = "…" }'

    assert warned(loaded(tmp_path, plain)) == {("trackers.memo", "token", advice)}
    monkeypatch.setenv("T2I_TRACKERS__MEMO__TOKEN", "ghp_from_outside")
    assert warned(loaded(tmp_path, plain)) == set()


def test_a_password_in_the_ledger_address_is_warned_about_and_never_printed(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, SHORTEST + '[ledger]\nurl = "postgresql://t2i:geheim@db.example/t2i"')

    assert warned(configuration) == {("ledger", "url", "a password in plain text; set T2I_LEDGER__URL in its place")}
    assert "geheim" not in repr(configuration)


def test_al_6_shares_below_the_price_show_the_gap_in_money(tmp_path: Path) -> None:
    text = SHORTEST.replace('"JPY"', '"EUR"').replace("price = 1000", 'price = "100.00"')
    terms = ", ".join(f'{{ id = "{one}", milestone = "{one}", percent = "30" }}' for one in ("a", "b"))
    configuration = loaded(tmp_path, re.sub(r"terms = .*", f"terms = [{terms}]", text))

    assert warned(configuration) == {("contracts.acme", "terms", "the terms leave 40.00 EUR of the price unbilled")}


def test_what_no_contract_uses_is_warned_about(tmp_path: Path) -> None:
    spare = """
[trackers.old]
kind = "memo"
token = { env = "MEMO_TOKEN" }
[outputs.old]
kind = "folder"
directory = "x"
[clients.old]
name = "Old"
"""
    assert warned(loaded(tmp_path, SHORTEST + spare)) == {
        (section, "", "no contract uses it") for section in ("trackers.old", "outputs.old", "clients.old")
    }


def test_a_term_that_counts_what_its_tracker_does_not_keep_is_a_warning(tmp_path: Path) -> None:
    hours = '{ id = "all", milestone = "Done", rates = { default = 100 }, not_to_exceed = 1000 }'
    text = SHORTEST.replace('{ id = "all", milestone = "Done", percent = 100 }', hours)
    message = "it counts times, and the tracker 'memo' keeps none of them"
    assert ("contracts.acme", "terms.all", message) in warned(loaded(tmp_path, text))


@pytest.mark.parametrize(
    ("key", "accept", "lacking"),
    [
        ("comment", '{ text = "accepted", by = ["anna"] }', "tells no comments"),
        ("label", '{ name = "accepted", by = ["anna"] }', "does not tell who sets labels"),
    ],
)
def test_acceptance_by_what_the_tracker_does_not_tell_is_a_warning(
    tmp_path: Path, key: str, accept: str, lacking: str
) -> None:
    text = SHORTEST.replace("percent = 100 }]", f"percent = 100 }}]\naccept = {{ {key} = {accept} }}")
    message = f"nothing is ever accepted: the tracker 'memo' {lacking}"
    assert ("contracts.acme", f"accept.{key}", message) in warned(loaded(tmp_path, text))


def test_a_label_that_anybody_may_set_asks_nothing_of_the_tracker(tmp_path: Path) -> None:
    text = SHORTEST.replace("percent = 100 }]", 'percent = 100 }]\naccept = { label = "accepted" }')
    configuration = loaded(tmp_path, text)
    assert configuration.contracts[0].acceptance.label == ByLabel("accepted")
    assert not any(key.startswith("accept") for _, key, _ in warned(configuration))


def test_a_vat_id_with_a_wrong_check_digit_is_a_warning_for_it_may_be_right(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, GOOD.replace("DE123456788", "DE 123 456 789"))

    assert configuration.supplier.vat_id == "DE123456789"
    assert warned(configuration) == {
        ("supplier", "vat_id", "its check digit does not fit; compare it with the original")
    }


@pytest.mark.parametrize(
    ("reference", "doubtful"),
    [("04011000-1234512345-06", False), ("04011000-1234512345-07", True), ("11-06", True), ("PO-4711", False)],
)
def test_a_buyer_reference_with_the_form_of_a_leitweg_id_has_its_check_digits(
    tmp_path: Path, reference: str, doubtful: bool
) -> None:
    text = GOOD.replace("[clients.acme]", f'[clients.acme]\nbuyer_reference = "{reference}"')
    found = warned(loaded(tmp_path, text))
    words = "looks like a Leitweg-ID, and its check digits do not fit; compare it with the original"
    assert (("clients.acme", "buyer_reference", words) in found) is doubtful


@pytest.mark.parametrize(
    "vat_id", ["GB 980 7806 84", "CHE-107.787.577 MWST", "NO 995525828 MVA", "EL 094259216", "US-12"]
)
def test_vat_ids_of_other_countries_are_taken(tmp_path: Path, vat_id: str) -> None:
    assert warned(loaded(tmp_path, GOOD.replace("DE123456788", vat_id))) <= {
        ("supplier", "vat_id", "its check digit does not fit; compare it with the original")
    }


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_percentage_written_as_a_fraction_is_exact(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    if exact <= 100:
        assert TypeAdapter[Fraction](Share).validate_python(f"{numerator}/{denominator}") == exact


def test_a_file_saved_by_a_windows_editor_with_a_byte_order_mark_loads(tmp_path: Path) -> None:
    (tmp_path / "tracker2invoice.toml").write_text(SHORTEST, encoding="utf-8-sig")

    assert load(tmp_path / "tracker2invoice.toml").timezone == "Asia/Tokyo"


@pytest.mark.parametrize(("written", "languages"), [('"de"', ("de",)), ('["de", "en"]', ("de", "en"))])
def test_a_clients_documents_are_in_one_language_or_two(
    tmp_path: Path, written: str, languages: tuple[str, ...]
) -> None:
    (contract,) = loaded(tmp_path, GOOD.replace("[clients.acme]", f"[clients.acme]\nlanguage = {written}")).contracts
    assert contract.client.languages == languages
