"""What people do and which commands run meanwhile: the stories that are stopped everywhere.

Amounts are worked out by hand: 1000.01 EUR at 30 and 50 percent are 300.003 and 500.005. Rounded down they make 800.00;
the missing cent goes to the larger remainder, 0.5 cents. The third term is 200.00 for the one issue that is counted.
Tax is 19 percent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from tests.crash.stage import PROJECT, Ended, Stage

NET: Mapping[str, Decimal] = MappingProxyType(
    {"Design": Decimal("300.00"), "Beta": Decimal("500.01"), "Acceptance": Decimal("200.00")}
)
GROSS: Mapping[str, Decimal] = MappingProxyType(
    {"Design": Decimal("357.00"), "Beta": Decimal("595.01"), "Acceptance": Decimal("238.00")}
)


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody does, to a milestone by its title, or to the networks in front of the outputs."""

    what: Literal["close", "reopen", "outputs down", "outputs up", "rename project"]
    milestone: str = ""

    def do(self, stage: Stage) -> None:
        """Do it."""
        match self.what:
            case "close":
                stage.tracker.close(stage.project, stage.numbers[self.milestone])
            case "reopen":
                stage.tracker.reopen(stage.project, stage.numbers[self.milestone])
            case "rename project":
                stage.tracker.rename_project(stage.project, f"{PROJECT}-2")
            case "outputs down" | "outputs up":
                for name in stage.outputs:
                    stage.networks[name].down = self.what == "outputs down"


@dataclass(frozen=True, slots=True)
class Command:
    """A command, `after` so much time. `CLAIMED` among its arguments stands for the reference claimed last."""

    arguments: tuple[str, ...] = ("run",)
    after: timedelta = timedelta(minutes=5)

    def run(self, stage: Stage) -> Ended:
        """Run it."""
        arguments = [_claimed(stage) if one == "CLAIMED" else one for one in self.arguments]
        return stage.command(*arguments, after=self.after)


def _claimed(stage: Stage) -> str:
    with stage.ledger() as ledger:
        claims = ledger.claims()
    return claims[-1].reference if claims else "T2I-NOTHINGTHERE"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story and the milestones that are billed in the end. `networked` needs outputs behind a network,
    `withdrawing` such as can delete a draft, `finalizing` such as take our numbers.
    """

    name: str
    steps: tuple[Deed | Command, ...]
    billed: tuple[str, ...]
    networked: bool = False
    withdrawing: bool = False
    finalizing: bool = False


RUN = Command()
NEXT_HOUR = Command(after=timedelta(hours=1))
RECONCILE = Command(("reconcile",), after=timedelta(hours=1))
"""What a fault leaves of a deletion shows at the latest when it is read back."""

SCENARIOS = (
    Scenario("first", (Deed("close", "Design"), Deed("close", "Beta"), RUN), ("Design", "Beta")),
    Scenario(
        "life",
        (
            RUN,
            Deed("close", "Design"),
            NEXT_HOUR,
            Deed("rename project"),
            Deed("close", "Beta"),
            Deed("close", "Acceptance"),
            NEXT_HOUR,
        ),
        ("Design", "Beta", "Acceptance"),
    ),
    Scenario(
        "reopened",
        (
            Deed("close", "Design"),
            RUN,
            Deed("reopen", "Design"),
            RUN,
            Command(("approve", "CLAIMED")),
            Deed("close", "Beta"),
            NEXT_HOUR,
        ),
        ("Design", "Beta"),
    ),
    Scenario(
        "withdrawn",
        (
            Deed("close", "Design"),
            Deed("outputs down"),
            RUN,
            Deed("reopen", "Design"),
            RUN,
            Deed("outputs up"),
            RUN,
            Deed("close", "Design"),
            NEXT_HOUR,
        ),
        ("Design",),
        networked=True,
    ),
    Scenario(
        "held",
        (
            Deed("close", "Design"),
            Deed("outputs down"),
            RUN,
            Command(("hold", "CLAIMED")),
            Deed("outputs up"),
            RUN,
            Command(("approve", "CLAIMED")),
            Command(("retry", "CLAIMED")),
            RUN,
        ),
        ("Design",),
        networked=True,
    ),
    Scenario(
        "taken back",
        (
            Deed("close", "Design"),
            RUN,
            RECONCILE,
            Command(("withdraw", "CLAIMED")),
            RECONCILE,
            Command(("reissue", "CLAIMED")),
            NEXT_HOUR,
            RECONCILE,
            Command(("reissue", "CLAIMED")),
            NEXT_HOUR,
        ),
        ("Design",),
        withdrawing=True,
    ),
    Scenario(
        "finalized",
        (
            Deed("close", "Design"),
            RUN,
            Command(("finalize", "CLAIMED")),
            Deed("close", "Beta"),
            NEXT_HOUR,
            Command(("finalize", "CLAIMED")),
            RECONCILE,
        ),
        ("Design", "Beta"),
        finalizing=True,
    ),
    Scenario(
        "backfill",
        (
            Deed("close", "Design"),
            Deed("close", "Beta"),
            Command(("backfill", "--since", "2026-11-01", "--until", "2026-11-30")),
            Deed("close", "Acceptance"),
            RUN,
        ),
        ("Design", "Beta", "Acceptance"),
    ),
    Scenario(
        "apply",
        (
            Deed("close", "Design"),
            Command(("plan", "--out", "plan.json")),
            Command(("apply", "plan.json"), after=timedelta(0)),
            Deed("close", "Beta"),
            NEXT_HOUR,
        ),
        ("Design", "Beta"),
    ),
)
