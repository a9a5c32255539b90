"""A plugin of coverage.py: a worker saves its coverage before it answers, as it is killed then.

`Child.close` ends a process by SIGKILL, because an orderly exit takes PyTorch seconds: coverage.py,
which saves at exit, would lose what the worker ran.
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
