"""What the judge's processes do beside their probes."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

KEPT = """
import numpy as np, psutil
from benchmarks.twins import probes

def resident():
    return psutil.Process().memory_info().rss

probes.give_memory_back()
np.ones(3_000_000)  # glibc would keep for others what it freed, up to this size
before = resident()
arrays = [(np.ones(1_000_000), np.ones(50_000)) for _ in range(20)]
behind = [small for _, small in arrays]
del arrays
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc")
def test_a_large_array_gives_its_memory_back():
    run = subprocess.run([sys.executable, "-c", KEPT], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 40_000_000
