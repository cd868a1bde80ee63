"""One ledger under several names, and names with characters that mean something elsewhere."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.engine.conftest import Clock
from tests.storage.restoring import LEDGER, RIGHT, books_of, live
from tests.storage.story import Workshop

from tracker2invoice.configfile import load
from tracker2invoice.errors import ConfigInvalid, LedgerBusy
from tracker2invoice.ledger.store import open_ledger


def test_a_symlink_to_a_ledger_is_the_same_ledger_with_the_same_locks(lived: Workshop, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(tmp_path / LEDGER)
    with open_ledger(f"sqlite:///{link}", lived.clock) as other, lived.house() as house:
        assert other.claims() == house.ledger.claims()
        with (
            house.ledger.lock("plan", timedelta(0)),
            pytest.raises(LedgerBusy),
            other.lock("plan", timedelta(0)),
        ):
            pass
    assert [path.name for path in link.parent.iterdir()] == ["link.db"]


def test_a_second_hard_link_is_refused_because_each_would_have_a_wal_of_its_own(
    lived: Workshop, tmp_path: Path
) -> None:
    (tmp_path / "second.db").hardlink_to(tmp_path / LEDGER)
    lived.close("Something else")
    for name in (LEDGER, "second.db"):
        with pytest.raises(ConfigInvalid) as invalid:
            open_ledger(f"sqlite:///{tmp_path / name}", lived.clock)
        assert [(one.section, one.key) for one in invalid.value.problems] == [("ledger", "url")]
        assert "hard link" in invalid.value.problems[0].message
    (tmp_path / "second.db").unlink()
    lived.run()
    assert books_of(lived) == RIGHT


STRANGE = ["50 % off", "100%25", "#1", "what?", "a&b=c", "Müller & Söhne", "it's", '"quoted"', "%(here)s"]


@pytest.mark.parametrize("name", STRANGE)
def test_the_folder_of_a_ledger_may_have_any_name(tmp_path: Path, name: str) -> None:
    config = tmp_path / name / "tracker2invoice.toml"
    config.parent.mkdir()
    config.write_text('timezone = "UTC"\n[supplier]\nname = "Northwind"\n[ledger]\nurl = "sqlite:///ledger.db"\n')
    workshop = Workshop(config.parent, Clock())
    workshop.ledger_url = load(config).ledger_url
    live(workshop)
    assert books_of(workshop) == RIGHT
    assert (config.parent / LEDGER).stat().st_size > 0
    assert [path.name for path in tmp_path.iterdir()] == [name]
