"""The whole model: everything that people, trackers, outputs, clocks and power cuts do, in any order."""

from __future__ import annotations

from pathlib import Path

from tests.engine.model.certificates import Certificates
from tests.engine.model.credits import Credits
from tests.engine.model.inside import People
from tests.engine.model.ledgerfile import LedgerFile
from tests.engine.model.outside import Agreements, Books, Time, Trackers
from tests.engine.model.readings import Readings
from tests.engine.model.reissues import Reissues


class Business(Trackers, Agreements, Books, Time, People, Certificates, Reissues, Credits, Readings):
    """Everything that can happen."""


def business_in(directory: Path) -> type[Business]:
    """Return the model with its ledgers in that folder."""

    class Here(Business):
        """The model in that folder."""

        file = LedgerFile(directory)

    return Here
