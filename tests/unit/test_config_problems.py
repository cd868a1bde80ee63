"""Everything that is wrong with a configuration is said at once, in sentences, and never with a value."""

from __future__ import annotations

import copy
import json
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker2invoice.config.plain import is_list, is_table
from tracker2invoice.configfile import load
from tracker2invoice.errors import ConfigInvalid, Problem

pytestmark = pytest.mark.usefixtures("strangers_connectors")

FILES = Path(__file__).parent / "configuration"
GOOD: dict[str, Any] = tomllib.loads((FILES / "good.toml").read_text(encoding="utf-8"))
MISTAKES: dict[str, list[list[Any]]] = tomllib.loads((FILES / "mistakes.toml").read_text(encoding="utf-8"))
CONTRACT = "contracts.acme-portal"

Change = tuple[str, object]


def toml(value: object) -> str:
    if is_table(value):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(one)}" for key, one in value.items()) + "}"
    if is_list(value):
        return "[" + ", ".join(map(toml, value)) + "]"
    return value.isoformat() if isinstance(value, date) else json.dumps(value)


def document(table: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {toml(value)}\n" for key, value in table.items())


def changed(*changes: Change) -> dict[str, Any]:
    """Return the good file with other values in some places; "GONE" removes what is there, `+` adds to a list."""
    table: Any = copy.deepcopy(GOOD)
    for where, value in changes:
        *way, last = (int(step) if step.isdigit() else step for step in where.split("/"))
        here: Any = table
        for step in way:
            here = here[step]
        if value == "GONE":
            del here[last]
        elif where.endswith("/+"):
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


@pytest.mark.parametrize(
    ("where", "value", "section", "key", "message"), [row for family in MISTAKES.values() for row in family]
)
def test_a_mistake_is_named_with_its_place_and_what_to_write(
    tmp_path: Path, where: str, value: object, section: str, key: str, message: str
) -> None:
    assert said(tmp_path, (where, value)) == [(section, key, message)]


def test_a_missing_kind_is_answered_with_those_installed(tmp_path: Path) -> None:
    ((section, key, message),) = said(tmp_path, ("trackers/memo/kind", "GONE"))

    assert (section, key) == ("trackers.memo", "kind")
    assert message.startswith("missing; write kind = … (installed: ")
    assert '"memo"' in message


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
        ("contracts/+", contract("second", terms=terms("Other", other))),
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

    assert said(tmp_path, ("contracts/+", second)) == []


def test_a_contract_that_starts_after_the_last_day_of_another_may_use_the_same_titles(tmp_path: Path) -> None:
    last = ("contracts/0/cancelled", date(2026, 5, 1))
    on_the_same_day = ("contracts/+", contract("second", start=date(2026, 5, 1)))
    a_day_later = ("contracts/+", contract("second", start=date(2026, 5, 2)))

    assert said(tmp_path, last, on_the_same_day) != []
    assert said(tmp_path, last, a_day_later) == []


def test_a_cancelled_term_is_in_nobodys_way_and_makes_nothing_of_the_price(tmp_path: Path) -> None:
    both = terms("Beta", "Beta")
    both[0] |= {"cancelled": True, "percent": "95"}

    assert said(tmp_path, ("contracts/0/terms", both)) == []


def test_a_rest_that_would_be_less_than_nothing_is_refused(tmp_path: Path) -> None:
    """0.05 in ten equal parts: nine of 0.01 leave -0.04."""
    tenths = ("contracts/0/terms", terms(*(f"M{number}" for number in range(10))))
    price, last = ("contracts/0/price", "0.05"), ("contracts/0/rounding", "last")
    refused = 'nothing is left for the last term; write rounding = "largest remainder"'

    assert said(tmp_path, tenths, price) == []
    assert said(tmp_path, tenths, price, last) == [(CONTRACT, "rounding", refused)]


def test_prices_that_include_tax_are_not_rounded_in_lines(tmp_path: Path) -> None:
    both = [("contracts/0/prices_include_tax", True), ("contracts/0/tax_rounding", "line")]
    refused = "of prices that include tax no line is rounded by itself; remove it"

    assert said(tmp_path, *both) == [(CONTRACT, "tax_rounding", refused)]


def test_the_tax_of_a_discount_needs_a_discount(tmp_path: Path) -> None:
    refused = "is for a discount for paying early; write early_payment too, or remove it"

    assert said(tmp_path, ("contracts/0/early_payment_tax", "excluded")) == [(CONTRACT, "early_payment_tax", refused)]


def test_a_deposit_outside_vat_is_not_divided_among_payers(tmp_path: Path) -> None:
    payers = ("contracts/0/payers", [{"client": "acme", "percent": "100"}])
    deposit = ("contracts/0/deposit", {"percent": "10", "tax": "later"})
    refused = 'a deposit outside VAT is not divided among payers; write tax = "now"'

    assert said(tmp_path, payers, deposit) == [(CONTRACT, "deposit.tax", refused)]


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
    spoiled = changed(("supplier/name", "GONE"), ("trackers/memo/token", "GONE"), ("contracts/0/price", 1.5))

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

    assert (
        caught.value.problems[0].message
        == "cannot be read: Is a directory; check that it is a file and its permissions"
    )


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
SHAPES = (
    "{}",
    "ghp_{}",
    "https://user:{}@host.example/x",
    "{}:acme/portal",
    "{}*(",
    "EUR {}",
    "  {}",
    "-{}.00",
    "'{}\"",
)


def places(value: object, way: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every place in the good file where something stands, and one in each table where nothing does yet."""
    if way:
        yield "/".join(way).replace("acme/portal", "")
    if is_table(value):
        yield "/".join((*way, "another"))
        for key, one in value.items():
            yield from places(one, (*way, key))
    if is_list(value):
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
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_problem_ever_shows_what_was_written(where: str, shape: str, wrap: Callable[[str], object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = problems(Path(folder), document(changed((where, wrap(shape.format(SECRET))))))

    shown = {one.message for one in found} if where.endswith("id") else {str(one) for one in found}
    assert not [text for text in shown if SECRET in text]


@pytest.mark.parametrize(
    "variable", ["T2I_TIMEZONE", "T2I_LEDGER__URL", "T2I_TRACKERS", "T2I_CONTRACTS", "T2I_DAEMON__POLL"]
)
def test_no_problem_shows_what_a_variable_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, f"{{{SECRET}")

    found = problems(tmp_path, document(GOOD))

    assert found
    assert all(one.file == "environment" for one in found if one.section != CONTRACT)
    assert SECRET not in str(found)
