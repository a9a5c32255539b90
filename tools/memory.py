"""How much memory a piece of work takes, with all processes that it starts."""

from __future__ import annotations

import os
import threading
from contextlib import suppress

import psutil

EVERY = 0.1  # seconds between two looks


class Peak:
    """While entered, `bytes` is the most that this process and its children had resident at once.

    What they share, as libraries are, counts for each of them.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        own = psutil.Process(os.getpid())
        while True:
            resident = 0
            for process in (own, *own.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    resident += process.memory_info().rss
            self.bytes = max(self.bytes, resident)
            if self._done.wait(EVERY):
                return
