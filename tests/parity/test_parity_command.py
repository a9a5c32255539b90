"""`twinbench parity`, on frameworks that are the reference itself, sound or with a fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.cli import main
from benchmarks.harness.ladder import SHORT
from benchmarks.records.record import read_records
from common.framework import plain_frameworks
from common.trace import rungs
from tests.command import copied
from tests.parity.test_ladder import embedded, read_trace


@embedded
def test_a_short_ladder_through_the_command(tmp_path, capsys):
    names = plain_frameworks(installed=True)
    if not names:
        pytest.skip("no framework is installed")
    command = ["parity", "boston", "--short", "--data", "embedded", "--threads", "1", "--json"]
    command += ["--framework", ",".join(names)]
    status = main.main([*command, "--results", str(tmp_path)])
    out, err = capsys.readouterr()
    assert out, err
    envelope = json.loads(out)
    (result,) = envelope["results"]
    verdict = {"about": "boston, matched, seed 0", "verdict": "within bounds"}
    assert envelope["verdicts"] == [verdict | {"sentence": result["verdict"]}]
    assert status == 0, result["verdict"]
    assert result["frameworks"] == names and result["first_breach"] is None
    assert {d["rung"] for d in result["differences"]} == set(rungs(*SHORT))
    assert result["notice"]
    (kept,) = (tmp_path / "parity" / "boston" / "matched").glob(f"seed0-*-{names[0]}-cpu.npz")
    assert read_trace(kept)["data/digest"].tobytes().hex() == result["data_digest"]


MANIFEST = """
from common.framework import Framework

def variant(name, task):
    environment = lambda regime, device, threads: {}
    return Framework(name, f"fake_impl.task:{task}", ("numpy",), ("cpu",), environment, {})

VARIANTS = (variant("sound", "Sound"), variant("faulty", "Faulty"))
"""


TASK = """
from dataclasses import replace
import numpy as np
from common.reference import ReferenceTask
from common.regime import MATCHED, TUNED

class Sound(ReferenceTask):
    def __init__(self, problem, *, regime, device, seed):
        super().__init__(problem, regime=regime, device=device, seed=seed, dtype=np.float32)

class Faulty(Sound):
    def __init__(self, problem, *, regime, **options):
        super().__init__(problem, regime=replace(regime, rho=0.99), **options)
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of the checkout with two frameworks that are the reference, sound and with a fault."""
    folder = copied(tmp_path_factory.mktemp("checkout"))
    (folder / "fake_impl" / "manifest.py").write_text(MANIFEST)
    (folder / "fake_impl" / "task.py").write_text(TASK)
    return folder


SHORT_BOSTON = ("parity", "boston", "--short", "--data", "embedded")


@embedded
def test_a_breach_is_pointed_at_and_is_the_exit_status(twinbench):
    done = twinbench(*SHORT_BOSTON)
    assert done.status == 1, done.err
    assert "boston: first breach at rung 'step 1'" in done.out
    assert "faulty differs from the reference; sound agrees with it" in done.out
    assert "boston faulty climbs" in done.err


@embedded
def test_another_seed_or_number_of_threads_takes_no_file_away(twinbench):
    def kept(*arguments: str) -> dict[Path, bytes]:
        done = twinbench(*SHORT_BOSTON, "--framework", "sound", *arguments)
        assert done.status == 0, done.out + done.err
        assert "boston: every rung is within its bounds" in done.out
        return {path: path.read_bytes() for path in twinbench.results.rglob("*.json")}

    first, second = kept(), kept("--seed", "1")
    assert len(first) == 1 and len(second) == 2 and first.items() <= second.items()
    assert len(kept("--threads", "1")) == 3
    assert len(list(twinbench.results.rglob("*.npz"))) == 3
    assert sorted(r.seed for r in read_records(twinbench.results, "parity")) == [0, 0, 1]


def test_a_regime_without_shared_weights_is_refused(capsys):
    with pytest.raises(SystemExit, match="2"):
        main.main(["parity", "boston", "--regime", "native"])
    assert "native" in capsys.readouterr().err
