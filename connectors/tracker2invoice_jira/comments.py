"""Reads the comments on issues: what a search carries of them, and the rest of those lists that it may have cut short.

Source: pages on issue search and issue comments of Atlassian's REST documentation; structure of the Atlassian Document
Format. A comment of Data Center is text with wiki marks, one of Cloud a document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast

from pydantic import TypeAdapter

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.work import Comment
from tracker2invoice_jira.api import Api
from tracker2invoice_jira.listing import MOST_PER_PAGE, Page, read_counted
from tracker2invoice_jira.readings import Count, Id, Instant, Reading, plain_text

CUT_FROM = 20
"""A search carries that many worklogs of an issue and no more; a list of as many comments may be cut, too."""


class _Author(Reading):
    """A person. Cloud knows them by `accountId`, Data Center by the user's `name`."""

    accountId: str = ""  # noqa: N815 (Jira's name)
    name: str = ""


class CommentAnswer(Reading):
    """What we need of a comment. Administrators may edit those of others; `updateAuthor` did so last."""

    id: Id
    body: Any
    created: Instant
    updated: Instant
    author: _Author | None = None
    updateAuthor: _Author | None = None  # noqa: N815 (Jira's name)

    def login(self, *, cloud: bool) -> str:
        """Return by what the site knows the author, nothing if somebody else has edited the comment or nobody tells."""
        if self.author is None or self.updateAuthor != self.author:
            return ""
        return self.author.accountId if cloud else self.author.name


class CommentPage(Reading):
    """Some comments on an issue, and how many there are."""

    comments: list[CommentAnswer]
    total: Count


_PAGE = TypeAdapter(CommentPage)


def comments_since(api: Api, issue_id: str, key: str, found: CommentPage | None, since: datetime) -> Iterator[Comment]:
    """Yield what authors wrote or edited since then on an issue; `found` are the comments that came with a search.

    Raises:
        AccessDenied, NotThere, TryLater: they could not be read completely.
    """
    if found is None:
        raise BadAnswer(api.tracker, "a search that does not tell the comments that were asked for")
    for one in sorted(_all(api, issue_id, found), key=lambda one: int(one.id)):
        login = one.login(cloud=api.server.cloud)
        if login and one.updated >= since:
            url = f"{api.server.site}/browse/{key}?focusedCommentId={one.id}"
            yield Comment(login, one.updated, beginning(one.body), url)


def _all(api: Api, issue_id: str, found: CommentPage) -> Sequence[CommentAnswer]:
    if len(found.comments) == found.total < CUT_FROM:
        return found.comments

    def page_from(start: int) -> Page[CommentAnswer]:
        params = {"startAt": str(start), "maxResults": str(MOST_PER_PAGE), "orderBy": "created"}
        page = api.get(f"/issue/{issue_id}/comment", _PAGE, params)
        return Page(page.comments, page.total)

    return read_counted(api.tracker, page_from)


def beginning(body: object) -> str:
    """Return a comment up to the end of its first block that is not blank.

    Only a paragraph or heading is told as it stands. What means something else than its words, such as a quotation,
    a list or what is struck out, is marked, so that it never reads like the same words said plainly.
    """
    if isinstance(body, str):
        return body
    blocks = (block for block in _content(body))
    return next((text for block in blocks if (text := _block(block)).strip()), "")


def _block(block: dict[str, object]) -> str:
    if block.get("type") in ("paragraph", "heading"):
        return "".join(map(_inline, _content(block)))
    return f"[{block.get('type')}] {plain_text(block)}"


def _inline(node: dict[str, object]) -> str:
    if node.get("type") == "hardBreak":
        return "\n"
    text = node.get("text")
    if node.get("type") != "text" or not isinstance(text, str):
        return "\ufffc"  # a mention, an emoji, a link: something that is no text
    marks = cast("list[object]", node["marks"]) if isinstance(node.get("marks"), list) else []
    struck = any(isinstance(mark, dict) and cast("dict[str, object]", mark).get("type") == "strike" for mark in marks)
    return f"~~{text}~~" if struck else text


def _content(node: object) -> Iterator[dict[str, object]]:
    content = cast("dict[str, object]", node).get("content") if isinstance(node, dict) else None
    if isinstance(content, list):
        yield from (cast("dict[str, object]", one) for one in cast("list[object]", content) if isinstance(one, dict))
