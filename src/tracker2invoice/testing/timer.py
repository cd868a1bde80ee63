"""A `Timer` for tests and benches: no time passes on it but what somebody waits for."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class WaitingTimer:
    """`seconds` have passed; `slept` is how long each time."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list[float])

    def now(self) -> float:
        """Return the seconds so far."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        self.slept.append(seconds)
        self.seconds += seconds
