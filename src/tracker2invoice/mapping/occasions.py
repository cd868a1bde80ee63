"""Unfolds terms into occasions that bill once each, all of them triggered by milestones.

A term for each of several milestones becomes one term for each of them, a monthly one a term for each month, one that
people certify a term for each of its bills, by number. What no tracker closes gets a milestone all the same: the
calendar closes days and months, several milestones together are one that is closed when all of them are. The rules of a
plan need not know the difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tracker2invoice.mapping.accept import closing_of
from tracker2invoice.mapping.due import local_date, month_end
from tracker2invoice.mapping.match import Milestones
from tracker2invoice.model.claim import Claim
from tracker2invoice.model.conditions import Release
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.invoice import Certification
from tracker2invoice.model.milestone import CALENDAR, TOGETHER, Milestone
from tracker2invoice.model.term import OCCASION, Match, Term, base_term

DEPOSIT, RETAINAGE = "deposit", "retainage"
"""Ids of the terms that a contract's deposit and the releases of its retainage become."""

NO_MILESTONE = Match("any")
"""Of no milestones: a monthly term with it is under way in every month, a certified one is billed by that alone."""

_END_OF_DAY = time(23, 59, 59)
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Unfolded:
    """A contract whose terms bill once each. `made` are milestones of no tracker.

    `behind` are by occasion the milestones of trackers that decide about it, where it is not the one that triggers it.
    """

    contract: Contract
    made: tuple[Milestone, ...] = ()
    behind: Mapping[str, tuple[Milestone, ...]] = field(default_factory=dict[str, tuple[Milestone, ...]])


def unfold(
    contract: Contract,
    own: Iterable[Milestones],
    claims: Iterable[Claim],
    now: datetime,
    certified: Mapping[str, Certification | None],
) -> Unfolded:
    """Unfold a contract at `now` (UTC); `own` are the milestones of its projects, `claims` what it was billed, and
    `certified` says by term what was certified of it.

    Occasions that were billed are there for good, whatever became of their milestones.
    """
    if _is_plain(contract):
        return Unfolded(contract)
    return _Unfolding(contract, tuple(own), tuple(claims), now, certified).all()


def releases_of(contract: Contract) -> Mapping[str, Release]:
    """Return the releases of the contract's retainage by the ids of the terms that they become."""
    releases = contract.retainage.releases if contract.retainage else ()
    return {f"{RETAINAGE}-{number}" if number > 1 else RETAINAGE: one for number, one in enumerate(releases, start=1)}


def _is_plain(contract: Contract) -> bool:
    several = any(not term.bills_once or term.match.by == "all" for term in contract.terms)
    return not (several or contract.deposit or contract.retainage)


class _Unfolding:
    """Gathers the occasions of one contract and the milestones made for them."""

    def __init__(
        self,
        contract: Contract,
        own: tuple[Milestones, ...],
        claims: tuple[Claim, ...],
        now: datetime,
        certified: Mapping[str, Certification | None],
    ) -> None:
        self._contract, self._own, self._claims, self._now = contract, own, claims, now
        self._certified = certified
        self._zone = ZoneInfo(contract.timezone)
        self._today = local_date(now, contract.timezone)
        self._made: dict[str, Milestone] = {}
        self._behind: dict[str, tuple[Milestone, ...]] = {}

    def all(self) -> Unfolded:
        terms = (
            *self._deposit(),
            *(occasion for term in self._contract.terms for occasion in self._of_term(term)),
            *self._releases(),
        )
        return Unfolded(replace(self._contract, terms=terms), tuple(self._made.values()), self._behind)

    def _of_term(self, term: Term) -> Iterable[Term]:
        if term.monthly:
            return tuple(self._months(term)) or (_never(term),)
        if term.is_certified:
            return tuple(self._bills(term))
        if term.match.by == "each":
            return tuple(self._each(term)) or (_never(term),)
        if term.match.by == "all":
            return (self._together(term),)
        return (term,)

    def _each(self, term: Term) -> Iterator[Term]:
        members = self._matching(term.match)
        keys = dict.fromkeys(one.key for one in members)
        for key in (*keys, *(claim.milestone_key for claim in self._claimed(term) if claim.milestone_key not in keys)):
            occasion = _occasion(term, key, key)
            if term.progress:
                self._behind[occasion.id] = members
            yield occasion

    def _together(self, term: Term) -> Term:
        groups = [self._matching(one) for one in term.match.of]
        if not all(groups):
            return _never(term)
        members = tuple({one.key: one for group in groups for one in group}.values())
        self._behind[term.id] = members
        return replace(term, match=Match("key", self._make(_together(self._contract, term, members))))

    def _bills(self, term: Term) -> Iterator[Term]:
        """Yield the bills that were made, and the next; an older ledger finds its document by the number."""
        claims = {claim.term.partition(OCCASION)[2]: claim for claim in self._claimed(term)}
        for number in range(1, max((int(name) for name in claims if name.isdecimal()), default=0) + 2):
            bill = replace(term, id=f"{term.id}{OCCASION}{number}")
            if term.match == NO_MILESTONE:
                yield replace(bill, match=Match("key", self._certificate(bill, claims.get(f"{number}"))))
            else:
                yield self._together(bill) if term.match.by == "all" else bill

    def _certificate(self, bill: Term, claim: Claim | None) -> str:
        """Make the milestone of a bill that a certification alone triggers; one that was billed stays closed."""
        certified = self._certified.get(bill.base)
        at = claim.claimed_at if claim else certified.at if certified else None
        by = certified.by if certified and not claim else ""
        return self._of_calendar(bill.id, bill.description or bill.base, closed_at=at, closed_by=by)

    def _months(self, term: Term) -> Iterator[Term]:
        members = self._matching(term.match)
        always = term.match == NO_MILESTONE
        months = [month for month in self._since(term) if always or _under_way(members, month, self._zone)]
        months = months[: term.times]
        if not term.fixed or term.progress:
            # what is counted is counted to date: only the latest month has anything to bill
            complete = [month for month in months if self._end(term, month) < self._today]
            months = [*complete[-1:], *months[len(complete) :]]
        for month in sorted({*months, *self._claimed_months(term)}):
            key = self._on(self._end(term, month), month)
            occasion = _occasion(term, f"{month:%Y-%m}", key)
            self._behind[occasion.id] = members
            yield replace(occasion, shares_milestone=True)

    def _claimed_months(self, term: Term) -> Iterator[date]:
        names = (claim.term.partition(OCCASION)[2] for claim in self._claimed(term))
        return (date.fromisoformat(f"{name}-01") for name in names if _MONTH.fullmatch(name))

    def _since(self, term: Term) -> Iterator[date]:
        month = (term.since or self._contract.start).replace(day=1)
        while month <= min(self._today, self._contract.cancelled or self._today):
            yield month
            month = month_end(month) + timedelta(days=1)

    def _end(self, term: Term, month: date) -> date:
        """Return the last day of a month; of work that is counted, the month ends with a contract that is cancelled."""
        last = self._contract.cancelled
        counted = not term.fixed or term.progress
        return min(month_end(month), last) if counted and last and last >= month else month_end(month)

    def _deposit(self) -> Iterator[Term]:
        if deposit := self._contract.deposit:
            match = deposit.match or Match("key", self._on(self._contract.start))
            yield Term(DEPOSIT, match, deposit.fixed, deposit.percent, kind="advance", shares_milestone=True)

    def _releases(self) -> Iterator[Term]:
        for id_, release in releases_of(self._contract).items():
            yield Term(
                id_,
                release.match or self._day_of(release),
                kind="release",
                shares_milestone=True,
                by_hand=release.match is None and release.on is None,
                share=release.percent,
            )

    def _day_of(self, release: Release) -> Match:
        return Match("key", self._on(release.on or self._contract.start))

    def _on(self, day: date, month: date | None = None) -> str:
        """Make the milestone that a day closes as it begins, or the last day of a month as it ends; return its key."""
        closed_at = self._instant(day, _END_OF_DAY if month else time())
        title = f"{month:%Y-%m}" if month else day.isoformat()
        return self._of_calendar(
            title,
            title,
            number=day.toordinal(),
            closed_at=closed_at if closed_at <= self._now else None,
            due_on=day,
            created_at=self._instant(month, time()) if month else None,
        )

    def _of_calendar(
        self,
        id_: str,
        title: str,
        *,
        closed_at: datetime | None,
        closed_by: str = "",
        number: int = 0,
        due_on: date | None = None,
        created_at: datetime | None = None,
    ) -> str:
        return self._make(
            Milestone(
                tracker=CALENDAR,
                project_id=self._contract.id,
                id=id_,
                number=number,
                title=title,
                description="",
                url="",
                state="closed" if closed_at else "open",
                closed_at=closed_at,
                due_on=due_on,
                created_at=created_at,
                updated_at=None,
                open_items=0,
                closed_items=0,
                closed_by=closed_by,
            )
        )

    def _instant(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self._zone).astimezone(UTC)

    def _make(self, milestone: Milestone) -> str:
        self._made[milestone.key] = milestone
        return milestone.key

    def _matching(self, match: Match) -> tuple[Milestone, ...]:
        return tuple(milestone for milestones in self._own for milestone in milestones.matching(match))

    def _claimed(self, term: Term) -> Iterator[Claim]:
        return (one for one in self._claims if OCCASION in one.term and base_term(one.term) == term.id)


def _never(term: Term) -> Term:
    """Return a term that nothing triggers: what it waits for is not there, and the rest of it must not do instead."""
    return replace(term, match=Match("key"))


def _occasion(term: Term, name: str, key: str) -> Term:
    return replace(term, id=f"{term.id}{OCCASION}{name}", match=Match("key", key))


def _under_way(members: Iterable[Milestone], month: date, zone: ZoneInfo) -> bool:
    first_instant = datetime.combine(month, time(), zone)
    closings = ((one, closing_of(one)) for one in members)
    return any(one.state == "open" or (closing and closing.at >= first_instant) for one, closing in closings)


def _together(contract: Contract, term: Term, members: tuple[Milestone, ...]) -> Milestone:
    closings = [closing_of(one) for one in members]
    instants = [closing.at for closing in closings if closing]
    closed = all(one.state == "closed" for one in members)
    known = closed and len(instants) == len(members)
    return Milestone(
        tracker=TOGETHER,
        project_id=contract.id,
        id=term.id,
        number=0,
        title=", ".join(one.title for one in members),
        description="",
        url="",
        state="closed" if closed else "open",
        closed_at=max(instants) if known and all(closing and closing.exact for closing in closings) else None,
        due_on=max((one.due_on for one in members if one.due_on), default=None),
        created_at=None,
        updated_at=max(instants) if known else None,
        open_items=sum(one.open_items for one in members),
        closed_items=sum(one.closed_items for one in members),
        closed_after=max((one.earliest for one in closings if one and one.earliest), default=None),
    )
