"""`check` names what a run would miss, each with the next step, and changes nothing."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import World


def findings(world: World) -> tuple[int, dict[str, tuple[bool, str]]]:
    """Return the exit code of `check`, and whether each thing is all right with its next step."""
    answer = world.t2i("check", "--json")
    for one in answer.json["findings"]:
        assert set(one) == {"ok", "where", "what", "next_step"}
        assert one["ok"] or one["next_step"], "a failure without a next step"
    return answer.code, {
        f"{one['where']} {one['what']}": (one["ok"], one["next_step"]) for one in answer.json["findings"]
    }


def failed(world: World) -> dict[str, str]:
    code, found = findings(world)
    assert code == 1
    return {what: next_step for what, (ok, next_step) in found.items() if not ok}


def test_check_is_content_with_a_complete_configuration(world: World) -> None:
    code, found = findings(world)
    assert [what for what, (ok, _) in found.items() if not ok] == []
    for part in ("configuration", "ledger", "acme/portal", "account 200", "client acme", "currency EUR", "invoices"):
        assert any(part in what for what in found), part
    assert code == 0


def test_check_changes_nothing_over_there(world: World) -> None:
    world.t2i("check")
    methods = {one.method for one in world.stage.github.requests}
    methods |= {one.method for one in world.stage.xero.requests if one.path != "/connect/token"}
    assert methods == {"GET"}
    assert list(world.stage.xero.books.invoices) == []


def test_check_names_a_wrong_token_and_goes_on(world: World) -> None:
    world.patch.setenv("REHEARSAL_GITHUB_TOKEN", world.sentinel)
    ((what, next_step),) = failed(world).items()
    assert what.startswith("trackers.github ")
    assert "renew the token" in next_step


def test_check_names_a_missing_variable_of_either_side(world: World) -> None:
    world.patch.delenv("REHEARSAL_GITHUB_TOKEN")
    world.patch.delenv("REHEARSAL_XERO_SECRET")
    steps = " ".join(failed(world).values())
    assert "environment variable REHEARSAL_GITHUB_TOKEN" in steps
    assert "environment variable REHEARSAL_XERO_SECRET" in steps


def test_check_names_the_repository_that_is_not_there(world: World) -> None:
    world.configure('projects = ["github:acme/portal"]', 'projects = ["github:acme/portal", "github:acme/potral"]')
    ((what, next_step),) = failed(world).items()
    assert "acme/potral" in what
    assert "correct the name" in next_step


def test_check_counts_the_repositories_under_a_name(world: World) -> None:
    world.configure('projects = ["github:acme/portal"]', 'projects = ["github:acme/*"]')
    _, found = findings(world)
    assert found["trackers.github acme/*: 1 projects"] == (True, "")


def test_check_names_the_owner_that_is_not_there(world: World) -> None:
    world.configure('projects = ["github:acme/portal"]', 'projects = ["github:acmee/*"]')
    ((what, next_step),) = failed(world).items()
    assert what == "trackers.github acmee/*"
    assert "Correct the name" in next_step


def test_check_names_the_missing_permission(world: World) -> None:
    world.stage.github.fail(403, path="/issues")
    ((what, next_step),) = failed(world).items()
    assert "acme/portal" in what
    assert "Issues: read" in next_step


def test_check_cuts_no_next_step_short(world: World) -> None:
    world.stage.github.fail(403, path="/issues")
    assert "single sign-on must have authorised the token" in world.t2i("check").words


def test_check_names_the_missing_xero_account(world: World) -> None:
    world.configure('account = "200"', 'account = "299"')
    ((what, next_step),) = failed(world).items()
    assert "account 299" in what
    assert "revenue account" in next_step


def test_check_names_a_wrong_xero_secret(world: World) -> None:
    world.patch.setenv("REHEARSAL_XERO_SECRET", world.sentinel)
    ((what, next_step),) = failed(world).items()
    assert what.startswith("outputs.books ")
    assert "client_secret" in next_step


def test_check_names_hosts_that_cannot_be_reached(world: World) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    text = world.config.read_text()
    world.config.write_text(text.replace(world.stage.github.url, nobody).replace(world.stage.xero.url, nobody))
    assert {what.split()[0] for what in failed(world)} == {"trackers.github", "outputs.books"}
