"""Names of accounts in plain-text books, and what `check` says of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.connectors.plaintext import (
    booked,
    connected,
    entry,
    is_our_form,
)

from tracker2invoice.errors import Rejected
from tracker2invoice.plugins import Output
from tracker2invoice.testing.samples import sample_contract, sample_draft
from tracker2invoice_plaintext import Format, PlaintextSettings
from tracker2invoice_plaintext.entry import client_part

DRAFT = sample_draft()


def part(client: str, remote: str = "", format_: Format = "beancount") -> str:
    pinned = {"ledger": remote} if remote else {}
    party = replace(DRAFT.client, id=client, remote=pinned)
    return client_part("ledger", PlaintextSettings(directory=Path("x"), format=format_), party)


@pytest.mark.parametrize(("client", "name"), [("acme", "Acme"), ("acme-2", "Acme-2"), ("4711", "4711")])
def test_a_client_has_its_id_in_the_names_of_accounts(client: str, name: str) -> None:
    assert part(client) == name


@given(first=st.text("aA.-_ü1", min_size=1, max_size=4), second=st.text("aA.-_ü1", min_size=1, max_size=4))
@example(first="a.b", second="a_b")
@example(first="Acme", second="acme")
def test_no_two_clients_share_an_account(first: str, second: str) -> None:
    assert (part(first) == part(second)) == (first == second)
    assert is_our_form(entry(replace(DRAFT, client=replace(DRAFT.client, id=first))), "beancount")


def test_a_client_can_have_the_account_that_the_books_have_already(tmp_path: Path) -> None:
    draft = sample_draft(remote={"ledger": "ACME-Müller"})
    assert "Assets:Receivable:ACME-Müller" in booked(draft)
    assert "Assets:Receivable:ACME Müller" in entry(sample_draft(remote={"ledger": "ACME Müller"}), "hledger")


@pytest.mark.parametrize("remote", ["A:B", "acme", "A B", "A  B", 'A"', "A;", "A\n", "A_B", "-A", "(A)", "{client}"])
def test_what_beancount_takes_for_no_part_of_an_account_is_refused(remote: str) -> None:
    with pytest.raises(Rejected, match=r"remote\.ledger"):
        part("acme", remote)


@pytest.mark.parametrize("remote", ["A:B", "A  B", "A;b", "A\n", "(A)", "[A]", "A ", "!A", "* A"])
def test_what_hledger_takes_for_no_part_of_an_account_is_refused(remote: str) -> None:
    with pytest.raises(Rejected, match=r"remote\.ledger"):
        part("acme", remote, "hledger")


def test_accounts_are_those_of_the_configuration() -> None:
    accounts = {"receivable": "Aktiva:Forderungen:{client}", "income": "Erlöse:{client}", "tax": "Passiva:USt"}
    found = booked(DRAFT, accounts=accounts)
    assert list(found) == ["Aktiva:Forderungen:Acme", "Erlöse:Acme", "Passiva:USt"]
    lower = entry(DRAFT, "hledger", accounts={"income": "income:web services"})
    assert "    income:web services  -18000.00 EUR\n" in lower


@pytest.mark.parametrize(
    "fields",
    [
        {"accounts": {"income": "Income"}},
        {"accounts": {"income": "income:services"}},
        {"accounts": {"income": "Income:Web services"}},
        {"accounts": {"income": "Income:{project}"}},
        {"accounts": {"income": "Income:A\n"}},
        {"accounts": {"income": "Income:A  B"}, "format": "hledger"},
        {"accounts": {"income": "(Income:A)"}, "format": "hledger"},
        {"accounts": {"income": "Income:A;b"}, "format": "hledger"},
        {"accounts": {"vat": "Liabilities:VAT"}},
        {"format": "ledger"},
        {"folder": "y"},
    ],
)
def test_settings_that_cannot_work_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PlaintextSettings.model_validate({"directory": "x"} | fields)


def findings(output: Output, *contracts: Any) -> list[tuple[bool, str, str]]:
    return [(one.ok, one.what, one.next_step) for one in output.check(contracts or [sample_contract()])]


def test_check_names_the_accounts_that_have_to_be_open(tmp_path: Path) -> None:
    _, (ok, what, _) = findings(connected(tmp_path))
    assert ok
    assert what.endswith("Assets:Receivable:Acme, Income:Services, Liabilities:VAT")
    assert list((tmp_path / "books").iterdir()) == []


def test_check_says_when_clients_would_share_an_account_or_cannot_have_one(tmp_path: Path) -> None:
    first, second = sample_contract(), sample_contract(remote={"ledger": "Acme"})
    second = replace(second, client=replace(second.client, id="globex"))
    assert [ok for ok, *_ in findings(connected(tmp_path), first, second)] == [True, True, False]
    wrong = sample_contract(remote={"ledger": "a:b"})
    assert findings(connected(tmp_path), wrong)[1][2] == "correct remote.ledger in [clients.acme]"


def test_check_names_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "books").write_text("in the way")
    ok, what, next_step = findings(connected(tmp_path))[0]
    assert not ok
    assert str(tmp_path / "books") in what
    assert next_step
