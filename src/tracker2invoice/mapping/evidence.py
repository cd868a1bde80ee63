"""Who has accepted something, in the words of a reason: comments one by one, labels by how many items have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tracker2invoice.mapping.accept import in_words
from tracker2invoice.mapping.text import plural
from tracker2invoice.model.invoice import AcceptedBy


def with_evidence(accepted: str, evidence: Sequence[AcceptedBy]) -> str:
    """Return why something counts, in words, with who accepted it when and where."""
    comments = (
        f"accepted by {one.login} at {in_words(one.at)} on {one.item} ({one.url})" for one in evidence if not one.label
    )
    labels = Counter((one.label, one.login) for one in evidence if one.label)
    set_by = (f"label '{label}' set by {login} on {plural(count, 'item')}" for (label, login), count in labels.items())
    return ", ".join((accepted, *set_by, *comments))
