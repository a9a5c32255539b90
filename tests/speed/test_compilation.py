"""What a compiler brings: its arms, its table, and the command over real and made records."""

from __future__ import annotations

import json
import subprocess
import sys
from math import inf

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.records.job import Job
from benchmarks.speed.compilation import NOTHING, WHOLE, arms, extents
from benchmarks.speed.compilation_table import payback_text, sections
from benchmarks.statistics.payback import Payback
from common.framework import frameworks
from common.problem import PROBLEMS
from common.reference import ReferenceTask
from common.regime import COMPILED, MATCHED
from tests.command import ROOT, path_with
from tests.conftest import error, make_rows
from tests.sample_records import made

BOSTON = PROBLEMS["boston"]


def record(name: str, extent: str, *, first: float, steady: float, **settings):
    return made(
        kind="compilation",
        problem="boston",
        framework=name,
        regime="matched" if extent == NOTHING else "compiled",
        extent=extent,
        epoch_seconds=[first, steady, steady],
        first_epoch_seconds=first,
        steady_epoch_seconds=steady,
        stages={"import": 3.0, "build": 0.5},
        settings={"changed": {}, **settings},
    )


def records(processes: int):
    told = {"graph_breaks": 0, "recompilations": 1}
    return processes * [
        record("torch", WHOLE, first=6.0, steady=0.002, **told),
        record("keras", WHOLE, first=2.0, steady=0.021),
        record("torch", NOTHING, first=0.5, steady=0.005),
        record("torch", "forward", first=4.0, steady=0.015, **told),
        record("keras", NOTHING, first=1.0, steady=0.02),
    ]


def test_each_arm_is_held_against_the_same_code_with_nothing_compiled():
    by_name = {(arm.framework, arm.compiled): arm for arm in arms(records(5))}
    names = [("torch", NOTHING), ("torch", "forward"), ("torch", WHOLE)]
    assert list(by_name) == [*names, ("keras", NOTHING), ("keras", WHOLE)]
    nothing, forward, whole = (by_name[name] for name in names)
    assert nothing.ratio is nothing.payback is None and nothing.first == 1.0
    assert whole.ratio.value == 2.5 and whole.ratio.verdict == "faster"
    assert whole.payback == Payback(1835.0, 1835.0, 1835.0)  # 5.5 s by 3 ms an epoch
    assert forward.ratio.verdict == "slower" and forward.payback.epoch == inf
    assert by_name["keras", WHOLE].payback.epoch == inf


def test_the_table_says_never_and_what_no_compiler_told():
    (table,) = sections(records(5))
    cells = {(row[0], row[1]): row[2:] for row in table.rows}
    assert cells["torch", WHOLE] == [
        *("2.0", "*2.50 [2.50, 2.50]", "6.50", "0", "1", "1,835 [1,835, 1,835]")
    ]
    assert cells["torch", "forward"][-1] == "never [never, never]"
    assert cells["keras (tensorflow)", WHOLE][3:5] == ["-", "-"]
    (early,) = sections(records(2))
    assert "fewer than 5 processes" in early.notes[0]
    assert {row[-1] for row in early.rows} == {"", "1,835", "never"}
    assert payback_text(Payback(60.0, 25.0, inf)) == "60 [25, never]"


def test_what_is_compiled_has_a_record_of_its_own():
    jobs = [job for regime in (MATCHED, COMPILED) for job in extents(Job(BOSTON, "torch", regime))]
    assert [job.about["extent"] for job in jobs] == [NOTHING, WHOLE, "forward", "optimiser"]
    assert len({job.path for job in jobs}) == 4 == len({str(job) for job in jobs})
    assert [job.about["extent"] for job in extents(Job(BOSTON, "keras", COMPILED))] == [WHOLE]


def test_the_command_runs_each_arm_in_turn_and_packs_what_it_measured(twinbench, tmp_path):
    command = ["compile", "boston", "--rounds", "2", "--threads", "1", "--data", "embedded"]
    done = twinbench(*command, "--framework", "fake", "--compact", "packed.jsonl.gz", "--json")
    assert done.status == 0, done.err
    found = json.loads(done.out)["results"]
    assert [each["extent"] for each in found].count(WHOLE) == 2 == len(found) / 2
    assert {each["seed"] for each in found[:2]} == {0}
    shown = twinbench("compile", "--results", "packed.jsonl.gz")
    assert shown.status == 0 and "ahead after epoch" in shown.out and WHOLE in shown.out


def test_a_framework_that_compiles_by_itself_is_left_out_or_refused(capsys):
    assert main(["compile", "boston", "--framework", "jax"]) == 2
    said = capsys.readouterr().err
    assert "jax has no compiled; these have it: keras" in said and "matched is it" in said


@pytest.mark.parametrize(("compiler", "reason"), [(sys.executable, ""), ("no-c", "no no-c here")])
def test_without_a_compiler_for_its_code_pytorch_says_what_to_install(
    compiler, reason, monkeypatch
):
    monkeypatch.setenv("CXX", compiler)
    monkeypatch.setenv("PYTHONPATH", path_with(ROOT))
    code = "from torch_impl.manifest import VARIANTS; print(VARIANTS[0].without.get('compiled'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert reason in done.stdout if reason else done.stdout == "None\n"
    assert not reason or "install it" in done.stdout


def test_every_extent_of_a_step_computes_the_same(process_of):
    """What PyTorch is given to compile is another function each time, and the training the same."""
    found = frameworks()["torch"]
    if "compiled" in found.without:
        pytest.skip(found.without["compiled"])
    small = BOSTON.but(features=40, hidden=(8, 8), batch_size=16)
    rows = make_rows(small, 32)
    order = np.stack([np.arange(32)] * 2)
    reference = ReferenceTask(small)
    expected = reference.fit(*rows, epochs=2, order=order)
    for extent in found.extents:
        child = process_of("torch")
        history, state, facts = child.call(
            "tests.calls:fit_partly", "torch", small, COMPILED, extent, *rows, order
        )
        assert error(history["loss"], expected["loss"]) <= 1e-5
        for name, value in reference.get_state().items():
            assert error(state[name], value) <= 1e-5, name
        assert facts["compiled"] and facts["graph_breaks"] == 0 <= facts["recompilations"], extent
