"""The far side of a connector on this machine: what a rehearsal and the crash tests need of it.

A connector that declares a `twin` in its plugin takes part in both without a line of theirs. A twin copies what the
vendor documents, its errors and limits included, and keeps books of its own, which are what a test judges by.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol, cast

from tracker2invoice.model.claim import DocumentState


class TrackerDeeds(Protocol):
    """What people do in a tracker."""

    def add_project(self, name: str) -> str:
        """Create a project (`owner/name`); return its stable id."""
        ...

    def add_milestone(self, project_id: str, title: str) -> int:
        """Create an open milestone; return its number."""
        ...

    def add_issue(
        self,
        project_id: str,
        number: int,
        title: str,
        kind: Literal["issue", "merge_request"] = "issue",
        *,
        done: bool = True,
        labels: tuple[str, ...] = (),
    ) -> None:
        """Add an issue or merge request to a milestone; what is not done is an open issue or a refused change."""
        ...

    def close(self, project_id: str, number: int) -> None:
        """Close a milestone."""
        ...

    def reopen(self, project_id: str, number: int) -> None:
        """Open a closed milestone again."""
        ...

    def rename(self, project_id: str, number: int, title: str) -> None:
        """Give a milestone another title."""
        ...

    def rename_project(self, project_id: str, name: str) -> None:
        """Give a project another name."""
        ...

    def delete_milestone(self, project_id: str, number: int) -> None:
        """Delete a milestone."""
        ...


class TrackerTwin(TrackerDeeds, Protocol):
    """A tracker on this machine.

    `settings` is the section of the configuration that leads to it, without `kind`; its `url`, if it has one, may be
    replaced by that of a proxy. `environment` holds the secrets that the section refers to. A twin may have
    `tells_when = False`: the tracker does not tell when a milestone was closed. Trials then begin with milestones that
    were seen open.
    """

    settings: Mapping[str, object]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Booked:
    """A document in the books of an output's twin. `client` is the client's id there, empty if it has no such list."""

    reference: str
    client: str
    currency: str
    net: Decimal
    gross: Decimal
    state: DocumentState


class OutputTwin(Protocol):
    """An accounting platform or folder on this machine; `settings` and `environment` as in `TrackerTwin`.

    The contracts that are billed through it have tax of category S at 19 percent and are in EUR; supplier and client
    have an address, the supplier a VAT id. `client` is the id
    of a client that it knows, empty if it has no list of clients. `variants` are settings that change how documents
    are told apart or who we are, by name; each is put over `settings`.
    """

    settings: Mapping[str, object]
    environment: Mapping[str, str]
    client: str
    variants: Mapping[str, Mapping[str, object]]

    def documents(self) -> Sequence[Booked]:
        """Return every document in the books, in whatever state."""
        ...

    def leftovers(self) -> Sequence[str]:
        """Name what lies there and belongs to no finished document: half written files, attachments without one."""
        ...

    def change(self, reference: str, state: DocumentState) -> None:
        """Do what a person does there: send, void or delete the documents with that reference."""
        ...

    def forget_keys(self) -> None:
        """Recognise no idempotency key from now on."""
        ...


def section(name: str, settings: Mapping[str, object]) -> str:
    """Return a section of a configuration as TOML; what is None is left out."""
    lines = [f"{key} = {toml(value)}" for key, value in settings.items() if value is not None]
    return "\n".join([f"[{name}]", *lines, ""])


def toml(value: object) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value)
        return "{ " + ", ".join(f"{_key(key)} = {toml(item)}" for key, item in items.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(toml, cast("Sequence[object]", value))) + "]"
    return json.dumps(value)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else json.dumps(name)
