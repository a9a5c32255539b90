"""Runs that take turns, an epoch each and back again (A B, B A), all of them alive at once.

Epochs that are over in a moment share a turn.

What a neighbour does to the machine then falls on all alike, and an epoch has a partner a moment
away. Whoever is not at its turn is stopped, with every thread and process of its own, outside of
its clocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pkgutil import resolve_name
from threading import Condition
from typing import Any

from benchmarks.harness.clocks import PAUSES

IN_TURNS = f"{__name__}:in_turns"  # a target in whose call another one runs
LEAST = 0.05  # seconds of a turn: after a stop an epoch finds cold caches and sleeping threads


class Turns:
    """Whose turn it is; used by a thread a member."""

    def __init__(self, members: int) -> None:
        self.members = members
        self.present = set(range(members))
        self.changed = Condition()
        self.order = self._order(members)
        self.now = next(self.order, None)

    def _order(self, members: int) -> Iterator[int]:
        """From the first to the last and back, the ends twice, as long as anyone is there."""
        order = list(range(members))
        while self.present:
            yield from (member for member in order if member in self.present)
            order.reverse()

    def take(self, member: int) -> None:
        """Wait for one's turn; RuntimeError when it will not come any more."""
        with self.changed:
            self.changed.wait_for(lambda: self.now == member or member not in self.present)
            if member not in self.present:
                raise RuntimeError("the runs that take turns were ended")

    def give(self) -> None:
        """It is the next one's turn."""
        with self.changed:
            self.now = next(self.order, None)
            self.changed.notify_all()

    def leave(self, member: int) -> None:
        """End one's own turn, and have no other."""
        with self.changed:
            self.present.discard(member)
            if self.now == member:
                self.give()

    def close(self) -> None:
        """Have all who wait raise."""
        with self.changed:
            self.present.clear()
            self.changed.notify_all()


def in_turns(target: str, argument: Any, emit: Callable[[dict], None]) -> Any:
    """What `module:function` returns; this process stops after each turn until it is resumed.

    The event that ends a turn says so, by the key `turn`.
    """

    def emit_and_stop(event: dict) -> None:
        ends = "epoch" in event and PAUSES.since() > LEAST
        emit(event | {"turn": "ends"} if ends else event)
        if ends:
            PAUSES.stop()

    return resolve_name(target)(argument, emit_and_stop)
