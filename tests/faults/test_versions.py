"""A framework that is too old is said in one line, by `doctor` and by a run."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.fault


def test_an_old_framework_is_said_with_what_to_do(twinbench):
    manifest = twinbench.checkout / "fake_impl" / "manifest.py"
    text = manifest.read_text()
    try:
        manifest.write_text(text.replace('("numpy",))', '("numpy",), lowest={"numpy": "99.1"})'))
        doctor = twinbench("doctor", "--framework", "fake")
        run = twinbench.run("--framework", "fake", "--seeds", "1")
    finally:
        manifest.write_text(text)
    words = 'too old: fake needs 99.1 or later; get it with: pip install "numpy>=99.1"'
    assert doctor.status == 1 and words in doctor.out, doctor.out
    assert run.status == 4 and words in run.err and "Traceback" not in run.err, run.err


def test_records_of_a_later_version_are_said_and_not_written_over(twinbench):
    assert twinbench.run("--seeds", "3").status == 0
    paths = sorted(twinbench.results.rglob("seed*.json"))
    later = paths[1].read_text().replace('"schema": 1', '"schema": 2')
    paths[1].write_text(later)
    words = f"{paths[1].name} has schema 2, this version reads 1"
    table = twinbench("table")
    assert table.status == 0 and words in table.err and "(n=2)" in table.out
    run = twinbench.run("--seeds", "4")
    assert run.status == 2 and words in run.err.splitlines()[-1]
    assert paths[1].read_text() == later and len(list(twinbench.results.rglob("seed*.json"))) == 3
    assert twinbench.run("--seeds", "4", "--force").status == 0 and len(twinbench.records()) == 4
