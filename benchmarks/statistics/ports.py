"""Is a port slower, and is that the framework or the port?

Where the original runs on the port's framework too, as Keras does on PyTorch, its time there lies
between: the ratio of the port to the original is the product of that of one model on two frameworks
and that of two models on one framework, exactly, since each is of the same medians.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.records.arm import group_by
from benchmarks.statistics.ratios import Ratio
from benchmarks.statistics.verdict import Comparison
from common.framework import frameworks
from common.twins.user_file import family

ORIGINAL, BETWEEN, PORT = range(3)
PARTS = {"framework": (BETWEEN, ORIGINAL), "port": (PORT, BETWEEN)}
"""By name, which arm stands above which."""


@dataclass(frozen=True)
class PortTime:
    """An epoch of a port against one of its original, by the comparisons of one setting.

    `arms` are the original, the original on the port's framework, the port. `pairs` has the
    comparison of two of these by their numbers; one that lacks an arm is not there.
    """

    arms: tuple[str, str, str]
    pairs: Mapping[tuple[int, int], Comparison]

    def longer(self, of: int, than: int) -> Ratio | None:
        """How many times as long an epoch of one arm takes as one of the other.

        None where the records lack an arm, or enough timed processes on one machine.
        """
        pair = self.pairs.get((of, than))
        if pair is None or pair.epoch is None:
            return None
        return pair.epoch if pair.first == self.arms[of] else pair.epoch.inverse

    @property
    def share(self) -> str:
        """What makes the time of the two differ as it does: "framework", "port", "both", "".

        Only what differs the same way as the whole, and outlasts Holm's correction, is named.
        """
        whole = self.way(PORT, ORIGINAL)
        named = [name for name, arms in PARTS.items() if whole and self.way(*arms) == whole]
        return "both" if len(named) == len(PARTS) else "".join(named)

    def way(self, of: int, than: int) -> int:
        """1: surely longer, -1: surely shorter, 0: neither is sure."""
        ratio = self.longer(of, than)
        if ratio is None or not self.pairs[of, than].loud[1]:
            return 0
        return 1 if ratio.value > 1 else -1


def port_times(pairs: Iterable[Comparison]) -> list[PortTime]:
    """One for each port of a user's twins whose original was compared with it.

    `pairs` are those of `comparisons`, of all settings.
    """
    own = (pair for pair in pairs if pair.file)
    return [time for pairs in group_by(own, _setting).values() for time in _of_setting(pairs)]


def _of_setting(pairs: Sequence[Comparison]) -> Iterator[PortTime]:
    by_names = {frozenset((pair.first, pair.second)): pair for pair in pairs}
    for port in dict.fromkeys(name for pair in pairs for name in (pair.first, pair.second)):
        for between in _variants_on(port):
            arms = (family(between), between, port)
            found = {
                (i, j): by_names[names]
                for i in range(3)
                for j in range(3)
                if i != j and (names := frozenset((arms[i], arms[j]))) in by_names
            }
            if (PORT, ORIGINAL) in found:
                yield PortTime(arms, found)


def _variants_on(port: str) -> list[str]:
    """The variants of other frameworks that run on this one."""
    known = frameworks()
    if port not in known or family(port) != port:
        return []
    return [
        name
        for name, variant in known.items()
        if family(name) not in (name, port) and known[port].requires[0] in variant.requires
    ]


def _setting(pair: Comparison) -> tuple:
    changed = str(sorted(pair.changed.items()))
    return pair.problem, pair.regime, pair.device, pair.threads, changed, pair.file, pair.data
