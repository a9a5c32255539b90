"""Who is measured beside the frameworks: what a user might take instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Peer:
    """A module of `benchmarks.speed.peers`."""

    framework: str  # in whose native environment it runs
    colour: str  # as `Framework.colour`


PEERS: Mapping[str, Peer] = MappingProxyType(
    {"textbook": Peer("keras", "#EE184A"), "scikit": Peer("torch", "#8D5F82")}
)
