"""The machine and the process as the system knows them, and the commit."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from benchmarks.harness import clocks
from benchmarks.records import machine
from tests.command import ROOT


def test_where_there_is_no_proc_the_system_is_asked_otherwise(monkeypatch, tmp_path):
    age, peak = clocks.process_age_seconds(), clocks.peak_rss_bytes()
    cores = machine.usable_cores()
    monkeypatch.setattr(clocks, "sys", SimpleNamespace(platform="freebsd"))
    assert clocks.process_age_seconds() == pytest.approx(age, abs=5)
    kib = clocks.peak_rss_bytes()
    assert kib > 0.9 * peak  # the system may count that of the parent
    monkeypatch.setattr(clocks, "sys", SimpleNamespace(platform="darwin"))
    assert clocks.peak_rss_bytes() == pytest.approx(kib / 1024, rel=0.1)
    monkeypatch.delattr(clocks.os, "sched_getaffinity")
    assert machine.usable_cores() >= cores
    monkeypatch.setattr(machine, "Path", lambda name: tmp_path / "none")
    assert machine.host()["cpu"] == (platform.processor() or platform.machine())


def test_peak_memory_is_the_process_s_own_and_not_its_parent_s():
    program = "from benchmarks.harness.clocks import peak_rss_bytes as p; print(p())"
    holding = f"x = bytearray(400_000_000); import subprocess, sys; \
subprocess.run([sys.executable, '-c', {program!r}])"
    done = subprocess.run([sys.executable, "-c", holding], cwd=ROOT, capture_output=True, text=True)
    assert 1e6 < int(done.stdout) < 2e8


def test_the_age_of_a_process_counts_from_its_start():
    program = (
        "import time; time.sleep(.5)\n"
        "from benchmarks.harness.clocks import process_age_seconds as age\n"
        "print(age())"
    )
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert 0.5 <= float(done.stdout) <= time.perf_counter() - started + 0.02


def test_git_facts_are_of_this_checkout_or_none(tmp_path, monkeypatch):
    facts = machine.git()
    assert facts["commit"] is None or len(facts["commit"]) == 40
    assert (facts["commit"] is None) == (facts["dirty"] is None)
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    assert machine.git() == {"commit": None, "dirty": None}
