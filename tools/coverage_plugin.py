"""A plugin of coverage.py: a worker saves its coverage before it answers, as it is killed then.

`Child.close` ends a process by SIGKILL, because an orderly exit takes PyTorch seconds: coverage.py,
which saves at exit, would lose what the worker ran.
"""

from __future__ import annotations

from multiprocessing.reduction import ForkingPickler
from typing import Any

from coverage import Coverage


def coverage_init(registry: Any, options: dict[str, Any]) -> None:
    """Called by coverage.py in each process that it measures."""
    dump = ForkingPickler.dump

    def save_and_dump(self: ForkingPickler, message: Any) -> None:
        running = Coverage.current()
        if running and isinstance(message, tuple) and message[:1] in (("value",), ("error",)):
            running.save()
        dump(self, message)

    ForkingPickler.dump = save_and_dump  # type: ignore[method-assign]
