"""Clocks, memory and the surroundings of a run: what a number is worth depends on them."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any


class Pauses:
    """What went by while this process was stopped; none of its clocks counts it."""

    seconds = busy = steal = resumed = 0.0

    def since(self) -> float:
        """Seconds since the last one."""
        return perf_counter() - self.resumed

    def stop(self) -> None:
        """Stop this process, and whatever it has started, until somebody continues it."""
        started, (busy, steal) = perf_counter(), _cpu_seconds()
        os.killpg(os.getpgrp(), signal.SIGSTOP)
        busy_now, steal_now = _cpu_seconds()
        self.busy, self.steal = self.busy + busy_now - busy, self.steal + steal_now - steal
        self.resumed = perf_counter()
        self.seconds += self.resumed - started


PAUSES = Pauses()  # of this process


def process_age_seconds() -> float:
    """Seconds since this process was started, to the hundredth, without its pauses.

    psutil's `create_time` is off by up to a second on Linux: it adds a boot time in whole seconds.
    """
    if sys.platform == "linux":
        started = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - started / os.sysconf("SC_CLK_TCK")
        return age - PAUSES.seconds
    import psutil

    return time.time() - psutil.Process().create_time() - PAUSES.seconds


def peak_rss_bytes() -> int:
    """The most memory that this process has had resident so far.

    On Linux from VmHWM: `ru_maxrss` would start at the peak of the parent, which exec keeps.
    """
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


class Stages:
    """Seconds of each named stage of a run, in the order in which they came, without pauses."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        started = _awake()
        yield
        self.seconds[name] = _awake() - started


class Surroundings:
    """How busy the machine was with other work between the making of this and `read`."""

    def __init__(self) -> None:
        self.load = _load()
        self.started = _awake()
        self.busy, self.steal = _cpu_seconds()
        self.own = time.process_time()

    def read(self) -> dict[str, Any]:
        """`load_before`, `load_after` (1-minute averages, or None) and two shares of all cores:
        `others_cpu_share`, used by other processes, and `steal_share`, kept by the hypervisor."""
        busy, steal = _cpu_seconds()
        busy, steal = busy - PAUSES.busy, steal - PAUSES.steal
        capacity = (_awake() - self.started) * (os.cpu_count() or 1)
        others = busy - self.busy - (time.process_time() - self.own)
        return {
            "load_before": self.load,
            "load_after": _load(),
            "others_cpu_share": max(0.0, others / capacity),
            "steal_share": max(0.0, (steal - self.steal) / capacity),
        }


def _awake() -> float:
    """A clock that stands still while this process is stopped, in seconds."""
    return perf_counter() - PAUSES.seconds


def _load() -> float | None:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def _cpu_seconds() -> tuple[float, float]:
    """CPU seconds that the whole machine has been busy, and those stolen by its hypervisor."""
    import psutil

    times = psutil.cpu_times()
    steal = getattr(times, "steal", 0.0)
    return sum(times) - times.idle - getattr(times, "iowait", 0.0) - steal, steal


def median_seconds(
    run: Callable[[], Any], synchronize: Callable[[], None], calls: int = 50
) -> float:
    """Of so many calls, after five to warm up."""
    times = []
    for _ in range(calls + 5):
        started = perf_counter()
        run()
        synchronize()
        times.append(perf_counter() - started)
    return median(times[5:])
