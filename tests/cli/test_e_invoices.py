"""Electronic invoices from the command line: what is missing is said before anything is billed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import World

SUPPLIER = 'contact = "Ann Smith"\nphone = "+49 30 1234567"\nendpoint = "9930:DE136695976"\n'
CLIENT = 'endpoint = "EM:ap@acme.example"\nbuyer_reference = "04011000-1234512345-06"\n'


@pytest.fixture
def authority(world: World) -> World:
    """Return a world whose client is invoiced by XRechnung, with a milestone to be billed, and not one detail of it."""
    world.configure('formats = ["json"]', 'formats = ["json", "ubl", "cii"]\nprofile = "xrechnung"')
    world.configure('outputs = ["files", "books"]', 'outputs = ["files"]')
    world.stage.close("Design")
    return world


def complete(world: World) -> None:
    world.configure('name = "Northwind Software GmbH"\n', f'name = "Northwind Software GmbH"\n{SUPPLIER}')
    world.configure('name = "Acme GmbH"\n', f'name = "Acme GmbH"\n{CLIENT}')


def test_check_names_each_setting_that_is_missing_with_its_business_term(authority: World) -> None:
    answer = authority.t2i("check", "--json")
    [found] = [one for one in answer.json["findings"] if "electronic" in one["what"]]
    assert not found["ok"]
    assert re.findall(r"([a-z._]+): [^;]*(BT-\d+)", found["next_step"]) == [
        ("supplier.endpoint", "BT-34"),
        ("clients.acme.endpoint", "BT-49"),
        ("supplier.contact", "BT-41"),
        ("supplier.phone", "BT-42"),
        ("clients.acme.buyer_reference", "BT-10"),
    ]
    assert answer.code == 1


def test_nothing_is_billed_while_a_setting_is_missing_and_the_plan_says_which(authority: World) -> None:
    [action] = [one for one in authority.t2i("plan", "--json").json["actions"] if one["term"] == "design"]
    assert action["action"] == "hold"
    assert action["reason"].startswith("details-missing: files needs supplier.endpoint")
    assert authority.t2i("run").code == 3
    assert not authority.invoices.exists()


def test_with_all_settings_the_same_milestone_is_billed_in_both_syntaxes(authority: World) -> None:
    reference = authority.reference("design")
    authority.t2i("run")
    complete(authority)
    assert authority.t2i("check").code == 0
    assert authority.t2i("run").code == 0
    names = sorted(path.name for path in authority.invoices.iterdir())
    assert names == [f"{reference}.cii.xml", f"{reference}.json", f"{reference}.ubl.xml"]
    assert b"04011000-1234512345-06" in (authority.invoices / names[2]).read_bytes()
