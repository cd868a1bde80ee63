"""What a person's browser does when it is to ask for consent."""

from __future__ import annotations

import threading
from collections.abc import Callable

import requests


class Browser:
    """Opens the address as a person's browser does; `astray` changes where it is sent to on the way."""

    def __init__(self) -> None:
        self.pages: list[requests.Response] = []
        self.opened: list[str] = []
        self.astray: Callable[[str], str] = lambda address: address
        self._threads: list[threading.Thread] = []

    def open(self, url: str) -> bool:
        self.opened.append(url)
        self._threads.append(threading.Thread(target=self._go, args=[url]))
        self._threads[-1].start()
        return True

    def sent_to(self, url: str) -> str:
        """Return where the person is sent after consenting."""
        location = requests.get(url, allow_redirects=False, timeout=30).headers["Location"]
        return self.astray(location)

    def close(self) -> None:
        for thread in self._threads:
            thread.join()

    def _go(self, url: str) -> None:
        self.pages.append(requests.get(self.sent_to(url), timeout=30))
