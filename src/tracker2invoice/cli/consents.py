"""Consents that end soon, in words for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from tracker2invoice.cli import shapes
from tracker2invoice.engine.consents import Standing
from tracker2invoice.plugins import Finding


def findings(standings: Sequence[Standing], now: datetime) -> Iterator[Finding]:
    """Yield one finding for each consent that ends soon or has ended."""
    for one in standings:
        if one.expiry is None or not one.is_near(now):
            continue
        day = f"{one.expiry.at:%Y-%m-%d}"
        if one.is_past(now):
            yield Finding(ok=False, what=f"consent ended on {day}", next_step=f"run `t2i auth {one.name}`")
        elif one.expiry.for_good:
            next_step = f"run `t2i auth {one.name}` before then"
            yield Finding(ok=True, what=f"consent ends for good on {day}", next_step=next_step)
        else:
            next_step = "let `t2i run` or the daemon renew it before then"
            yield Finding(ok=True, what=f"consent ends on {day} if it is not used", next_step=next_step)


def lines(standings: Sequence[Standing], now: datetime) -> Iterator[str]:
    """Yield one sentence for each consent that ends soon or has ended."""
    for one in standings:
        yield from (f"{one.section}: {found.what}; {found.next_step}." for found in findings([one], now))


def shape(one: Standing, now: datetime) -> dict[str, Any]:
    """Return how a consent stands: `none`, `given`, `ending` (soon) or `ended`; `ends_at` is null if nobody knows."""
    state = "ended" if one.is_past(now) else "ending" if one.is_near(now) else "given" if one.given else "none"
    end = one.expiry
    return {
        "connector": one.section,
        "state": state,
        "ends_at": shapes.instant(end.at) if end else None,
        "for_good": end.for_good if end else None,
    }
