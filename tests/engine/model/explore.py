"""Many examples of the model from one seed: the same seed and sources always give the same examples."""

from __future__ import annotations

import hashlib
import traceback
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.engine.model.machine import business_in
from tests.memory import folder_in_memory

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ("src/tracker2invoice", "tests/engine/model")
EXAMPLES, STEPS = 50, 60
"""Of one seed."""

SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
)


@dataclass(frozen=True, slots=True)
class Explored:
    """What came of one seed: steps really executed, examples, and what broke, told in shrunk steps."""

    seed: int
    steps: int
    examples: int
    seconds: float
    broken: str = ""


def explore(number: int) -> Explored:
    """Run the examples of one seed."""
    began = perf_counter()
    with folder_in_memory() as directory:
        machine = seed(number)(business_in(directory))
        broken = ""
        try:
            run_state_machine_as_test(machine, settings=SETTINGS)
        except Exception as error:  # noqa: BLE001  whatever it is, it is a finding
            broken = "".join(traceback.format_exception(error, limit=-3))
        return Explored(number, machine.steps, machine.examples, perf_counter() - began, broken)


def digest_of_sources() -> str:
    """Return a digest of everything that decides what a seed does, but for the libraries."""
    files = sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*.py"))
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
