"""For coverage.py: a worker saves what it ran before it answers, since it is killed afterwards.

`Child.close` ends a process by SIGKILL, because leaving in order takes PyTorch seconds: what
coverage.py saves at the end of a process would be lost.
"""

from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Any

from coverage import Coverage


def coverage_init(registry: Any, options: dict[str, Any]) -> None:
    """Called by coverage.py in each process that it measures."""
    send = Connection.send

    def save_and_send(self: Connection, message: Any) -> None:
        running = Coverage.current()
        if running and message[0] in ("value", "error"):
            running.save()
        send(self, message)

    Connection.send = save_and_send  # type: ignore[method-assign]
