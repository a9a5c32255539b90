"""What a run was on: the host, the versions of what computes, the commit."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from common.install import ROOT


def usable_cores() -> int:
    """Cores that this process may use: containers and `taskset` leave fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def host() -> dict[str, Any]:
    """The machine: CPU model, cores, memory, operating system, frequency governor if readable."""
    import psutil

    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "usable_cores": usable_cores(),
        "memory_bytes": psutil.virtual_memory().total,
        "os": platform.platform(),
        "governor": _governor(),
    }


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _governor() -> str | None:
    try:
        return Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").read_text().strip()
    except OSError:
        return None


def versions() -> dict[str, str | None]:
    """Python and the packages that every run uses; a framework adds its own."""
    packages = {name: _version(name) for name in ("twinbench", "numpy", "scipy")}
    return {"python": platform.python_version(), **packages}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def git() -> dict[str, Any]:
    """`commit` and `dirty` of the checkout that this code runs from; both None outside of one."""
    facts: dict[str, Any] = {"commit": None, "dirty": None}
    # an installed copy may lie inside a checkout of something else
    if _git("rev-parse", "--show-toplevel") == str(ROOT):
        facts["commit"] = _git("rev-parse", "--verify", "--quiet", "HEAD") or None
        facts["dirty"] = bool(_git("status", "--porcelain"))
    return facts


def _git(*arguments: str) -> str:
    try:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
