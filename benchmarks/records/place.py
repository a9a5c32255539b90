"""Where something is computed: a framework on a device, in an interpreter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A framework on a device; all that a process is started by, but for the regime."""

    framework: str
    device: str = "cpu"
    threads: int | None = None  # None: as many as the framework takes
    python: str | None = None  # interpreter; None: this one

    def __str__(self) -> str:
        return self.framework if self.device == "cpu" else f"{self.framework} {self.device}"
