"""Labels: the configured names of projects, `tracker:project`, and of all projects under a name, `tracker:owner/*`."""

from __future__ import annotations

from collections.abc import Iterable

_ALL = "/*"


def is_pattern(label: str) -> bool:
    """Say whether the label stands for every project under a name."""
    return label.endswith(_ALL)


def owner_of(pattern: str) -> str:
    """Return the name under which the projects are, without the tracker."""
    return pattern.partition(":")[2].removesuffix(_ALL)


def label_under(pattern: str, name: str) -> str:
    """Return the label of a project that was found under a pattern; trackers may write the owner in other letters."""
    beginning, owner = pattern.removesuffix("*"), owner_of(pattern) + "/"
    same = name[: len(owner)].casefold() == owner.casefold()
    return beginning + (name[len(owner) :] if same else name)


def is_under(pattern: str, label: str) -> bool:
    """Say whether the label is one of those that a pattern stands for."""
    return not is_pattern(label) and label.startswith(pattern.removesuffix("*"))


def spelt_out(labels: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the labels with each pattern replaced by the known ones under it; it stays if there are none yet."""
    known = tuple(known)
    found: dict[str, None] = {}
    for label in labels:
        under = [one for one in known if is_under(label, one)] if is_pattern(label) else []
        found.update(dict.fromkeys(under or [label]))
    return tuple(found)


def may_overlap(one: str, other: str) -> bool:
    """Say whether two labels can stand for the same project. Capitals do not matter: to many trackers they do not."""
    first, second = one.casefold(), other.casefold()
    return (
        first == second
        or (is_pattern(first) and second.startswith(first.removesuffix("*")))
        or (is_pattern(second) and first.startswith(second.removesuffix("*")))
    )
