"""Asks the GraphQL API which repositories have changed, up to a hundred in one query for one point.

It tells no milestone's numeric id, so that no milestone is read from it: it only saves reading what is as it was.
What it does not say plainly of a repository is for REST to read; an answer that makes no sense is an error.

Sources: schema of GitHub's GraphQL API; page rate-limits-and-query-limits-for-the-graphql-api.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tracker2invoice.errors import AccessDenied, BadAnswer, NotThere, RateLimited, Tracker2InvoiceError
from tracker2invoice_github.client import Client, Reply
from tracker2invoice_github.failures import Failures, is_limit_in_words
from tracker2invoice_github.marks import SHOWN, Trait, mark_of
from tracker2invoice_github.readings import Count, Instant, Number, read

MOST = 100
"""The API refuses more node ids than that in one query."""

_ABOUT_ONE = frozenset({"NOT_FOUND", "FORBIDDEN"})
_MISSING = object()
_CHANGES = f"""
fragment changes on Repository {{
  id databaseId nameWithOwner
  milestones(first: {SHOWN}, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{
    totalCount
    nodes {{ number title state closedAt updatedAt progressPercentage }}
  }}
}}"""

Place = tuple[str | int, ...]
"""Where in the data of an answer a repository stands."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A repository to ask about: by `node`, its id in the GraphQL API, or by `name` while that is not known."""

    project_id: str
    name: str
    node: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the API says of one repository: its id there and its mark, both empty if it says nothing."""

    node: str = ""
    mark: str = ""


NOTHING = Told()


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Milestone(_Part):
    number: Number
    title: str
    state: Literal["OPEN", "CLOSED"]
    closed_at: Annotated[Instant | None, Field(alias="closedAt")]
    updated_at: Annotated[Instant, Field(alias="updatedAt")]
    done: Annotated[float, Field(alias="progressPercentage")]


class _Milestones(_Part):
    total: Annotated[Count, Field(alias="totalCount")]
    nodes: list[_Milestone]


class _Repository(_Part):
    id: Annotated[str, Field(min_length=1)]
    # the schema lets it be null
    number: Annotated[Number | None, Field(alias="databaseId")]
    name: Annotated[str, Field(alias="nameWithOwner")]
    milestones: _Milestones


class _Rate(_Part):
    cost: int
    remaining: int
    reset_at: Annotated[Instant, Field(alias="resetAt")]


class _Error(_Part):
    type: str | None = None
    message: str = ""
    path: tuple[str | int, ...] = ()
    extensions: dict[str, object] = {}

    @property
    def is_limit(self) -> bool:
        return self.type in ("RATE_LIMIT", "RATE_LIMITED") or is_limit_in_words(self.message)

    @property
    def is_of_schema(self) -> bool:
        return str(self.extensions.get("code", "")).startswith("undefined")


class _Body(_Part):
    data: dict[str, object] | None = None
    errors: tuple[_Error, ...] = ()


_BODY = TypeAdapter(_Body)


@dataclass(slots=True)
class Graph:
    """The GraphQL API as one tracker has found it. `there` is learnt once and for all, `limit` until it ends."""

    failures: Failures
    there: bool = True
    limit: RateLimited | None = None

    def ask(self, client: Client, batch: Sequence[Asked]) -> Mapping[str, Told]:
        """Return by project id what the API says; one that is missing was not answered, for want of time.

        An API that is not there, or has another schema, says nothing of any.

        Raises:
            AccessDenied, RateLimited, Unreachable, BadAnswer.
        """
        self._refuse_while_limited()
        reply = client.query(*_question(batch))
        if reply is None:
            return self._absent(batch)
        body = read(self.failures.system, _BODY, reply.body)
        self._heed_limits(client, reply, body)
        if body.data is None and any(error.is_of_schema for error in body.errors):
            return self._absent(batch)
        return dict(self._told(batch, body))

    def data(self, client: Client, text: str, variables: Mapping[str, object]) -> Mapping[str, object]:
        """Return all that a query asks for.

        Raises:
            AccessDenied: a part of it is refused, or there is no such API.
            NotThere, RateLimited, Unreachable, BadAnswer: it was not answered, or not completely.
        """
        self._refuse_while_limited()
        reply = client.query(text, variables)
        if reply is None:
            raise AccessDenied(self.failures.system, "only GraphQL tells this, and there is none at this address")
        body = read(self.failures.system, _BODY, reply.body)
        self._heed_limits(client, reply, body)
        if body.errors or body.data is None:
            raise self._refusal(body.errors)
        return body.data

    def _refusal(self, errors: Sequence[_Error]) -> Tracker2InvoiceError:
        words = self.failures.detail(next((error.message for error in errors), "an answer without data"))
        kinds = {error.type for error in errors}
        if "FORBIDDEN" in kinds:
            return AccessDenied(self.failures.system, words)
        return (NotThere if "NOT_FOUND" in kinds else BadAnswer)(self.failures.system, words)

    def _absent(self, batch: Sequence[Asked]) -> Mapping[str, Told]:
        self.there = False
        return {one.project_id: NOTHING for one in batch}

    def _refuse_while_limited(self) -> None:
        limit = self.limit
        if limit and limit.not_before and self.failures.clock() < limit.not_before:
            raise RateLimited(limit.system, limit.detail, limit.not_before)

    def _heed_limits(self, client: Client, reply: Reply, body: _Body) -> None:
        refused = next((error for error in body.errors if error.is_limit), None)
        if refused:
            limit = self.failures.limited(reply.headers, refused.message)
            client.heed(limit)
            raise limit
        rate = _rate(body)
        if rate and rate.remaining < rate.cost:
            words = "the points of the GraphQL API are used up"
            self.limit = self.failures.limited_until(rate.reset_at, words)

    def _told(self, batch: Sequence[Asked], body: _Body) -> Iterator[tuple[str, Told]]:
        for place, one in _places(batch):
            answer = _at(body.data or {}, place)
            about_it = [error for error in body.errors if error.path[: len(place)] == place]
            if any(error.type in _ABOUT_ONE for error in about_it):
                yield one.project_id, NOTHING
            elif answer is not _MISSING and not about_it and not (answer is None and body.errors):
                yield one.project_id, _reading(one, answer)
            elif not body.errors:
                raise BadAnswer(self.failures.system, "the answer leaves out what was asked for")


def _question(batch: Sequence[Asked]) -> tuple[str, dict[str, object]]:
    """Return a query and its variables: no name ever becomes part of the query."""
    by_name = [(f"{_alias(index)}", one) for index, one in enumerate(batch) if not one.node]
    variables: dict[str, object] = {"ids": [one.node for one in batch if one.node]}
    for alias, one in by_name:
        variables[f"{alias}o"], _, variables[f"{alias}n"] = one.name.partition("/")
    declared = "".join(f", ${alias}o: String!, ${alias}n: String!" for alias, _ in by_name)
    named = "".join(
        f"\n  {alias}: repository(owner: ${alias}o, name: ${alias}n) {{ ...changes }}" for alias, _ in by_name
    )
    text = (
        f"query($ids: [ID!]!{declared}) {{\n  rateLimit {{ cost remaining resetAt }}\n"
        f"  nodes(ids: $ids) {{ ...changes }}{named}\n}}{_CHANGES}"
    )
    return text, variables


def _places(batch: Sequence[Asked]) -> Iterator[tuple[Place, Asked]]:
    ids = 0
    for index, one in enumerate(batch):
        yield (("nodes", ids) if one.node else (_alias(index),)), one
        ids += bool(one.node)


def _alias(index: int) -> str:
    return f"r{index}"


def _at(data: Mapping[str, object], place: Place) -> object:
    value = data.get(str(place[0]), _MISSING)
    if len(place) == 1:
        return value
    rows = cast("list[object]", value) if isinstance(value, list) else []
    return rows[int(place[1])] if int(place[1]) < len(rows) else _MISSING


def _reading(one: Asked, answer: object) -> Told:
    """Return what is said of the repository, nothing if it is said of another or is not all of it."""
    try:
        found = _Repository.model_validate(answer)
    except ValidationError:
        return NOTHING
    known = found.id == one.node if found.number is None else str(found.number) == one.project_id
    whole = len(found.milestones.nodes) == min(found.milestones.total, SHOWN)
    return Told(found.id, _mark(found)) if known and whole else NOTHING


def _mark(found: _Repository) -> str:
    traits = (
        Trait(one.updated_at, one.number, one.title, _STATES[one.state], one.closed_at, one.done)
        for one in found.milestones.nodes
    )
    return mark_of(found.name, found.milestones.total, traits)


_STATES: Mapping[Literal["OPEN", "CLOSED"], Literal["open", "closed"]] = {"OPEN": "open", "CLOSED": "closed"}


def _rate(body: _Body) -> _Rate | None:
    """Return what the query cost and what is left; Enterprise Server does not say it while its limits are off."""
    try:
        return _Rate.model_validate((body.data or {}).get("rateLimit"))
    except ValidationError:
        return None
