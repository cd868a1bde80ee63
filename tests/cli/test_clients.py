"""`clients link`: a person says who over there is a client, and the next run bills it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import World


@pytest.fixture
def unlinked(world: World) -> World:
    """A closed milestone, and a client of whom nobody has said who that is in Xero."""
    world.configure('outputs = ["files", "books"]', 'outputs = ["books"]')
    world.config.write_text("\n".join(x for x in world.config.read_text().split("\n") if not x.startswith("remote")))
    world.stage.close("Design")
    return world


def contacts(world: World) -> list[Any]:
    return list(world.stage.xero.books.contacts)


def invoices(world: World) -> list[Any]:
    return list(world.stage.xero.books.invoices)


def test_nothing_is_billed_before_a_person_has_said_who_the_client_is(unlinked: World) -> None:
    waiting = unlinked.t2i("run")
    assert waiting.code == 3
    assert "books does not know client acme; `t2i clients link books acme` finds it" in waiting.words
    assert invoices(unlinked) == []

    shown = unlinked.t2i("clients", "link", "books", "acme")
    [contact] = contacts(unlinked)
    assert shown.code == 3
    assert contact["ContactID"] in shown.words
    assert "Acme GmbH" in shown.words

    linked = unlinked.t2i("clients", "link", "books", "acme", "--id", contact["ContactID"], "--json")
    assert (linked.code, linked.json["linked"]) == (0, contact["ContactID"])
    again = unlinked.t2i("clients", "link", "books", "acme")
    assert f"acme is linked to {contact['ContactID']} already." in again.words
    assert unlinked.t2i("run").code == 0
    [invoice] = invoices(unlinked)
    assert invoice["Contact"]["ContactID"] == contact["ContactID"]
    assert unlinked.t2i("check").code == 0


def test_a_client_that_nobody_has_is_created_if_the_output_asks_for_that(unlinked: World) -> None:
    unlinked.configure('account = "200"', 'account = "200"\ncreate_missing = true')
    for contact in contacts(unlinked):
        contact.update(Name="Somebody else", EmailAddress="else@example.com")
    assert unlinked.t2i("run").code == 0
    assert unlinked.t2i("run").code == 0
    [invoice] = invoices(unlinked)
    assert [one["Name"] for one in contacts(unlinked)] == ["Somebody else", "Acme GmbH"]
    assert invoice["Contact"]["ContactID"] == contacts(unlinked)[1]["ContactID"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere", "acme"), "There is no output nowhere. The outputs are files, books."),
        (("books", "nobody"), "No contract with the output books has the client nobody."),
    ],
)
def test_what_is_not_there_is_named(unlinked: World, arguments: tuple[str, ...], words: str) -> None:
    answer = unlinked.t2i("clients", "link", *arguments)
    assert answer.code == 2
    assert words in answer.words


def test_an_archived_contact_is_not_linked(unlinked: World) -> None:
    [contact] = contacts(unlinked)
    contact.update(ContactStatus="ARCHIVED")
    answer = unlinked.t2i("clients", "link", "books", "acme", "--id", contact["ContactID"])
    assert answer.code == 2
    assert "is archived or blocked there; nothing was linked." in answer.words
