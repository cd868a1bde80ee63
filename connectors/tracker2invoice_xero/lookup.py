"""What is read from a Xero organisation to find and compare documents. Every state, all pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from pydantic import ValidationError

from tracker2invoice.errors import BadAnswer, NotThere
from tracker2invoice.rest import Session
from tracker2invoice_xero.answers import Invoice, Invoices
from tracker2invoice_xero.kinds import INVOICES, STATES, Kind

IDS_A_REQUEST = 40
"""So that an address stays below 2,000 characters."""

_REFERENCES = 20
"""In a filter, for the same reason."""

_PAGE_SIZE = 100
_MOST_PAGES = 100


class Lookup:
    """Reads of one organisation. `name` is the configured name of the output."""

    def __init__(self, session: Session, name: str) -> None:
        self._session, self._name = session, name
        self._has_high_volume = False

    def carrying(self, kind: Kind, references: Sequence[str]) -> tuple[Invoice, ...]:
        """Return the documents of a kind with one of the references; what only resembles one is left out.

        It is one request for so many of them, with a filter. An organisation with very many invoices refuses such a
        filter: there one reference after the other is searched for, which credit notes have no search for
        (developer.xero.com, Accounting API, Invoices, "High volume threshold limit").

        Raises:
            AccessDenied, BadAnswer, TryLater: they could not be looked up.
        """
        if not (kind is INVOICES and self._has_high_volume):
            some = [references[first : first + _REFERENCES] for first in range(0, len(references), _REFERENCES)]
            asked = [({"where": _where(kind, one)}, one) for one in some]
            try:
                return _each_once(self._listed_with(kind, one, where) for where, one in asked)
            except BadAnswer as error:
                if kind is not INVOICES or "high volume" not in error.detail:
                    raise
                self._has_high_volume = True
        return _each_once(self._listed_with(kind, [one], {"searchTerm": one}) for one in references)

    def by_id(self, kind: Kind, ids: Sequence[str], since: datetime | None) -> Iterator[Invoice]:
        """Yield the documents with these ids, at most `IDS_A_REQUEST`; with `since`, those changed after it, at least.

        Raises:
            AccessDenied, BadAnswer, TryLater: not everything could be read.
        """
        # xero_accounting.yaml, parameter ifModifiedSince: UTC, to the second
        headers = {"If-Modified-Since": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"} if since else {}
        if kind is INVOICES:
            yield from self._listed(kind, {"IDs": ",".join(ids)}, headers)
        elif since:
            yield from self._listed(kind, {"where": f'Type=="{kind.type}"'}, headers)
        else:
            for own_id in ids:
                yield from self._one(kind, own_id)

    def _listed_with(self, kind: Kind, references: Sequence[str], asked: Mapping[str, str]) -> tuple[Invoice, ...]:
        listed = self._listed(kind, asked)
        return tuple(item for item in listed if any(item.carries(kind, one) for one in references))

    def _one(self, kind: Kind, own_id: str) -> tuple[Invoice, ...]:
        try:
            return self._read(f"/{kind.path}/{quote(own_id, safe='')}").items
        except NotThere:
            return ()

    def _listed(
        self, kind: Kind, asked: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Iterator[Invoice]:
        if kind is INVOICES:
            # credit notes know neither of the two: a list without a filter for states has all of them
            asked = {**asked, "Statuses": ",".join(STATES), "includeArchived": "true"}
        for page in range(1, _MOST_PAGES + 1):
            params = {**asked, "page": str(page), "pageSize": str(_PAGE_SIZE)}
            answer = self._read(f"/{kind.path}", params, headers)
            yield from answer.items
            if _is_last(answer, page):
                return
        raise BadAnswer(self._name, f"more than {_MOST_PAGES} pages of documents match")

    def _read(
        self, path: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Invoices:
        try:
            answer = Invoices.model_validate(self._session.read(path, params, headers).data)
        except ValidationError:
            raise BadAnswer(self._name, "the list of documents cannot be read") from None
        # one that cannot be told from others would be overlooked, and created again
        if not all(item.is_whole for item in answer.items):
            raise BadAnswer(self._name, "the list of documents leaves out what tells them apart")
        return answer


def _each_once(lists: Iterable[Iterable[Invoice]]) -> tuple[Invoice, ...]:
    return tuple({item.id: item for items in lists for item in items}.values())


def _where(kind: Kind, references: Sequence[str]) -> str:
    numbers = " OR ".join(f'{kind.number_field}=="{one}"' for one in references)
    contained = " OR ".join(f'Reference.Contains("{one}")' for one in references)
    # Contains fails where there is no reference at all
    return f'Type=="{kind.type}" AND ({numbers} OR (Reference!=null AND ({contained})))'


def _is_last(answer: Invoices, page: int) -> bool:
    if answer.pagination:
        return page >= answer.pagination.page_count
    return len(answer.items) < _PAGE_SIZE
