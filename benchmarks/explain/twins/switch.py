"""`Switch`: one difference of two trainings, which a model can be set to.

A switch is offered where both sides say a value, and where these differ. What is the same on both
sides is named, and so is what cannot be set from outside, which goes with the framework.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from common.twins.turns import Turns

Turn = Callable[[Turns], Turns]
SAME, WITH = "the same on both sides", "not tried, it goes with the framework"


@dataclass(frozen=True)
class Switch:
    """One difference of two trainings: `values` in words, of the first side and of the second.

    `turns` give the first model the second's value, and the second the first's; None where that
    cannot be done from outside.
    """

    name: str
    values: tuple[str, str]
    turns: tuple[Turn | None, Turn | None]
    of_rule: bool = False  # it needs the optimiser written as a rule

    def reversed(self) -> Switch:
        """The same between the second side and the first."""
        return replace(self, values=self.values[::-1], turns=self.turns[::-1])


class Found(NamedTuple):
    """The switches, in the order of a walk, and why there is no other: by what it is about."""

    switches: list[Switch]
    skipped: dict[str, str]

    def add(self, other: Found) -> None:
        """Take over what was found elsewhere."""
        self.switches.extend(other.switches)
        self.skipped.update(other.skipped)
