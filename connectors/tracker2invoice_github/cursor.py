"""The cursor: what one poll of a repository leaves for the next, as JSON."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from zlib import crc32

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

_LEAST, _SPREAD = timedelta(hours=12), timedelta(hours=12)
# another machine may have read it, whose clock is ahead of ours
_CLOCKS_DIFFER = timedelta(hours=1)


class Cursor(BaseModel):
    """How a repository was when it was read.

    `pages` are address and ETag of each page of its milestones, `read_at` is when they were last read or confirmed,
    `name` its `owner/name` then, `node` its id in the GraphQL API. `mark` is the mark (`marks.py`) of what was read,
    empty if the reading was not of one piece. `doubtful` is another mark that the GraphQL API gave then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pages: Annotated[tuple[tuple[str, str], ...], Field(min_length=1)]
    read_at: AwareDatetime
    name: str = ""
    node: str = ""
    mark: str = ""
    doubtful: str = ""

    def is_stale(self, project_id: str, now: datetime) -> bool:
        """Say whether the list itself is to be asked for again, which is so twice a day at most and once at least.

        Repositories that were first read together come to it at different minutes.
        """
        good_for = _LEAST + _SPREAD * (crc32(project_id.encode()) % 1000 / 1000)
        return not self.read_at - _CLOCKS_DIFFER <= now < self.read_at + good_for

    def confirmed(self, now: datetime, node: str, told: str) -> Cursor:
        """Return the cursor after REST has said that nothing has changed; `told` is the mark that GraphQL gave before.

        The two APIs may tell the same thing differently, or one of them may lag behind. A mark that is not ours is
        taken for that of the present state once it was given before two such answers, of two polls.
        """
        believed = told and told == self.doubtful
        return self.model_copy(
            update={
                "read_at": now,
                "node": node or self.node,
                "mark": told if believed and self.mark else self.mark,
                "doubtful": told or self.doubtful,
            }
        )

    def text(self) -> str:
        """Return it as the engine keeps it."""
        return self.model_dump_json()


def load(text: str | None) -> Cursor | None:
    """Return the cursor; None if there is none or this version does not know its form."""
    try:
        return Cursor.model_validate_json(text or "")
    except ValueError:
        return None
