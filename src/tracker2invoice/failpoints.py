"""Names every durable write and every outside call, so that a test can stop the process right before or after it.

    with failpoint("file.rename"):
        temporary.replace(path)

In production nobody listens and a failpoint does nothing. Nothing but code can switch one on: no variable of the
environment and no setting does.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Literal

Moment = Literal["before", "after"]
Listener = Callable[[str, Moment], None]

_OFF: AbstractContextManager[None] = nullcontext()
_listener: Listener | None = None


def failpoint(name: str) -> AbstractContextManager[None]:
    """Mark the body of the `with` as a boundary of that name. A body that raises has no `after`."""
    return _OFF if _listener is None else _Boundary(name, _listener)


def listen(listener: Listener | None) -> None:
    """Let `listener` hear of every boundary that this process comes to from now on; None ends it. For tests."""
    global _listener
    _listener = listener


class _Boundary:
    def __init__(self, name: str, listener: Listener) -> None:
        self._name, self._listener = name, listener

    def __enter__(self) -> None:
        self._listener(self._name, "before")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._listener(self._name, "after")
